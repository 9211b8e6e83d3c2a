// System calls on files, as the Win32 functions make them: in user mode, in the calling thread.
#pragma once

#include <fltKernel.h>

#include <string>

#include "client/client.hpp"
#include "io/services.hpp"
#include "nt/user_memory.hpp"

namespace fltsim::client {

inline io::Caller user(nt::Thread& thread) { return {thread, nt::Mode::kUser}; }

// The NT name of a Win32 path of the calling process.
std::u16string nt_name(nt::Thread& thread, std::u16string_view path);

struct Opening {
  ACCESS_MASK access = 0;
  ULONG disposition = FILE_OPEN;
  ULONG options = 0;  // FILE_SYNCHRONOUS_IO_NONALERT is added
  ULONG attributes = FILE_ATTRIBUTE_NORMAL;
  ULONG share = FILE_SHARE_VALID_FLAGS;
  bool inheritable = false;
};
NTSTATUS open_file(nt::Thread& thread, std::u16string_view path, const Opening& opening, HANDLE& handle);

// A handle for the length of a call.
class OpenFile {
 public:
  OpenFile(nt::Thread& thread, std::u16string_view path, const Opening& opening)
      : status_(open_file(thread, path, opening, handle_)) {}
  ~OpenFile() {
    if (NT_SUCCESS(status_)) static_cast<void>(nt::close_handle(handle_, nt::Mode::kUser));
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  NTSTATUS status() const { return status_; }
  HANDLE handle() const { return handle_; }

 private:
  HANDLE handle_ = nullptr;
  NTSTATUS status_;
};

// An information class into or out of a structure.
NTSTATUS query(nt::Thread& thread, HANDLE file, FILE_INFORMATION_CLASS which, void* to, ULONG size);
NTSTATUS set(nt::Thread& thread, HANDLE file, FILE_INFORMATION_CLASS which, const void* from, ULONG size);
NTSTATUS query_volume(nt::Thread& thread, HANDLE file, FS_INFORMATION_CLASS which, void* to, ULONG size);

inline FILETIME file_time(const LARGE_INTEGER& time) {
  return {static_cast<DWORD>(time.QuadPart), static_cast<DWORD>(time.QuadPart >> 32)};
}

}  // namespace fltsim::client

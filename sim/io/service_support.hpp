// What the system calls on files share: handles, rights, and the caller's memory.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "io/services.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim::io {

inline IoManager& manager_of(const Caller& caller) { return caller.thread.system.io(); }

struct OpenFile {
  NTSTATUS status = STATUS_SUCCESS;
  nt::Ref<FileObject> file;  // set exactly on success
  ACCESS_MASK granted = 0;
};

inline OpenFile file_by_handle(const Caller& caller, HANDLE handle, ACCESS_MASK access) {
  OpenFile found;
  nt::Ref<void> object;
  found.status = nt::reference_by_handle(handle, access, &kFileType, caller.mode, object, &found.granted);
  if (NT_SUCCESS(found.status)) {
    found.file = nt::Ref<FileObject>::adopt(static_cast<FileObject*>(object.detach()));
  }
  return found;
}

// NtReadFile and NtWriteFile accept any right of a set; the handle table wants all bits of a mask.
inline bool has_any(const Caller& caller, ACCESS_MASK granted, ACCESS_MASK any) {
  return caller.mode == nt::Mode::kKernel || (granted & any) != 0;
}

inline NTSTATUS finish(IO_STATUS_BLOCK& block, const IO_STATUS_BLOCK& result) {
  block = result;
  return result.Status;
}

inline bool is_present(const Caller& caller, const void* buffer, std::size_t length) {
  return caller.thread.system.nt().user_space().is_present(buffer, length);
}

// Hands the system buffer's bytes to the caller, whose memory may have gone since the call began.
inline NTSTATUS finish_buffered(const Caller& caller, IO_STATUS_BLOCK& block, const IO_STATUS_BLOCK& result,
                                void* buffer, const std::vector<std::byte>& buffered) {
  if (!NT_ERROR(result.Status)) {
    const std::size_t size = std::min<std::size_t>(buffered.size(), result.Information);
    if (!is_present(caller, buffer, size)) return STATUS_ACCESS_VIOLATION;
    std::memcpy(buffer, buffered.data(), size);
  }
  return finish(block, result);
}

// A copy of the caller's bytes for drivers to see; nothing when they are not there.
inline bool capture(const Caller& caller, const void* buffer, std::size_t length,
                    std::vector<std::byte>& captured) {
  if (!is_present(caller, buffer, length)) return false;
  const auto* bytes = static_cast<const std::byte*>(buffer);
  captured.assign(bytes, bytes + length);
  return true;
}

}  // namespace fltsim::io

// The file services of the system-call layer: handles, rights and buffer sizes are checked here, then the I/O
// manager does the work. User-mode clients (file_verbs.cpp) and the Zw routines (zw_file.cpp) share them.
//
// Every buffer is an address that drivers may see: in the user range for user mode, else kernel memory. Each
// function returns NT's status and leaves the same in `block`; `block` is untouched when the request was
// refused before it was made. Simulated threads, PASSIVE_LEVEL; each blocks until the request is complete.
#pragma once

#include <fltKernel.h>

#include <cstddef>
#include <optional>

#include "io/device_requests.hpp"
#include "io/io_manager.hpp"
#include "nt/handle_table.hpp"
#include "nt/thread.hpp"

namespace fltsim::io {

struct Caller {
  nt::Thread& thread;
  nt::Mode mode;

  Issuer issuer() const { return {.thread = thread, .mode = static_cast<KPROCESSOR_MODE>(mode)}; }
};

struct CreateCall {
  OpenRequest request;  // `root` is set from root_directory
  HANDLE root_directory = nullptr;
  bool kernel_handle = false;  // OBJ_KERNEL_HANDLE
  // FILE_FULL_EA_INFORMATION of the caller's; EA_LIST_INCONSISTENT with the offset of what is wrong.
  const void* ea_buffer = nullptr;
  ULONG ea_length = 0;
};
NTSTATUS create_file(const Caller& caller, HANDLE& handle, IO_STATUS_BLOCK& block, CreateCall call);

// Without an offset: the current position, for files opened for synchronous use, else INVALID_PARAMETER. A
// write may also go to {FILE_WRITE_TO_END_OF_FILE, -1}, as all do on a handle that may append only.
NTSTATUS read_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, void* buffer, ULONG length,
                   const LARGE_INTEGER* offset, ULONG key = 0);
NTSTATUS write_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, void* buffer, ULONG length,
                    const LARGE_INTEGER* offset, ULONG key = 0);

NTSTATUS query_information_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, void* buffer,
                                ULONG length, FILE_INFORMATION_CLASS which);
NTSTATUS set_information_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, const void* buffer,
                              ULONG length, FILE_INFORMATION_CLASS which);
NTSTATUS query_volume_information_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                                       void* buffer, ULONG length, FS_INFORMATION_CLASS which);
NTSTATUS query_directory_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                              const DirectoryQuery& query);
// `end`: on a handle that is not synchronous the answer may be STATUS_PENDING, and `end` runs when the request ends,
// which until then keeps using the buffers; see device_requests.hpp. Without it the call waits.
NTSTATUS device_control_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                             const DeviceControl& control, RequestEnd end = {});
NTSTATUS flush_buffers_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block);

// --- control_services.cpp ---

// INVALID_PARAMETER for a negative range. Waits for the lock unless it is to fail at once.
NTSTATUS lock_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, const LockRequest& request);
NTSTATUS query_ea_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, EaQuery query);
NTSTATUS set_ea_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, const void* buffer,
                     ULONG length);
// BUFFER_TOO_SMALL with the size wanted in `needed`.
NTSTATUS query_security_object(const Caller& caller, HANDLE handle, SECURITY_INFORMATION which, void* buffer,
                               ULONG length, ULONG& needed);
// INVALID_SECURITY_DESCR; the descriptor may be absolute from kernel mode only.
NTSTATUS set_security_object(const Caller& caller, HANDLE handle, SECURITY_INFORMATION which,
                             const void* descriptor, ULONG available);
// Waits for a change.
NTSTATUS notify_change_directory_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                                      const NotifyRequest& request);
NTSTATUS set_volume_information_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                                     const void* buffer, ULONG length, FS_INFORMATION_CLASS which);

NTSTATUS create_section(const Caller& caller, HANDLE& section, HANDLE file, ULONG protection);
// A view in the calling thread's process.
NTSTATUS map_view(const Caller& caller, HANDLE section, void*& base, std::size_t& size);
NTSTATUS flush_view(const Caller& caller, void* base);
NTSTATUS unmap_view(const Caller& caller, void* base);

}  // namespace fltsim::io

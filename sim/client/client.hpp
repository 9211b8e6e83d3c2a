// What the user-mode functions share: entering, handles, errors, and the completion of an overlapped request.
#pragma once

#include <windows.h>

#include <functional>

#include "client/hresult.hpp"
#include "fltmgr/connection.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::client {

// Sets the last error and returns FALSE; TRUE for STATUS_SUCCESS.
BOOL win32_result(nt::Thread& thread, NTSTATUS status);

// A point in time for a Win32 timeout; INFINITE is kForever.
sched::Ticks deadline_after(nt::Thread& thread, DWORD milliseconds);

// The object behind a handle of the calling process: STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH.
template <class Body>
NTSTATUS open_handle(HANDLE handle, const nt::ObjectType& type, nt::Ref<Body>& object) {
  nt::Ref<void> found;
  const NTSTATUS status = nt::reference_by_handle(handle, 0, &type, nt::Mode::kUser, found);
  if (status == STATUS_SUCCESS) object = nt::Ref<Body>::adopt(static_cast<Body*>(found.detach()));
  return status;
}

// Readies `overlapped` for a request on `connection` and gives what completes it: status and count, then the
// event or the handle, then the packet (GET-2). STATUS_INVALID_HANDLE: hEvent is no event.
NTSTATUS begin_overlapped(const nt::Ref<fltmgr::Connection>& connection, OVERLAPPED& overlapped,
                          std::function<void(NTSTATUS status, std::uint32_t count)>& complete);

}  // namespace fltsim::client

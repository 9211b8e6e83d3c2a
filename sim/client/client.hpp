// What the user-mode functions share: entering, handles, errors, and the completion of an overlapped request.
#pragma once

#include <windows.h>

#include <functional>
#include <string>
#include <string_view>

#include "client/hresult.hpp"
#include "fltmgr/connection.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::client {

// What a client program hands over is read or written before the kernel side begins, so that a bad address is the
// program's own fault, as it is in the libraries of Windows: an exception in its code. Of code of a test nothing is
// touched. No frame of the caller may own anything.
void touch_input(const void* address, std::size_t size);
void touch_output(void* address, std::size_t size);
template <class T>
void touch_output(T* object) {
  touch_output(object, sizeof *object);
}
void touch_text(LPCWSTR text);  // null is allowed
void touch_text(LPCSTR text);

inline std::u16string_view view_of(LPCWSTR text) {
  return text != nullptr ? std::u16string_view(reinterpret_cast<const char16_t*>(text))
                         : std::u16string_view();
}
std::u16string wide(LPCSTR text);  // empty for null

// What GetModuleFileName and its like do: as much as fits, with its null. Returns the length without the null, or, when
// it does not fit, the room that is needed.
DWORD put_text(std::u16string_view text, LPWSTR buffer, DWORD room);
DWORD put_text(std::u16string_view text, LPSTR buffer, DWORD room);

// A new handle of the calling process with every access; sets the last error when there is none.
HANDLE handle_for(nt::Thread& thread, void* body, const nt::ObjectType& type,
                  const SECURITY_ATTRIBUTES* attributes);

// Starts a thread of the calling process that runs `code`, which returns its exit code; in a client program at the
// boundary to its code. Null while the process ends.
nt::Ref<nt::Thread> start_user_thread(nt::Thread& caller, std::function<std::uint32_t()> code,
                                      bool suspended);

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

// Readies `overlapped` for a request on `connection`, and says in `receive` what its completion does: status and count,
// then the event or the handle, then the packet (GET-2). STATUS_INVALID_HANDLE: hEvent is no event.
NTSTATUS begin_overlapped(fltmgr::Connection& connection, OVERLAPPED& overlapped, fltmgr::Receive& receive);

}  // namespace fltsim::client

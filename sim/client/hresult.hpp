// From NTSTATUS to what user mode sees: the one place (HR-1..HR-7).
#pragma once

#include <windows.h>

namespace fltsim::client {

// RtlNtStatusToDosError. ERROR_MR_MID_NOT_FOUND (317) for a status that it does not know.
DWORD win32_from_status(NTSTATUS status);

// What the filter manager's user-mode library makes of a status.
HRESULT hresult_from_status(NTSTATUS status);

}  // namespace fltsim::client

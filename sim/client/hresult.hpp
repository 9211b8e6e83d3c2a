// From NTSTATUS to what user mode sees: the one place (HR-1..HR-7).
#pragma once

#include <windows.h>

namespace fltsim::client {

// What the filter manager's user-mode library makes of a status.
HRESULT hresult_from_status(NTSTATUS status);

}  // namespace fltsim::client

// The Win32 code of a status.
#pragma once

#include "nt/wdk.hpp"

namespace fltsim::nt {

// 317, ERROR_MR_MID_NOT_FOUND, for a status that has none.
ULONG win32_from_status(NTSTATUS status);

}  // namespace fltsim::nt

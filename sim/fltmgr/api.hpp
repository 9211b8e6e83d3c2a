// What every file of Flt routines needs: entering, looking objects up, counted strings.
#pragma once

#include <fltKernel.h>

#include <string_view>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "loader/loader.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::fltmgr {

// Copies into a counted string: STATUS_BUFFER_TOO_SMALL, with the size wanted in `needed` if that is given.
NTSTATUS copy_to(std::u16string_view text, UNICODE_STRING* string, ULONG* needed);

}  // namespace fltsim::fltmgr

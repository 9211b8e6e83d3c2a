// What is done with an operation in flight by others than those who walk: completing it for a filter that has
// it, draining it, and saying where it is.
#pragma once

#include <fltKernel.h>

#include <string>

#include "fltmgr/walk.hpp"

namespace fltsim::fltmgr {

class FilterManager;

// "write \plan.txt, held by watcher". With the lock of the operation's slot.
std::string describe(const ActiveOperation& operation);

// The operation that `data` belongs to, won for the calling driver (W6); no frame when that driver has no
// such operation: it never pended it, has completed it before, or it is over.
struct Held {
  ActiveOperation* operation = nullptr;
  Frame* frame = nullptr;
};
enum class HeldIn {
  kPre,
  kPost
};
Held claim(FilterManager& manager, const FLT_CALLBACK_DATA* data, HeldIn where);

// FltCompletePendedPostOperation without its checks of the caller; a bug check when there is nothing to
// complete (VER-11).
void complete_held_post(nt::Thread& thread, PFLT_CALLBACK_DATA data);

// The thread that waits for the operation, which calls this, is being terminated: runs the cancel routine of
// the filter that holds the operation, now or when it sets one (flt_cancel.cpp).
void cancel(nt::Thread& thread, ActiveOperation& operation);

// VER-32: what `instance` still holds when its TeardownStart has returned.
void report_held_at_teardown(FilterManager& manager, const Instance& instance);
// VER-11: what any filter holds when nobody can run any more.
void report_held_for_ever(FilterManager& manager);

}  // namespace fltsim::fltmgr

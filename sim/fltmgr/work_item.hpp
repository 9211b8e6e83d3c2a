// What the two kinds of work items have in common: pool memory that knows whether it is queued (VER-20).
#pragma once

#include <string>

#include "fltmgr/api.hpp"

namespace fltsim::fltmgr {

// `Item` has a pool tag, kTag, by which one that is not freed shows, and `queued`. Null when the test wants it.
template <class Item>
Item* allocate_work_item(const char* routine) {
  nt::Thread& thread = nt::enter(routine, nt::kDispatch);
  if (nt::fails_now(thread, routine)) return nullptr;
  return static_cast<Item*>(thread.system.nt().pool().allocate(
      thread.driver, nt::Pool::Kind::kNonPaged, nt::Pool::Fill::kZero, sizeof(Item), Item::kTag));
}

template <class Item>
void free_work_item(const char* routine, Item* item) {
  nt::Thread& thread = nt::enter(routine, nt::kDispatch);
  if (item->queued) {
    nt::bug_check(thread, "VER-20", std::string(routine) + " for a work item that is still queued.");
  }
  thread.system.nt().pool().free(thread, routine, item, Item::kTag);
}

}  // namespace fltsim::fltmgr

#include "io/directory_watches.hpp"

#include <fltKernel.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "fs/upcase.hpp"

namespace fltsim::io {

namespace {

// The name below `directory` that `path` has; empty when it lies elsewhere.
std::u16string_view name_below(std::u16string_view path, std::u16string_view directory, bool tree) {
  const std::size_t skip = directory.size() + (directory.ends_with(u'\\') ? 0 : 1);
  if (path.size() <= skip || path[skip - 1] != u'\\') return {};
  if (!fs::equal_names(path.substr(0, directory.size()), directory)) return {};
  const std::u16string_view name = path.substr(skip);
  return !tree && name.find(u'\\') != std::u16string_view::npos ? std::u16string_view() : name;
}

}  // namespace

bool DirectoryWatches::wait(const Request& request, Told& told, Completion completion, Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  auto watch = std::ranges::find(watches_, request.file, [](const Watch& one) { return one.request.file; });
  if (watch == watches_.end()) {
    watches_.push_back({.request = request, .pending = {}, .waiters = {}});
    watch = std::prev(watches_.end());
  }
  watch->request.path = request.path;
  if (watch->changed && watch->waiters.empty()) {
    told = take(*watch, request.room);
    return true;
  }
  ticket = next_ticket_++;
  watch->waiters.push_back({ticket, request.room, std::move(completion)});
  return false;
}

bool DirectoryWatches::withdraw(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(watches_, [ticket](Watch& watch) {
    return std::erase_if(watch.waiters, [ticket](const Waiter& waiter) { return waiter.ticket == ticket; }) !=
           0;
  });
}

void DirectoryWatches::add(const fs::Change& change) {
  const std::lock_guard lock(mutex_);
  for (Watch& watch : watches_) {
    if ((watch.request.filter & change.filter) == 0) continue;
    const std::u16string_view name = name_below(change.path, watch.request.path, watch.request.tree);
    if (!name.empty()) note(watch, change.action, name);
  }
}

void DirectoryWatches::note(Watch& watch, std::uint32_t action, std::u16string_view name) {
  watch.changed = true;
  constexpr std::size_t kFixed = offsetof(FILE_NOTIFY_INFORMATION, FileName);
  const std::size_t start = (watch.pending.size() + 3) / 4 * 4;
  const std::size_t size = kFixed + name.size() * sizeof(char16_t);
  if (watch.too_many || start + size > watch.request.room) {
    watch.too_many = true;
    watch.pending.clear();
    return;
  }
  FILE_NOTIFY_INFORMATION entry{};
  entry.Action = action;
  entry.FileNameLength = static_cast<ULONG>(size - kFixed);
  if (!watch.pending.empty()) {
    const auto distance = static_cast<ULONG>(start - watch.last_entry);
    std::memcpy(watch.pending.data() + watch.last_entry, &distance, sizeof distance);
  }
  watch.pending.resize(start + size);
  std::memcpy(watch.pending.data() + start, &entry, kFixed);
  std::memcpy(watch.pending.data() + start + kFixed, name.data(), size - kFixed);
  watch.last_entry = start;
}

DirectoryWatches::Told DirectoryWatches::take(Watch& watch, std::size_t room) {
  const bool fits = !watch.too_many && watch.pending.size() <= room;
  Told told{fits ? STATUS_SUCCESS : STATUS_NOTIFY_ENUM_DIR, {}};
  if (fits) told.entries = std::move(watch.pending);
  watch.pending.clear();
  watch.changed = watch.too_many = false;
  return told;
}

void DirectoryWatches::deliver() {
  std::vector<std::pair<Completion, Told>> due;
  {
    const std::lock_guard lock(mutex_);
    for (Watch& watch : watches_) {
      if (!watch.changed || watch.waiters.empty()) continue;
      Waiter waiter = std::move(watch.waiters.front());
      watch.waiters.pop_front();
      due.emplace_back(std::move(waiter.completion), take(watch, waiter.room));
    }
  }
  for (auto& [completion, told] : due) completion(std::move(told));
}

void DirectoryWatches::end(const void* file) {
  std::vector<Completion> due;
  {
    const std::lock_guard lock(mutex_);
    const auto watch = std::ranges::find(watches_, file, [](const Watch& one) { return one.request.file; });
    if (watch == watches_.end()) return;
    for (Waiter& waiter : watch->waiters) due.push_back(std::move(waiter.completion));
    watches_.erase(watch);
  }
  for (const Completion& completion : due) completion({STATUS_NOTIFY_CLEANUP, {}});
}

}  // namespace fltsim::io

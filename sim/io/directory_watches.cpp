#include "io/directory_watches.hpp"

#include <fltKernel.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "fs/upcase.hpp"

namespace fltsim::io {

void DirectoryWatches::forget_path(Watch& watch) {
  const auto found = by_directory_.find(watch.directory);
  if (found == by_directory_.end()) return;
  std::erase(found->second, &watch);
  if (found->second.empty()) by_directory_.erase(found);
}

// The root alone ends in a separator, which counts as the one in front of each name.
void DirectoryWatches::move(Watch& watch, std::u16string_view path) {
  std::u16string directory = fs::upcase(path);
  if (directory.ends_with(u'\\')) directory.pop_back();
  forget_path(watch);
  by_directory_[directory].push_back(&watch);
  watch.directory = std::move(directory);
}

bool DirectoryWatches::wait(const Request& request, Told& told, Completion completion, Ticket& ticket) {
  const std::lock_guard lock(mutex_);
  const auto [found, is_first] = watches_.try_emplace(request.file);
  Watch& watch = found->second;
  if (is_first) {
    watch.request = request;
    watch.number = ++watches_made_;
  }
  move(watch, request.path);
  if (watch.changed && watch.waiters.empty()) {
    told = take(watch, request.room);
    return true;
  }
  ticket = next_ticket_++;
  watch.waiters.push_back({ticket, request.room, std::move(completion)});
  return false;
}

bool DirectoryWatches::withdraw(const void* file, Ticket ticket) {
  const std::lock_guard lock(mutex_);
  const auto watch = watches_.find(file);
  return watch != watches_.end() && std::erase_if(watch->second.waiters, [ticket](const Waiter& waiter) {
                                      return waiter.ticket == ticket;
                                    }) != 0;
}

void DirectoryWatches::add(const fs::Change& change) {
  const std::lock_guard lock(mutex_);
  if (by_directory_.empty()) return;
  const std::u16string path = fs::upcase(change.path);
  for (std::size_t slash = path.rfind(u'\\'); slash != std::u16string::npos;
       slash = slash == 0 ? std::u16string::npos : path.rfind(u'\\', slash - 1)) {
    const std::u16string_view name = std::u16string_view(change.path).substr(slash + 1);
    const auto found = by_directory_.find(path.substr(0, slash));
    if (found == by_directory_.end() || name.empty()) continue;
    const bool is_deeper = name.find(u'\\') != std::u16string_view::npos;
    for (Watch* watch : found->second) {
      if ((watch->request.filter & change.filter) == 0 || (is_deeper && !watch->request.tree)) continue;
      note(*watch, change.action, name);
    }
  }
}

void DirectoryWatches::note(Watch& watch, std::uint32_t action, std::u16string_view name) {
  if (!watch.waiters.empty() && !watch.changed) {
    due_.push_back(&watch);
    anything_due_.store(true, std::memory_order_relaxed);
  }
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

// What the calling thread has changed itself it sees as due without the lock; others deliver theirs.
void DirectoryWatches::deliver() {
  if (!anything_due_.load(std::memory_order_relaxed)) return;
  std::vector<std::pair<Completion, Told>> told;
  {
    const std::lock_guard lock(mutex_);
    std::ranges::sort(due_, {}, &Watch::number);
    for (Watch* watch : due_) {
      if (!watch->changed || watch->waiters.empty()) continue;
      Waiter waiter = std::move(watch->waiters.front());
      watch->waiters.pop_front();
      told.emplace_back(std::move(waiter.completion), take(*watch, waiter.room));
    }
    due_.clear();
    anything_due_.store(false, std::memory_order_relaxed);
  }
  for (auto& [completion, answer] : told) completion(std::move(answer));
}

void DirectoryWatches::end(const void* file) {
  std::vector<Completion> told;
  {
    const std::lock_guard lock(mutex_);
    const auto found = watches_.find(file);
    if (found == watches_.end()) return;
    for (Waiter& waiter : found->second.waiters) told.push_back(std::move(waiter.completion));
    forget_path(found->second);
    std::erase(due_, &found->second);
    watches_.erase(found);
  }
  for (const Completion& completion : told) completion({STATUS_NOTIFY_CLEANUP, {}});
}

}  // namespace fltsim::io

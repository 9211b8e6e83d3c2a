#include "io/byte_range_locks.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "wdk/shared/status.h"

namespace fltsim::io {

namespace {

template <class Told>
void tell(std::vector<Told>& told) {
  for (Told& one : told) one.completion(one.status);
}

}  // namespace

// A range of no bytes lies between two of them, and overlaps what has both.
bool ByteRange::overlaps(const ByteRange& other) const {
  if (length == 0 && other.length == 0) return false;
  if (length == 0) return offset > other.offset && offset - other.offset < other.length;
  if (other.length == 0) return other.overlaps(*this);
  return offset <= other.offset ? other.offset - offset < length : offset - other.offset < other.length;
}

// What overlaps begins not further in front of the range than the longest one of its width reaches.
template <class IsSo>
bool ByteRangeLocks::any_overlapping(const ByteRange& range, IsSo is_so) const {
  const std::uint64_t last = range.length == 0 ? range.offset : range.offset + (range.length - 1);
  for (const auto& [width, of_width] : held_) {
    const std::uint64_t longest = width == 0 ? 0 : UINT64_MAX >> (64 - width);
    const std::uint64_t first = range.offset > longest ? range.offset - longest : 0;
    const auto end = last < range.offset ? of_width.end()
                                         : of_width.upper_bound(last);  // a read may be asked for anywhere
    if (std::any_of(of_width.lower_bound(first), end,
                    [&](const auto& held) { return held.second.overlaps(range) && is_so(held.second); }))
      return true;
  }
  return false;
}

void ByteRangeLocks::hold(const ByteRange& range) {
  held_[std::bit_width(range.length)].emplace(range.offset, range);
}

template <class IsSo>
void ByteRangeLocks::let_go(IsSo is_so) {
  for (auto& of_width : held_)
    std::erase_if(of_width.second, [&](const auto& held) { return is_so(held.second); });
  std::erase_if(held_, [](const auto& of_width) { return of_width.second.empty(); });
}

// An exclusive lock overlaps no other; a shared one may overlap shared ones, and an exclusive one of its own owner.
bool ByteRangeLocks::grantable(const ByteRange& range) const {
  return !any_overlapping(range, [&](const ByteRange& held) {
    return range.exclusive || (held.exclusive && !held.same_owner(range));
  });
}

std::int32_t ByteRangeLocks::lock(const ByteRange& range, bool fail_immediately, Completion completion,
                                  Ticket& ticket) {
  if (range.length != 0 && range.length - 1 > UINT64_MAX - range.offset) return STATUS_INVALID_LOCK_RANGE;
  const std::lock_guard lock(mutex_);
  if (grantable(range)) {
    hold(range);
    return STATUS_SUCCESS;
  }
  if (fail_immediately) return STATUS_LOCK_NOT_GRANTED;
  ticket = next_ticket_++;
  waiters_.push_back({ticket, range, std::move(completion)});
  return STATUS_PENDING;
}

bool ByteRangeLocks::withdraw(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  return std::erase_if(waiters_, [ticket](const Waiter& waiter) { return waiter.ticket == ticket; }) != 0;
}

std::int32_t ByteRangeLocks::unlock(const ByteRange& range) {
  std::vector<Told> told;
  {
    const std::lock_guard lock(mutex_);
    const auto of_width = held_.find(std::bit_width(range.length));
    if (of_width == held_.end()) return STATUS_RANGE_NOT_LOCKED;
    const auto first = of_width->second.lower_bound(range.offset);
    const auto last = of_width->second.upper_bound(range.offset);
    const auto find = [&](bool exclusive) {
      return std::find_if(first, last, [&](const auto& held) {
        return held.second.exclusive == exclusive && held.second.length == range.length &&
               held.second.same_owner(range);
      });
    };
    auto found = find(true);
    if (found == last) found = find(false);
    if (found == last) return STATUS_RANGE_NOT_LOCKED;
    of_width->second.erase(found);
    if (of_width->second.empty()) held_.erase(of_width);
    grant_waiters(told);
  }
  tell(told);
  return STATUS_SUCCESS;
}

void ByteRangeLocks::unlock_all(const void* file, const void* process, std::optional<std::uint32_t> key) {
  std::vector<Told> told;
  {
    const std::lock_guard lock(mutex_);
    let_go([&](const ByteRange& one) {
      return one.file == file && one.process == process && (!key || one.key == *key);
    });
    grant_waiters(told);
  }
  tell(told);
}

void ByteRangeLocks::release(const void* file) {
  std::vector<Told> told;
  {
    const std::lock_guard lock(mutex_);
    let_go([&](const ByteRange& held) { return held.file == file; });
    for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
      if (waiter->range.file == file) {
        told.push_back({std::move(waiter->completion), STATUS_CANCELLED});
        waiter = waiters_.erase(waiter);
      } else {
        ++waiter;
      }
    }
    grant_waiters(told);
  }
  tell(told);
}

void ByteRangeLocks::grant_waiters(std::vector<Told>& told) {
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    if (grantable(waiter->range)) {
      hold(waiter->range);
      told.push_back({std::move(waiter->completion), STATUS_SUCCESS});
      waiter = waiters_.erase(waiter);
    } else {
      ++waiter;
    }
  }
}

bool ByteRangeLocks::allows_read(const ByteRange& range) const {
  const std::lock_guard lock(mutex_);
  return !any_overlapping(range,
                          [&](const ByteRange& held) { return held.exclusive && !held.same_owner(range); });
}

bool ByteRangeLocks::allows_write(const ByteRange& range) const {
  const std::lock_guard lock(mutex_);
  return !any_overlapping(range,
                          [&](const ByteRange& held) { return !(held.exclusive && held.same_owner(range)); });
}

bool ByteRangeLocks::empty() const {
  const std::lock_guard lock(mutex_);
  return held_.empty() && waiters_.empty();
}

}  // namespace fltsim::io

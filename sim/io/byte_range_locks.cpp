#include "io/byte_range_locks.hpp"

#include <algorithm>
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

// An exclusive lock overlaps no other; a shared one may overlap shared ones, and an exclusive one of its own owner.
bool ByteRangeLocks::grantable(const ByteRange& range) const {
  return std::ranges::none_of(held_, [&](const ByteRange& held) {
    if (!held.overlaps(range)) return false;
    return range.exclusive || (held.exclusive && !held.same_owner(range));
  });
}

std::int32_t ByteRangeLocks::lock(const ByteRange& range, bool fail_immediately, Completion completion,
                                  Ticket& ticket) {
  if (range.length != 0 && range.length - 1 > UINT64_MAX - range.offset) return STATUS_INVALID_LOCK_RANGE;
  const std::lock_guard lock(mutex_);
  if (grantable(range)) {
    held_.push_back(range);
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
    const auto find = [&](bool exclusive) {
      return std::ranges::find_if(held_, [&](const ByteRange& held) {
        return held.exclusive == exclusive && held.offset == range.offset && held.length == range.length &&
               held.same_owner(range);
      });
    };
    auto found = find(true);
    if (found == held_.end()) found = find(false);
    if (found == held_.end()) return STATUS_RANGE_NOT_LOCKED;
    held_.erase(found);
    grant_waiters(told);
  }
  tell(told);
  return STATUS_SUCCESS;
}

void ByteRangeLocks::unlock_all(const void* file, const void* process, std::optional<std::uint32_t> key) {
  std::vector<Told> told;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(held_, [&](const ByteRange& held) {
      return held.file == file && held.process == process && (!key || held.key == *key);
    });
    grant_waiters(told);
  }
  tell(told);
}

void ByteRangeLocks::release(const void* file) {
  std::vector<Told> told;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(held_, [&](const ByteRange& held) { return held.file == file; });
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
      held_.push_back(waiter->range);
      told.push_back({std::move(waiter->completion), STATUS_SUCCESS});
      waiter = waiters_.erase(waiter);
    } else {
      ++waiter;
    }
  }
}

bool ByteRangeLocks::allows_read(const ByteRange& range) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::none_of(held_, [&](const ByteRange& held) {
    return held.exclusive && held.overlaps(range) && !held.same_owner(range);
  });
}

bool ByteRangeLocks::allows_write(const ByteRange& range) const {
  const std::lock_guard lock(mutex_);
  return std::ranges::none_of(held_, [&](const ByteRange& held) {
    return held.overlaps(range) && !(held.exclusive && held.same_owner(range));
  });
}

bool ByteRangeLocks::empty() const {
  const std::lock_guard lock(mutex_);
  return held_.empty() && waiters_.empty();
}

}  // namespace fltsim::io

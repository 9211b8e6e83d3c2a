// The byte-range locks of one stream, as the file-system run-time library keeps them: who holds which bytes, and who
// waits for some. File systems have one per stream; a filter has one in each FILE_LOCK of its own.
//
// Threads: any; one leaf lock. Completions run in the thread that made room, outside of the lock.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace fltsim::io {

struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint32_t key = 0;
  bool exclusive = false;
  const void* file = nullptr;     // the file object
  const void* process = nullptr;  // with file and key: the owner

  bool overlaps(const ByteRange& other) const;
  bool same_owner(const ByteRange& other) const {
    return file == other.file && process == other.process && key == other.key;
  }
};

class ByteRangeLocks {
 public:
  // Told STATUS_SUCCESS, or STATUS_CANCELLED when the file object lets go of its locks.
  using Completion = std::function<void(std::int32_t status)>;
  using Ticket = std::uint64_t;

  // SUCCESS; LOCK_NOT_GRANTED (only with `fail_immediately`); INVALID_LOCK_RANGE; PENDING: `completion` will be called
  // once, unless withdraw() takes it back.
  std::int32_t lock(const ByteRange& range, bool fail_immediately, Completion completion, Ticket& ticket);
  // False: it waits no longer, and its completion runs or has run.
  [[nodiscard]] bool withdraw(Ticket ticket);
  // The lock of that owner with exactly these bytes, an exclusive one before a shared one. RANGE_NOT_LOCKED.
  std::int32_t unlock(const ByteRange& range);
  // All of an owner, or of a process through a file object when there is no key.
  void unlock_all(const void* file, const void* process, std::optional<std::uint32_t> key);
  // The file object is cleaned up: all that it holds, and all that it waits for.
  void release(const void* file);

  // Whether others' locks let the owner of `range` read or write it; shared ones let nobody write.
  bool allows_read(const ByteRange& range) const;
  bool allows_write(const ByteRange& range) const;
  bool empty() const;

 private:
  struct Waiter {
    Ticket ticket;
    ByteRange range;
    Completion completion;
  };
  struct Told {
    Completion completion;
    std::int32_t status;
  };

  // Whether `is_so` holds for any held lock that overlaps the range.
  template <class IsSo>
  bool any_overlapping(const ByteRange& range, IsSo is_so) const;
  bool grantable(const ByteRange& range) const;
  void hold(const ByteRange& range);
  template <class IsSo>
  void let_go(IsSo is_so);
  void grant_waiters(std::vector<Told>& told);

  mutable std::mutex mutex_;
  // By the bits that the length takes, none of them empty: what is long does not make the search for what is short any
  // longer. Of one width by offset; those of one offset in order of time.
  using OfOneWidth = std::multimap<std::uint64_t, ByteRange>;
  std::map<int, OfOneWidth> held_;
  std::list<Waiter> waiters_;  // who came first is looked at first
  Ticket next_ticket_ = 1;
};

}  // namespace fltsim::io

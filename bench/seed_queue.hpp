// The peer: the queue of the documents that this project started from, as it is in user space. An intrusive
// list under a spin lock, one allocation per message, the count checked outside the lock, an event set for
// every message. It has the faults that seem to make it cheap (its bound is not exact) and the costs that
// make it dear.
#pragma once

#include <sched.h>
#include <fltlink/os/os_host.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace fltlink::bench {

class SeedQueue {
 public:
  SeedQueue(Host& host, std::uint32_t messages_max) : host_(host), messages_max_(messages_max) {
    list_.next = list_.previous = &list_;
  }

  bool push(const void* message, std::uint32_t size) {
    if (count_.load(std::memory_order_relaxed) >= messages_max_) return false;
    auto* entry = static_cast<Entry*>(std::malloc(sizeof(Entry) + size));
    if (entry == nullptr) return false;
    entry->size = size;
    std::memcpy(entry + 1, message, size);
    lock();
    entry->link.next = &list_;
    entry->link.previous = list_.previous;
    list_.previous->next = &entry->link;
    list_.previous = &entry->link;
    count_.fetch_add(1, std::memory_order_relaxed);
    unlock();
    host_.wake(event_);
    return true;
  }

  // Returns the size of the message copied to `buffer`, or 0 when the queue is empty.
  std::uint32_t pop(void* buffer) {
    lock();
    if (list_.next == &list_) {
      unlock();
      return 0;
    }
    auto* entry = reinterpret_cast<Entry*>(list_.next);
    list_.next = entry->link.next;
    list_.next->previous = &list_;
    count_.fetch_sub(1, std::memory_order_relaxed);
    unlock();
    const std::uint32_t size = entry->size;
    std::memcpy(buffer, entry + 1, size);
    std::free(entry);
    return size;
  }

  void wait(Ticks deadline) { static_cast<void>(host_.park(event_, deadline)); }

 private:
  struct Link {
    Link* next;
    Link* previous;
  };
  struct alignas(16) Entry {
    Link link;
    std::uint32_t size;
  };

  void lock() {
    for (int attempts = 0; locked_.exchange(true, std::memory_order_acquire);) {
      host_.relax();
      if (++attempts % 128 == 0) sched_yield();
    }
  }
  void unlock() { locked_.store(false, std::memory_order_release); }

  Host& host_;
  const std::uint32_t messages_max_;
  alignas(64) std::atomic<bool> locked_{false};
  Link list_;
  std::atomic<std::uint32_t> count_{0};
  alignas(64) ParkingSpot event_;
};

}  // namespace fltlink::bench

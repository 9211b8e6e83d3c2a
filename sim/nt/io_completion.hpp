// An I/O completion port as an object: packets, first in first out, and the threads that wait for one.
//
// Threads: any; one leaf lock each. A packet is handed to a waiter under the lock, so that a waiter whose
// deadline passes at the same time still returns it. The waiter is woken behind the lock.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>

#include "nt/intrusive_list.hpp"
#include "nt/object.hpp"
#include "nt/thread.hpp"
#include "sched/hand_over.hpp"

namespace fltsim::nt {

extern const ObjectType kIoCompletionType;

class IoCompletion {
 public:
  struct Packet {
    std::uintptr_t key = 0;
    void* request = nullptr;  // the client's OVERLAPPED
    Status status = 0;
    std::uint64_t information = 0;  // bytes
  };

  enum class Result {
    kPacket,
    kTimeout,
    kAbandoned,   // the last handle was closed
    kTerminated,  // the thread was
  };

  void post(const Packet& packet);
  // The same for a caller with locks of its own, which wakes behind them.
  void post(const Packet& packet, sched::Waking& waking);
  // Simulated threads. `deadline` is a point in time; one that has passed polls.
  Result wait(Thread& thread, sched::Ticks deadline, Packet& packet);
  void abandon();

 private:
  struct Waiter : ListElement<Waiter> {
    explicit Waiter(sched::Thread& waiter) : thread(waiter) {}
    sched::Thread& thread;
    sched::HandOver over;
    Packet packet{};
  };

  std::mutex mutex_;
  std::deque<Packet> packets_;
  IntrusiveList<Waiter> waiters_;  // served last in, first out, as Windows does
  bool abandoned_ = false;
};

// Where the packets of a file or a port go, once it is bound.
struct CompletionBinding {
  Ref<IoCompletion> port;
  std::uintptr_t key = 0;
};

}  // namespace fltsim::nt

#include "nt/io_completion.hpp"

#include <algorithm>

#include "machine/system.hpp"

namespace fltsim::nt {
namespace {

void on_close(void* body, Process&, std::uint64_t handles_left) {
  if (handles_left == 0) static_cast<IoCompletion*>(body)->abandon();
}

}  // namespace

const ObjectType kIoCompletionType{.name = u"IoCompletion",
                                   .mapping = {0x00020001, 0x00020002, 0x00120000, 0x001F0003},
                                   .close = &on_close,
                                   .remove = nullptr,
                                   .waitable = nullptr,
                                   .parses = false,
                                   .report_leaks = false};

void IoCompletion::post(const Packet& packet) {
  sched::Waking waking;
  post(packet, waking);
}

void IoCompletion::post(const Packet& packet, sched::Waking& waking) {
  const std::lock_guard lock(mutex_);
  Waiter* const waiter = waiters_.last();
  if (waiter == nullptr) {
    packets_.push_back(packet);
    return;
  }
  waiters_.erase(*waiter);
  waiter->packet = packet;
  waking.add(waiter->over.complete());
}

void IoCompletion::abandon() {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  for (Waiter* waiter = waiters_.first(); waiter != nullptr; waiter = waiters_.next(*waiter))
    waking.add(&waiter->thread);
}

IoCompletion::Result IoCompletion::wait(Thread& thread, sched::Ticks deadline, Packet& packet) {
  sched::Scheduler& scheduler = thread.system.scheduler();
  Waiter self{*thread.scheduled.load(std::memory_order_relaxed)};
  {
    const std::lock_guard lock(mutex_);
    if (!packets_.empty()) {
      packet = packets_.front();
      packets_.pop_front();
      return Result::kPacket;
    }
    waiters_.push_back(self);
  }
  const InterruptibleWait interruptible(thread);
  for (bool expired = deadline != sched::kForever && scheduler.now() >= deadline;;) {
    if (!expired && scheduler.look(self.over)) {
      packet = self.packet;
      return Result::kPacket;
    }
    {
      const std::lock_guard lock(mutex_);
      if (self.over.done()) {
        packet = self.packet;
        return Result::kPacket;
      }
      if (abandoned_ || thread.terminated() || expired) {
        waiters_.erase(self);
        if (thread.terminated()) return Result::kTerminated;
        return abandoned_ ? Result::kAbandoned : Result::kTimeout;
      }
    }
    expired = scheduler.park(deadline, {"completion port", {}, nullptr}, &self.over) ==
                  sched::ParkResult::kDeadline ||
              (deadline != sched::kForever && scheduler.now() >= deadline);
  }
}

}  // namespace fltsim::nt

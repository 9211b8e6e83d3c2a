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
  const std::lock_guard lock(mutex_);
  if (waiters_.empty()) {
    packets_.push_back(packet);
    return;
  }
  Waiter& waiter = *waiters_.back();
  waiters_.pop_back();
  waiter.packet = packet;
  waiter.served = true;
  sched::Scheduler::current()->unpark(*waiter.thread);
}

void IoCompletion::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  for (const Waiter* waiter : waiters_) sched::Scheduler::current()->unpark(*waiter->thread);
}

IoCompletion::Result IoCompletion::wait(Thread& thread, sched::Ticks deadline, Packet& packet) {
  sched::Scheduler& scheduler = thread.system.scheduler();
  const InterruptibleWait interruptible(thread);
  Waiter self{thread.scheduled.load()};
  for (bool first = true, expired = false;; first = false) {
    {
      const std::lock_guard lock(mutex_);
      if (first && !packets_.empty()) {
        packet = packets_.front();
        packets_.pop_front();
        return Result::kPacket;
      }
      if (self.served) {
        packet = self.packet;
        return Result::kPacket;
      }
      const bool ended = abandoned_ || thread.terminated() || expired || scheduler.now() >= deadline;
      if (ended) {
        std::erase(waiters_, &self);
        if (thread.terminated()) return Result::kTerminated;
        return abandoned_ ? Result::kAbandoned : Result::kTimeout;
      }
      if (first) waiters_.push_back(&self);
    }
    expired = scheduler.park(deadline, {"completion port", {}, nullptr}) == sched::ParkResult::kDeadline;
  }
}

}  // namespace fltsim::nt

#include "nt/work_queue.hpp"

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {

void WorkQueue::queue(std::function<void(Thread&)> work) {
  DispatcherHeader* wake = nullptr;
  std::size_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    if (!idle_.empty()) {
      wake = idle_.front();
      idle_.pop_front();
    } else if (workers_ < kWorkersMax) {
      number = ++workers_;
    }
  }
  Executive& nt = system_.nt();
  if (wake != nullptr) nt.dispatcher().set(*wake);
  if (number != 0) {
    nt.start_thread(nt.system_process(), "system worker " + std::to_string(number),
                    [this] { run(current_thread("a work item")); });
  }
}

std::size_t WorkQueue::pending() const {
  const std::lock_guard lock(mutex_);
  return queue_.size() + running_;
}

void WorkQueue::run(Thread& worker) {
  DispatcherHeader wake;
  Dispatcher::initialize(wake, DispatcherType::kSynchronizationEvent, 0);
  for (;;) {
    std::function<void(Thread&)> work;
    {
      const std::lock_guard lock(mutex_);
      if (!queue_.empty()) {
        work = std::move(queue_.front());
        queue_.pop_front();
        ++running_;
      } else if (closing_) {
        --workers_;  // work that still comes starts another
        return;
      } else {
        idle_.push_back(&wake);
      }
    }
    if (!work) {
      system_.nt().dispatcher().wait(worker, wake, {.kind = "work to do"});
      continue;
    }
    work(worker);
    const std::lock_guard lock(mutex_);
    --running_;
  }
}

void WorkQueue::close() {
  std::deque<DispatcherHeader*> idle;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    idle.swap(idle_);
  }
  for (DispatcherHeader* wake : idle) system_.nt().dispatcher().set(*wake);
}

}  // namespace fltsim::nt

#include "sched/carrier.hpp"

#include <sched.h>
#include <signal.h>
#include <time.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "sched/fatal.hpp"

namespace fltsim::sched {
namespace {

// The size does not follow `ulimit -s`, so that deep recursion ends at the same depth everywhere.
constexpr std::size_t kStackSize = 4u << 20;

cpu_set_t processors_of_this_thread();

struct Pool {
  // The pool is made by the first control thread, which may run wherever the process may.
  const cpu_set_t any_processor = processors_of_this_thread();
  std::mutex mutex;
  std::vector<Carrier*> idle;
  std::vector<Carrier*> all;  // keeps blocked carriers reachable for the leak checker
};

// Never destroyed: threads outlive main's statics.
Pool& pool() {
  static Pool& instance = *new Pool;
  return instance;
}

// Signals from outside (Ctrl-C) belong to the control thread; faults stay with the thread that makes them.
sigset_t outside_signals() {
  sigset_t set;
  sigfillset(&set);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPROF, stack_signal()})
    sigdelset(&set, fault);
  return set;
}

cpu_set_t processors_of_this_thread() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof(set), &set);
  return set;
}

pthread_t create_thread(void* (*main)(void*), void* argument) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackSize);
  const sigset_t blocked = outside_signals();
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &blocked, &before);  // the new thread inherits the mask
  pthread_t thread;
  require(pthread_create(&thread, &attributes, main, argument) == 0, "the system gives no more threads");
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  return thread;
}

}  // namespace

int current_processor() { return sched_getcpu(); }

Carrier& Carrier::take_idle_or_new() {
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  if (!p.idle.empty()) {
    Carrier* carrier = p.idle.back();
    p.idle.pop_back();
    return *carrier;
  }
  Carrier* carrier = new Carrier;
  p.all.push_back(carrier);
  carrier->thread_ = create_thread(&Carrier::thread_main, carrier);
  require(pthread_getcpuclockid(carrier->thread_, &carrier->processor_clock_) == 0,
          "no processor clock for a thread");
  return *carrier;
}

void Carrier::start(const std::string& name, int processor, Job job, void* context) {
  Carrier& carrier = take_idle_or_new();
  carrier.move_to(processor);
  carrier.job_ = job;
  carrier.context_ = context;
  carrier.name_[name.copy(carrier.name_, sizeof(carrier.name_) - 1)] = '\0';
  carrier.baton_.post();
}

void Carrier::release() {
  Pool& p = pool();
  std::lock_guard lock(p.mutex);
  p.idle.push_back(this);
}

void Carrier::move_to(int processor) {
  if (processor == processor_) return;
  processor_ = processor;
  cpu_set_t set = pool().any_processor;
  if (processor != kAnyProcessor) {
    CPU_ZERO(&set);
    CPU_SET(processor, &set);
  }
  pthread_setaffinity_np(thread_, sizeof(set), &set);
}

void Carrier::push_aside() {
  move_to(kAnyProcessor);
  const sched_param none{};
  pthread_setschedparam(thread_, SCHED_IDLE, &none);
}

std::chrono::nanoseconds Carrier::processor_time() const {
  timespec used{};
  clock_gettime(processor_clock_, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

void* Carrier::thread_main(void* carrier) {
  use_signal_stack();
  static_cast<Carrier*>(carrier)->serve();
  return nullptr;
}

void Carrier::serve() {
  for (;;) {
    baton_.wait();
    pthread_setname_np(pthread_self(), name_);
    job_(*this, context_);
  }
}

}  // namespace fltsim::sched

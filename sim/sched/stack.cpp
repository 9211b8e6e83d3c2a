#include "sched/stack.hpp"

#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unwind.h>

#include <array>
#include <atomic>
#include <mutex>

namespace fltsim::sched {
namespace {

constexpr std::size_t kFramesMax = 128;
constexpr int kSecondsMax = 2;

struct Frames {
  std::array<std::uintptr_t, kFramesMax> addresses;
  std::size_t count = 0;
};

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* raw) {
  auto& frames = *static_cast<Frames*>(raw);
  int is_exact = 0;
  const std::uintptr_t address = _Unwind_GetIPInfo(context, &is_exact);
  if (address == 0 || frames.count == kFramesMax) return _URC_END_OF_STACK;
  frames.addresses[frames.count++] = is_exact != 0 ? address : address - 1;
  return _URC_NO_REASON;
}

Stack to_stack(const Frames& frames) {
  return {frames.addresses.begin(), frames.addresses.begin() + static_cast<std::ptrdiff_t>(frames.count)};
}

// Handed to the handler, which takes it. One that is never answered is never freed: the answer may still come.
struct Question {
  Frames frames;
  sem_t answered;
};
std::atomic<Question*> g_question{nullptr};

void answer(int) {
  Question* question = g_question.exchange(nullptr, std::memory_order_acquire);
  if (question == nullptr) return;
  _Unwind_Backtrace(add_frame, &question->frames);
  sem_post(&question->answered);
}

void install_handler() {
  struct sigaction action {};
  action.sa_handler = answer;
  action.sa_flags = SA_RESTART;
  sigaction(stack_signal(), &action, nullptr);
}

}  // namespace

int stack_signal() { return SIGRTMIN + 6; }

Stack current_stack() {
  Frames frames;
  _Unwind_Backtrace(add_frame, &frames);
  return to_stack(frames);
}

Stack stack_of(pthread_t thread) {
  static std::once_flag installed;
  std::call_once(installed, install_handler);
  auto* question = new Question;
  sem_init(&question->answered, 0, 0);
  g_question.store(question, std::memory_order_release);
  if (pthread_kill(thread, stack_signal()) != 0) return {};
  timespec until{};
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += kSecondsMax;
  if (sem_timedwait(&question->answered, &until) != 0) return {};
  Stack stack = to_stack(question->frames);
  sem_destroy(&question->answered);
  delete question;
  return stack;
}

namespace {

constexpr std::size_t kSignalStackSize = 256u << 10;
constexpr std::uintptr_t kGuardMax = 64u
                                     << 10;  // how far below the stack a function with big locals may reach

[[gnu::tls_model("initial-exec")]] thread_local std::uintptr_t t_stack_begin = 0;

}  // namespace

void use_signal_stack() {
  pthread_attr_t attributes;
  void* begin = nullptr;
  std::size_t size = 0;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  pthread_attr_getstack(&attributes, &begin, &size);
  pthread_attr_destroy(&attributes);
  void* memory = mmap(nullptr, kSignalStackSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  const stack_t stack{.ss_sp = memory, .ss_flags = 0, .ss_size = kSignalStackSize};
  if (sigaltstack(&stack, nullptr) == 0) t_stack_begin = reinterpret_cast<std::uintptr_t>(begin);
}

bool is_stack_overflow(const void* address) {
  constexpr std::uintptr_t kPage = 4096;
  const auto value = reinterpret_cast<std::uintptr_t>(address);
  return t_stack_begin != 0 && value + kGuardMax >= t_stack_begin && value < t_stack_begin + 2 * kPage;
}

}  // namespace fltsim::sched

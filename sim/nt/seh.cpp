#include "nt/seh.hpp"

#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {
namespace {

void enter_frame(Thread& thread, fltsim_seh_frame& frame) {
  frame.raised = 0;
  frame.entered = 1;
  frame.outer = thread.exception_chain;
  thread.exception_chain = &frame;
}

void leave_frame(Thread& thread, fltsim_seh_frame& frame) {
  if (frame.entered == 0) return;
  frame.entered = 0;
  if (thread.exception_chain != &frame) misuse("structured exception frames are left out of order");
  thread.exception_chain = frame.outer;
}

std::string code_text(NTSTATUS code) {
  char text[12];
  std::snprintf(text, sizeof text, "0x%08X", static_cast<unsigned>(code));
  return text;
}

// A touch of what a callback was lent is wrong whoever takes the exception; one of user memory only when
// nobody does.
void judge_access_violation(Thread& thread, std::uintptr_t address, bool taken) {
  Executive& executive = thread.system.nt();
  if (const std::string what = executive.lent_memory().explain(address); !what.empty()) {
    const std::string text =
        what + ": look at its size first, and keep a copy of what is needed later (CONN-11).";
    if (!taken) bug_check(thread, "VER-25", text);
    report(thread, "VER-25", Severity::kError, text);
  }
  if (const MessageBuffers* buffers = thread.message_buffers; !taken && buffers != nullptr) {
    if (const std::string name = buffers->missing_buffer(address); !name.empty()) {
      bug_check(
          thread, "VER-24",
          "MessageNotify touched " + name +
              ", for which the client has passed NULL, with a length: look at the pointer before it is used "
              "(MSG-5).");
    }
  }
  if (!taken && executive.user_space().contains(reinterpret_cast<const void*>(address), 1)) {
    bug_check(thread, "VER-24",
              "user memory that is not there, or not any more, was touched outside every __try. A client can "
              "unmap its memory at any moment, also after the probe: copy it once, inside __try (MSG-3).");
  }
}

[[noreturn]] void raise_record(const EXCEPTION_RECORD& record) {
  Thread& thread = current_thread("an exception in driver code");
  thread.reads_for_driver = false;
  fltsim_seh_frame* frame = thread.exception_chain;
  const bool in_program = thread.program_failed != nullptr && thread.kernel_depth == 0;
  if (!in_program && record.ExceptionCode == STATUS_ACCESS_VIOLATION && record.NumberParameters == 2)
    judge_access_violation(thread, record.ExceptionInformation[1], frame != nullptr);
  if (frame == nullptr) {
    if (in_program) thread.program_failed(thread, record);
    bug_check(
        thread, "SIM-8",
        "exception " + code_text(record.ExceptionCode) +
            " was raised in driver code outside every __try (bug check 0x1E, KMODE_EXCEPTION_NOT_HANDLED).");
  }
  frame->record = record;
  frame->context.Rip = reinterpret_cast<ULONG64>(record.ExceptionAddress);
  frame->pointers = {&frame->record, &frame->context};
  frame->raised = 1;
  leave_frame(thread, *frame);
  // What a jmp_buf decays to; the array type itself would be an access that the aliasing rules forbid.
  _longjmp(static_cast<std::remove_extent_t<jmp_buf>*>(static_cast<void*>(frame->jump_buffer)), 1);
}

static_assert(sizeof(jmp_buf) <= sizeof(fltsim_seh_frame::jump_buffer));

// --- faults ---

// The handler is process-wide by nature, and so is the list it reads. Slots are claimed by `begin`, and valid
// while `end` is set.
struct Watched {
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};
};
std::array<Watched, 1024> g_watched;
std::array<struct sigaction, 65> g_before;

bool is_watched(std::uintptr_t address) {
  for (const Watched& range : g_watched) {
    const std::uintptr_t end = range.end.load(std::memory_order_acquire);
    if (end != 0 && address < end && address >= range.begin.load(std::memory_order_relaxed)) return true;
  }
  return false;
}

NTSTATUS status_of(int signal, int code) {
  if (signal != SIGFPE) return STATUS_ACCESS_VIOLATION;
  return code == FPE_INTOVF ? STATUS_INTEGER_OVERFLOW : STATUS_INTEGER_DIVIDE_BY_ZERO;
}

}  // namespace
}  // namespace fltsim::nt

// Where the interrupted thread goes on, outside the signal handler: as if the instruction had made a call. Below a word
// for the alignment lie the instruction's address and the stack pointer it had; with these an unwinder goes on at the
// instruction itself, as behind a signal (CFA = [rsp+16], return address at rsp+8).
asm(R"(
        .pushsection .text
        .type   fltsim_fault_entry, @function
fltsim_fault_entry:
        .cfi_startproc
        .cfi_signal_frame
        .cfi_escape 0x0f, 3, 0x77, 16, 0x06
        .cfi_escape 0x10, 16, 2, 0x77, 8
        call    fltsim_raise_fault
        hlt
        .cfi_endproc
        .size   fltsim_fault_entry, .-fltsim_fault_entry
        .popsection
)");

extern "C" {
[[gnu::visibility("hidden")]] void fltsim_fault_entry();
[[gnu::visibility("hidden"), gnu::used, noreturn]] void fltsim_raise_fault(std::uint64_t status,
                                                                           std::uint64_t is_write,
                                                                           std::uint64_t address,
                                                                           std::uint64_t instruction);
}

void fltsim_raise_fault(std::uint64_t status, std::uint64_t is_write, std::uint64_t address,
                        std::uint64_t instruction) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = static_cast<NTSTATUS>(status);
  record.ExceptionAddress = reinterpret_cast<void*>(instruction);
  if (record.ExceptionCode == STATUS_ACCESS_VIOLATION) {
    record.NumberParameters = 2;
    record.ExceptionInformation[0] = is_write;
    record.ExceptionInformation[1] = address;
  }
  fltsim::nt::raise_record(record);
}

namespace fltsim::nt {
namespace {

// Where the driver was, and its stack pointer there.
struct FaultPlace {
  std::uintptr_t instruction = 0;  // 0: the fault is not a driver's
  std::uintptr_t stack = 0;
};

// A call to where no code is faults at its target: the instruction is then the call, behind which lies the address that
// it has pushed.
FaultPlace place_of_fault(greg_t* registers, const siginfo_t& info) {
  const auto instruction = static_cast<std::uintptr_t>(registers[REG_RIP]);
  const auto stack = static_cast<std::uintptr_t>(registers[REG_RSP]);
  if (is_watched(instruction)) return {instruction, stack};
  const Thread* const thread = current_thread_or_null();
  if (thread != nullptr && thread->reads_for_driver) return {instruction, stack};
  if (info.si_signo != SIGSEGV || reinterpret_cast<std::uintptr_t>(info.si_addr) != instruction) return {};
  const auto caller = *reinterpret_cast<const std::uintptr_t*>(stack);
  return is_watched(caller) ? FaultPlace{caller - 1, stack + sizeof caller} : FaultPlace{};
}

// The one thing that can be said of a crash in a check, which may be that of memory which has gone.
void name_running_check() {
  const char* check = running_check();
  if (check == nullptr) return;
  for (const char* text :
       {"fltsim: a crash in the check \"", check,
        "\": does it read the memory of a driver that was unloaded? Use Driver::always().\n"}) {
    static_cast<void>(!write(STDERR_FILENO, text, std::strlen(text)));
  }
}

// The handler has a stack of its own, and the thread goes no further.
void check_stack(const void* address) {
  Thread* thread = current_thread_or_null();
  if (thread == nullptr || thread->driver == nullptr || !sched::is_stack_overflow(address)) return;
  bug_check(
      *thread, "SIM-10",
      "the driver has used up its thread's stack: an endless recursion? Windows gives kernel code 24 KB, and "
      "stops with UNEXPECTED_KERNEL_MODE_TRAP (0x7F).");
}

void on_fault(int signal, siginfo_t* info, void* raw) {
  check_stack(info->si_addr);
  greg_t* registers = static_cast<ucontext_t*>(raw)->uc_mcontext.gregs;
  const FaultPlace place = place_of_fault(registers, *info);
  if (place.instruction == 0) {
    name_running_check();
    // The instruction runs again and reaches the handler that was there before, which ends the program.
    sigaction(signal, &g_before[static_cast<std::size_t>(signal)], nullptr);
    return;
  }
  // Below the red zone; aligned as before a call instruction.
  constexpr std::uintptr_t kWords = 4;
  auto* stack = reinterpret_cast<std::uintptr_t*>((static_cast<std::uintptr_t>(registers[REG_RSP]) - 256) &
                                                  ~std::uintptr_t{15}) -
                kWords;
  stack[1] = place.instruction;
  stack[2] = place.stack;
  registers[REG_RDI] = static_cast<greg_t>(static_cast<std::uint32_t>(status_of(signal, info->si_code)));
  registers[REG_RSI] = (registers[REG_ERR] >> 1) & 1;
  registers[REG_RDX] = reinterpret_cast<greg_t>(info->si_addr);
  registers[REG_RCX] = static_cast<greg_t>(place.instruction);
  registers[REG_RSP] = reinterpret_cast<greg_t>(stack);
  registers[REG_RIP] = reinterpret_cast<greg_t>(&fltsim_fault_entry);
}

void install_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE}) {
    sigaction(signal, &action, &g_before[static_cast<std::size_t>(signal)]);
  }
}

}  // namespace

ExceptionChainScope::ExceptionChainScope()
    : thread_(current_thread("a call into a driver")),
      outer_(std::exchange(thread_.exception_chain, nullptr)) {}

ExceptionChainScope::~ExceptionChainScope() {
  sched::Scheduler::stay_if_abandoned();
  thread_.exception_chain = outer_;
}

void raise_exception(NTSTATUS code, ULONG parameter_count, ULONG_PTR first, ULONG_PTR second) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = code;
  record.ExceptionAddress = __builtin_return_address(0);
  record.NumberParameters = parameter_count;
  record.ExceptionInformation[0] = first;
  record.ExceptionInformation[1] = second;
  raise_record(record);
}

bool watch_faults(const void* begin, const void* end) {
  static std::once_flag installed;
  std::call_once(installed, install_handler);
  for (Watched& range : g_watched) {
    std::uintptr_t free = 0;
    if (!range.begin.compare_exchange_strong(free, reinterpret_cast<std::uintptr_t>(begin))) continue;
    range.end.store(reinterpret_cast<std::uintptr_t>(end), std::memory_order_release);
    return true;
  }
  return false;
}

void unwatch_faults(const void* begin) {
  for (Watched& range : g_watched) {
    if (range.begin.load() != reinterpret_cast<std::uintptr_t>(begin)) continue;
    range.end.store(0);
    range.begin.store(0);
    return;
  }
}

}  // namespace fltsim::nt

using namespace fltsim;

extern "C" {

void fltsim_seh_enter(fltsim_seh_frame* frame) { nt::enter_frame(nt::current_thread("__try"), *frame); }

void fltsim_seh_exit(fltsim_seh_frame* frame) { nt::leave_frame(nt::current_thread("__try"), *frame); }

int fltsim_seh_filter(fltsim_seh_frame* frame, int disposition) {
  if (disposition == EXCEPTION_CONTINUE_EXECUTION) {
    nt::bug_check(nt::current_thread("an exception filter"), "SIM-8",
                  "an exception filter returned EXCEPTION_CONTINUE_EXECUTION, which is not simulated.");
  }
  if (disposition <= 0) return 0;
  frame->raised = 0;
  return 1;
}

void fltsim_seh_continue(fltsim_seh_frame* frame) {
  const EXCEPTION_RECORD record = frame->record;
  nt::raise_record(record);
}

void fltsim_driver_failed(const char* what, const char* file, int line) {
  std::string text = std::string("an assertion of the driver failed: ") + what;
  if (file != nullptr) text += std::string(", ") + file + ":" + std::to_string(line);
  nt::bug_check(nt::current_thread("an assertion"), "SIM-3", text);
}

VOID ExRaiseStatus(NTSTATUS Status) {
  nt::enter("ExRaiseStatus", nt::kApc);
  nt::raise_exception(Status);
}

VOID ExRaiseAccessViolation(VOID) {
  nt::enter("ExRaiseAccessViolation", nt::kApc);
  nt::raise_exception(STATUS_ACCESS_VIOLATION);
}

VOID ExRaiseDatatypeMisalignment(VOID) {
  nt::enter("ExRaiseDatatypeMisalignment", nt::kApc);
  nt::raise_exception(STATUS_DATATYPE_MISALIGNMENT);
}

}  // extern "C"

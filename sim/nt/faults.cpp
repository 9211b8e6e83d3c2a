// Faults of driver code: the signals of the operating system that become structured exceptions.
#include <signal.h>
#include <ucontext.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <mutex>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/guarded_copy.hpp"
#include "nt/seh.hpp"
#include "sched/stack.hpp"

namespace fltsim::nt {
namespace {

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
  switch (signal) {
    case SIGFPE:
      if (code == FPE_INTOVF) return STATUS_INTEGER_OVERFLOW;
      return code == FPE_FLTDIV ? STATUS_FLOAT_DIVIDE_BY_ZERO : STATUS_INTEGER_DIVIDE_BY_ZERO;
    case SIGILL:
      return STATUS_ILLEGAL_INSTRUCTION;
    case SIGTRAP:
      return STATUS_BREAKPOINT;
    default:
      return signal == SIGBUS && code == BUS_ADRALN ? STATUS_DATATYPE_MISALIGNMENT : STATUS_ACCESS_VIOLATION;
  }
}

// The processor does not say at which address that is no address an instruction went wrong; Windows says this one then.
std::uintptr_t touched_address(const siginfo_t& info) {
  return info.si_signo == SIGSEGV && info.si_code == SI_KERNEL
             ? UINTPTR_MAX
             : reinterpret_cast<std::uintptr_t>(info.si_addr);
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
  // Behind a breakpoint the processor is at the next instruction; Windows says where the breakpoint is.
  const auto instruction =
      static_cast<std::uintptr_t>(registers[REG_RIP]) - (info.si_signo == SIGTRAP ? 1 : 0);
  const auto stack = static_cast<std::uintptr_t>(registers[REG_RSP]);
  if (is_watched(instruction)) return {instruction, stack};
  const Thread* const thread = current_thread_or_null();
  if (thread != nullptr && thread->reads_for_driver) return {instruction, stack};
  if (info.si_signo != SIGSEGV || reinterpret_cast<std::uintptr_t>(info.si_addr) != instruction) return {};
  const auto caller = *reinterpret_cast<const std::uintptr_t*>(stack);
  return is_watched(caller) ? FaultPlace{caller - 1, stack + sizeof caller} : FaultPlace{};
}

void say(std::initializer_list<const char*> texts) {
  for (const char* text : texts) static_cast<void>(!write(STDERR_FILENO, text, std::strlen(text)));
}

// What can be said of a crash of the simulator, or of a test: the thread's stack and locks are as they are.
void name_crash(const siginfo_t& info) {
  if (const char* check = running_check(); check != nullptr) {
    say({"fltsim: a crash in the check \"", check,
         "\": does it read the memory of a driver that was unloaded? Use Driver::always().\n"});
    return;
  }
  const Thread* const thread = current_thread_or_null();
  if (thread == nullptr || thread->driver == nullptr) return;
  char address[24];
  std::snprintf(address, sizeof address, "%p", info.si_addr);
  say({"fltsim: signal ", sigabbrev_np(info.si_signo), " at ", address,
       ", not in driver code, while thread \"", thread->name.c_str(), "\" runs for driver \"",
       thread->driver->name.c_str(), "\"; the last routine entered is ", thread->routine,
       ". Either the driver gave it a bad pointer, or this is a defect of the simulator.\n"});
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
  greg_t* registers = static_cast<ucontext_t*>(raw)->uc_mcontext.gregs;
  if (const std::size_t way_out = guarded_way_out(
          static_cast<std::size_t>(registers[REG_RIP]), touched_address(*info),
          static_cast<std::size_t>(registers[REG_R8]), static_cast<std::size_t>(registers[REG_R9]));
      way_out != 0) {
    registers[REG_RIP] = static_cast<greg_t>(way_out);
    return;
  }
  check_stack(info->si_addr);
  const FaultPlace place = place_of_fault(registers, *info);
  if (place.instruction == 0) {
    name_crash(*info);
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
  registers[REG_RDX] = static_cast<greg_t>(touched_address(*info));
  registers[REG_RCX] = static_cast<greg_t>(place.instruction);
  registers[REG_RSP] = reinterpret_cast<greg_t>(stack);
  registers[REG_RIP] = reinterpret_cast<greg_t>(&fltsim_fault_entry);
}

void install_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) {
    sigaction(signal, &action, &g_before[static_cast<std::size_t>(signal)]);
  }
}

}  // namespace

void handle_faults() {
  static std::once_flag installed;
  std::call_once(installed, install_handler);
}

bool watch_faults(const void* begin, const void* end) {
  handle_faults();
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

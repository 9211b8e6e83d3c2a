#include "nt/seh.hpp"

#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <type_traits>
#include <utility>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::nt {
namespace {

// fltsim_seh_frame::state. The members of the frame mean:
//   outer     the frame around it in the chain
//   record    what the handler is for, or what the __finally block runs for
//   pointers  what the filter is asked about, while it is
//   target    the frame whose handler comes behind the __finally block
enum FrameState {
  kActive,  // its block runs
  kLeft,    // off the chain, and on the way out
  kAsked,   // its filter runs
  kRaised,  // off the chain; its handler or its __finally block runs for an exception
};

void enter_frame(Thread& thread, fltsim_seh_frame& frame, int kind) {
  frame.kind = kind;
  frame.state = kActive;
  frame.outer = thread.exception_chain;
  thread.exception_chain = &frame;
}

void leave_frame(Thread& thread, fltsim_seh_frame& frame) {
  if (frame.state == kLeft || frame.state == kRaised) return;
  frame.state = kLeft;
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

// --- asking a filter ---

// A filter is asked before anything is unwound, so that the frames between it and the exception stay as they are. It is
// an expression in the middle of a function that is in the middle of its __try block, and uses that function's locals:
// it runs with the registers that the function had when it entered the block, but with a stack that begins below
// everything. That works because the function is compiled unoptimised and cannot find its locals by the stack pointer
// (Lowerer::function_body).
struct Registers {
  std::uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rip;  // as the C library's _setjmp has them
};
static_assert(sizeof(Registers) <= sizeof(jmp_buf));

// The C library keeps three of them so that an overflow of the buffer cannot choose their values.
std::uint64_t plain(std::uint64_t kept) {
  __asm__("ror $17, %0\n\txor %%fs:0x30, %0" : "+r"(kept) : : "cc");
  return kept;
}

extern "C" {
// Goes on where `registers` say, as _setjmp that returns a second time, and returns what fltsim_seh_return_answer is
// given. The room between the two stacks is for arguments that the function passes on the stack.
int fltsim_seh_run_filter(const Registers* registers, void** asker) __attribute__((visibility("hidden")));
[[noreturn]] void fltsim_seh_return_answer(void* asker, int answer) __attribute__((visibility("hidden")));
}
__asm__(R"(
.pushsection .text
.hidden fltsim_seh_run_filter
.globl fltsim_seh_run_filter
.type fltsim_seh_run_filter, @function
fltsim_seh_run_filter:
  push %rbp
  push %rbx
  push %r12
  push %r13
  push %r14
  push %r15
  mov %rsp, (%rsi)
  mov 0(%rdi), %rbx
  mov 8(%rdi), %rbp
  mov 16(%rdi), %r12
  mov 24(%rdi), %r13
  mov 32(%rdi), %r14
  mov 40(%rdi), %r15
  mov 56(%rdi), %rdx
  sub $4096, %rsp
  and $-64, %rsp
  mov $1, %eax
  jmp *%rdx
.size fltsim_seh_run_filter, .-fltsim_seh_run_filter
.hidden fltsim_seh_return_answer
.globl fltsim_seh_return_answer
.type fltsim_seh_return_answer, @function
fltsim_seh_return_answer:
  mov %rdi, %rsp
  mov %esi, %eax
  pop %r15
  pop %r14
  pop %r13
  pop %r12
  pop %rbx
  pop %rbp
  ret
.size fltsim_seh_return_answer, .-fltsim_seh_return_answer
.popsection
)");

}  // namespace

// One filter that is being asked, on the stack of who asks. A filter that raises is asked again, about the new exception,
// as on Windows: so there may be several of one frame.
struct FilterCall {
  FilterCall* const outer;
  fltsim_seh_frame& frame;
  const PEXCEPTION_POINTERS pointers_before;
  const int state_before;
  void* asker = nullptr;  // the stack pointer at which the answer is waited for
};

namespace {

void end_filter(Thread& thread, const FilterCall& call) {
  call.frame.pointers = call.pointers_before;
  call.frame.state = call.state_before;
  thread.filter_call = call.outer;
}

Registers registers_of(const fltsim_seh_frame& frame) {
  Registers registers;
  std::memcpy(&registers, frame.jump_buffer, sizeof registers);
  registers.rbp = plain(registers.rbp);
  registers.rsp = plain(registers.rsp);
  registers.rip = plain(registers.rip);
  return registers;
}

bool takes(Thread& thread, fltsim_seh_frame& frame, EXCEPTION_POINTERS& pointers) {
  const Registers registers = registers_of(frame);
  FilterCall call{thread.filter_call, frame, frame.pointers, frame.state};
  thread.filter_call = &call;
  frame.pointers = &pointers;
  frame.state = kAsked;
  const int answer = fltsim_seh_run_filter(&registers, &call.asker);
  end_filter(thread, call);
  if (answer < 0) {
    bug_check(thread, "SIM-8",
              "an exception filter answered EXCEPTION_CONTINUE_EXECUTION for exception " +
                  code_text(pointers.ExceptionRecord->ExceptionCode) + ", which is not simulated.");
  }
  return answer > 0;
}

// --- raising ---

const char* name_of(NTSTATUS code) {
  switch (code) {
    case STATUS_ACCESS_VIOLATION:
      return " (access violation)";
    case STATUS_INTEGER_DIVIDE_BY_ZERO:
      return " (integer division by zero)";
    case STATUS_DATATYPE_MISALIGNMENT:
      return " (datatype misalignment)";
    case STATUS_BREAKPOINT:
      return " (breakpoint)";
    case STATUS_ILLEGAL_INSTRUCTION:
      return " (illegal instruction)";
    default:
      return "";
  }
}

std::string text_of_escape(const Thread& thread, const EXCEPTION_RECORD& record) {
  std::string text = "exception " + code_text(record.ExceptionCode) + name_of(record.ExceptionCode);
  if (record.ExceptionCode == STATUS_ACCESS_VIOLATION && record.NumberParameters == 2) {
    char touch[48];
    std::snprintf(touch, sizeof touch, ", a %s at 0x%llx,",
                  record.ExceptionInformation[0] == 0 ? "read" : "write",
                  static_cast<unsigned long long>(record.ExceptionInformation[1]));
    text += touch;
  }
  text += " was raised in driver code outside every __try (bug check 0x1E, KMODE_EXCEPTION_NOT_HANDLED).";
  if (thread.has_outer_try) {
    text +=
        " A __try around the call that led to this callback is of no use: an exception must not leave a "
        "callback "
        "through the system that called it.";
  }
  return text;
}

// Runs the __finally blocks up to `target`, and its handler: each jump but the last comes back by
// fltsim_seh_continue().
static_assert(sizeof(jmp_buf) <= sizeof(fltsim_seh_frame::jump_buffer));
[[noreturn]] void unwind(Thread& thread, const EXCEPTION_RECORD& record, fltsim_seh_frame& target) {
  fltsim_seh_frame* frame = thread.exception_chain;
  while (frame != &target && frame->kind != FLTSIM_SEH_FINALLY) frame = frame->outer;
  thread.exception_chain = frame->outer;
  // What was asked from below there is forgotten: its exception has given way to this one.
  const std::uint64_t stack = registers_of(*frame).rsp;
  while (thread.filter_call != nullptr &&
         reinterpret_cast<std::uint64_t>(thread.filter_call->asker) < stack) {
    end_filter(thread, *thread.filter_call);
  }
  frame->record = record;
  frame->target = &target;
  frame->state = kRaised;
  // What a jmp_buf decays to; the array type itself would be an access that the aliasing rules forbid. The thread
  // sanitizer knows of longjmp() alone, not of _longjmp().
  std::longjmp(static_cast<std::remove_extent_t<jmp_buf>*>(static_cast<void*>(frame->jump_buffer)), 1);
}

}  // namespace

void raise_record(EXCEPTION_RECORD& record) {
  Thread& thread = current_thread("an exception in driver code");
  thread.reads_for_driver = false;
  CONTEXT context{reinterpret_cast<ULONG64>(record.ExceptionAddress)};
  EXCEPTION_POINTERS pointers{&record, &context};
  fltsim_seh_frame* frame = thread.exception_chain;
  while (frame != nullptr && (frame->kind == FLTSIM_SEH_FINALLY ||
                              (frame->kind == FLTSIM_SEH_ASKS && !takes(thread, *frame, pointers)))) {
    frame = frame->outer;
  }
  const bool in_program = thread.program_failed != nullptr && thread.kernel_depth == 0;
  if (!in_program && record.ExceptionCode == STATUS_ACCESS_VIOLATION && record.NumberParameters == 2)
    judge_access_violation(thread, record.ExceptionInformation[1], frame != nullptr);
  if (frame == nullptr) {
    if (in_program) thread.program_failed(thread, record);
    bug_check(thread, "SIM-8", text_of_escape(thread, record));
  }
  unwind(thread, record, *frame);
}

void raise_exception(NTSTATUS code, const void* from, ULONG parameter_count, ULONG_PTR first,
                     ULONG_PTR second) {
  EXCEPTION_RECORD record{};
  record.ExceptionCode = code;
  record.ExceptionFlags = EXCEPTION_NONCONTINUABLE;
  record.ExceptionAddress = const_cast<void*>(from);
  record.NumberParameters = parameter_count;
  record.ExceptionInformation[0] = first;
  record.ExceptionInformation[1] = second;
  raise_record(record);
}

}  // namespace fltsim::nt

using namespace fltsim;

extern "C" {

void fltsim_seh_enter(fltsim_seh_frame* frame, int kind) {
  nt::enter_frame(nt::current_thread("__try"), *frame, kind);
}

void fltsim_seh_exit(fltsim_seh_frame* frame) { nt::leave_frame(nt::current_thread("__try"), *frame); }

int fltsim_seh_asked(const fltsim_seh_frame* frame) { return frame->state == nt::kAsked; }

void fltsim_seh_answer(int disposition) {
  nt::fltsim_seh_return_answer(nt::current_thread("an exception filter").filter_call->asker, disposition);
}

int fltsim_seh_raised(const fltsim_seh_frame* frame) { return frame->state == nt::kRaised; }

void fltsim_seh_continue(fltsim_seh_frame* frame) {
  nt::unwind(nt::current_thread("__finally"), frame->record, *frame->target);
}

void fltsim_driver_failed(const char* what, const char* file, int line) {
  std::string text = std::string("an assertion of the driver failed: ") + what;
  if (file != nullptr) text += std::string(", ") + file + ":" + std::to_string(line);
  nt::bug_check(nt::current_thread("an assertion"), "SIM-3", text);
}

VOID ExRaiseStatus(NTSTATUS Status) {
  nt::enter("ExRaiseStatus", nt::kApc);
  nt::raise_exception(Status, __builtin_return_address(0));
}

VOID ExRaiseAccessViolation(VOID) {
  nt::enter("ExRaiseAccessViolation", nt::kApc);
  nt::raise_exception(STATUS_ACCESS_VIOLATION, __builtin_return_address(0));
}

VOID ExRaiseDatatypeMisalignment(VOID) {
  nt::enter("ExRaiseDatatypeMisalignment", nt::kApc);
  nt::raise_exception(STATUS_DATATYPE_MISALIGNMENT, __builtin_return_address(0));
}

}  // extern "C"

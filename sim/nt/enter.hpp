// What every simulated routine does on its first line, and how a machine stops.
//
//   NTSTATUS FltSendMessage(...) {
//     nt::Thread& thread = nt::enter("FltSendMessage", nt::kApc);
//     if (nt::fails_now(thread, "FltSendMessage")) return STATUS_INSUFFICIENT_RESOURCES;
//
// Client (user-mode) entries are written with client_call(), which adds the boundary between client and
// kernel code: a killed thread does not come back to its client's code, but is unwound to its entry.
#pragma once

#include <exception>
#include <string>
#include <type_traits>
#include <utility>

#include "fltsim/verifier.hpp"
#include "nt/thread.hpp"

namespace fltsim::nt {

// One switch point; a finding (VER-23) when the thread's IRQL is above `max`. The calling thread.
Thread& enter(const char* routine, Irql max);

// The finding alone, for a routine whose limit depends on its arguments.
void check_irql(Thread& thread, const char* routine, Irql max);

// VER-28, for a routine that waits for another thread or process.
void check_may_wait(Thread& thread, const char* routine);

// True when the test asked for this call of `routine` to fail (Machine::fail_next). Each true uses up one
// request.
bool fails_now(Thread& thread, const char* routine);

// A finding in the calling thread's machine, with the driver filled in. The control thread may not call this
// one.
void report(Thread& thread, std::string id, Severity severity, std::string text, std::string object = {});

// Windows would stop here: records the finding as fatal and stops the machine. The calling thread never runs
// again.
[[noreturn]] void bug_check(Thread& thread, std::string id, std::string text, std::string object = {});

// A routine that is declared but not simulated was called: the finding SIM-1 with its name, then as
// bug_check().
[[noreturn]] void unsupported(const char* routine);

// The caller is wrong in a way that no machine can report (no simulated thread, a control call from inside
// one): ends the program.
[[noreturn]] void misuse(const std::string& text);

// The same for a call from inside a check, which may only read memory.
[[noreturn]] void misuse_of_check(const char* call);

// --- the boundary to client code ---

// Unwinds a killed thread's client frames. Not a std::exception; caught at the thread's entry in machine/,
// only there.
struct ClientUnwind {};

// Unwinds the calling client thread, which was killed or ends its process. A client program's thread jumps to its begin
// instead: no destructor of its code runs, as on Windows.
[[noreturn]] void unwind_client(Thread& thread);

// Switch point and checks of a client entry. False: the thread is being unwound (a destructor of the client
// called), the entry must fail without effect. Throws ClientUnwind when the thread was killed and may be
// unwound from here.
[[nodiscard]] bool enter_client(Thread& thread, const char* routine);
// The same for an entry that clients call in destructors (CloseHandle, CancelIoEx): it never throws. A killed
// thread is then unwound at its next other entry.
[[nodiscard]] bool enter_client_release(Thread& thread, const char* routine) noexcept;
// On the way back to the client: throws ClientUnwind when the thread was killed meanwhile.
void leave_client(Thread& thread);

// Runs `body(thread)` as kernel code for a client's call. `refused` is the answer when the thread is being
// unwound.
template <class Body>
auto client_call(const char* routine, std::invoke_result_t<Body, Thread&> refused, Body&& body)
    -> std::invoke_result_t<Body, Thread&> {
  Thread& thread = current_thread(routine);
  if (!enter_client(thread, routine)) return refused;
  ++thread.kernel_depth;
  auto result = std::forward<Body>(body)(thread);
  --thread.kernel_depth;
  leave_client(thread);
  return result;
}

// The same for what clients call in destructors.
template <class Body>
auto client_release(const char* routine, std::invoke_result_t<Body, Thread&> refused, Body&& body)
    -> std::invoke_result_t<Body, Thread&> {
  Thread& thread = current_thread(routine);
  if (!enter_client_release(thread, routine)) return refused;
  ++thread.kernel_depth;
  auto result = std::forward<Body>(body)(thread);
  --thread.kernel_depth;
  return result;
}

}  // namespace fltsim::nt

// The addresses of a stack, for findings that say where a driver was.
#pragma once

#include <pthread.h>

#include <cstdint>
#include <vector>

namespace fltsim::sched {

// The innermost first. Each is an instruction that is being executed: of callers, the last byte of the call.
using Stack = std::vector<std::uintptr_t>;

// Of the calling thread.
Stack current_stack();

// Of another thread of the pool, which a signal interrupts; it goes on afterwards. Empty when it does not answer: its
// signals are held back, as the thread sanitizer does in a loop without calls. The control thread.
Stack stack_of(pthread_t thread);

// The signal for that, which every thread of the pool lets in.
int stack_signal();

// The calling thread's signal handlers that ask for it get a stack of their own from here on, so that one can say that
// the thread's own stack is used up.
void use_signal_stack();
// Whether a touch of `address` by the calling thread, which has such a stack, is one beyond the end of its own. A
// signal handler may ask.
bool is_stack_overflow(const void* address);

}  // namespace fltsim::sched

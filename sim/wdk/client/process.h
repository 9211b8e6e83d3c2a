// process.h of client units: threads of the C runtime.
#pragma once

#include <minwindef.h>
#include <stdlib.h>

WDK_BEGIN

uintptr_t _beginthreadex(void* security, unsigned stack_size, unsigned (*start)(void*), void* argument, unsigned flags,
                         unsigned* thread_id);
// The handle is closed by the thread's end. -1 on failure.
uintptr_t _beginthread(void (*start)(void*), unsigned stack_size, void* argument);
void _endthreadex(unsigned exit_code) __attribute__((noreturn));
void _endthread(void) __attribute__((noreturn));
int _getpid(void);

WDK_END

// signal.h of client units: SIGINT is Ctrl-C, SIGBREAK the closing of the console, SIGABRT abort().
#pragma once

#include <crt.h>

#define SIGINT 2
#define SIGILL 4
#define SIGFPE 8
#define SIGSEGV 11
#define SIGTERM 15
#define SIGBREAK 21
#define SIGABRT 22
typedef void (*_crt_signal_t)(int);
typedef int sig_atomic_t;
#define SIG_DFL ((_crt_signal_t)0)
#define SIG_IGN ((_crt_signal_t)1)
#define SIG_ERR ((_crt_signal_t)-1)

WDK_BEGIN

// SIG_ERR with EINVAL for SIGSEGV, SIGFPE and SIGILL: faults are structured exceptions here.
CRT(_crt_signal_t, signal, (int number, _crt_signal_t handler));
CRT(int, raise, (int number));

WDK_END

// Processes, threads, and memory of a thread's own.
#pragma once

#include "minwindef.h"

#define STILL_ACTIVE 259u
#ifndef PROCESS_DUP_HANDLE
#define PROCESS_DUP_HANDLE 0x00000040u
#endif
#define CREATE_SUSPENDED 0x00000004u
#define STACK_SIZE_PARAM_IS_A_RESERVATION 0x00010000u
#define TLS_OUT_OF_INDEXES 0xFFFFFFFFu
#define THREAD_TERMINATE 0x0001u
#define THREAD_QUERY_INFORMATION 0x0040u
#define THREAD_PRIORITY_IDLE (-15)
#define THREAD_PRIORITY_LOWEST (-2)
#define THREAD_PRIORITY_BELOW_NORMAL (-1)
#define THREAD_PRIORITY_NORMAL 0
#define THREAD_PRIORITY_ABOVE_NORMAL 1
#define THREAD_PRIORITY_HIGHEST 2
#define THREAD_PRIORITY_TIME_CRITICAL 15
#define TOKEN_ADJUST_PRIVILEGES 0x0020u
#define TOKEN_ASSIGN_PRIMARY 0x0001u
#define TOKEN_IMPERSONATE 0x0004u

typedef DWORD (*LPTHREAD_START_ROUTINE)(LPVOID Parameter);
typedef LPTHREAD_START_ROUTINE PTHREAD_START_ROUTINE;

WDK_BEGIN

HANDLE GetCurrentProcess(VOID);
HANDLE GetCurrentThread(VOID);
DWORD GetCurrentProcessId(VOID);
DWORD GetCurrentThreadId(VOID);
DWORD GetProcessId(HANDLE Process);
DWORD GetThreadId(HANDLE Thread);
HANDLE OpenProcess(DWORD DesiredAccess, BOOL InheritHandle, DWORD ProcessId);
HANDLE OpenThread(DWORD DesiredAccess, BOOL InheritHandle, DWORD ThreadId);
VOID ExitProcess(UINT ExitCode) __attribute__((noreturn));
BOOL TerminateProcess(HANDLE Process, UINT ExitCode);
BOOL GetExitCodeProcess(HANDLE Process, LPDWORD ExitCode);
BOOL QueryFullProcessImageNameW(HANDLE Process, DWORD Flags, LPWSTR ExeName, PDWORD Size);

// CreationFlags: CREATE_SUSPENDED and STACK_SIZE_PARAM_IS_A_RESERVATION; another flag refuses by name.
HANDLE CreateThread(LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T StackSize, LPTHREAD_START_ROUTINE StartAddress,
                    LPVOID Parameter, DWORD CreationFlags, LPDWORD ThreadId);
VOID ExitThread(DWORD ExitCode) __attribute__((noreturn));
BOOL TerminateThread(HANDLE Thread, DWORD ExitCode);
BOOL GetExitCodeThread(HANDLE Thread, LPDWORD ExitCode);
// A thread that was made suspended; a running one is not stopped: SuspendThread refuses by name.
DWORD ResumeThread(HANDLE Thread);
DWORD SuspendThread(HANDLE Thread);
BOOL SwitchToThread(VOID);
BOOL SetThreadPriority(HANDLE Thread, int Priority);
int GetThreadPriority(HANDLE Thread);

DWORD TlsAlloc(VOID);
LPVOID TlsGetValue(DWORD Index);
BOOL TlsSetValue(DWORD Index, LPVOID Value);
BOOL TlsFree(DWORD Index);

BOOL OpenProcessToken(HANDLE Process, DWORD DesiredAccess, PHANDLE Token);

WDK_END

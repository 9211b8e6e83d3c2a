// The part of Win32 that clients of communication ports use. The functions run in the simulated process of the calling
// thread (sim/client); a name that is not here is not simulated, and a client that uses it does not compile.
// Unless a function says otherwise, failure is FALSE, NULL or the value named, with the reason in GetLastError().
#pragma once

#include "../shared/status.h"
#include "winerror.h"

#define INFINITE 0xFFFFFFFFu
#define WAIT_OBJECT_0 0x00000000u
#define WAIT_ABANDONED 0x00000080u
#define WAIT_ABANDONED_0 0x00000080u
#define WAIT_IO_COMPLETION 0x000000C0u
#define WAIT_FAILED 0xFFFFFFFFu
#define STILL_ACTIVE 259u
#ifndef MAXIMUM_WAIT_OBJECTS
#define MAXIMUM_WAIT_OBJECTS 64
#endif
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#define DUPLICATE_CLOSE_SOURCE 0x00000001u
#define DUPLICATE_SAME_ACCESS 0x00000002u
#define PROCESS_DUP_HANDLE 0x00000040u

typedef PHANDLE LPHANDLE;
typedef LONG_PTR* LPLONG_PTR;

typedef struct _SECURITY_ATTRIBUTES {
  DWORD nLength;
  LPVOID lpSecurityDescriptor;
  BOOL bInheritHandle;
} SECURITY_ATTRIBUTES, *PSECURITY_ATTRIBUTES, *LPSECURITY_ATTRIBUTES;

// 32 bytes. Internal is the NTSTATUS, InternalHigh the number of bytes. The low bit of hEvent keeps the completion from
// the completion port. It belongs to the system from the call to the completion.
typedef struct _OVERLAPPED {
  ULONG_PTR Internal;
  ULONG_PTR InternalHigh;
  __extension__ union {
    __extension__ struct {
      DWORD Offset;
      DWORD OffsetHigh;
    };
    PVOID Pointer;
  };
  HANDLE hEvent;
} OVERLAPPED, *LPOVERLAPPED;

typedef struct _OVERLAPPED_ENTRY {
  ULONG_PTR lpCompletionKey;
  LPOVERLAPPED lpOverlapped;
  ULONG_PTR Internal;
  DWORD dwNumberOfBytesTransferred;
} OVERLAPPED_ENTRY, *LPOVERLAPPED_ENTRY;

typedef DWORD (*LPTHREAD_START_ROUTINE)(LPVOID Parameter);

#define HasOverlappedIoCompleted(overlapped) ((DWORD)(overlapped)->Internal != (DWORD)STATUS_PENDING)

WDK_BEGIN

DWORD GetLastError(VOID);
VOID SetLastError(DWORD ErrorCode);

BOOL CloseHandle(HANDLE Object);
HANDLE OpenProcess(DWORD DesiredAccess, BOOL InheritHandle, DWORD ProcessId);
BOOL DuplicateHandle(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, LPHANDLE Target, DWORD DesiredAccess,
                     BOOL InheritHandle, DWORD Options);

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES EventAttributes, BOOL ManualReset, BOOL InitialState, LPCWSTR Name);
BOOL SetEvent(HANDLE Event);
BOOL ResetEvent(HANDLE Event);

// Blocks. WAIT_FAILED on failure.
DWORD WaitForSingleObject(HANDLE Handle, DWORD Milliseconds);
DWORD WaitForMultipleObjects(DWORD Count, const HANDLE* Handles, BOOL WaitAll, DWORD Milliseconds);

// With FileHandle INVALID_HANDLE_VALUE it makes a port; else it ties the handle to the port and returns that.
HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey,
                              DWORD NumberOfConcurrentThreads);
// Blocks. FALSE with *Overlapped set: a completion of a failed operation was taken; FALSE with null: none was.
BOOL GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD NumberOfBytesTransferred, ULONG_PTR* CompletionKey,
                               LPOVERLAPPED* Overlapped, DWORD Milliseconds);
BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD NumberOfBytesTransferred, ULONG_PTR CompletionKey,
                                LPOVERLAPPED Overlapped);

// Blocks when Wait is TRUE.
BOOL GetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD NumberOfBytesTransferred, BOOL Wait);
BOOL CancelIo(HANDLE File);
// Overlapped null: every outstanding operation on the handle, whichever thread began it.
BOOL CancelIoEx(HANDLE File, LPOVERLAPPED Overlapped);
// What `Thread` is blocked in.
BOOL CancelSynchronousIo(HANDLE Thread);

HANDLE CreateThread(LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T StackSize, LPTHREAD_START_ROUTINE StartAddress,
                    LPVOID Parameter, DWORD CreationFlags, LPDWORD ThreadId);
HANDLE GetCurrentProcess(VOID);
HANDLE GetCurrentThread(VOID);
DWORD GetCurrentProcessId(VOID);
DWORD GetCurrentThreadId(VOID);
VOID Sleep(DWORD Milliseconds);
ULONGLONG GetTickCount64(VOID);

WDK_END

#ifdef UNICODE
#define CreateEvent CreateEventW
#endif

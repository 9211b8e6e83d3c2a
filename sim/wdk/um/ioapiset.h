// Completion ports, overlapped requests and their cancellation.
#pragma once

#include "minwindef.h"

#define HasOverlappedIoCompleted(overlapped) ((DWORD)(overlapped)->Internal != (DWORD)STATUS_PENDING)
#define FILE_SKIP_COMPLETION_PORT_ON_SUCCESS 0x1
#define FILE_SKIP_SET_EVENT_ON_HANDLE 0x2

WDK_BEGIN

// With FileHandle INVALID_HANDLE_VALUE it makes a port; else it ties the handle of a communication port to the port and
// returns that. Files and devices are not tied: null and ERROR_INVALID_HANDLE.
HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey,
                              DWORD NumberOfConcurrentThreads);
// Blocks. FALSE with *Overlapped set: a completion of a failed operation was taken; FALSE with null: none was.
BOOL GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD NumberOfBytesTransferred, ULONG_PTR* CompletionKey,
                               LPOVERLAPPED* Overlapped, DWORD Milliseconds);
BOOL GetQueuedCompletionStatusEx(HANDLE CompletionPort, LPOVERLAPPED_ENTRY Entries, ULONG Count, PULONG Removed,
                                 DWORD Milliseconds, BOOL Alertable);
BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD NumberOfBytesTransferred, ULONG_PTR CompletionKey,
                                LPOVERLAPPED Overlapped);

// Blocks when Wait is TRUE.
BOOL GetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD NumberOfBytesTransferred, BOOL Wait);
BOOL GetOverlappedResultEx(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD NumberOfBytesTransferred, DWORD Milliseconds,
                           BOOL Alertable);
BOOL CancelIo(HANDLE File);
// Overlapped null: every outstanding operation on the handle, whichever thread began it.
BOOL CancelIoEx(HANDLE File, LPOVERLAPPED Overlapped);
// What `Thread` is blocked in.
BOOL CancelSynchronousIo(HANDLE Thread);

BOOL DeviceIoControl(HANDLE Device, DWORD IoControlCode, LPVOID InBuffer, DWORD InBufferSize, LPVOID OutBuffer,
                     DWORD OutBufferSize, LPDWORD BytesReturned, LPOVERLAPPED Overlapped);

WDK_END

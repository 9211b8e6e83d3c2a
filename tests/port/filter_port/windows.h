// The few Windows declarations that FilterPort names, with Windows' widths, for its unit test.
#pragma once

#include <cstdint>

using BOOL = int32_t;
using DWORD = uint32_t;
using WORD = uint16_t;
using HRESULT = int32_t;
using HANDLE = void*;
using LPVOID = void*;
using LPCVOID = const void*;
using WCHAR = char16_t;
using LPCWSTR = const char16_t*;
using ULONG_PTR = uintptr_t;

#define INVALID_HANDLE_VALUE (reinterpret_cast<HANDLE>(static_cast<intptr_t>(-1)))
#define INFINITE 0xFFFFFFFFu
#define WAIT_TIMEOUT 258u

struct OVERLAPPED {
  ULONG_PTR Internal;
  ULONG_PTR InternalHigh;
  DWORD Offset;
  DWORD OffsetHigh;
  HANDLE hEvent;
};
using LPOVERLAPPED = OVERLAPPED*;
struct SECURITY_ATTRIBUTES;

HANDLE CreateIoCompletionPort(HANDLE file, HANDLE port, ULONG_PTR key, DWORD threads);
BOOL GetQueuedCompletionStatus(HANDLE port, DWORD* size, ULONG_PTR* key, LPOVERLAPPED* overlapped,
                               DWORD milliseconds);
BOOL PostQueuedCompletionStatus(HANDLE port, DWORD size, ULONG_PTR key, LPOVERLAPPED overlapped);
BOOL CancelIoEx(HANDLE file, LPOVERLAPPED overlapped);
BOOL CloseHandle(HANDLE handle);
DWORD GetLastError();
DWORD GetCurrentProcessId();

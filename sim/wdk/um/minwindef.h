// The types of Win32 beside those that kernel and user mode share.
#pragma once

#include "../km/interlocked.h"
#include "../km/seh.h"
#include "../shared/security.h"
#include "../shared/status.h"
#include "winerror.h"

#ifndef _cdecl
#define _cdecl
#define _stdcall
#define WINAPIV
#define PASCAL
#define FAR
#define NEAR
#define WINBASEAPI
#define WINADVAPI
#define WINUSERAPI
#define STDAPICALLTYPE
#define STDMETHODCALLTYPE
#define __CRTDECL
#endif

typedef unsigned short ATOM;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM, LRESULT;
typedef PHANDLE LPHANDLE;
typedef LONG_PTR* LPLONG_PTR;
typedef ACCESS_MASK REGSAM;
typedef DWORD LCID;
typedef WORD LANGID;
typedef DWORD LCTYPE;
typedef HANDLE HLOCAL, HGLOBAL, HWND, HICON, HMENU, HDC;
DECLARE_HANDLE(HINSTANCE);
typedef HINSTANCE HMODULE;
DECLARE_HANDLE(HKEY);
typedef HKEY* PHKEY;
typedef LONG_PTR (*FARPROC)(void);
typedef LONG_PTR (*NEARPROC)(void);
typedef LONG_PTR (*PROC)(void);

#define UNREFERENCED_LOCAL_VARIABLE(variable) ((void)(variable))
#define DECLSPEC_SELECTANY __attribute__((weak))

#ifdef FLTSIM_CLIENT_UNIT
#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR, TBYTE;
typedef LPWSTR LPTSTR, PTSTR;
typedef LPCWSTR LPCTSTR, PCTSTR;
#else
typedef char TCHAR, *PTCHAR;
typedef unsigned char TBYTE;
typedef LPSTR LPTSTR, PTSTR;
typedef LPCSTR LPCTSTR, PCTSTR;
#undef TEXT
#define TEXT(text) text
#endif
#ifdef UNICODE
#undef TEXT
#define FLTSIM_WIDE(text) L##text
#define TEXT(text) FLTSIM_WIDE(text)
#endif
#define __TEXT(text) TEXT(text)

// What __declspec(...) says, as far as it means something here.
#undef __declspec
#define __declspec(what) FLTSIM_DECLSPEC_##what
#ifdef __cplusplus
#define FLTSIM_DECLSPEC_thread thread_local
#else
#define FLTSIM_DECLSPEC_thread _Thread_local
#endif
#define FLTSIM_DECLSPEC_align(size) __attribute__((aligned(size)))
#define FLTSIM_DECLSPEC_noinline __attribute__((noinline))
#define FLTSIM_DECLSPEC_noreturn __attribute__((noreturn))
#define FLTSIM_DECLSPEC_selectany __attribute__((weak))
#define FLTSIM_DECLSPEC_deprecated
#define FLTSIM_DECLSPEC_dllexport
#define FLTSIM_DECLSPEC_dllimport
#define FLTSIM_DECLSPEC_nothrow
#define FLTSIM_DECLSPEC_novtable
#define FLTSIM_DECLSPEC_restrict
#define FLTSIM_DECLSPEC_allocate(section)
#define FLTSIM_DECLSPEC_uuid(text)
#endif

#ifdef FLTSIM_DRIVER_UNIT
// In user mode these are functions of the C runtime.
#include <string.h>
#endif
#ifndef RtlCopyMemory
#define RtlCopyMemory(target, source, length) memcpy((target), (source), (length))
#define RtlMoveMemory(target, source, length) memmove((target), (source), (length))
#define RtlFillMemory(target, length, byte) memset((target), (byte), (length))
#define RtlZeroMemory(target, length) memset((target), 0, (length))
#define RtlEqualMemory(left, right, length) (memcmp((left), (right), (length)) == 0)
#define ZeroMemory RtlZeroMemory
#define CopyMemory RtlCopyMemory
#endif
#ifndef MoveMemory
#define MoveMemory(target, source, length) memmove((target), (source), (length))
#define FillMemory(target, length, byte) memset((target), (byte), (length))
#define SecureZeroMemory(target, length) memset((target), 0, (length))
#endif

typedef struct _FILETIME {
  DWORD dwLowDateTime;
  DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SYSTEMTIME {
  WORD wYear;
  WORD wMonth;
  WORD wDayOfWeek;
  WORD wDay;
  WORD wHour;
  WORD wMinute;
  WORD wSecond;
  WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

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

#define INFINITE 0xFFFFFFFFu
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)

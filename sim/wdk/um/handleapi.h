// Handles, and the last error of a thread.
#pragma once

#include "minwindef.h"

#define DUPLICATE_CLOSE_SOURCE 0x00000001u
#define DUPLICATE_SAME_ACCESS 0x00000002u
#define HANDLE_FLAG_INHERIT 0x00000001u
#define HANDLE_FLAG_PROTECT_FROM_CLOSE 0x00000002u

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100u
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200u
#define FORMAT_MESSAGE_FROM_STRING 0x00000400u
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800u
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000u
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000u
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000FFu
#define LANG_NEUTRAL 0x00
#define LANG_ENGLISH 0x09

WDK_BEGIN

DWORD GetLastError(VOID);
VOID SetLastError(DWORD ErrorCode);

BOOL CloseHandle(HANDLE Object);
BOOL DuplicateHandle(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, LPHANDLE Target, DWORD DesiredAccess,
                     BOOL InheritHandle, DWORD Options);
BOOL GetHandleInformation(HANDLE Object, LPDWORD Flags);
BOOL SetHandleInformation(HANDLE Object, DWORD Mask, DWORD Flags);

// The text of a Win32 code, or of an HRESULT of the filter manager; FORMAT_MESSAGE_FROM_SYSTEM and _FROM_HMODULE.
DWORD FormatMessageW(DWORD Flags, LPCVOID Source, DWORD MessageId, DWORD LanguageId, LPWSTR Buffer, DWORD Size,
                     va_list* Arguments);
DWORD FormatMessageA(DWORD Flags, LPCVOID Source, DWORD MessageId, DWORD LanguageId, LPSTR Buffer, DWORD Size,
                     va_list* Arguments);

// The program's exception, as a fault is: RaiseException ends the process unless a __try takes it.
VOID RaiseException(DWORD ExceptionCode, DWORD ExceptionFlags, DWORD NumberOfArguments, const ULONG_PTR* Arguments);
#define SEM_FAILCRITICALERRORS 0x0001u
#define SEM_NOGPFAULTERRORBOX 0x0002u
#define SEM_NOALIGNMENTFAULTEXCEPT 0x0004u
#define SEM_NOOPENFILEERRORBOX 0x8000u
// The mode before. There are no dialogues that it could turn off.
UINT SetErrorMode(UINT Mode);

WDK_END

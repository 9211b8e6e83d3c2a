// ntstrsafe.h: bounded string routines. Sizes count bytes (Cb) or characters (Cch), with the terminating
// null; the text always ends in a null. STATUS_BUFFER_OVERFLOW: it was cut; STATUS_INVALID_PARAMETER: the
// size is 0 or too large, or the text has no null within it. The functions are in the driver's own runtime
// (sim/loader/runtime).
#pragma once

#include "ntdef.h"
#include "shared/status.h"

#define NTSTRSAFE_MAX_CCH 2147483647
#define NTSTRSAFE_MAX_LENGTH (NTSTRSAFE_MAX_CCH - 1)
#define NTSTRSAFE_UNICODE_STRING_MAX_CCH (0xffff / sizeof(WCHAR))

// For the Ex forms. The low byte is the fill pattern.
#define STRSAFE_IGNORE_NULLS 0x00000100u
#define STRSAFE_FILL_BEHIND_NULL 0x00000200u
#define STRSAFE_FILL_ON_FAILURE 0x00000400u
#define STRSAFE_NULL_ON_FAILURE 0x00000800u
#define STRSAFE_NO_TRUNCATION 0x00001000u
#define STRSAFE_VALID_FLAGS 0x00001fffu
#define STRSAFE_FILL_BYTE(byte) ((ULONG)((byte)&0xff) | STRSAFE_FILL_BEHIND_NULL)
#define STRSAFE_FAILURE_BYTE(byte) ((ULONG)((byte)&0xff) | STRSAFE_FILL_ON_FAILURE)

WDK_BEGIN

NTSTATUS RtlStringCbLengthA(const CHAR* text, size_t max, size_t* length);
NTSTATUS RtlStringCbCopyA(CHAR* to, size_t size, const CHAR* from);
NTSTATUS RtlStringCbCopyExA(CHAR* to, size_t size, const CHAR* from, CHAR** end, size_t* remaining,
                            ULONG flags);
NTSTATUS RtlStringCbCopyNA(CHAR* to, size_t size, const CHAR* from, size_t count);
NTSTATUS RtlStringCbCopyNExA(CHAR* to, size_t size, const CHAR* from, size_t count, CHAR** end,
                             size_t* remaining, ULONG flags);
NTSTATUS RtlStringCbCatA(CHAR* to, size_t size, const CHAR* from);
NTSTATUS RtlStringCbCatExA(CHAR* to, size_t size, const CHAR* from, CHAR** end, size_t* remaining,
                           ULONG flags);
NTSTATUS RtlStringCbCatNA(CHAR* to, size_t size, const CHAR* from, size_t count);
NTSTATUS RtlStringCbCatNExA(CHAR* to, size_t size, const CHAR* from, size_t count, CHAR** end,
                            size_t* remaining, ULONG flags);
NTSTATUS RtlStringCbPrintfA(CHAR* to, size_t size, const CHAR* format, ...);
NTSTATUS RtlStringCbPrintfExA(CHAR* to, size_t size, CHAR** end, size_t* remaining, ULONG flags,
                              const CHAR* format, ...);
NTSTATUS RtlStringCbVPrintfA(CHAR* to, size_t size, const CHAR* format, va_list arguments);
NTSTATUS RtlStringCbVPrintfExA(CHAR* to, size_t size, CHAR** end, size_t* remaining, ULONG flags,
                               const CHAR* format, va_list arguments);

NTSTATUS RtlStringCbLengthW(const WCHAR* text, size_t max, size_t* length);
NTSTATUS RtlStringCbCopyW(WCHAR* to, size_t size, const WCHAR* from);
NTSTATUS RtlStringCbCopyExW(WCHAR* to, size_t size, const WCHAR* from, WCHAR** end, size_t* remaining,
                            ULONG flags);
NTSTATUS RtlStringCbCopyNW(WCHAR* to, size_t size, const WCHAR* from, size_t count);
NTSTATUS RtlStringCbCopyNExW(WCHAR* to, size_t size, const WCHAR* from, size_t count, WCHAR** end,
                             size_t* remaining, ULONG flags);
NTSTATUS RtlStringCbCatW(WCHAR* to, size_t size, const WCHAR* from);
NTSTATUS RtlStringCbCatExW(WCHAR* to, size_t size, const WCHAR* from, WCHAR** end, size_t* remaining,
                           ULONG flags);
NTSTATUS RtlStringCbCatNW(WCHAR* to, size_t size, const WCHAR* from, size_t count);
NTSTATUS RtlStringCbCatNExW(WCHAR* to, size_t size, const WCHAR* from, size_t count, WCHAR** end,
                            size_t* remaining, ULONG flags);
NTSTATUS RtlStringCbPrintfW(WCHAR* to, size_t size, const WCHAR* format, ...);
NTSTATUS RtlStringCbPrintfExW(WCHAR* to, size_t size, WCHAR** end, size_t* remaining, ULONG flags,
                              const WCHAR* format, ...);
NTSTATUS RtlStringCbVPrintfW(WCHAR* to, size_t size, const WCHAR* format, va_list arguments);
NTSTATUS RtlStringCbVPrintfExW(WCHAR* to, size_t size, WCHAR** end, size_t* remaining, ULONG flags,
                               const WCHAR* format, va_list arguments);

NTSTATUS RtlStringCchLengthA(const CHAR* text, size_t max, size_t* length);
NTSTATUS RtlStringCchCopyA(CHAR* to, size_t size, const CHAR* from);
NTSTATUS RtlStringCchCopyExA(CHAR* to, size_t size, const CHAR* from, CHAR** end, size_t* remaining,
                             ULONG flags);
NTSTATUS RtlStringCchCopyNA(CHAR* to, size_t size, const CHAR* from, size_t count);
NTSTATUS RtlStringCchCopyNExA(CHAR* to, size_t size, const CHAR* from, size_t count, CHAR** end,
                              size_t* remaining, ULONG flags);
NTSTATUS RtlStringCchCatA(CHAR* to, size_t size, const CHAR* from);
NTSTATUS RtlStringCchCatExA(CHAR* to, size_t size, const CHAR* from, CHAR** end, size_t* remaining,
                            ULONG flags);
NTSTATUS RtlStringCchCatNA(CHAR* to, size_t size, const CHAR* from, size_t count);
NTSTATUS RtlStringCchCatNExA(CHAR* to, size_t size, const CHAR* from, size_t count, CHAR** end,
                             size_t* remaining, ULONG flags);
NTSTATUS RtlStringCchPrintfA(CHAR* to, size_t size, const CHAR* format, ...);
NTSTATUS RtlStringCchPrintfExA(CHAR* to, size_t size, CHAR** end, size_t* remaining, ULONG flags,
                               const CHAR* format, ...);
NTSTATUS RtlStringCchVPrintfA(CHAR* to, size_t size, const CHAR* format, va_list arguments);
NTSTATUS RtlStringCchVPrintfExA(CHAR* to, size_t size, CHAR** end, size_t* remaining, ULONG flags,
                                const CHAR* format, va_list arguments);

NTSTATUS RtlStringCchLengthW(const WCHAR* text, size_t max, size_t* length);
NTSTATUS RtlStringCchCopyW(WCHAR* to, size_t size, const WCHAR* from);
NTSTATUS RtlStringCchCopyExW(WCHAR* to, size_t size, const WCHAR* from, WCHAR** end, size_t* remaining,
                             ULONG flags);
NTSTATUS RtlStringCchCopyNW(WCHAR* to, size_t size, const WCHAR* from, size_t count);
NTSTATUS RtlStringCchCopyNExW(WCHAR* to, size_t size, const WCHAR* from, size_t count, WCHAR** end,
                              size_t* remaining, ULONG flags);
NTSTATUS RtlStringCchCatW(WCHAR* to, size_t size, const WCHAR* from);
NTSTATUS RtlStringCchCatExW(WCHAR* to, size_t size, const WCHAR* from, WCHAR** end, size_t* remaining,
                            ULONG flags);
NTSTATUS RtlStringCchCatNW(WCHAR* to, size_t size, const WCHAR* from, size_t count);
NTSTATUS RtlStringCchCatNExW(WCHAR* to, size_t size, const WCHAR* from, size_t count, WCHAR** end,
                             size_t* remaining, ULONG flags);
NTSTATUS RtlStringCchPrintfW(WCHAR* to, size_t size, const WCHAR* format, ...);
NTSTATUS RtlStringCchPrintfExW(WCHAR* to, size_t size, WCHAR** end, size_t* remaining, ULONG flags,
                               const WCHAR* format, ...);
NTSTATUS RtlStringCchVPrintfW(WCHAR* to, size_t size, const WCHAR* format, va_list arguments);
NTSTATUS RtlStringCchVPrintfExW(WCHAR* to, size_t size, WCHAR** end, size_t* remaining, ULONG flags,
                                const WCHAR* format, va_list arguments);

NTSTATUS RtlStringCbCopyUnicodeString(WCHAR* to, size_t size, PCUNICODE_STRING from);
NTSTATUS RtlStringCbCopyUnicodeStringEx(WCHAR* to, size_t size, PCUNICODE_STRING from, WCHAR** end,
                                        size_t* remaining, ULONG flags);
NTSTATUS RtlStringCchCopyUnicodeString(WCHAR* to, size_t size, PCUNICODE_STRING from);
NTSTATUS RtlStringCchCopyUnicodeStringEx(WCHAR* to, size_t size, PCUNICODE_STRING from, WCHAR** end,
                                         size_t* remaining, ULONG flags);
#define RtlUnalignedStringCchLengthW RtlStringCchLengthW
#define RtlUnalignedStringCbLengthW RtlStringCbLengthW

// Counted strings need no null; Length and MaximumLength are checked (STATUS_INVALID_PARAMETER). The Ex forms tell of the
// room that is left, as a string of its own, and take the flags above.
#define STRSAFE_FILL_BEHIND STRSAFE_FILL_BEHIND_NULL
#define STRSAFE_ZERO_LENGTH_ON_FAILURE STRSAFE_NULL_ON_FAILURE
#define STRSAFE_IGNORE_NULL_UNICODE_STRINGS 0x00010000u
#define STRSAFE_UNICODE_STRING_DEST_NULL_TERMINATED 0x00020000u
#define STRSAFE_VALID_UNICODE_STRING_FLAGS (STRSAFE_VALID_FLAGS | 0x00030000u)
NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING string);
NTSTATUS RtlUnicodeStringValidateEx(PCUNICODE_STRING string, ULONG flags);
NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING to, PCWSTR from);
NTSTATUS RtlUnicodeStringInitEx(PUNICODE_STRING to, PCWSTR from, ULONG flags);
NTSTATUS RtlUnicodeStringCopy(PUNICODE_STRING to, PCUNICODE_STRING from);
NTSTATUS RtlUnicodeStringCopyEx(PUNICODE_STRING to, PCUNICODE_STRING from, PUNICODE_STRING remaining, ULONG flags);
NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING to, PCWSTR from);
NTSTATUS RtlUnicodeStringCopyStringEx(PUNICODE_STRING to, PCWSTR from, PUNICODE_STRING remaining, ULONG flags);
NTSTATUS RtlUnicodeStringCbCopyN(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count);
NTSTATUS RtlUnicodeStringCbCopyNEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count, PUNICODE_STRING remaining,
                                   ULONG flags);
NTSTATUS RtlUnicodeStringCbCopyStringN(PUNICODE_STRING to, PCWSTR from, size_t count);
NTSTATUS RtlUnicodeStringCbCopyStringNEx(PUNICODE_STRING to, PCWSTR from, size_t count, PUNICODE_STRING remaining,
                                         ULONG flags);
NTSTATUS RtlUnicodeStringCchCopyN(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count);
NTSTATUS RtlUnicodeStringCchCopyNEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count, PUNICODE_STRING remaining,
                                   ULONG flags);
NTSTATUS RtlUnicodeStringCchCopyStringN(PUNICODE_STRING to, PCWSTR from, size_t count);
NTSTATUS RtlUnicodeStringCchCopyStringNEx(PUNICODE_STRING to, PCWSTR from, size_t count, PUNICODE_STRING remaining,
                                         ULONG flags);
NTSTATUS RtlUnicodeStringCat(PUNICODE_STRING to, PCUNICODE_STRING from);
NTSTATUS RtlUnicodeStringCatEx(PUNICODE_STRING to, PCUNICODE_STRING from, PUNICODE_STRING remaining, ULONG flags);
NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING to, PCWSTR from);
NTSTATUS RtlUnicodeStringCatStringEx(PUNICODE_STRING to, PCWSTR from, PUNICODE_STRING remaining, ULONG flags);
NTSTATUS RtlUnicodeStringCbCatN(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count);
NTSTATUS RtlUnicodeStringCbCatNEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count, PUNICODE_STRING remaining,
                                   ULONG flags);
NTSTATUS RtlUnicodeStringCbCatStringN(PUNICODE_STRING to, PCWSTR from, size_t count);
NTSTATUS RtlUnicodeStringCbCatStringNEx(PUNICODE_STRING to, PCWSTR from, size_t count, PUNICODE_STRING remaining,
                                         ULONG flags);
NTSTATUS RtlUnicodeStringCchCatN(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count);
NTSTATUS RtlUnicodeStringCchCatNEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count, PUNICODE_STRING remaining,
                                   ULONG flags);
NTSTATUS RtlUnicodeStringCchCatStringN(PUNICODE_STRING to, PCWSTR from, size_t count);
NTSTATUS RtlUnicodeStringCchCatStringNEx(PUNICODE_STRING to, PCWSTR from, size_t count, PUNICODE_STRING remaining,
                                         ULONG flags);
NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING to, PCWSTR format, ...);
NTSTATUS RtlUnicodeStringPrintfEx(PUNICODE_STRING to, PUNICODE_STRING remaining, ULONG flags, PCWSTR format, ...);
NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING to, PCWSTR format, va_list arguments);
NTSTATUS RtlUnicodeStringVPrintfEx(PUNICODE_STRING to, PUNICODE_STRING remaining, ULONG flags, PCWSTR format,
                                   va_list arguments);

WDK_END

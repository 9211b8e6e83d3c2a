// ntstrsafe's counted strings.
#include <ntdef.h>
#include <ntstrsafe.h>
#include <string.h>

#include "crt_format.h"

#define ALL ((size_t)-1)

// What an Ex form does at its end. The room that is left is told even when the text did not fit.
static NTSTATUS finish(PUNICODE_STRING to, NTSTATUS status, PUNICODE_STRING remaining, ULONG flags) {
  if (!NT_SUCCESS(status)) {
    if ((flags & STRSAFE_FILL_ON_FAILURE) != 0) memset(to->Buffer, (int)(flags & 0xff), to->MaximumLength);
    if ((flags & (STRSAFE_FILL_ON_FAILURE | STRSAFE_ZERO_LENGTH_ON_FAILURE)) != 0) to->Length = 0;
  } else if ((flags & STRSAFE_FILL_BEHIND) != 0) {
    memset((PUCHAR)to->Buffer + to->Length, (int)(flags & 0xff), to->MaximumLength - to->Length);
  }
  if (remaining != NULL) {
    remaining->Length = 0;
    remaining->MaximumLength = (USHORT)(to->MaximumLength - to->Length);
    remaining->Buffer = to->Buffer == NULL ? NULL : to->Buffer + to->Length / sizeof(WCHAR);
  }
  return status;
}

static BOOLEAN are_valid(PCUNICODE_STRING to, ULONG flags) {
  return to != NULL && (flags & ~STRSAFE_VALID_UNICODE_STRING_FLAGS) == 0 &&
         NT_SUCCESS(RtlUnicodeStringValidate(to));
}

// Puts `characters` behind the first `at` bytes. What does not fit is cut, or nothing is put.
static NTSTATUS put(PUNICODE_STRING to, size_t at, const WCHAR* from, size_t characters,
                    PUNICODE_STRING remaining, ULONG flags) {
  const size_t room = (to->MaximumLength - at) / sizeof(WCHAR);
  size_t fitting = characters < room ? characters : room;
  if (fitting != characters && (flags & STRSAFE_NO_TRUNCATION) != 0) fitting = 0;
  if (fitting != 0) memmove((PUCHAR)to->Buffer + at, from, fitting * sizeof(WCHAR));
  to->Length = (USHORT)(at + fitting * sizeof(WCHAR));
  return finish(to, fitting == characters ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW, remaining, flags);
}

static NTSTATUS put_counted(PUNICODE_STRING to, BOOLEAN behind, PCUNICODE_STRING from, size_t max,
                            PUNICODE_STRING remaining, ULONG flags) {
  if (!are_valid(to, flags) || !NT_SUCCESS(RtlUnicodeStringValidate(from))) return STATUS_INVALID_PARAMETER;
  const size_t characters = from == NULL ? 0 : from->Length / sizeof(WCHAR);
  return put(to, behind ? to->Length : 0, from == NULL ? NULL : from->Buffer,
             characters < max ? characters : max, remaining, flags);
}

static NTSTATUS put_text(PUNICODE_STRING to, BOOLEAN behind, PCWSTR from, size_t max,
                         PUNICODE_STRING remaining, ULONG flags) {
  size_t length = 0;
  if (!are_valid(to, flags)) return STATUS_INVALID_PARAMETER;
  if (from == NULL) {
    if ((flags & STRSAFE_IGNORE_NULLS) == 0) return STATUS_INVALID_PARAMETER;
  } else {
    while (length < max && length < NTSTRSAFE_UNICODE_STRING_MAX_CCH && from[length] != 0) ++length;
    if (length == NTSTRSAFE_UNICODE_STRING_MAX_CCH && max > length) return STATUS_INVALID_PARAMETER;
  }
  return put(to, behind ? to->Length : 0, from, length, remaining, flags);
}

#define DEFINE_VERB(verb, behind)                                                                           \
  NTSTATUS RtlUnicodeString##verb(PUNICODE_STRING to, PCUNICODE_STRING from) {                              \
    return put_counted(to, behind, from, ALL, NULL, 0);                                                     \
  }                                                                                                         \
  NTSTATUS RtlUnicodeString##verb##Ex(PUNICODE_STRING to, PCUNICODE_STRING from, PUNICODE_STRING remaining, \
                                      ULONG flags) {                                                        \
    return put_counted(to, behind, from, ALL, remaining, flags);                                            \
  }                                                                                                         \
  NTSTATUS RtlUnicodeString##verb##String(PUNICODE_STRING to, PCWSTR from) {                                \
    return put_text(to, behind, from, ALL, NULL, 0);                                                        \
  }                                                                                                         \
  NTSTATUS RtlUnicodeString##verb##StringEx(PUNICODE_STRING to, PCWSTR from, PUNICODE_STRING remaining,     \
                                            ULONG flags) {                                                  \
    return put_text(to, behind, from, ALL, remaining, flags);                                               \
  }                                                                                                         \
  DEFINE_COUNTED(Cb, verb, behind, sizeof(WCHAR))                                                           \
  DEFINE_COUNTED(Cch, verb, behind, 1)
#define DEFINE_COUNTED(prefix, verb, behind, scale)                                                     \
  NTSTATUS RtlUnicodeString##prefix##verb##N(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count) { \
    return put_counted(to, behind, from, count / (scale), NULL, 0);                                     \
  }                                                                                                     \
  NTSTATUS RtlUnicodeString##prefix##verb##NEx(PUNICODE_STRING to, PCUNICODE_STRING from, size_t count, \
                                               PUNICODE_STRING remaining, ULONG flags) {                \
    return put_counted(to, behind, from, count / (scale), remaining, flags);                            \
  }                                                                                                     \
  NTSTATUS RtlUnicodeString##prefix##verb##StringN(PUNICODE_STRING to, PCWSTR from, size_t count) {     \
    return put_text(to, behind, from, count / (scale), NULL, 0);                                        \
  }                                                                                                     \
  NTSTATUS RtlUnicodeString##prefix##verb##StringNEx(PUNICODE_STRING to, PCWSTR from, size_t count,     \
                                                     PUNICODE_STRING remaining, ULONG flags) {          \
    return put_text(to, behind, from, count / (scale), remaining, flags);                               \
  }
DEFINE_VERB(Copy, FALSE)
DEFINE_VERB(Cat, TRUE)

NTSTATUS RtlUnicodeStringVPrintfEx(PUNICODE_STRING to, PUNICODE_STRING remaining, ULONG flags, PCWSTR format,
                                   va_list arguments) {
  if (!are_valid(to, flags)) return STATUS_INVALID_PARAMETER;
  if (format == NULL) {
    if ((flags & STRSAFE_IGNORE_NULLS) == 0) return STATUS_INVALID_PARAMETER;
    format = L"";
  }
  const size_t room = to->MaximumLength / sizeof(WCHAR);
  const size_t length = fltsim_format_wide(to->Buffer, room, format, arguments);
  const BOOLEAN fits = length <= room;
  to->Length = (USHORT)((fits ? length : room) * sizeof(WCHAR));
  if (!fits && (flags & STRSAFE_NO_TRUNCATION) != 0) to->Length = 0;
  return finish(to, fits ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW, remaining, flags);
}

NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING to, PCWSTR format, va_list arguments) {
  return RtlUnicodeStringVPrintfEx(to, NULL, 0, format, arguments);
}

NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING to, PCWSTR format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const NTSTATUS status = RtlUnicodeStringVPrintfEx(to, NULL, 0, format, arguments);
  va_end(arguments);
  return status;
}

NTSTATUS RtlUnicodeStringPrintfEx(PUNICODE_STRING to, PUNICODE_STRING remaining, ULONG flags, PCWSTR format,
                                  ...) {
  va_list arguments;
  va_start(arguments, format);
  const NTSTATUS status = RtlUnicodeStringVPrintfEx(to, remaining, flags, format, arguments);
  va_end(arguments);
  return status;
}

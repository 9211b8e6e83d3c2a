// ntstrsafe, 16-bit text and counted strings.
#include <ntdef.h>
#include <ntstrsafe.h>
#include <string.h>

#include "crt_format.h"

#define UNIT WCHAR
#define FORMAT fltsim_format_wide
#define NAME(prefix, name) RtlString##prefix##name##W
#include "strsafe.h"

NTSTATUS RtlUnicodeStringValidate(PCUNICODE_STRING string) {
  if (string == NULL) return STATUS_SUCCESS;
  const BOOLEAN is_valid =
      string->Length % sizeof(WCHAR) == 0 && string->MaximumLength % sizeof(WCHAR) == 0 &&
      string->Length <= string->MaximumLength && (string->Buffer != NULL || string->MaximumLength == 0);
  return is_valid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS RtlUnicodeStringInit(PUNICODE_STRING to, PCWSTR from) {
  size_t length = 0;
  to->Length = 0;
  to->MaximumLength = 0;
  to->Buffer = NULL;
  if (from == NULL) return STATUS_SUCCESS;
  const NTSTATUS status = RtlStringCchLengthW(from, NTSTRSAFE_UNICODE_STRING_MAX_CCH, &length);
  if (!NT_SUCCESS(status)) return status;
  to->Length = (USHORT)(length * sizeof(WCHAR));
  to->MaximumLength = (USHORT)(to->Length + sizeof(WCHAR));
  to->Buffer = (PWCH)from;
  return STATUS_SUCCESS;
}

// Puts `characters` behind the first `at` bytes; what does not fit is cut.
static NTSTATUS put(PUNICODE_STRING to, size_t at, const WCHAR* from, size_t characters) {
  const size_t room = (to->MaximumLength - at) / sizeof(WCHAR);
  const size_t fitting = characters < room ? characters : room;
  memmove((PUCHAR)to->Buffer + at, from, fitting * sizeof(WCHAR));
  to->Length = (USHORT)(at + fitting * sizeof(WCHAR));
  return fitting == characters ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

static NTSTATUS put_counted(PUNICODE_STRING to, size_t at, PCUNICODE_STRING from, size_t max) {
  if (to == NULL || !NT_SUCCESS(RtlUnicodeStringValidate(to)) ||
      !NT_SUCCESS(RtlUnicodeStringValidate(from))) {
    return STATUS_INVALID_PARAMETER;
  }
  const size_t characters = from == NULL ? 0 : from->Length / sizeof(WCHAR);
  return put(to, at, from == NULL ? NULL : from->Buffer, characters < max ? characters : max);
}

static NTSTATUS put_text(PUNICODE_STRING to, size_t at, PCWSTR from) {
  size_t length = 0;
  if (to == NULL || !NT_SUCCESS(RtlUnicodeStringValidate(to))) return STATUS_INVALID_PARAMETER;
  const NTSTATUS status = RtlStringCchLengthW(from, NTSTRSAFE_UNICODE_STRING_MAX_CCH, &length);
  return NT_SUCCESS(status) ? put(to, at, from, length) : status;
}

NTSTATUS RtlUnicodeStringCopy(PUNICODE_STRING to, PCUNICODE_STRING from) {
  return put_counted(to, 0, from, ALL);
}
NTSTATUS RtlUnicodeStringCopyString(PUNICODE_STRING to, PCWSTR from) { return put_text(to, 0, from); }
NTSTATUS RtlUnicodeStringCchCopyN(PUNICODE_STRING to, PCUNICODE_STRING from, size_t characters) {
  return put_counted(to, 0, from, characters);
}
NTSTATUS RtlUnicodeStringCbCopyN(PUNICODE_STRING to, PCUNICODE_STRING from, size_t bytes) {
  return put_counted(to, 0, from, bytes / sizeof(WCHAR));
}
NTSTATUS RtlUnicodeStringCat(PUNICODE_STRING to, PCUNICODE_STRING from) {
  return put_counted(to, to == NULL ? 0 : to->Length, from, ALL);
}
NTSTATUS RtlUnicodeStringCatString(PUNICODE_STRING to, PCWSTR from) {
  return put_text(to, to == NULL ? 0 : to->Length, from);
}

NTSTATUS RtlUnicodeStringVPrintf(PUNICODE_STRING to, PCWSTR format, va_list arguments) {
  if (to == NULL || !NT_SUCCESS(RtlUnicodeStringValidate(to))) return STATUS_INVALID_PARAMETER;
  const size_t room = to->MaximumLength / sizeof(WCHAR);
  const size_t length = fltsim_format_wide(to->Buffer, room, format, arguments);
  to->Length = (USHORT)((length < room ? length : room) * sizeof(WCHAR));
  return length <= room ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
}

NTSTATUS RtlUnicodeStringPrintf(PUNICODE_STRING to, PCWSTR format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const NTSTATUS status = RtlUnicodeStringVPrintf(to, format, arguments);
  va_end(arguments);
  return status;
}

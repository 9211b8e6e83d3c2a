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

NTSTATUS RtlUnicodeStringValidateEx(PCUNICODE_STRING string, ULONG flags) {
  if ((flags & ~STRSAFE_VALID_UNICODE_STRING_FLAGS) != 0) return STATUS_INVALID_PARAMETER;
  if (string == NULL && (flags & STRSAFE_IGNORE_NULLS) == 0) return STATUS_INVALID_PARAMETER;
  return RtlUnicodeStringValidate(string);
}

NTSTATUS RtlUnicodeStringInitEx(PUNICODE_STRING to, PCWSTR from, ULONG flags) {
  if ((flags & ~STRSAFE_IGNORE_NULLS) != 0) return STATUS_INVALID_PARAMETER;
  const NTSTATUS status = RtlUnicodeStringInit(to, from);
  if (from == NULL && (flags & STRSAFE_IGNORE_NULLS) != 0) to->Buffer = (PWCH)L"";
  return status;
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

// RtlString*CopyUnicodeString: into text with a null.
static NTSTATUS copy_counted(WCHAR* to, size_t size, PCUNICODE_STRING from, WCHAR** end, size_t* remaining,
                             ULONG flags) {
  if (!NT_SUCCESS(RtlUnicodeStringValidate(from))) return STATUS_INVALID_PARAMETER;
  const size_t characters = from == NULL ? 0 : from->Length / sizeof(WCHAR);
  const WCHAR* const text = characters == 0 ? L"" : from->Buffer;
  return RtlStringCchCopyNExW(to, size, text, characters, end, remaining, flags);
}

NTSTATUS RtlStringCchCopyUnicodeStringEx(WCHAR* to, size_t size, PCUNICODE_STRING from, WCHAR** end,
                                         size_t* remaining, ULONG flags) {
  return copy_counted(to, size, from, end, remaining, flags);
}
NTSTATUS RtlStringCchCopyUnicodeString(WCHAR* to, size_t size, PCUNICODE_STRING from) {
  return copy_counted(to, size, from, NULL, NULL, 0);
}
NTSTATUS RtlStringCbCopyUnicodeStringEx(WCHAR* to, size_t size, PCUNICODE_STRING from, WCHAR** end,
                                        size_t* remaining, ULONG flags) {
  const NTSTATUS status = copy_counted(to, size / sizeof(WCHAR), from, end, remaining, flags);
  if (remaining != NULL && status != STATUS_INVALID_PARAMETER) *remaining *= sizeof(WCHAR);
  return status;
}
NTSTATUS RtlStringCbCopyUnicodeString(WCHAR* to, size_t size, PCUNICODE_STRING from) {
  return copy_counted(to, size / sizeof(WCHAR), from, NULL, NULL, 0);
}

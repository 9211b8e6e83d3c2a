// A driver module that checks its own C runtime: each entry returns the line of the first check that fails,
// or 0.
#include <assert.h>
#include <fltKernel.h>
#include <intrin.h>
#include <limits.h>
#include <math.h>
#include <ntintsafe.h>
#include <ntstrsafe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __cplusplus
#define EXPORT extern "C" __attribute__((visibility("default")))
#else
#define EXPORT __attribute__((visibility("default")))
#endif
#define REQUIRE(condition)             \
  do {                                 \
    if (!(condition)) return __LINE__; \
  } while (0)

EXPORT NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  DbgPrint("%s says %ws %wZ\n", "runtime", L"h\x00e9\x4e2d", path);
  KdPrint(("%d", 7));
  return STATUS_SUCCESS;
}

EXPORT int wide_strings(void) {
  WCHAR text[16];
  REQUIRE(wcslen(L"abc") == 3 && wcsnlen(L"abc", 2) == 2);
  REQUIRE(wcscmp(wcscpy(text, L"abc"), L"abc") == 0);
  REQUIRE(wcscmp(wcscat(text, L"def"), L"abcdef") == 0);
  REQUIRE(wcscmp(wcsncpy(text, L"xyz", 2), L"xycdef") == 0);
  REQUIRE(_wcsicmp(L"C:\\Docs", L"c:\\dOCS") == 0 && _wcsnicmp(L"abX", L"ABy", 2) == 0);
  REQUIRE(wcscmp(L"a", L"b") < 0 && wcsncmp(L"ab", L"ac", 1) == 0 && wcscmp(L"\xffff", L"a") > 0);
  REQUIRE(wcsstr(L"C:\\Protected\\x", L"Protected") != NULL && wcsstr(L"abc", L"abd") == NULL);
  REQUIRE(wcschr(L"abc", L'c')[0] == L'c' && wcschr(L"abc", 0)[0] == 0 && wcschr(L"abc", L'd') == NULL);
  REQUIRE(wcsrchr(L"a\\b\\c", L'\\')[1] == L'c');
  REQUIRE(wcscmp(_wcsupr(wcscpy(text, L"a\x00e9z")), L"A\x00e9Z") == 0);
  REQUIRE(wcscpy_s(text, 3, L"abc") == ERANGE && text[0] == 0);
  REQUIRE(wcsncpy_s(text, 3, L"abc", _TRUNCATE) == STRUNCATE && wcscmp(text, L"ab") == 0);
  REQUIRE(wcscat_s(text, 16, L"cd") == 0 && wcscmp(text, L"abcd") == 0);
  REQUIRE(wcstoul(L" 0x1F", NULL, 0) == 31 && _wtoi(L"-12x") == -12 &&
          wcstol(L"99999999999", NULL, 10) == INT_MAX);
  REQUIRE(towupper(L'q') == L'Q' && iswdigit(L'5') && !iswalpha(L'5'));
  return 0;
}

EXPORT int narrow_strings(void) {
  char text[16];
  char list[] = "a,b;;c";
  char* context = NULL;
  REQUIRE(strlen("abc") == 3 && strcmp(strcpy(text, "abc"), "abc") == 0);
  REQUIRE(_stricmp("ABC", "abc") == 0 && strncmp("abX", "abY", 2) == 0 && strcmp("\xff", "a") > 0);
  REQUIRE(strstr("hello", "ll") != NULL && strchr("abc", 'b') != NULL && strrchr("abcb", 'b')[1] == 0);
  REQUIRE(strtok_s(list, ",;", &context)[0] == 'a' && strtok_s(NULL, ",;", &context)[0] == 'b');
  REQUIRE(strtok_s(NULL, ",;", &context)[0] == 'c' && strtok_s(NULL, ",;", &context) == NULL);
  REQUIRE(strcpy_s(text, sizeof(text), "abc") == 0 && strcat_s(text, 4, "d") == ERANGE && text[0] == 0);
  REQUIRE(memcpy_s(text, 2, "abc", 3) == ERANGE && text[0] == 0);
  REQUIRE(strtol("-0x10", NULL, 16) == -16 && atoi("7") == 7 && LONG_MAX == 0x7fffffff);
  return 0;
}

EXPORT int printf_family(void) {
  char text[16];
  WCHAR wide[16];
  REQUIRE(sprintf(text, "%ld-%s", (LONG)-1, "x") == 4 && strcmp(text, "-1-x") == 0);
  REQUIRE(_snprintf(text, 4, "%s", "abcd") == 4 && _snprintf(text, 3, "%s", "abcd") == -1);
  REQUIRE(sprintf_s(text, 4, "%s", "abcd") == -1 && text[0] == 0);
  REQUIRE(_snprintf_s(text, 4, _TRUNCATE, "%s", "abcd") == -1 && strcmp(text, "abc") == 0);
  REQUIRE(snprintf(text, 3, "%s", "abcd") == 4 && strcmp(text, "ab") == 0);
  REQUIRE(swprintf(wide, L"%s=%d", L"n", 5) == 3 && wcscmp(wide, L"n=5") == 0);
  REQUIRE(swprintf(wide, 16, L"%I64x", 0x1234567890ull) == 10);
  REQUIRE(swprintf_s(wide, 16, L"%hs", "narrow") == 6 && _snwprintf(wide, 2, L"abc") == -1);
  return 0;
}

EXPORT int strsafe(void) {
  WCHAR text[8];
  WCHAR* end = NULL;
  size_t left = 0;
  UNICODE_STRING string;
  REQUIRE(RtlStringCbPrintfW(text, sizeof(text), L"%d", 42) == STATUS_SUCCESS && wcscmp(text, L"42") == 0);
  REQUIRE(RtlStringCchPrintfW(text, 3, L"%d", 4242) == STATUS_BUFFER_OVERFLOW && wcscmp(text, L"42") == 0);
  REQUIRE(RtlStringCchCopyW(text, 8, L"abcdefgh") == STATUS_BUFFER_OVERFLOW && wcscmp(text, L"abcdefg") == 0);
  REQUIRE(RtlStringCbCopyW(text, 0, L"a") == STATUS_INVALID_PARAMETER);
  REQUIRE(RtlStringCchCopyNW(text, 8, L"abc", 2) == STATUS_SUCCESS && wcscmp(text, L"ab") == 0);
  REQUIRE(RtlStringCbCatW(text, sizeof(text), L"cd") == STATUS_SUCCESS && wcscmp(text, L"abcd") == 0);
  REQUIRE(RtlStringCbCatNW(text, sizeof(text), L"efgh", 4) == STATUS_SUCCESS && wcscmp(text, L"abcdef") == 0);
  REQUIRE(RtlStringCbLengthW(text, sizeof(text), &left) == STATUS_SUCCESS && left == 12);
  REQUIRE(RtlStringCchLengthW(text, 6, &left) == STATUS_INVALID_PARAMETER);
  REQUIRE(RtlStringCbCopyExW(text, sizeof(text), L"abc", &end, &left, 0) == STATUS_SUCCESS);
  REQUIRE(end == text + 3 && left == 10);
  REQUIRE(RtlStringCchCopyExW(text, 3, L"abc", &end, &left, STRSAFE_NO_TRUNCATION) == STATUS_BUFFER_OVERFLOW);
  REQUIRE(text[0] == 0 && end == text && left == 3);
  REQUIRE(RtlUnicodeStringInit(&string, L"abc") == STATUS_SUCCESS && string.Length == 6);
  RtlInitEmptyUnicodeString(&string, text, sizeof(text));
  REQUIRE(RtlUnicodeStringPrintf(&string, L"%x", 0xabcd) == STATUS_SUCCESS && string.Length == 8);
  REQUIRE(RtlUnicodeStringCatString(&string, L"12345") == STATUS_BUFFER_OVERFLOW && string.Length == 16);
  return 0;
}

EXPORT int narrow_strsafe(void) {
  char text[8];
  REQUIRE(RtlStringCchPrintfA(text, sizeof(text), "%s", "abcdefghij") == STATUS_BUFFER_OVERFLOW);
  REQUIRE(strcmp(text, "abcdefg") == 0);
  REQUIRE(RtlStringCbCopyA(text, sizeof(text), "ab") == STATUS_SUCCESS);
  REQUIRE(RtlStringCbCatA(text, sizeof(text), "cd") == STATUS_SUCCESS && strcmp(text, "abcd") == 0);
  return 0;
}

EXPORT int counted_strings(void) {
  WCHAR text[8];
  WCHAR* end = NULL;
  size_t left = 0;
  UNICODE_STRING string;
  UNICODE_STRING rest;
  const UNICODE_STRING part = RTL_CONSTANT_STRING(L"abcdef");
  RtlInitEmptyUnicodeString(&string, text, sizeof(text));
  REQUIRE(RtlUnicodeStringCopyEx(&string, &part, &rest, 0) == STATUS_SUCCESS && string.Length == 12);
  REQUIRE(rest.Buffer == text + 6 && rest.Length == 0 && rest.MaximumLength == 4);
  REQUIRE(RtlUnicodeStringCatEx(&string, &part, &rest, STRSAFE_NO_TRUNCATION) == STATUS_BUFFER_OVERFLOW);
  REQUIRE(string.Length == 12);
  REQUIRE(RtlUnicodeStringCatEx(&string, &part, &rest, STRSAFE_ZERO_LENGTH_ON_FAILURE) ==
          STATUS_BUFFER_OVERFLOW);
  REQUIRE(string.Length == 0 && rest.MaximumLength == sizeof(text));
  REQUIRE(RtlUnicodeStringCbCopyNEx(&string, &part, 4, NULL, STRSAFE_FILL_BYTE(0)) == STATUS_SUCCESS);
  REQUIRE(string.Length == 4 && text[1] == L'b' && text[2] == 0 && text[7] == 0);
  REQUIRE(RtlUnicodeStringCchCatStringN(&string, L"xyz", 2) == STATUS_SUCCESS && string.Length == 8);
  REQUIRE(RtlUnicodeStringCatString(&string, NULL) == STATUS_INVALID_PARAMETER);
  REQUIRE(RtlUnicodeStringCatStringEx(&string, NULL, NULL, STRSAFE_IGNORE_NULLS) == STATUS_SUCCESS);
  REQUIRE(RtlUnicodeStringPrintfEx(&string, &rest, 0, L"%u", 77u) == STATUS_SUCCESS &&
          rest.Buffer == text + 2);
  REQUIRE(RtlUnicodeStringValidateEx(NULL, 0) == STATUS_INVALID_PARAMETER);
  string.Length = 3;
  REQUIRE(RtlUnicodeStringValidate(&string) == STATUS_INVALID_PARAMETER);
  REQUIRE(RtlStringCbCopyUnicodeStringEx(text, sizeof(text), &part, &end, &left, 0) == STATUS_SUCCESS);
  REQUIRE(end == text + 6 && left == 4 && wcscmp(text, L"abcdef") == 0);
  REQUIRE(RtlStringCchCopyUnicodeString(text, 3, &part) == STATUS_BUFFER_OVERFLOW &&
          wcscmp(text, L"ab") == 0);
  return 0;
}

EXPORT int numbers_as_text(void) {
  WCHAR wide[24];
  char text[24];
  REQUIRE(_ultow_s(0xdeadbeef, wide, 24, 16) == 0 && wcscmp(wide, L"deadbeef") == 0);
  REQUIRE(_itow_s(-12, wide, 3, 10) == ERANGE && wide[0] == 0 && _itow_s(5, wide, 24, 37) == EINVAL);
  REQUIRE(_i64tow_s(MINLONGLONG, wide, 24, 10) == 0 && wcscmp(wide, L"-9223372036854775808") == 0);
  REQUIRE(strcmp(_ui64toa(MAXULONGLONG, text, 10), "18446744073709551615") == 0);
  REQUIRE(_itoa_s(-1, text, sizeof(text), 16) == 0 && strcmp(text, "ffffffff") == 0);
  REQUIRE(strcmp(_i64toa(-7, text, 10), "-7") == 0 && _wtol(L"12") == 12 && wcstoll(L"-3", NULL, 10) == -3);
  return 0;
}

EXPORT int wide_memory(void) {
  WCHAR text[8];
  REQUIRE(wmemset(text, L'x', 3) == text && text[2] == L'x');
  REQUIRE(wmemcpy(text + 3, L"ab", 3) == text + 3 && wcscmp(text, L"xxxab") == 0);
  REQUIRE(wmemcmp(text, L"xxxac", 4) == 0 && wmemcmp(text, L"xxxac", 5) < 0);
  REQUIRE(wmemchr(text, L'a', 8) == text + 3 && wmemchr(text, L'q', 5) == NULL);
  REQUIRE(wmemmove(text + 1, text, 4) == text + 1 && text[4] == L'a');
  REQUIRE(wcscmp(_wcsnset(text, L'-', 2), L"--xxa") == 0 && _memicmp("ABC", "abd", 2) == 0);
  return 0;
}

EXPORT int random_numbers_are_microsofts(void) {
  srand(1);
  REQUIRE(rand() == 41 && rand() == 18467 && rand() == 6334);
  srand(1);
  REQUIRE(rand() == 41);
  return 0;
}

EXPORT int mathematics(void) {
  REQUIRE(log2(8.0) == 3.0 && log10(1000.0) == 3.0 && fabs(log(2.718281828459045) - 1.0) < 1e-15);
  REQUIRE(sqrt(2.25) == 1.5 && fabs(-2.0) == 2.0);
  REQUIRE(floor(-0.5) == -1.0 && floor(2.5) == 2.0 && ceil(-0.5) == 0.0 && ceil(2.5) == 3.0);
  REQUIRE(floor(1e300) == 1e300);
  return 0;
}

EXPORT int interlocked_operations(void) {
  LONG value = 5;
  LONG64 wide = 5;
  SHORT small = 5;
  LONG bits[2] = {0, 0};
  PVOID pointer = NULL;
  REQUIRE(InterlockedIncrement(&value) == 6 && InterlockedDecrementRelease(&value) == 5);
  REQUIRE(InterlockedExchange(&value, 9) == 5 && InterlockedExchangeAdd(&value, -2) == 9 && value == 7);
  REQUIRE(InterlockedCompareExchange(&value, 1, 7) == 7 && InterlockedCompareExchange(&value, 2, 7) == 1);
  REQUIRE(InterlockedOr(&value, 6) == 1 && InterlockedAnd(&value, 4) == 7 && InterlockedXor(&value, 5) == 4);
  REQUIRE(value == 1 && InterlockedAdd(&value, 3) == 4);
  REQUIRE(InterlockedIncrementNoFence64(&wide) == 6 && InterlockedCompareExchangeAcquire64(&wide, 1, 6) == 6);
  REQUIRE(InterlockedCompareExchange16(&small, 8, 5) == 5 && InterlockedIncrement16(&small) == 9);
  REQUIRE(InterlockedExchangePointer(&pointer, &value) == NULL &&
          InterlockedCompareExchangePointer(&pointer, NULL, &value) == &value && pointer == NULL);
  REQUIRE(!InterlockedBitTestAndSet(bits, 33) && bits[1] == 2 && InterlockedBitTestAndReset(bits, 33));
  WriteRelease(&value, 8);
  REQUIRE(ReadAcquire(&value) == 8 && ReadNoFence64(&wide) == 1);
  return 0;
}

EXPORT int intrinsics(void) {
  ULONG index = 99;
  ULONG64 high = 0;
  LONG bits = 4;
  REQUIRE(!_BitScanForward(&index, 0) && _BitScanForward(&index, 0x50) && index == 4);
  REQUIRE(_BitScanReverse64(&index, 1ull << 40) && index == 40);
  REQUIRE(_bittest(&bits, 2) && !_bittestandset(&bits, 0) && bits == 5 && _bittestandreset(&bits, 2));
  REQUIRE(_byteswap_ulong(0x11223344) == 0x44332211 && _byteswap_ushort(0x1122) == 0x2211);
  REQUIRE(_rotl(0x80000001u, 1) == 3 && _rotr(3, 1) == 0x80000001u && _rotl64(1, 64) == 1);
  REQUIRE(_umul128(1ull << 63, 4, &high) == 0 && high == 2 && __popcnt(0xf0) == 4);
  return 0;
}

typedef struct _LISTED {
  ULONG number;
  LIST_ENTRY links;
} LISTED;

EXPORT int lists(void) {
  LIST_ENTRY head;
  LIST_ENTRY other;
  LISTED items[3] = {{1, {NULL, NULL}}, {2, {NULL, NULL}}, {3, {NULL, NULL}}};
  SINGLE_LIST_ENTRY stack = {NULL};
  SINGLE_LIST_ENTRY plate = {NULL};
  InitializeListHead(&head);
  InitializeListHead(&other);
  REQUIRE(IsListEmpty(&head));
  InsertTailList(&head, &items[1].links);
  InsertHeadList(&head, &items[0].links);
  InsertTailList(&other, &items[2].links);
  REQUIRE(!RemoveEntryList(&items[0].links) && RemoveEntryList(&items[1].links) && IsListEmpty(&head));
  InsertTailList(&head, &items[0].links);
  REQUIRE(CONTAINING_RECORD(RemoveTailList(&head), LISTED, links)->number == 1);
  REQUIRE(CONTAINING_RECORD(RemoveHeadList(&other), LISTED, links)->number == 3 && IsListEmpty(&other));
  PushEntryList(&stack, &plate);
  REQUIRE(PopEntryList(&stack) == &plate && PopEntryList(&stack) == NULL);
  return 0;
}

#include <pshpack1.h>
typedef struct _PACKED {
  UCHAR byte;
  ULONG number;
} PACKED;
#include <poppack.h>

EXPORT int kernel_macros(void) {
  OBJECT_ATTRIBUTES attributes;
  UNICODE_STRING name;
  LARGE_INTEGER number;
  DECLARE_CONST_UNICODE_STRING(constant, L"abc");
  DECLARE_UNICODE_STRING_SIZE(room, 4);
  const PVOID odd = (PVOID)(ULONG_PTR)0x10ff0;
  RtlInitUnicodeString(&name, L"x");
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, NULL, NULL);
  REQUIRE(attributes.Length == sizeof(attributes) && attributes.ObjectName == &name);
  REQUIRE(attributes.Attributes == OBJ_KERNEL_HANDLE && attributes.SecurityQualityOfService == NULL);
  REQUIRE(constant.Length == 6 && constant.MaximumLength == 8 && room.Length == 0 && room.MaximumLength == 8);
  REQUIRE(ROUND_TO_PAGES(1) == PAGE_SIZE && ROUND_TO_PAGES(PAGE_SIZE) == PAGE_SIZE);
  REQUIRE(BYTES_TO_PAGES(PAGE_SIZE + 1) == 2 && BYTE_OFFSET(odd) == 0xff0);
  REQUIRE(ADDRESS_AND_SIZE_TO_SPAN_PAGES(odd, 0x10) == 1 && ADDRESS_AND_SIZE_TO_SPAN_PAGES(odd, 0x11) == 2);
  REQUIRE(COMPUTE_PAGES_SPANNED(odd, 0x1011) == 3 && PAGE_ALIGN(odd) == (PVOID)(ULONG_PTR)0x10000);
  REQUIRE(FIELD_SIZE(UNICODE_STRING, Length) == 2 &&
          RTL_SIZEOF_THROUGH_FIELD(UNICODE_STRING, MaximumLength) == 4);
  REQUIRE(RTL_CONTAINS_FIELD(&name, 4, MaximumLength) && !RTL_CONTAINS_FIELD(&name, 4, Buffer));
  REQUIRE(Int32x32To64(MAXLONG, 2) == 0xfffffffell && UInt32x32To64(MAXULONG, 2) == 0x1fffffffeull);
  REQUIRE(MAKELONG(0x1234, 0xabcd) == (LONG)0xabcd1234 && HIWORD(0xabcd1234) == 0xabcd &&
          MAKEWORD(0x12, 0xab) == 0xab12 && MAKELANGID(LANG_ENGLISH, SUBLANG_ENGLISH_US) == 0x409);
  REQUIRE(FlagOn(6u, 4u) == 4 && BooleanFlagOn(6u, 1u) == FALSE && ALIGN_UP_BY(5, 4) == 8);
  REQUIRE(PtrOffset(odd, (PUCHAR)odd + 5) == 5 && Add2Ptr(odd, 16) == (PVOID)(ULONG_PTR)0x11000);
  number.QuadPart = -2;
  REQUIRE(number.LowPart == 0xfffffffe && number.HighPart == -1 && number.u.HighPart == -1);
  REQUIRE(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS) == 0x222000);
  REQUIRE(NT_SUCCESS(STATUS_PENDING) && NT_ERROR(STATUS_ACCESS_DENIED) && NT_WARNING(STATUS_BUFFER_OVERFLOW));
  REQUIRE(NT_INFORMATION(STATUS_OBJECT_NAME_EXISTS) &&
          HandleToULong(ULongToHandle(0xffffffff)) == 0xffffffff);
  ULONGLONG conditions = 0;
  VER_SET_CONDITION(conditions, VER_MAJORVERSION, VER_GREATER_EQUAL);
  VER_SET_CONDITION(conditions, VER_MINORVERSION, VER_EQUAL);
  REQUIRE(conditions == (3 << 3 | 1) && sizeof(PACKED) == 5);
  NT_ASSERT(name.Length == 2);
  assert(name.Length == 2);
  REQUIRE(NT_VERIFY(name.Length == 2));
  PAGED_CODE();
  KdPrintEx((DPFLTR_IHVDRIVER_ID, DPFLTR_INFO_LEVEL, ""));
  return 0;
}

EXPORT int safe_integers(void) {
  ULONG value = 0;
  USHORT small = 0;
  SIZE_T size = 0;
  REQUIRE(RtlULongAdd(1, 2, &value) == STATUS_SUCCESS && value == 3);
  REQUIRE(RtlULongAdd(MAXULONG, 1, &value) == STATUS_INTEGER_OVERFLOW && value == MAXULONG);
  REQUIRE(RtlULongSub(1, 2, &value) == STATUS_INTEGER_OVERFLOW);
  REQUIRE(RtlSizeTMult((SIZE_T)1 << 40, (SIZE_T)1 << 40, &size) == STATUS_INTEGER_OVERFLOW);
  REQUIRE(RtlULongToUShort(0x10000, &small) == STATUS_INTEGER_OVERFLOW);
  REQUIRE(RtlULongToUShort(7, &small) == STATUS_SUCCESS && small == 7);
  LONG number = 0;
  UCHAR byte = 0;
  INT8 tiny = 0;
  SIZE_T count = 0;
  REQUIRE(RtlLongAdd(MAXLONG, 1, &number) == STATUS_INTEGER_OVERFLOW && number == -1);
  REQUIRE(RtlLongMult(-2, 3, &number) == STATUS_SUCCESS && number == -6);
  REQUIRE(RtlLongToULong(-1, &value) == STATUS_INTEGER_OVERFLOW && value == ULONG_ERROR);
  REQUIRE(RtlUIntToUChar(256, &byte) == STATUS_INTEGER_OVERFLOW && byte == UINT8_ERROR);
  REQUIRE(RtlLongLongToInt8(-128, &tiny) == STATUS_SUCCESS && tiny == -128);
  REQUIRE(RtlSizeTSub(2, 3, &count) == STATUS_INTEGER_OVERFLOW &&
          RtlSizeTAdd(2, 3, &count) == STATUS_SUCCESS);
  REQUIRE(count == 5 && RtlSizeTToULong(1ull << 32, &value) == STATUS_INTEGER_OVERFLOW);
  REQUIRE(RtlDWordToUInt(7, &value) == STATUS_SUCCESS && value == 7);
  return 0;
}

static int by_value(const void* left, const void* right) { return *(const int*)left - *(const int*)right; }

static int by_value_times(void* context, const void* left, const void* right) {
  return *(const int*)context * by_value(left, right);
}

EXPORT int sorting(void) {
  int values[] = {5, 3, 9, 1, 7, 3, 0, 8};
  const int key = 7;
  qsort(values, _countof(values), sizeof(values[0]), by_value);
  for (size_t i = 1; i < _countof(values); ++i) REQUIRE(values[i - 1] <= values[i]);
  REQUIRE(bsearch(&key, values, _countof(values), sizeof(int), by_value) == &values[5]);
  int direction = -1;
  qsort_s(values, _countof(values), sizeof(values[0]), by_value_times, &direction);
  for (size_t i = 1; i < _countof(values); ++i) REQUIRE(values[i - 1] >= values[i]);
  REQUIRE(bsearch_s(&key, values, _countof(values), sizeof(int), by_value_times, &direction) == &values[2]);
  return 0;
}

EXPORT int faults_are_the_drivers(void) {
  volatile int caught = 0;
  char text[16];
  __try {
    caught = (int)wcslen((const wchar_t*)16);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    caught = caught + 1;
  }
  __try {
    sprintf(text, "%s", (const char*)16);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    caught = caught + 1;
  }
  __try {
    DbgPrint("%s", (const char*)16);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    caught = caught + 1;
  }
  REQUIRE(caught == 3);
  return 0;
}

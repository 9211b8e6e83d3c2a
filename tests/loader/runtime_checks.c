// A driver module that checks its own C runtime: each entry returns the line of the first check that fails,
// or 0.
#include <fltKernel.h>
#include <limits.h>
#include <ntintsafe.h>
#include <ntstrsafe.h>
#include <stdio.h>
#include <stdlib.h>

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
  return 0;
}

static int by_value(const void* left, const void* right) { return *(const int*)left - *(const int*)right; }

EXPORT int sorting(void) {
  int values[] = {5, 3, 9, 1, 7, 3, 0, 8};
  const int key = 7;
  qsort(values, _countof(values), sizeof(values[0]), by_value);
  for (size_t i = 1; i < _countof(values); ++i) REQUIRE(values[i - 1] <= values[i]);
  REQUIRE(bsearch(&key, values, _countof(values), sizeof(int), by_value) == &values[5]);
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

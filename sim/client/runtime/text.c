// UTF-8 and UTF-16, and the text functions of kernel32 and user32 that are plain memory.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "../../loader/runtime/crt_format.h"
#include "runtime.h"

extern double fltsim_host_strtod(const char* text, char** end) __asm__("strtod");

size_t fltsim_widen(wchar_t* to, size_t capacity, const char* from, size_t count) {
  size_t length = 0;
  for (size_t i = 0; i < count;) {
    const unsigned char lead = (unsigned char)from[i];
    size_t more = lead < 0x80 ? 0 : lead < 0xc2 ? 4 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 4;
    unsigned c = more == 0 ? lead : lead & (0x3f >> (more & 3));
    int good = more < 4 && i + more < count;
    for (size_t k = 1; good && k <= more; ++k) {
      good = ((unsigned char)from[i + k] & 0xc0) == 0x80;
      c = c << 6 | ((unsigned char)from[i + k] & 0x3f);
    }
    if (!good) {
      more = 0;
      c = 0xfffd;
    }
    i += more + 1;
    if (c >= 0x10000) {
      if (length < capacity) to[length] = (wchar_t)(0xd800 + ((c - 0x10000) >> 10));
      ++length;
      c = 0xdc00 + ((c - 0x10000) & 0x3ff);
    }
    if (length < capacity) to[length] = (wchar_t)c;
    ++length;
  }
  return length;
}

size_t fltsim_narrow(char* to, size_t capacity, const wchar_t* from, size_t count) {
  size_t length = 0;
  for (size_t i = 0; i < count; ++i) {
    unsigned c = from[i];
    if (c >= 0xd800 && c < 0xdc00 && i + 1 < count && from[i + 1] >= 0xdc00 && from[i + 1] < 0xe000) {
      c = 0x10000 + ((c - 0xd800) << 10) + (from[++i] - 0xdc00u);
    } else if (c >= 0xd800 && c < 0xe000) {
      c = 0xfffd;
    }
    const int more = c < 0x80 ? 0 : c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const unsigned char kLead[] = {0, 0xc0, 0xe0, 0xf0};
    if (length < capacity) to[length] = (char)(kLead[more] | (c >> (6 * more)));
    ++length;
    for (int k = more - 1; k >= 0; --k, ++length) {
      if (length < capacity) to[length] = (char)(0x80 | ((c >> (6 * k)) & 0x3f));
    }
  }
  return length;
}

// In place of the drivers', which are Latin-1.
size_t mbstowcs(wchar_t* to, const char* from, size_t count) {
  const size_t length = fltsim_widen(to, to == NULL ? 0 : count, from, strlen(from));
  if (to == NULL) return length;
  if (length < count) to[length] = 0;
  return length < count ? length : count;
}

size_t wcstombs(char* to, const wchar_t* from, size_t count) {
  const size_t length = fltsim_narrow(to, to == NULL ? 0 : count, from, wcslen(from));
  if (to == NULL) return length;
  if (length < count) to[length] = 0;
  return length < count ? length : count;
}

errno_t mbstowcs_s(size_t* converted, wchar_t* to, size_t size, const char* from, size_t count) {
  const size_t length = fltsim_widen(NULL, 0, from, strlen(from));
  size_t copied = length < count ? length : count;
  if (converted != NULL) *converted = copied + 1;
  if (to == NULL) return 0;
  if (size == 0) return EINVAL;
  if (copied >= size) {
    if (count != _TRUNCATE) {
      to[0] = 0;
      return ERANGE;
    }
    copied = size - 1;
  }
  fltsim_widen(to, copied, from, strlen(from));
  to[copied] = 0;
  return copied < length && count == _TRUNCATE ? STRUNCATE : 0;
}

errno_t wcstombs_s(size_t* converted, char* to, size_t size, const wchar_t* from, size_t count) {
  const size_t length = fltsim_narrow(NULL, 0, from, wcslen(from));
  size_t copied = length < count ? length : count;
  if (converted != NULL) *converted = copied + 1;
  if (to == NULL) return 0;
  if (size == 0) return EINVAL;
  if (copied >= size) {
    if (count != _TRUNCATE) {
      to[0] = 0;
      return ERANGE;
    }
    copied = size - 1;
  }
  fltsim_narrow(to, copied, from, wcslen(from));
  to[copied] = 0;
  return copied < length && count == _TRUNCATE ? STRUNCATE : 0;
}

int lstrlenW(LPCWSTR text) { return text == NULL ? 0 : (int)wcslen(text); }
int lstrlenA(LPCSTR text) { return text == NULL ? 0 : (int)strlen(text); }
LPWSTR lstrcpyW(LPWSTR to, LPCWSTR from) { return wcscpy(to, from); }
LPSTR lstrcpyA(LPSTR to, LPCSTR from) { return strcpy(to, from); }
LPWSTR lstrcatW(LPWSTR to, LPCWSTR from) { return wcscat(to, from); }
LPSTR lstrcatA(LPSTR to, LPCSTR from) { return strcat(to, from); }
int lstrcmpW(LPCWSTR left, LPCWSTR right) { return wcscmp(left, right); }
int lstrcmpA(LPCSTR left, LPCSTR right) { return strcmp(left, right); }
int lstrcmpiW(LPCWSTR left, LPCWSTR right) { return _wcsicmp(left, right); }
int lstrcmpiA(LPCSTR left, LPCSTR right) { return _stricmp(left, right); }

LPWSTR lstrcpynW(LPWSTR to, LPCWSTR from, int max) {
  if (max > 0) wcsncpy_s(to, (size_t)max, from, _TRUNCATE);
  return to;
}

LPSTR lstrcpynA(LPSTR to, LPCSTR from, int max) {
  if (max > 0) strncpy_s(to, (size_t)max, from, _TRUNCATE);
  return to;
}

#define WSPRINTF_MAX 1024

int wvsprintfW(LPWSTR to, LPCWSTR format, va_list arguments) {
  const size_t length = fltsim_format_wide(to, WSPRINTF_MAX - 1, format, arguments);
  const size_t cut = length < WSPRINTF_MAX ? length : WSPRINTF_MAX - 1;
  to[cut] = 0;
  return (int)cut;
}

int wsprintfW(LPWSTR to, LPCWSTR format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = wvsprintfW(to, format, arguments);
  va_end(arguments);
  return length;
}

int wsprintfA(LPSTR to, LPCSTR format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const size_t length = fltsim_format_narrow(to, WSPRINTF_MAX - 1, format, arguments);
  va_end(arguments);
  const size_t cut = length < WSPRINTF_MAX ? length : WSPRINTF_MAX - 1;
  to[cut] = 0;
  return (int)cut;
}

double strtod(const char* text, char** end) { return fltsim_host_strtod(text, end); }
double atof(const char* text) { return strtod(text, NULL); }

static char* token_rest;
char* strtok(char* text, const char* delimiters) { return strtok_s(text, delimiters, &token_rest); }

errno_t strerror_s(char* to, size_t size, int code) {
  static const struct {
    int code;
    const char* text;
  } kTexts[] = {{0, "No error"},
                {EPERM, "Operation not permitted"},
                {ENOENT, "No such file or directory"},
                {EIO, "Input/output error"},
                {EBADF, "Bad file descriptor"},
                {ENOMEM, "Not enough space"},
                {EACCES, "Permission denied"},
                {EEXIST, "File exists"},
                {EINVAL, "Invalid argument"},
                {ERANGE, "Result too large"}};
  for (size_t i = 0; i < sizeof(kTexts) / sizeof(kTexts[0]); ++i) {
    if (kTexts[i].code == code) return strcpy_s(to, size, kTexts[i].text);
  }
  return strcpy_s(to, size, "Unknown error");
}

char* strerror(int code) {
  static _Thread_local char text[64];
  strerror_s(text, sizeof(text), code);
  return text;
}

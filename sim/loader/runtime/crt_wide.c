// The C runtime of driver units, 16-bit text. Linked into every driver module, as crt_narrow.c.
#include <ntdef.h>
#include <stdlib.h>
#include <wchar.h>

#include "crt_format.h"

#define UNIT wchar_t
#define UNIT_ARGUMENT wchar_t
#define UNSIGNED unsigned short
#define STRLEN wcslen
#define STRNLEN wcsnlen
#define STRNLEN_S wcsnlen_s
#define STRCPY wcscpy
#define STRNCPY wcsncpy
#define STRCAT wcscat
#define STRNCAT wcsncat
#define STRCMP wcscmp
#define STRNCMP wcsncmp
#define STRICMP _wcsicmp
#define STRNICMP _wcsnicmp
#define STRCHR wcschr
#define STRRCHR wcsrchr
#define STRSTR wcsstr
#define STRSPN wcsspn
#define STRCSPN wcscspn
#define STRPBRK wcspbrk
#define STRTOK_S wcstok_s
#define STRUPR _wcsupr
#define STRLWR _wcslwr
#define STRREV _wcsrev
#define STRNCPY_S wcsncpy_s
#define STRCPY_S wcscpy_s
#define STRNCAT_S wcsncat_s
#define STRCAT_S wcscat_s
#define STRTOI64 _wcstoi64
#define STRTOUI64 _wcstoui64
#define STRTOL wcstol
#define STRTOUL wcstoul
#define ATOI _wtoi
#define ATOI64 _wtoi64
#define ULTOA _ultow
#define ITOA _itow
#define I64TOA _i64tow
#define UI64TOA _ui64tow
#define I64TOA_S _i64tow_s
#define UI64TOA_S _ui64tow_s
#define ITOA_S _itow_s
#define ULTOA_S _ultow_s
#define STRNSET _wcsnset
#define STRSET _wcsset
#define VSNPRINTF _vsnwprintf
#define SNPRINTF _snwprintf
#define VSNPRINTF_S _vsnwprintf_s
#define SNPRINTF_S _snwprintf_s
#define VSPRINTF_S vswprintf_s
#define SPRINTF_S swprintf_s
#define FORMAT fltsim_format_wide

#include "crt_string.h"

int _swprintf(wchar_t* to, const wchar_t* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = limited(to, (size_t)0x3fffffff, format, arguments);
  va_end(arguments);
  return length;
}

// As C says: always a null, and -1 when the text does not fit.
int vswprintf(wchar_t* to, size_t size, const wchar_t* format, va_list arguments) {
  return VSNPRINTF_S(to, size, _TRUNCATE, format, arguments);
}

int _swprintf_c(wchar_t* to, size_t size, const wchar_t* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = vswprintf(to, size, format, arguments);
  va_end(arguments);
  return length;
}

// 8-bit text is Latin-1; that of client programs is UTF-8 (client/runtime/text.c).
#ifndef FLTSIM_CLIENT_UNIT
size_t mbstowcs(wchar_t* to, const char* from, size_t count) {
  size_t length = 0;
  for (; from[length] != 0 && (to == NULL || length < count); ++length) {
    if (to != NULL) to[length] = (unsigned char)from[length];
  }
  if (to != NULL && length < count) to[length] = 0;
  return length;
}

// (size_t)-1 when a unit does not fit.
size_t wcstombs(char* to, const wchar_t* from, size_t count) {
  size_t length = 0;
  for (; from[length] != 0 && (to == NULL || length < count); ++length) {
    if (from[length] > 0xff) return (size_t)-1;
    if (to != NULL) to[length] = (char)from[length];
  }
  if (to != NULL && length < count) to[length] = 0;
  return length;
}
#endif

wchar_t* wmemchr(const wchar_t* memory, wchar_t unit, size_t count) {
  for (; count != 0; --count, ++memory) {
    if (*memory == unit) return (wchar_t*)memory;
  }
  return NULL;
}

int wmemcmp(const wchar_t* left, const wchar_t* right, size_t count) {
  for (; count != 0; --count, ++left, ++right) {
    if (*left != *right) return *left < *right ? -1 : 1;
  }
  return 0;
}

wchar_t* wmemset(wchar_t* to, wchar_t unit, size_t count) {
  for (size_t i = 0; i < count; ++i) to[i] = unit;
  return to;
}

static int is_digit(int unit) { return unit >= '0' && unit <= '9'; }
static int is_upper(int unit) { return unit >= 'A' && unit <= 'Z'; }
static int is_lower(int unit) { return unit >= 'a' && unit <= 'z'; }
static int is_hex(int unit) {
  return is_digit(unit) || (unit >= 'A' && unit <= 'F') || (unit >= 'a' && unit <= 'f');
}
static int is_space(int unit) { return unit == ' ' || (unit >= '\t' && unit <= '\r'); }

wint_t towupper(wint_t unit) { return upper_of(unit); }
wint_t towlower(wint_t unit) { return lower_of(unit); }
int iswdigit(wint_t unit) { return is_digit(unit); }
int iswxdigit(wint_t unit) { return is_hex(unit); }
int iswalpha(wint_t unit) { return is_upper(unit) || is_lower(unit); }
int iswalnum(wint_t unit) { return is_upper(unit) || is_lower(unit) || is_digit(unit); }
int iswspace(wint_t unit) { return is_space(unit); }
int iswupper(wint_t unit) { return is_upper(unit); }
int iswlower(wint_t unit) { return is_lower(unit); }
int iswprint(wint_t unit) { return unit >= ' ' && unit <= '~'; }
int iswpunct(wint_t unit) { return unit > ' ' && unit <= '~' && !iswalnum(unit); }
int iswcntrl(wint_t unit) { return unit < ' ' || unit == 0x7f; }

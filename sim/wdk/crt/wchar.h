// wchar.h of driver units. Case folding and classes know ASCII alone, as in the kernel's C locale.
// docs/adr/0003-sixteen-bit-characters.md: every name is bound to the driver's own runtime
// (sim/loader/runtime), never to the C library of the machine underneath.
#pragma once

#include "crt.h"

WDK_BEGIN

CRT(size_t, wcslen, (const wchar_t* text));
CRT(size_t, wcsnlen, (const wchar_t* text, size_t max));
CRT(size_t, wcsnlen_s, (const wchar_t* text, size_t max));
CRT(wchar_t*, wcscpy, (wchar_t * to, const wchar_t* from));
CRT(wchar_t*, wcsncpy, (wchar_t * to, const wchar_t* from, size_t count));
CRT(wchar_t*, wcscat, (wchar_t * to, const wchar_t* from));
CRT(wchar_t*, wcsncat, (wchar_t * to, const wchar_t* from, size_t count));
CRT(int, wcscmp, (const wchar_t* left, const wchar_t* right));
CRT(int, wcsncmp, (const wchar_t* left, const wchar_t* right, size_t count));
CRT(int, _wcsicmp, (const wchar_t* left, const wchar_t* right));
CRT(int, _wcsnicmp, (const wchar_t* left, const wchar_t* right, size_t count));
CRT(wchar_t*, wcschr, (const wchar_t* text, wchar_t unit));
CRT(wchar_t*, wcsrchr, (const wchar_t* text, wchar_t unit));
CRT(wchar_t*, wcsstr, (const wchar_t* text, const wchar_t* part));
CRT(size_t, wcsspn, (const wchar_t* text, const wchar_t* set));
CRT(size_t, wcscspn, (const wchar_t* text, const wchar_t* set));
CRT(wchar_t*, wcspbrk, (const wchar_t* text, const wchar_t* set));
CRT(wchar_t*, wcstok_s, (wchar_t * text, const wchar_t* delimiters, wchar_t** context));
CRT(wchar_t*, _wcsupr, (wchar_t * text));
CRT(wchar_t*, _wcslwr, (wchar_t * text));
CRT(wchar_t*, _wcsrev, (wchar_t * text));
CRT(wchar_t*, _wcsset, (wchar_t * text, wchar_t unit));
CRT(wchar_t*, _wcsnset, (wchar_t * text, wchar_t unit, size_t count));
CRT(wchar_t*, wmemchr, (const wchar_t* memory, wchar_t unit, size_t count));
CRT(int, wmemcmp, (const wchar_t* left, const wchar_t* right, size_t count));
CRT(wchar_t*, wmemset, (wchar_t * to, wchar_t unit, size_t count));
#define wmemcpy(to, from, count) ((wchar_t*)memcpy((to), (from), (count) * sizeof(wchar_t)))
#define wmemmove(to, from, count) ((wchar_t*)memmove((to), (from), (count) * sizeof(wchar_t)))
CRT(errno_t, wcscpy_s, (wchar_t * to, size_t size, const wchar_t* from));
CRT(errno_t, wcsncpy_s, (wchar_t * to, size_t size, const wchar_t* from, size_t count));
CRT(errno_t, wcscat_s, (wchar_t * to, size_t size, const wchar_t* from));
CRT(errno_t, wcsncat_s, (wchar_t * to, size_t size, const wchar_t* from, size_t count));

#define wcsicmp _wcsicmp
#define wcsnicmp _wcsnicmp
#define wcsupr _wcsupr
#define wcslwr _wcslwr
#define wcswcs wcsstr

CRT(int, swprintf_s, (wchar_t * to, size_t size, const wchar_t* format, ...));
CRT(int, vswprintf_s, (wchar_t * to, size_t size, const wchar_t* format, va_list arguments));
CRT(int, _snwprintf, (wchar_t * to, size_t count, const wchar_t* format, ...));
CRT(int, _vsnwprintf, (wchar_t * to, size_t count, const wchar_t* format, va_list arguments));
CRT(int, _snwprintf_s, (wchar_t * to, size_t size, size_t count, const wchar_t* format, ...));
CRT(int, _vsnwprintf_s, (wchar_t * to, size_t size, size_t count, const wchar_t* format, va_list arguments));
// swprintf has two forms, with and without the room's size; its second argument tells.
CRT(int, _swprintf, (wchar_t * to, const wchar_t* format, ...));
CRT(int, _swprintf_c, (wchar_t * to, size_t size, const wchar_t* format, ...));
CRT(int, vswprintf, (wchar_t * to, size_t size, const wchar_t* format, va_list arguments));

CRT(int, wcstol, (const wchar_t* text, wchar_t** end, int base));
CRT(unsigned, wcstoul, (const wchar_t* text, wchar_t** end, int base));
CRT(long long, _wcstoi64, (const wchar_t* text, wchar_t** end, int base));
CRT(unsigned long long, _wcstoui64, (const wchar_t* text, wchar_t** end, int base));
CRT(int, _wtoi, (const wchar_t* text));
CRT(long long, _wtoi64, (const wchar_t* text));
CRT(wchar_t*, _itow, (int value, wchar_t* to, int base));
CRT(wchar_t*, _ultow, (unsigned value, wchar_t* to, int base));
#define _wtol _wtoi
#define wcstoll _wcstoi64
#define wcstoull _wcstoui64
CRT(wchar_t*, _i64tow, (long long value, wchar_t* to, int base));
CRT(wchar_t*, _ui64tow, (unsigned long long value, wchar_t* to, int base));
CRT(errno_t, _itow_s, (int value, wchar_t* to, size_t size, int base));
CRT(errno_t, _ultow_s, (unsigned value, wchar_t* to, size_t size, int base));
CRT(errno_t, _i64tow_s, (long long value, wchar_t* to, size_t size, int base));
CRT(errno_t, _ui64tow_s, (unsigned long long value, wchar_t* to, size_t size, int base));
#define _ltow _itow
#define _ltow_s _itow_s

CRT(wint_t, towupper, (wint_t unit));
CRT(wint_t, towlower, (wint_t unit));
CRT(int, iswdigit, (wint_t unit));
CRT(int, iswxdigit, (wint_t unit));
CRT(int, iswalpha, (wint_t unit));
CRT(int, iswalnum, (wint_t unit));
CRT(int, iswspace, (wint_t unit));
CRT(int, iswupper, (wint_t unit));
CRT(int, iswlower, (wint_t unit));
CRT(int, iswprint, (wint_t unit));
CRT(int, iswpunct, (wint_t unit));
CRT(int, iswcntrl, (wint_t unit));

WDK_END

#ifdef __cplusplus
#define swprintf(to, second, ...) fltsim_crt_swprintf_cxx((to), (second)__VA_OPT__(, ) __VA_ARGS__)
// Drivers include headers inside extern "C".
extern "C++" {
template <class... Arguments>
int fltsim_crt_swprintf_cxx(wchar_t* to, const wchar_t* format, Arguments... arguments) {
  return _swprintf(to, format, arguments...);
}
template <class... Arguments>
int fltsim_crt_swprintf_cxx(wchar_t* to, size_t size, const wchar_t* format, Arguments... arguments) {
  return _swprintf_c(to, size, format, arguments...);
}
}
#else
#define swprintf(to, second, ...) \
  _Generic((second), wchar_t* : _swprintf, const wchar_t* : _swprintf, default : _swprintf_c)((to), (second), \
                                                                                              ##__VA_ARGS__)
#endif

// wchar.h of client units.
#pragma once

#include_next <wchar.h>
#define WEOF ((wint_t)0xFFFF)
#define WCHAR_MIN 0
#define WCHAR_MAX 0xffff

WDK_BEGIN

CRT(wchar_t*, _wcsdup, (const wchar_t* text));
CRT(wchar_t*, wmemcpy, (wchar_t * to, const wchar_t* from, size_t count));
CRT(wchar_t*, wmemmove, (wchar_t * to, const wchar_t* from, size_t count));
CRT(wchar_t*, wmemset, (wchar_t * to, wchar_t unit, size_t count));
CRT(int, wmemcmp, (const wchar_t* left, const wchar_t* right, size_t count));
CRT(const wchar_t*, wmemchr, (const wchar_t* text, wchar_t unit, size_t count));
#define wcsdup _wcsdup
#define wcstoll _wcstoi64
#define wcstoull _wcstoui64

WDK_END

#include <stdio.h>

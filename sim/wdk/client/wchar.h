// wchar.h of client units.
#pragma once

#include_next <wchar.h>
#define WEOF ((wint_t)0xFFFF)
#define WCHAR_MIN 0
#define WCHAR_MAX 0xffff

WDK_BEGIN

CRT(wchar_t*, _wcsdup, (const wchar_t* text));
#define wcsdup _wcsdup
#define wcstoll _wcstoi64
#define wcstoull _wcstoui64

WDK_END

#include <stdio.h>

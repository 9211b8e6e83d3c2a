// locale.h of client units: there is the "C" locale, in UTF-8.
#pragma once

#include <crt.h>

#define LC_ALL 0
#define LC_COLLATE 1
#define LC_CTYPE 2
#define LC_MONETARY 3
#define LC_NUMERIC 4
#define LC_TIME 5

WDK_BEGIN

// "C" for NULL, "", "C" and names that end in UTF-8; NULL for any other.
CRT(char*, setlocale, (int category, const char* name));
CRT(wchar_t*, _wsetlocale, (int category, const wchar_t* name));

WDK_END

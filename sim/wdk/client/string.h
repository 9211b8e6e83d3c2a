// string.h of client units.
#pragma once

#include_next <string.h>

WDK_BEGIN

CRT(char*, _strdup, (const char* text));
CRT(char*, strtok, (char* text, const char* delimiters));
CRT(char*, strerror, (int code));
CRT(errno_t, strerror_s, (char* to, size_t size, int code));
#define strdup _strdup

WDK_END

#include <wchar.h>

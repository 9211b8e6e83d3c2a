// stdlib.h of driver units, without memory allocation: a driver uses pool. long is 32 bits wide on Windows,
// so what is long there is int here. docs/adr/0003-sixteen-bit-characters.md: every name is bound to the
// driver's own runtime (sim/loader/runtime), never to the C library of the machine underneath.
#pragma once

#include "crt.h"

WDK_BEGIN

CRT(int, strtol, (const char* text, char** end, int base));
CRT(unsigned, strtoul, (const char* text, char** end, int base));
CRT(long long, _strtoi64, (const char* text, char** end, int base));
CRT(unsigned long long, _strtoui64, (const char* text, char** end, int base));
CRT(int, atoi, (const char* text));
CRT(long long, _atoi64, (const char* text));
CRT(char*, _itoa, (int value, char* to, int base));
CRT(char*, _ultoa, (unsigned value, char* to, int base));
#define atol atoi
CRT(int, abs, (int value));
#define labs abs
CRT(size_t, mbstowcs, (wchar_t * to, const char* from, size_t count));
CRT(size_t, wcstombs, (char* to, const wchar_t* from, size_t count));
CRT(void, qsort, (void* base, size_t count, size_t size, int (*compare)(const void*, const void*)));
CRT(void*, bsearch,
    (const void* key, const void* base, size_t count, size_t size, int (*compare)(const void*, const void*)));

WDK_END

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
CRT(char*, _i64toa, (long long value, char* to, int base));
CRT(char*, _ui64toa, (unsigned long long value, char* to, int base));
CRT(errno_t, _itoa_s, (int value, char* to, size_t size, int base));
CRT(errno_t, _ultoa_s, (unsigned value, char* to, size_t size, int base));
CRT(errno_t, _i64toa_s, (long long value, char* to, size_t size, int base));
CRT(errno_t, _ui64toa_s, (unsigned long long value, char* to, size_t size, int base));
#define _ltoa _itoa
#define _ltoa_s _itoa_s
#define strtoll _strtoi64
#define strtoull _strtoui64
#define atol atoi
CRT(int, abs, (int value));
#define labs abs
CRT(long long, _abs64, (long long value));
#define llabs _abs64
#define RAND_MAX 0x7fff
CRT(void, srand, (unsigned seed));
CRT(int, rand, (void));
CRT(size_t, mbstowcs, (wchar_t * to, const char* from, size_t count));
CRT(size_t, wcstombs, (char* to, const wchar_t* from, size_t count));
CRT(void, qsort, (void* base, size_t count, size_t size, int (*compare)(const void*, const void*)));
CRT(void, qsort_s, (void* base, size_t count, size_t size,
                    int (*compare)(void* context, const void* left, const void* right), void* context));
CRT(void*, bsearch_s, (const void* key, const void* base, size_t count, size_t size,
                       int (*compare)(void* context, const void* key, const void* element), void* context));
CRT(void*, bsearch,
    (const void* key, const void* base, size_t count, size_t size, int (*compare)(const void*, const void*)));

WDK_END

#include "wchar.h"

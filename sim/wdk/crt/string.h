// string.h of driver units. Case folding and classes know ASCII alone, as in the kernel's C locale.
// docs/adr/0003-sixteen-bit-characters.md: every name is bound to the driver's own runtime
// (sim/loader/runtime), never to the C library of the machine underneath.
#pragma once

#include "../km/seh.h"
#include "crt.h"

WDK_BEGIN

void* memcpy(void* target, const void* source, size_t count) WDK_NOEXCEPT;
void* memmove(void* target, const void* source, size_t count) WDK_NOEXCEPT;
void* memset(void* target, int value, size_t count) WDK_NOEXCEPT;
int memcmp(const void* left, const void* right, size_t count) WDK_NOEXCEPT_PURE;
CRT(void*, memchr, (const void* memory, int byte, size_t count));
CRT(int, _memicmp, (const void* left, const void* right, size_t count));
#define memicmp _memicmp
CRT(errno_t, memcpy_s, (void* to, size_t size, const void* from, size_t count));
CRT(errno_t, memmove_s, (void* to, size_t size, const void* from, size_t count));

CRT(size_t, strlen, (const char* text));
CRT(size_t, strnlen, (const char* text, size_t max));
CRT(size_t, strnlen_s, (const char* text, size_t max));
CRT(char*, strcpy, (char* to, const char* from));
CRT(char*, strncpy, (char* to, const char* from, size_t count));
CRT(char*, strcat, (char* to, const char* from));
CRT(char*, strncat, (char* to, const char* from, size_t count));
CRT(int, strcmp, (const char* left, const char* right));
CRT(int, strncmp, (const char* left, const char* right, size_t count));
CRT(int, _stricmp, (const char* left, const char* right));
CRT(int, _strnicmp, (const char* left, const char* right, size_t count));
CRT(char*, strchr, (const char* text, int unit));
CRT(char*, strrchr, (const char* text, int unit));
CRT(char*, strstr, (const char* text, const char* part));
CRT(size_t, strspn, (const char* text, const char* set));
CRT(size_t, strcspn, (const char* text, const char* set));
CRT(char*, strpbrk, (const char* text, const char* set));
CRT(char*, strtok_s, (char* text, const char* delimiters, char** context));
CRT(char*, _strupr, (char* text));
CRT(char*, _strlwr, (char* text));
CRT(char*, _strrev, (char* text));
CRT(char*, _strset, (char* text, int unit));
CRT(char*, _strnset, (char* text, int unit, size_t count));
CRT(errno_t, strcpy_s, (char* to, size_t size, const char* from));
CRT(errno_t, strncpy_s, (char* to, size_t size, const char* from, size_t count));
CRT(errno_t, strcat_s, (char* to, size_t size, const char* from));
CRT(errno_t, strncat_s, (char* to, size_t size, const char* from, size_t count));

#define stricmp _stricmp
#define strcmpi _stricmp
#define strnicmp _strnicmp
#define strupr _strupr
#define strlwr _strlwr

WDK_END

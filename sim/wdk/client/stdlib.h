// stdlib.h of client units.
#pragma once

#include_next <stdlib.h>

#define EXIT_SUCCESS 0
#define EXIT_FAILURE 1
#define _MAX_PATH 260
#define _MAX_DRIVE 3
#define _MAX_DIR 256
#define _MAX_FNAME 256
#define _MAX_EXT 256
typedef struct {
  int quot;
  int rem;
} div_t;

WDK_BEGIN

// From the process's heap, in its part of the user range.
CRT(void*, malloc, (size_t size));
CRT(void*, calloc, (size_t count, size_t size));
CRT(void*, realloc, (void* memory, size_t size));
CRT(void, free, (void* memory));
CRT(size_t, _msize, (void* memory));
CRT(void*, _aligned_malloc, (size_t size, size_t alignment));
CRT(void, _aligned_free, (void* memory));

void fltsim_crt_exit(int code) __attribute__((noreturn));
void fltsim_crt__exit(int code) __attribute__((noreturn));
void fltsim_crt_abort(void) __attribute__((noreturn));
#define exit fltsim_crt_exit
#define _exit fltsim_crt__exit
#define _Exit fltsim_crt__exit
#define abort fltsim_crt_abort
CRT(int, atexit, (void (*function)(void)));

CRT(errno_t, rand_s, (unsigned* value));
CRT(char*, getenv, (const char* name));
CRT(errno_t, _dupenv_s, (char** buffer, size_t* size, const char* name));
// Commands: "pause" prints its text and waits for a key, "cls" does nothing more; any other is -1 with ENOENT.
CRT(int, system, (const char* command));
CRT(double, strtod, (const char* text, char** end));
CRT(double, atof, (const char* text));
CRT(div_t, div, (int numerator, int denominator));
CRT(errno_t, mbstowcs_s, (size_t * converted, wchar_t* to, size_t size, const char* from, size_t count));
CRT(errno_t, wcstombs_s, (size_t * converted, char* to, size_t size, const wchar_t* from, size_t count));
#define strtoll _strtoi64
#define strtoull _strtoui64
#define atoll _atoi64
#define llabs _abs64
#define itoa _itoa

WDK_END

// stdio.h of driver units: text in memory. What is printed goes through DbgPrint.
// docs/adr/0003-sixteen-bit-characters.md: every name is bound to the driver's own runtime
// (sim/loader/runtime), never to the C library of the machine underneath.
#pragma once

#include "crt.h"

WDK_BEGIN

CRT(int, sprintf, (char* to, const char* format, ...));
CRT(int, vsprintf, (char* to, const char* format, va_list arguments));
CRT(int, sprintf_s, (char* to, size_t size, const char* format, ...));
CRT(int, vsprintf_s, (char* to, size_t size, const char* format, va_list arguments));
CRT(int, _snprintf, (char* to, size_t count, const char* format, ...));
CRT(int, _vsnprintf, (char* to, size_t count, const char* format, va_list arguments));
CRT(int, _snprintf_s, (char* to, size_t size, size_t count, const char* format, ...));
CRT(int, _vsnprintf_s, (char* to, size_t size, size_t count, const char* format, va_list arguments));
CRT(int, snprintf, (char* to, size_t size, const char* format, ...));
CRT(int, vsnprintf, (char* to, size_t size, const char* format, va_list arguments));

WDK_END

#include "wchar.h"

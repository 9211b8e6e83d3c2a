// The simulator's formatter: writes at most `capacity` units and no null, returns the length of the whole
// text.
#pragma once

#include <ntdef.h>

size_t fltsim_format_narrow(char* to, size_t capacity, const char* format, va_list arguments);
size_t fltsim_format_wide(WCHAR* to, size_t capacity, const WCHAR* format, va_list arguments);

// What the files of the clients' runtime share.
#pragma once

#include <stddef.h>

// Everything that was written to open files reaches them.
void fltsim_flush_all(void);

// Whether a read of the console would not wait (sim/client).
int fltsim_console_readable(void);

// UTF-8 and UTF-16. Each writes at most `capacity` units, no null, and returns how many the whole text takes.
size_t fltsim_widen(wchar_t* to, size_t capacity, const char* from, size_t count);
size_t fltsim_narrow(char* to, size_t capacity, const wchar_t* from, size_t count);

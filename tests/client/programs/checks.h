// Checks of a program that checks itself: each that fails is printed with its place.
#pragma once

#include <stdio.h>
#include <windows.h>

extern int failures;

#define CHECK(condition)                                                          \
  do {                                                                            \
    if (!(condition)) {                                                           \
      ++failures;                                                                 \
      printf("%s:%d: %s (%u)\n", __FILE__, __LINE__, #condition, GetLastError()); \
    }                                                                             \
  } while (0)
#define CHECK_ERROR(condition, code) CHECK(!(condition) && GetLastError() == (code))

void check_sync(void);
void check_threads(void);
void check_files(void);
void check_memory(void);
void check_time(void);
void check_text(void);
void check_process(void);
void check_stdio(void);
void check_locks(void);
void check_services(void);
void check_system(void);
void check_device(void);

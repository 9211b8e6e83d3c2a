// Shared by the driver modules under test and by the test.
#pragma once

#include <ntifs.h>

struct SehLog {
  char text[64];
  int count;
  void* bad_address;                 // nothing is mapped there
  ULONG rounds;                      // of the storm
  void (*call_out)(struct SehLog*);  // a routine of the machine that calls the driver back
};

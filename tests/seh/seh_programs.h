// Shared by the generated driver units, their oracle and the test.
#pragma once

#include <ntifs.h>

#define SEH_TRACE_MAX 2000

struct SehTrace {
  int count;  // also of what is not kept
  int notes[SEH_TRACE_MAX];
  int ticks;            // decides each condition
  int raising_filters;  // how often a filter may still raise: what raises is asked again, on Windows too
  void* bad_address;
};

static inline void seh_note(struct SehTrace* trace, int note) {
  if (trace->count < SEH_TRACE_MAX) trace->notes[trace->count] = note;
  trace->count++;
}
static inline int seh_tick(struct SehTrace* trace) { return trace->ticks++ % 5; }

// What the units of a driver that is built WATCHED tell the machine, by the compiler's instrumentation.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// An instruction of the driver is about to read or write these bytes.
void fltsim_driver_touches(const void* address, size_t size, int is_write);
// A function of the driver returns; its frame ended at `frame`.
void fltsim_driver_leaves(const void* frame);

#ifdef __cplusplus
}
#endif

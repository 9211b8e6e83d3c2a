// What the compiler calls in the units of a watched driver: before each load and store, as for the kernel's address
// sanitizer with a threshold of 0, and around each function. Linked into the module, so that no sanitizer of the program
// answers instead. Not instrumented itself.
#include "watch.h"

#define HIDDEN __attribute__((visibility("hidden")))
#define HOOKS(size)                                                                         \
  HIDDEN void __asan_load##size##_noabort(void* at) { fltsim_driver_touches(at, size, 0); } \
  HIDDEN void __asan_store##size##_noabort(void* at) { fltsim_driver_touches(at, size, 1); }

HOOKS(1)
HOOKS(2)
HOOKS(4)
HOOKS(8)
HOOKS(16)

HIDDEN void __asan_loadN_noabort(void* at, size_t size) { fltsim_driver_touches(at, size, 0); }
HIDDEN void __asan_storeN_noabort(void* at, size_t size) { fltsim_driver_touches(at, size, 1); }
HIDDEN void __asan_handle_no_return(void) {}

HIDDEN void __cyg_profile_func_enter(void* function, void* call) {
  (void)function;
  (void)call;
}

// The caller's frame pointer is what this frame has saved: watched units keep theirs.
HIDDEN void __cyg_profile_func_exit(void* function, void* call) {
  (void)function;
  (void)call;
  fltsim_driver_leaves(*(void**)__builtin_frame_address(0));
}

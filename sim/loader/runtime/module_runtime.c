// Linked into every driver module. It holds what must belong to the module and not to the simulator: the kernel's
// data exports.
#include <ntifs.h>

#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN struct fltsim_module_exports fltsim_exports;

__attribute__((visibility("default"))) struct fltsim_module_exports* fltsim_module_exports_table(void) {
  return &fltsim_exports;
}

// A module of another version is told by this (loader/module.cpp).
__attribute__((visibility("default"))) const unsigned fltsim_module_exports_size = sizeof(struct fltsim_module_exports);

// What C++ units import. A driver may have a _purecall() of its own, as on Windows.
HIDDEN int _purecall(void) __attribute__((weak));
HIDDEN void __cxa_pure_virtual(void) {
  if (_purecall != NULL) _purecall();
  fltsim_driver_failed("a pure virtual function was called", NULL, 0);
}
// Named by code that would run destructors, which nobody runs.
HIDDEN void* __dso_handle;

HIDDEN void fltlink_assertion_failed(const char* expression, const char* file, int line) {
  fltsim_driver_failed(expression, file, line);
}

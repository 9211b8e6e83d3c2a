// A driver module without a DriverEntry.
#include <ntifs.h>

__attribute__((visibility("default"))) int not_driver_entry(void) { return 1; }

// A driver that defines `operator delete(void*)` and not the one with a size means the first. By their mangled names: the runtime is
// C. Linked only where they are wanted (sim/cc/imports.cpp says what is missing then).
#include <ntdef.h>

void delete_object(void* object) __asm__("_ZdlPv");
void delete_object_of_size(void* object, size_t size) __asm__("_ZdlPvm")
    __attribute__((visibility("hidden")));
void delete_object_of_size(void* object, size_t size) {
  UNREFERENCED_PARAMETER(size);
  delete_object(object);
}

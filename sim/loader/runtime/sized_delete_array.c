// As sized_delete.c, for arrays.
#include <ntdef.h>

void delete_array(void* array) __asm__("_ZdaPv");
void delete_array_of_size(void* array, size_t size) __asm__("_ZdaPvm") __attribute__((visibility("hidden")));
void delete_array_of_size(void* array, size_t size) {
  UNREFERENCED_PARAMETER(size);
  delete_array(array);
}

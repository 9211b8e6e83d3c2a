// The mem* functions of driver modules and client programs: in the module, so that their faults on user memory count as
// the module's own (nt/seh.cpp).
#include <string.h>

#ifdef FLTSIM_WATCHED
#include "../watch/watch.h"
#else
#define fltsim_driver_touches(address, size, is_write) ((void)0)
#endif

#define HIDDEN __attribute__((visibility("hidden")))

// Under a sanitizer plain loops, so that each access is checked. A watched driver tells of all bytes at once.
HIDDEN void* memcpy(void* to, const void* from, size_t size) {
  fltsim_driver_touches(from, size, 0);
  fltsim_driver_touches(to, size, 1);
#ifdef FLTSIM_SANITIZED
  unsigned char* t = to;
  const unsigned char* f = from;
  while (size-- != 0) *t++ = *f++;
#else
  void* t = to;
  __asm__ volatile("rep movsb" : "+D"(t), "+S"(from), "+c"(size) : : "memory");
#endif
  return to;
}

HIDDEN void* memmove(void* to, const void* from, size_t size) {
  unsigned char* t = to;
  const unsigned char* f = from;
  if (t <= f || t >= f + size) return memcpy(to, from, size);
  while (size != 0) {
    --size;
    t[size] = f[size];
  }
  return to;
}

HIDDEN void* memset(void* to, int value, size_t size) {
  fltsim_driver_touches(to, size, 1);
#ifdef FLTSIM_SANITIZED
  unsigned char* t = to;
  while (size-- != 0) *t++ = (unsigned char)value;
#else
  void* t = to;
  __asm__ volatile("rep stosb" : "+D"(t), "+c"(size) : "a"(value) : "memory");
#endif
  return to;
}

HIDDEN int memcmp(const void* left, const void* right, size_t size) {
  const unsigned char* l = left;
  const unsigned char* r = right;
  for (; size != 0; --size, ++l, ++r) {
    if (*l != *r) return *l < *r ? -1 : 1;
  }
  return 0;
}

// malloc and its like, on the process's heap.
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

void* malloc(size_t size) {
  void* const memory = HeapAlloc(GetProcessHeap(), 0, size);
  if (memory == NULL) errno = ENOMEM;
  return memory;
}

void* calloc(size_t count, size_t size) {
  size_t total;
  if (__builtin_mul_overflow(count, size, &total)) {
    errno = ENOMEM;
    return NULL;
  }
  void* const memory = malloc(total);
  if (memory != NULL) memset(memory, 0, total);
  return memory;
}

void free(void* memory) {
  if (memory != NULL) HeapFree(GetProcessHeap(), 0, memory);
}

void* realloc(void* memory, size_t size) {
  if (memory == NULL) return malloc(size);
  if (size == 0) {
    free(memory);
    return NULL;
  }
  return HeapReAlloc(GetProcessHeap(), 0, memory, size);
}

size_t _msize(void* memory) { return HeapSize(GetProcessHeap(), 0, memory); }

// In front of the aligned block stands where the heap's begins.
void* _aligned_malloc(size_t size, size_t alignment) {
  if (alignment == 0 || (alignment & (alignment - 1)) != 0) return NULL;
  char* const block = malloc(size + alignment + sizeof(void*));
  if (block == NULL) return NULL;
  char* const aligned =
      (char*)(((uintptr_t)block + sizeof(void*) + alignment - 1) & ~(uintptr_t)(alignment - 1));
  ((void**)aligned)[-1] = block;
  return aligned;
}

void _aligned_free(void* memory) {
  if (memory != NULL) free(((void**)memory)[-1]);
}

static void* copy_of(const void* text, size_t size) {
  void* const copy = malloc(size);
  if (copy != NULL) memcpy(copy, text, size);
  return copy;
}

char* _strdup(const char* text) { return text == NULL ? NULL : copy_of(text, strlen(text) + 1); }
wchar_t* _wcsdup(const wchar_t* text) {
  return text == NULL ? NULL : copy_of(text, (wcslen(text) + 1) * sizeof(wchar_t));
}

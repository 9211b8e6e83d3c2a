// The C runtime of driver units, 8-bit text and what is not text. Linked into every driver module, so that a
// fault on the driver's pointers counts as the driver's own.
#include <ctype.h>
#include <ntdef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crt_format.h"

#define UNIT char
#define UNIT_ARGUMENT int
#define UNSIGNED unsigned char
#define STRLEN strlen
#define STRNLEN strnlen
#define STRNLEN_S strnlen_s
#define STRCPY strcpy
#define STRNCPY strncpy
#define STRCAT strcat
#define STRNCAT strncat
#define STRCMP strcmp
#define STRNCMP strncmp
#define STRICMP _stricmp
#define STRNICMP _strnicmp
#define STRCHR strchr
#define STRRCHR strrchr
#define STRSTR strstr
#define STRSPN strspn
#define STRCSPN strcspn
#define STRPBRK strpbrk
#define STRTOK_S strtok_s
#define STRUPR _strupr
#define STRLWR _strlwr
#define STRREV _strrev
#define STRNCPY_S strncpy_s
#define STRCPY_S strcpy_s
#define STRNCAT_S strncat_s
#define STRCAT_S strcat_s
#define STRTOI64 _strtoi64
#define STRTOUI64 _strtoui64
#define STRTOL strtol
#define STRTOUL strtoul
#define ATOI atoi
#define ATOI64 _atoi64
#define ULTOA _ultoa
#define ITOA _itoa
#define I64TOA _i64toa
#define UI64TOA _ui64toa
#define I64TOA_S _i64toa_s
#define UI64TOA_S _ui64toa_s
#define ITOA_S _itoa_s
#define ULTOA_S _ultoa_s
#define STRNSET _strnset
#define STRSET _strset
#define VSNPRINTF _vsnprintf
#define SNPRINTF _snprintf
#define VSNPRINTF_S _vsnprintf_s
#define SNPRINTF_S _snprintf_s
#define VSPRINTF_S vsprintf_s
#define SPRINTF_S sprintf_s
#define FORMAT fltsim_format_narrow

#include "crt_string.h"

int vsprintf(char* to, const char* format, va_list arguments) {
  return limited(to, (size_t)0x7fffffff, format, arguments);
}

int sprintf(char* to, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = vsprintf(to, format, arguments);
  va_end(arguments);
  return length;
}

// As C says: always a null, and the length of the whole text.
int vsnprintf(char* to, size_t size, const char* format, va_list arguments) {
  const size_t length = fltsim_format_narrow(to, size, format, arguments);
  if (size != 0) to[length < size ? length : size - 1] = 0;
  return (int)length;
}

int snprintf(char* to, size_t size, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = vsnprintf(to, size, format, arguments);
  va_end(arguments);
  return length;
}

void* memchr(const void* memory, int byte, size_t count) {
  const unsigned char* at = memory;
  for (; count != 0; --count, ++at) {
    if (*at == (unsigned char)byte) return (void*)at;
  }
  return NULL;
}

errno_t memmove_s(void* to, size_t size, const void* from, size_t count) {
  if (count == 0) return 0;
  if (to == NULL || from == NULL) return EINVAL;
  if (size < count) return ERANGE;
  memmove(to, from, count);
  return 0;
}

// On failure the target is zeroed.
errno_t memcpy_s(void* to, size_t size, const void* from, size_t count) {
  const errno_t result = memmove_s(to, size, from, count);
  if (result != 0 && to != NULL) memset(to, 0, size);
  return result;
}

int _memicmp(const void* left, const void* right, size_t count) {
  const unsigned char* l = left;
  const unsigned char* r = right;
  for (; count != 0; --count, ++l, ++r) {
    const int difference = (unsigned char)lower_of((char)*l) - (unsigned char)lower_of((char)*r);
    if (difference != 0) return difference;
  }
  return 0;
}

// Microsoft's sequence, which begins as srand(1) would: each driver has its own, and each thread of a program.
#ifdef FLTSIM_CLIENT_UNIT
static _Thread_local unsigned random_state = 1;
#else
static unsigned random_state = 1;
#endif
void srand(unsigned seed) { random_state = seed; }
int rand(void) {
  random_state = random_state * 214013u + 2531011u;
  return (int)(random_state >> 16 & 0x7fff);
}

long long _abs64(long long value) { return value < 0 ? -value : value; }
int abs(int value) { return value < 0 ? -value : value; }

static int is_digit(int unit) { return unit >= '0' && unit <= '9'; }
static int is_upper(int unit) { return unit >= 'A' && unit <= 'Z'; }
static int is_lower(int unit) { return unit >= 'a' && unit <= 'z'; }
static int is_hex(int unit) {
  return is_digit(unit) || (unit >= 'A' && unit <= 'F') || (unit >= 'a' && unit <= 'f');
}
static int is_space(int unit) { return unit == ' ' || (unit >= '\t' && unit <= '\r'); }

int toupper(int unit) { return is_lower(unit) ? unit - 'a' + 'A' : unit; }
int tolower(int unit) { return is_upper(unit) ? unit - 'A' + 'a' : unit; }
int isdigit(int unit) { return is_digit(unit); }
int isxdigit(int unit) { return is_hex(unit); }
int isalpha(int unit) { return is_upper(unit) || is_lower(unit); }
int isalnum(int unit) { return is_upper(unit) || is_lower(unit) || is_digit(unit); }
int isspace(int unit) { return is_space(unit); }
int isupper(int unit) { return is_upper(unit); }
int islower(int unit) { return is_lower(unit); }
int isprint(int unit) { return unit >= ' ' && unit <= '~'; }
int isgraph(int unit) { return unit > ' ' && unit <= '~'; }
int ispunct(int unit) { return isgraph(unit) && !isalnum(unit); }
int iscntrl(int unit) { return (unit >= 0 && unit < ' ') || unit == 0x7f; }

// --- sorting ---

static void swap(char* left, char* right, size_t size) {
  for (; size != 0; --size, ++left, ++right) {
    const char byte = *left;
    *left = *right;
    *right = byte;
  }
}

typedef int (*compare_type)(void* context, const void* left, const void* right);

// Heap sort: no recursion on a kernel stack.
static void sift_down(char* base, size_t root, size_t count, size_t size, compare_type compare,
                      void* context) {
  for (size_t child; (child = 2 * root + 1) < count; root = child) {
    if (child + 1 < count && compare(context, base + child * size, base + (child + 1) * size) < 0) ++child;
    if (compare(context, base + root * size, base + child * size) >= 0) return;
    swap(base + root * size, base + child * size, size);
  }
}

void qsort_s(void* base, size_t count, size_t size, compare_type compare, void* context) {
  char* const first = base;
  for (size_t root = count / 2; root-- > 0;) sift_down(first, root, count, size, compare, context);
  while (count > 1) {
    --count;
    swap(first, first + count * size, size);
    sift_down(first, 0, count, size, compare, context);
  }
}

void* bsearch_s(const void* key, const void* base, size_t count, size_t size, compare_type compare,
                void* context) {
  const char* first = base;
  while (count != 0) {
    const char* const middle = first + count / 2 * size;
    const int order = compare(context, key, middle);
    if (order == 0) return (void*)middle;
    if (order > 0) first = middle + size;
    count = order > 0 ? count - count / 2 - 1 : count / 2;
  }
  return NULL;
}

struct plain_compare {
  int (*compare)(const void*, const void*);
};
static int compare_plainly(void* context, const void* left, const void* right) {
  return ((struct plain_compare*)context)->compare(left, right);
}

void qsort(void* base, size_t count, size_t size, int (*compare)(const void*, const void*)) {
  struct plain_compare plain = {compare};
  qsort_s(base, count, size, compare_plainly, &plain);
}

void* bsearch(const void* key, const void* base, size_t count, size_t size,
              int (*compare)(const void*, const void*)) {
  struct plain_compare plain = {compare};
  return bsearch_s(key, base, count, size, compare_plainly, &plain);
}

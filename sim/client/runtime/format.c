// The printf family as programs have it: as the drivers' (sim/nt/format.hpp), with floating point, and with UTF-8 where
// text goes from 16 to 8 bits. The runtime's printf functions find these two instead of the simulator's.
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../loader/runtime/crt_format.h"
#include "runtime.h"

// The host's C library, for the digits of floating-point numbers alone.
extern int fltsim_host_snprintf(char* to, size_t size, const char* format, ...) __asm__("snprintf");

enum {
  kLeft = 1,
  kPlus = 2,
  kSpace = 4,
  kAlternate = 8,
  kZero = 16
};
enum size {
  kPlain,
  kChar,
  kShort,
  kLong,
  kWideText,
  k64,
  kLongDouble
};

struct spec {
  int flags;
  int width;
  int precision;
  enum size size;
};

// va_list is an array type; inside a struct it can be handed on by reference.
struct arguments {
  va_list list;
};

struct sink {
  char* narrow;  // one of the two
  WCHAR* wide;
  size_t capacity;
  size_t count;
};

static void put_unit(struct sink* sink, WCHAR unit) {
  if (sink->count < sink->capacity) {
    if (sink->narrow != NULL) sink->narrow[sink->count] = (char)unit;
    if (sink->wide != NULL) sink->wide[sink->count] = unit;
  }
  ++sink->count;
}

static void pad(struct sink* sink, char unit, size_t count) {
  for (; count != 0; --count) put_unit(sink, (unsigned char)unit);
}

static int is_narrow(const struct sink* sink) { return sink->wide == NULL; }

// Text of the other width is converted; the padding counts what comes out.
static void put_text(struct sink* sink, const struct spec* spec, const void* text, size_t length, int wide) {
  char stack[256];
  WCHAR wide_stack[256];
  char* bytes = stack;
  WCHAR* units = wide_stack;
  size_t count = length;
  if (wide && is_narrow(sink)) {
    count = fltsim_narrow(stack, sizeof(stack), text, length);
    if (count > sizeof(stack) && (bytes = malloc(count)) != NULL) fltsim_narrow(bytes, count, text, length);
  } else if (!wide && !is_narrow(sink)) {
    count = fltsim_widen(wide_stack, 256, text, length);
    if (count > 256 && (units = malloc(count * sizeof(WCHAR))) != NULL)
      fltsim_widen(units, count, text, length);
  }
  const size_t padding = (size_t)spec->width > count ? (size_t)spec->width - count : 0;
  if ((spec->flags & kLeft) == 0) pad(sink, (spec->flags & kZero) != 0 ? '0' : ' ', padding);
  for (size_t i = 0; bytes != NULL && units != NULL && i < count; ++i) {
    if (is_narrow(sink)) {
      put_unit(sink, (unsigned char)(wide ? bytes[i] : ((const char*)text)[i]));
    } else {
      put_unit(sink, wide ? ((const WCHAR*)text)[i] : units[i]);
    }
  }
  if ((spec->flags & kLeft) != 0) pad(sink, ' ', padding);
  if (bytes != stack) free(bytes);
  if (units != wide_stack) free(units);
}

static void put_string(struct sink* sink, const struct spec* spec, const void* text, int wide) {
  const size_t max = spec->precision >= 0 ? (size_t)spec->precision : SIZE_MAX;
  size_t length = 0;
  if (text == NULL) {
    text = "(null)";
    wide = 0;
  }
  if (wide) {
    while (length < max && ((const WCHAR*)text)[length] != 0) ++length;
  } else {
    while (length < max && ((const char*)text)[length] != 0) ++length;
  }
  put_text(sink, spec, text, length, wide);
}

static void put_number(struct sink* sink, const struct spec* spec, uint64_t value, int negative,
                       int is_signed, unsigned base, int upper) {
  const char* const digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  char text[24];
  size_t count = 0;
  const uint64_t whole = value;
  for (; value != 0; value /= base) text[count++] = digits[value % base];
  const size_t least = spec->precision >= 0 ? (size_t)spec->precision : 1;
  size_t zeros = count < least ? least - count : 0;
  if (base == 8 && (spec->flags & kAlternate) != 0 && zeros == 0) zeros = 1;
  char prefix[2];
  size_t prefix_size = 0;
  if (negative) {
    prefix[prefix_size++] = '-';
  } else if (is_signed && (spec->flags & (kPlus | kSpace)) != 0) {
    prefix[prefix_size++] = (spec->flags & kPlus) != 0 ? '+' : ' ';
  }
  if (base == 16 && (spec->flags & kAlternate) != 0 && whole != 0) {
    prefix[prefix_size++] = '0';
    prefix[prefix_size++] = upper ? 'X' : 'x';
  }
  const size_t size = prefix_size + zeros + count;
  size_t padding = (size_t)spec->width > size ? (size_t)spec->width - size : 0;
  if ((spec->flags & (kZero | kLeft)) == kZero && spec->precision < 0) {
    zeros += padding;
    padding = 0;
  }
  if ((spec->flags & kLeft) == 0) pad(sink, ' ', padding);
  for (size_t i = 0; i < prefix_size; ++i) put_unit(sink, (unsigned char)prefix[i]);
  pad(sink, '0', zeros);
  while (count != 0) put_unit(sink, (unsigned char)text[--count]);
  if ((spec->flags & kLeft) != 0) pad(sink, ' ', padding);
}

static void put_float(struct sink* sink, const struct spec* spec, double value, char conversion) {
  char format[16] = "%";
  char text[512];
  size_t at = 1;
  const char marks[] = {'-', '+', ' ', '#', '0'};
  for (int i = 0; i < 5; ++i) {
    if ((spec->flags & 1 << i) != 0) format[at++] = marks[i];
  }
  memcpy(format + at, "*.*", 3);
  at += 3;
  format[at++] = conversion;
  format[at] = 0;
  const int width = spec->width < 400 ? spec->width : 400;
  const int precision = spec->precision < 100 ? spec->precision : 100;
  fltsim_host_snprintf(text, sizeof(text), format, width, precision, value);
  for (const char* c = text; *c != 0; ++c) put_unit(sink, (unsigned char)*c);
}

static uint64_t integer(struct arguments* arguments, enum size size, int is_signed) {
  if (size == k64) return va_arg(arguments->list, uint64_t);
  const int value = va_arg(arguments->list, int);
  if (size == kShort) return is_signed ? (uint64_t)(int64_t)(short)value : (unsigned short)value;
  if (size == kChar) return is_signed ? (uint64_t)(int64_t)(signed char)value : (unsigned char)value;
  return is_signed ? (uint64_t)(int64_t)value : (unsigned)value;
}

static void convert(struct sink* sink, const struct spec* spec, char conversion,
                    struct arguments* arguments) {
  const int narrow_format = is_narrow(sink);
  int wide = !narrow_format;
  switch (conversion) {
    case 'd':
    case 'i': {
      const int64_t value = (int64_t)integer(arguments, spec->size, 1);
      put_number(sink, spec, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0, 1, 10, 0);
      return;
    }
    case 'u':
      put_number(sink, spec, integer(arguments, spec->size, 0), 0, 0, 10, 0);
      return;
    case 'o':
      put_number(sink, spec, integer(arguments, spec->size, 0), 0, 0, 8, 0);
      return;
    case 'x':
    case 'X':
      put_number(sink, spec, integer(arguments, spec->size, 0), 0, 0, 16, conversion == 'X');
      return;
    case 'p': {
      struct spec pointer = *spec;
      pointer.precision = 16;
      put_number(sink, &pointer, (uint64_t)(uintptr_t)va_arg(arguments->list, void*), 0, 0, 16, 1);
      return;
    }
    case 'C':
    case 'S':
      wide = narrow_format;
      break;
    case 'e':
    case 'E':
    case 'f':
    case 'F':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
      put_float(sink, spec, va_arg(arguments->list, double), conversion);
      return;
    case 'Z': {
      const UNICODE_STRING* const string = va_arg(arguments->list, const UNICODE_STRING*);
      const int wide_string = spec->size == kWideText || spec->size == kLong;
      if (string == NULL || string->Buffer == NULL) {
        put_string(sink, spec, NULL, 0);
      } else {
        put_text(sink, spec, string->Buffer, wide_string ? string->Length / sizeof(WCHAR) : string->Length,
                 wide_string);
      }
      return;
    }
    case 'c':
    case 's':
      break;
    default:
      put_unit(sink, (unsigned char)conversion);
      return;
  }
  if (conversion == 'c' || conversion == 's') {
    if (spec->size == kLong || spec->size == kWideText) wide = 1;
    if (spec->size == kShort) wide = 0;
  }
  if (conversion == 'c' || conversion == 'C') {
    const int value = va_arg(arguments->list, int);
    const WCHAR wide_unit = (WCHAR)value;
    const char unit = (char)value;
    put_text(sink, spec, wide ? (const void*)&wide_unit : (const void*)&unit, 1, wide);
  } else {
    put_string(sink, spec, va_arg(arguments->list, const void*), wide);
  }
}

// A format of either width, unit by unit.
struct format {
  const char* narrow;
  const WCHAR* wide;
};

static WCHAR unit_at(const struct format* format, size_t index) {
  return format->wide != NULL ? format->wide[index] : (unsigned char)format->narrow[index];
}

static int number(const struct format* format, size_t* at, struct arguments* arguments) {
  int value = 0;
  if (unit_at(format, *at) == '*') {
    ++*at;
    return va_arg(arguments->list, int);
  }
  for (WCHAR unit; (unit = unit_at(format, *at)) >= '0' && unit <= '9'; ++*at) {
    if (value < 100000) value = value * 10 + (unit - '0');
  }
  return value;
}

static void parse_size(const struct format* format, size_t* at, struct spec* spec) {
  for (;; ++*at) {
    switch (unit_at(format, *at)) {
      case 'h':
        spec->size = spec->size == kShort ? kChar : kShort;
        continue;
      case 'l':
        spec->size = spec->size == kLong ? k64 : kLong;
        continue;
      case 'w':
        spec->size = kWideText;
        continue;
      case 'L':
        continue;
      case 'j':
      case 'z':
      case 't':
        spec->size = k64;
        continue;
      case 'I':
        spec->size = k64;
        if (unit_at(format, *at + 1) == '6' && unit_at(format, *at + 2) == '4') {
          *at += 2;
        } else if (unit_at(format, *at + 1) == '3' && unit_at(format, *at + 2) == '2') {
          spec->size = kPlain;
          *at += 2;
        }
        continue;
      default:
        return;
    }
  }
}

static size_t run(struct sink* sink, const struct format* format, struct arguments* arguments) {
  for (size_t at = 0; unit_at(format, at) != 0; ++at) {
    if (unit_at(format, at) != '%') {
      put_unit(sink, unit_at(format, at));
      continue;
    }
    struct spec spec = {0, 0, -1, kPlain};
    for (++at;; ++at) {
      const WCHAR unit = unit_at(format, at);
      const int flag = unit == '-'   ? kLeft
                       : unit == '+' ? kPlus
                       : unit == ' ' ? kSpace
                       : unit == '#' ? kAlternate
                       : unit == '0' ? kZero
                                     : 0;
      if (flag == 0) break;
      spec.flags |= flag;
    }
    spec.width = number(format, &at, arguments);
    if (spec.width < 0) {
      spec.flags |= kLeft;
      spec.width = -spec.width;
    }
    if (unit_at(format, at) == '.') {
      ++at;
      spec.precision = number(format, &at, arguments);
    }
    parse_size(format, &at, &spec);
    if (unit_at(format, at) == 0) break;
    convert(sink, &spec, (char)unit_at(format, at), arguments);
  }
  return sink->count;
}

size_t fltsim_format_narrow(char* to, size_t capacity, const char* format, va_list list) {
  struct arguments arguments;
  struct sink sink = {to, NULL, to == NULL ? 0 : capacity, 0};
  const struct format source = {format, NULL};
  va_copy(arguments.list, list);
  const size_t length = run(&sink, &source, &arguments);
  va_end(arguments.list);
  return length;
}

size_t fltsim_format_wide(WCHAR* to, size_t capacity, const WCHAR* format, va_list list) {
  static WCHAR nowhere[1];
  struct arguments arguments;
  struct sink sink = {NULL, to == NULL ? nowhere : to, to == NULL ? 0 : capacity, 0};
  const struct format source = {NULL, format};
  va_copy(arguments.list, list);
  const size_t length = run(&sink, &source, &arguments);
  va_end(arguments.list);
  return length;
}

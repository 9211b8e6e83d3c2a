// The scanf family, one engine over bytes: 16-bit formats and texts come in as UTF-8. The _s forms have the room, in
// characters, behind each target of %c, %s and %[.
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "runtime.h"

struct source {
  FILE* file;
  const char* text;
  int peeked;  // -2: nothing
  size_t read;
};

static int peek(struct source* source) {
  if (source->peeked == -2) {
    if (source->file != NULL) {
      source->peeked = fgetc(source->file);
    } else {
      source->peeked = *source->text != 0 ? (unsigned char)*source->text++ : EOF;
    }
  }
  return source->peeked;
}

static int take(struct source* source) {
  const int byte = peek(source);
  if (byte != EOF) {
    source->peeked = -2;
    ++source->read;
  }
  return byte;
}

static void skip_space(struct source* source) {
  while (peek(source) != EOF && isspace(peek(source))) take(source);
}

struct target {
  int secure;
  int wide_format;
  int suppressed;
  int size;  // bytes of an integer
  int wide;  // text
  int narrow;
  size_t width;
};

struct arguments {
  va_list list;
};

static int store_text(struct arguments* arguments, const struct target* target, const char* text,
                      size_t count, int with_null, int wide_default) {
  if (target->suppressed) return 1;
  void* const to = va_arg(arguments->list, void*);
  const size_t room = target->secure ? va_arg(arguments->list, unsigned) : SIZE_MAX;
  const int wide = target->wide || (wide_default && !target->narrow);
  const size_t length = wide ? fltsim_widen(NULL, 0, text, count) : count;
  if (length + (with_null ? 1 : 0) > room) {
    if (room != 0) {
      if (wide) {
        *(wchar_t*)to = 0;
      } else {
        *(char*)to = 0;
      }
    }
    return 0;
  }
  if (wide) {
    fltsim_widen(to, length, text, count);
    if (with_null) ((wchar_t*)to)[length] = 0;
  } else {
    memcpy(to, text, count);
    if (with_null) ((char*)to)[count] = 0;
  }
  return 1;
}

static void store_integer(struct arguments* arguments, const struct target* target, uint64_t value) {
  if (target->suppressed) return;
  void* const to = va_arg(arguments->list, void*);
  memcpy(to, &value, (size_t)target->size);
}

// 1: stored; 0: no number is there; -1: the input has ended.
static int scan_integer(struct source* source, struct arguments* arguments, const struct target* target,
                        int base) {
  char digits[72];
  size_t count = 0;
  skip_space(source);
  if (peek(source) == EOF) return -1;
  size_t width =
      target->width != 0 && target->width < sizeof(digits) - 1 ? target->width : sizeof(digits) - 1;
  if (width > 0 && (peek(source) == '+' || peek(source) == '-')) {
    digits[count++] = (char)take(source);
    --width;
  }
  int any = 0;
  if (width > 0 && peek(source) == '0' && (base == 0 || base == 16)) {
    digits[count++] = (char)take(source);
    --width;
    any = 1;
    if (width > 0 && (peek(source) == 'x' || peek(source) == 'X')) {
      take(source);
      --width;
      base = 16;
    } else if (base == 0) {
      base = 8;
    }
  }
  if (base == 0) base = 10;
  for (; width > 0; --width) {
    const int c = peek(source);
    const int digit = isdigit(c) ? c - '0' : isxdigit(c) ? (c | 0x20) - 'a' + 10 : 99;
    if (c == EOF || digit >= base) break;
    digits[count++] = (char)take(source);
    any = 1;
  }
  if (!any) return 0;
  digits[count] = 0;
  const uint64_t value =
      digits[0] == '-' ? (uint64_t)_strtoi64(digits, NULL, base) : _strtoui64(digits, NULL, base);
  store_integer(arguments, target, value);
  return 1;
}

static int scan_float(struct source* source, struct arguments* arguments, const struct target* target) {
  char text[128];
  size_t count = 0;
  skip_space(source);
  if (peek(source) == EOF) return -1;
  while (count < sizeof(text) - 1 && (target->width == 0 || count < target->width)) {
    const int c = peek(source);
    if (!isdigit(c) && c != '+' && c != '-' && c != '.' && c != 'e' && c != 'E') break;
    text[count++] = (char)take(source);
  }
  text[count] = 0;
  char* end = NULL;
  const double value = strtod(text, &end);
  if (end == text) return 0;
  if (!target->suppressed) {
    if (target->size == 8) {
      *va_arg(arguments->list, double*) = value;
    } else {
      *va_arg(arguments->list, float*) = (float)value;
    }
  }
  return 1;
}

static int in_set(const char* set, size_t size, int c) {
  const int negated = size > 0 && set[0] == '^';
  for (size_t i = negated ? 1 : 0; i < size; ++i) {
    if (i + 2 < size && set[i + 1] == '-') {
      if (c >= (unsigned char)set[i] && c <= (unsigned char)set[i + 2]) return !negated;
      i += 2;
    } else if (c == (unsigned char)set[i]) {
      return !negated;
    }
  }
  return negated;
}

// A run of bytes that `accept` takes; the set is given for %[.
static int scan_text(struct source* source, struct arguments* arguments, const struct target* target,
                     char conversion, const char* set, size_t set_size) {
  const int is_char = conversion == 'c' || conversion == 'C';
  if (conversion == 's' || conversion == 'S') skip_space(source);
  if (peek(source) == EOF) return -1;
  size_t limit = target->width != 0 ? target->width : is_char ? 1 : SIZE_MAX;
  size_t room = 256;
  size_t count = 0;
  char* text = malloc(room);
  while (text != NULL && count < limit) {
    const int c = peek(source);
    if (c == EOF) break;
    if (set != NULL ? !in_set(set, set_size, c) : !is_char && isspace(c)) break;
    if (count == room) text = realloc(text, room *= 2);
    if (text != NULL) text[count++] = (char)take(source);
  }
  int result = 0;
  if (text != NULL && (count != 0) && (!is_char || count == limit || target->width == 0)) {
    const int wide_default =
        conversion == 'S' || conversion == 'C' ? !target->wide_format : target->wide_format;
    result = store_text(arguments, target, text, count, !is_char, wide_default);
  }
  free(text);
  return result;
}

static const char* parse_target(const char* at, struct target* target) {
  target->size = 4;
  if (*at == '*') {
    target->suppressed = 1;
    ++at;
  }
  for (; isdigit((unsigned char)*at); ++at) target->width = target->width * 10 + (size_t)(*at - '0');
  for (;; ++at) {
    if (*at == 'h') {
      target->size = target->size == 2 ? 1 : 2;
      target->narrow = 1;
    } else if (*at == 'l') {
      if (target->wide || at[1] == 'f' || at[1] == 'g' || at[1] == 'e') target->size = 8;
      target->wide = 1;
    } else if (*at == 'w') {
      target->wide = 1;
    } else if (*at == 'L' || *at == 'j' || *at == 'z' || *at == 't') {
      target->size = 8;
    } else if (*at == 'I') {
      target->size = 8;
      if (at[1] == '6' && at[2] == '4') at += 2;
      if (at[1] == '3' && at[2] == '2') {
        target->size = 4;
        at += 2;
      }
    } else {
      return at;
    }
  }
}

static int scan(struct source* source, const char* format, struct arguments* arguments, int secure,
                int wide_format) {
  int stored = 0;
  for (const char* at = format; *at != 0; ++at) {
    if (isspace((unsigned char)*at)) {
      skip_space(source);
      continue;
    }
    if (*at != '%' || at[1] == '%') {
      if (*at == '%') ++at;
      if (peek(source) == EOF) return stored == 0 ? EOF : stored;
      if (peek(source) != (unsigned char)*at) return stored;
      take(source);
      continue;
    }
    struct target target = {secure, wide_format, 0, 4, 0, 0, 0};
    at = parse_target(at + 1, &target);
    int result = 0;
    switch (*at) {
      case 'd':
      case 'u':
        result = scan_integer(source, arguments, &target, 10);
        break;
      case 'i':
        result = scan_integer(source, arguments, &target, 0);
        break;
      case 'p':
        target.size = 8;
        result = scan_integer(source, arguments, &target, 16);
        break;
      case 'x':
      case 'X':
        result = scan_integer(source, arguments, &target, 16);
        break;
      case 'o':
        result = scan_integer(source, arguments, &target, 8);
        break;
      case 'e':
      case 'f':
      case 'g':
        result = scan_float(source, arguments, &target);
        break;
      case 'n':
        store_integer(arguments, &target, source->read);
        continue;
      case '[': {
        const char* const set = ++at;
        if (*at == '^') ++at;
        if (*at == ']') ++at;
        while (*at != 0 && *at != ']') ++at;
        if (*at == 0) return stored;
        result = scan_text(source, arguments, &target, '[', set, (size_t)(at - set));
        break;
      }
      case 'c':
      case 's':
      case 'C':
      case 'S':
        result = scan_text(source, arguments, &target, *at, NULL, 0);
        break;
      default:
        return stored;
    }
    if (result < 0) return stored == 0 ? EOF : stored;
    if (result == 0) return stored;
    if (!target.suppressed) ++stored;
  }
  return stored;
}

static int scan_from(FILE* file, const char* text, const char* format, va_list list, int secure,
                     int wide_format) {
  struct source source = {file, text, -2, 0};
  struct arguments arguments;
  va_copy(arguments.list, list);
  const int stored = scan(&source, format, &arguments, secure, wide_format);
  va_end(arguments.list);
  if (file != NULL && source.peeked >= 0) ungetc(source.peeked, file);
  return stored;
}

static char* narrowed(const wchar_t* text) {
  const size_t length = wcslen(text);
  const size_t size = fltsim_narrow(NULL, 0, text, length);
  char* const bytes = malloc(size + 1);
  if (bytes != NULL) {
    fltsim_narrow(bytes, size, text, length);
    bytes[size] = 0;
  }
  return bytes;
}

static int scan_wide(FILE* file, const wchar_t* text, const wchar_t* format, va_list list, int secure) {
  char* const narrow_format = narrowed(format);
  char* const narrow_text = text != NULL ? narrowed(text) : NULL;
  const int stored =
      narrow_format == NULL ? EOF : scan_from(file, narrow_text, narrow_format, list, secure, 1);
  free(narrow_format);
  free(narrow_text);
  return stored;
}

#define SCAN(name, parameters, ...) \
  int name parameters {             \
    va_list arguments;              \
    va_start(arguments, format);    \
    const int stored = __VA_ARGS__; \
    va_end(arguments);              \
    return stored;                  \
  }

SCAN(scanf, (const char* format, ...), scan_from(stdin, NULL, format, arguments, 0, 0))
SCAN(scanf_s, (const char* format, ...), scan_from(stdin, NULL, format, arguments, 1, 0))
SCAN(fscanf, (FILE * file, const char* format, ...), scan_from(file, NULL, format, arguments, 0, 0))
SCAN(fscanf_s, (FILE * file, const char* format, ...), scan_from(file, NULL, format, arguments, 1, 0))
SCAN(sscanf, (const char* text, const char* format, ...), scan_from(NULL, text, format, arguments, 0, 0))
SCAN(sscanf_s, (const char* text, const char* format, ...), scan_from(NULL, text, format, arguments, 1, 0))
SCAN(wscanf_s, (const wchar_t* format, ...), scan_wide(stdin, NULL, format, arguments, 1))
SCAN(swscanf, (const wchar_t* text, const wchar_t* format, ...), scan_wide(NULL, text, format, arguments, 0))
SCAN(swscanf_s, (const wchar_t* text, const wchar_t* format, ...),
     scan_wide(NULL, text, format, arguments, 1))

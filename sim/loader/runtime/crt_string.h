// The string functions for one kind of character. Included twice, by crt_narrow.c and crt_wide.c, which
// define UNIT (the character), UNIT_ARGUMENT (how one is passed), UNSIGNED (for comparisons) and the function
// names.

static UNIT lower_of(UNIT unit) { return unit >= 'A' && unit <= 'Z' ? (UNIT)(unit + ('a' - 'A')) : unit; }
static UNIT upper_of(UNIT unit) { return unit >= 'a' && unit <= 'z' ? (UNIT)(unit - ('a' - 'A')) : unit; }

static int contains(const UNIT* set, UNIT unit) {
  for (; *set != 0; ++set) {
    if (*set == unit) return 1;
  }
  return 0;
}

size_t STRLEN(const UNIT* text) {
  size_t length = 0;
  while (text[length] != 0) ++length;
  return length;
}

size_t STRNLEN(const UNIT* text, size_t max) {
  size_t length = 0;
  while (length < max && text[length] != 0) ++length;
  return length;
}

size_t STRNLEN_S(const UNIT* text, size_t max) { return text == NULL ? 0 : STRNLEN(text, max); }

UNIT* STRCPY(UNIT* to, const UNIT* from) {
  UNIT* const begin = to;
  while ((*to++ = *from++) != 0) {
  }
  return begin;
}

UNIT* STRNCPY(UNIT* to, const UNIT* from, size_t count) {
  size_t i = 0;
  for (; i < count && from[i] != 0; ++i) to[i] = from[i];
  for (; i < count; ++i) to[i] = 0;
  return to;
}

UNIT* STRCAT(UNIT* to, const UNIT* from) {
  STRCPY(to + STRLEN(to), from);
  return to;
}

UNIT* STRNCAT(UNIT* to, const UNIT* from, size_t count) {
  UNIT* end = to + STRLEN(to);
  for (; count != 0 && *from != 0; --count) *end++ = *from++;
  *end = 0;
  return to;
}

int STRNCMP(const UNIT* left, const UNIT* right, size_t count) {
  for (; count != 0; --count, ++left, ++right) {
    if (*left != *right) return (UNSIGNED)*left < (UNSIGNED)*right ? -1 : 1;
    if (*left == 0) return 0;
  }
  return 0;
}

int STRCMP(const UNIT* left, const UNIT* right) { return STRNCMP(left, right, (size_t)-1); }

int STRNICMP(const UNIT* left, const UNIT* right, size_t count) {
  for (; count != 0; --count, ++left, ++right) {
    const UNSIGNED l = (UNSIGNED)lower_of(*left);
    const UNSIGNED r = (UNSIGNED)lower_of(*right);
    if (l != r) return (int)l - (int)r;
    if (l == 0) return 0;
  }
  return 0;
}

int STRICMP(const UNIT* left, const UNIT* right) { return STRNICMP(left, right, (size_t)-1); }

UNIT* STRCHR(const UNIT* text, UNIT_ARGUMENT unit) {
  for (;; ++text) {
    if (*text == (UNIT)unit) return (UNIT*)text;
    if (*text == 0) return NULL;
  }
}

UNIT* STRRCHR(const UNIT* text, UNIT_ARGUMENT unit) {
  const UNIT* found = NULL;
  for (;; ++text) {
    if (*text == (UNIT)unit) found = text;
    if (*text == 0) return (UNIT*)found;
  }
}

UNIT* STRSTR(const UNIT* text, const UNIT* part) {
  const size_t length = STRLEN(part);
  if (length == 0) return (UNIT*)text;
  for (; *text != 0; ++text) {
    if (STRNCMP(text, part, length) == 0) return (UNIT*)text;
  }
  return NULL;
}

size_t STRSPN(const UNIT* text, const UNIT* set) {
  size_t length = 0;
  while (text[length] != 0 && contains(set, text[length])) ++length;
  return length;
}

size_t STRCSPN(const UNIT* text, const UNIT* set) {
  size_t length = 0;
  while (text[length] != 0 && !contains(set, text[length])) ++length;
  return length;
}

UNIT* STRPBRK(const UNIT* text, const UNIT* set) {
  text += STRCSPN(text, set);
  return *text != 0 ? (UNIT*)text : NULL;
}

UNIT* STRTOK_S(UNIT* text, const UNIT* delimiters, UNIT** context) {
  if (text == NULL) text = *context;
  text += STRSPN(text, delimiters);
  UNIT* const end = text + STRCSPN(text, delimiters);
  *context = *end != 0 ? end + 1 : end;
  if (end == text) return NULL;
  *end = 0;
  return text;
}

UNIT* STRUPR(UNIT* text) {
  for (UNIT* unit = text; *unit != 0; ++unit) *unit = upper_of(*unit);
  return text;
}

UNIT* STRLWR(UNIT* text) {
  for (UNIT* unit = text; *unit != 0; ++unit) *unit = lower_of(*unit);
  return text;
}

UNIT* STRREV(UNIT* text) {
  const size_t length = STRLEN(text);
  for (size_t i = 0; i < length / 2; ++i) {
    const UNIT unit = text[i];
    text[i] = text[length - 1 - i];
    text[length - 1 - i] = unit;
  }
  return text;
}

// On failure the target is empty.
static errno_t append(UNIT* to, size_t size, size_t at, const UNIT* from, size_t count) {
  const size_t length = STRNLEN(from, count);
  if (size - at > length) {
    for (size_t i = 0; i < length; ++i) to[at + i] = from[i];
    to[at + length] = 0;
    return 0;
  }
  if (count != _TRUNCATE) {
    to[0] = 0;
    return ERANGE;
  }
  for (; at + 1 < size; ++at) to[at] = *from++;
  to[size - 1] = 0;
  return STRUNCATE;
}

errno_t STRNCPY_S(UNIT* to, size_t size, const UNIT* from, size_t count) {
  if (to == NULL || size == 0) return EINVAL;
  if (from == NULL) {
    to[0] = 0;
    return EINVAL;
  }
  return append(to, size, 0, from, count);
}

errno_t STRCPY_S(UNIT* to, size_t size, const UNIT* from) { return STRNCPY_S(to, size, from, (size_t)-2); }

errno_t STRNCAT_S(UNIT* to, size_t size, const UNIT* from, size_t count) {
  if (to == NULL || size == 0) return EINVAL;
  const size_t at = STRNLEN(to, size);
  if (from == NULL || at == size) {
    to[0] = 0;
    return EINVAL;
  }
  return append(to, size, at, from, count);
}

errno_t STRCAT_S(UNIT* to, size_t size, const UNIT* from) { return STRNCAT_S(to, size, from, (size_t)-2); }

// --- numbers ---

static int digit_of(UNIT unit) {
  if (unit >= '0' && unit <= '9') return unit - '0';
  unit = lower_of(unit);
  return unit >= 'a' && unit <= 'z' ? unit - 'a' + 10 : 36;
}

// The magnitude stops at `max`, with *overflow set.
static unsigned long long scan(const UNIT* text, UNIT** end, int base, unsigned long long max, int* negative,
                               int* overflow) {
  const UNIT* at = text;
  while (*at == ' ' || (*at >= '\t' && *at <= '\r')) ++at;
  *negative = *at == '-';
  if (*at == '-' || *at == '+') ++at;
  const int has_prefix = at[0] == '0' && lower_of(at[1]) == 'x' && digit_of(at[2]) < 16;
  if ((base == 0 || base == 16) && has_prefix) {
    at += 2;
    base = 16;
  }
  if (base == 0) base = *at == '0' ? 8 : 10;
  const UNIT* const digits = at;
  unsigned long long value = 0;
  *overflow = 0;
  for (int digit; (digit = digit_of(*at)) < base; ++at) {
    if (value > (max - (unsigned)digit) / (unsigned)base) *overflow = 1;
    value = value * (unsigned)base + (unsigned)digit;
  }
  if (end != NULL) *end = (UNIT*)(at == digits ? text : at);
  return *overflow ? max : value;
}

long long STRTOI64(const UNIT* text, UNIT** end, int base) {
  int negative;
  int overflow;
  const unsigned long long value = scan(text, end, base, 1ull << 63, &negative, &overflow);
  if (negative) return (long long)(0 - value);
  return value >> 63 ? (long long)((1ull << 63) - 1) : (long long)value;
}

unsigned long long STRTOUI64(const UNIT* text, UNIT** end, int base) {
  int negative;
  int overflow;
  const unsigned long long value = scan(text, end, base, ~0ull, &negative, &overflow);
  return negative && !overflow ? 0 - value : value;
}

int STRTOL(const UNIT* text, UNIT** end, int base) {
  const long long value = STRTOI64(text, end, base);
  return value > 0x7fffffff ? 0x7fffffff : value < -0x80000000ll ? (int)0x80000000 : (int)value;
}

unsigned STRTOUL(const UNIT* text, UNIT** end, int base) {
  int negative;
  int overflow;
  const unsigned long long value = scan(text, end, base, 0xffffffffull, &negative, &overflow);
  return negative && !overflow ? 0u - (unsigned)value : (unsigned)value;
}

int ATOI(const UNIT* text) { return STRTOL(text, NULL, 10); }
long long ATOI64(const UNIT* text) { return STRTOI64(text, NULL, 10); }

UNIT* ULTOA(unsigned value, UNIT* to, int base) {
  UNIT* at = to;
  do {
    const unsigned digit = value % (unsigned)base;
    *at++ = (UNIT)(digit < 10 ? '0' + digit : 'a' + digit - 10);
    value /= (unsigned)base;
  } while (value != 0);
  *at = 0;
  return STRREV(to);
}

UNIT* ITOA(int value, UNIT* to, int base) {
  if (value >= 0 || base != 10) return ULTOA((unsigned)value, to, base);
  to[0] = '-';
  ULTOA(0u - (unsigned)value, to + 1, base);
  return to;
}

// Digits of any base from 2 to 36, with a sign for base 10 alone. Returns the count.
static size_t digits_of(unsigned long long value, int is_negative, UNIT* to, int base) {
  size_t length = 0;
  do {
    const unsigned digit = (unsigned)(value % (unsigned)base);
    to[length++] = (UNIT)(digit < 10 ? '0' + digit : 'a' + digit - 10);
    value /= (unsigned)base;
  } while (value != 0);
  if (is_negative) to[length++] = '-';
  to[length] = 0;
  STRREV(to);
  return length;
}

static UNIT* put_number(unsigned long long value, int is_negative, UNIT* to, int base) {
  digits_of(value, is_negative, to, base);
  return to;
}

static errno_t put_number_s(unsigned long long value, int is_negative, UNIT* to, size_t size, int base) {
  UNIT digits[72];
  if (to == NULL || size == 0) return EINVAL;
  to[0] = 0;
  if (base < 2 || base > 36) return EINVAL;
  const size_t length = digits_of(value, is_negative, digits, base);
  if (length >= size) return ERANGE;
  STRCPY(to, digits);
  return 0;
}

#define NEGATIVE(value, base) ((base) == 10 && (value) < 0)
UNIT* I64TOA(long long value, UNIT* to, int base) {
  return put_number(NEGATIVE(value, base) ? 0ull - (unsigned long long)value : (unsigned long long)value,
                    NEGATIVE(value, base), to, base);
}
UNIT* UI64TOA(unsigned long long value, UNIT* to, int base) { return put_number(value, 0, to, base); }
errno_t I64TOA_S(long long value, UNIT* to, size_t size, int base) {
  return put_number_s(NEGATIVE(value, base) ? 0ull - (unsigned long long)value : (unsigned long long)value,
                      NEGATIVE(value, base), to, size, base);
}
errno_t UI64TOA_S(unsigned long long value, UNIT* to, size_t size, int base) {
  return put_number_s(value, 0, to, size, base);
}
errno_t ITOA_S(int value, UNIT* to, size_t size, int base) {
  return put_number_s(NEGATIVE(value, base) ? 0u - (unsigned)value : (unsigned)value, NEGATIVE(value, base),
                      to, size, base);
}
errno_t ULTOA_S(unsigned value, UNIT* to, size_t size, int base) {
  return put_number_s(value, 0, to, size, base);
}

// --- filling ---

UNIT* STRNSET(UNIT* text, UNIT_ARGUMENT unit, size_t count) {
  for (size_t i = 0; i < count && text[i] != 0; ++i) text[i] = (UNIT)unit;
  return text;
}
UNIT* STRSET(UNIT* text, UNIT_ARGUMENT unit) { return STRNSET(text, unit, (size_t)-1); }

// --- the printf family ---

// Without a size the caller vouches for the room. The forms with `count` end in a null only when there is
// room, and return -1 when the text was longer; the _s forms always end in one.

static int limited(UNIT* to, size_t count, const UNIT* format, va_list arguments) {
  const size_t length = FORMAT(to, count, format, arguments);
  if (length < count) to[length] = 0;
  return length <= count ? (int)length : -1;
}

int VSNPRINTF(UNIT* to, size_t count, const UNIT* format, va_list arguments) {
  return limited(to, count, format, arguments);
}

int SNPRINTF(UNIT* to, size_t count, const UNIT* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = limited(to, count, format, arguments);
  va_end(arguments);
  return length;
}

int VSNPRINTF_S(UNIT* to, size_t size, size_t count, const UNIT* format, va_list arguments) {
  if (to == NULL || size == 0 || format == NULL) return -1;
  const size_t room = count < size - 1 ? count : size - 1;
  const size_t length = FORMAT(to, room, format, arguments);
  to[length < room ? length : room] = 0;
  if (length <= room) return (int)length;
  if (count != _TRUNCATE && count >= size) to[0] = 0;
  return -1;
}

int SNPRINTF_S(UNIT* to, size_t size, size_t count, const UNIT* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = VSNPRINTF_S(to, size, count, format, arguments);
  va_end(arguments);
  return length;
}

int VSPRINTF_S(UNIT* to, size_t size, const UNIT* format, va_list arguments) {
  return VSNPRINTF_S(to, size, size, format, arguments);
}

int SPRINTF_S(UNIT* to, size_t size, const UNIT* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int length = VSPRINTF_S(to, size, format, arguments);
  va_end(arguments);
  return length;
}

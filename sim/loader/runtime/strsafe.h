// ntstrsafe for one kind of character. Included twice, by strsafe_narrow.c and strsafe_wide.c, which define
// UNIT, FORMAT and NAME(prefix, name), which puts RtlString, the prefix, the name and the kind of character
// together.

static int is_size(size_t size) { return size != 0 && size <= NTSTRSAFE_MAX_CCH; }

static size_t length_within(const UNIT* text, size_t max) {
  size_t length = 0;
  while (length < max && text[length] != 0) ++length;
  return length;
}

// What an Ex form does at its end: `length` characters are in the target. The results count characters.
static NTSTATUS finish(UNIT* to, size_t size, size_t length, NTSTATUS status, UNIT** end, size_t* remaining,
                       ULONG flags) {
  if (NT_SUCCESS(status) && (flags & STRSAFE_FILL_BEHIND_NULL) != 0 && size > length + 1) {
    memset(to + length + 1, (int)(flags & 0xff), (size - length - 1) * sizeof(UNIT));
  }
  if (!NT_SUCCESS(status) && is_size(size)) {
    if ((flags & STRSAFE_FILL_ON_FAILURE) != 0) {
      memset(to, (int)(flags & 0xff), size * sizeof(UNIT));
      to[size - 1] = 0;
      length = (flags & 0xff) == 0 ? 0 : size - 1;
    }
    if ((flags & STRSAFE_NULL_ON_FAILURE) != 0) {
      to[0] = 0;
      length = 0;
    }
  }
  if (end != NULL) *end = to + length;
  if (remaining != NULL) *remaining = size - length;
  return status;
}

// Copies behind the first `at` characters.
static NTSTATUS copy_behind(UNIT* to, size_t size, size_t at, const UNIT* from, size_t count, size_t* length,
                            ULONG flags) {
  size_t i = 0;
  for (; i < count && from[i] != 0; ++i) {
    if (at + i + 1 >= size) {
      if ((flags & STRSAFE_NO_TRUNCATION) != 0) i = 0;
      to[at + i] = 0;
      *length = at + i;
      return STATUS_BUFFER_OVERFLOW;
    }
    to[at + i] = from[i];
  }
  to[at + i] = 0;
  *length = at + i;
  return STATUS_SUCCESS;
}

static NTSTATUS copy(UNIT* to, size_t size, const UNIT* from, size_t count, UNIT** end, size_t* remaining,
                     ULONG flags) {
  static const UNIT nothing[] = {0};
  if (!is_size(size) || count > NTSTRSAFE_MAX_CCH || (flags & ~STRSAFE_VALID_FLAGS) != 0)
    return STATUS_INVALID_PARAMETER;
  if (from == NULL && (flags & STRSAFE_IGNORE_NULLS) != 0) from = nothing;
  size_t length = 0;
  const NTSTATUS status = copy_behind(to, size, 0, from, count, &length, flags);
  return finish(to, size, length, status, end, remaining, flags);
}

static NTSTATUS cat(UNIT* to, size_t size, const UNIT* from, size_t count, UNIT** end, size_t* remaining,
                    ULONG flags) {
  static const UNIT nothing[] = {0};
  if (!is_size(size) || count > NTSTRSAFE_MAX_CCH || (flags & ~STRSAFE_VALID_FLAGS) != 0)
    return STATUS_INVALID_PARAMETER;
  if (from == NULL && (flags & STRSAFE_IGNORE_NULLS) != 0) from = nothing;
  size_t length = length_within(to, size);
  if (length == size) return finish(to, size, size - 1, STATUS_INVALID_PARAMETER, end, remaining, flags);
  const NTSTATUS status = copy_behind(to, size, length, from, count, &length, flags);
  return finish(to, size, length, status, end, remaining, flags);
}

static NTSTATUS print(UNIT* to, size_t size, UNIT** end, size_t* remaining, ULONG flags, const UNIT* format,
                      va_list arguments) {
  if (!is_size(size) || (flags & ~STRSAFE_VALID_FLAGS) != 0) return STATUS_INVALID_PARAMETER;
  size_t length = 0;
  if (format != NULL || (flags & STRSAFE_IGNORE_NULLS) == 0) length = FORMAT(to, size - 1, format, arguments);
  const NTSTATUS status = length < size ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW;
  if (length >= size) length = (flags & STRSAFE_NO_TRUNCATION) != 0 ? 0 : size - 1;
  to[length] = 0;
  return finish(to, size, length, status, end, remaining, flags);
}

static NTSTATUS measure(const UNIT* text, size_t max, size_t* length) {
  if (length != NULL) *length = 0;
  if (text == NULL || max > NTSTRSAFE_MAX_CCH) return STATUS_INVALID_PARAMETER;
  const size_t found = length_within(text, max);
  if (found == max) return STATUS_INVALID_PARAMETER;
  if (length != NULL) *length = found;
  return STATUS_SUCCESS;
}

#define ALL ((size_t)NTSTRSAFE_MAX_CCH)

// PREFIX counts in units of SCALE to the character.
#define DEFINE_FAMILY(PREFIX, SCALE)                                                                     \
  NTSTATUS NAME(PREFIX, Length)(const UNIT* text, size_t max, size_t* length) {                          \
    const NTSTATUS status = measure(text, max / (SCALE), length);                                        \
    if (length != NULL) *length *= (SCALE);                                                              \
    return status;                                                                                       \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, CopyNEx)(UNIT * to, size_t size, const UNIT* from, size_t count, UNIT** end,     \
                                 size_t* remaining, ULONG flags) {                                       \
    const NTSTATUS status = copy(to, size / (SCALE), from, count / (SCALE), end, remaining, flags);      \
    if (remaining != NULL && status != STATUS_INVALID_PARAMETER) *remaining *= (SCALE);                  \
    return status;                                                                                       \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, CatNEx)(UNIT * to, size_t size, const UNIT* from, size_t count, UNIT** end,      \
                                size_t* remaining, ULONG flags) {                                        \
    const NTSTATUS status = cat(to, size / (SCALE), from, count / (SCALE), end, remaining, flags);       \
    if (remaining != NULL && status != STATUS_INVALID_PARAMETER) *remaining *= (SCALE);                  \
    return status;                                                                                       \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, VPrintfEx)(UNIT * to, size_t size, UNIT * *end, size_t * remaining, ULONG flags, \
                                   const UNIT* format, va_list arguments) {                              \
    const NTSTATUS status = print(to, size / (SCALE), end, remaining, flags, format, arguments);         \
    if (remaining != NULL && status != STATUS_INVALID_PARAMETER) *remaining *= (SCALE);                  \
    return status;                                                                                       \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, CopyEx)(UNIT * to, size_t size, const UNIT* from, UNIT** end, size_t* remaining, \
                                ULONG flags) {                                                           \
    return NAME(PREFIX, CopyNEx)(to, size, from, ALL * (SCALE), end, remaining, flags);                  \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, CopyN)(UNIT * to, size_t size, const UNIT* from, size_t count) {                 \
    return copy(to, size / (SCALE), from, count / (SCALE), NULL, NULL, 0);                               \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, Copy)(UNIT * to, size_t size, const UNIT* from) {                                \
    return copy(to, size / (SCALE), from, ALL, NULL, NULL, 0);                                           \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, CatEx)(UNIT * to, size_t size, const UNIT* from, UNIT** end, size_t* remaining,  \
                               ULONG flags) {                                                            \
    return NAME(PREFIX, CatNEx)(to, size, from, ALL * (SCALE), end, remaining, flags);                   \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, CatN)(UNIT * to, size_t size, const UNIT* from, size_t count) {                  \
    return cat(to, size / (SCALE), from, count / (SCALE), NULL, NULL, 0);                                \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, Cat)(UNIT * to, size_t size, const UNIT* from) {                                 \
    return cat(to, size / (SCALE), from, ALL, NULL, NULL, 0);                                            \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, VPrintf)(UNIT * to, size_t size, const UNIT* format, va_list arguments) {        \
    return print(to, size / (SCALE), NULL, NULL, 0, format, arguments);                                  \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, Printf)(UNIT * to, size_t size, const UNIT* format, ...) {                       \
    va_list arguments;                                                                                   \
    va_start(arguments, format);                                                                         \
    const NTSTATUS status = print(to, size / (SCALE), NULL, NULL, 0, format, arguments);                 \
    va_end(arguments);                                                                                   \
    return status;                                                                                       \
  }                                                                                                      \
  NTSTATUS NAME(PREFIX, PrintfEx)(UNIT * to, size_t size, UNIT * *end, size_t * remaining, ULONG flags,  \
                                  const UNIT* format, ...) {                                             \
    va_list arguments;                                                                                   \
    va_start(arguments, format);                                                                         \
    const NTSTATUS status = NAME(PREFIX, VPrintfEx)(to, size, end, remaining, flags, format, arguments); \
    va_end(arguments);                                                                                   \
    return status;                                                                                       \
  }

DEFINE_FAMILY(Cb, sizeof(UNIT))
DEFINE_FAMILY(Cch, 1)

// Files and the console of the C runtime, over CreateFile, ReadFile and WriteFile: what a program writes to a file goes
// through the filters in blocks, as on Windows.
#include <conio.h>
#include <errno.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

#include "../../loader/runtime/crt_format.h"
#include "runtime.h"

#define BLOCK 4096

enum {
  kRead = 1,
  kWrite = 2,
  kAppend = 4,
  kText = 8,
  kEnd = 16,
  kError = 32,
  kConsole = 64,
  kWriting = 128
};

struct fltsim_file {
  HANDLE handle;
  int number;  // of its descriptor
  int flags;
  SRWLOCK lock;
  int unread;  // what ungetc has put back; -1: nothing
  char* buffer;
  size_t at;          // the next byte of what was read
  size_t size;        // what is in the buffer: read ahead, or still to be written
  wchar_t surrogate;  // the second half of a pair that fgetwc has begun
  struct fltsim_file* next;
};

static struct fltsim_file standard[3];
static struct fltsim_file* open_files;
static SRWLOCK list_lock = SRWLOCK_INIT;
static int last_number = 2;

FILE* fltsim_standard_file(int number) {
  struct fltsim_file* const file = &standard[number];
  if (file->handle == NULL) {
    file->handle = GetStdHandle(STD_INPUT_HANDLE - (DWORD)number);
    file->number = number;
    file->unread = -1;
    file->flags = kConsole | kText | (number == 0 ? kRead : kWrite);
  }
  return file;
}

static int fail(FILE* file) {
  file->flags |= kError;
  const DWORD error = GetLastError();
  errno = error == ERROR_ACCESS_DENIED ? EACCES : error == ERROR_INVALID_HANDLE ? EBADF : EIO;
  return EOF;
}

// --- blocks ---

static int write_all(FILE* file, const char* bytes, size_t size) {
  while (size != 0) {
    DWORD written = 0;
    if (!WriteFile(file->handle, bytes, (DWORD)size, &written, NULL) || written == 0) return fail(file);
    bytes += written;
    size -= written;
  }
  return 0;
}

static int flush(FILE* file) {
  if ((file->flags & kWriting) == 0) return 0;
  file->flags &= ~kWriting;
  const size_t size = file->size;
  file->at = file->size = 0;
  return write_all(file, file->buffer, size);
}

// What was read ahead is given back, so that the handle stands where the program is.
static void forget_read_ahead(FILE* file) {
  if ((file->flags & kWriting) == 0 && file->size > file->at) {
    LARGE_INTEGER back;
    back.QuadPart = -(LONGLONG)(file->size - file->at);
    SetFilePointerEx(file->handle, back, NULL, FILE_CURRENT);
  }
  if ((file->flags & kWriting) == 0) file->at = file->size = 0;
  file->unread = -1;
}

static int has_buffer(FILE* file) {
  if (file->buffer == NULL) file->buffer = malloc(BLOCK);
  return file->buffer != NULL;
}

static int put_byte(FILE* file, char byte) {
  if ((file->flags & kWriting) == 0) {
    forget_read_ahead(file);
    file->flags |= kWriting;
  }
  if (file->size == BLOCK) {
    if (flush(file) != 0) return EOF;
    file->flags |= kWriting;
  }
  file->buffer[file->size++] = byte;
  return 0;
}

static int put_bytes(FILE* file, const char* bytes, size_t size) {
  if ((file->flags & kWrite) == 0) {
    errno = EBADF;
    file->flags |= kError;
    return EOF;
  }
  // The console has each call's text at once.
  if ((file->flags & kConsole) != 0) return write_all(file, bytes, size);
  if (!has_buffer(file)) return EOF;
  for (; size != 0; --size, ++bytes) {
    if (*bytes == '\n' && (file->flags & kText) != 0 && put_byte(file, '\r') != 0) return EOF;
    if (put_byte(file, *bytes) != 0) return EOF;
  }
  return 0;
}

static int next_byte(FILE* file) {
  if (file->at == file->size) {
    DWORD count = 0;
    file->at = file->size = 0;
    if (!ReadFile(file->handle, file->buffer, BLOCK, &count, NULL)) return fail(file);
    if (count == 0) {
      file->flags |= kEnd;
      return EOF;
    }
    file->size = count;
  }
  return (unsigned char)file->buffer[file->at++];
}

static int get_byte(FILE* file) {
  if (file->unread >= 0) {
    const int byte = file->unread;
    file->unread = -1;
    return byte;
  }
  if ((file->flags & kRead) == 0) {
    errno = EBADF;
    file->flags |= kError;
    return EOF;
  }
  if (!has_buffer(file) || flush(file) != 0) return EOF;
  int byte = next_byte(file);
  if ((file->flags & kText) == 0) return byte;
  if (byte == 0x1a && (file->flags & kConsole) == 0) {  // Ctrl-Z ends a text
    file->flags |= kEnd;
    return EOF;
  }
  if (byte == '\r') {
    const int after = next_byte(file);
    if (after == '\n') return '\n';
    if (after != EOF) --file->at;
  }
  return byte;
}

// --- opening ---

static FILE* open_file(FILE* file, LPCWSTR path, const wchar_t* mode, DWORD share) {
  const int plus = wcschr(mode, '+') != NULL;
  DWORD access = plus ? GENERIC_READ | GENERIC_WRITE : mode[0] == 'r' ? GENERIC_READ : GENERIC_WRITE;
  DWORD disposition = mode[0] == 'r' ? OPEN_EXISTING : mode[0] == 'w' ? CREATE_ALWAYS : OPEN_ALWAYS;
  if (path == NULL || (mode[0] != 'r' && mode[0] != 'w' && mode[0] != 'a')) {
    errno = EINVAL;
    return NULL;
  }
  if (mode[0] == 'w' && wcschr(mode, 'x') != NULL) disposition = CREATE_NEW;
  if (mode[0] == 'a')
    access = (access & GENERIC_READ) | FILE_APPEND_DATA | SYNCHRONIZE | FILE_READ_ATTRIBUTES;
  const HANDLE handle = CreateFileW(path, access, share, NULL, disposition, FILE_ATTRIBUTE_NORMAL, NULL);
  if (handle == INVALID_HANDLE_VALUE) {
    const DWORD error = GetLastError();
    errno = error == ERROR_FILE_NOT_FOUND || error == ERROR_PATH_NOT_FOUND ? ENOENT
            : error == ERROR_FILE_EXISTS                                   ? EEXIST
            : error == ERROR_INVALID_NAME                                  ? EINVAL
                                                                           : EACCES;
    return NULL;
  }
  file->handle = handle;
  file->unread = -1;
  file->at = file->size = 0;
  file->flags = (plus || mode[0] == 'r' ? kRead : 0) | (plus || mode[0] != 'r' ? kWrite : 0) |
                (mode[0] == 'a' ? kAppend : 0) | (wcschr(mode, 'b') == NULL ? kText : 0);
  return file;
}

FILE* _wfsopen(const wchar_t* path, const wchar_t* mode, int share) {
  FILE* const file = calloc(1, sizeof(*file));
  if (file == NULL) return NULL;
  // _SH_DENYRW, _SH_DENYWR, _SH_DENYRD, _SH_DENYNO
  const DWORD shared = share == 0x10   ? 0
                       : share == 0x20 ? FILE_SHARE_READ
                       : share == 0x30 ? FILE_SHARE_WRITE
                                       : FILE_SHARE_READ | FILE_SHARE_WRITE;
  if (open_file(file, path, mode, shared) == NULL) {
    free(file);
    return NULL;
  }
  AcquireSRWLockExclusive(&list_lock);
  file->number = ++last_number;
  file->next = open_files;
  open_files = file;
  ReleaseSRWLockExclusive(&list_lock);
  return file;
}

static wchar_t* widened(const char* text, wchar_t* to, size_t room) {
  const size_t length = fltsim_widen(to, room - 1, text, strlen(text));
  to[length < room ? length : room - 1] = 0;
  return to;
}

FILE* _wfopen(const wchar_t* path, const wchar_t* mode) { return _wfsopen(path, mode, 0x40); }

FILE* _fsopen(const char* path, const char* mode, int share) {
  wchar_t wide_path[1024];
  wchar_t wide_mode[32];
  return _wfsopen(widened(path, wide_path, 1024), widened(mode, wide_mode, 32), share);
}

FILE* fopen(const char* path, const char* mode) { return _fsopen(path, mode, 0x40); }

errno_t fopen_s(FILE** file, const char* path, const char* mode) {
  if (file == NULL || path == NULL || mode == NULL) return EINVAL;
  *file = _fsopen(path, mode, 0x20);
  return *file != NULL ? 0 : errno;
}

errno_t _wfopen_s(FILE** file, const wchar_t* path, const wchar_t* mode) {
  if (file == NULL || path == NULL || mode == NULL) return EINVAL;
  *file = _wfsopen(path, mode, 0x20);
  return *file != NULL ? 0 : errno;
}

FILE* freopen(const char* path, const char* mode, FILE* file) {
  wchar_t wide_path[1024];
  wchar_t wide_mode[32];
  if (file != &standard[1] && file != &standard[2]) {
    errno = EINVAL;
    return NULL;
  }
  return open_file(file, widened(path, wide_path, 1024), widened(mode, wide_mode, 32),
                   FILE_SHARE_READ | FILE_SHARE_WRITE);
}

errno_t freopen_s(FILE** result, const char* path, const char* mode, FILE* file) {
  if (result == NULL) return EINVAL;
  *result = freopen(path, mode, file);
  return *result != NULL ? 0 : errno;
}

int fclose(FILE* file) {
  if (file == NULL) {
    errno = EINVAL;
    return EOF;
  }
  AcquireSRWLockExclusive(&file->lock);
  const int result = flush(file);
  if ((file->flags & kConsole) != 0) {
    ReleaseSRWLockExclusive(&file->lock);
    return result;
  }
  CloseHandle(file->handle);
  AcquireSRWLockExclusive(&list_lock);
  for (FILE** link = &open_files; *link != NULL; link = &(*link)->next) {
    if (*link == file) {
      *link = file->next;
      break;
    }
  }
  ReleaseSRWLockExclusive(&list_lock);
  ReleaseSRWLockExclusive(&file->lock);
  free(file->buffer);
  if (file < standard || file >= standard + 3) {
    free(file);
  } else {
    file->buffer = NULL;
    file->handle = NULL;
  }
  return result;
}

// Called at the end, when another thread may hold a lock for ever.
void fltsim_flush_all(void) {
  for (FILE* file = open_files; file != NULL; file = file->next) {
    if (TryAcquireSRWLockExclusive(&file->lock)) {
      flush(file);
      ReleaseSRWLockExclusive(&file->lock);
    }
  }
  for (int i = 1; i < 3; ++i) flush(&standard[i]);
}

int fflush(FILE* file) {
  if (file == NULL) {
    fltsim_flush_all();
    return 0;
  }
  AcquireSRWLockExclusive(&file->lock);
  const int result = flush(file);
  ReleaseSRWLockExclusive(&file->lock);
  return result;
}

// --- places ---

int _fseeki64(FILE* file, long long offset, int origin) {
  LARGE_INTEGER distance;
  distance.QuadPart = offset;
  AcquireSRWLockExclusive(&file->lock);
  int result = flush(file);
  forget_read_ahead(file);
  if (!SetFilePointerEx(file->handle, distance, NULL, (DWORD)origin)) {
    errno = EINVAL;
    result = -1;
  }
  file->flags &= ~kEnd;
  ReleaseSRWLockExclusive(&file->lock);
  return result;
}

long long _ftelli64(FILE* file) {
  const LARGE_INTEGER nowhere = {.QuadPart = 0};
  LARGE_INTEGER place;
  AcquireSRWLockExclusive(&file->lock);
  if ((file->flags & kWriting) != 0) flush(file);
  const BOOL told = SetFilePointerEx(file->handle, nowhere, &place, FILE_CURRENT);
  const long long result = told ? place.QuadPart - (long long)(file->size - file->at) : -1;
  ReleaseSRWLockExclusive(&file->lock);
  return result;
}

int fseek(FILE* file, int offset, int origin) { return _fseeki64(file, offset, origin); }
int ftell(FILE* file) { return (int)_ftelli64(file); }

void rewind(FILE* file) {
  _fseeki64(file, 0, SEEK_SET);
  clearerr(file);
}

int feof(FILE* file) { return file->flags & kEnd; }
int ferror(FILE* file) { return file->flags & kError; }
void clearerr(FILE* file) { file->flags &= ~(kEnd | kError); }
// Buffering is as it is.
int setvbuf(FILE* file, char* buffer, int mode, size_t size) {
  (void)file, (void)buffer, (void)size;
  return mode == _IOFBF || mode == _IOLBF || mode == _IONBF ? 0 : -1;
}
void setbuf(FILE* file, char* buffer) { (void)file, (void)buffer; }
int _fileno(FILE* file) { return file->number; }
int _isatty(int descriptor) { return descriptor >= 0 && descriptor <= 2; }
int _setmode(int descriptor, int mode) {
  (void)mode;
  return descriptor >= 0 && descriptor <= 2 ? 0x4000 : -1;
}

int remove(const char* path) {
  if (DeleteFileA(path)) return 0;
  errno = GetLastError() == ERROR_ACCESS_DENIED ? EACCES : ENOENT;
  return -1;
}

int rename(const char* from, const char* to) {
  if (MoveFileA(from, to)) return 0;
  errno = GetLastError() == ERROR_FILE_NOT_FOUND ? ENOENT : EACCES;
  return -1;
}

void perror(const char* text) {
  fprintf(stderr, "%s%s%s\n", text != NULL ? text : "", text != NULL && *text != 0 ? ": " : "",
          strerror(errno));
}

// --- bytes ---

size_t fwrite(const void* from, size_t size, size_t count, FILE* file) {
  if (size == 0 || count == 0) return 0;
  AcquireSRWLockExclusive(&file->lock);
  const int result = put_bytes(file, from, size * count);
  ReleaseSRWLockExclusive(&file->lock);
  return result == 0 ? count : 0;
}

size_t fread(void* to, size_t size, size_t count, FILE* file) {
  char* const bytes = to;
  size_t done = 0;
  if (size == 0 || count == 0) return 0;
  AcquireSRWLockExclusive(&file->lock);
  for (int byte; done < size * count && (byte = get_byte(file)) != EOF;) bytes[done++] = (char)byte;
  ReleaseSRWLockExclusive(&file->lock);
  return done / size;
}

int fgetc(FILE* file) {
  AcquireSRWLockExclusive(&file->lock);
  const int byte = get_byte(file);
  ReleaseSRWLockExclusive(&file->lock);
  return byte;
}

int ungetc(int unit, FILE* file) {
  if (unit == EOF || file->unread >= 0) return EOF;
  file->unread = (unsigned char)unit;
  file->flags &= ~kEnd;
  return unit;
}

char* fgets(char* to, int size, FILE* file) {
  int at = 0;
  if (size <= 0) return NULL;
  AcquireSRWLockExclusive(&file->lock);
  while (at < size - 1) {
    const int byte = get_byte(file);
    if (byte == EOF) break;
    to[at++] = (char)byte;
    if (byte == '\n') break;
  }
  ReleaseSRWLockExclusive(&file->lock);
  if (at == 0 && size > 1) return NULL;
  to[at] = 0;
  return to;
}

char* gets_s(char* to, size_t size) {
  char* const line = fgets(to, (int)size, stdin);
  if (line != NULL) line[strcspn(line, "\n")] = 0;
  return line;
}

int fputc(int unit, FILE* file) {
  const char byte = (char)unit;
  return fwrite(&byte, 1, 1, file) == 1 ? (unsigned char)byte : EOF;
}

int fputs(const char* text, FILE* file) {
  const size_t length = strlen(text);
  return length == 0 || fwrite(text, 1, length, file) == length ? 0 : EOF;
}

int puts(const char* text) { return printf("%s\n", text) >= 0 ? 0 : EOF; }
int getchar(void) { return fgetc(stdin); }
int putchar(int unit) { return fputc(unit, stdout); }

// --- 16-bit text ---

int fputws(const wchar_t* text, FILE* file) { return fwprintf(file, L"%s", text) >= 0 ? 0 : EOF; }
int _putws(const wchar_t* text) { return wprintf(L"%s\n", text) >= 0 ? 0 : EOF; }

wint_t fputwc(wchar_t unit, FILE* file) { return fwprintf(file, L"%c", unit) >= 0 ? unit : WEOF; }
wint_t putwchar(wchar_t unit) { return fputwc(unit, stdout); }

wint_t fgetwc(FILE* file) {
  if (file->surrogate != 0) {
    const wchar_t second = file->surrogate;
    file->surrogate = 0;
    return second;
  }
  char bytes[4];
  const int lead = fgetc(file);
  if (lead == EOF) return WEOF;
  const int more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0;
  bytes[0] = (char)lead;
  int count = 1;
  for (int byte; count <= more && (byte = fgetc(file)) != EOF; ++count) bytes[count] = (char)byte;
  wchar_t units[4];
  if (fltsim_widen(units, 4, bytes, (size_t)count) == 2 && units[0] >= 0xd800 && units[0] < 0xdc00)
    file->surrogate = units[1];
  return units[0];
}

wint_t getwchar(void) { return fgetwc(stdin); }

wchar_t* fgetws(wchar_t* to, int size, FILE* file) {
  int at = 0;
  while (at < size - 1) {
    const wint_t unit = fgetwc(file);
    if (unit == WEOF) break;
    to[at++] = (wchar_t)unit;
    if (unit == '\n') break;
  }
  if (at == 0) return NULL;
  to[at] = 0;
  return to;
}

// --- printing ---

int vfprintf(FILE* file, const char* format, va_list arguments) {
  char stack[512];
  char* text = stack;
  const size_t length = fltsim_format_narrow(stack, sizeof(stack), format, arguments);
  if (length > sizeof(stack)) {
    text = malloc(length);
    if (text == NULL) return -1;
    fltsim_format_narrow(text, length, format, arguments);
  }
  const size_t written = length == 0 ? 0 : fwrite(text, 1, length, file);
  if (text != stack) free(text);
  return written == length ? (int)length : -1;
}

int vfwprintf(FILE* file, const wchar_t* format, va_list arguments) {
  wchar_t stack[512];
  wchar_t* text = stack;
  const size_t length = fltsim_format_wide(stack, 512, format, arguments);
  if (length > 512) {
    text = malloc(length * sizeof(wchar_t));
    if (text == NULL) return -1;
    fltsim_format_wide(text, length, format, arguments);
  }
  const size_t size = fltsim_narrow(NULL, 0, text, length);
  char* const bytes = malloc(size + 1);
  size_t written = 0;
  if (bytes != NULL) {
    fltsim_narrow(bytes, size, text, length);
    written = size == 0 ? 0 : fwrite(bytes, 1, size, file);
  }
  free(bytes);
  if (text != stack) free(text);
  return bytes != NULL && written == size ? (int)length : -1;
}

#define PRINT(name, unit, parameters, ...) \
  int name parameters {                    \
    va_list arguments;                     \
    va_start(arguments, format);           \
    const int length = __VA_ARGS__;        \
    va_end(arguments);                     \
    return length;                         \
  }

int vprintf(const char* format, va_list arguments) { return vfprintf(stdout, format, arguments); }
int vwprintf(const wchar_t* format, va_list arguments) { return vfwprintf(stdout, format, arguments); }
int _vscprintf(const char* format, va_list arguments) {
  return (int)fltsim_format_narrow(NULL, 0, format, arguments);
}
int _vscwprintf(const wchar_t* format, va_list arguments) {
  return (int)fltsim_format_wide(NULL, 0, format, arguments);
}
PRINT(printf, char, (const char* format, ...), vfprintf(stdout, format, arguments))
PRINT(fprintf, char, (FILE * file, const char* format, ...), vfprintf(file, format, arguments))
PRINT(wprintf, wchar_t, (const wchar_t* format, ...), vfwprintf(stdout, format, arguments))
PRINT(fwprintf, wchar_t, (FILE * file, const wchar_t* format, ...), vfwprintf(file, format, arguments))
PRINT(_scprintf, char, (const char* format, ...), _vscprintf(format, arguments))
PRINT(_scwprintf, wchar_t, (const wchar_t* format, ...), _vscwprintf(format, arguments))

// --- keys ---

int _kbhit(void) {
  FILE* const file = stdin;
  return file->at != file->size || fltsim_console_readable();
}
int _getch(void) { return fgetc(stdin); }
int _getwch(void) { return fgetwc(stdin); }
int _getche(void) {
  const int unit = fgetc(stdin);
  if (unit != EOF) fputc(unit, stdout);
  return unit;
}
int _putch(int unit) { return fputc(unit, stdout); }

// The begin and the end of a client program: main by all of its names, exit, abort, signals.
#include <assert.h>
#include <conio.h>
#include <errno.h>
#include <process.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <windows.h>

#include "program_start.h"
#include "runtime.h"

#define HIDDEN __attribute__((visibility("hidden")))
#define OPTIONAL_MAIN __attribute__((weak, visibility("hidden")))

// Whichever the program has. Those of C++ units carry their parameters in the name.
OPTIONAL_MAIN int main(int, char**, char**);
OPTIONAL_MAIN int wmain(int, wchar_t**, wchar_t**);
OPTIONAL_MAIN int cxx_wmain(int, wchar_t**, wchar_t**) __asm__("_Z5wmainiPPw");
OPTIONAL_MAIN int cxx_wmain_const(int, wchar_t**, wchar_t**) __asm__("_Z5wmainiPPKw");
OPTIONAL_MAIN int cxx_wmain_environment(int, wchar_t**, wchar_t**) __asm__("_Z5wmainiPPwS0_");
OPTIONAL_MAIN int cxx_wmain_void(int, wchar_t**, wchar_t**) __asm__("_Z5wmainv");
OPTIONAL_MAIN int cxx_wmain_argc(int, wchar_t**, wchar_t**) __asm__("_Z5wmaini");
int WinMain(HINSTANCE, HINSTANCE, LPSTR, int) OPTIONAL_MAIN;
int wWinMain(HINSTANCE, HINSTANCE, LPWSTR, int) OPTIONAL_MAIN;

typedef int (*wide_main)(int, wchar_t**, wchar_t**);

static int run_main(const struct fltsim_program_arguments* arguments) {
  static char* no_environment[] = {NULL};
  static wchar_t* no_wide_environment[] = {NULL};
  const wide_main wide[] = {wmain,          cxx_wmain,     cxx_wmain_const, cxx_wmain_environment,
                            cxx_wmain_void, cxx_wmain_argc};
  if (main != NULL) return main(arguments->count, arguments->narrow, no_environment);
  for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); ++i) {
    if (wide[i] != NULL) return wide[i](arguments->count, (wchar_t**)arguments->wide, no_wide_environment);
  }
  const HINSTANCE self = GetModuleHandleW(NULL);
  if (wWinMain != NULL) return wWinMain(self, NULL, (LPWSTR)arguments->line, 1);
  if (WinMain != NULL) return WinMain(self, NULL, arguments->narrow_line, 1);
  fputs("the program has no main\n", stderr);
  return 1;
}

__attribute__((visibility("default"))) void fltsim_program_start(
    const struct fltsim_program_arguments* arguments) {
  exit(run_main(arguments));
}

// --- the end ---

#define FUNCTIONS_MAX 64
static void (*at_exit[FUNCTIONS_MAX])(void);
static LONG at_exit_count;

int atexit(void (*function)(void)) {
  const LONG index = InterlockedIncrement(&at_exit_count) - 1;
  if (index >= FUNCTIONS_MAX) {
    InterlockedDecrement(&at_exit_count);
    return 1;
  }
  at_exit[index] = function;
  return 0;
}

// Destructors of globals and of local statics; the image itself goes with the process.
struct destructor {
  void (*function)(void*);
  void* object;
};
static struct destructor* destructors;
static size_t destructor_count;
static size_t destructor_room;

HIDDEN int __cxa_atexit(void (*function)(void*), void* object, void* image) {
  (void)image;
  if (destructor_count == destructor_room) {
    const size_t room = destructor_room == 0 ? 16 : 2 * destructor_room;
    struct destructor* more = realloc(destructors, room * sizeof(*more));
    if (more == NULL) return -1;
    destructors = more;
    destructor_room = room;
  }
  destructors[destructor_count].function = function;
  destructors[destructor_count++].object = object;
  return 0;
}

// The loader calls it when the image goes; nothing of the program runs then.
HIDDEN void __cxa_finalize(void* image) { (void)image; }
HIDDEN void* __dso_handle = &__dso_handle;

void exit(int code) {
  while (at_exit_count > 0) at_exit[--at_exit_count]();
  while (destructor_count > 0) {
    --destructor_count;
    destructors[destructor_count].function(destructors[destructor_count].object);
  }
  fltsim_flush_all();
  ExitProcess((UINT)code);
}

void _exit(int code) { ExitProcess((UINT)code); }

// --- signals ---

static _crt_signal_t handlers[SIGABRT + 1];

static BOOL on_control(DWORD event) {
  const int number = event == CTRL_C_EVENT ? SIGINT : SIGBREAK;
  const _crt_signal_t handler = handlers[number];
  if (handler == SIG_DFL) return FALSE;
  if (handler != SIG_IGN) {
    handlers[number] = SIG_DFL;  // once, as C says
    handler(number);
  }
  return TRUE;
}

_crt_signal_t signal(int number, _crt_signal_t handler) {
  static LONG registered;
  if (number != SIGINT && number != SIGBREAK && number != SIGABRT && number != SIGTERM) {
    errno = EINVAL;
    return SIG_ERR;
  }
  if ((number == SIGINT || number == SIGBREAK) && InterlockedExchange(&registered, 1) == 0)
    SetConsoleCtrlHandler(on_control, TRUE);
  const _crt_signal_t before = handlers[number];
  handlers[number] = handler;
  return before;
}

int raise(int number) {
  if (number < 0 || number > SIGABRT) return -1;
  const _crt_signal_t handler = handlers[number];
  if (handler == SIG_IGN) return 0;
  if (handler == SIG_DFL) _exit(3);
  handlers[number] = SIG_DFL;
  handler(number);
  return 0;
}

void abort(void) {
  const _crt_signal_t handler = handlers[SIGABRT];
  if (handler != SIG_DFL && handler != SIG_IGN) {
    handlers[SIGABRT] = SIG_DFL;
    handler(SIGABRT);
  }
  _exit(3);
}

// clang's C calls it by this name where an exception leaves a __finally. The host's would end the simulator.
void abort_of_compiler(void) __asm__("abort") __attribute__((visibility("hidden"), noreturn));
void abort_of_compiler(void) { abort(); }

void fltsim_assertion_failed(const char* expression, const char* file, int line) {
  fprintf(stderr, "Assertion failed: %s, file %s, line %d\n", expression, file, line);
  abort();
}

// --- threads of the C runtime ---

uintptr_t _beginthreadex(void* security, unsigned stack_size, unsigned (*start)(void*), void* argument,
                         unsigned flags, unsigned* thread_id) {
  DWORD id = 0;
  const HANDLE thread =
      CreateThread(security, stack_size, (LPTHREAD_START_ROUTINE)start, argument, flags, &id);
  if (thread_id != NULL) *thread_id = id;
  if (thread == NULL) errno = EINVAL;
  return (uintptr_t)thread;
}

struct plain_thread {
  void (*start)(void*);
  void* argument;
};

static DWORD run_plain_thread(LPVOID raw) {
  const struct plain_thread thread = *(struct plain_thread*)raw;
  free(raw);
  thread.start(thread.argument);
  return 0;
}

uintptr_t _beginthread(void (*start)(void*), unsigned stack_size, void* argument) {
  struct plain_thread* const thread = malloc(sizeof(*thread));
  if (thread == NULL) return (uintptr_t)-1;
  thread->start = start;
  thread->argument = argument;
  const HANDLE handle = CreateThread(NULL, stack_size, run_plain_thread, thread, 0, NULL);
  if (handle == NULL) {
    free(thread);
    return (uintptr_t)-1;
  }
  CloseHandle(handle);
  return (uintptr_t)handle;
}

void _endthreadex(unsigned exit_code) { ExitThread(exit_code); }
void _endthread(void) { ExitThread(0); }
int _getpid(void) { return (int)GetCurrentProcessId(); }

// --- the rest of stdlib ---

int* fltsim_errno(void) {
  static _Thread_local int value;
  return &value;
}

errno_t rand_s(unsigned* value) {
  LARGE_INTEGER now;
  if (value == NULL) return EINVAL;
  QueryPerformanceCounter(&now);
  *value = ((unsigned)rand() << 17) ^ ((unsigned)rand() << 5) ^ (unsigned)now.QuadPart;
  return 0;
}

int system(const char* command) {
  if (command == NULL) return 0;
  if (_stricmp(command, "cls") == 0) return 0;
  if (_stricmp(command, "pause") == 0) {
    fputs("Press any key to continue . . . ", stdout);
    _getch();
    fputc('\n', stdout);
    return 0;
  }
  errno = ENOENT;
  return -1;
}

char* getenv(const char* name) {
  static char* values[8];
  static LONG next;
  const DWORD size = GetEnvironmentVariableA(name, NULL, 0);
  if (size == 0) return NULL;
  char* const value = malloc(size);
  if (value == NULL) return NULL;
  GetEnvironmentVariableA(name, value, size);
  // Good until the eighth call from here.
  free(InterlockedExchangePointer((PVOID volatile*)&values[InterlockedIncrement(&next) & 7], value));
  return value;
}

errno_t _dupenv_s(char** buffer, size_t* size, const char* name) {
  if (buffer == NULL) return EINVAL;
  *buffer = NULL;
  const DWORD needed = GetEnvironmentVariableA(name, NULL, 0);
  if (size != NULL) *size = needed;
  if (needed == 0) return 0;
  *buffer = malloc(needed);
  if (*buffer == NULL) return ENOMEM;
  GetEnvironmentVariableA(name, *buffer, needed);
  return 0;
}

div_t div(int numerator, int denominator) {
  const div_t result = {numerator / denominator, numerator % denominator};
  return result;
}

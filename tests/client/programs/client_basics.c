// Prints what it was given and ends as it is told; see client_program_test.cpp.
#include <process.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <windows.h>

static int counter = 7;
static __declspec(thread) int own = 3;

static void at_end(void) { printf("at the end\n"); }

static DWORD WINAPI sleeper(LPVOID unused) {
  (void)unused;
  for (;;) Sleep(1000);
}

static BOOL WINAPI on_control(DWORD event) {
  printf("control %u\n", event);
  return event == CTRL_CLOSE_EVENT ? FALSE : TRUE;
}

static unsigned __stdcall change_own(void* argument) {
  own += 1;
  *(int*)argument = own;
  return 5;
}

static int thread_local_storage(void) {
  for (int i = 0; i < 3; ++i) {
    int seen = 0;
    const HANDLE thread = (HANDLE)_beginthreadex(NULL, 0, change_own, &seen, 0, NULL);
    WaitForSingleObject(thread, INFINITE);
    CloseHandle(thread);
    if (seen != 4) return 1;
  }
  return own == 3 ? 0 : 2;
}

static int recover(void) {
  int result = 1;
  __try {
    *(volatile int*)0 = 1;
    result = 2;
  } __except (GetExceptionCode() == STATUS_ACCESS_VIOLATION ? EXCEPTION_EXECUTE_HANDLER
                                                            : EXCEPTION_CONTINUE_SEARCH) {
    result = 0;
  }
  return result;
}

int main(int argc, char* argv[]) {
  for (int i = 1; i < argc; ++i) printf("%d: %s\n", i, argv[i]);
  const char* const what = argc > 1 ? argv[1] : "";
  ++counter;
  if (strcmp(what, "exit") == 0) {
    atexit(at_end);
    CreateThread(NULL, 0, sleeper, NULL, 0, NULL);
    return 41 + counter - 7;
  }
  if (strcmp(what, "crash") == 0) *(volatile int*)0 = 1;
  if (strcmp(what, "break") == 0) DebugBreak();
  if (strcmp(what, "exit process") == 0) {
    CreateThread(NULL, 0, sleeper, NULL, 0, NULL);
    ExitProcess(9);
  }
  if (strcmp(what, "terminate") == 0) {
    atexit(at_end);
    CreateThread(NULL, 0, sleeper, NULL, 0, NULL);
    TerminateProcess(GetCurrentProcess(), 11);
    printf("still there\n");
  }
  if (strcmp(what, "crash in a call") == 0) WaitForMultipleObjects(3, (const HANDLE*)16, TRUE, 0);
  if (strcmp(what, "free twice") == 0) {
    char* const memory = malloc(10);
    free(memory);
    free(memory);
  }
  if (strcmp(what, "recover") == 0) return recover();
  if (strcmp(what, "abort") == 0) abort();
  if (strcmp(what, "thread local") == 0) return thread_local_storage();
  if (strcmp(what, "last thread") == 0) {
    CreateThread(NULL, 0, (LPTHREAD_START_ROUTINE)change_own, &counter, 0, NULL);
    ExitThread(1);
  }
  if (strcmp(what, "echo") == 0) {
    char line[80];
    while (fgets(line, sizeof(line), stdin) != NULL) printf("> %s", line);
    fprintf(stderr, "end of input\n");
    return 0;
  }
  if (strcmp(what, "handle control") == 0) SetConsoleCtrlHandler(on_control, TRUE);
  if (strcmp(what, "wait") == 0 || strcmp(what, "handle control") == 0) sleeper(NULL);
  if (strcmp(what, "deaf") == 0) {
    for (;;) getchar();
  }
  return 0;
}

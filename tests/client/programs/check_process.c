#include <conio.h>
#include <process.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "checks.h"

static DWORD slot;
static __declspec(thread) int own;

static DWORD WINAPI returns(LPVOID value) {
  own = 1;
  CHECK(TlsGetValue(slot) == NULL && TlsSetValue(slot, value));
  return (DWORD)(ULONG_PTR)TlsGetValue(slot);
}
static DWORD WINAPI exits(LPVOID value) { ExitThread((DWORD)(ULONG_PTR)value); }
static DWORD WINAPI sleeps(LPVOID unused) {
  (void)unused;
  for (;;) Sleep(INFINITE);
}
static void plain(void* event) { SetEvent(event); }

static DWORD exit_code(HANDLE thread) {
  DWORD code = 0;
  CHECK(GetExitCodeThread(thread, &code));
  return code;
}

void check_threads(void) {
  slot = TlsAlloc();
  CHECK(slot != TLS_OUT_OF_INDEXES && TlsSetValue(slot, &slot) && TlsGetValue(slot) == &slot);
  DWORD id = 0;
  HANDLE thread = CreateThread(NULL, 0, returns, (LPVOID)17, 0, &id);
  CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && exit_code(thread) == 17 &&
        GetThreadId(thread) == id);
  CloseHandle(thread);
  CHECK(own == 0 && TlsGetValue(slot) == &slot && TlsFree(slot));
  CHECK_ERROR(TlsFree(slot), ERROR_INVALID_PARAMETER);
  thread = CreateThread(NULL, 0, exits, (LPVOID)18, 0, NULL);
  CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && exit_code(thread) == 18);
  CloseHandle(thread);
  thread = CreateThread(NULL, 0, returns, (LPVOID)19, CREATE_SUSPENDED, NULL);
  CHECK(WaitForSingleObject(thread, 20) == WAIT_TIMEOUT && exit_code(thread) == STILL_ACTIVE);
  slot = TlsAlloc();
  CHECK(ResumeThread(thread) == 1 && ResumeThread(thread) == 0);
  CHECK(WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 && exit_code(thread) == 19);
  CloseHandle(thread);
  thread = CreateThread(NULL, 0, sleeps, NULL, 0, NULL);
  Sleep(10);
  CHECK(TerminateThread(thread, 20) && WaitForSingleObject(thread, INFINITE) == WAIT_OBJECT_0 &&
        exit_code(thread) == 20);
  CloseHandle(thread);
  HANDLE event = CreateEvent(NULL, FALSE, FALSE, NULL);
  CHECK(_beginthread(plain, 0, event) != (uintptr_t)-1 &&
        WaitForSingleObject(event, INFINITE) == WAIT_OBJECT_0);
  CloseHandle(event);
  CHECK(SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_HIGHEST) &&
        GetThreadPriority(GetCurrentThread()) == 2);
  HANDLE self = OpenThread(THREAD_ALL_ACCESS, FALSE, GetCurrentThreadId());
  CHECK(self != NULL && GetThreadId(self) == GetCurrentThreadId());
  CloseHandle(self);
  CHECK(SleepEx(1, TRUE) == 0 && SwitchToThread());
}

void check_process(void) {
  wchar_t wide[MAX_PATH];
  char narrow[MAX_PATH];
  CHECK(GetModuleFileNameW(NULL, wide, MAX_PATH) != 0 && wcscmp(wide, L"C:\\Checks\\checks.exe") == 0);
  CHECK(GetModuleFileNameA(NULL, narrow, MAX_PATH) == 20 && strcmp(narrow, "C:\\Checks\\checks.exe") == 0);
  CHECK(GetModuleFileNameW(NULL, wide, 5) == 5 && wcscmp(wide, L"C:\\C") == 0);
  CHECK(GetModuleHandleW(NULL) != NULL && GetModuleHandleA("checks.exe") == GetModuleHandle(NULL));
  CHECK_ERROR(LoadLibraryW(L"fltlib.dll"), ERROR_MOD_NOT_FOUND);
  CHECK_ERROR(LoadLibraryA("fltlib.dll"), ERROR_MOD_NOT_FOUND);
  CHECK_ERROR(LoadLibraryExW(L"fltlib.dll", NULL, LOAD_LIBRARY_AS_DATAFILE), ERROR_MOD_NOT_FOUND);
  CHECK(!FreeLibrary(NULL) && FreeLibrary(GetModuleHandle(NULL)));
  CHECK_ERROR(GetProcAddress(GetModuleHandle(NULL), "main"), ERROR_PROC_NOT_FOUND);

  int count = 0;
  LPWSTR* words = CommandLineToArgvW(L"\"a b\\c.exe\" \"x y\" \\\"q\\\" a\\\\b \"\"", &count);
  CHECK(count == 5 && wcscmp(words[0], L"a b\\c.exe") == 0 && wcscmp(words[1], L"x y") == 0 &&
        wcscmp(words[2], L"\"q\"") == 0 && wcscmp(words[3], L"a\\\\b") == 0 && words[4][0] == 0);
  CHECK(LocalFree(words) == NULL);
  words = CommandLineToArgvW(GetCommandLineW(), &count);
  CHECK(count > 1 && wcscmp(words[0], L"C:\\Checks\\checks.exe") == 0 && GetCommandLineA()[0] == '"');

  CHECK(GetEnvironmentVariableW(L"SystemRoot", wide, MAX_PATH) == 10 && wcscmp(wide, L"C:\\Windows") == 0);
  CHECK(SetEnvironmentVariableW(L"MINE", L"value") && GetEnvironmentVariableA("mine", narrow, MAX_PATH) == 5);
  CHECK(ExpandEnvironmentStringsW(L"<%MINE%> %NONE%", wide, MAX_PATH) == 15 &&
        wcscmp(wide, L"<value> %NONE%") == 0);
  CHECK(strcmp(getenv("MINE"), "value") == 0 && getenv("NONE") == NULL);
  CHECK(SetEnvironmentVariableW(L"MINE", NULL));
  CHECK_ERROR(GetEnvironmentVariableW(L"MINE", wide, MAX_PATH), ERROR_ENVVAR_NOT_FOUND);

  CHECK(GetSystemDirectoryW(wide, MAX_PATH) == 19 && GetSystemDirectoryA(narrow, MAX_PATH) == 19);
  CHECK(GetWindowsDirectoryW(wide, MAX_PATH) == 10);
  DWORD size = MAX_PATH;
  CHECK(GetComputerNameW(wide, &size) && size == wcslen(wide));
  SYSTEM_INFO system_info;
  GetSystemInfo(&system_info);
  CHECK(system_info.dwPageSize == 4096 && system_info.dwNumberOfProcessors >= 1);

  DWORD code = 0;
  HANDLE self = OpenProcess(PROCESS_ALL_ACCESS, FALSE, GetCurrentProcessId());
  CHECK(GetExitCodeProcess(self, &code) && code == STILL_ACTIVE &&
        GetProcessId(self) == GetCurrentProcessId());
  size = MAX_PATH;
  CHECK(QueryFullProcessImageNameW(self, 0, wide, &size) && wcscmp(wide, L"C:\\Checks\\checks.exe") == 0);
  CloseHandle(self);

  self = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, GetCurrentProcessId());
  CHECK_ERROR(TerminateProcess(self, 1), ERROR_ACCESS_DENIED);
  CloseHandle(self);
  CHECK_ERROR(TerminateProcess(NULL, 1), ERROR_INVALID_HANDLE);

  HANDLE token = NULL;
  LUID luid = {0};
  TOKEN_PRIVILEGES privileges = {1, {{{0, 0}, SE_PRIVILEGE_ENABLED}}};
  TOKEN_ELEVATION elevation = {0};
  CHECK(OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY, &token));
  CHECK(LookupPrivilegeValueW(NULL, SE_LOAD_DRIVER_NAME, &luid) && luid.LowPart == 10);
  privileges.Privileges[0].Luid = luid;
  CHECK(AdjustTokenPrivileges(token, FALSE, &privileges, sizeof(privileges), NULL, NULL) &&
        GetLastError() == ERROR_SUCCESS);
  CHECK(LookupPrivilegeValueA(NULL, "SeTcbPrivilege", &privileges.Privileges[0].Luid));
  CHECK(AdjustTokenPrivileges(token, FALSE, &privileges, 0, NULL, NULL) &&
        GetLastError() == ERROR_NOT_ALL_ASSIGNED);
  CHECK_ERROR(LookupPrivilegeValueW(NULL, L"SeNothing", &luid), ERROR_NO_SUCH_PRIVILEGE);
  CHECK(GetTokenInformation(token, TokenElevation, &elevation, sizeof(elevation), &size) &&
        elevation.TokenIsElevated);
  CHECK_ERROR(GetTokenInformation(token, TokenUser, NULL, 0, &size), ERROR_INSUFFICIENT_BUFFER);
  CloseHandle(token);

  SERVICE_TABLE_ENTRYW table[] = {{NULL, NULL}};
  CHECK_ERROR(StartServiceCtrlDispatcherW(table), ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
  CHECK_ERROR(OpenSCManagerW(NULL, NULL, SC_MANAGER_ALL_ACCESS), ERROR_CALL_NOT_IMPLEMENTED);

  DWORD mode = 0;
  DWORD written = 0;
  HANDLE out = GetStdHandle(STD_OUTPUT_HANDLE);
  CHECK(GetConsoleMode(out, &mode) && SetConsoleMode(out, mode) && GetFileType(out) == FILE_TYPE_CHAR);
  CHECK(WriteConsoleW(out, L"\x00e4", 1, &written, NULL) && written == 1);
  CHECK(WriteConsoleA(out, "\n", 1, &written, NULL) && SetConsoleTextAttribute(out, FOREGROUND_RED));
  CHECK(!WriteFile(GetStdHandle(STD_INPUT_HANDLE), "x", 1, &written, NULL));
  CHECK(SetStdHandle(STD_ERROR_HANDLE, out) && GetStdHandle(STD_ERROR_HANDLE) == out);
  OutputDebugStringW(L"told ");
  OutputDebugStringA("the debugger");
  CHECK(raise(SIGABRT + 1) == -1 && signal(SIGSEGV, SIG_IGN) == SIG_ERR && !IsDebuggerPresent());
}

void check_memory(void) {
  unsigned char* pages = VirtualAlloc(NULL, 10000, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
  CHECK(pages != NULL && pages[0] == 0 && pages[12287] == 0);
  pages[9999] = 7;
  CHECK(VirtualFree(pages, 4096, MEM_DECOMMIT));
  int faults = 0;
  __try {
    pages[0] = 1;
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    faults = 1;
  }
  CHECK(faults == 1 && pages[9999] == 7 && VirtualFree(pages, 0, MEM_RELEASE));
  CHECK_ERROR(VirtualFree(pages, 0, MEM_RELEASE), ERROR_INVALID_ADDRESS);
  HANDLE heap = GetProcessHeap();
  char* block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 100);
  CHECK(block != NULL && ((ULONG_PTR)block & 15) == 0 && block[99] == 0 && HeapSize(heap, 0, block) == 100);
  strcpy(block, "kept");
  block = HeapReAlloc(heap, 0, block, 5000);
  CHECK(strcmp(block, "kept") == 0 && HeapValidate(heap, 0, block) && HeapFree(heap, 0, block));
  CHECK(!HeapValidate(heap, 0, block));
  CHECK(LocalFree(LocalAlloc(LPTR, 16)) == NULL && GlobalFree(GlobalAlloc(GPTR, 16)) == NULL);
  char* all[50];
  for (int i = 0; i < 50; ++i) all[i] = memset(malloc(100 + i * 77), i, 100 + (size_t)i * 77);
  for (int i = 0; i < 50; i += 2) free(all[i]);
  for (int i = 1; i < 50; i += 2) CHECK(all[i][0] == i && all[i][99] == i);
  for (int i = 1; i < 50; i += 2) free(all[i]);
  char* more = calloc(10, 10);
  more = realloc(more, 300000);
  CHECK(more[99] == 0 && _msize(more) == 300000 && calloc((size_t)-1, 16) == NULL);
  free(more);
  char* aligned = _aligned_malloc(100, 256);
  CHECK(((ULONG_PTR)aligned & 255) == 0);
  _aligned_free(aligned);
}

void check_time(void) {
  FILETIME now, later, back;
  SYSTEMTIME parts;
  LARGE_INTEGER first, second, frequency;
  GetSystemTimeAsFileTime(&now);
  const ULONGLONG ticks = GetTickCount64();
  QueryPerformanceCounter(&first);
  Sleep(1500);
  QueryPerformanceCounter(&second);
  QueryPerformanceFrequency(&frequency);
  GetSystemTimePreciseAsFileTime(&later);
  CHECK(CompareFileTime(&now, &later) == -1 && GetTickCount64() - ticks >= 1500 && GetTickCount() >= 1500);
  CHECK((second.QuadPart - first.QuadPart) * 2 >= frequency.QuadPart * 3);
  const FILETIME leap = {0x8f3a8000, 0x01da6b00};
  CHECK(FileTimeToSystemTime(&leap, &parts) && SystemTimeToFileTime(&parts, &back));
  const SYSTEMTIME date = {2024, 2, 4, 29, 23, 59, 58, 7};
  CHECK(SystemTimeToFileTime(&date, &back) && FileTimeToSystemTime(&back, &parts));
  CHECK(memcmp(&parts, &date, sizeof(date)) == 0);
  const SYSTEMTIME none = {2023, 2, 0, 29, 0, 0, 0, 0};
  CHECK_ERROR(SystemTimeToFileTime(&none, &back), ERROR_INVALID_PARAMETER);
  CHECK(FileTimeToLocalFileTime(&now, &back) && CompareFileTime(&now, &back) == 0);
  CHECK(LocalFileTimeToFileTime(&now, &back) && CompareFileTime(&now, &back) == 0);
  SYSTEMTIME local;
  GetSystemTime(&parts);
  GetLocalTime(&local);
  CHECK(parts.wYear >= 2024 && local.wYear == parts.wYear && local.wHour == parts.wHour);
  char text[64];
  time_t moment = 951782400;  // 2000-02-29
  struct tm broken;
  CHECK(gmtime_s(&broken, &moment) == 0 && broken.tm_mday == 29 && broken.tm_mon == 1 &&
        broken.tm_yday == 59);
  CHECK(mktime(&broken) == moment && localtime(&moment)->tm_year == 100);
  CHECK(strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S %a", &broken) == 23 &&
        strcmp(text, "2000-02-29 00:00:00 Tue") == 0);
  CHECK(strcmp(ctime(&moment), "Tue Feb 29 00:00:00 2000\n") == 0 && difftime(moment + 2, moment) == 2.0);
  CHECK(time(NULL) > moment && clock() >= 0);
}

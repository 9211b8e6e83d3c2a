// Services, console settings, exceptions and small questions to the system.
#include <string.h>

#include "checks.h"

// There is no service control manager: no call of it succeeds, and each says why.
void check_services(void) {
  SERVICE_TABLE_ENTRYA narrow[] = {{NULL, NULL}};
  SERVICE_TABLE_ENTRYW wide[] = {{NULL, NULL}};
  CHECK_ERROR(StartServiceCtrlDispatcherA(narrow), ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
  CHECK_ERROR(StartServiceCtrlDispatcherW(wide), ERROR_FAILED_SERVICE_CONTROLLER_CONNECT);
  CHECK_ERROR(RegisterServiceCtrlHandlerW(L"scan", NULL), ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(RegisterServiceCtrlHandlerExW(L"scan", NULL, NULL), ERROR_CALL_NOT_IMPLEMENTED);
  SERVICE_STATUS status;
  memset(&status, 0x5A, sizeof(status));
  SetLastError(0);
  CHECK_ERROR(SetServiceStatus(NULL, &status), ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(OpenSCManagerA(NULL, NULL, SC_MANAGER_CONNECT), ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(OpenServiceW(NULL, L"scan", SERVICE_QUERY_STATUS), ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(OpenServiceA(NULL, "scan", SERVICE_QUERY_STATUS), ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(CreateServiceW(NULL, L"scan", NULL, SERVICE_ALL_ACCESS, 2, 3, 1, L"C:\\scan.sys", NULL, NULL,
                             NULL, NULL, NULL),
              ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(StartServiceW(NULL, 0, NULL), ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(ControlService(NULL, SERVICE_CONTROL_STOP, &status), ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(QueryServiceStatus(NULL, &status), ERROR_CALL_NOT_IMPLEMENTED);
  CHECK(status.dwCurrentState == 0x5A5A5A5A);
  SetLastError(0);
  CHECK_ERROR(DeleteService(NULL), ERROR_CALL_NOT_IMPLEMENTED);
  SetLastError(0);
  CHECK_ERROR(CloseServiceHandle(NULL), ERROR_CALL_NOT_IMPLEMENTED);
}

static DWORD seen_code;
static DWORD seen_count;
static ULONG_PTR seen_arguments[2];

static int look(EXCEPTION_POINTERS* pointers, DWORD code) {
  const EXCEPTION_RECORD* record = pointers->ExceptionRecord;
  seen_code = code;
  seen_count = record->NumberParameters;
  memcpy(seen_arguments, record->ExceptionInformation, sizeof(seen_arguments));
  return EXCEPTION_EXECUTE_HANDLER;
}

static void raise_one(DWORD code, DWORD count, const ULONG_PTR* arguments) {
  seen_code = 0;
  seen_count = 99;
  __try {
    RaiseException(code, 0, count, arguments);
    CHECK(!"RaiseException returned");
  } __except (look(GetExceptionInformation(), (DWORD)GetExceptionCode())) {
  }
}

static void check_exceptions(void) {
  const ULONG_PTR arguments[] = {7, 8};
  raise_one(0xE0000001, 2, arguments);
  CHECK(seen_code == 0xE0000001 && seen_count == 2 && seen_arguments[0] == 7 && seen_arguments[1] == 8);
  raise_one(0xE0000002, 2, NULL);  // without the arguments there is no count of them
  CHECK(seen_code == 0xE0000002 && seen_count == 0);
  raise_one(0xFFFFFFFF, 0, NULL);  // bit 28 is the system's
  CHECK(seen_code == 0xEFFFFFFF);
  __try {
    DebugBreak();
    CHECK(!"DebugBreak returned");
  } __except (look(GetExceptionInformation(), (DWORD)GetExceptionCode())) {
  }
  CHECK(seen_code == (DWORD)STATUS_BREAKPOINT);
}

void check_system(void) {
  check_exceptions();

  CHECK(SetErrorMode(SEM_FAILCRITICALERRORS) == 0);
  CHECK(SetErrorMode(0) == SEM_FAILCRITICALERRORS && SetErrorMode(0) == 0);

  SYSTEM_INFO native, ordinary;
  GetNativeSystemInfo(&native);
  GetSystemInfo(&ordinary);
  CHECK(native.wProcessorArchitecture == PROCESSOR_ARCHITECTURE_AMD64 && native.dwPageSize == 4096 &&
        memcmp(&native, &ordinary, sizeof(native)) == 0);

  CHECK(GetConsoleCP() == CP_UTF8 && GetConsoleOutputCP() == CP_UTF8);
  CHECK(SetConsoleCP(CP_UTF8) && SetConsoleOutputCP(CP_UTF8));
  CHECK_ERROR(SetConsoleCP(437), ERROR_INVALID_PARAMETER);
  SetLastError(0);
  CHECK_ERROR(SetConsoleOutputCP(1252), ERROR_INVALID_PARAMETER);
  CHECK(GetConsoleCP() == CP_UTF8 && GetConsoleOutputCP() == CP_UTF8);
  CHECK(SetConsoleTitleW(L"checks"));

  CRITICAL_SECTION section;
  CHECK(InitializeCriticalSectionAndSpinCount(&section, 400));
  CHECK(SetCriticalSectionSpinCount(&section, 500) == 400 && SetCriticalSectionSpinCount(&section, 0) == 500);
  DeleteCriticalSection(&section);
  CHECK(InitializeCriticalSectionEx(&section, 30, 0) && SetCriticalSectionSpinCount(&section, 1) == 30);
  DeleteCriticalSection(&section);
  InitializeCriticalSection(&section);
  CHECK(SetCriticalSectionSpinCount(&section, 9) == 0);
  EnterCriticalSection(&section);
  LeaveCriticalSection(&section);
  DeleteCriticalSection(&section);

  HANDLE event = CreateEventExW(NULL, L"system", CREATE_EVENT_MANUAL_RESET, EVENT_ALL_ACCESS);
  HANDLE same = CreateEventExW(NULL, L"system", CREATE_EVENT_INITIAL_SET, EVENT_ALL_ACCESS);
  CHECK(event != NULL && same != NULL && GetLastError() == ERROR_ALREADY_EXISTS);
  CHECK(WaitForSingleObject(same, 0) == WAIT_TIMEOUT);  // the one that was there stays as it was made
  CHECK(SetEvent(same) && WaitForSingleObject(event, 0) == WAIT_OBJECT_0 &&
        WaitForSingleObject(event, 0) == WAIT_OBJECT_0);
  CHECK(CloseHandle(event) && CloseHandle(same));
  HANDLE semaphore = CreateSemaphoreW(NULL, 2, 2, NULL);
  CHECK(WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0 &&
        WaitForSingleObject(semaphore, 0) == WAIT_OBJECT_0 &&
        WaitForSingleObject(semaphore, 0) == WAIT_TIMEOUT && CloseHandle(semaphore));
  CHECK_ERROR(CreateSemaphoreW(NULL, 0, 0, NULL), ERROR_INVALID_PARAMETER);
  HANDLE timer = CreateWaitableTimerW(NULL, TRUE, L"tick");
  const LARGE_INTEGER due = {.QuadPart = -10000};
  CHECK(WaitForSingleObject(timer, 0) == WAIT_TIMEOUT && SetWaitableTimer(timer, &due, 0, NULL, NULL, FALSE));
  CHECK(WaitForSingleObject(timer, 1000) == WAIT_OBJECT_0 && WaitForSingleObject(timer, 0) == WAIT_OBJECT_0);
  CHECK(CloseHandle(timer));

  HANDLE heap = HeapCreate(0, 4096, 0);
  CHECK(heap != NULL);
  char* block = HeapAlloc(heap, HEAP_ZERO_MEMORY, 40);
  CHECK(block != NULL && block[39] == 0 && HeapSize(heap, 0, block) == 40 && HeapFree(heap, 0, block));
}

#define CONTROL_CODE(number, method, access) CTL_CODE(FILE_DEVICE_UNKNOWN, number, method, access)

// With the driver control_device.c beside.
void check_device(void) {
  CHECK_ERROR(
      CreateFileW(L"\\\\.\\None", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL) != INVALID_HANDLE_VALUE,
      ERROR_FILE_NOT_FOUND);
  HANDLE device = CreateFileW(L"\\\\.\\Echo", GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, 0, NULL);
  CHECK(device != INVALID_HANDLE_VALUE);
  const DWORD echo = CONTROL_CODE(0x800, METHOD_BUFFERED, FILE_ANY_ACCESS);
  char text[8] = "-------";
  DWORD count = 99;
  CHECK(DeviceIoControl(device, echo, "abc", 3, text, 8, &count, NULL) && count == 3 &&
        memcmp(text, "cba----", 7) == 0);
  CHECK(DeviceIoControl(device, echo, NULL, 0, NULL, 0, &count, NULL) && count == 0);
  // What fits is handed over, and that there is more is an error.
  CHECK(!DeviceIoControl(device, echo, "12345", 5, text, 2, &count, NULL) &&
        GetLastError() == ERROR_MORE_DATA && count == 2 && memcmp(text, "54a----", 7) == 0);
  count = 99;
  CHECK_ERROR(DeviceIoControl(device, CONTROL_CODE(0x801, METHOD_BUFFERED, FILE_ANY_ACCESS), NULL, 0, text, 8,
                              &count, NULL),
              ERROR_INVALID_FUNCTION);
  CHECK(count == 0 && text[0] == '5');
  OVERLAPPED request = {0};
  request.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL);
  CHECK(DeviceIoControl(device, echo, "xy", 2, text, 8, NULL, &request) && memcmp(text, "yx", 2) == 0);
  CHECK(WaitForSingleObject(request.hEvent, 0) == WAIT_OBJECT_0 &&
        GetOverlappedResult(device, &request, &count, FALSE) && count == 2);
  CloseHandle(request.hEvent);
  int faults = 0;
  __try {
    DeviceIoControl(device, echo, "abc", 3, text, 8, NULL, NULL);  // nowhere to put the count
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    faults = 1;
  }
  CHECK(faults == 1 && CloseHandle(device));
  CHECK_ERROR(DeviceIoControl(device, echo, "abc", 3, text, 8, &count, NULL), ERROR_INVALID_HANDLE);
  device = CreateFileW(L"\\\\.\\Echo", GENERIC_READ, 0, NULL, OPEN_EXISTING, 0, NULL);
  CHECK_ERROR(DeviceIoControl(device, CONTROL_CODE(0x800, METHOD_BUFFERED, FILE_WRITE_ACCESS), NULL, 0, NULL,
                              0, &count, NULL),
              ERROR_ACCESS_DENIED);
  CHECK(CloseHandle(device));

  // Only ports are tied to completion ports.
  HANDLE port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 0);
  HANDLE file = CreateFileW(L"C:\\tied.txt", GENERIC_READ | GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                            FILE_FLAG_OVERLAPPED | FILE_FLAG_DELETE_ON_CLOSE, NULL);
  CHECK(file != INVALID_HANDLE_VALUE);
  CHECK_ERROR(CreateIoCompletionPort(file, port, 1, 0), ERROR_INVALID_HANDLE);
  CHECK(CloseHandle(file) && CloseHandle(port));
}

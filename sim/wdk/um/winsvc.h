// Services. No service control manager is simulated: a program that is started here is started as a user starts it.
#pragma once

#include "minwindef.h"

#define SERVICE_KERNEL_DRIVER 0x00000001u
#define SERVICE_FILE_SYSTEM_DRIVER 0x00000002u
#define SERVICE_WIN32_OWN_PROCESS 0x00000010u
#define SERVICE_WIN32_SHARE_PROCESS 0x00000020u
#define SERVICE_INTERACTIVE_PROCESS 0x00000100u
#define SERVICE_BOOT_START 0x00000000u
#define SERVICE_SYSTEM_START 0x00000001u
#define SERVICE_AUTO_START 0x00000002u
#define SERVICE_DEMAND_START 0x00000003u
#define SERVICE_DISABLED 0x00000004u
#define SERVICE_ERROR_IGNORE 0x00000000u
#define SERVICE_ERROR_NORMAL 0x00000001u
#define SERVICE_STOPPED 0x00000001u
#define SERVICE_START_PENDING 0x00000002u
#define SERVICE_STOP_PENDING 0x00000003u
#define SERVICE_RUNNING 0x00000004u
#define SERVICE_CONTROL_STOP 0x00000001u
#define SERVICE_CONTROL_PAUSE 0x00000002u
#define SERVICE_CONTROL_CONTINUE 0x00000003u
#define SERVICE_CONTROL_INTERROGATE 0x00000004u
#define SERVICE_CONTROL_SHUTDOWN 0x00000005u
#define SERVICE_ACCEPT_STOP 0x00000001u
#define SERVICE_ACCEPT_PAUSE_CONTINUE 0x00000002u
#define SERVICE_ACCEPT_SHUTDOWN 0x00000004u
#define SC_MANAGER_CONNECT 0x0001u
#define SC_MANAGER_CREATE_SERVICE 0x0002u
#define SC_MANAGER_ALL_ACCESS 0x000F003Fu
#define SERVICE_QUERY_CONFIG 0x0001u
#define SERVICE_QUERY_STATUS 0x0004u
#define SERVICE_START 0x0010u
#define SERVICE_STOP 0x0020u
#define SERVICE_ALL_ACCESS 0x000F01FFu
#define SERVICE_NO_CHANGE 0xFFFFFFFFu

DECLARE_HANDLE(SC_HANDLE);
DECLARE_HANDLE(SERVICE_STATUS_HANDLE);

typedef struct _SERVICE_STATUS {
  DWORD dwServiceType;
  DWORD dwCurrentState;
  DWORD dwControlsAccepted;
  DWORD dwWin32ExitCode;
  DWORD dwServiceSpecificExitCode;
  DWORD dwCheckPoint;
  DWORD dwWaitHint;
} SERVICE_STATUS, *LPSERVICE_STATUS;

typedef VOID (*LPSERVICE_MAIN_FUNCTIONW)(DWORD ArgumentCount, LPWSTR* Arguments);
typedef VOID (*LPSERVICE_MAIN_FUNCTIONA)(DWORD ArgumentCount, LPSTR* Arguments);
typedef VOID (*LPHANDLER_FUNCTION)(DWORD Control);
typedef DWORD (*LPHANDLER_FUNCTION_EX)(DWORD Control, DWORD EventType, LPVOID EventData, LPVOID Context);
typedef struct _SERVICE_TABLE_ENTRYW {
  LPWSTR lpServiceName;
  LPSERVICE_MAIN_FUNCTIONW lpServiceProc;
} SERVICE_TABLE_ENTRYW, *LPSERVICE_TABLE_ENTRYW;
typedef struct _SERVICE_TABLE_ENTRYA {
  LPSTR lpServiceName;
  LPSERVICE_MAIN_FUNCTIONA lpServiceProc;
} SERVICE_TABLE_ENTRYA, *LPSERVICE_TABLE_ENTRYA;

WDK_BEGIN

// ERROR_FAILED_SERVICE_CONTROLLER_CONNECT, as for every program that the service control manager has not started.
BOOL StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW* ServiceStartTable);
BOOL StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA* ServiceStartTable);
// The others are not simulated: NULL or FALSE with ERROR_CALL_NOT_IMPLEMENTED.
SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerW(LPCWSTR ServiceName, LPHANDLER_FUNCTION HandlerProc);
SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerExW(LPCWSTR ServiceName, LPHANDLER_FUNCTION_EX HandlerProc,
                                                    LPVOID Context);
BOOL SetServiceStatus(SERVICE_STATUS_HANDLE ServiceStatus, LPSERVICE_STATUS Status);
SC_HANDLE OpenSCManagerW(LPCWSTR MachineName, LPCWSTR DatabaseName, DWORD DesiredAccess);
SC_HANDLE OpenSCManagerA(LPCSTR MachineName, LPCSTR DatabaseName, DWORD DesiredAccess);
SC_HANDLE OpenServiceW(SC_HANDLE Manager, LPCWSTR ServiceName, DWORD DesiredAccess);
SC_HANDLE OpenServiceA(SC_HANDLE Manager, LPCSTR ServiceName, DWORD DesiredAccess);
SC_HANDLE CreateServiceW(SC_HANDLE Manager, LPCWSTR ServiceName, LPCWSTR DisplayName, DWORD DesiredAccess,
                         DWORD ServiceType, DWORD StartType, DWORD ErrorControl, LPCWSTR BinaryPathName,
                         LPCWSTR LoadOrderGroup, LPDWORD TagId, LPCWSTR Dependencies, LPCWSTR ServiceStartName,
                         LPCWSTR Password);
BOOL StartServiceW(SC_HANDLE Service, DWORD ArgumentCount, LPCWSTR* Arguments);
BOOL ControlService(SC_HANDLE Service, DWORD Control, LPSERVICE_STATUS Status);
BOOL DeleteService(SC_HANDLE Service);
BOOL QueryServiceStatus(SC_HANDLE Service, LPSERVICE_STATUS Status);
BOOL CloseServiceHandle(SC_HANDLE Object);

WDK_END

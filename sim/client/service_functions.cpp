// Services: there is no service control manager, and that is what a program is told.
#include "client/client.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

template <class Result>
Result refuse(const char* routine, Result failed, DWORD error = ERROR_CALL_NOT_IMPLEMENTED) {
  return nt::client_call(routine, failed, [&](nt::Thread& thread) -> Result {
    thread.last_error = error;
    return failed;
  });
}

constexpr DWORD kNotAService = ERROR_FAILED_SERVICE_CONTROLLER_CONNECT;

}  // namespace

extern "C" {

BOOL StartServiceCtrlDispatcherW(const SERVICE_TABLE_ENTRYW*) {
  return refuse("StartServiceCtrlDispatcherW", BOOL{FALSE}, kNotAService);
}
BOOL StartServiceCtrlDispatcherA(const SERVICE_TABLE_ENTRYA*) {
  return refuse("StartServiceCtrlDispatcherA", BOOL{FALSE}, kNotAService);
}
SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerW(LPCWSTR, LPHANDLER_FUNCTION) {
  return refuse("RegisterServiceCtrlHandlerW", SERVICE_STATUS_HANDLE{nullptr});
}
SERVICE_STATUS_HANDLE RegisterServiceCtrlHandlerExW(LPCWSTR, LPHANDLER_FUNCTION_EX, LPVOID) {
  return refuse("RegisterServiceCtrlHandlerExW", SERVICE_STATUS_HANDLE{nullptr});
}
BOOL SetServiceStatus(SERVICE_STATUS_HANDLE, LPSERVICE_STATUS) {
  return refuse("SetServiceStatus", BOOL{FALSE});
}
SC_HANDLE OpenSCManagerW(LPCWSTR, LPCWSTR, DWORD) { return refuse("OpenSCManagerW", SC_HANDLE{nullptr}); }
SC_HANDLE OpenSCManagerA(LPCSTR, LPCSTR, DWORD) { return refuse("OpenSCManagerA", SC_HANDLE{nullptr}); }
SC_HANDLE OpenServiceW(SC_HANDLE, LPCWSTR, DWORD) { return refuse("OpenServiceW", SC_HANDLE{nullptr}); }
SC_HANDLE OpenServiceA(SC_HANDLE, LPCSTR, DWORD) { return refuse("OpenServiceA", SC_HANDLE{nullptr}); }
SC_HANDLE CreateServiceW(SC_HANDLE, LPCWSTR, LPCWSTR, DWORD, DWORD, DWORD, DWORD, LPCWSTR, LPCWSTR, LPDWORD,
                         LPCWSTR, LPCWSTR, LPCWSTR) {
  return refuse("CreateServiceW", SC_HANDLE{nullptr});
}
BOOL StartServiceW(SC_HANDLE, DWORD, LPCWSTR*) { return refuse("StartServiceW", BOOL{FALSE}); }
BOOL ControlService(SC_HANDLE, DWORD, LPSERVICE_STATUS) { return refuse("ControlService", BOOL{FALSE}); }
BOOL DeleteService(SC_HANDLE) { return refuse("DeleteService", BOOL{FALSE}); }
BOOL QueryServiceStatus(SC_HANDLE, LPSERVICE_STATUS) { return refuse("QueryServiceStatus", BOOL{FALSE}); }
BOOL CloseServiceHandle(SC_HANDLE) { return refuse("CloseServiceHandle", BOOL{FALSE}); }

}  // extern "C"

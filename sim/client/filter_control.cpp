// FilterLoad and FilterUnload, and the management functions that are declared but not simulated.
#include <fltUser.h>

#include "client/filter_control.hpp"

#include <memory>
#include <utility>

#include "loader/loader.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace fltsim::client {

HRESULT in_system_thread(nt::Thread& thread, const char* routine, std::function<NTSTATUS(System&)> work) {
  constexpr std::uint32_t kLoadDriverPrivilege = 10;  // SE_LOAD_DRIVER_PRIVILEGE
  if (!thread.process.token->has_privilege(kLoadDriverPrivilege))
    return hresult_from_status(STATUS_PRIVILEGE_NOT_HELD);
  auto status = std::make_shared<NTSTATUS>(STATUS_SUCCESS);
  nt::Executive& executive = thread.system.nt();
  const auto worker = executive.start_thread(
      executive.system_process(), routine,
      [status, work = std::move(work), &system = thread.system] { *status = work(system); });
  static_cast<void>(
      executive.dispatcher().wait(thread, worker->header, {.kind = "driver", .object = routine}));
  return hresult_from_status(*status);
}

}  // namespace fltsim::client

#define FLTLINK_NOT_SIMULATED(name, ...) \
  HRESULT name(__VA_ARGS__) { nt::unsupported(#name); }

extern "C" {

HRESULT FilterLoad(LPCWSTR FilterName) {
  return nt::client_call("FilterLoad", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    return in_system_thread(thread, "FilterLoad", [name = text_of(FilterName)](System& system) {
      return system.loader().load(name);
    });
  });
}

HRESULT FilterUnload(LPCWSTR FilterName) {
  return nt::client_call("FilterUnload", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    return in_system_thread(thread, "FilterUnload", [name = text_of(FilterName)](System& system) {
      return system.loader().unload(name, false);
    });
  });
}

FLTLINK_NOT_SIMULATED(FilterCreate, LPCWSTR, HFILTER*)
FLTLINK_NOT_SIMULATED(FilterClose, HFILTER)
FLTLINK_NOT_SIMULATED(FilterInstanceCreate, LPCWSTR, LPCWSTR, LPCWSTR, HFILTER_INSTANCE*)
FLTLINK_NOT_SIMULATED(FilterInstanceClose, HFILTER_INSTANCE)
FLTLINK_NOT_SIMULATED(FilterFindFirst, FILTER_INFORMATION_CLASS, LPVOID, DWORD, LPDWORD, LPHANDLE)
FLTLINK_NOT_SIMULATED(FilterFindNext, HANDLE, FILTER_INFORMATION_CLASS, LPVOID, DWORD, LPDWORD)
FLTLINK_NOT_SIMULATED(FilterFindClose, HANDLE)
FLTLINK_NOT_SIMULATED(FilterVolumeFindFirst, FILTER_VOLUME_INFORMATION_CLASS, LPVOID, DWORD, LPDWORD, PHANDLE)
FLTLINK_NOT_SIMULATED(FilterVolumeFindNext, HANDLE, FILTER_VOLUME_INFORMATION_CLASS, LPVOID, DWORD, LPDWORD)
FLTLINK_NOT_SIMULATED(FilterVolumeFindClose, HANDLE)
FLTLINK_NOT_SIMULATED(FilterInstanceFindFirst, LPCWSTR, INSTANCE_INFORMATION_CLASS, LPVOID, DWORD, LPDWORD,
                      LPHANDLE)
FLTLINK_NOT_SIMULATED(FilterInstanceFindNext, HANDLE, INSTANCE_INFORMATION_CLASS, LPVOID, DWORD, LPDWORD)
FLTLINK_NOT_SIMULATED(FilterInstanceFindClose, HANDLE)
FLTLINK_NOT_SIMULATED(FilterVolumeInstanceFindFirst, LPCWSTR, INSTANCE_INFORMATION_CLASS, LPVOID, DWORD,
                      LPDWORD, LPHANDLE)
FLTLINK_NOT_SIMULATED(FilterVolumeInstanceFindNext, HANDLE, INSTANCE_INFORMATION_CLASS, LPVOID, DWORD,
                      LPDWORD)
FLTLINK_NOT_SIMULATED(FilterVolumeInstanceFindClose, HANDLE)
FLTLINK_NOT_SIMULATED(FilterGetDosName, LPCWSTR, LPWSTR, DWORD)
FLTLINK_NOT_SIMULATED(FilterGetInformation, HFILTER, FILTER_INFORMATION_CLASS, LPVOID, DWORD, LPDWORD)
FLTLINK_NOT_SIMULATED(FilterInstanceGetInformation, HFILTER_INSTANCE, INSTANCE_INFORMATION_CLASS, LPVOID,
                      DWORD, LPDWORD)

}  // extern "C"

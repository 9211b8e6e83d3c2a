// FilterLoad and FilterUnload.
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

}  // extern "C"

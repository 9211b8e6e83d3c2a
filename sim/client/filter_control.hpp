// How a program's requests to manage filters run: drivers and instances come and go in system threads.
#pragma once

#include <functional>
#include <string>

#include "client/client.hpp"

namespace fltsim::client {

inline std::u16string text_of(LPCWSTR name) { return reinterpret_cast<const char16_t*>(name); }

// Runs `work` in a system thread; the caller waits for it. Its status as a HRESULT, or that of the missing
// SeLoadDriverPrivilege (LIFE-13).
HRESULT in_system_thread(nt::Thread& thread, const char* routine, std::function<NTSTATUS(System&)> work);

}  // namespace fltsim::client

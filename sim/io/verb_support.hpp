// What the verbs of programs share: one system call of the current thread, and running a verb in its process.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "fltsim/file_verbs.hpp"
#include "io/services.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/user_memory.hpp"

namespace fltsim {

using io::Caller;
using nt::UserBuffer;

inline HANDLE to_handle(FileHandle handle) { return reinterpret_cast<HANDLE>(handle); }

// One system call of the current thread: in user mode, but for a thread of the system process, whose handles are the
// kernel's.
template <class Body>
NTSTATUS system_call(const char* name, Body&& body) {
  return nt::client_call(name, kVerbDidNotEnd, [&body](nt::Thread& thread) {
    return body(Caller{thread, thread.process.is_system ? nt::Mode::kKernel : nt::Mode::kUser});
  });
}

// A call that fills a buffer of the client.
template <class Call>
IoResult call_with_output(const char* name, std::uint32_t length, Call&& call) {
  IoResult result;
  std::string bytes(length, '\0');
  result.status = system_call(name, [&](const Caller& caller) {
    const UserBuffer buffer(caller.thread, bytes.data(), length, UserBuffer::Use::kOutput);
    IO_STATUS_BLOCK block{};
    const NTSTATUS status = call(caller, block, buffer.address());
    result.information = block.Information;
    return status;
  });
  bytes.resize(std::min<std::size_t>(result.information, length));
  result.content = std::move(bytes);
  return result;
}

// FILE_FULL_EA_INFORMATION entries.
std::string pack_extended_attributes(const std::vector<ExtendedAttribute>& attributes);

// Runs `body` in a thread of the process. What it answers lives on if the verb is given up while it still
// runs.
template <class Body>
auto run(nt::Process& process, const char* verb, Body body) {
  using Result = decltype(body());
  auto result = std::make_shared<Result>();
  // The result says how the verb ended.
  static_cast<void>(process.system.run_in(process, process.short_name + ' ' + verb,
                                          [result, body = std::move(body)] { *result = body(); }));
  return *result;
}

}  // namespace fltsim

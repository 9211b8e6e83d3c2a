// What the user-mode functions keep for one process: its console, its waits on addresses, its heap, and, when it is a
// client program, that program.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "client/address_waits.hpp"
#include "client/console.hpp"
#include "client/heap.hpp"
#include "nt/process.hpp"

namespace fltsim::client {

class Program;

class ProcessState {
 public:
  explicit ProcessState(nt::Process& process);
  ~ProcessState();
  ProcessState(const ProcessState&) = delete;
  ProcessState& operator=(const ProcessState&) = delete;

  AddressWaits waits;
  Console console;
  Heap heap;

  // Written before the program's first thread runs; null in a process of code of a test.
  std::unique_ptr<Program> program;

  // Everything below is guarded by the mutex, a leaf.
  std::mutex mutex;
  std::vector<bool> local_storage;  // TlsAlloc: which indexes are taken
  std::map<std::u16string, std::u16string> environment;
  std::u16string current_directory;
  std::uint32_t error_mode = 0;  // SetErrorMode: kept for who asks, no dialogue is ever shown
};

// The state of a process, made at the first call. Any thread.
ProcessState& state_of(nt::Process& process);

}  // namespace fltsim::client

// One simulated process (PEPROCESS points here). It is no address space of its own: its threads are threads
// of the test program, and its user memory is a part of the machine's user range (user_memory.hpp).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "nt/dispatcher.hpp"
#include "nt/handle_table.hpp"
#include "nt/object.hpp"
#include "nt/security.hpp"

namespace fltsim::client {
class ProcessState;
}

namespace fltsim::nt {

class Thread;

class Process final {
 public:
  Process(System& system, std::u16string dos_image, std::u16string device_image, Ref<Token> token,
          bool is_system);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  DispatcherHeader header;  // first; signalled when the process has ended

  // --- fixed at birth ---
  System& system;
  std::uint32_t id = 0;               // a multiple of 4; the system process has 4
  std::uint32_t parent_id = 4;        // the system's, unless somebody else has started it
  std::u16string command_line;        // the image in quotation marks, unless it was given
  const std::u16string dos_image;     // C:\Office\winword.exe
  const std::u16string device_image;  // \Device\HarddiskVolume1\Office\winword.exe
  const std::string short_name;       // winword.exe, at most 15 characters (PsGetProcessImageFileName)
  const bool is_system;
  const sched::Ticks create_time;
  const Ref<Token> token;

  // --- any thread ---
  HandleTable handles;
  std::atomic<std::int32_t> exit_status{0x103};  // STATUS_PENDING while it runs
  std::atomic<bool> terminating{false};          // no new threads, handles or client code
  bool ended() const { return exit_status.load(std::memory_order_acquire) != 0x103; }

  // What the user-mode functions keep (client/process_state.hpp), made at its first use under the mutex.
  std::mutex user_mode_mutex;
  std::shared_ptr<client::ProcessState> user_mode;

  // Live threads in order of birth, each with a reference.
  std::vector<Ref<Thread>> threads() const;

 private:
  friend class Executive;
  mutable std::mutex mutex_;
  std::vector<Thread*> threads_;
};

}  // namespace fltsim::nt

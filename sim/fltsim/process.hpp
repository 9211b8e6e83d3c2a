// A simulated process, and threads in it. Both are small values that refer to the machine's own objects; they
// stay valid until the machine is destroyed.
//
// Code that runs in a process sees the client API (fltUser.h) as that process.
//
// Threads: the control thread, or a simulated thread of the same machine.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "fltsim/file_verbs.hpp"
#include "fltsim/outcome.hpp"
#include "fltsim/user.hpp"

namespace fltsim {

class System;

namespace nt {
class Process;
class Thread;
}  // namespace nt

struct ProcessOptions {
  std::u16string image;  // DOS form, C:\Office\winword.exe
  User user = User::kOrdinary;
  // As CreateProcess with bInheritHandles: the new process gets each inheritable handle of this one, with the
  // same value and access. Null: none.
  const class Process* inherit_handles_of = nullptr;
  std::u16string command_line = {};  // empty: the image in quotation marks
  // The parent, in a thread of which drivers hear of the new process; null: the system process.
  const class Process* started_by = nullptr;
};

class ThreadHandle {
 public:
  explicit ThreadHandle(std::shared_ptr<nt::Thread> thread) : thread_(std::move(thread)) {}

  std::uint32_t id() const;
  bool done() const;
  // Lets the machine run until the thread has ended. kKilled when it was terminated.
  Outcome join();
  // As TerminateThread: no further client code runs in it, and a documented kernel wait ends.
  void terminate();

  nt::Thread& thread() const { return *thread_; }

 private:
  std::shared_ptr<nt::Thread> thread_;  // null: never started, and so done
};

// Its verbs on files: file_verbs.hpp.
class Process : public FileVerbs {
 public:
  explicit Process(nt::Process* process) : FileVerbs(process) {}

  std::uint32_t id() const;
  std::u16string image() const;         // DOS form
  std::u16string device_image() const;  // \Device\HarddiskVolume1\...
  bool ended() const;

  // Runs `code` in a thread of this process until it is done.
  Outcome run(std::function<void()> code);
  // Starts a thread that goes on while the machine runs. In an ended process: a thread that is done at once.
  ThreadHandle start_thread(std::string name, std::function<void()> code);

  // Ends the process as its own ExitProcess would: handles closed, DisconnectNotify run, when the verb
  // returns. Its threads run no client code any more; one that is in the kernel leaves it, and is done, when the
  // machine runs again.
  Outcome exit(std::int32_t code);
  // The same from outside, as TerminateProcess.
  Outcome kill();

  nt::Process& process() const { return *process_; }
};

}  // namespace fltsim

// A client program in its process: its image, its arguments, and the boundary to its code.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "loader/module.hpp"
#include "nt/process.hpp"
#include "nt/thread.hpp"

namespace fltsim::client {

class Program {
 public:
  // `arguments` without the program's name; UTF-8.
  Program(nt::Process& process, const std::vector<std::string>& arguments);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Maps the image, in a thread of the process: constructors of globals run. What is wrong with the file, or empty.
  std::string load(const std::string& path);
  // Runs main in the calling thread, a new one of the process.
  void run_main(nt::Thread& thread);
  // Runs `code` of the program in the calling thread up to its end, to ExitThread or to an exception.
  void run(nt::Thread& thread, const std::function<void()>& code);

  const std::u16string& command_line() const { return command_line_; }
  const loader::Module* module() const { return module_.get(); }

  // How it ended, when the exit code does not tell.
  std::atomic<bool> crashed{false};

 private:
  nt::Process& process_;
  std::unique_ptr<loader::Module> module_;
  std::vector<std::string> narrow_;
  std::vector<std::u16string> wide_;
  std::vector<char*> narrow_pointers_;
  std::vector<unsigned short*> wide_pointers_;
  std::u16string command_line_;
  std::u16string tail_;
  std::string narrow_tail_;
};

// The calling thread's program, or null in a process of code of a test.
Program* program_of(nt::Process& process);

// Ends the calling thread's process, as ExitProcess.
[[noreturn]] void end_process(nt::Thread& thread, std::int32_t exit_code);

}  // namespace fltsim::client

// A client program: a program in C or C++ that was built by `fltlink-cc --client` or fltlink_add_client, running in a
// simulated process (docs/CLIENTS.md).
//
//   auto client = machine.start_client("app", {.arguments = {"-v"}});
//   machine.advance(1s);
//   client.stop();
//   EXPECT_EQ(client.exit_code(), 0u);
//
// A small value that refers to the machine's own object; valid until the machine is destroyed. Threads: the control
// thread, between two verbs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "fltsim/process.hpp"
#include "fltsim/user.hpp"

namespace fltsim {

struct ClientOptions {
  std::u16string image = {};                // DOS form; empty: C:\Program Files\<module's stem>\<stem>.exe
  std::vector<std::string> arguments = {};  // UTF-8, without the program's name
  User user = User::kAdministrator;
  // What is typed at the console. The program's reads wait behind it, until stop() ends the input.
  std::string standard_input = {};
};

enum class ClientEnd {
  kNotStarted,  // see error()
  kRunning,
  kExited,       // by itself: exit_code() is its own
  kCrashed,      // by an exception (CLI-2): exit_code() is its code
  kInterrupted,  // by Ctrl-C at stop(), which it does not handle
  kKilled,       // at stop(), after neither the end of its input nor Ctrl-C had ended it
};

class ClientProgram {
 public:
  ClientProgram(Process process, std::string error) : process_(process), error_(std::move(error)) {}

  Process process() const { return process_; }
  // Why it could not be loaded; empty when it was started.
  const std::string& error() const { return error_; }
  bool running() const { return end() == ClientEnd::kRunning; }
  ClientEnd end() const;
  // STILL_ACTIVE (259) while it runs.
  std::uint32_t exit_code() const;
  // What it has printed, UTF-8.
  std::string standard_output() const;
  std::string standard_error() const;

  // Types at its console.
  void type(const std::string& text);
  // Ends it as a user does who has seen enough: nothing is typed any more, then Ctrl-C, then the window is closed, each
  // with a grace of 5 seconds of the machine's time; at last it is terminated. Returns when it has ended.
  ClientEnd stop();

 private:
  bool ends_within_grace(bool reading_on_is_deaf) const;
  bool interrupt(std::uint32_t event) const;

  Process process_;
  std::string error_;
  ClientEnd stopped_by_ = ClientEnd::kExited;
};

}  // namespace fltsim

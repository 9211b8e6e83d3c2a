// The console of a process: what it prints, what it is typed, and Ctrl-C.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "nt/object.hpp"
#include "nt/thread.hpp"

namespace fltsim::client {

// Stands behind the three standard handles; the body of kConsoleType. The process that printed is the calling one.
struct ConsoleFile {
  enum class Kind {
    kInput,
    kOutput,
    kError,
  };
  explicit ConsoleFile(Kind which) : kind(which) {}
  Kind kind;
};
extern const nt::ObjectType kConsoleType;

class Console {
 public:
  explicit Console(System& system) : system_(system) {}
  Console(const Console&) = delete;
  Console& operator=(const Console&) = delete;

  // --- output: bytes as the program wrote them, UTF-8 by its code page ---
  void write(ConsoleFile::Kind kind, std::string_view text);
  std::string output() const;
  std::string error() const;

  // --- input ---

  // Text that is typed; before the process runs, or by the control thread between two verbs.
  void type(std::string_view text);
  // Nobody types any more: who reads gets what is left, and then the end of the file.
  void close_input();
  // Up to `size` bytes, up to and with the end of the line unless `raw`. Waits for the first one; 0 at the end of the
  // file. False: the thread was terminated.
  [[nodiscard]] bool read(nt::Thread& thread, char* to, std::size_t size, bool raw, std::size_t& count);
  // Whether a read would not wait.
  bool readable() const;
  // How often a read has found the end of the file: who goes on reading does not look.
  std::uint32_t ends_read() const;

  // --- Ctrl-C ---
  using Handler = std::int32_t (*)(std::uint32_t event);
  void add_handler(Handler handler);
  [[nodiscard]] bool remove_handler(Handler handler);
  void ignore_interrupts(bool ignore);
  bool ignores_interrupts() const;
  std::vector<Handler> handlers() const;  // the last one that was added first

  // --- standard handles, guarded as all of it ---
  nt::Status standard_handle(std::uint32_t which, void*& handle);
  bool set_standard_handle(std::uint32_t which, void* handle);

 private:
  System& system_;
  mutable std::mutex mutex_;  // a leaf
  std::string output_;
  std::string error_;
  std::string input_;
  bool input_closed_ = false;
  std::uint32_t ends_read_ = 0;
  std::vector<sched::Thread*> readers_;
  std::vector<Handler> handlers_;
  bool ignores_interrupts_ = false;
  void* standard_[3] = {nullptr, nullptr, nullptr};
};

}  // namespace fltsim::client

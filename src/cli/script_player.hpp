// Whoever plays a script: its programs, their open files, and what the last operation answered.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/told.hpp"
#include "fltsim/machine.hpp"

namespace fltlink::cli {

class Player {
 public:
  // One line. Called in the control thread, or, behind `start`, in a thread of the program.
  using Step = std::function<void(Player&)>;

  Player(fltsim::Machine& machine, bool seeded, Told& told);

  // Where the script is, for findings.
  void set_place(std::string place) { place_ = std::move(place); }
  // False when the machine came to a stop or hangs.
  [[nodiscard]] bool play(const Step& step);
  // Waits for what was started.
  [[nodiscard]] bool finish();

  // --- for the steps ---

  // The program whose turn it is; a name that is new starts one.
  void take_turn(const std::string& name, fltsim::User user);
  void end_program(bool killed);
  const fltsim::Process& program() const { return current_; }

  // Counts an answer, and keeps it for the next `expect`.
  template <class Result>
  Result answer(const std::string& operation, Result result) {
    if (!in_started_) last_status_ = result.status;
    return told_.answer(operation, std::move(result));
  }
  void keep_content(std::string content) { last_content_ = std::move(content); }
  void expect_status(std::int32_t status, const std::string& name);
  void expect_content(const std::string& content);
  void expect_exists(const std::u16string& path, bool exists);

  void open(const std::string& name, const fltsim::CreateArguments& arguments);
  void open_by_id(const std::string& name, const std::u16string& path);
  // kNone for a name that is not open: the system refuses it.
  fltsim::FileHandle handle(const std::string& name) const;
  void close(const std::string& name);
  void map(const std::string& name, const std::string& text);

  void start(const Step& step);
  void wait();
  void cancel_open(const std::u16string& path, std::uint64_t switches);
  void advance(fltsim::Duration duration);

 private:
  void finding(const std::string& text);

  fltsim::Machine& machine_;
  const bool seeded_;
  Told& told_;
  std::string place_;
  std::map<std::string, fltsim::Process> programs_;
  std::string current_name_;
  fltsim::Process current_;
  std::map<std::string, fltsim::FileHandle> handles_;
  std::vector<fltsim::ThreadHandle> threads_;
  bool in_started_ = false;
  bool well_ = true;
  std::int32_t last_status_ = 0;
  std::string last_content_;
};

}  // namespace fltlink::cli

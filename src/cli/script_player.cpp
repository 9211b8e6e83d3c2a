#include "cli/script_player.hpp"

#include <cstring>

#include "cli/smoke_values.hpp"
#include "cli/text.hpp"

namespace fltlink::cli {

using fltsim::FileHandle;
using fltsim::Outcome;
using namespace smoke;

namespace {

constexpr const char* kFirstProgram = "app";

fltsim::Process start_program(fltsim::Machine& machine, const std::string& name, fltsim::User user) {
  return machine.start_process(
      {.image = u"C:\\Programs\\" + std::u16string(name.begin(), name.end()) + u".exe", .user = user});
}

}  // namespace

Player::Player(fltsim::Machine& machine, bool seeded, Told& told)
    : machine_(machine),
      seeded_(seeded),
      told_(told),
      current_name_(kFirstProgram),
      current_(start_program(machine, kFirstProgram, fltsim::User::kOrdinary)) {
  programs_.emplace(kFirstProgram, current_);
}

bool Player::play(const Step& step) {
  step(*this);
  if (machine_.stopped() || machine_.run_to_quiescence() != Outcome::kDone) well_ = false;
  return well_;
}

bool Player::finish() {
  wait();
  return well_;
}

void Player::take_turn(const std::string& name, fltsim::User user) {
  auto found = programs_.find(name);
  if (found == programs_.end() || found->second.ended()) {
    if (found != programs_.end()) programs_.erase(found);
    const fltsim::Process program =
        name == "system" ? machine_.system_process() : start_program(machine_, name, user);
    found = programs_.emplace(name, program).first;
  }
  current_name_ = name;
  current_ = found->second;
}

void Player::end_program(bool killed) {
  if (current_name_ == "system") return;
  static_cast<void>(killed ? current_.kill() : current_.exit(0));
}

void Player::finding(const std::string& text) {
  machine_.verifier().report({.id = "RUN-2",
                              .severity = fltsim::Severity::kError,
                              .text = text,
                              .driver = {},
                              .object = place_,
                              .allocated_at = {}});
}

void Player::expect_status(std::int32_t status, const std::string& name) {
  if (last_status_ == status) return;
  finding("the script expects " + name + ", and the operation before was answered with " +
          fltsim::nt::status_name(last_status_));
}

void Player::expect_content(const std::string& content) {
  if (last_content_ == content) return;
  finding("the script expects to have read " + std::to_string(content.size()) + " bytes \"" +
          content.substr(0, 60) + "\", and read " + std::to_string(last_content_.size()) + ": \"" +
          last_content_.substr(0, 60) + '"');
}

void Player::expect_exists(const std::u16string& path, bool exists) {
  if (current_.exists(path) == exists) return;
  finding("the script expects that there is " + std::string(exists ? "" : "no ") + printable(path));
}

void Player::open(const std::string& name, const fltsim::CreateArguments& arguments) {
  handles_[name] = answer("create", current_.create(arguments)).handle;
}

void Player::open_by_id(const std::string& name, const std::u16string& path) {
  const auto file = current_.create({.path = path, .access = kReadAttributes | kSynchronize});
  const auto id = current_.query(file.handle, kInternal, 8);
  if (id.content.size() != 8) {
    answer("create by id", file.status != kSuccess ? fltsim::IoResult{file.status, 0, {}} : id);
  } else {
    std::u16string number(4, u'\0');
    std::memcpy(number.data(), id.content.data(), 8);
    handles_[name] =
        answer(
            "create by id",
            current_.create({.path = number, .options = kSynchronousIo | kOpenByFileId, .root = file.handle}))
            .handle;
  }
  if (file.handle != FileHandle::kNone) static_cast<void>(current_.close(file.handle));
}

FileHandle Player::handle(const std::string& name) const {
  const auto found = handles_.find(name);
  return found == handles_.end() ? FileHandle::kNone : found->second;
}

void Player::close(const std::string& name) {
  answer("close", current_.close(handle(name)));
  handles_.erase(name);
}

// A view of the whole file, into whose beginning the text is put; it is flushed and goes.
void Player::map(const std::string& name, const std::string& text) {
  const auto mapped = answer("map", current_.map(handle(name), !text.empty()));
  if (mapped.status != kSuccess) return;
  keep_content({reinterpret_cast<const char*>(mapped.view.data()), mapped.view.size()});
  if (!text.empty()) {
    std::memcpy(mapped.view.data(), text.data(), std::min(text.size(), mapped.view.size()));
    answer("flush view", current_.flush_view(mapped.view));
  }
  told_.answer("unmap", current_.unmap(mapped.view));
}

void Player::start(const Step& step) {
  threads_.push_back(current_.start_thread("started at " + place_, [this, step, program = current_] {
    Player started(*this);
    started.current_ = program;
    started.in_started_ = true;
    started.threads_.clear();
    step(started);
  }));
}

void Player::wait() {
  for (fltsim::ThreadHandle& thread : threads_) {
    const Outcome outcome = thread.join();
    if (outcome != Outcome::kDone && outcome != Outcome::kKilled) well_ = false;
  }
  threads_.clear();
}

// A program that is ended while it opens a file: so many steps of the machine after it began.
void Player::cancel_open(const std::u16string& path, std::uint64_t switches) {
  fltsim::Process victim = start_program(machine_, "victim", fltsim::User::kOrdinary);
  const auto thread = victim.start_thread("victim", [this, victim, path] {
    told_.answer("create", victim.create({.path = path, .disposition = kOpenIf}));
  });
  if (seeded_) static_cast<void>(machine_.run_switches(switches));
  static_cast<void>(victim.kill());
}

void Player::advance(fltsim::Duration duration) {
  if (machine_.advance(duration) != Outcome::kDone) well_ = false;
}

}  // namespace fltlink::cli

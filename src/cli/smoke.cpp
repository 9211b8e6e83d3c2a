#include "cli/smoke.hpp"

#include <algorithm>

#include <spdlog/fmt/fmt.h>

#include "cli/smoke_values.hpp"
#include "cli/text.hpp"

namespace fltlink::cli {

using fltsim::FileHandle;
using fltsim::Outcome;
using namespace smoke;

Smoke::Smoke(fltsim::Machine& machine, std::u16string drive, bool seeded, Told& told)
    : machine_(machine),
      drive_(std::move(drive)),
      seeded_(seeded),
      told_(told),
      app_(machine.start_process({.image = drive_ + u"\\Programs\\application.exe"})) {}

bool Smoke::run(const std::function<bool()>& stop) {
  constexpr void (Smoke::*kSteps[])() = {&Smoke::make_folder,
                                         &Smoke::make_and_change,
                                         &Smoke::rename_and_link,
                                         &Smoke::remove_in_every_way,
                                         &Smoke::use_streams,
                                         &Smoke::look_into_folders,
                                         &Smoke::ask_and_set,
                                         &Smoke::share_and_collide,
                                         &Smoke::open_by_id,
                                         &Smoke::map,
                                         &Smoke::reach_for_the_edges,
                                         &Smoke::use_names,
                                         &Smoke::go_the_fast_way,
                                         &Smoke::ask_the_volume,
                                         &Smoke::read_what_is_there,
                                         &Smoke::lock_ranges,
                                         &Smoke::keep_attributes_and_security,
                                         &Smoke::control_a_file};
  for (const auto body : kSteps) {
    if (stop()) return true;
    if (!step(body)) return false;
  }
  for (const auto several : {&Smoke::watch_a_folder, &Smoke::work_at_once, &Smoke::be_killed_at_work}) {
    if (stop()) return true;
    (this->*several)();
    if (machine_.run_to_quiescence() != Outcome::kDone) return false;
  }
  return step(&Smoke::leave_nothing);
}

bool Smoke::run_short() {
  return app_.run([this] {
    make_folder();
    const std::u16string path = in_folder(u"short.txt");
    write(path, "for one that came later");
    remove(path);
    leave_nothing();
  }) == Outcome::kDone;
}

// What the system does behind a program, closes and paging writes, belongs to the step.
bool Smoke::step(void (Smoke::*body)()) {
  if (app_.run([this, body] { (this->*body)(); }) != Outcome::kDone) return false;
  return machine_.run_to_quiescence() == Outcome::kDone;
}

std::u16string Smoke::in_folder(std::u16string_view name) const {
  return drive_ + u"\\fltlink smoke\\" + std::u16string(name);
}

void Smoke::report_difference(std::u16string_view path, std::string_view written, std::string_view read) {
  const auto differ = std::ranges::mismatch(written, read);
  machine_.verifier().report(
      {.id = "RUN-1",
       .severity = fltsim::Severity::kWarning,
       .text = fmt::format(
           "the content of {} changed below the program: it wrote {} bytes, was told that this "
           "succeeded, and read {} back, which differ from byte {} on. A filter that changes data "
           "must change it back for its readers.",
           printable(path), written.size(), read.size(), differ.in1 - written.begin()),
       .driver = {},
       .object = printable(path),
       .allocated_at = {}});
}

void Smoke::expect_content(std::u16string_view path, std::string_view written) {
  const fltsim::IoResult read = told_.answer("read", app_.read(path));
  if (read.status == kSuccess && read.content != written) report_difference(path, written, read.content);
}

fltsim::CreateResult Smoke::open(std::u16string_view path, std::uint32_t access, std::uint32_t disposition,
                                 std::uint32_t options, std::uint32_t share) {
  return told_.answer("create", app_.create({.path = std::u16string(path),
                                             .access = access | kSynchronize,
                                             .disposition = disposition,
                                             .options = options | kSynchronousIo,
                                             .share = share}));
}

void Smoke::close(FileHandle handle) {
  if (handle != FileHandle::kNone) told_.answer("close", app_.close(handle));
}

void Smoke::write(std::u16string_view path, std::string_view text) {
  if (told_.answer("write", app_.write(path, text)).status == kSuccess) expect_content(path, text);
}

void Smoke::remove(std::u16string_view path) { told_.answer("delete", app_.remove(path)); }

// Several processes, one of them the system, with two threads each, on files of their own and on one that all want.
void Smoke::work_at_once() {
  std::vector<fltsim::Process> processes{app_, machine_.system_process()};
  for (const char16_t* image : {u"\\Programs\\editor.exe", u"\\Programs\\backup.exe"})
    processes.push_back(
        machine_.start_process({.image = drive_ + image, .user = fltsim::User::kAdministrator}));
  std::vector<fltsim::ThreadHandle> threads;
  for (std::size_t number = 0; number < 2 * processes.size(); ++number) {
    const fltsim::Process process = processes[number / 2];
    threads.push_back(fltsim::Process(process).start_thread("worker " + std::to_string(number), [=, this] {
      const std::u16string own = in_folder(u"worker " + decimal(number) + u".txt");
      const std::u16string shared = in_folder(u"shared.txt");
      for (int round = 0; round < 6; ++round) {
        const std::string text = fmt::format("round {} of worker {}", round, number);
        const auto written = told_.answer("write", process.write(own, text));
        told_.answer("append", process.append(shared, text + "\n"));
        told_.answer("read", process.read(shared));
        const auto read = told_.answer("read", process.read(own));
        if (written.status == kSuccess && read.status == kSuccess && read.content != text)
          report_difference(own, text, read.content);
        told_.answer("list", process.list(in_folder(u"")));
      }
      told_.answer("delete", process.remove(own));
    }));
  }
  for (fltsim::ThreadHandle& thread : threads) static_cast<void>(thread.join());
}

// A program that ends in the middle of what it does, at another point each time.
void Smoke::be_killed_at_work() {
  for (std::uint64_t switches = 1; switches <= 4; ++switches) {
    fltsim::Process victim = machine_.start_process({.image = drive_ + u"\\Programs\\victim.exe"});
    const auto thread = victim.start_thread("victim", [=, this] {
      const std::u16string path = in_folder(u"victim.txt");
      for (int round = 0; round < 8; ++round) {
        told_.answer("write", victim.write(path, "never finished"));
        told_.answer("read", victim.read(path));
      }
    });
    if (seeded_) static_cast<void>(machine_.run_switches(switches * 7));
    static_cast<void>(victim.kill());
  }
}

}  // namespace fltlink::cli

#include "machine/checks.hpp"

#include <algorithm>
#include <utility>

#include "loader/loader.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/thread.hpp"

namespace fltsim {
namespace {

[[gnu::tls_model("initial-exec")]] thread_local const char* t_running_check = nullptr;

std::string text_of(const sched::Observer::Step& last) {
  if (last.thread.empty()) return "seen when everybody was at rest";
  std::string text = '"' + std::string(last.thread) + '"';
  if (last.to.empty()) return text + " did it before it let the machine run";
  text += " did it between ";
  text += last.from.empty() ? "its start" : std::string(last.from);
  return text + " and " + std::string(last.to);
}

}  // namespace

const char* running_check() { return t_running_check; }

void Checks::check_caller(const char* call) const {
  if (nt::current_thread_or_null() == nullptr && t_running_check == nullptr) return;
  nt::misuse(std::string(call) + " is for the control thread, and not for a check");
}

void Checks::always(std::string name, Predicate holds, const loader::DriverRecord* driver,
                    std::string symbol) {
  check_caller("always()");
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(checks_, [&](const Check& check) { return check.name == name; });
    checks_.push_back({std::move(name), std::move(holds), driver, std::move(symbol)});
    checks_.back().data = find(checks_.back());
  }
  changed();
}

void Checks::drop(std::string_view name) {
  check_caller("drop_check()");
  bool found = false;
  {
    const std::lock_guard lock(mutex_);
    found = std::erase_if(checks_, [&](const Check& check) { return check.name == name; }) != 0;
  }
  if (!found) nt::misuse("drop_check() of a name that no check has: " + std::string(name));
  changed();
}

void Checks::drop_those_of_the_machine() {
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(checks_, [](const Check& check) { return check.driver == nullptr; });
  }
  changed();
}

// The control thread, while nobody runs (seeded).
void Checks::changed() {
  const std::lock_guard lock(mutex_);
  false_.clear();
  system_.scheduler().observe(checks_.empty() ? nullptr : this);
}

const void* Checks::find(const Check& check) {
  if (check.driver == nullptr || !check.driver->module) return nullptr;
  const void* data = check.driver->module->symbol(check.symbol.c_str());
  if (data == nullptr) {
    nt::misuse("the check \"" + check.name + "\" reads " + check.symbol + ", which the driver " +
               check.driver->identity->name + " does not export");
  }
  return data;
}

void Checks::image_comes(const loader::DriverRecord& driver) {
  const std::lock_guard lock(mutex_);
  for (Check& check : checks_) {
    if (check.driver == &driver) check.data = find(check);
  }
}

void Checks::image_goes(const loader::DriverRecord& driver) {
  const std::lock_guard lock(mutex_);
  for (Check& check : checks_) {
    if (check.driver != &driver) continue;
    if (check.is_due() && !ask(check)) note(check, "seen when the driver had ended");
    check.data = nullptr;
  }
}

bool Checks::ask(const Check& check) {
  t_running_check = check.name.c_str();
  const bool holds = check.holds(check.data);
  t_running_check = nullptr;
  return holds;
}

bool Checks::look() noexcept {
  const std::lock_guard lock(mutex_);
  false_.clear();
  for (Check& check : checks_) {
    if (check.is_due() && !ask(check)) false_.push_back(&check);
  }
  return false_.empty();
}

void Checks::report(const Step& last) noexcept {
  const std::lock_guard lock(mutex_);
  for (Check* check : std::exchange(false_, {})) note(*check, text_of(last));
}

void Checks::note(Check& check, const std::string& where) {
  check.reported = true;
  const std::string what = "the check \"" + check.name + "\" does not hold: " + where;
  system_.trace().event(nullptr, what);
  const std::string seed =
      system_.scheduler().seeded() ? " (seed " + std::to_string(system_.seed()) + ")." : ".";
  system_.verifier().report({.id = "VER-47",
                             .severity = Severity::kError,
                             .text = what + seed,
                             .driver = check.driver != nullptr ? check.driver->identity->name : std::string(),
                             .object = {},
                             .allocated_at = {}});
}

}  // namespace fltsim

// What is true of a machine all the time: the checks of Machine::always() and Driver::always().
//
// A check of the machine is asked until the machine's end begins. A check of a driver reads the memory of its
// module, so the loader says when that is there: it is asked from the moment when the image is mapped, once more
// when the driver has gone and the image is about to, and not in between two loads.
//
// Threads: always() and drop() the control thread, the loader's calls its own, look() and report() whoever makes the
// step (sched::Observer).
#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "sched/scheduler.hpp"

namespace fltsim {

class System;

namespace loader {
struct DriverRecord;
}

class Checks final : public sched::Observer {
 public:
  explicit Checks(System& system) : system_(system) {}
  Checks(const Checks&) = delete;
  Checks& operator=(const Checks&) = delete;

  using Predicate = std::function<bool(const void* data)>;

  // A check of the same name is replaced. `driver` null: of the machine, and `symbol` is not used.
  void always(std::string name, Predicate holds, const loader::DriverRecord* driver = nullptr,
              std::string symbol = {});
  void drop(std::string_view name);
  // The machine ends: its own checks do.
  void drop_those_of_the_machine();

  // The image of the driver is mapped; it is about to be unmapped.
  void image_comes(const loader::DriverRecord& driver);
  void image_goes(const loader::DriverRecord& driver);

  bool look() noexcept override;
  void report(const Step& last) noexcept override;

 private:
  struct Check {
    std::string name;
    Predicate holds;
    const loader::DriverRecord* driver;
    std::string symbol;
    const void* data = nullptr;  // of the driver's image; null while there is none
    bool reported = false;       // once is enough

    bool is_due() const { return !reported && (driver == nullptr || data != nullptr); }
  };

  void check_caller(const char* call) const;
  static const void* find(const Check& check);
  static bool ask(const Check& check);
  void note(Check& check, const std::string& where);
  void changed();

  System& system_;
  std::mutex mutex_;           // a leaf but for the trace and the verifier
  std::vector<Check> checks_;  // in order of registration
  std::vector<Check*> false_;  // what the last look found
};

// The check whose predicate runs in this thread, or null: for those who must not be called by one.
const char* running_check();

}  // namespace fltsim

// The smoke workload: an application's life on a volume, in several processes. It judges the drivers, not itself: a
// driver may refuse anything. But what a program has written and reads back through the same filters must be what it
// wrote, unless somebody said otherwise by a status.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/told.hpp"
#include "fltsim/machine.hpp"

namespace fltlink::cli {

class Smoke {
 public:
  // `drive` as C: ; it is used below a folder of the workload's own, and what lies on it is looked at.
  Smoke(fltsim::Machine& machine, std::u16string drive, bool seeded, Told& told);

  // Step by step, until one does not come to its end or `stop` says so. False in the first case.
  bool run(const std::function<bool()>& stop);
  // Opens, writes, reads and removes one file: for instances that came later.
  bool run_short();

 private:
  // --- smoke.cpp ---
  bool step(void (Smoke::*body)());
  // What a file holds that was written successfully, against what is read now.
  void expect_content(std::u16string_view path, std::string_view written);
  void report_difference(std::u16string_view path, std::string_view written, std::string_view read);
  fltsim::CreateResult open(std::u16string_view path, std::uint32_t access, std::uint32_t disposition,
                            std::uint32_t options = 0, std::uint32_t share = 7);
  void close(fltsim::FileHandle handle);
  void write(std::u16string_view path, std::string_view text);
  void remove(std::u16string_view path);
  [[nodiscard]] std::u16string in_folder(std::u16string_view name) const;
  void work_at_once();
  void be_killed_at_work();

  // --- smoke_steps.cpp: each runs in a thread of app_ ---
  void make_folder();
  void make_and_change();
  void rename_and_link();
  void remove_in_every_way();
  void use_streams();
  void look_into_folders();
  void ask_and_set();
  void share_and_collide();
  void open_by_id();
  void map();
  void reach_for_the_edges();
  void use_names();
  void go_the_fast_way();
  void ask_the_volume();
  void read_what_is_there();
  void leave_nothing();

  // --- smoke_more.cpp ---
  void lock_ranges();
  void keep_attributes_and_security();
  void control_a_file();
  void watch_a_folder();

  fltsim::Machine& machine_;
  const std::u16string drive_;
  const bool seeded_;
  Told& told_;
  fltsim::Process app_;
};

}  // namespace fltlink::cli

// A driver that writes down in which order its callbacks ran.
#pragma once

#include <fltKernel.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "fltsim/lambda_driver.hpp"
#include "fltsim/machine.hpp"
#include "fltsim/options.hpp"

namespace fltsim::fltmgr {

using Log = std::vector<std::string>;

// Registers `major` and logs "<name>.pre" and "<name>.post"; answers with `answer`.
inline LambdaDriver recording(Log& log, std::string name, UCHAR major,
                              FLT_PREOP_CALLBACK_STATUS answer = FLT_PREOP_SUCCESS_WITH_CALLBACK,
                              NTSTATUS completes_with = STATUS_ACCESS_DENIED) {
  LambdaDriver driver;
  driver.operations.push_back(
      {.major = major,
       .pre =
           [&log, name, answer, completes_with](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS, PVOID*) {
             log.push_back(name + ".pre");
             if (answer == FLT_PREOP_COMPLETE) data->IoStatus.Status = completes_with;
             return answer;
           },
       .post =
           [&log, name](PFLT_CALLBACK_DATA, PCFLT_RELATED_OBJECTS, PVOID, FLT_POST_OPERATION_FLAGS flags) {
             log.push_back(name + (flags != 0 ? ".drain" : ".post"));
             return FLT_POSTOP_FINISHED_PROCESSING;
           }});
  return driver;
}

inline LambdaDriver on(UCHAR major, LambdaDriver::Pre pre, LambdaDriver::Post post = {}) {
  LambdaDriver driver;
  driver.operations.push_back({.major = major, .pre = std::move(pre), .post = std::move(post)});
  return driver;
}

// A counted string that owns its text.
class Counted {
 public:
  explicit Counted(std::u16string text) : text_(std::move(text)) {
    const auto size = static_cast<USHORT>(text_.size() * sizeof(WCHAR));
    string_ = {size, size, text_.data()};
  }
  PUNICODE_STRING operator&() { return &string_; }
  const UNICODE_STRING& string() const { return string_; }

 private:
  std::u16string text_;
  UNICODE_STRING string_;
};

// How a machine under load runs. Watched, each callback passes the verifier and is counted; else operations take the way
// that is short.
struct Load {
  const char* name;
  SchedulerKind scheduler;
  bool watched;

  Options options() const {
    Options options;
    options.scheduler = scheduler;
    options.trace = false;
    options.verifier = watched;
    options.count_callbacks = watched;
    return options;
  }
};
inline constexpr Load kLoads[] = {{"Seeded", SchedulerKind::kSeeded, true},
                                  {"SeededUnwatched", SchedulerKind::kSeeded, false},
                                  {"Host", SchedulerKind::kHost, true},
                                  {"HostUnwatched", SchedulerKind::kHost, false}};

inline const ProcessOptions kApp{.image = u"C:\\App\\app.exe"};

}  // namespace fltsim::fltmgr

// A filter "b" between "a" and "c" that keeps a write until the test completes it.
#pragma once

#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {

class PendingTest : public FilterTest {
 protected:
  PendingTest() {
    kernel([this] { KeInitializeEvent(&go_on, NotificationEvent, FALSE); });
  }

  static void wait(KEVENT& event) { KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, nullptr); }

  // Pends `major`; its post notes what it was given.
  LambdaDriver pending(UCHAR major = IRP_MJ_WRITE) {
    LambdaDriver driver = noting();
    std::erase_if(driver.operations, [&](const auto& operation) { return operation.major == major; });
    driver.operations.push_back({.major = major,
                                 .pre =
                                     [this](PFLT_CALLBACK_DATA data, auto, auto) {
                                       if (!pends) return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                       log.push_back("b.pre");
                                       held = data;
                                       return FLT_PREOP_PENDING;
                                     },
                                 .post =
                                     [this](auto, auto, PVOID context, FLT_POST_OPERATION_FLAGS flags) {
                                       log.push_back(flags != 0 ? "b.drain" : "b.post");
                                       seen_context = context;
                                       return FLT_POSTOP_FINISHED_PROCESSING;
                                     }});
    return driver;
  }

  void load_above(LambdaDriver driver) { machine.load_driver(std::move(driver), {.altitude = u"360300"}); }
  Driver load_between(LambdaDriver driver) { return load(std::move(driver), {.altitude = u"360200"}); }
  void load_below(LambdaDriver driver) { machine.load_driver(std::move(driver), {.altitude = u"360100"}); }
  // "a" and "c" log what they see of writes.
  void load_all(LambdaDriver between) {
    load_above(recording(log, "a", IRP_MJ_WRITE));
    load_between(std::move(between));
    load_below(recording(log, "c", IRP_MJ_WRITE));
  }

  // The same for creates, from now on.
  void load_pending_creates() {
    pends = false;
    load_between(pending(IRP_MJ_CREATE));
    pends = true;
    log.clear();
  }
  // A program writes; comes back when nobody can go on.
  ThreadHandle start_write(std::u16string path = u"C:\\plan.txt") {
    ThreadHandle writer = app.start_thread("writer", [this, path] {
      written = app.write(path, "new").status;
      log.push_back("written");
    });
    EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
    return writer;
  }
  void complete(FLT_PREOP_CALLBACK_STATUS status, PVOID context = nullptr) {
    kernel([&] { FltCompletePendedPreOperation(held, status, context); });
  }

  bool pends = true;
  Log log;
  KEVENT go_on;
  PFLT_CALLBACK_DATA held = nullptr;
  PVOID seen_context = nullptr;
  NTSTATUS written = STATUS_UNSUCCESSFUL;
};

}  // namespace fltsim::fltmgr

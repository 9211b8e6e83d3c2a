// A machine whose one policy forbids writing below C:\ProtectedDocs and lets an authorizer be asked.
#pragma once

#include "driver/drm_machine.hpp"
#include "driver/scripted_authorizer.hpp"

namespace drmfilter::test {

using fltlink::NoVerdict;
using fltlink::QuestionCounters;
using fltsim::Outcome;

// A program that writes one file once.
class Writer {
 public:
  Writer(fltsim::Process process, std::u16string path) : process_(std::move(process)) {
    thread_ = process_.start_thread(
        "writer", [this, path = std::move(path)] { status_ = process_.write(path, "evil").status; });
  }
  // How the write ended; STATUS_PENDING if its thread was ended in it.
  int32_t join() {
    static_cast<void>(thread_.join());
    return status_;
  }
  fltsim::ThreadHandle& thread() { return thread_; }

 private:
  fltsim::Process process_;
  int32_t status_ = STATUS_PENDING;
  fltsim::ThreadHandle thread_{nullptr};
};

class AskingMachine : public DrmMachine {
 public:
  explicit AskingMachine(const fltsim::Options& options = {}, std::optional<uint32_t> timeout_ms = {})
      : DrmMachine(options) {
    fltsim::DriverOptions settings = driver_options();
    if (timeout_ms) settings.parameters.push_back({u"AuthorizeTimeoutMs", *timeout_ms});
    driver.emplace(machine.load_driver(FLTLINK_DRIVER("drmfilter"), settings));
    EXPECT_EQ(driver->status(), STATUS_SUCCESS);
  }
  void TestBody() override {}
  using DrmMachine::c;
  using DrmMachine::driver;
  using DrmMachine::expect_plan_unharmed;
  using DrmMachine::machine;
  using DrmMachine::open;
  using DrmMachine::service_process;
  using DrmMachine::word;

  // A client that sets the policy, and asks for the books.
  void start(bool monitoring = false) {
    fltlink::LoopOptions options;
    options.context = fltlink::ConnectContext{.role = FLTLINK_ROLE_CONTROL};
    control = std::make_unique<RecordingService>(machine, service_process(), options);
    ASSERT_TRUE(control->connected());
    control->configure(monitoring, true);
    control->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite | ProtectionFlags::kAsk);
  }
  void violate() { EXPECT_EQ(word.write(kPlan, "evil").status, STATUS_ACCESS_DENIED); }
  std::unique_ptr<Writer> start_writer(const char16_t* path = kPlan) {
    return std::make_unique<Writer>(machine.start_process({.image = u"C:\\App\\writer.exe"}), path);
  }

  QuestionCounters questions() { return control->books().questions; }
  uint64_t unanswered(NoVerdict why) { return questions().unanswered[static_cast<size_t>(why)]; }
  void expect_asked(uint64_t times) { EXPECT_EQ(questions().asked, times); }
  int64_t now() {
    LARGE_INTEGER time{};
    EXPECT_EQ(machine.system_process().run([&] { KeQuerySystemTime(&time); }), Outcome::kDone);
    return time.QuadPart;
  }

  std::unique_ptr<RecordingService> control;
  ScriptedAuthorizer authorizer{service_process()};
};

}  // namespace drmfilter::test

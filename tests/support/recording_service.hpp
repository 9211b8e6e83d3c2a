// A service in a simulated process: the real receive loop over the real FilterPort, with handlers that write
// down what they are told.
//
//   RecordingService drm(machine, service_process);
//   drm.protect(u"C:\\Docs\\*", ProtectionFlags::kStandard);
//   ...
//   EXPECT_THAT(drm.blocked(), ElementsAre(BlockedPath(u"C:\\Docs\\plan.docx")));
//
// blocked() and events() first let the machine come to rest. The control thread, all of it.
#pragma once

#include <fltlink/policy/protection_flags.hpp>
#include <fltlink/service/receive_loop.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fltsim/machine.hpp"
#include "fltsim/process_host.hpp"
#include <fltlink/port/filter_port.hpp>

namespace fltlink::test {

// A DRIVER_MESSAGE that outlives its bytes.
struct Notice {
  std::u16string path;
  bool path_cut = false;
  uint32_t operation = 0;
  int32_t status = 0;
  uint32_t process_id = 0;
  uint32_t thread_id = 0;
  int64_t timestamp = 0;
  std::u16string reason;
};

inline Notice noted(const DriverMessage& message) {
  const auto text_of = [](Text text) {
    std::u16string units;
    for (size_t index = 0; index < text.size(); ++index) units += text[index];
    return units;
  };
  return {.path = text_of(message.path),
          .path_cut = message.path_cut,
          .operation = message.operation,
          .status = message.result_status,
          .process_id = message.process_id,
          .thread_id = message.thread_id,
          .timestamp = message.timestamp,
          .reason = text_of(message.reason)};
}

inline void PrintTo(const Notice& notice, std::ostream* out) {
  for (const char16_t unit : notice.path) *out << (unit < 128 ? static_cast<char>(unit) : '?');
  *out << " operation " << notice.operation << " status " << std::hex << notice.status << std::dec;
}

MATCHER_P(BlockedPath, path, "") { return arg.path == path; }

class RecordingService final : private Handlers {
 public:
  static constexpr std::u16string_view kPortName = u"\\DrmFilterPort";

  // Answers what the driver asks of an authorizer; without it the fail policy does. Set before it is asked.
  std::function<void(const DriverMessage&, VerdictToken&)> when_asked;

  RecordingService(fltsim::Machine& machine, fltsim::Process process, LoopOptions options = {})
      : machine_(machine), process_(std::move(process)), host_(fltsim::make_process_host(process_)) {
    in_process([&] {
      port_ = FilterPort::open(*host_, std::u16string(kPortName));
      driver_ = std::make_unique<DriverClient>(*port_);
      loop_ = std::make_unique<ReceiveLoop>(*host_, *port_, static_cast<Handlers&>(*this), options);
      EXPECT_EQ(loop_->start(), StartOutcome::kStarted);
    });
    settle();
  }

  ~RecordingService() override {
    if (!machine_.stopped() && !process_.ended()) stop();
  }
  RecordingService(const RecordingService&) = delete;
  RecordingService& operator=(const RecordingService&) = delete;

  void stop() {
    in_process([&] {
      loop_->stop();
      port_->finish();
    });
    static_cast<void>(process_.exit(0));
  }

  // --- requests ---
  RequestResult policy(std::u16string_view path, ProtectionFlags flags, uint32_t version = 1) {
    const Text text(path.data(), path.size());
    return ask([&] {
      return flags == ProtectionFlags::kNone
                 ? driver_->remove_policy(text, version)
                 : driver_->set_policy(
                       {.version = version, .flags = static_cast<uint32_t>(flags), .path = text});
    });
  }
  void protect(std::u16string_view path, ProtectionFlags flags) {
    EXPECT_EQ(policy(path, flags).outcome, RequestOutcome::kDone);
  }
  void unprotect(std::u16string_view path) { protect(path, ProtectionFlags::kNone); }
  void configure(bool monitoring, bool blocking, uint32_t log_level = 1) {
    const ConfigChange config{
        .enable_monitoring = monitoring, .enable_blocking = blocking, .log_level = log_level};
    EXPECT_EQ(ask([&] { return driver_->set_config(config); }).outcome, RequestOutcome::kDone);
  }
  StatusReply status() {
    return answer<StatusReply>([&] { return driver_->status(); });
  }
  // The books of the whole driver, or of this connection.
  CountersReply books() {
    return answer<CountersReply>([&] { return driver_->counters(0); });
  }
  CountersReply own_books() {
    return answer<CountersReply>([&] { return driver_->counters(terms_.connection_id); });
  }

  // --- what was received ---
  std::vector<Notice> blocked() {
    settle();
    const std::lock_guard lock(mutex_);
    return blocked_;
  }
  std::vector<Notice> events() {
    settle();
    const std::lock_guard lock(mutex_);
    return events_;
  }
  std::vector<Notice> questions() {
    settle();
    const std::lock_guard lock(mutex_);
    return questions_;
  }
  std::vector<TroubleReport> troubles() {
    settle();
    const std::lock_guard lock(mutex_);
    return troubles_;
  }
  void forget() {
    settle();
    const std::lock_guard lock(mutex_);
    blocked_.clear();
    events_.clear();
    questions_.clear();
    troubles_.clear();
  }

  bool connected() const { return loop_->connected(); }
  uint32_t last_connect_failure() const { return connect_failure_; }
  const LoopCounters& counters() const { return loop_->counters(); }
  const ConnectionTerms& terms() const { return terms_; }
  const fltsim::Process& process() const { return process_; }
  DriverClient& driver() { return *driver_; }
  FilterPort& port() { return *port_; }

  template <typename Code>
  void in_process(Code&& code) {
    EXPECT_EQ(process_.run(std::forward<Code>(code)), fltsim::Outcome::kDone);
  }

 private:
  void settle() { static_cast<void>(machine_.run_to_quiescence()); }

  template <typename Request>
  RequestResult ask(Request&& request) {
    RequestResult result{RequestOutcome::kFailed, 0};
    in_process([&] { result = request(); });
    return result;
  }
  template <typename Reply, typename Request>
  Reply answer(Request&& request) {
    settle();
    Answered<Reply> answered{{RequestOutcome::kFailed, 0}, {}};
    in_process([&] { answered = request(); });
    EXPECT_EQ(answered.result.outcome, RequestOutcome::kDone);
    return answered.value;
  }

  void on_file_event(const DriverMessage& event, ReplyToken*) override {
    const std::lock_guard lock(mutex_);
    events_.push_back(noted(event));
  }
  void on_block(const DriverMessage& notice, ReplyToken*) override {
    const std::lock_guard lock(mutex_);
    blocked_.push_back(noted(notice));
  }
  ConnectionUse on_connected(DriverClient&, const ConnectionTerms& terms) override {
    terms_ = terms;
    return ConnectionUse::kKeep;
  }
  ConnectionUse on_attention(DriverClient&) override { return ConnectionUse::kKeep; }
  void on_authorize(const DriverMessage& question, VerdictToken& owed) override {
    {
      const std::lock_guard lock(mutex_);
      questions_.push_back(noted(question));
    }
    if (when_asked) when_asked(question, owed);
  }
  void on_trouble(const TroubleReport& report) override {
    if (report.trouble == Trouble::kConnectFailed) connect_failure_ = report.code;
    const std::lock_guard lock(mutex_);
    troubles_.push_back(report);
  }

  fltsim::Machine& machine_;
  fltsim::Process process_;
  std::shared_ptr<Host> host_;
  std::unique_ptr<FilterPort> port_;
  std::unique_ptr<DriverClient> driver_;
  std::unique_ptr<ReceiveLoop> loop_;
  ConnectionTerms terms_;
  uint32_t connect_failure_ = 0;

  std::mutex mutex_;
  std::vector<Notice> blocked_;
  std::vector<Notice> events_;
  std::vector<Notice> questions_;
  std::vector<TroubleReport> troubles_;
};

}  // namespace fltlink::test

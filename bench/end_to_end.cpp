// What an event costs from a file operation to the handler in the service: the whole way, with DrmFilter as it is
// shipped, its callbacks, ring and worker, the port, and the receive loop, all on the operating system's threads in one
// simulated machine. A program opens and closes numbered files; each open and each close is one event.
//
// The bar is about the way from the ring to the handler. So the handlers are held while the program works: the
// receives fill up, the worker waits in its send, and the events pile up in the ring. Then the handlers are let go, and
// it is timed until the last event has been handled, for as many as the driver's books say are in the ring then: those
// that lie in the receives already have gone through the port. The other case times everything, file operations included.
//
// A run in which an event is missing or comes twice is wrong, and so is, with one receive, one in another order than
// that of the operations. With several receives the loop's workers take them as they come, and no order is promised.
#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <fltlink/port/filter_port.hpp>
#include <fltlink/service/receive_loop.hpp>

#include "driver/books.hpp"
#include "fltsim/driver.hpp"
#include "fltsim/machine.hpp"
#include "fltsim/process_host.hpp"
#include "harness.hpp"

namespace fltlink::bench {
namespace {

constexpr std::uint64_t kFiles = 1'500;  // twice as many events fit the ring's telemetry
constexpr std::uint64_t kEventsPerFile = 2;
constexpr std::uint32_t kBatchSize = 128 * 1024;
constexpr std::uint32_t kCleanup = 0x12;  // IRP_MJ_CLEANUP

// How the service receives.
struct Setup {
  bool batches;
  std::size_t workers;
  std::size_t receives;
  std::uint32_t delay_us = 0;  // by which a batch may come later than its first event
};
constexpr Setup kPlainInOrder{.batches = false, .workers = 1, .receives = 1};
constexpr Setup kBatchedInOrder{.batches = true, .workers = 1, .receives = 1};
// As the DrmFilter service does by default.
constexpr Setup kPlain{.batches = false, .workers = 4, .receives = 16};
constexpr Setup kBatched{.batches = true, .workers = 4, .receives = 16};
constexpr Setup kLateBatched{.batches = true, .workers = 4, .receives = 16, .delay_us = 1000};

LoopOptions loop_options(const Setup& setup) {
  LoopOptions options;
  options.workers = setup.workers;
  options.receives = setup.receives;
  options.context->queue_messages_max = FLTLINK_QUEUE_MESSAGES_MAX;
  options.context->queue_size_max = FLTLINK_QUEUE_SIZE_MAX;
  if (setup.batches) {
    options.context->batch_size_max = kBatchSize;
    options.context->batch_delay_us = setup.delay_us;
    options.buffer_size_max = FLTLINK_MESSAGE_HEADER_SIZE + kBatchSize;
  } else {
    options.context->version_max = FLTLINK_VERSION_1_1;
  }
  return options;
}

std::u16string path_of(std::uint64_t file) {
  std::u16string digits(5, u'0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, file /= 10)
    *digit = static_cast<char16_t>(u'0' + file % 10);
  return u"C:\\Bench\\" + digits + u".txt";
}

// The other way round: the number of the event in its round, or a number that none has.
std::uint64_t number_of(const DriverMessage& event) {
  constexpr std::size_t kUnits = 18;
  if (event.path.size() != kUnits) return UINT64_MAX;
  std::uint64_t file = 0;
  for (std::size_t unit = 9; unit < 14; ++unit) file = file * 10 + (event.path[unit] - u'0');
  return file * kEventsPerFile + (event.operation == kCleanup ? 1 : 0);
}

// Handlers that can be held, and that check what they get.
class Tally final : public Handlers {
 public:
  Tally(Host& host, bool in_order) : host_(host), in_order_(in_order) {}

  // Before the operations of a round. The handlers wait from here on, or not.
  void expect(std::uint64_t events, bool held) {
    for (auto& times : seen_) times.store(0, std::memory_order_relaxed);
    expected_ = events;
    handled_.store(0, std::memory_order_relaxed);
    right_.store(true, std::memory_order_relaxed);
    done_.store(false, std::memory_order_relaxed);
    waiting_.store(0, std::memory_order_relaxed);
    held_.store(held, std::memory_order_release);
  }
  void let_go() {
    held_.store(false, std::memory_order_release);
    for (ParkingSpot& spot : spots_) host_.wake(spot);
  }
  // In a simulated thread.
  void await_end() {
    while (!done_.load(std::memory_order_acquire)) static_cast<void>(host_.park(end_, kForever));
  }
  [[nodiscard]] double end_ns() const { return end_ns_; }
  [[nodiscard]] bool right() const {
    return right_.load(std::memory_order_relaxed) &&
           std::all_of(seen_.begin(), seen_.begin() + static_cast<std::ptrdiff_t>(expected_),
                       [](const auto& times) { return times.load(std::memory_order_relaxed) == 1; });
  }

 private:
  static constexpr std::size_t kWorkersMax = 8;

  void on_file_event(const DriverMessage& event, ReplyToken*) override {
    if (held_.load(std::memory_order_acquire)) wait();
    const std::uint64_t number = number_of(event);
    const std::uint64_t place = handled_.fetch_add(1, std::memory_order_acq_rel);
    if (number >= expected_ || (in_order_ && number != place)) right_.store(false, std::memory_order_relaxed);
    if (number < expected_) seen_[number].fetch_add(1, std::memory_order_relaxed);
    if (place + 1 == expected_) finish();
  }
  void wait() {
    ParkingSpot& spot = spots_[waiting_.fetch_add(1, std::memory_order_relaxed)];
    while (held_.load(std::memory_order_acquire)) static_cast<void>(host_.park(spot, kForever));
  }
  void finish() {
    end_ns_ = now_ns();
    done_.store(true, std::memory_order_release);
    host_.wake(end_);
  }
  void on_block(const DriverMessage&, ReplyToken*) override {
    right_.store(false, std::memory_order_relaxed);
  }
  ConnectionUse on_connected(DriverClient&, const ConnectionTerms&) override { return ConnectionUse::kKeep; }
  ConnectionUse on_attention(DriverClient&) override { return ConnectionUse::kKeep; }
  void on_trouble(const TroubleReport& report) override {
    const bool shortage = report.trouble >= Trouble::kReplyDueSoon;
    if (!shortage) right_.store(false, std::memory_order_relaxed);
  }

  Host& host_;
  const bool in_order_;
  std::array<ParkingSpot, kWorkersMax> spots_;
  std::atomic<std::size_t> waiting_{0};
  std::atomic<bool> held_{false};
  std::uint64_t expected_ = 0;
  std::array<std::atomic<std::uint8_t>, kFiles * kEventsPerFile> seen_{};
  alignas(64) std::atomic<std::uint64_t> handled_{0};
  std::atomic<bool> right_{true};
  double end_ns_ = 0;
  std::atomic<bool> done_{false};
  ParkingSpot end_;
};

// A machine with DrmFilter, its service and a program.
class Stage {
 public:
  explicit Stage(const Setup& setup, std::uint64_t events,
                 fltsim::SchedulerKind scheduler = fltsim::SchedulerKind::kHost)
      : machine_(options_for(scheduler)),
        files_(std::clamp<std::uint64_t>(events / kEventsPerFile, 1, kFiles)) {
    for (std::uint64_t file = 0; file < files_; ++file) volume_.write_file(path_of(file).substr(2), "x");
    constexpr const char16_t* kImage = u"C:\\Program Files\\Drm\\drmservice.exe";
    fltsim::DriverOptions options;
    options.name = u"drmfilter";
    options.parameters = {
        {u"AllowedImage", u"\\Device\\HarddiskVolume1\\Program Files\\Drm\\drmservice.exe"}};
    driver_.emplace(machine_.load_driver(FLTLINK_DRIVER_FOLDER "drmfilter.sys", options));
    service_.emplace(machine_.start_process({.image = kImage, .user = fltsim::User::kSystem}));
    program_.emplace(machine_.start_process({.image = u"C:\\App\\app.exe"}));
    host_ = fltsim::make_process_host(*service_);
    tally_ = std::make_unique<Tally>(*host_, setup.receives == 1);
    in_service([&] {
      port_ = FilterPort::open(*host_, u"\\DrmFilterPort");
      loop_ = std::make_unique<ReceiveLoop>(*host_, *port_, *tally_, loop_options(setup));
      started_ = loop_->start() == StartOutcome::kStarted;
    });
    static_cast<void>(machine_.run_to_quiescence());
  }
  ~Stage() {
    in_service([&] {
      loop_->stop();
      port_->finish();
    });
    static_cast<void>(service_->exit(0));
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  // From the ring to the handlers.
  Sample drain(std::uint64_t events) {
    return in_rounds(events, [this](std::uint64_t files) {
      tally_->expect(files * kEventsPerFile, true);
      work(files);
      const std::uint64_t waiting = events_in_ring();
      double start = 0;
      in_service([&] {
        start = now_ns();
        tally_->let_go();
        tally_->await_end();
      });
      return Round{tally_->end_ns() - start, waiting};
    });
  }
  // From the first operation to the last handler.
  Sample play(std::uint64_t events) {
    return in_rounds(events, [this](std::uint64_t files) {
      tally_->expect(files * kEventsPerFile, false);
      const double start = now_ns();
      work(files);
      in_service([&] { tally_->await_end(); });
      return Round{tally_->end_ns() - start, files * kEventsPerFile};
    });
  }

 private:
  struct Round {
    double ns;
    std::uint64_t events;  // that are timed
  };

  static fltsim::Options options_for(fltsim::SchedulerKind scheduler) {
    fltsim::Options options;
    options.scheduler = scheduler;
    options.seed = 1;
    options.trace = false;
    return options;
  }

  template <typename Code>
  void in_service(Code&& code) {
    if (service_->run(code) != fltsim::Outcome::kDone) started_ = false;
  }
  void work(std::uint64_t files) {
    const auto done = program_->run([&] {
      for (std::uint64_t file = 0; file < files; ++file) {
        const auto opened = program_->create({.path = path_of(file)});
        program_->close(opened.handle);
      }
    });
    if (done != fltsim::Outcome::kDone) started_ = false;
  }
  std::uint64_t events_in_ring() {
    std::uint64_t pending = 0;
    for (const drmfilter::ConnectionBooks& books :
         driver_->data<drmfilter::DriverBooks>("DrmFilterBooks")->connections) {
      for (const drmfilter::LiveMessages& messages : books.messages) pending += messages.pending.value();
    }
    return pending;
  }
  template <typename Play>
  Sample in_rounds(std::uint64_t events, Play&& play) {
    Sample sample{.ns = 0, .right = started_ && loop_->connected()};
    std::uint64_t timed = 0;
    for (std::uint64_t left = std::max<std::uint64_t>(events / kEventsPerFile, 1);
         left > 0 && sample.right;) {
      const std::uint64_t files = std::min(left, files_);
      const Round round = play(files);
      sample.ns += round.ns;
      timed += round.events;
      sample.right = started_ && tally_->right();
      left -= files;
    }
    sample.right = sample.right && timed != 0;
    sample.ns /= static_cast<double>(std::max<std::uint64_t>(timed, 1));
    return sample;
  }

  fltsim::Machine machine_;
  fltsim::Volume& volume_ = machine_.add_volume(u"C:");
  const std::uint64_t files_;
  std::optional<fltsim::Driver> driver_;
  std::optional<fltsim::Process> service_;
  std::optional<fltsim::Process> program_;
  std::shared_ptr<Host> host_;
  std::unique_ptr<Tally> tally_;
  std::unique_ptr<FilterPort> port_;
  std::unique_ptr<ReceiveLoop> loop_;
  bool started_ = false;
};

// One machine for all rounds; while another candidate runs, nobody in it does.
using SharedStage = std::shared_ptr<Stage>;

Candidate candidate(std::string name, SharedStage stage, Sample (Stage::*run)(std::uint64_t)) {
  return {std::move(name),
          [stage = std::move(stage), run](std::uint64_t events) { return ((*stage).*run)(events); }};
}

Case compare(std::string name, std::uint64_t events, const SharedStage& batched, const SharedStage& plain,
             Sample (Stage::*run)(std::uint64_t), double bar) {
  return {
      .name = std::move(name),
      .operations = events,
      .candidates = {candidate("batches", batched, run), candidate("one message per rendezvous", plain, run)},
      .comparisons = {{.ours = "batches", .peer = "one message per rendezvous", .bar = bar, .far_bar = bar}},
      .crosses_processors = true};
}

std::vector<Case> cases(bool quick) {
  const std::uint64_t events = quick ? 200 : 2 * kFiles * kEventsPerFile;
  const auto stage = [&](const Setup& setup) { return std::make_shared<Stage>(setup, events); };
  const SharedStage batched = stage(kBatched);
  const SharedStage plain = stage(kPlain);
  Case everything = compare("everything, file operations included (16 receives, 4 workers)", events, batched,
                            plain, &Stage::play, 0);
  everything.candidates.push_back(candidate("batches, up to 1 ms late", stage(kLateBatched), &Stage::play));
  everything.comparisons.push_back({"batches, up to 1 ms late", "one message per rendezvous"});
  return {compare("events in the ring, as the DrmFilter service receives (16 receives, 4 workers)", events,
                  batched, plain, &Stage::drain, 10),
          compare("events in the ring, one receive, in order", events, stage(kBatchedInOrder),
                  stage(kPlainInOrder), &Stage::drain, 10),
          everything};
}

// On the seeded scheduler, which repeats itself. What is counted includes the machine and the driver, so two counts
// are to be compared.
void count(std::uint64_t events) {
  Stage stage(kBatched, kFiles * kEventsPerFile, fltsim::SchedulerKind::kSeeded);
  static_cast<void>(stage.drain(events));
}

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  return fltlink::bench::run_question(
      argc, argv,
      {.name = "end_to_end",
       .text = "what does an event cost from the file operation to the handler of the service?",
       .cases = fltlink::bench::cases,
       .counted = {{"batched", fltlink::bench::count}}});
}

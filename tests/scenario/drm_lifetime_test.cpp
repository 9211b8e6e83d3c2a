// Goal: DrmFilter and its clients, whoever ends first: no hang, no leak, no protected byte changed, and the books
// balance. Method: clients of every kind come, go and die while programs break policies, under many seeds.
#include <spdlog/sinks/null_sink.h>

#include "client/port_machine.hpp"
#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"
#include "fltsim/hostile_client.hpp"
#include "service/drm_service.hpp"

namespace drmfilter::test {
namespace {

using fltlink::LoopOptions;
using fltsim::HostileClient;
using fltsim::Hostility;
using fltsim::Options;
using fltsim::Outcome;
using fltsim::ThreadHandle;
using fltsim::under_every_scheduler;

class Scenario : public DrmMachine {
 public:
  explicit Scenario(const Options& options) : DrmMachine(options) { load(); }
  void TestBody() override {}
  using DrmMachine::c;
  using DrmMachine::driver;
  using DrmMachine::machine;
  using DrmMachine::service_process;
  using DrmMachine::word;

  std::unique_ptr<RecordingService> client(uint32_t role) {
    LoopOptions options;
    options.context = fltlink::ConnectContext{.role = role};
    auto made = std::make_unique<RecordingService>(machine, service_process(), options);
    EXPECT_TRUE(made->connected());
    return made;
  }
  // A program that breaks a policy `times` times.
  ThreadHandle violator(int times) {
    auto program = machine.start_process({.image = u"C:\\App\\violator.exe"});
    return program.start_thread("violator", [program, times] {
      for (int i = 0; i < times; ++i) {
        EXPECT_EQ(program.write(kPlan, "evil").status, STATUS_ACCESS_DENIED);
      }
    });
  }
  // One that writes where it may, whether or not the driver is still there.
  ThreadHandle persistent(std::u16string path, int times) {
    auto program = machine.start_process({.image = u"C:\\App\\persistent.exe"});
    return program.start_thread("persistent", [program, path, times] {
      for (int i = 0; i < times; ++i) {
        EXPECT_EQ(program.write(path, "good").status, STATUS_SUCCESS);
      }
    });
  }
  // Lets the others run for a number of steps.
  void pass(int steps) {
    auto bystander = machine.start_process({.image = u"C:\\App\\bystander.exe"});
    EXPECT_EQ(bystander.run([steps] {
      for (int i = 0; i < steps; ++i) Sleep(0);
    }),
              Outcome::kDone);
  }
  static void expect_balanced(RecordingService& by) {
    const auto books = by.books();
    EXPECT_TRUE(books.file_events.balanced());
    EXPECT_TRUE(books.block_notices.balanced());
    EXPECT_TRUE(books.questions.balanced());
  }
  void expect_good_end() {
    expect_plan_unharmed();
    EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
    EXPECT_TRUE(machine.verifier().clean());
  }
};

// What a client says when it connects in a role.
std::vector<uint8_t> context_of(uint32_t role) {
  std::vector<uint8_t> bytes(FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST);
  EXPECT_TRUE(fltlink::encode_connect_context({.role = role}, bytes).ok());
  return bytes;
}

// Ten honest ones and silent ones, of each role, and beside them a hostile one of each role. The authorizer that was there
// first is the one who is asked; the hostile one that comes later is asked nothing while it lives.
TEST(DrmLifetimeTest, TenClientsOfMixedRolesAreEachServedAsTheyDeserve) {
  under_every_scheduler(
      [](const Options& options) {
        Scenario s(options);
        auto control = s.client(FLTLINK_ROLE_CONTROL);
        control->configure(false, true);
        control->protect(u"C:\\ProtectedDocs\\*.docx", ProtectionFlags::kStandard | ProtectionFlags::kAsk);
        std::vector<std::unique_ptr<RecordingService>> subscribers;
        for (int i = 0; i < 3; ++i) subscribers.push_back(s.client(FLTLINK_ROLE_SUBSCRIBER));
        std::vector<std::unique_ptr<RecordingService>> authorizers;
        for (int i = 0; i < 2; ++i) {
          authorizers.push_back(s.client(FLTLINK_ROLE_AUTHORIZER));
          authorizers.back()->when_asked = [](const auto&, fltlink::VerdictToken& owed) { owed.deny(); };
        }
        RawClient silent(s.service_process());
        EXPECT_EQ(silent.connect(), S_OK);
        std::vector<ThreadHandle> threads;
        // On real threads the changing one is a data race with the driver, as it should be.
        const bool real = options.scheduler == fltsim::SchedulerKind::kHost;
        const std::pair<uint32_t, Hostility> hostile_ones[] = {
            {FLTLINK_ROLE_CONTROL, real ? Hostility::kShortInput : Hostility::kChangingInput},
            {FLTLINK_ROLE_SUBSCRIBER, Hostility::kShortReceive},
            {FLTLINK_ROLE_AUTHORIZER, Hostility::kNoReply}};
        for (const auto& [role, behaviour] : hostile_ones) {
          HostileClient hostile(
              s.service_process(),
              {.port = u"\\DrmFilterPort", .message = std::vector<uint8_t>(8), .context = context_of(role)},
              options.seed.value_or(1));
          threads.push_back(hostile.start(behaviour));
        }
        threads.push_back(s.violator(5));
        for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
        for (auto& subscriber : subscribers) EXPECT_THAT(subscriber->blocked(), SizeIs(5));
        EXPECT_THAT(control->blocked(), IsEmpty());
        EXPECT_THAT(authorizers[0]->questions(), SizeIs(5));
        EXPECT_THAT(authorizers[1]->questions(), IsEmpty());
        EXPECT_EQ(control->books().questions.denied, 5u);
        Scenario::expect_balanced(*control);
        s.expect_good_end();
      },
      200);
}

TEST(DrmLifetimeTest, ServiceIsKilledWhileItServesAndTheNextOneFindsBalancedBooks) {
  under_every_scheduler(
      [steps = 0](const Options& options) mutable {
        Scenario s(options);
        auto control = s.client(FLTLINK_ROLE_CONTROL);
        control->protect(u"C:\\ProtectedDocs\\*.docx", ProtectionFlags::kStandard);
        auto victim = s.client(FLTLINK_ROLE_SUBSCRIBER);
        auto violator = s.violator(3);
        s.pass(++steps % 61);
        fltsim::Process process = victim->process();
        EXPECT_EQ(process.kill(), Outcome::kDone);
        EXPECT_EQ(violator.join(), Outcome::kDone);
        auto next = s.client(FLTLINK_ROLE_SUBSCRIBER);
        EXPECT_EQ(s.violator(1).join(), Outcome::kDone);
        EXPECT_THAT(next->blocked(), SizeIs(1));
        Scenario::expect_balanced(*next);
        s.expect_good_end();
      },
      100);
}

TEST(DrmLifetimeTest, UnloadUnderLoadEndsWithEveryClientToldSo) {
  under_every_scheduler(
      [steps = 0](const Options& options) mutable {
        Scenario s(options);
        auto control = s.client(FLTLINK_ROLE_CONTROL);
        auto subscriber = s.client(FLTLINK_ROLE_SUBSCRIBER);
        RawClient silent(s.service_process());
        EXPECT_EQ(silent.connect(), S_OK);
        std::vector<ThreadHandle> threads;
        for (const char16_t* path : {u"C:\\Free\\a.txt", u"C:\\Free\\b.txt"})
          threads.push_back(s.persistent(path, 10));
        s.pass(++steps % 97);
        EXPECT_EQ(s.driver->unload(), STATUS_SUCCESS);
        EXPECT_EQ(silent.send(Buffer(8)).result, static_cast<HRESULT>(0x80070006));
        for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
        EXPECT_EQ(s.c.read_file(u"\\Free\\a.txt"), "good");
        EXPECT_TRUE(s.machine.verifier().clean());
      },
      100);
}

// The service program itself, in a process of its own, over a store that outlives it.
class ServiceProgram {
 public:
  ServiceProgram(fltsim::Process process, drmservice::PolicyStore& store)
      : process_(std::move(process)),
        host_(fltsim::make_process_host(process_)),
        log_(std::make_shared<spdlog::logger>("scenario", std::make_shared<spdlog::sinks::null_sink_mt>()),
             drmservice::LogLevel::kError),
        store_(store) {}

  ThreadHandle start() {
    return process_.start_thread("main", [this] {
      port_ = fltlink::FilterPort::open(*host_, u"\\DrmFilterPort");
      service_.emplace(*host_, *port_, store_, log_, settings_);
      EXPECT_EQ(service_->start(), fltlink::StartOutcome::kStarted);
    });
  }
  void stop() {
    EXPECT_EQ(process_.run([&] {
      service_->stop();
      port_->finish();
    }),
              Outcome::kDone);
    EXPECT_EQ(process_.exit(0), Outcome::kDone);
  }
  void kill() { EXPECT_EQ(process_.kill(), Outcome::kDone); }
  // The driver has been told of everything.
  bool is_applied() {
    bool applied = false;
    EXPECT_EQ(process_.run([&] {
      applied = service_->wait_until_applied(host_->now() + 60 * fltlink::kTicksPerSecond);
    }),
              Outcome::kDone);
    return applied;
  }

 private:
  fltsim::Process process_;
  std::shared_ptr<fltlink::Host> host_;
  drmservice::EventLog log_;
  drmservice::Settings settings_;
  drmservice::PolicyStore& store_;
  std::unique_ptr<fltlink::FilterPort> port_;
  std::optional<drmservice::DrmService> service_;
};

// The first one dies at some step of starting, of telling the driver its policies, or of serving. What changed in the
// store while nobody ran is what the driver does once the second one has told it.
TEST(DrmLifetimeTest, RestartedServiceBringsTheDriverUpToDate) {
  under_every_scheduler(
      [steps = 0](const Options& options) mutable {
        Scenario s(options);
        auto opened = drmservice::PolicyStore::open(":memory:");
        ASSERT_TRUE(std::holds_alternative<std::unique_ptr<drmservice::PolicyStore>>(opened));
        drmservice::PolicyStore& store = *std::get<std::unique_ptr<drmservice::PolicyStore>>(opened);
        static_cast<void>(store.add(u"C:\\ProtectedDocs\\*.docx", FLTLINK_PROTECT_WRITE));
        static_cast<void>(store.add(u"C:\\Free\\*", FLTLINK_PROTECT_WRITE));
        ServiceProgram first(s.service_process(), store);
        auto main = first.start();
        s.pass(7 * ++steps % 1000);
        first.kill();
        static_cast<void>(main.join());
        static_cast<void>(store.remove(u"C:\\Free\\*"));
        static_cast<void>(store.add(u"C:\\Elsewhere\\*", FLTLINK_PROTECT_WRITE));
        ServiceProgram second(s.service_process(), store);
        EXPECT_EQ(second.start().join(), Outcome::kDone);
        EXPECT_TRUE(second.is_applied());
        EXPECT_EQ(s.word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
        EXPECT_EQ(s.word.write(u"C:\\Elsewhere\\new.txt", "x").status, STATUS_ACCESS_DENIED);
        EXPECT_EQ(s.word.write(kFree, "x").status, STATUS_SUCCESS);
        second.stop();
        Scenario::expect_balanced(*s.client(FLTLINK_ROLE_CONTROL));
        s.expect_good_end();
      },
      100);
}

}  // namespace
}  // namespace drmfilter::test

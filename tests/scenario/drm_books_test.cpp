// Goal: loss is arithmetic. Whatever goes wrong, each message that DrmFilter produced is delivered, pending, or dropped
// for a reason, and the reason is the right one. Method: the fixture checks the books at every switch point; each
// scenario brings one fault, under many seeds, and afterwards compares the books with the port's own arithmetic.
#include "client/port_machine.hpp"
#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"
#include "fltsim/hostile_client.hpp"

namespace drmfilter::test {
namespace {

using fltlink::LoopOptions;
using fltlink::test::scaled;
using fltsim::HostileClient;
using fltsim::Hostility;
using fltsim::Options;
using fltsim::Outcome;
using fltsim::ThreadHandle;
using fltsim::under_every_scheduler;

class Books : public DrmMachine {
 public:
  explicit Books(const Options& options) : DrmMachine(options) {
    load();
    control = client(FLTLINK_ROLE_CONTROL);
    control->configure(true, true);
    control->protect(u"C:\\ProtectedDocs\\*.docx", ProtectionFlags::kWrite);
  }
  void TestBody() override {}
  using DrmMachine::driver;
  using DrmMachine::machine;
  using DrmMachine::service_process;

  std::unique_ptr<RecordingService> client(uint32_t role, uint32_t queue = 0) {
    LoopOptions options;
    options.context = fltlink::ConnectContext{.role = role, .queue_messages_max = queue};
    return std::make_unique<RecordingService>(machine, service_process(), options);
  }
  // Programs that break a policy, and so produce events and notices.
  void start_programs(int programs, int rounds) {
    for (int index = 0; index < programs; ++index) {
      auto program = machine.start_process({.image = u"C:\\App\\app.exe"});
      threads.push_back(program.start_thread("program", [program, rounds] {
        for (int round = 0; round < rounds; ++round) {
          program.write(kPlan, "x");
          program.read(kFree);
        }
      }));
    }
  }
  void join() {
    for (ThreadHandle& thread : threads) static_cast<void>(thread.join());
    threads.clear();
  }
  void pass(int steps) {
    auto bystander = machine.start_process({.image = u"C:\\App\\bystander.exe"});
    static_cast<void>(bystander.run([steps] {
      for (int i = 0; i < steps; ++i) Sleep(0);
    }));
  }

  // Events and notices of all connections, and of none.
  MessageCounters total() const {
    const auto* books = driver->data<DriverBooks>("DrmFilterBooks");
    MessageCounters sum;
    const auto add_all = [&sum](const ConnectionBooks& one) {
      for (const LiveMessages& live : one.messages) add(sum, live.read());
    };
    for (const ConnectionBooks& one : books->connections) add_all(one);
    add_all(books->rest);
    return sum;
  }
  uint64_t dropped(DropReason reason) const { return total().dropped[static_cast<size_t>(reason)]; }

  // The port delivered what the driver says was delivered: it asks nobody here, so each of its sends is a message.
  void expect_the_port_agrees() {
    ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
    EXPECT_TRUE(total().balanced());
    EXPECT_EQ(total().delivered, machine.sends().of(fltsim::SendEnd::kDelivered));
  }
  // Returns how often the reason was met, for a test that wants to have met it.
  uint64_t end(DropReason reason) {
    join();
    expect_the_port_agrees();
    const uint64_t met = dropped(reason);
    EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
    EXPECT_TRUE(machine.verifier().clean());
    return met;
  }

  std::unique_ptr<RecordingService> control;
  std::vector<ThreadHandle> threads;
};

// Runs the scenario, which returns how often its fault was met, and wants it met.
void under_every_seed(const std::function<uint64_t(const Options&)>& scenario) {
  uint64_t met = 0;
  under_every_scheduler([&](const Options& options) { met += scenario(options); });
  EXPECT_GT(met, 0u) << "the fault never happened";
}

TEST(DrmBooksTest, WithoutASubscriberEveryMessageIsDroppedForThat) {
  under_every_seed([](const Options& options) {
    Books b(options);
    b.start_programs(3, 3);
    b.join();
    EXPECT_EQ(b.dropped(DropReason::kNoSubscriber), b.total().produced);
    return b.end(DropReason::kNoSubscriber);
  });
}

TEST(DrmBooksTest, SubscribersWithTheSmallestQueuesLoseWhatDoesNotFit) {
  under_every_seed([](const Options& options) {
    Books b(options);
    auto first = b.client(FLTLINK_ROLE_SUBSCRIBER, 2);
    auto second = b.client(FLTLINK_ROLE_SUBSCRIBER, 2);
    auto third = b.client(FLTLINK_ROLE_SUBSCRIBER);
    b.start_programs(3, 3);
    return b.end(DropReason::kQueueFull);
  });
}

TEST(DrmBooksTest, AClientThatLeavesTakesWhatWasPendingWithIt) {
  under_every_seed([](const Options& options) {
    Books b(options);
    auto subscriber = b.client(FLTLINK_ROLE_SUBSCRIBER);
    RawClient guest(b.service_process());
    b.start_programs(2, 4);
    for (int round = 0; round < 4; ++round) {
      EXPECT_EQ(guest.connect(), S_OK);
      guest.disconnect();
    }
    return b.end(DropReason::kDisconnected);
  });
}

TEST(DrmBooksTest, AClientThatIsKilledAtAnyMomentLeavesBalancedBooks) {
  under_every_seed([steps = 0](const Options& options) mutable {
    Books b(options);
    auto victim = b.client(FLTLINK_ROLE_SUBSCRIBER);
    auto survivor = b.client(FLTLINK_ROLE_SUBSCRIBER);
    b.start_programs(2, 3);
    b.pass((steps += 37) % 211);  // every number once, and a short run meets some of each size
    fltsim::Process process = victim->process();
    EXPECT_EQ(process.kill(), Outcome::kDone);
    return b.end(DropReason::kDisconnected);
  });
}

TEST(DrmBooksTest, AClientThatNeverReceivesLosesMessagesByTimeAlone) {
  uint64_t met = 0;
  for (uint64_t seed = 1; seed <= scaled<uint64_t>(200); ++seed) {
    Options options;
    options.seed = seed;
    Books b(options);
    RawClient silent(b.service_process());
    EXPECT_EQ(silent.connect(), S_OK);
    b.start_programs(2, 2);
    b.join();
    EXPECT_EQ(b.machine.advance(std::chrono::seconds(7)), Outcome::kDone);
    met += b.dropped(DropReason::kTimedOut);
    silent.disconnect();
    b.end(DropReason::kTimedOut);
  }
  EXPECT_GE(met, 2 * scaled<uint64_t>(200));
}

TEST(DrmBooksTest, SendsWithoutMemoryAreTriedAgainAndThenGivenUp) {
  under_every_seed([](const Options& options) {
    Books b(options);
    auto subscriber = b.client(FLTLINK_ROLE_SUBSCRIBER);
    b.machine.fail_next(fltsim::routine::kFltSendMessage, 5);
    b.start_programs(2, 3);
    b.join();
    // The pauses between the attempts.
    EXPECT_EQ(b.machine.advance(std::chrono::milliseconds(100)), Outcome::kDone);
    return b.end(DropReason::kNoResources);
  });
}

TEST(DrmBooksTest, ConnectsAndEventsWithoutMemoryLeaveBalancedBooks) {
  under_every_seed([refused = uint64_t{0}](const Options& options) mutable {
    Books b(options);
    auto subscriber = b.client(FLTLINK_ROLE_SUBSCRIBER);
    RawClient guest(b.service_process());
    b.start_programs(2, 3);
    for (const auto routine : {fltsim::routine::kExAllocatePool2, fltsim::routine::kPsCreateSystemThread,
                               fltsim::routine::kFltGetFileNameInformation}) {
      b.machine.fail_next(routine);
      if (guest.connect() == S_OK)
        guest.disconnect();
      else
        ++refused;
    }
    static_cast<void>(b.end(DropReason::kDisconnected));
    return refused;
  });
}

TEST(DrmBooksTest, AnUnloadUnderLoadLeavesBalancedBooks) {
  under_every_seed([steps = 0](const Options& options) mutable {
    Books b(options);
    auto subscriber = b.client(FLTLINK_ROLE_SUBSCRIBER);
    RawClient silent(b.service_process());
    EXPECT_EQ(silent.connect(), S_OK);
    b.start_programs(3, 3);
    b.pass(steps = (steps + 37) % 97);  // far apart, so that a short run has late ones too
    const uint64_t produced = b.total().produced;
    EXPECT_EQ(b.driver->unload(), STATUS_SUCCESS);
    b.join();
    EXPECT_TRUE(b.machine.verifier().clean());
    return produced;
  });
}

TEST(DrmBooksTest, HostileClientsAreAnsweredAndCounted) {
  under_every_seed([](const Options& options) {
    Books b(options);
    auto subscriber = b.client(FLTLINK_ROLE_SUBSCRIBER);
    std::vector<ThreadHandle> hostile;
    for (const Hostility behaviour :
         {Hostility::kNullInput, Hostility::kShortInput, Hostility::kMisalignedInput,
          Hostility::kVanishingOutput, Hostility::kShortReceive, Hostility::kDoubleReply}) {
      HostileClient client(b.service_process(),
                           {.port = u"\\DrmFilterPort", .message = std::vector<uint8_t>(8)}, 1);
      hostile.push_back(client.start(behaviour));
    }
    b.start_programs(2, 2);
    for (ThreadHandle& thread : hostile) static_cast<void>(thread.join());
    b.join();
    const auto* books = b.driver->data<DriverBooks>("DrmFilterBooks");
    uint64_t refused = 0;
    for (const LiveRequests& live : books->rest.requests) refused += live.read().refused_total();
    static_cast<void>(b.end(DropReason::kDisconnected));
    return refused;
  });
}

}  // namespace
}  // namespace drmfilter::test

// The receive loop on the operating system's threads, for the thread sanitizer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include <fltlink/os/os_host.hpp>
#include <fltlink/service/receive_loop.hpp>

#include "support/scale.hpp"
#include "support/scripted_port.hpp"
#include "support/service_messages.hpp"

namespace fltlink {
namespace {

using fltlink::test::scaled;

class ReceiveLoopThreadsTest : public testing::Test {
 protected:
  ReceiveLoopThreadsTest() {
    port_.on_request = negotiating_driver();
    options_.workers = 4;
    options_.receives = 8;
    options_.backoff = {.first = kTicksPerMicrosecond, .limit = 50 * kTicksPerMicrosecond};
    // Announces each connection to the test.
    handlers_.when_connected = [this](DriverClient&) {
      host_.wake(connected_);
      return ConnectionUse::kKeep;
    };
  }

  void await_connection() { ASSERT_EQ(host_.park(connected_, kForever), ParkOutcome::kWoken); }

  OsHost host_;
  ParkingSpot connected_;
  ScriptedPort port_{host_};
  RecordingHandlers handlers_;
  LoopOptions options_;
};

TEST_F(ReceiveLoopThreadsTest, DriversThreadsSendWhileRepliesGoBack) {
  const uint32_t per_sender = scaled<uint32_t>(2000);
  Atomic<uint32_t> handled{0};
  ParkingSpot all_handled;
  handlers_.during_message = [&](ReplyToken* owed) {
    if (owed != nullptr) {
      EXPECT_EQ(owed->reply(0), ReplyTokenOutcome::kReplied);
    }
    if (handled.fetch_add(1, MemoryOrder::kAcqRel) + 1 == 2 * per_sender) host_.wake(all_handled);
  };
  ReceiveLoop loop(host_, port_, handlers_, options_);
  ASSERT_EQ(loop.start(), StartOutcome::kStarted);
  await_connection();
  const auto send = [&] {
    for (uint32_t i = 0; i < per_sender; ++i) {
      port_.deliver(file_event(u"C:\\a.txt", i), i % 2 == 0 ? std::optional<size_t>(4) : std::nullopt);
    }
  };
  std::thread first(send);
  std::thread second(send);
  ASSERT_EQ(host_.park(all_handled, kForever), ParkOutcome::kWoken);
  first.join();
  second.join();
  loop.stop();
  EXPECT_EQ(loop.counters()[LoopCounter::kReceived], 2 * per_sender);
  EXPECT_EQ(loop.counters()[LoopCounter::kReplied], port_.replies().size());
  expect_balanced(loop.counters());
}

TEST_F(ReceiveLoopThreadsTest, HangUpsAndMessagesEndBalanced) {
  ReceiveLoop loop(host_, port_, handlers_, options_);
  ASSERT_EQ(loop.start(), StartOutcome::kStarted);
  const uint32_t rounds = scaled<uint32_t>(200);
  for (uint32_t round = 0; round < rounds; ++round) {
    await_connection();
    for (uint32_t i = 0; i < 4; ++i) port_.deliver(file_event(u"C:\\a.txt", i), 4);
    loop.request_attention();
    port_.hang_up();
  }
  loop.stop();
  EXPECT_EQ(port_.outstanding(), 0u);
  EXPECT_GE(loop.counters()[LoopCounter::kConnected], rounds);
  expect_balanced(loop.counters());
}

TEST_F(ReceiveLoopThreadsTest, StopRacesWithMessages) {
  const uint32_t rounds = scaled<uint32_t>(100);
  for (uint32_t round = 0; round < rounds; ++round) {
    ReceiveLoop loop(host_, port_, handlers_, options_);
    ASSERT_EQ(loop.start(), StartOutcome::kStarted);
    await_connection();
    std::thread sender([this] {
      for (uint32_t i = 0; i < 3; ++i) port_.deliver(file_event(u"C:\\a.txt", i));
    });
    loop.stop();
    sender.join();
    EXPECT_EQ(port_.outstanding(), 0u);
    expect_balanced(loop.counters());
  }
}

// Handlers answer around the moment at which the loop does. Whoever is first, one answer goes out, and the
// watch never meets a token that is dead.
TEST_F(ReceiveLoopThreadsTest, HandlersAndDeadlinesRaceForTheOneAnswer) {
  const uint32_t questions = scaled<uint32_t>(2000, 400);
  constexpr Ticks kWait = 400 * kTicksPerMicrosecond;
  port_.on_request = negotiating_driver({.version = FLTLINK_VERSION_1_1});
  options_.sender_wait = kWait;
  options_.questions_waiting_max = 2;
  Atomic<uint32_t> drawn{0};
  handlers_.when_asked = [&](VerdictToken& owed) {
    const Ticks answer_at =
        host_.now() + kWait * 6 / 8 + (drawn.fetch_add(1, MemoryOrder::kRelaxed) % 8) * kWait / 32;
    while (host_.now() < answer_at) host_.relax();
    EXPECT_THAT(owed.allow(), testing::AnyOf(ReplyTokenOutcome::kReplied, ReplyTokenOutcome::kTooLate));
  };
  ReceiveLoop loop(host_, port_, handlers_, options_);
  ASSERT_EQ(loop.start(), StartOutcome::kStarted);
  await_connection();
  for (uint32_t i = 0; i < questions; ++i) {
    port_.deliver(question(u"C:\\a.txt"), FLTLINK_VERDICT_SIZE);
    while (port_.undelivered() > 4) host_.relax();
  }
  while (port_.replies().size() < questions) host_.relax();
  loop.stop();
  EXPECT_EQ(port_.replies().size(), questions);
  EXPECT_EQ(loop.counters()[LoopCounter::kReplied], questions);
  EXPECT_EQ(loop.counters()[LoopCounter::kRepliesLate], 0u) << "an answer that the port had to refuse";
  expect_balanced(loop.counters());
}

}  // namespace
}  // namespace fltlink

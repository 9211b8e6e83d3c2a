// A receive loop on a scripted port, in virtual time.
#pragma once

#include <fltlink/service/receive_loop.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_host.hpp"
#include "support/scripted_port.hpp"
#include "support/service_messages.hpp"

namespace fltlink {

class ReceiveLoopTest : public testing::Test {
 protected:
  explicit ReceiveLoopTest(uint64_t seed = 0) : host_(seed) {
    port_.on_request = negotiating_driver();
    options_.workers = 2;
    options_.receives = 3;
  }

  void start() {
    loop_.emplace(host_, port_, handlers_, options_);
    ASSERT_EQ(loop_->start(), StartOutcome::kStarted);
    host_.settle();
  }
  uint64_t count(LoopCounter counter) const { return loop_->counters()[counter]; }

  uint64_t deliver(ByteVector message, std::optional<size_t> reply_room = std::nullopt) {
    const uint64_t id = port_.deliver(std::move(message), reply_room);
    host_.settle();
    return id;
  }

  void TearDown() override {
    if (!loop_) return;
    loop_->stop();
    EXPECT_FALSE(port_.connected());
    EXPECT_EQ(port_.outstanding(), 0u);
    expect_balanced(loop_->counters());
  }

  FakeHost host_;
  ScriptedPort port_{host_};
  RecordingHandlers handlers_;
  LoopOptions options_;
  std::optional<ReceiveLoop> loop_;
};

// The same as an authorizer: the driver waits 800 ms for a verdict, and the loop answers at 780.
class AuthorizerLoopTest : public ReceiveLoopTest {
 protected:
  static constexpr Ticks kWait = 800 * kTicksPerMillisecond;
  static constexpr Ticks kWarning = 600 * kTicksPerMillisecond;
  static constexpr Ticks kAnswer = 780 * kTicksPerMillisecond;

  explicit AuthorizerLoopTest(uint64_t seed = 0) : ReceiveLoopTest(seed) {
    ConnectionTerms terms;
    terms.version = FLTLINK_VERSION_1_1;
    terms.role = FLTLINK_ROLE_AUTHORIZER;
    terms.reply_timeout_ms = kWait / kTicksPerMillisecond;
    port_.on_request = negotiating_driver(terms);
    options_.context->role = FLTLINK_ROLE_AUTHORIZER;
    options_.receives = 8;
  }

  // The driver asks, and has room for a verdict.
  uint64_t ask() { return port_.deliver(question(u"C:\\a.docx"), FLTLINK_VERDICT_SIZE); }
  void take(Ticks duration) {
    ParkingSpot spot;
    EXPECT_EQ(host_.park(spot, host_.now() + duration), ParkOutcome::kTimedOut);
  }
  Result<Verdict, DecodeError> verdict(size_t reply) const {
    EXPECT_EQ(port_.replies().at(reply).header.status, 0);
    return decode_verdict(port_.replies().at(reply).payload);
  }
};

}  // namespace fltlink

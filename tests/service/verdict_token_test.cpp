#include <fltlink/service/verdict_token.hpp>

#include <gtest/gtest.h>

#include "service/receive_loop_fixture.hpp"

namespace fltlink {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

TEST_F(AuthorizerLoopTest, QuestionReachesItsHandlerAndItsVerdictGoesBack) {
  handlers_.when_asked = [](VerdictToken& owed) {
    EXPECT_TRUE(owed.owed());
    EXPECT_EQ(owed.allow(), ReplyTokenOutcome::kReplied);
    EXPECT_FALSE(owed.owed());
  };
  start();
  const uint64_t id = ask();
  host_.settle();
  EXPECT_THAT(handlers_.questions(), ElementsAre(Pair(u"C:\\a.docx", u"Write is protected")));
  ASSERT_THAT(port_.replies(), SizeIs(1));
  EXPECT_EQ(port_.replies()[0].header.message_id, id);
  EXPECT_EQ(*verdict(0), Verdict::kAllow);
  EXPECT_EQ(count(LoopCounter::kRepliesDefaulted), 0u);
}

TEST_F(AuthorizerLoopTest, SecondVerdictIsRefusedAndCounted) {
  handlers_.when_asked = [](VerdictToken& owed) {
    EXPECT_EQ(owed.deny(), ReplyTokenOutcome::kReplied);
    EXPECT_EQ(owed.allow(), ReplyTokenOutcome::kAlreadyReplied);
  };
  start();
  ask();
  host_.settle();
  EXPECT_EQ(*verdict(0), Verdict::kDeny);
  EXPECT_EQ(count(LoopCounter::kSecondReplies), 1u);
}

class LittleRoomTest : public AuthorizerLoopTest,
                       public testing::WithParamInterface<std::optional<size_t>> {};

// A question that cannot be answered gets no handler; a sender that waits is told a status.
TEST_P(LittleRoomTest, QuestionWithoutRoomForAVerdictIsCountedAndReported) {
  start();
  deliver(question(u"C:\\a.docx"), GetParam());
  EXPECT_THAT(handlers_.questions(), IsEmpty());
  EXPECT_EQ(count(LoopCounter::kNoRoomForVerdict), 1u);
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kNoRoomForVerdict, GetParam().value_or(0))));
  ASSERT_THAT(port_.replies(), SizeIs(GetParam().has_value() ? 1 : 0));
  if (GetParam()) {
    EXPECT_EQ(port_.replies()[0].header.status, kStatusUnsuccessful);
  }
}

INSTANTIATE_TEST_SUITE_P(Rooms, LittleRoomTest,
                         testing::Values(std::nullopt, std::optional<size_t>(0),
                                         std::optional<size_t>(FLTLINK_VERDICT_SIZE - 1)));

// Protocol 1.0 knows no such type.
TEST_F(ReceiveLoopTest, QuestionOnAConnectionOf10IsOfUnknownType) {
  options_.fail.authorize.protocol_error = FailAction::kAllow;
  start();
  deliver(question(u"C:\\a.docx"), FLTLINK_VERDICT_SIZE);
  EXPECT_EQ(count(LoopCounter::kUnknownTypes), 1u);
  ASSERT_THAT(port_.replies(), SizeIs(1));
  EXPECT_EQ(port_.replies()[0].header.status, kStatusUnsuccessful);
}

// A service for events alone is no authorizer by mistake: what it does not answer is denied.
TEST(HandlersTest, ServiceWithoutAHandlerForQuestionsLeavesThemToTheFailPolicy) {
  class EventsOnly final : public Handlers {
    void on_file_event(const DriverMessage&, ReplyToken*) override {}
    void on_block(const DriverMessage&, ReplyToken*) override {}
    ConnectionUse on_connected(DriverClient&, const ConnectionTerms&) override {
      return ConnectionUse::kKeep;
    }
    ConnectionUse on_attention(DriverClient&) override { return ConnectionUse::kKeep; }
    void on_trouble(const TroubleReport&) override {}
  };
  FakeHost host;
  ScriptedPort port(host);
  port.on_request = negotiating_driver({.version = FLTLINK_VERSION_1_1});
  EventsOnly handlers;
  ReceiveLoop loop(host, port, handlers, {});
  ASSERT_EQ(loop.start(), StartOutcome::kStarted);
  host.settle();
  port.deliver(question(u"C:\\a.docx"), FLTLINK_VERDICT_SIZE);
  loop.stop();
  ASSERT_THAT(port.replies(), SizeIs(1));
  EXPECT_EQ(*decode_verdict(port.replies()[0].payload), Verdict::kDeny);
}

}  // namespace
}  // namespace fltlink

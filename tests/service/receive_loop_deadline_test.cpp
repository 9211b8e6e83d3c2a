// Handlers that take longer than their senders wait.
#include "service/receive_loop_fixture.hpp"

#include "support/scale.hpp"

namespace fltlink {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

class DeadlineTest : public AuthorizerLoopTest {
 protected:
  explicit DeadlineTest(uint64_t seed = 0) : AuthorizerLoopTest(seed) {}

  // Each handler takes `duration` and allows.
  void answer_after(Ticks duration) {
    handlers_.when_asked = [this, duration](VerdictToken& owed) {
      take(duration);
      outcomes_.push_back(owed.allow());
    };
  }

  std::vector<ReplyTokenOutcome> outcomes_;
};

TEST_F(DeadlineTest, AnswerThatIsMissingIsReportedBeforeItsSenderGivesUp) {
  answer_after(kWarning + kTicksPerMillisecond);
  start();
  ask();
  host_.advance(kWarning - 1);
  EXPECT_THAT(handlers_.reports(), IsEmpty());
  host_.advance(1);
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kReplyDueSoon, 600)));
  EXPECT_EQ(handlers_.reports()[0].type, uint32_t{FLTLINK_MSG_TYPE_AUTHORIZE});
  host_.advance(kTicksPerSecond);
  EXPECT_THAT(outcomes_, ElementsAre(ReplyTokenOutcome::kReplied));
  EXPECT_THAT(handlers_.reports(), SizeIs(1));
  EXPECT_EQ(count(LoopCounter::kRepliesDueSoon), 1u);
}

class TimeoutPolicyTest : public DeadlineTest, public testing::WithParamInterface<FailAction> {};

TEST_P(TimeoutPolicyTest, LoopAnswersShortlyBeforeTheEndAndTheHandlerComesTooLate) {
  options_.fail.authorize.timeout = GetParam();
  answer_after(2 * kTicksPerSecond);
  start();
  ask();
  host_.advance(kAnswer - 1);
  EXPECT_THAT(port_.replies(), IsEmpty());
  host_.advance(1);
  EXPECT_EQ(*verdict(0), GetParam() == FailAction::kAllow ? Verdict::kAllow : Verdict::kDeny);
  EXPECT_EQ(loop_->counters().defaulted(FailCause::kTimeout), 1u);
  host_.advance(2 * kTicksPerSecond);
  EXPECT_THAT(outcomes_, ElementsAre(ReplyTokenOutcome::kTooLate));
  EXPECT_THAT(port_.replies(), SizeIs(1));
  EXPECT_EQ(count(LoopCounter::kTooLateReplies), 1u);
  EXPECT_EQ(count(LoopCounter::kHandlersLate), 1u);
  EXPECT_THAT(handlers_.troubles(),
              ElementsAre(Pair(Trouble::kReplyDueSoon, 600), Pair(Trouble::kReplyTimedOut, 780),
                          Pair(Trouble::kHandlerLate, 2000)));
}

INSTANTIATE_TEST_SUITE_P(BothActions, TimeoutPolicyTest,
                         testing::Values(FailAction::kDeny, FailAction::kAllow));

TEST_F(DeadlineTest, MarginIsAtMostAnEighthOfTheWait) {
  port_.on_request = negotiating_driver({.version = FLTLINK_VERSION_1_1, .reply_timeout_ms = 80});
  answer_after(kTicksPerSecond);
  start();
  ask();
  host_.advance(70 * kTicksPerMillisecond - 1);
  EXPECT_THAT(port_.replies(), IsEmpty());
  host_.advance(1);
  EXPECT_THAT(port_.replies(), SizeIs(1));
}

// The driver has not said how long it waits.
TEST_F(DeadlineTest, SenderWhoseWaitNobodyKnowsGetsTheHandlersAnswerHoweverLate) {
  port_.on_request = negotiating_driver({.version = FLTLINK_VERSION_1_1});
  answer_after(10 * kTicksPerSecond);
  start();
  ask();
  host_.advance(20 * kTicksPerSecond);
  EXPECT_THAT(outcomes_, ElementsAre(ReplyTokenOutcome::kReplied));
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kSlowHandler, 10'000)));
}

TEST_F(ReceiveLoopTest, EventThatOwesAReplyIsAnsweredWithinTheWaitThatTheOptionsGive) {
  options_.sender_wait = 80 * kTicksPerMillisecond;
  options_.fail.file_event.timeout = FailAction::kAllow;
  handlers_.during_message = [this](ReplyToken* owed) {
    ParkingSpot spot;
    EXPECT_EQ(host_.park(spot, host_.now() + kTicksPerSecond), ParkOutcome::kTimedOut);
    EXPECT_EQ(owed->reply(kStatusUnsuccessful), ReplyTokenOutcome::kTooLate);
  };
  start();
  port_.deliver(file_event(u"C:\\a.txt"), 4);
  host_.advance(2 * kTicksPerSecond);
  ASSERT_THAT(port_.replies(), SizeIs(1));
  EXPECT_EQ(port_.replies()[0].header.status, 0);
  EXPECT_THAT(port_.replies()[0].payload, IsEmpty());
}

// It is slow, but nobody waited in vain.
TEST_F(DeadlineTest, HandlerThatAnswersFirstIsReportedAsSlowOnlyWhenItReturns) {
  handlers_.when_asked = [this](VerdictToken& owed) {
    EXPECT_EQ(owed.deny(), ReplyTokenOutcome::kReplied);
    take(2 * kTicksPerSecond);
  };
  start();
  ask();
  host_.advance(3 * kTicksPerSecond);
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kSlowHandler, 2000)));
}

// Its sender was told already; to let a handler decide it anew would contradict that.
TEST_F(DeadlineTest, QuestionWhoseTimeEndsWhileItWaitsForAWorkerGetsNoHandler) {
  options_.workers = 1;
  answer_after(2 * kTicksPerSecond);
  start();
  ask();
  ask();
  host_.advance(kWait);
  EXPECT_THAT(port_.replies(), SizeIs(2));
  host_.advance(4 * kTicksPerSecond);
  EXPECT_THAT(handlers_.questions(), SizeIs(1));
  EXPECT_EQ(count(LoopCounter::kExpired), 1u);
  EXPECT_EQ(loop_->counters().defaulted(FailCause::kTimeout), 2u);
  EXPECT_EQ(port_.outstanding(), options_.receives);
}

TEST_F(DeadlineTest, EachQuestionHasADeadlineOfItsOwn) {
  options_.workers = 3;
  answer_after(kTicksPerSecond);
  start();
  for (size_t asked = 0; asked < 3; ++asked) {
    ask();
    host_.advance(100 * kTicksPerMillisecond);
  }
  for (size_t answered = 0; answered < 3; ++answered) {
    host_.advance((answered == 0 ? 480 : 100) * kTicksPerMillisecond - 1);
    EXPECT_THAT(port_.replies(), SizeIs(answered));
    host_.advance(1);
    EXPECT_THAT(port_.replies(), SizeIs(answered + 1));
  }
}

// WIRE-14: the answer names the connection of its message, which cannot be left meanwhile.
TEST_F(DeadlineTest, AnswerForALostConnectionGoesToNoOther) {
  answer_after(2 * kTicksPerSecond);
  start();
  ask();
  host_.settle();
  port_.hang_up();
  host_.advance(10 * kTicksPerSecond);
  EXPECT_TRUE(loop_->connected());
  EXPECT_THAT(port_.replies(), IsEmpty());
  EXPECT_EQ(count(LoopCounter::kRepliesDisconnected), 1u);
}

TEST_F(DeadlineTest, HandlerThatHoldsUpAStopHasItsDeadlineAllTheSame) {
  answer_after(2 * kTicksPerSecond);
  start();
  ask();
  host_.settle();
  loop_->request_stop();
  host_.advance(kAnswer);
  EXPECT_THAT(port_.replies(), SizeIs(1));
}

TEST_F(DeadlineTest, AnswersInTimeAreReportedToNobody) {
  answer_after(kWarning - 1);
  start();
  for (int i = 0; i < 20; ++i) {
    ask();
    host_.advance(kTicksPerSecond);
  }
  EXPECT_THAT(port_.replies(), SizeIs(20));
  EXPECT_THAT(handlers_.reports(), IsEmpty());
}

// One question, whose handler answers at a moment of the test's choice.
class Duel : public DeadlineTest {
 public:
  explicit Duel(uint64_t seed) : DeadlineTest(seed) {}
  ReplyTokenOutcome run(Ticks handler_takes) {
    answer_after(handler_takes);
    start();
    ask();
    host_.advance(2 * kTicksPerSecond);
    EXPECT_THAT(outcomes_, SizeIs(1));
    EXPECT_THAT(port_.replies(), SizeIs(1));
    EXPECT_EQ(*verdict(0), outcomes_.at(0) == ReplyTokenOutcome::kReplied ? Verdict::kAllow : Verdict::kDeny);
    EXPECT_EQ(count(LoopCounter::kReplied), 1u);
    EXPECT_EQ(count(LoopCounter::kRepliesLate), 0u) << "an answer that the port had to refuse";
    DeadlineTest::TearDown();
    return outcomes_.at(0);
  }
  static constexpr Ticks kAnswerOfTheLoop = kAnswer;

 private:
  void TestBody() override {}
};

// Whoever comes first answers, and nobody answers twice. At the same instant the seed draws who that is.
TEST(DeadlineRaceTest, HandlerAndLoopAnswerOnceInEveryOrder) {
  const uint64_t seeds = test::scaled<uint64_t>(200, 40);
  size_t handler_first = 0;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    EXPECT_EQ(Duel(seed).run(Duel::kAnswerOfTheLoop - 1), ReplyTokenOutcome::kReplied);
    EXPECT_EQ(Duel(seed).run(Duel::kAnswerOfTheLoop + 1), ReplyTokenOutcome::kTooLate);
    const ReplyTokenOutcome outcome = Duel(seed).run(Duel::kAnswerOfTheLoop);
    EXPECT_THAT(outcome, testing::AnyOf(ReplyTokenOutcome::kReplied, ReplyTokenOutcome::kTooLate));
    if (outcome == ReplyTokenOutcome::kReplied) ++handler_first;
  }
  EXPECT_GT(handler_first, 0u);
  EXPECT_LT(handler_first, seeds);
}

class DeadlineSeedTest : public AuthorizerLoopTest, public testing::WithParamInterface<int> {
 protected:
  DeadlineSeedTest() : AuthorizerLoopTest(static_cast<uint64_t>(GetParam()) * 0x9E3779B97F4A7C15u + 1) {}
};

// Handlers of every length, more questions than may wait, a driver that hangs up: each question is answered
// once.
TEST_P(DeadlineSeedTest, EachQuestionIsAnsweredOnceWhateverTheOrder) {
  Atomic<uint32_t> asked{0};
  handlers_.when_asked = [&](VerdictToken& owed) {
    const uint32_t number = asked.fetch_add(1, MemoryOrder::kRelaxed);
    if (number % 3 != 0) take(kAnswer - 1 + number % 4);
    if (number % 5 != 0) static_cast<void>(owed.allow());
  };
  options_.questions_waiting_max = 2;
  start();
  std::vector<uint64_t> ids;
  for (int i = 0; i < 12; ++i) {
    ids.push_back(ask());
    if (i % 4 == 3) host_.advance(kAnswer + static_cast<Ticks>(GetParam() % 7));
  }
  host_.advance(10 * kTicksPerSecond);
  std::vector<uint64_t> answered;
  for (const auto& reply : port_.replies()) answered.push_back(reply.header.message_id);
  EXPECT_THAT(answered, testing::UnorderedElementsAreArray(ids));
  EXPECT_EQ(count(LoopCounter::kRepliesLate), 0u);
  if (GetParam() % 2 == 0) port_.hang_up();
}

INSTANTIATE_TEST_SUITE_P(Seeds, DeadlineSeedTest, testing::Range(0, 50));

}  // namespace
}  // namespace fltlink

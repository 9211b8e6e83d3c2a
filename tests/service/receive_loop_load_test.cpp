// More messages than the workers can take.
#include "service/receive_loop_fixture.hpp"

namespace fltlink {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

class LoadTest : public AuthorizerLoopTest {
 protected:
  LoadTest() {
    options_.workers = 1;
    options_.questions_waiting_max = 2;
    // The handler waits until the test lets it go on, and allows.
    handlers_.when_asked = [this](VerdictToken& owed) {
      EXPECT_EQ(host_.park(gate_, kForever), ParkOutcome::kWoken);
      static_cast<void>(owed.allow());
    };
    // Nobody's time ends here.
    port_.on_request = negotiating_driver({.version = FLTLINK_VERSION_1_1});
  }

  void let_one_go() {
    host_.wake(gate_);
    host_.settle();
  }
  std::vector<Trouble> troubles() const {
    std::vector<Trouble> troubles;
    for (const auto& report : handlers_.reports()) troubles.push_back(report.trouble);
    return troubles;
  }

  ParkingSpot gate_;
};

class OverloadPolicyTest : public LoadTest, public testing::WithParamInterface<FailAction> {};

// One with the worker, two that wait; the others are answered at once, and the first three keep their order.
TEST_P(OverloadPolicyTest, QuestionBeyondThoseThatMayWaitIsAnsweredAtOnceByItsPolicy) {
  options_.fail.authorize.overload = GetParam();
  start();
  for (int i = 0; i < 5; ++i) ask();
  host_.settle();
  ASSERT_THAT(port_.replies(), SizeIs(2));
  EXPECT_EQ(port_.replies()[0].header.message_id, 4u);
  EXPECT_EQ(*verdict(1), GetParam() == FailAction::kAllow ? Verdict::kAllow : Verdict::kDeny);
  EXPECT_EQ(count(LoopCounter::kTurnedAway), 2u);
  EXPECT_EQ(loop_->waiting_messages(), 2u);
  for (uint64_t id = 1; id <= 3; ++id) {
    let_one_go();
    EXPECT_EQ(port_.replies().back().header.message_id, id);
  }
  EXPECT_THAT(handlers_.questions(), SizeIs(3));
  EXPECT_EQ(port_.outstanding(), options_.receives);
}

INSTANTIATE_TEST_SUITE_P(BothActions, OverloadPolicyTest,
                         testing::Values(FailAction::kDeny, FailAction::kAllow), [](const auto& action) {
                           return action.param == FailAction::kAllow ? "Allow" : "Deny";
                         });

TEST_F(LoadTest, PeaksTellTheMostThatThereWas) {
  start();
  for (int i = 0; i < 3; ++i) ask();
  port_.deliver(file_event(u"C:\\a.txt"));
  host_.settle();
  for (int i = 0; i < 3; ++i) let_one_go();
  const LoopPeaks peaks = loop_->peaks();
  EXPECT_EQ(peaks.busy_workers, 1u);
  EXPECT_EQ(peaks.waiting_messages, 3u);
  EXPECT_EQ(peaks.waiting_questions, 2u);
  EXPECT_EQ(peaks.held_messages, 4u);
  EXPECT_EQ(loop_->busy_workers(), 0u);
}

// Nobody waits for them, and none may be lost.
TEST_F(LoadTest, EventsWaitInAnyNumberAndInTheirOrder) {
  handlers_.during_message = [this](ReplyToken*) { take(kTicksPerMillisecond); };
  start();
  std::vector<std::u16string> sent;
  for (char16_t letter = u'a'; letter <= u'z'; ++letter) {
    sent.push_back(std::u16string(u"C:\\") + letter);
    port_.deliver(file_event({sent.back().data(), sent.back().size()}));
  }
  host_.advance(kTicksPerSecond);
  std::vector<std::u16string> handled;
  for (const auto& seen : handlers_.events()) handled.push_back(seen.first);
  EXPECT_EQ(handled, sent);
  EXPECT_EQ(count(LoopCounter::kTurnedAway), 0u);
}

// The turned-away question frees its receive at once, so of the three shortages only that of workers lasts.
TEST_F(LoadTest, ShortagesAreReportedWhenTheyBeginAndWhenTheyAreOver) {
  options_.receives = 4;
  start();
  for (int i = 0; i < 4; ++i) ask();
  host_.advance(3 * kTicksPerSecond);
  EXPECT_THAT(handlers_.troubles(),
              ElementsAre(Pair(Trouble::kWorkersExhausted, 1), Pair(Trouble::kReceivesExhausted, 4),
                          Pair(Trouble::kTurningAway, 2), Pair(Trouble::kReceivesRecovered, 0),
                          Pair(Trouble::kTurningAwayEnded, 0)));
  for (int i = 0; i < 3; ++i) let_one_go();
  host_.advance(3 * kTicksPerSecond);
  EXPECT_THAT(troubles(), Contains(Trouble::kWorkersExhausted).Times(1));
  EXPECT_EQ(troubles().back(), Trouble::kWorkersRecovered);
}

// With one receive, each message takes the last one.
TEST_F(LoadTest, ShortageThatComesWithEachMessageIsReportedOnce) {
  options_.receives = 1;
  handlers_.during_message = [this](ReplyToken*) { take(kTicksPerMillisecond); };
  start();
  for (int i = 0; i < 100; ++i) {
    port_.deliver(file_event(u"C:\\a.txt"));
    host_.advance(10 * kTicksPerMillisecond);
  }
  EXPECT_EQ(count(LoopCounter::kReceivesExhausted), 100u);
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kReceivesExhausted, 1)));
  host_.advance(2 * kTicksPerSecond);
  EXPECT_THAT(handlers_.troubles(),
              ElementsAre(Pair(Trouble::kReceivesExhausted, 1), Pair(Trouble::kReceivesRecovered, 990)));
}

TEST_F(LoadTest, ShortageOfReceivesLastsAsLongAsNoneIsOutstanding) {
  options_.receives = 1;
  start();
  ask();
  host_.advance(10 * kTicksPerSecond);
  EXPECT_THAT(troubles(), ElementsAre(Trouble::kReceivesExhausted));
  let_one_go();
  host_.advance(2 * kTicksPerSecond);
  EXPECT_THAT(troubles(), Contains(Trouble::kReceivesRecovered));
}

// The connection is gone, and with it the shortage.
TEST_F(LoadTest, ShortageOfReceivesEndsWithItsConnection) {
  options_.receives = 1;
  options_.backoff = {.first = 60 * kTicksPerSecond, .limit = 60 * kTicksPerSecond};
  start();
  ask();
  host_.settle();
  port_.hang_up();
  let_one_go();
  host_.advance(2 * kTicksPerSecond);
  EXPECT_THAT(troubles(), Contains(Trouble::kReceivesRecovered));
}

}  // namespace
}  // namespace fltlink

#include <fltlink/service/detail/desk.hpp>

#include <gtest/gtest.h>

#include "support/mock_port.hpp"

namespace fltlink::detail {
namespace {

class DeskTest : public testing::Test {
 protected:
  HeldMessage& message(Ticks warn_at = kForever, Ticks answer_at = kForever) {
    HeldMessage& made = *messages_.emplace_back(std::make_unique<HeldMessage>());
    made.token.emplace(port_, counters_, ReplyAddress{ConnectionNumber{1}, messages_.size(), 16});
    made.warn_at = warn_at;
    made.answer_at = answer_at;
    return made;
  }
  HeldMessage& event() {
    HeldMessage& made = message();
    made.token.reset();
    return made;
  }

  testing::StrictMock<MockPort> port_;
  LoopCounters counters_;
  std::vector<std::unique_ptr<HeldMessage>> messages_;
  Atomic<size_t> open_{1};
  Desk desk_{1, 1, 4, open_};  // one worker, one question that may wait
};

TEST_F(DeskTest, MessagesBeyondTheWorkersWaitInTheirOrder) {
  HeldMessage& second = event();
  HeldMessage& third = event();
  EXPECT_EQ(desk_.admit(event()).admission, Admission::kNow);
  EXPECT_EQ(desk_.admit(second).admission, Admission::kWaits);
  EXPECT_EQ(desk_.admit(third).admission, Admission::kWaits);
  EXPECT_EQ(desk_.next(), &second);
  EXPECT_EQ(desk_.next(), &third);
  EXPECT_EQ(desk_.next(), nullptr);
  EXPECT_EQ(desk_.busy(), 0u);
}

TEST_F(DeskTest, QuestionBeyondTheBoundIsTurnedAwayAndAnEventIsNot) {
  EXPECT_TRUE(desk_.admit(event()).took_last_worker);
  EXPECT_EQ(desk_.admit(message()).admission, Admission::kWaits);
  EXPECT_EQ(desk_.admit(message()).admission, Admission::kTurnedAway);
  EXPECT_EQ(desk_.admit(event()).admission, Admission::kWaits);
  static_cast<void>(desk_.next());
  EXPECT_EQ(desk_.admit(message()).admission, Admission::kWaits) << "the place is free again";
}

TEST_F(DeskTest, WarningComesOnceAndThenTheAnswer) {
  static_cast<void>(desk_.admit(message(10, 20)));
  EXPECT_EQ(desk_.take_due(9).what, Due::What::kNothing);
  EXPECT_EQ(desk_.next_due(), 10u);
  EXPECT_EQ(desk_.take_due(10).what, Due::What::kWarning);
  EXPECT_EQ(desk_.take_due(10).what, Due::What::kNothing);
  EXPECT_EQ(desk_.next_due(), 20u);
  const Due due = desk_.take_due(20);
  EXPECT_EQ(due.what, Due::What::kAnswer);
  EXPECT_EQ(due.address.message_id, 1u);
  EXPECT_EQ(desk_.take_due(30).what, Due::What::kNothing);
  EXPECT_EQ(desk_.next_due(), kForever);
}

// Invariant 4: whoever is to answer keeps the connection from being left.
TEST_F(DeskTest, AnswerThatIsDueCountsAsOpen) {
  static_cast<void>(desk_.admit(message(10, 20)));
  static_cast<void>(desk_.take_due(20));
  EXPECT_EQ(open_.load(MemoryOrder::kRelaxed), 2u);
}

// Invariants 1 and 2: the token may be gone.
TEST_F(DeskTest, ClosedMessageIsNotLookedAtAgain) {
  HeldMessage& closed = message(10, 20);
  static_cast<void>(desk_.admit(closed));
  desk_.close(closed);
  closed.token.reset();
  EXPECT_EQ(desk_.take_due(30).what, Due::What::kNothing);
  EXPECT_EQ(desk_.next_due(), kForever);
}

TEST_F(DeskTest, AnsweredMessageIsNeitherWarnedAboutNorAnswered) {
  HeldMessage& answered = message(10, 20);
  static_cast<void>(desk_.admit(answered));
  EXPECT_TRUE(answered.token->take_over());
  EXPECT_EQ(desk_.take_due(30).what, Due::What::kNothing);
  EXPECT_EQ(open_.load(MemoryOrder::kRelaxed), 1u);
}

TEST_F(DeskTest, AnswersComeBeforeWarnings) {
  static_cast<void>(desk_.admit(message(10, 100)));
  static_cast<void>(desk_.admit(message(10, 20)));
  EXPECT_EQ(desk_.take_due(20).address.message_id, 2u);
  EXPECT_EQ(desk_.take_due(20).what, Due::What::kWarning);
}

// The watch sleeps until what next_due() said, so it has to hear of nothing later.
TEST_F(DeskTest, WatchIsWokenForAnEarlierDeadlineOnly) {
  EXPECT_TRUE(desk_.admit(message(10, 20)).wake_watch);
  EXPECT_EQ(desk_.next_due(), 10u);
  EXPECT_FALSE(desk_.admit(message(11, 21)).wake_watch);
  static_cast<void>(desk_.next());
  EXPECT_TRUE(desk_.admit(message(9, 19)).wake_watch);
  EXPECT_FALSE(desk_.admit(event()).wake_watch);
}

}  // namespace
}  // namespace fltlink::detail

#include <fltlink/service/loop_actions.hpp>

#include <gtest/gtest.h>

#include <fltlink/service/reply_token.hpp>

namespace fltlink {
namespace {

// `outcomes` has each of the enumeration, whose last one is named: the table has each once.
template <typename Rule, size_t kCount, typename Outcome>
void expect_each_once(const Rule (&rules)[kCount], Outcome last) {
  EXPECT_EQ(kCount, static_cast<size_t>(last) + 1);
  for (size_t index = 0; index < kCount; ++index) {
    EXPECT_EQ(std::count_if(std::begin(rules), std::end(rules),
                            [&](const Rule& rule) { return rule.outcome == static_cast<Outcome>(index); }),
              1);
  }
}

TEST(LoopActionsTest, EveryOutcomeHasOneLine) {
  expect_each_once(kReceiveActions, ReceiveOutcome::kFailed);
  expect_each_once(kPostActions, PostOutcome::kFailed);
  expect_each_once(kConnectActions, ConnectOutcome::kFailed);
  expect_each_once(kReplyActions, ReplyOutcome::kFailed);
}

// GET-12: a message that came although its receive was cancelled is handled.
TEST(LoopActionsTest, WhileAConnectionIsLeftMessagesAreDeliveredAndTheRestStops) {
  for (const auto& rule : kReceiveActions) {
    const bool message = rule.outcome == ReceiveOutcome::kMessage;
    EXPECT_EQ(action_for(rule.outcome, true), message ? LoopAction::kDeliver : LoopAction::kStop);
  }
}

// BAD-10: whatever becomes of a reply, nobody leaves for it.
TEST(LoopActionsTest, RepliesAreDeliveredOrDropped) {
  for (const ReplyActionRule& rule : kReplyActions) {
    const bool replied = rule.outcome == ReplyOutcome::kReplied;
    EXPECT_EQ(rule.action, replied ? LoopAction::kDeliver : LoopAction::kDrop);
  }
}

}  // namespace
}  // namespace fltlink

// What the receive loop does about each outcome of the port; replies have their lines in reply_token.hpp.
// port/classify.hpp is the other half: from HRESULT to outcome, with the rule that each number rests on.
// Together they classify every HRESULT once. What a request to the driver comes to is for its caller to
// judge.
#pragma once

#include <fltlink/base/assert.hpp>
#include <fltlink/port/port.hpp>

namespace fltlink {

enum class LoopAction {
  kDeliver,  // it went well: go on with what came
  kRetry,  // the same once more: a receive with a larger buffer if it was too small, a connect after a pause
  kDrop,   // count it, and go on without
  kReconnect,  // leave the connection, pause, make another
  kStop,       // the receive is not posted again
};

// One line of a table.
template <typename Outcome>
struct ActionRule {
  Outcome outcome;
  LoopAction action;
  LoopAction when_leaving = LoopAction::kStop;  // the same while the connection is left
};

// A message that arrives while the connection is left has been taken from its sender, so it is delivered
// (GET-12). Retries end: a buffer at its largest, and too many aborts in a row, lead to a new connection.
inline constexpr ActionRule<ReceiveOutcome> kReceiveActions[] = {
    {ReceiveOutcome::kMessage, LoopAction::kDeliver, LoopAction::kDeliver},
    {ReceiveOutcome::kTooSmall, LoopAction::kRetry},
    {ReceiveOutcome::kAborted, LoopAction::kRetry},
    {ReceiveOutcome::kDisconnected, LoopAction::kReconnect},
    {ReceiveOutcome::kFailed, LoopAction::kReconnect},
};

// A receive that was posted just before the connection is left comes back by being cancelled.
inline constexpr ActionRule<PostOutcome> kPostActions[] = {
    {PostOutcome::kPosted, LoopAction::kDeliver, LoopAction::kDeliver},
    {PostOutcome::kDisconnected, LoopAction::kReconnect},
    {PostOutcome::kFailed, LoopAction::kReconnect},
};

// Each pause is longer than the one before, up to a limit (BAD-9).
inline constexpr ActionRule<ConnectOutcome> kConnectActions[] = {
    {ConnectOutcome::kConnected, LoopAction::kDeliver, LoopAction::kDeliver},
    {ConnectOutcome::kNoPort, LoopAction::kRetry},
    {ConnectOutcome::kBusy, LoopAction::kRetry},
    {ConnectOutcome::kRefused, LoopAction::kRetry},
    {ConnectOutcome::kFailed, LoopAction::kRetry},
};

namespace detail {

// An outcome without a line stops the program: the tables are ours.
template <typename Outcome, size_t kCount>
[[nodiscard]] constexpr LoopAction look_up(const ActionRule<Outcome> (&rules)[kCount], Outcome outcome,
                                           bool leaving) {
  for (const ActionRule<Outcome>& rule : rules) {
    if (rule.outcome == outcome) return leaving ? rule.when_leaving : rule.action;
  }
  FLTLINK_ASSERT(false && "an outcome without an action");
  return LoopAction::kStop;
}

}  // namespace detail

[[nodiscard]] constexpr LoopAction action_for(ReceiveOutcome outcome, bool leaving) {
  return detail::look_up(kReceiveActions, outcome, leaving);
}

[[nodiscard]] constexpr LoopAction action_for(PostOutcome outcome, bool leaving) {
  return detail::look_up(kPostActions, outcome, leaving);
}

[[nodiscard]] constexpr LoopAction action_for(ConnectOutcome outcome, bool leaving) {
  return detail::look_up(kConnectActions, outcome, leaving);
}

}  // namespace fltlink

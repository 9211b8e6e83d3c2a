// VerdictToken: the answer to AUTHORIZE. It is a ReplyToken that can say nothing but a verdict, so a handler
// cannot send a status that the driver would take for a fault, nor a payload that is no verdict.
#pragma once

#include <fltlink/codec/authorize.hpp>
#include <fltlink/service/reply_token.hpp>

namespace fltlink {

namespace detail {

// Both verdicts travel under STATUS_SUCCESS: a failing status says that there is none.
inline constexpr int32_t kStatusSuccess = 0;

inline std::array<uint8_t, FLTLINK_VERDICT_SIZE> verdict_payload(Verdict verdict) {
  std::array<uint8_t, FLTLINK_VERDICT_SIZE> payload;
  const auto size = encode_verdict(verdict, payload);
  FLTLINK_ASSERT(size.ok() && *size == payload.size());
  return payload;
}

}  // namespace detail

// Single use, and as long-lived as the token behind it: until the handler returns.
class VerdictToken {
 public:
  // REQUIRES: room for a verdict.
  explicit VerdictToken(ReplyToken& owed) : owed_(owed) {
    FLTLINK_ASSERT(owed.payload_max() >= FLTLINK_VERDICT_SIZE);
  }
  VerdictToken(const VerdictToken&) = delete;
  VerdictToken& operator=(const VerdictToken&) = delete;

  // Nobody has answered yet.
  [[nodiscard]] bool owed() const { return owed_.owed(); }

  // The outcomes are those of ReplyToken::reply, but for kOversized. Neither blocks.
  ReplyTokenOutcome allow() { return answer(Verdict::kAllow); }
  ReplyTokenOutcome deny() { return answer(Verdict::kDeny); }

 private:
  ReplyTokenOutcome answer(Verdict verdict) {
    return owed_.reply(detail::kStatusSuccess, Bytes(detail::verdict_payload(verdict)));
  }

  ReplyToken& owed_;
};

}  // namespace fltlink

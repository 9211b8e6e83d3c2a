#include "questions.hpp"

#include "pool_buffer.hpp"

namespace drmfilter {
namespace {

using fltlink::FltAskResult;
using fltlink::FltSendOutcome;

// Room for a verdict that has grown (the growth rule of connect.h). It fits where the question was.
constexpr size_t kAnswerRoom = FLTLINK_NEGOTIATION_SIZE_MAX;
static_assert(kAnswerRoom <= FLTLINK_DRIVER_MESSAGE_SIZE);

// Bytes of the other side: whatever they are, they are a verdict or none.
[[nodiscard]] Ruling read_answer(const FltAskResult& asked) {
  switch (asked.outcome()) {
    case FltSendOutcome::kReplied: {
      const auto verdict = fltlink::decode_verdict(asked.reply());
      if (verdict.ok()) return *verdict;
      return NoVerdict::kProtocolError;
    }
    case FltSendOutcome::kTimedOut:
      return NoVerdict::kTimedOut;
    case FltSendOutcome::kDisconnected:
      return NoVerdict::kDisconnected;
    case FltSendOutcome::kNoResources:
      return NoVerdict::kOverloaded;
    case FltSendOutcome::kThreadTerminating:
      return NoVerdict::kAbandoned;
    default:
      FLTLINK_ASSERT(asked.outcome() == FltSendOutcome::kRefused ||
                     asked.outcome() == FltSendOutcome::kReplyTooLong);
      return NoVerdict::kProtocolError;
  }
}

[[nodiscard]] Ruling put(fltlink::ClientPort& port, const fltlink::ConnectionTerms& terms,
                         const fltlink::DriverMessage& question) {
  const fltlink::DriverMessagePlan plan =
      fltlink::plan_driver_message(question, {terms.version, terms.message_size_max});
  const PoolBuffer buffer(static_cast<ULONG>(plan.size));
  if (buffer.get() == nullptr) return NoVerdict::kOverloaded;
  const auto written = fltlink::encode_driver_message(question, plan, buffer.bytes());
  FLTLINK_ASSERT(written.ok());
  // The answer comes to where the question was (WIRE-16).
  return read_answer(port.ask(state.filter, buffer.bytes(), buffer.bytes().first(kAnswerRoom),
                              fltlink::SendTimeout::milliseconds(terms.reply_timeout_ms)));
}

[[nodiscard]] uint32_t fail_open_bit(NoVerdict why) {
  switch (why) {
    case NoVerdict::kTimedOut:
      return FLTLINK_FAIL_OPEN_TIMEOUT;
    case NoVerdict::kDisconnected:
      return FLTLINK_FAIL_OPEN_DISCONNECT;
    case NoVerdict::kOverloaded:
      return FLTLINK_FAIL_OPEN_OVERLOAD;
    case NoVerdict::kProtocolError:
      return FLTLINK_FAIL_OPEN_PROTOCOL_ERROR;
    case NoVerdict::kAbandoned:
    case NoVerdict::kNobody:
      break;
  }
  return 0;
}

}  // namespace

bool allows(const Ruling& ruling, uint32_t fail_open) {
  if (ruling.ok()) return *ruling == fltlink::Verdict::kAllow;
  return (fail_open & fail_open_bit(ruling.error())) != 0;
}

Ruling put_question(fltlink::ClientPort& port, const fltlink::ConnectionTerms& terms,
                    const fltlink::DriverMessage& question, LiveQuestions& books) {
  if (!books.begin(terms.queue_messages_max)) return NoVerdict::kOverloaded;
  const Ruling ruling = put(port, terms, question);
  if (!ruling.ok())
    books.fail(ruling.error());
  else if (*ruling == fltlink::Verdict::kAllow)
    books.allow();
  else
    books.deny();
  return ruling;
}

}  // namespace drmfilter

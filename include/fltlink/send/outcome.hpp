// From NTSTATUS to outcome: how an FltSendMessage ended, once without and once with a reply buffer, with the
// rule of the filter manager that says so. Nothing else in a driver compares the status of a send: STATUS_TIMEOUT
// is of the success class and STATUS_BUFFER_OVERFLOW is no error, so that NT_SUCCESS and NT_ERROR are both wrong
// about it (P-4, BAD-1, WIRE-13).
//
// With a reply buffer, the status in the reply's header is the status of the send (REPLY-5). A client can so
// write any number there, also STATUS_TIMEOUT or STATUS_PORT_DISCONNECTED, and nothing tells that from the real
// thing: *ReplyLength stays as it was when nobody answered, but also when the reply is as long as its room, and
// what a failing reply does to it is not promised (WIRE-10, REPLY-6). It does no harm where every outcome but
// kReplied means that there is no reply. The other way round nothing can be feigned: kReplied is an answer of
// the client with STATUS_SUCCESS.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace fltlink {

// The statuses that a send itself ends with; client_port.hpp compares them with the WDK's.
inline constexpr int32_t kStatusSuccess = 0;
inline constexpr int32_t kStatusTimeout = 0x00000102;
inline constexpr int32_t kStatusBufferOverflow = static_cast<int32_t>(0x80000005);
inline constexpr int32_t kStatusInvalidParameter = static_cast<int32_t>(0xC000000D);
inline constexpr int32_t kStatusPortDisconnected = static_cast<int32_t>(0xC0000037);
inline constexpr int32_t kStatusThreadIsTerminating = static_cast<int32_t>(0xC000004B);
inline constexpr int32_t kStatusInsufficientResources = static_cast<int32_t>(0xC000009A);

enum class FltSendOutcome : uint8_t {
  kDelivered,          // without a reply buffer: the client has the message. It need not have looked at it
  kReplied,            // with one: the client has answered with STATUS_SUCCESS, and the reply may be read
  kRefused,            // with one: the client has answered with another status
  kReplyTooLong,       // with one: the answer has more bytes than there is room, and must not be read
  kTimedOut,           // the time was up. Whether the client has the message is not said
  kDisconnected,       // the client is not there, or left meanwhile, with the message or without
  kThreadTerminating,  // the sending thread is being ended
  kNoResources,        // no memory to send with; nothing was sent
  kFailed,             // without a reply buffer: a status that no rule names
};

// One line of a table.
struct FltSendRule {
  int32_t status;
  FltSendOutcome outcome;
  const char* rule;  // where it comes from
};

// Without a reply buffer.
inline constexpr FltSendRule kFltSendRules[] = {
    {kStatusSuccess, FltSendOutcome::kDelivered, "SEND-4, SEND-7"},
    {kStatusTimeout, FltSendOutcome::kTimedOut, "SEND-6, SEND-9"},
    {kStatusPortDisconnected, FltSendOutcome::kDisconnected, "SEND-3, SEND-14"},
    {kStatusThreadIsTerminating, FltSendOutcome::kThreadTerminating, "SEND-13"},
    {kStatusInsufficientResources, FltSendOutcome::kNoResources, "SEND-15"},
    {kStatusInvalidParameter, FltSendOutcome::kFailed, "SEND-2"},
};

// With one. What is not in the table is the client's own status, STATUS_INVALID_PARAMETER too: ask() passes
// what SEND-2 wants.
inline constexpr FltSendRule kFltAskRules[] = {
    {kStatusSuccess, FltSendOutcome::kReplied, "REPLY-5, SEND-16"},
    {kStatusTimeout, FltSendOutcome::kTimedOut, "SEND-6, SEND-8, SEND-9"},
    {kStatusBufferOverflow, FltSendOutcome::kReplyTooLong, "WIRE-11, WIRE-12"},
    {kStatusPortDisconnected, FltSendOutcome::kDisconnected, "SEND-3, SEND-14"},
    {kStatusThreadIsTerminating, FltSendOutcome::kThreadTerminating, "SEND-13"},
    {kStatusInsufficientResources, FltSendOutcome::kNoResources, "SEND-15"},
};

namespace detail {

template <size_t kCount>
[[nodiscard]] constexpr FltSendOutcome classify(const FltSendRule (&rules)[kCount], int32_t status,
                                                FltSendOutcome unknown) {
  for (const FltSendRule& rule : rules) {
    if (rule.status == status) return rule.outcome;
  }
  return unknown;
}

}  // namespace detail

[[nodiscard]] constexpr FltSendOutcome classify_flt_send(int32_t status) {
  return detail::classify(kFltSendRules, status, FltSendOutcome::kFailed);
}

// REPLY-5: any other number is the reply's. Also one of the success class, such as a misplaced S_FALSE (BAD-24).
[[nodiscard]] constexpr FltSendOutcome classify_flt_ask(int32_t status) {
  return detail::classify(kFltAskRules, status, FltSendOutcome::kRefused);
}

}  // namespace fltlink

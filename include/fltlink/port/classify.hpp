// From HRESULT to outcome: every number that the Windows client API is known to return, once per call, with
// the rule of the filter manager it comes from. A number that is not in its table is kFailed: the service
// counts it, drops the connection and connects again after a pause. Nothing else in fltlink compares an
// HRESULT.
//
// A completion that reports a Win32 code is converted with hresult_from_win32 first, so that no bare Win32
// code is ever compared with an HRESULT (BAD-7).
#pragma once

#include <cstdint>

#include <fltlink/port/port.hpp>

namespace fltlink {

inline constexpr uint32_t kHresultOk = 0;
inline constexpr uint32_t kHresultIoPending = 0x800703E5;         // 997
inline constexpr uint32_t kHresultAborted = 0x800703E3;           // 995; not 1235 or 1223 (BAD-6)
inline constexpr uint32_t kHresultInvalidHandle = 0x80070006;     // 6: disconnected
inline constexpr uint32_t kHresultSmallBuffer = 0x8007007A;       // 122
inline constexpr uint32_t kHresultMoreData = 0x800700EA;          // 234
inline constexpr uint32_t kHresultFileNotFound = 0x80070002;      // 2
inline constexpr uint32_t kHresultPathNotFound = 0x80070003;      // 3
inline constexpr uint32_t kHresultAccessDenied = 0x80070005;      // 5
inline constexpr uint32_t kHresultConnectionCount = 0x800704D6;   // 1238
inline constexpr uint32_t kHresultInvalidParameter = 0x80070057;  // 87
inline constexpr uint32_t kHresultNoAccess = 0x800703E6;          // 998
inline constexpr uint32_t kHresultOverflow = 0x80070216;          // 534
inline constexpr uint32_t kHresultNoResources = 0x800705AA;       // 1450
inline constexpr uint32_t kHresultNoWaiter = 0x801F0020;          // an HRESULT of its own (HR-7)
inline constexpr uint32_t kHresultDeletingObject = 0x801F000B;

// HRESULT_FROM_WIN32: 0 and numbers that are HRESULTs already stay as they are (HR-7).
[[nodiscard]] constexpr uint32_t hresult_from_win32(uint32_t code) {
  return code == 0 || code >= 0x80000000u ? code : 0x80070000u | (code & 0xFFFFu);
}

// One line of a table.
template <typename Outcome>
struct CodeRule {
  uint32_t code;
  Outcome outcome;
  const char* rule;  // where it comes from
};

inline constexpr CodeRule<ConnectOutcome> kConnectRules[] = {
    {kHresultOk, ConnectOutcome::kConnected, "CONN-1"},
    {kHresultFileNotFound, ConnectOutcome::kNoPort, "CONN-4"},
    {kHresultPathNotFound, ConnectOutcome::kNoPort, "PORT-7"},
    {kHresultDeletingObject, ConnectOutcome::kNoPort, "PORT-6"},
    {kHresultConnectionCount, ConnectOutcome::kBusy, "CONN-6"},
    {kHresultAccessDenied, ConnectOutcome::kRefused, "CONN-5, CONN-8"},
    {kHresultInvalidHandle, ConnectOutcome::kFailed, "CONN-7"},
    {kHresultInvalidParameter, ConnectOutcome::kFailed, "CONN-2"},
    {kHresultOverflow, ConnectOutcome::kFailed, "CONN-3"},
    {kHresultNoResources, ConnectOutcome::kFailed, "PORT-6"},
};

// What FilterGetMessage returns with an OVERLAPPED. Success means that the completion is queued as well
// (CONN-16).
inline constexpr CodeRule<PostOutcome> kPostRules[] = {
    {kHresultOk, PostOutcome::kPosted, "CONN-16"},
    {kHresultIoPending, PostOutcome::kPosted, "GET-2, BAD-8"},
    {kHresultInvalidHandle, PostOutcome::kDisconnected, "GET-9"},
    {kHresultInvalidParameter, PostOutcome::kFailed, "GET-13"},
    {kHresultNoAccess, PostOutcome::kFailed, "GET-14"},
    {kHresultNoResources, PostOutcome::kFailed, "SEND-15"},
};

// How an outstanding receive ends.
inline constexpr CodeRule<ReceiveOutcome> kReceiveRules[] = {
    {kHresultOk, ReceiveOutcome::kMessage, "WIRE-9"},
    {kHresultSmallBuffer, ReceiveOutcome::kTooSmall, "GET-7, HR-3"},
    {kHresultAborted, ReceiveOutcome::kAborted, "GET-10, BAD-6"},
    {kHresultInvalidHandle, ReceiveOutcome::kDisconnected, "GET-9, GET-11"},
    {kHresultNoAccess, ReceiveOutcome::kFailed, "GET-14"},
};

inline constexpr CodeRule<ReplyOutcome> kReplyRules[] = {
    {kHresultOk, ReplyOutcome::kReplied, "REPLY-1"},
    {kHresultNoWaiter, ReplyOutcome::kNoWaiter, "REPLY-3, BAD-10"},
    {kHresultMoreData, ReplyOutcome::kTooLong, "WIRE-11"},
    {kHresultInvalidHandle, ReplyOutcome::kDisconnected, "REPLY-7"},
    {kHresultInvalidParameter, ReplyOutcome::kFailed, "REPLY-4"},
    {kHresultNoAccess, ReplyOutcome::kFailed, "REPLY-8"},
};

// The driver's callback chooses among all statuses, so what is not a failure of the way there is its refusal
// (MSG-7).
inline constexpr CodeRule<SendOutcome> kSendRules[] = {
    {kHresultOk, SendOutcome::kAnswered, "MSG-7"},
    {kHresultInvalidHandle, SendOutcome::kDisconnected, "MSG-11"},
    {kHresultNoResources, SendOutcome::kFailed, "SEND-15"},
};

namespace detail {

template <typename Outcome, size_t kCount>
[[nodiscard]] constexpr Outcome classify(const CodeRule<Outcome> (&rules)[kCount], uint32_t code,
                                         Outcome unknown) {
  for (const CodeRule<Outcome>& rule : rules) {
    if (rule.code == code) return rule.outcome;
  }
  return unknown;
}

}  // namespace detail

[[nodiscard]] constexpr ConnectOutcome classify_connect(uint32_t code) {
  return detail::classify(kConnectRules, code, ConnectOutcome::kFailed);
}

[[nodiscard]] constexpr PostOutcome classify_post(uint32_t code) {
  return detail::classify(kPostRules, code, PostOutcome::kFailed);
}

[[nodiscard]] constexpr ReceiveOutcome classify_receive(uint32_t code) {
  return detail::classify(kReceiveRules, code, ReceiveOutcome::kFailed);
}

[[nodiscard]] constexpr ReplyOutcome classify_reply(uint32_t code) {
  return detail::classify(kReplyRules, code, ReplyOutcome::kFailed);
}

[[nodiscard]] constexpr SendOutcome classify_send(uint32_t code) {
  return detail::classify(kSendRules, code, SendOutcome::kRefused);
}

}  // namespace fltlink

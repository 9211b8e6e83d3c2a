// What a send came to. The bytes of a reply can be had only when there is one.
#pragma once

#include <fltlink/base/assert.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/send/outcome.hpp>

namespace fltlink {

// Of a send without a reply buffer.
class [[nodiscard]] FltSendResult {
 public:
  explicit constexpr FltSendResult(int32_t status) : status_(status) {}

  [[nodiscard]] constexpr FltSendOutcome outcome() const { return classify_flt_send(status_); }
  // For a log. Decisions are made by outcome().
  [[nodiscard]] constexpr int32_t status() const { return status_; }

 private:
  int32_t status_;
};

// Of a send with one.
class [[nodiscard]] FltAskResult {
 public:
  // `room` is the reply buffer, `reply_size` what *ReplyLength says behind the send: without a reply it means
  // nothing (WIRE-10, WIRE-12).
  FltAskResult(int32_t status, Bytes room, size_t reply_size) : status_(status) {
    if (outcome() != FltSendOutcome::kReplied) return;
    FLTLINK_ASSERT(reply_size <= room.size());
    reply_ = room.first(reply_size);
  }

  [[nodiscard]] FltSendOutcome outcome() const { return classify_flt_ask(status_); }
  [[nodiscard]] bool replied() const { return outcome() == FltSendOutcome::kReplied; }
  // For a log. Decisions are made by outcome().
  [[nodiscard]] int32_t status() const { return status_; }

  // The reply's payload, in the reply buffer: as many bytes as the client sent, which may be fewer than asked
  // for, or none (WIRE-10, WIRE-17). REQUIRES: replied().
  [[nodiscard]] Bytes reply() const {
    FLTLINK_ASSERT(replied());
    return reply_;
  }

 private:
  int32_t status_;
  Bytes reply_;
};

}  // namespace fltlink

// The bodies of ReceiveLoop that have to do with messages and their answers.
#pragma once

#include <fltlink/codec/record.hpp>
#include <fltlink/service/receive_loop.hpp>

namespace fltlink {

namespace detail {

// Milliseconds, as a code of a Trouble: as many as fit.
inline uint32_t as_code(Ticks duration) {
  const Ticks milliseconds = duration / kTicksPerMillisecond;
  return milliseconds < UINT32_MAX ? static_cast<uint32_t>(milliseconds) : UINT32_MAX;
}

}  // namespace detail

inline void ReceiveLoop::report(Trouble trouble, uint32_t code, MESSAGE_TYPE type) {
  handlers_.on_trouble({.trouble = trouble, .code = code, .type = type});
}

// --- workers: from the receipt to the end of the handler ---

inline void ReceiveLoop::receive(Slot& slot, size_t size) {
  slot.size = size;
  slot.type = 0;
  slot.token.reset();
  const auto header = decode_message_header(slot.bytes());
  if (!header.ok()) {
    counters_.add(LoopCounter::kReceived);
    refuse(slot, header.error());
    return post_again(slot);
  }
  open_message(slot, *header);
  counters_.add(holds_batch(slot) ? LoopCounter::kBatches : LoopCounter::kReceived);
  const detail::Admitted admitted = desk_.admit(slot);
  // A slot that waits may be another worker's by now.
  if (admitted.wake_watch) host_.wake(watch_spot_);
  if (admitted.took_last_worker) counters_.add(LoopCounter::kWorkersExhausted);
  switch (admitted.admission) {
    case detail::Admission::kNow:
      return handle_all(slot);
    case detail::Admission::kWaits:
      counters_.add(LoopCounter::kWaited);
      return meet_shortage(detail::Shortage::kWorkers);
    case detail::Admission::kTurnedAway:
      return turn_away(slot);
  }
}

inline void ReceiveLoop::open_message(Slot& slot, const MessageHeader& header) {
  slot.warn_at = slot.answer_at = slot.ends_at = kForever;
  if (header.reply_length < FLTLINK_REPLY_HEADER_SIZE) return;
  const auto type = peek_message_type(slot.message());
  if (type.ok() && is_driver_message(*type, terms_.version)) slot.type = *type;
  counters_.add(LoopCounter::kRepliesOwed);
  slot.token.emplace(port_, counters_,
                     ReplyAddress{.connection = slot.connection,
                                  .message_id = header.message_id,
                                  .payload_max = header.reply_length - FLTLINK_REPLY_HEADER_SIZE});
  slot.received = host_.now();
  if (sender_wait_ < kForever - slot.received) set_deadlines(slot);
}

inline void ReceiveLoop::set_deadlines(Slot& slot) const {
  const Ticks eighth = sender_wait_ / 8;
  const Ticks margin = options_.answer_margin < eighth ? options_.answer_margin : eighth;
  const Ticks share = sender_wait_ / 100 * options_.warn_percent;
  slot.ends_at = slot.received + sender_wait_;
  slot.answer_at = slot.ends_at - margin;
  slot.warn_at = slot.received + share < slot.answer_at ? slot.received + share : slot.answer_at;
}

inline void ReceiveLoop::turn_away(Slot& slot) {
  counters_.add(LoopCounter::kTurnedAway);
  answer(slot, FailCause::kOverload);
  meet_shortage(detail::Shortage::kPlaces);
  post_again(slot);
}

inline void ReceiveLoop::handle_all(Slot& first) {
  for (Slot* slot = &first; slot != nullptr; slot = static_cast<Slot*>(desk_.next())) {
    handle(*slot);
    post_again(*slot);
  }
}

// A message that the watch has answered while it waited gets no handler: what its sender was told is not to
// be contradicted.
inline void ReceiveLoop::handle(Slot& slot) {
  if (slot.token && !slot.token->owed()) {
    counters_.add(LoopCounter::kExpired);
  } else if (holds_batch(slot)) {
    dispatch_batch(slot);
  } else {
    dispatch(slot, slot.message(), host_.now());
  }
  if (slot.token) desk_.close(slot);
}

// By the agreed terms, and by nothing in the bytes: what owes no reply is a run of records.
inline bool ReceiveLoop::holds_batch(const Slot& slot) const {
  return terms_.batch_size_max != 0 && !slot.token;
}

// Each message is judged by itself. Behind a record that is damaged nothing can be trusted: the rest is one malformed
// message.
inline void ReceiveLoop::dispatch_batch(Slot& slot) {
  RecordReader reader(slot.message());
  Ticks start = host_.now();
  Result<Record, DecodeError> record = DecodeError::kTruncated;
  do {
    if (!reader.at_end()) record = reader.next();
    if (record.ok() && record->skip) continue;
    counters_.add(LoopCounter::kReceived);
    slot.type = 0;
    if (!record.ok()) return refuse(slot, record.error());
    start = dispatch(slot, record->message, start);
  } while (!reader.at_end());
}

// Both return when it was over, which is when the next one of a batch begins.
inline Ticks ReceiveLoop::dispatch(Slot& slot, Bytes message, Ticks start) {
  const auto type = peek_message_type(message);
  if (!type.ok()) {
    refuse(slot, type.error());
    return host_.now();
  }
  if (!is_driver_message(*type, terms_.version)) {
    counters_.add(LoopCounter::kUnknownTypes);
    report(Trouble::kUnknownType, *type);
    answer(slot, FailCause::kProtocolError);
    return host_.now();
  }
  if (!slot.token) slot.type = *type;  // with one it is set, and the watch may be reading it
  const auto decoded = decode_driver_message(message, terms_.version);
  if (decoded.ok()) return deliver(slot, *decoded, start);
  refuse(slot, decoded.error());
  return host_.now();
}

inline Ticks ReceiveLoop::deliver(Slot& slot, const DriverMessage& message, Ticks start) {
  const size_t room = slot.token ? slot.token->payload_max() : 0;
  if (message.type == FLTLINK_MSG_TYPE_AUTHORIZE && room < FLTLINK_VERDICT_SIZE) {
    counters_.add(LoopCounter::kNoRoomForVerdict);
    report(Trouble::kNoRoomForVerdict, static_cast<uint32_t>(room), slot.type);
    answer(slot, FailCause::kProtocolError);
    return host_.now();
  }
  call_handler(slot, message);
  const bool unanswered = answer(slot, FailCause::kProtocolError);
  if (unanswered) counters_.add(LoopCounter::kUnanswered);
  const bool late = !unanswered && slot.token && slot.token->taken_over();
  const Ticks now = host_.now();
  report_duration(slot, start, now, late);
  return now;
}

inline void ReceiveLoop::call_handler(Slot& slot, const DriverMessage& message) {
  ReplyToken* owed = slot.token ? &*slot.token : nullptr;
  if (message.type == FLTLINK_MSG_TYPE_AUTHORIZE) {
    counters_.add(LoopCounter::kQuestions);
    VerdictToken verdict(*owed);
    handlers_.on_authorize(message, verdict);
  } else if (message.type == MSG_TYPE_BLOCK_NOTIFICATION) {
    counters_.add(LoopCounter::kBlockNotices);
    handlers_.on_block(message, owed);
  } else {
    counters_.add(LoopCounter::kFileEvents);
    handlers_.on_file_event(message, owed);
  }
}

// `late`: the watch has answered in the handler's place.
inline void ReceiveLoop::report_duration(const Slot& slot, Ticks start, Ticks now, bool late) {
  if (late) {
    counters_.add(LoopCounter::kHandlersLate);
    return report(Trouble::kHandlerLate, detail::as_code(now - slot.received), slot.type);
  }
  const bool slow = slot.ends_at == kForever ? now - start > options_.slow_handler_after : now > slot.ends_at;
  if (!slow) return;
  counters_.add(LoopCounter::kSlowHandlers);
  report(Trouble::kSlowHandler, detail::as_code(now - start), slot.type);
}

inline void ReceiveLoop::refuse(Slot& slot, DecodeError reason) {
  counters_.add_malformed(reason);
  report(Trouble::kMalformedMessage, static_cast<uint32_t>(reason), slot.type);
  answer(slot, FailCause::kProtocolError);
}

// True if that was the answer.
inline bool ReceiveLoop::answer(Slot& slot, FailCause cause) {
  if (!slot.token || !slot.token->take_over()) return false;
  answer_by_policy(slot.token->address(), slot.type, cause);
  return true;
}

// REQUIRES: the right to answer.
inline void ReceiveLoop::answer_by_policy(const ReplyAddress& address, MESSAGE_TYPE type, FailCause cause) {
  const bool allow = options_.fail.of(type).on(cause) == FailAction::kAllow;
  counters_.add_defaulted(cause);
  if (allow) counters_.add(LoopCounter::kFailedOpen);
  if (type == FLTLINK_MSG_TYPE_AUTHORIZE && address.payload_max >= FLTLINK_VERDICT_SIZE) {
    const auto verdict = detail::verdict_payload(allow ? Verdict::kAllow : Verdict::kDeny);
    detail::send_reply(port_, counters_, address, detail::kStatusSuccess, Bytes(verdict));
  } else {
    detail::send_reply(port_, counters_, address, allow ? detail::kStatusSuccess : options_.deny_status, {});
  }
}

// --- the watch ---

inline void ReceiveLoop::run_watch(void* self) {
  auto* loop = static_cast<ReceiveLoop*>(self);
  while (!loop->watch_ending_.load(MemoryOrder::kAcquire)) {
    if (loop->look_after_messages() || loop->look_after_shortages()) continue;
    const Ticks messages = loop->desk_.next_due();
    const Ticks shortages = loop->shortages_.next();
    const Ticks next = messages < shortages ? messages : shortages;
    static_cast<void>(loop->host_.park(loop->watch_spot_, next));
  }
}

// True if there was something to do, and there may be more.
inline bool ReceiveLoop::look_after_messages() {
  const Ticks now = host_.now();
  const detail::Due due = desk_.take_due(now);
  const uint32_t waited = detail::as_code(now - due.received);
  switch (due.what) {
    case detail::Due::What::kNothing:
      return false;
    case detail::Due::What::kWarning:
      counters_.add(LoopCounter::kRepliesDueSoon);
      report(Trouble::kReplyDueSoon, waited, due.type);
      return true;
    case detail::Due::What::kAnswer:
      break;
  }
  answer_by_policy(due.address, due.type, FailCause::kTimeout);
  retire();  // what take_due() has added
  report(Trouble::kReplyTimedOut, waited, due.type);
  return true;
}

// --- shortages ---

inline void ReceiveLoop::meet_shortage(detail::Shortage shortage) {
  if (!shortages_.meet(shortage, host_.now())) return;
  host_.wake(watch_spot_);
  switch (shortage) {
    case detail::Shortage::kReceives:
      return report(Trouble::kReceivesExhausted, static_cast<uint32_t>(options_.receives));
    case detail::Shortage::kWorkers:
      return report(Trouble::kWorkersExhausted, static_cast<uint32_t>(options_.workers));
    case detail::Shortage::kPlaces:
      return report(Trouble::kTurningAway, static_cast<uint32_t>(options_.questions_waiting_max));
  }
}

inline bool ReceiveLoop::look_after_shortages() {
  const auto still_short = [this](detail::Shortage shortage) {
    switch (shortage) {
      case detail::Shortage::kReceives:  // of a connection
        return idle_receives_.load(MemoryOrder::kRelaxed) == 0 &&
               open_slots_.load(MemoryOrder::kRelaxed) != 0;
      case detail::Shortage::kWorkers:
        return desk_.waiting() != 0;
      case detail::Shortage::kPlaces:
        break;
    }
    return false;
  };
  const auto ended = shortages_.take_ended(host_.now(), still_short);
  if (!ended) return false;
  constexpr Trouble kEnds[] = {Trouble::kReceivesRecovered, Trouble::kWorkersRecovered,
                               Trouble::kTurningAwayEnded};
  report(kEnds[static_cast<size_t>(ended->shortage)], detail::as_code(ended->lasted));
  return true;
}

}  // namespace fltlink

// Messages and handlers for tests of a service.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <fltlink/service/handlers.hpp>

#include "support/scripted_port.hpp"

namespace fltlink {

inline std::u16string to_string(Text text) {
  std::u16string units;
  for (size_t i = 0; i < text.size(); ++i) units += text[i];
  return units;
}

inline ByteVector encoded(const DriverMessage& message, const DriverMessageTerms& terms = {}) {
  ByteVector bytes(FLTLINK_MESSAGE_SIZE_MAX);
  const auto size = encode_driver_message(message, terms, bytes);
  EXPECT_TRUE(size.ok());
  bytes.resize(*size);
  return bytes;
}

inline ByteVector file_event(Text path, uint32_t process_id = 4) {
  DriverMessage message;
  message.process_id = process_id;
  message.path = path;
  return encoded(message);
}

inline ByteVector block_notice(Text path, Text reason, uint32_t process_id = 4) {
  DriverMessage message;
  message.type = MSG_TYPE_BLOCK_NOTIFICATION;
  message.process_id = process_id;
  message.path = path;
  message.reason = reason;
  return encoded(message);
}

// What is asked of an authorizer; of 1.1.
inline ByteVector question(Text path, Text reason = u"Write is protected") {
  DriverMessage message;
  message.type = FLTLINK_MSG_TYPE_AUTHORIZE;
  message.path = path;
  message.reason = reason;
  return encoded(message, {.version = FLTLINK_VERSION_1_1});
}

// Answers NEGOTIATE with `terms`, and every other request with nothing.
inline std::function<SendResult(Bytes, MutableBytes)> negotiating_driver(ConnectionTerms terms = {}) {
  return [terms](Bytes request, MutableBytes answer) -> SendResult {
    if (!decode_negotiate_request(request).ok()) return {SendOutcome::kAnswered, 0, 0};
    const auto size = encode_negotiate_reply(terms, answer);
    EXPECT_TRUE(size.ok());
    return {SendOutcome::kAnswered, 0, *size};
  };
}

// Keeps what it is told. What it does beyond that is set by the test, before the loop starts.
class RecordingHandlers final : public Handlers {
 public:
  std::function<void(ReplyToken*)> during_message;
  std::function<void(VerdictToken&)> when_asked;
  std::function<ConnectionUse(DriverClient&)> when_connected;
  std::function<ConnectionUse(DriverClient&)> when_attended;

  void on_file_event(const DriverMessage& event, ReplyToken* owed) override { keep(events_, event, owed); }
  void on_block(const DriverMessage& notice, ReplyToken* owed) override { keep(blocks_, notice, owed); }
  void on_authorize(const DriverMessage& question, VerdictToken& owed) override {
    {
      const std::lock_guard lock(mutex_);
      questions_.emplace_back(to_string(question.path), to_string(question.reason));
    }
    if (when_asked) when_asked(owed);
  }
  ConnectionUse on_connected(DriverClient& driver, const ConnectionTerms& terms) override {
    {
      const std::lock_guard lock(mutex_);
      connections_.push_back(terms);
    }
    return when_connected ? when_connected(driver) : ConnectionUse::kKeep;
  }
  ConnectionUse on_attention(DriverClient& driver) override {
    {
      const std::lock_guard lock(mutex_);
      ++attentions_;
    }
    return when_attended ? when_attended(driver) : ConnectionUse::kKeep;
  }
  void on_trouble(const TroubleReport& report) override {
    const std::lock_guard lock(mutex_);
    reports_.push_back(report);
  }

  // Path and reason of every message.
  using Seen = std::pair<std::u16string, std::u16string>;
  std::vector<Seen> events() const { return copy(events_); }
  std::vector<Seen> blocks() const { return copy(blocks_); }
  std::vector<ConnectionTerms> connections() const { return copy(connections_); }
  std::vector<Seen> questions() const { return copy(questions_); }
  std::vector<TroubleReport> reports() const { return copy(reports_); }
  std::vector<std::pair<Trouble, uint32_t>> troubles() const {
    std::vector<std::pair<Trouble, uint32_t>> troubles;
    for (const TroubleReport& report : reports()) troubles.emplace_back(report.trouble, report.code);
    return troubles;
  }
  size_t attentions() const {
    const std::lock_guard lock(mutex_);
    return attentions_;
  }

 private:
  void keep(std::vector<Seen>& list, const DriverMessage& message, ReplyToken* owed) {
    {
      const std::lock_guard lock(mutex_);
      list.emplace_back(to_string(message.path), to_string(message.reason));
    }
    if (during_message) during_message(owed);
  }

  template <typename T>
  T copy(const T& list) const {
    const std::lock_guard lock(mutex_);
    return list;
  }

  mutable std::mutex mutex_;
  std::vector<Seen> events_;
  std::vector<Seen> blocks_;
  std::vector<ConnectionTerms> connections_;
  std::vector<Seen> questions_;
  std::vector<TroubleReport> reports_;
  size_t attentions_ = 0;
};

// The identities of service/counters.hpp; true at rest.
inline void expect_balanced(const LoopCounters& counters) {
  using enum LoopCounter;
  EXPECT_EQ(counters[kReceived], counters[kFileEvents] + counters[kBlockNotices] + counters[kQuestions] +
                                     counters[kMalformed] + counters[kUnknownTypes] +
                                     counters[kNoRoomForVerdict] + counters[kTurnedAway] +
                                     counters[kExpired]);
  uint64_t malformed = 0;
  for (uint8_t reason = 0; reason <= static_cast<uint8_t>(DecodeError::kUnknownClass); ++reason) {
    malformed += counters.malformed(static_cast<DecodeError>(reason));
  }
  EXPECT_EQ(counters[kMalformed], malformed);
  EXPECT_EQ(counters[kRepliesOwed], counters[kReplied] + counters[kRepliesLate] + counters[kRepliesTooLong] +
                                        counters[kRepliesDisconnected] + counters[kRepliesFailed]);
  uint64_t defaulted = 0;
  for (uint8_t cause = 0; cause < kFailCauses; ++cause) {
    defaulted += counters.defaulted(static_cast<FailCause>(cause));
  }
  EXPECT_EQ(counters[kRepliesDefaulted], defaulted);
  EXPECT_EQ(counters[kTurnedAway], counters.defaulted(FailCause::kOverload));
  EXPECT_LE(counters[kRepliesDefaulted], counters[kRepliesOwed]);
  EXPECT_LE(counters[kFailedOpen], counters[kRepliesDefaulted]);
  EXPECT_LE(counters[kUnanswered], counters.defaulted(FailCause::kProtocolError));
  EXPECT_LE(counters[kExpired] + counters[kHandlersLate], counters.defaulted(FailCause::kTimeout));
}

}  // namespace fltlink

// Verbs for the tests of queues, the same for both implementations.
#pragma once

#include <gtest/gtest.h>
#include <fltlink/queue/message_queue.hpp>
#include <fltlink/queue/message_ring.hpp>

#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "queue/scripted_host.hpp"

namespace fltlink {

// A block of bytes on a cache line.
class AlignedMemory {
 public:
  explicit AlignedMemory(std::size_t size) : lines_(size / sizeof(Line)) {}
  std::span<std::uint8_t> bytes() { return {lines_.data()->bytes, lines_.size() * sizeof(Line)}; }

 private:
  struct alignas(64) Line {
    std::uint8_t bytes[64];
  };
  std::vector<Line> lines_;
};

inline std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string text_of(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Small bounds: 4 telemetry and 2 critical messages; 16 granules of telemetry and 8 of critical.
inline constexpr QueueOptions kSmall = {
    .messages_max = 6, .critical_messages = 2, .critical_size = 8 * 64, .polls_before_park = 0};
inline constexpr std::size_t kSmallSize = 24 * 64;

// Many messages, so that bytes are what runs out: 16 granules of telemetry and 8 of critical.
inline constexpr QueueOptions kSmallInBytes = {
    .messages_max = 200, .critical_messages = 100, .critical_size = 8 * 64, .polls_before_park = 0};

// The payload of a record that takes exactly `granules`.
inline std::string payload_of_granules(std::size_t granules, char fill = 'x') {
  return std::string(granules * 64 - FLTLINK_RECORD_HEADER_SIZE, fill);
}

template <typename Q>
class QueueFixture : public testing::Test {
 protected:
  QueueFixture() { open(kSmall); }

  void open(const QueueOptions& options) { queue.open(host, memory.bytes(), options); }

  EnqueueOutcome push(std::string_view text) { return push(MessageClass::kTelemetry, text); }
  EnqueueOutcome push_critical(std::string_view text) { return push(MessageClass::kCritical, text); }
  EnqueueOutcome push(MessageClass message_class, std::string_view text) {
    return fltlink::push(queue, message_class, bytes_of(text));
  }

  Reservation reserve(std::string_view text, MessageClass message_class = MessageClass::kTelemetry) {
    Reservation reservation;
    EXPECT_EQ(queue.reserve(message_class, static_cast<std::uint32_t>(text.size()), reservation),
              EnqueueOutcome::kAccepted);
    std::memcpy(reservation.message.data(), text.data(), text.size());
    return reservation;
  }

  // The next message, or "<empty>" or "<closed>".
  std::string peek() {
    MessageView view;
    switch (queue.try_peek(view)) {
      case PeekOutcome::kMessage:
        return text_of(view.message);
      case PeekOutcome::kEmpty:
        return "<empty>";
      case PeekOutcome::kClosed:
        return "<closed>";
    }
    return "<?>";
  }

  std::string take() {
    std::string text = peek();
    if (text != "<empty>" && text != "<closed>") queue.release();
    return text;
  }

  QueueCounters telemetry() { return balanced(queue.counters(MessageClass::kTelemetry)); }
  QueueCounters critical() { return balanced(queue.counters(MessageClass::kCritical)); }

  static QueueCounters balanced(const QueueCounters& counters) {
    EXPECT_EQ(counters.accepted,
              counters.delivered + counters.discarded + counters.abandoned + counters.pending);
    return counters;
  }

  ScriptedHost host;
  AlignedMemory memory{kSmallSize};
  Q queue;
};

using BothQueues = testing::Types<MessageQueue<std::mutex>, MessageRing>;

}  // namespace fltlink

// The work that goes with a message in the benchmarks of queues, the same for every candidate: the producer builds a
// message of 560 bytes (number, path, end mark), the consumer checks number and end mark and touches every byte.
#pragma once

#include <fltlink/wire/limits.h>

#include <cstdint>
#include <cstring>

namespace fltlink::bench {

inline constexpr std::uint32_t kProducersMax = 4;

struct alignas(16) Message {
  std::uint64_t producer;
  std::uint64_t number;
  char16_t path[260];
  std::uint64_t unused[2];
  std::uint64_t end_mark;
};
static_assert(sizeof(Message) == FLTLINK_DRIVER_MESSAGE_SIZE);

inline constexpr char16_t kPath[] =
    u"\\Device\\HarddiskVolume3\\Users\\someone\\Documents\\Reports\\annual report.docx";

using Words [[gnu::vector_size(16), gnu::may_alias]] = std::uint64_t;

// Neither this nor the check is inlined: what the compiler makes of them must not depend on the candidate around them. Both go
// over the message in 7 steps of 5 times 16 bytes, so that the hand-over is what is left to measure.
[[gnu::noinline]] inline void build(void* where, std::uint64_t producer, std::uint64_t number) {
  auto* words = static_cast<Words*>(where);
  for (std::size_t at = 0; at < sizeof(Message) / sizeof(Words); at += 5)
    words[at] = words[at + 1] = words[at + 2] = words[at + 3] = words[at + 4] = Words{};
  auto& message = *static_cast<Message*>(where);
  message.producer = producer;
  message.number = number;
  std::memcpy(message.path, kPath, sizeof kPath);
  message.end_mark = ~number;
}

// A consumer's memory and its findings.
class Receiver {
 public:
  alignas(64) std::uint8_t buffer[4096];

  // Whether everything came so far, in the order of each producer.
  [[nodiscard]] bool received_all(std::uint64_t messages) const {
    return errors_ == 0 && received_ == messages;
  }
  [[nodiscard]] std::uint64_t received() const { return received_; }

  [[gnu::noinline]] void check(const void* bytes) {
    const auto& message = *static_cast<const Message*>(bytes);
    touch(static_cast<const std::uint8_t*>(bytes));
    const bool right = message.producer < kProducersMax && message.number == next_[message.producer]++ &&
                       message.end_mark == ~message.number;
    if (!right) ++errors_;
    ++received_;
  }

  // The usual consumer's: it has the message in its own buffer.
  void check_buffer() { check(buffer); }

 private:
  void touch(const std::uint8_t* bytes) {
    const auto* words = reinterpret_cast<const Words*>(bytes);
    Words a = {}, b = {}, c = {}, d = {}, e = {};
    for (std::size_t at = 0; at < sizeof(Message) / sizeof(Words); at += 5) {
      a += words[at];
      b += words[at + 1];
      c += words[at + 2];
      d += words[at + 3];
      e += words[at + 4];
    }
    const Words total = a + b + (c + d) + e;
    sum_ += total[0] + total[1];
  }

  std::uint64_t next_[kProducersMax] = {};
  std::uint64_t received_ = 0;
  std::uint64_t errors_ = 0;
  std::uint64_t sum_ = 0;
};

}  // namespace fltlink::bench

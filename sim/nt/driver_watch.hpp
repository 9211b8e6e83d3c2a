// What a driver's own instructions touch. A driver that is built WATCHED (docs/DRIVER_DIALECT.md) tells of every load and
// store before it is done; of any other driver nothing is known here. Two kinds of memory are looked at:
//
//   the buffers of MessageNotify   read twice, or touched behind their end (VER-48)
//   the reply buffer of a send     read where no answer was written (VER-49)
//
// Bytes that hold no answer are forgotten when the driver writes there, sends or frees them again, or returns from the
// function whose local they are. What a routine of the machine writes there is seen by its value: bytes that are no longer
// what the send left are no finding.
//
// Threads: DriverWatch any, one leaf mutex; MessageBuffers its own thread alone.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "fltsim/verifier.hpp"
#include "nt/thread.hpp"

namespace fltsim::nt {

// Bytes of which each may be known by its value.
class ByteRecord {
 public:
  explicit ByteRecord(std::size_t size = 0) : values_(size, kUnknown) {}
  std::size_t size() const { return values_.size(); }
  bool knows(std::size_t at) const { return values_[at] != kUnknown; }
  bool is(std::size_t at, std::uint8_t value) const { return values_[at] == value; }
  void set(std::size_t at, std::uint8_t value) { values_[at] = value; }
  void forget(std::size_t at) { values_[at] = kUnknown; }

 private:
  static constexpr std::uint16_t kUnknown = 0xFFFF;
  std::vector<std::uint16_t> values_;
};

// While it lives, MessageNotify runs in the thread on these buffers of a client. Costs nothing that counts until a watched
// driver touches them.
class MessageBuffers {
 public:
  struct Buffer {
    const char* name;
    const std::byte* at;
    std::size_t size;
    bool told = false;  // one finding for a buffer's end is enough
  };

  MessageBuffers(Thread& thread, const void* input, std::size_t input_size, const void* output,
                 std::size_t output_size, std::function<std::string()> connection);
  ~MessageBuffers() { thread_.message_buffers = outer_; }
  MessageBuffers(const MessageBuffers&) = delete;
  MessageBuffers& operator=(const MessageBuffers&) = delete;

  void touched(const std::byte* at, std::size_t size, bool is_write);
  // The buffer for which the client passed NULL, when `address` is what a driver reaches through that; else empty.
  std::string missing_buffer(std::uintptr_t address) const;

 private:
  void read_input(const std::byte* at, std::size_t size);

  Thread& thread_;
  MessageBuffers* const outer_;
  const std::function<std::string()> connection_;  // describes it
  std::array<Buffer, 2> buffers_;                  // input, output
  ByteRecord read_;                                // of the input; empty until some of it is read
  bool told_again_ = false;
  bool told_changed_ = false;
};

class DriverWatch {
 public:
  // A send with this reply buffer is over. `written` bytes at its beginning are the client's, and of those the first
  // `usable` are an answer. `after` says how it ended.
  struct Reply {
    const void* buffer;
    std::size_t size;
    std::size_t written;
    std::size_t usable;
    std::string after;
    std::string object;
  };
  void leave_reply(const Reply& reply);
  // Whether some driver of the machine is watched: of others nothing needs to be left.
  bool is_told() const { return is_told_.load(std::memory_order_relaxed); }
  // Something else lies there now.
  void forget(const void* at, std::size_t size);

  // What a watched driver's instruction in `thread` is about to touch.
  void touched(Thread& thread, const std::byte* at, std::size_t size, bool is_write);

 private:
  struct Unanswered {
    const std::byte* at;
    ByteRecord left;  // what the send left; unknown where something was written since
    Severity severity;
    std::string text;
    std::string object;
  };
  void leave(const std::byte* at, std::size_t size, Severity severity, std::string text, std::string object);
  static bool is_used(Unanswered& one, const std::byte* at, std::size_t size, bool is_write);

  std::atomic<bool> is_told_{false};   // some driver of the machine is watched
  std::atomic<std::size_t> count_{0};  // of unanswered_, to be asked without the mutex
  std::mutex mutex_;
  std::deque<Unanswered> unanswered_;
};

}  // namespace fltsim::nt

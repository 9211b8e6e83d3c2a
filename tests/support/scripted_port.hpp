// ScriptedPort: a Port in memory whose far end, the driver, is played by the test: it decides how connects
// end, sends messages, hangs up, and looks at what was sent and replied. Follows the rules of the filter
// manager that a client can see (WIRE-10, WIRE-11, GET-5 to GET-12, REPLY-2, REPLY-3). Works over any Host.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <fltlink/wire/port_headers.h>
#include <fltlink/os/assert.hpp>
#include <fltlink/port/classify.hpp>
#include <fltlink/port/port.hpp>

namespace fltlink {

using ByteVector = std::vector<uint8_t>;

class ScriptedPort final : public Port {
 public:
  struct Reply {
    ConnectionNumber connection;
    FltlinkReplyHeader header;
    ByteVector payload;
  };

  explicit ScriptedPort(Host& host) : host_(host) {}

  // --- the driver's side: any thread ---

  // The results of the next connects; when none is left, connects succeed.
  void script_connects(std::vector<uint32_t> codes) {
    const std::lock_guard lock(mutex_);
    connect_codes_.assign(codes.begin(), codes.end());
  }

  // What the next posts return; when none is left, posts succeed.
  void script_posts(std::vector<uint32_t> codes) {
    const std::lock_guard lock(mutex_);
    post_codes_.assign(codes.begin(), codes.end());
  }

  // Plays the driver's message callback. It runs with nothing locked. Without one, requests are answered with
  // nothing.
  std::function<SendResult(std::span<const uint8_t> request, std::span<uint8_t> answer)> on_request;

  // Sends a message. `reply_room` is the payload that the sender has room for; nullopt wants no reply.
  // Returns its id, 0 when it has none. Without a connection the message is gone (SEND-3).
  uint64_t deliver(ByteVector message, std::optional<size_t> reply_room = std::nullopt) {
    uint64_t id = 0;
    {
      const std::lock_guard lock(mutex_);
      if (!connected_) return 0;
      if (reply_room) waiting_[id = ++last_id_] = *reply_room;
      messages_.push_back(framed(message, reply_room, id));
      match();
    }
    wake_one();
    return id;
  }

  // The sender of message `id` gives up: a reply comes too late.
  void expire(uint64_t id) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(id);
  }

  // The driver closes the connection.
  void hang_up() {
    {
      const std::lock_guard lock(mutex_);
      end_connection(kHresultInvalidHandle);
    }
    wake_all();
  }

  // One outstanding receive ends with `code`.
  void fail_one_receive(uint32_t code) {
    {
      const std::lock_guard lock(mutex_);
      FLTLINK_ASSERT(!receives_.empty());
      complete(*receives_.front(), code, 0);
      receives_.pop_front();
    }
    wake_one();
  }

  std::vector<Reply> replies() const {
    const std::lock_guard lock(mutex_);
    return replies_;
  }
  std::vector<ByteVector> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::vector<ByteVector> contexts() const {
    const std::lock_guard lock(mutex_);
    return contexts_;
  }
  std::vector<Ticks> connect_times() const {
    const std::lock_guard lock(mutex_);
    return connect_times_;
  }
  size_t outstanding() const {
    const std::lock_guard lock(mutex_);
    return receives_.size();
  }
  size_t undelivered() const {
    const std::lock_guard lock(mutex_);
    return messages_.size();
  }
  size_t posts() const {
    const std::lock_guard lock(mutex_);
    return posts_;
  }
  bool connected() const {
    const std::lock_guard lock(mutex_);
    return connected_;
  }

  // --- Port ---

  ConnectResult connect(std::span<const uint8_t> context) override {
    host_.relax();
    const std::lock_guard lock(mutex_);
    FLTLINK_ASSERT(!open_);
    contexts_.emplace_back(context.begin(), context.end());
    connect_times_.push_back(host_.now());
    const uint32_t code = take(connect_codes_);
    const ConnectOutcome outcome = classify_connect(code);
    if (outcome != ConnectOutcome::kConnected) return {outcome, code, ConnectionNumber::kNone};
    open_ = connected_ = true;
    last_id_ = 0;
    return {outcome, code, ConnectionNumber{++connection_}};
  }

  PostResult post(Receive& receive) override {
    host_.relax();
    FLTLINK_ASSERT(is_aligned(receive.buffer.data()));
    {
      const std::lock_guard lock(mutex_);
      ++posts_;
      const uint32_t code = connected_ ? take(post_codes_) : kHresultInvalidHandle;
      if (classify_post(code) != PostOutcome::kPosted) return {classify_post(code), code};
      receive.connection = ConnectionNumber{connection_};
      receives_.push_back(&receive);
      match();
    }
    wake_one();
    return {PostOutcome::kPosted, kHresultIoPending};
  }

  Completion wait(Ticks deadline) override {
    host_.relax();
    for (;;) {
      Waiter* waiter = nullptr;
      {
        const std::lock_guard lock(mutex_);
        if (!completions_.empty()) return pop_completion();
        if (interrupts_ > 0) {
          --interrupts_;
          return {WaitOutcome::kInterrupted, nullptr, ReceiveOutcome::kAborted, 0, 0};
        }
        waiter = &enlist();
      }
      const ParkOutcome outcome = host_.park(waiter->spot, deadline);
      const std::lock_guard lock(mutex_);
      waiter->free = true;
      std::erase(parked_, waiter);
      if (outcome == ParkOutcome::kTimedOut && completions_.empty() && interrupts_ == 0) {
        return {WaitOutcome::kTimedOut, nullptr, ReceiveOutcome::kAborted, 0, 0};
      }
    }
  }

  void interrupt() override {
    {
      const std::lock_guard lock(mutex_);
      ++interrupts_;
    }
    wake_one();
  }

  ReplyResult reply(ConnectionNumber connection, std::span<const uint8_t> reply) override {
    host_.relax();
    FLTLINK_ASSERT(is_aligned(reply.data()));
    const std::lock_guard lock(mutex_);
    const uint32_t code = answer(connection, reply);
    return {classify_reply(code), code};
  }

  SendResult send(std::span<const uint8_t> request, std::span<uint8_t> answer) override {
    host_.relax();
    FLTLINK_ASSERT(is_aligned(request.data()) && is_aligned(answer.data()));
    {
      const std::lock_guard lock(mutex_);
      if (!connected_) return {SendOutcome::kDisconnected, kHresultInvalidHandle, 0};
      requests_.emplace_back(request.begin(), request.end());
    }
    if (on_request) return on_request(request, answer);
    return {SendOutcome::kAnswered, 0, 0};
  }

  void cancel_all() override {
    host_.relax();
    {
      const std::lock_guard lock(mutex_);
      for (Receive* receive : receives_) complete(*receive, kHresultAborted, 0);
      receives_.clear();
    }
    wake_all();
  }

  void close() override {
    host_.relax();
    {
      const std::lock_guard lock(mutex_);
      end_connection(kHresultAborted);
      open_ = false;
    }
    wake_all();
  }

 private:
  struct Waiter {
    ParkingSpot spot;
    bool free = true;
  };

  static bool is_aligned(const void* address) { return reinterpret_cast<uintptr_t>(address) % 8 == 0; }

  static ByteVector framed(const ByteVector& message, std::optional<size_t> reply_room, uint64_t id) {
    const FltlinkMessageHeader header{
        .reply_length = reply_room ? static_cast<uint32_t>(FLTLINK_REPLY_HEADER_SIZE + *reply_room) : 0,
        .padding = 0,
        .message_id = id};
    ByteVector bytes(FLTLINK_MESSAGE_HEADER_SIZE + message.size());
    std::memcpy(bytes.data(), &header, sizeof header);
    if (!message.empty()) {
      std::memcpy(bytes.data() + FLTLINK_MESSAGE_HEADER_SIZE, message.data(), message.size());
    }
    return bytes;
  }

  static uint32_t take(std::deque<uint32_t>& codes) {
    if (codes.empty()) return kHresultOk;
    const uint32_t code = codes.front();
    codes.pop_front();
    return code;
  }

  // Messages wait for a receive that is large enough; when none is, the first one fails (GET-7, GET-8).
  void match() {
    while (connected_ && !messages_.empty() && !receives_.empty()) {
      const ByteVector& message = messages_.front();
      const auto fit = std::find_if(receives_.begin(), receives_.end(), [&message](const Receive* receive) {
        return receive->buffer.size() >= message.size();
      });
      if (fit == receives_.end()) {
        complete(*receives_.front(), kHresultSmallBuffer, 0);
        receives_.pop_front();
        continue;
      }
      std::memcpy((*fit)->buffer.data(), message.data(), message.size());
      complete(**fit, kHresultOk, message.size());
      receives_.erase(fit);
      messages_.pop_front();
    }
  }

  void complete(Receive& receive, uint32_t code, size_t size) {
    completions_.push_back({WaitOutcome::kReceive, &receive, classify_receive(code), code, size});
  }

  Completion pop_completion() {
    const Completion completion = completions_.front();
    completions_.pop_front();
    return completion;
  }

  void end_connection(uint32_t code) {
    connected_ = false;
    messages_.clear();
    waiting_.clear();
    for (Receive* receive : receives_) complete(*receive, code, 0);
    receives_.clear();
  }

  uint32_t answer(ConnectionNumber connection, std::span<const uint8_t> reply) {
    if (reply.size() < FLTLINK_REPLY_HEADER_SIZE) return kHresultInvalidParameter;
    if (!connected_ || connection != ConnectionNumber{connection_}) return kHresultInvalidHandle;
    FltlinkReplyHeader header;
    std::memcpy(&header, reply.data(), sizeof header);
    const auto waiting = waiting_.find(header.message_id);
    if (waiting == waiting_.end()) return kHresultNoWaiter;
    const size_t room = waiting->second;
    waiting_.erase(waiting);
    if (reply.size() - FLTLINK_REPLY_HEADER_SIZE > room) return kHresultMoreData;
    replies_.push_back(
        {connection, header, ByteVector(reply.begin() + FLTLINK_REPLY_HEADER_SIZE, reply.end())});
    return kHresultOk;
  }

  Waiter& enlist() {
    const auto found =
        std::find_if(waiters_.begin(), waiters_.end(), [](const auto& waiter) { return waiter->free; });
    Waiter& waiter = found != waiters_.end() ? **found : *waiters_.emplace_back(std::make_unique<Waiter>());
    waiter.free = false;
    parked_.push_back(&waiter);
    return waiter;
  }

  void wake_one() {
    Waiter* waiter = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (parked_.empty() || (completions_.empty() && interrupts_ == 0)) return;
      waiter = parked_.front();
      parked_.pop_front();
    }
    host_.wake(waiter->spot);
  }

  void wake_all() {
    std::deque<Waiter*> waiters;
    {
      const std::lock_guard lock(mutex_);
      waiters.swap(parked_);
    }
    for (Waiter* waiter : waiters) host_.wake(waiter->spot);
  }

  Host& host_;
  mutable std::mutex mutex_;
  std::deque<uint32_t> connect_codes_;
  std::deque<uint32_t> post_codes_;
  bool open_ = false;       // between connect and close
  bool connected_ = false;  // ... and the driver has not hung up
  uint64_t connection_ = 0;
  uint64_t last_id_ = 0;
  size_t posts_ = 0;
  size_t interrupts_ = 0;
  std::deque<ByteVector> messages_;     // sent, no receive yet
  std::map<uint64_t, size_t> waiting_;  // senders that wait for a reply, and their room
  std::deque<Receive*> receives_;
  std::deque<Completion> completions_;
  std::vector<std::unique_ptr<Waiter>> waiters_;
  std::deque<Waiter*> parked_;
  std::vector<Reply> replies_;
  std::vector<ByteVector> requests_;
  std::vector<ByteVector> contexts_;
  std::vector<Ticks> connect_times_;
};

}  // namespace fltlink

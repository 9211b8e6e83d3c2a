// Desk: where messages are between their receipt and the end of their handler. It says which message a worker
// handles now, which ones wait and which are turned away, and it watches the ones that owe an answer.
//
// Order: first come, first handled. Bound: of the messages that owe an answer at most `questions_max` wait
// for a worker; the others are bounded by the receives, each of which holds one message.
//
// Invariants, which keep the thread that watches away from dead tokens:
//
// 1. A message is watched from admit() until close(), and its token lives longer than that. Both take the
//    mutex.
// 2. Nobody but the thread that has the message touches its token, unless the message is watched and the
//    mutex is held (take_due()).
// 3. Whoever gets the right to answer from the token (ReplyToken, one compare-exchange) sends the one answer.
//    The watching thread does so after it has left the mutex, from a copy of the address: it needs neither
//    message nor token any more, which may have come to hold another message by then.
// 4. take_due() adds one to `open` under the mutex before close() can be called, so before the message's
//    receive can be retired. The connection is therefore not left, and no other one made, while an answer is
//    on its way.
// 5. Nothing is called with the mutex held: no host, no port, no handler.
#pragma once

#include <algorithm>
#include <mutex>
#include <optional>
#include <vector>

#include <fltlink/base/host.hpp>
#include <fltlink/service/reply_token.hpp>

namespace fltlink::detail {

// A message in the loop's hands.
struct HeldMessage {
  MESSAGE_TYPE type = 0;  // 0: none that the connection's version knows
  std::optional<ReplyToken> token;

  // Points in time; kForever where nobody waits, or nobody knows for how long.
  Ticks received = 0;
  Ticks warn_at = kForever;    // report it
  Ticks answer_at = kForever;  // answer in the handler's place
  Ticks ends_at = kForever;    // the sender gives up

  // The desk's own, under its mutex.
  bool warned = false;
  HeldMessage* behind = nullptr;
};

enum class Admission {
  kNow,         // the caller handles it
  kWaits,       // a worker will; the caller has nothing more to do with it
  kTurnedAway,  // the caller answers by the fail policy
};

struct Admitted {
  Admission admission;
  bool took_last_worker = false;
  bool wake_watch = false;  // its deadline is before the one that next_due() has said last
};

// Something that the time has come for.
struct Due {
  enum class What {
    kNothing,
    kWarning,
    kAnswer,  // the caller has the right to answer, and gives back one of `open` when it has
  };
  What what = What::kNothing;
  ReplyAddress address{};
  MESSAGE_TYPE type = 0;
  Ticks received = 0;
};

// Any thread. Takes memory in its constructor only.
class Desk {
 public:
  Desk(size_t workers, size_t questions_max, size_t messages_max, Atomic<size_t>& open)
      : workers_(workers), questions_max_(questions_max), open_(open) {
    watched_.reserve(messages_max);
  }

  [[nodiscard]] Admitted admit(HeldMessage& message) {
    const std::lock_guard lock(mutex_);
    const bool is_question = message.token.has_value();
    const bool now = busy_ < workers_;
    if (!now && is_question && questions_ == questions_max_) return {Admission::kTurnedAway};
    if (now) {
      ++busy_;
    } else {
      append(message);
      if (is_question) ++questions_;
    }
    note_peaks();
    const bool took_last_worker = now && busy_ == workers_;
    return {now ? Admission::kNow : Admission::kWaits, took_last_worker, watch(message)};
  }

  // Its handler has returned. REQUIRES: the caller handles it.
  void close(HeldMessage& message) {
    const std::lock_guard lock(mutex_);
    std::erase(watched_, &message);
  }

  // The next message for a worker that is done with one; null: it is idle now.
  [[nodiscard]] HeldMessage* next() {
    const std::lock_guard lock(mutex_);
    HeldMessage* message = first_;
    if (message == nullptr) {
      --busy_;
      return nullptr;
    }
    first_ = message->behind;
    --waiting_;
    if (message->token.has_value()) --questions_;
    return message;
  }

  // Answers come before warnings: they are what somebody waits for.
  [[nodiscard]] Due take_due(Ticks now) {
    const std::lock_guard lock(mutex_);
    for (HeldMessage* message : watched_) {
      if (message->answer_at > now || !message->token->take_over()) continue;
      open_.fetch_add(1, MemoryOrder::kRelaxed);  // invariant 4: it is not zero, and close() is yet to come
      return due(Due::What::kAnswer, *message);
    }
    for (HeldMessage* message : watched_) {
      if (message->warned || message->warn_at > now || !message->token->owed()) continue;
      message->warned = true;
      return due(Due::What::kWarning, *message);
    }
    return {};
  }

  // When to ask again; kForever when there is nothing to wait for.
  [[nodiscard]] Ticks next_due() {
    const std::lock_guard lock(mutex_);
    watching_until_ = kForever;
    for (const HeldMessage* message : watched_) {
      if (!message->token->owed()) continue;
      watching_until_ = std::min(watching_until_, message->warned ? message->answer_at : message->warn_at);
    }
    return watching_until_;
  }

  [[nodiscard]] size_t busy() const {
    const std::lock_guard lock(mutex_);
    return busy_;
  }
  [[nodiscard]] size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_;
  }
  [[nodiscard]] LoopPeaks peaks() const {
    const std::lock_guard lock(mutex_);
    return peaks_;
  }

 private:
  static Due due(Due::What what, const HeldMessage& message) {
    return {what, message.token->address(), message.type, message.received};
  }

  // True when the watching thread must look earlier than it thinks.
  bool watch(HeldMessage& message) {
    if (message.answer_at == kForever) return false;
    message.warned = false;
    watched_.push_back(&message);
    if (message.warn_at >= watching_until_) return false;
    watching_until_ = message.warn_at;
    return true;
  }

  void append(HeldMessage& message) {
    message.behind = nullptr;
    (first_ == nullptr ? first_ : last_->behind) = &message;
    last_ = &message;
    ++waiting_;
  }

  void note_peaks() {
    peaks_.busy_workers = std::max(peaks_.busy_workers, busy_);
    peaks_.waiting_messages = std::max(peaks_.waiting_messages, waiting_);
    peaks_.waiting_questions = std::max(peaks_.waiting_questions, questions_);
    peaks_.held_messages = std::max(peaks_.held_messages, busy_ + waiting_);
  }

  const size_t workers_;
  const size_t questions_max_;
  Atomic<size_t>& open_;

  mutable std::mutex mutex_;
  // All under mutex_.
  size_t busy_ = 0;
  HeldMessage* first_ = nullptr;  // of those that wait
  HeldMessage* last_ = nullptr;
  size_t waiting_ = 0;
  size_t questions_ = 0;               // of these, the ones that owe an answer
  std::vector<HeldMessage*> watched_;  // in the order in which they were received
  Ticks watching_until_ = kForever;
  LoopPeaks peaks_;
};

}  // namespace fltlink::detail

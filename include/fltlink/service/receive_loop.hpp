// ReceiveLoop: the client's end of the port as a service needs it. It connects, keeps a number of receives
// outstanding, lets a pool of workers decode what arrives and call the handlers, and connects again when the
// connection is lost.
//
// What it does about each outcome of the port is in two tables, loop_actions.hpp and the one of replies in
// reply_token.hpp. No outcome is answered with an immediate retry without end: a receive that is too small
// doubles its buffer, and at the maximum reconnects; aborts that nobody asked for are posted again, and after
// kAbortsInARow of them reconnect; a failed connect, and a lost connection, lead to a pause that doubles up
// to a limit (BAD-9), so that a driver that accepts and hangs up is not hammered.
//
// Threads: one *connection thread* owns the connection; *workers* wait on the port; one *watch* looks after
// deadlines. There is one worker more than `workers`, and at most `workers` of them are inside handlers: the
// remaining one takes what comes meanwhile to the desk (detail/desk.hpp), where it waits for a worker or is
// turned away. A message that owes an answer is watched from its receipt: it is reported when most of its
// sender's wait is over, and answered by the fail policy shortly before the end. A batch is one receive: one worker
// takes its messages to their handlers in their order.
//
// A connection is left in this order: draining is set, receives are cancelled, every receive comes back and
// its handler returns, the watch's answers are given, the port is closed. So a reply never goes to another
// connection than its message came over, and no message that was received is lost.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <fltlink/base/atomic.hpp>
#include <fltlink/base/host.hpp>
#include <fltlink/port/port.hpp>
#include <fltlink/service/backoff.hpp>
#include <fltlink/service/counters.hpp>
#include <fltlink/service/detail/desk.hpp>
#include <fltlink/service/detail/shortages.hpp>
#include <fltlink/service/fail_policy.hpp>
#include <fltlink/service/handlers.hpp>
#include <fltlink/service/loop_actions.hpp>

namespace fltlink {

// STATUS_UNSUCCESSFUL. The driver decides what an error means.
inline constexpr int32_t kStatusUnsuccessful = static_cast<int32_t>(0xC0000001);

struct LoopOptions {
  size_t workers = 4;  // handlers of messages that run at one time
  size_t receives = 16;
  // How many messages that owe an answer may wait for a worker; the next one is answered at once, by the fail
  // policy for overload. Only what is received can be answered: with receives <= workers +
  // questions_waiting_max, senders wait in the driver instead.
  size_t questions_waiting_max = 4;
  // Bytes of one receive at the start, and the most that it may grow to; both include the 16 of the port
  // header.
  size_t buffer_size = FLTLINK_MESSAGE_HEADER_SIZE + FLTLINK_MESSAGE_SIZE_DEFAULT;
  size_t buffer_size_max = FLTLINK_MESSAGE_HEADER_SIZE + FLTLINK_MESSAGE_SIZE_MAX;
  BackoffOptions backoff;

  // How long a sender waits for an answer, if the driver does not say so in its terms; kForever: nobody
  // knows.
  Ticks sender_wait = kForever;
  // When this share of the sender's wait is over, counted from the receipt, an answer that is missing is
  // reported.
  uint32_t warn_percent = 75;
  // This long before the end of the sender's wait, or an eighth of the wait if that is less, the loop answers
  // by the fail policy.
  Ticks answer_margin = 20 * kTicksPerMillisecond;
  // A handler that takes longer is reported if nobody waits for its answer, or nobody knows for how long.
  // With a known wait, the wait is the limit.
  Ticks slow_handler_after = kTicksPerSecond;
  // A shortage that nobody has met for this long is over.
  Ticks shortage_quiet = kTicksPerSecond;

  // What the loop answers on its own. To AUTHORIZE that is a verdict; to other messages STATUS_SUCCESS where
  // the policy allows, and `deny_status` where it denies.
  FailPolicies fail;
  int32_t deny_status = kStatusUnsuccessful;

  // What to ask for when connecting; nullopt speaks 1.0, without a context. An authorizer's fail_open is
  // filled in from `fail.authorize`.
  std::optional<ConnectContext> context = ConnectContext{};
  // For a driver that has a key: each connection begins with a proof, and one that the driver does not ask for is
  // given up. Outlives the loop.
  const Authenticator* authenticator = nullptr;
};

enum class StartOutcome {
  kStarted,
  kNoThreads,  // the host has no thread to give; nothing is left running
};

class ReceiveLoop {
 public:
  // The references outlive the loop. REQUIRES: workers > 0, receives > 0, 16 <= buffer_size <=
  // buffer_size_max, 0 < warn_percent <= 100, deny_status is a failure, context->fail_open is 0, buffer_size_max has
  // room for the port header and context->batch_size_max, and there is a context if there is an authenticator.
  ReceiveLoop(Host& host, Port& port, Handlers& handlers, const LoopOptions& options);
  // REQUIRES: stop() has returned, or the loop's threads ended with their process.
  ~ReceiveLoop() = default;
  ReceiveLoop(const ReceiveLoop&) = delete;
  ReceiveLoop& operator=(const ReceiveLoop&) = delete;

  // Starts the threads; does not wait for a connection. Once.
  [[nodiscard]] StartOutcome start();

  // Asks for the end. Any thread, a handler included; any number of times; never blocks.
  void request_stop();

  // Asks for the end and waits for it: every message that was received has been handled, or answered by the
  // fail policy, the connection is closed, no thread runs. Any number of times, one thread at a time, not from a handler. Blocks as long as
  // the slowest handler.
  void stop();

  // Lets on_attention run: soon if a connection is up, else right after on_connected. Any thread; never
  // blocks.
  void request_attention();

  [[nodiscard]] const LoopCounters& counters() const { return counters_; }
  // A connection is up, and on_connected has returned and kept it.
  [[nodiscard]] bool connected() const { return connected_.load(MemoryOrder::kAcquire); }
  // Now: receives that wait for a message, workers inside a handler, messages that wait for a worker.
  [[nodiscard]] size_t idle_receives() const { return idle_receives_.load(MemoryOrder::kRelaxed); }
  [[nodiscard]] size_t busy_workers() const { return desk_.busy(); }
  [[nodiscard]] size_t waiting_messages() const { return desk_.waiting(); }
  [[nodiscard]] LoopPeaks peaks() const { return desk_.peaks(); }

 private:
  static constexpr uint32_t kAbortsInARow = 64;

  // A receive, and the message that it holds.
  struct Slot : Receive, detail::HeldMessage {
    std::vector<uint8_t> storage;  // with room for buffer_size_max from the start
    size_t size = 0;               // of port header and message

    void resize(size_t buffer_size) {
      storage.resize(buffer_size);
      buffer = storage;
    }
    [[nodiscard]] Bytes bytes() const { return Bytes(storage).first(size); }
    [[nodiscard]] Bytes message() const { return bytes().subspan(FLTLINK_MESSAGE_HEADER_SIZE); }
  };

  // The connection thread.
  static void run_connection(void* self);
  void connect_and_serve();
  [[nodiscard]] bool open_connection();
  [[nodiscard]] ConnectContext asked_context() const;  // REQUIRES: options_.context
  [[nodiscard]] bool authenticate();
  [[nodiscard]] bool agree_terms_with_driver();
  void pause(Ticks duration);
  void serve();
  void post_all();
  void attend(ConnectionUse use);
  void drain();
  void end_workers();
  void end_watch();

  // Workers: the receives.
  static void run_worker(void* self);
  void take(Slot& slot, const Completion& completion);
  void retry(Slot& slot, const Completion& completion);
  void post_again(Slot& slot);
  [[nodiscard]] bool post(Slot& slot);
  void retire();
  void lose_connection(uint32_t code);

  // Workers: the messages.
  void receive(Slot& slot, size_t size);
  void open_message(Slot& slot, const MessageHeader& header);
  void set_deadlines(Slot& slot) const;
  void turn_away(Slot& slot);
  void handle_all(Slot& first);
  void handle(Slot& slot);
  [[nodiscard]] bool holds_batch(const Slot& slot) const;
  void dispatch_batch(Slot& slot);
  Ticks dispatch(Slot& slot, Bytes message, Ticks start);
  Ticks deliver(Slot& slot, const DriverMessage& message, Ticks start);
  void call_handler(Slot& slot, const DriverMessage& message);
  void report_duration(const Slot& slot, Ticks start, Ticks now, bool late);
  void refuse(Slot& slot, DecodeError reason);
  bool answer(Slot& slot, FailCause cause);

  // The watch.
  static void run_watch(void* self);
  [[nodiscard]] bool look_after_messages();
  [[nodiscard]] bool look_after_shortages();

  // Any of them.
  void answer_by_policy(const ReplyAddress& address, MESSAGE_TYPE type, FailCause cause);
  void meet_shortage(detail::Shortage shortage);
  void report(Trouble trouble, uint32_t code, MESSAGE_TYPE type = 0);

  Host& host_;
  Port& port_;
  Handlers& handlers_;
  const LoopOptions options_;
  LoopCounters counters_;
  DriverClient driver_;
  std::vector<std::unique_ptr<Slot>> slots_;

  // The connection thread's own.
  std::vector<void*> worker_threads_;
  // Written by the connection thread while no receive is outstanding; read by workers.
  ConnectionTerms terms_;
  Ticks sender_wait_ = kForever;

  // The stopping thread's own.
  void* connection_thread_ = nullptr;
  // Of whoever starts, then of the connection thread.
  void* watch_thread_ = nullptr;

  // Where the connection thread parks. Woken after each change of the flags below, and of open_slots_ to
  // zero.
  ParkingSpot spot_;
  Atomic<bool> stopping_{false};
  Atomic<bool> lost_{false};
  Atomic<bool> attention_{false};
  // SYNC POINT DRAIN: set before cancel_all() in drain(); read after post() in post_again(). In the single
  // order of sequentially consistent operations one of the two sees the other, so a receive that was posted
  // too late for the connection thread's cancel_all() is cancelled by the worker that posted it.
  Atomic<bool> draining_{false};
  // Slots that are outstanding or hold a message, and answers that the watch is giving. SYNC POINT RETIRE:
  // the release on the last access to the connection pairs with the connection thread's acquire of zero.
  Atomic<size_t> open_slots_{0};
  Atomic<bool> connected_{false};
  Atomic<uint32_t> aborts_in_a_row_{0};
  Atomic<size_t> idle_receives_{0};

  detail::Desk desk_;
  detail::Shortages shortages_;

  // Where the watch parks. Woken after each change of what it looks at to something earlier.
  ParkingSpot watch_spot_;
  Atomic<bool> watch_ending_{false};
};

}  // namespace fltlink

#include <fltlink/service/detail/receive_loop.hpp>

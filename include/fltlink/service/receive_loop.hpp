// ReceiveLoop: the client's end of the port as a service needs it. It connects, keeps a number of receives
// outstanding, lets a pool of workers decode what arrives and call the handlers, and connects again when the
// connection is lost.
//
// How an outcome of the port is answered, and no outcome is answered with an immediate retry without end:
//
//   receive  kMessage        decode, dispatch, answer what is owed, post again
//            kTooSmall       double the buffer, post again; at the maximum, reconnect
//            kAborted        retire while draining; else post again, and after kAbortsInARow of them,
//                            reconnect
//            kDisconnected, kFailed, or a post that fails          reconnect
//   reply    any             counted; never ends a worker (BAD-10)
//   connect  any failure     pause, doubling up to the limit, and again (BAD-9)
//   lost connection          pause as well, so that a driver that accepts and hangs up is not hammered
//
// Threads: one *connection thread* owns the connection; N *workers* wait on the port. A connection is left in
// this order: draining is set, receives are cancelled, every receive comes back and its handler returns, the
// port is closed. So a reply never goes to another connection than its message came over, and no message that
// was received is lost.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <fltlink/base/atomic.hpp>
#include <fltlink/base/host.hpp>
#include <fltlink/port/port.hpp>
#include <fltlink/service/backoff.hpp>
#include <fltlink/service/counters.hpp>
#include <fltlink/service/handlers.hpp>

namespace fltlink {

// An answer that the loop gives on its own: a status and no payload. The driver decides what an error means.
inline constexpr int32_t kStatusUnsuccessful = static_cast<int32_t>(0xC0000001);  // STATUS_UNSUCCESSFUL
inline constexpr int32_t kStatusInvalidParameter =
    static_cast<int32_t>(0xC000000D);  // STATUS_INVALID_PARAMETER

struct LoopOptions {
  size_t workers = 4;
  size_t receives = 16;
  // Bytes of one receive at the start, and the most that it may grow to; both include the 16 of the port
  // header.
  size_t buffer_size = FLTLINK_MESSAGE_HEADER_SIZE + FLTLINK_MESSAGE_SIZE_DEFAULT;
  size_t buffer_size_max = FLTLINK_MESSAGE_HEADER_SIZE + FLTLINK_MESSAGE_SIZE_MAX;
  BackoffOptions backoff;
  // A handler that takes longer is reported: the sender may have given up by then.
  Ticks slow_handler_after = kTicksPerSecond;
  int32_t when_unanswered = kStatusUnsuccessful;     // the handler returned without a reply
  int32_t when_malformed = kStatusInvalidParameter;  // no handler could be called
  // What to ask for when connecting; nullopt speaks 1.0, without a context.
  std::optional<ConnectContext> context = ConnectContext{};
};

enum class StartOutcome {
  kStarted,
  kNoThreads,  // the host has no thread to give; nothing is left running
};

class ReceiveLoop {
 public:
  // The references outlive the loop. REQUIRES: workers > 0, receives > 0, and
  // 16 <= buffer_size <= buffer_size_max.
  ReceiveLoop(Host& host, Port& port, Handlers& handlers, const LoopOptions& options);
  // REQUIRES: stop() has returned, or the loop's threads ended with their process.
  ~ReceiveLoop() = default;
  ReceiveLoop(const ReceiveLoop&) = delete;
  ReceiveLoop& operator=(const ReceiveLoop&) = delete;

  // Starts the threads; does not wait for a connection. Once.
  [[nodiscard]] StartOutcome start();

  // Asks for the end. Any thread, a handler included; any number of times; never blocks.
  void request_stop();

  // Asks for the end and waits for it: every message that was received has been handled, the connection is
  // closed, no thread runs. Any number of times, one thread at a time, not from a handler. Blocks as long as
  // the slowest handler.
  void stop();

  // Lets on_attention run: soon if a connection is up, else right after on_connected. Any thread; never
  // blocks.
  void request_attention();

  [[nodiscard]] const LoopCounters& counters() const { return counters_; }
  // A connection is up, and on_connected has returned and kept it.
  [[nodiscard]] bool connected() const { return connected_.load(MemoryOrder::kAcquire); }
  // Now: receives that wait for a message, and workers inside a handler.
  [[nodiscard]] size_t idle_receives() const { return idle_receives_.load(MemoryOrder::kRelaxed); }
  [[nodiscard]] size_t busy_workers() const { return busy_workers_.load(MemoryOrder::kRelaxed); }

 private:
  static constexpr uint32_t kAbortsInARow = 64;

  struct Slot : Receive {
    std::vector<uint8_t> storage;  // with room for buffer_size_max from the start

    void resize(size_t size) {
      storage.resize(size);
      buffer = storage;
    }
  };

  // The connection thread.
  static void run_connection(void* self);
  void connect_and_serve();
  [[nodiscard]] bool open_connection();
  [[nodiscard]] bool agree_terms_with_driver();
  void pause(Ticks duration);
  void serve();
  void post_all();
  void attend(ConnectionUse use);
  void drain();
  void end_workers();

  // Workers.
  static void run_worker(void* self);
  void take(Slot& slot, const Completion& completion);
  void post_again(Slot& slot);
  [[nodiscard]] bool post(Slot& slot);
  void retire();
  void lose_connection(uint32_t code);
  void handle_abort(Slot& slot, uint32_t code);
  void grow(Slot& slot, uint32_t code);
  void handle_message(Slot& slot, size_t size);
  void dispatch(Bytes message, ReplyToken* owed);
  void deliver(const DriverMessage& message, ReplyToken* owed);
  void refuse(DecodeError reason, ReplyToken* owed);
  void answer(ReplyToken* owed, int32_t status);

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

  // The stopping thread's own.
  void* connection_thread_ = nullptr;

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
  // Slots that are outstanding or in a worker's hands. SYNC POINT RETIRE: a worker's release on its last
  // access to the connection pairs with the connection thread's acquire of zero.
  Atomic<size_t> open_slots_{0};
  Atomic<bool> connected_{false};
  Atomic<uint32_t> aborts_in_a_row_{0};
  Atomic<size_t> idle_receives_{0};
  Atomic<size_t> busy_workers_{0};
};

}  // namespace fltlink

#include <fltlink/service/detail/receive_loop.hpp>

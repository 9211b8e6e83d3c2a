// Connection: one client of the port. A subscriber has a ring of its own and a worker of its own, so that a
// slow client delays only itself (P-2). To a client that takes batches the worker sends what lies in the ring, as
// much as one batch holds.
//
// Life: free -> open() -> live -> close() -> free. Connections (connections.hpp) decides who may call either;
// everything else is safe against both:
//   1. While rundown protection is held, the connection is live, and stays this very client's: the slot is
//      not reused.
//   2. The port is closed first, which wakes a worker that is inside FltSendMessage; then no new producer
//      gets in, then the ring is closed, then the worker is joined (decision 13 of the design; the other
//      order waits for ever).
//   3. Nothing is locked across FltSendMessage. Who asks the client holds protection until the answer is there:
//      so the question goes to this client and no other, and close() waits for it, after it has closed the port
//      and so ended it. The worker needs none; close() joins it.
#pragma once

#include <fltKernel.h>

#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/codec/signed_message.hpp>
#include <fltlink/queue/message_ring.hpp>
#include <fltlink/send/client_port.hpp>

#include "books.hpp"
#include "kernel_host.hpp"
#include "peer.hpp"
#include "questions.hpp"
#include "state.hpp"

namespace drmfilter {

// What a connect came with.
struct ConnectionRequest {
  PFLT_PORT port = nullptr;
  fltlink::ConnectContext context;
  fltlink::ConnectionTerms terms;
  uint32_t process_id = 0;
};

class Connection {
 public:
  constexpr Connection() = default;

  // Once, before anything else: from here on protect() fails until open(). `books` are this slot's, and all zero.
  void start(ConnectionBooks& books);
  void stop() {
    peer_.stop();
    FltDeletePushLock(&envelope_lock_);
  }

  // PASSIVE_LEVEL. STATUS_INSUFFICIENT_RESOURCES, and then nothing is left behind.
  [[nodiscard]] NTSTATUS open(const ConnectionRequest& request);

  // Ends a live connection: what is pending is dropped for `reason`. Blocks until the worker has ended and
  // nobody holds protection. PASSIVE_LEVEL.
  void close(DropReason reason);

  // Rundown protection. Any IRQL up to DISPATCH_LEVEL.
  [[nodiscard]] bool protect() { return ExAcquireRundownProtection(&rundown_) != FALSE; }
  void unprotect() { ExReleaseRundownProtection(&rundown_); }

  // Under protection.
  [[nodiscard]] const fltlink::ConnectionTerms& terms() const { return terms_; }
  [[nodiscard]] bool subscribes() const { return terms_.role == FLTLINK_ROLE_SUBSCRIBER; }
  [[nodiscard]] bool authorizes() const { return terms_.role == FLTLINK_ROLE_AUTHORIZER; }
  // Whether it is to be told anything: a subscriber that has proved who it is.
  [[nodiscard]] bool listens() const { return subscribes() && peer_.is_authenticated(); }
  [[nodiscard]] Peer& peer() { return peer_; }
  [[nodiscard]] const Peer& peer() const { return peer_; }
  // Puts the message into the ring, or counts why not. Any IRQL at which `message` may be read; never blocks.
  void post(const fltlink::DriverMessage& message);
  // Whether the operation that `question` describes may happen, by the client's verdict or its fail policy. Of an
  // authorizer; blocks as long as its terms say. PASSIVE_LEVEL, nothing locked.
  [[nodiscard]] bool ask(const fltlink::DriverMessage& question);
  // Opens a signed envelope. One thread at a time gets past its window.
  [[nodiscard]] fltlink::Result<fltlink::Bytes, fltlink::DecodeError> open_envelope(fltlink::Bytes bytes);

  // Of this client from open() on; after close() they wait to be moved (B4).
  [[nodiscard]] ConnectionBooks& books() const { return *books_; }
  [[nodiscard]] uint32_t high_water() const { return high_water_.load(MemoryOrder::kRelaxed); }
  [[nodiscard]] uint32_t messages_max() const { return terms_.queue_messages_max; }

 private:
  static void work(void* connection);
  // What the worker hands over with one send, where it lies in the ring: a message, or the batch of a client that
  // takes batches.
  struct Parcel {
    MessageClass message_class = MessageClass::kTelemetry;
    fltlink::Bytes bytes;
    uint32_t messages = 0;
    bool complete = false;  // there may be more behind it that came as early (RunView)
  };

  void deliver_all();
  [[nodiscard]] fltlink::PeekOutcome peek(Parcel& parcel, uint32_t messages_max);
  [[nodiscard]] fltlink::PeekOutcome peek_batch(fltlink::RunView& run, uint32_t messages_max);
  [[nodiscard]] fltlink::FltSendResult send(const Parcel& parcel);
  void settle(const Parcel& parcel, fltlink::FltSendResult sent);
  [[nodiscard]] DropReason refusal_for(fltlink::EnqueueOutcome outcome) const;
  // What a message is dropped for that finds the connection at its end.
  [[nodiscard]] DropReason end_reason() const {
    return static_cast<DropReason>(end_reason_.load(MemoryOrder::kRelaxed));
  }
  void note_high_water();
  [[nodiscard]] NTSTATUS open_ring();
  void close_ring();

  ConnectionBooks* books_ = nullptr;
  EX_RUNDOWN_REF rundown_{};
  fltlink::ClientPort port_;
  fltlink::ConnectionTerms terms_;

  Peer peer_;

  EX_PUSH_LOCK envelope_lock_ = 0;
  fltlink::ReplayWindow window_;  // under envelope_lock_

  // Subscribers only.
  KernelHost host_;
  fltlink::MessageRing ring_;
  void* ring_memory_ = nullptr;
  void* worker_ = nullptr;
  // The worker's, of a client of batches: no telemetry in the ring came before oldest_, and looked_ is when it last looked.
  fltlink::Ticks oldest_ = 0;
  fltlink::Ticks looked_ = 0;
  Atomic<uint32_t> high_water_{0};
  Atomic<uint8_t> end_reason_{static_cast<uint8_t>(DropReason::kDisconnected)};
};

}  // namespace drmfilter

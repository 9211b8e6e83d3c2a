// Where a driver's messages and a client's receives meet: one per connection.
//
// Nothing is stored for a client that is not there (WIRE-18). A sender lends its buffer and waits; a receive
// lends the client's buffer. When both are there, the bytes are copied once, from buffer to buffer, in the
// thread that came second. A sender that wants a reply then waits in a second list, by message id, until
// FilterReplyMessage copies the reply into its buffer.
//
// Threads: any simulated thread. One leaf mutex; nothing of another connection is ever touched. Senders and receives
// are linked in place, and the thread that waits for one looks at a word in it (sched/hand_over.hpp): a message
// allocates nothing, and wakes its partner where that is parked, once, behind the mutex.
// Invariants, under the mutex:
//   R1  A sender is in at most one of queued_ and awaiting_, and its phase says which. Whoever takes it out
//       decides its status, so exactly one of delivery, reply, timeout, termination and disconnect wins
//       (REPLY-9).
//   R2  Buffers are touched only under the mutex and only while their owner is in a list. After send() has
//       returned, no byte of the reply buffer is written; after a receive is completed, no byte of its
//       buffer is.
//   R3  A receive is completed by whoever takes it out of receives_, under the mutex, exactly once (GET-12).
//       Completing takes the leaf locks of an event and of a completion port, and calls no driver and no
//       client.
//   R4  Ids in awaiting_ rise.
//   R5  Once closed_ is set, all three lists are empty.
//   R6  A send is counted when it starts and when it ends: refused, taken out by whoever decides its status (R1), or
//       given up. So started = ended + queued_ + awaiting_.
#pragma once

#include <fltKernel.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fltsim/options.hpp"
#include "fltsim/send_counts.hpp"
#include "fltsim/trace.hpp"
#include "nt/intrusive_list.hpp"
#include "nt/io_completion.hpp"
#include "nt/process.hpp"
#include "nt/thread.hpp"
#include "sched/cache_line.hpp"
#include "sched/hand_over.hpp"
#include "sched/leaf_lock.hpp"

namespace fltsim::fltmgr {

// A receive that a client has outstanding, and whom its outcome is told, as an IRP says it; each of them may be absent.
// First what a sender looks at, so that it finds it in one cache line.
struct Receive : nt::ListElement<Receive> {
  Receive() = default;
  Receive(const nt::Thread& thread, void* to, std::uint32_t to_size)
      : buffer(to),
        size(to_size),
        issuer(thread.id),
        process(thread.process.id),
        client(thread.process.short_name) {}

  void* buffer = nullptr;             // the client's, header included
  std::uint32_t size = 0;             // bytes, header included
  NTSTATUS status = STATUS_PENDING;   // for the waiter
  sched::HandOver* waiter = nullptr;  // the issuer, in its call

  IO_STATUS_BLOCK* outcome = nullptr;           // the client's OVERLAPPED, which begins as one
  nt::DispatcherHeader* completed = nullptr;    // with `outcome`: set then; in `event` or in the connection
  nt::Ref<nt::Event> event = {};                // keeps it
  const nt::CompletionBinding* port = nullptr;  // with `outcome`: gets a packet

  std::uint32_t issuer = 0;      // id of the thread that issued it
  std::uint32_t process = 0;     // id of that thread's process
  const void* key = nullptr;     // what CancelIoEx names
  bool ends_with_issuer = true;  // the end of that thread cancels it (GET-10)
  bool blocks = false;           // that thread waits for it in its call
  std::string_view client;       // the process, for the trace; lives as long as the machine
};

struct SendRequest {
  const void* message;
  std::uint32_t message_size;        // bytes, without header
  void* reply = nullptr;             // null: none is wanted
  std::uint32_t reply_length = 0;    // what the driver says the reply buffer holds; what the client is told
  std::uint32_t reply_writable = 0;  // what it really holds (WIRE-6); at most reply_length
  const std::int64_t* timeout = nullptr;  // as the WDK's
  // The variable through which the driver names the connection, and what it must still hold (DISC-3); may be
  // null.
  PFLT_PORT* slot = nullptr;
  PFLT_PORT expected = nullptr;
  Trace::Handle trace = nullptr;
};

struct SendResult {
  NTSTATUS status;
  bool answered = false;         // the client did
  std::uint32_t reply_size = 0;  // bytes of its reply that were taken
  bool stale = false;  // closed by the driver, whose variable still names the connection: a copy (SEND-22)
};

class Rendezvous {
 public:
  Rendezvous(System& system, std::string port_name);
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  // The driver's side: blocks until the message is delivered and, if wanted, answered; the statuses of
  // SEND-3..SEND-16.
  SendResult send(nt::Thread& thread, const SendRequest& request);

  // The client's side: STATUS_PENDING, and the receive will be completed, perhaps before this returns
  // (GET-3); any other status refuses it. The first links the caller's object, which has to live until its waiter is told;
  // the second a copy.
  NTSTATUS receive(Receive& receive);
  NTSTATUS receive_later(const Receive& receive);
  // Completes with STATUS_CANCELLED the receives for which `which` is true, and returns how many there were.
  // `which` must not block.
  std::size_t cancel(const std::function<bool(const Receive&)>& which);
  // STATUS_FLT_NO_WAITER_FOR_REPLY, STATUS_BUFFER_OVERFLOW, STATUS_PORT_DISCONNECTED (REPLY-*, WIRE-10,
  // WIRE-11).
  NTSTATUS reply(const FILTER_REPLY_HEADER& header, const void* payload, std::uint32_t payload_size);

  // Whether `which` is true for a thread that waits in send(). `which` must not block.
  bool any_sender(const std::function<bool(const nt::Thread&)>& which) const;

  // Ends all: senders with STATUS_PORT_DISCONNECTED, receives with `receive_status`.
  void close(NTSTATUS receive_status);
  // The same for the driver, which names the connection by `*slot`: sets that to null under the mutex. False,
  // and nothing is done, when it no longer holds `expected`: another thread has closed through it (DISC-4).
  bool close_from_driver(PFLT_PORT* slot, PFLT_PORT expected);
  // The caller is about to send, to receive or to reply: fetches what it will change and the other side had last.
  void fetch_to_send() const {
    fetch_to_receive();
    last_receive_.fetch_to_change();
  }
  void fetch_to_receive() const { sched::fetch_to_change(&mutex_); }
  void fetch_to_reply() const {
    fetch_to_receive();
    last_sender_.fetch_to_change();
  }
  bool closed() const { return closed_.load(std::memory_order_acquire); }
  SendCounts counts() const;

 private:
  enum class Phase : std::uint8_t {
    kQueued,    // in queued_
    kAwaiting,  // in awaiting_: delivered, the reply is owed
    kDone,      // in no list
  };

  // Lives on the sender's stack, in send(). What a reply reads and changes comes first, in one cache line; then, in another,
  // what a receive does that comes second.
  struct alignas(2 * sched::kCacheLine) Sender : nt::ListElement<Sender> {
    Sender(const SendRequest& asked, const nt::Thread& sender)
        : reply(asked.reply),
          reply_length(asked.reply_length),
          reply_writable(asked.reply_writable),
          request(asked),
          thread(sender) {}
    bool has(Phase asked) const { return phase.load(std::memory_order_relaxed) == asked; }

    sched::HandOver over;  // whoever completes it has written the rest
    std::uint64_t id = 0;  // written before the phase
    void* const reply;
    const std::uint32_t reply_length;
    const std::uint32_t reply_writable;
    NTSTATUS status = STATUS_SUCCESS;
    std::uint32_t reply_size = 0;
    std::atomic<Phase> phase{Phase::kQueued};  // changes under the mutex; read by who describes the wait
    bool answered = false;
    bool failed_a_receive = false;  // has told one parked receive that it is too small

    alignas(sched::kCacheLine) const SendRequest request;
    const nt::Thread& thread;
    sched::Ticks delivered_at =
        0;  // only where the reply has a time of its own (H-2); written before the phase
  };

  // All with mutex_ held. What they wake is woken behind it.
  NTSTATUS enter(Receive& receive, sched::Waking& waking);
  void match(sched::Waking& waking);
  Receive* choose(Sender& sender);
  bool deliver(Sender& sender, const Receive& receive);
  void complete(Receive& receive, NTSTATUS status, std::uint32_t written, sched::Waking& waking);
  void count(SendEnd end) { ++ended_[static_cast<std::size_t>(end)]; }
  void finish(Sender& sender, NTSTATUS status, SendEnd end, sched::Waking& waking);
  void withdraw(Sender& sender, NTSTATUS status, SendEnd undelivered, SendEnd unanswered);
  bool has_id(bool reply_wanted) const;

  // The checks of the call itself; STATUS_PENDING: none of them refuses the receive.
  NTSTATUS check(const Receive& receive) const;
  SendResult wait(nt::Thread& thread, Sender& sender);
  SendResult wait_parked(nt::Thread& thread, Sender& sender);
  // The sender is terminated, or its deadline may be no later than `passed`. False: it has been given more time meanwhile.
  bool give_up(nt::Thread& thread, Sender& sender, sched::Ticks sent_at, sched::Ticks passed);
  bool only_polls(const std::int64_t* timeout) const;
  bool per_phase() const { return semantics_.send_timeout_scope == Semantics::TimeoutScope::kPerPhase; }
  sched::Ticks deadline_of(const Sender& sender, sched::Ticks sent_at) const;
  std::string describe_wait(const Sender& sender) const;
  static SendResult result_of(const Sender& sender);
  void note(Trace::Handle parent, std::string_view what) { trace_.event(parent, what); }

  const Semantics& semantics_;
  Trace& trace_;
  nt::Dispatcher& dispatcher_;
  const std::string port_name_;

  // One cache line: what both sides of every message change.
  alignas(2 * sched::kCacheLine) mutable sched::LeafLock mutex_;
  std::atomic<bool> closed_{false};  // changes under the mutex
  bool closed_by_driver_ = false;
  nt::IntrusiveList<Sender> queued_;     // first in, first out
  nt::IntrusiveList<Sender> awaiting_;   // by rising id; each is a thread, so there are few
  nt::IntrusiveList<Receive> receives_;  // first in, first out
  std::uint64_t last_id_ = 0;

  // What the driver's side changes.
  alignas(sched::kCacheLine) sched::LastPlace last_receive_;
  std::uint64_t started_ = 0;

  // What mostly the client's side does.
  alignas(sched::kCacheLine) sched::LastPlace last_sender_;
  std::array<std::uint64_t, kSendEndCount> ended_{};  // by SendEnd
  nt::IntrusiveList<Receive> spare_;                  // those of made_ that are not in receives_
  std::vector<std::unique_ptr<Receive>> made_;        // for receive_later()
};

}  // namespace fltsim::fltmgr

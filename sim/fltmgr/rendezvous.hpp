// Where a driver's messages and a client's receives meet: one per connection.
//
// Nothing is stored for a client that is not there (WIRE-18). A sender lends its buffer and waits; a receive
// lends the client's buffer. When both are there, the bytes are copied once, from buffer to buffer, in the
// thread that came second. A sender that wants a reply then waits in a second list, by message id, until
// FilterReplyMessage copies the reply into its buffer.
//
// Threads: any simulated thread. One leaf mutex; nothing of another connection is ever touched.
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

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fltsim/options.hpp"
#include "fltsim/send_counts.hpp"
#include "fltsim/trace.hpp"
#include "nt/thread.hpp"

namespace fltsim::fltmgr {

// A receive that a client has outstanding.
struct Receive {
  void* buffer;                  // the client's, header included
  std::uint32_t size;            // bytes, header included
  const void* key;               // what CancelIoEx names
  std::uint32_t issuer;          // id of the thread that issued it
  bool ends_with_issuer = true;  // the end of that thread cancels it (GET-10)
  bool blocks = false;           // that thread waits for it in its call
  std::uint32_t process;         // id of that thread's process
  std::string_view client;       // the process, for the trace; lives as long as the machine
  // Hands the outcome to the client: a status, and the bytes written. Under the rendezvous's mutex (R3).
  std::function<void(NTSTATUS status, std::uint32_t written)> complete;
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
  Trace::Index trace = Trace::kNone;
};

struct SendResult {
  NTSTATUS status;
  bool answered = false;         // the client did
  std::uint32_t reply_size = 0;  // bytes of its reply that were taken
  bool stale = false;  // closed by the driver, whose variable still names the connection: a copy (SEND-22)
};

class Rendezvous {
 public:
  Rendezvous(const Semantics& semantics, Trace& trace, std::string port_name)
      : semantics_(semantics), trace_(trace), port_name_(std::move(port_name)) {}
  Rendezvous(const Rendezvous&) = delete;
  Rendezvous& operator=(const Rendezvous&) = delete;

  // The driver's side: blocks until the message is delivered and, if wanted, answered; the statuses of
  // SEND-3..SEND-16.
  SendResult send(nt::Thread& thread, const SendRequest& request);

  // The client's side: STATUS_PENDING, and the receive will be completed, perhaps before this returns
  // (GET-3); any other status refuses it.
  NTSTATUS receive(Receive receive);
  // Completes with STATUS_CANCELLED the receives for which `which` is true, and returns how many there were.
  // `which` must not block.
  std::size_t cancel(const std::function<bool(const Receive&)>& which);
  // STATUS_FLT_NO_WAITER_FOR_REPLY, STATUS_BUFFER_OVERFLOW, STATUS_PORT_DISCONNECTED (REPLY-*, WIRE-10,
  // WIRE-11).
  NTSTATUS reply(const FILTER_REPLY_HEADER& header, const void* payload, std::uint32_t payload_size);

  // Ends all: senders with STATUS_PORT_DISCONNECTED, receives with `receive_status`.
  void close(NTSTATUS receive_status);
  // The same for the driver, which names the connection by `*slot`: sets that to null under the mutex. False,
  // and nothing is done, when it no longer holds `expected`: another thread has closed through it (DISC-4).
  bool close_from_driver(PFLT_PORT* slot, PFLT_PORT expected);
  bool closed() const;
  SendCounts counts() const;

 private:
  enum class Phase {
    kQueued,    // in queued_
    kAwaiting,  // in awaiting_: delivered, the reply is owed
    kDone,      // in no list
  };

  // Lives on the sender's stack, in send().
  struct Sender {
    const SendRequest& request;
    sched::Thread* thread;
    Phase phase = Phase::kQueued;
    std::uint64_t id = 0;
    bool failed_a_receive = false;  // has told one parked receive that it is too small
    sched::Ticks delivered_at = 0;
    NTSTATUS status = STATUS_SUCCESS;
    bool answered = false;
    std::uint32_t reply_size = 0;
  };

  // All with mutex_ held.
  void match();
  std::list<Receive>::iterator choose(Sender& sender);
  bool deliver(Sender& sender, const Receive& receive);
  void count(SendEnd end) { ++counts_.ended[static_cast<std::size_t>(end)]; }
  void finish(Sender& sender, NTSTATUS status, SendEnd end);
  void withdraw(Sender& sender, NTSTATUS status, SendEnd undelivered, SendEnd unanswered);
  std::uint64_t next_id(bool reply_wanted);

  SendResult wait(nt::Thread& thread, Sender& sender);
  sched::Ticks deadline_of(const Sender& sender, sched::Ticks sent_at) const;
  void note(Trace::Index parent, std::string_view what) { trace_.event(parent, what); }

  const Semantics& semantics_;
  Trace& trace_;
  const std::string port_name_;

  mutable std::mutex mutex_;
  bool closed_ = false;
  bool closed_by_driver_ = false;
  std::deque<Sender*> queued_;     // first in, first out
  std::vector<Sender*> awaiting_;  // by rising id
  std::list<Receive> receives_;    // first in, first out
  std::uint64_t last_id_ = 0;
  SendCounts counts_;  // but for queued and awaiting, which are the lists' lengths
};

}  // namespace fltsim::fltmgr

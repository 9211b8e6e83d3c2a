// One connection of a client to a filter: the rendezvous for its messages, and who has closed which end.
//
// A connection is an object of the object manager. The client's handles refer to it; the driver holds it as
// PFLT_PORT, from ConnectNotify until FltCloseClientPort. It has two ends:
//
//   the client's   ends with the last handle (DISC-1)
//   the kernel's   ends with FltCloseClientPort (DISC-2, DISC-5) or when the filter is unregistered (PUNL-2)
//
// Whichever ends first disconnects. DisconnectNotify runs at most once, in the thread that closed the last
// handle or that unregisters. The slot among MaxConnections is given back when the kernel's end is closed,
// DisconnectNotify is not running and no MessageNotify runs (DISC-7..DISC-9).
//
// A message takes no lock and changes no memory that another connection's does. Of its own connection it takes the
// rendezvous's lock alone. A sender changes use_, which no receive and no reply does; what keeps the connection for it is its
// thread's in_use (port_in_use.hpp). The client's calls change the count of references, which no sender does.
#pragma once

#include <fltKernel.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fltmgr/rendezvous.hpp"
#include "nt/io_completion.hpp"
#include "nt/object.hpp"

namespace fltsim::fltmgr {

class ServerPort;

extern const nt::ObjectType kClientPortType;

class Connection {
 public:
  // `client` is the process that connects.
  Connection(nt::Ref<ServerPort> server, std::uint64_t number, const nt::Process& client, bool synchronous);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Null for what is no client port.
  static Connection* from(PFLT_PORT port) { return nt::as<Connection>(port, kClientPortType); }
  PFLT_PORT handle() { return reinterpret_cast<PFLT_PORT>(this); }

  // First member of the object's state that clients wait for: signalled when a request on the handle has
  // completed.
  nt::DispatcherHeader completed;

  ServerPort& server() const { return *server_; }
  Rendezvous& rendezvous() { return *rendezvous_; }
  std::uint64_t number() const { return number_; }
  std::uint32_t client() const { return client_; }   // id of the process that connected
  bool synchronous() const { return synchronous_; }  // FLT_PORT_FLAG_SYNC_HANDLE (CONN-15)
  std::string describe() const;                      // "connection 3 of \DrmFilterPort"

  // --- connecting: the connecting thread ---

  // Runs ConnectNotify. Its status; the connection stands when it is NT_SUCCESS.
  NTSTATUS ask_driver(nt::Thread& thread, void* context, std::uint32_t size);
  // Whether `thread` is in ConnectNotify of this connection.
  bool connects_in(const nt::Thread& thread) const;

  // --- messages ---

  // FltSendMessage on this connection, which the caller uses (port_in_use.hpp); noted, so that unregistering waits until the
  // sender has left (PUNL-4).
  SendResult send(nt::Thread& thread, const SendRequest& request);
  // FilterSendMessage: runs MessageNotify in the calling thread on the client's own addresses.
  NTSTATUS message(nt::Thread& thread, void* input, std::uint32_t input_size, void* output,
                   std::uint32_t output_size, std::uint32_t& returned);
  // FilterReplyMessage: the checks on the client's buffer, then the rendezvous.
  NTSTATUS reply(const void* buffer, std::uint32_t size);

  // --- the ends ---
  void client_closed(nt::Thread& thread);
  enum class Closed {
    kNow,
    kBefore,         // the kernel's end is closed, and `variable` is a copy, or ConnectNotify had refused
    kNothingToClose  // another thread has closed through the variable meanwhile
  };
  // FltCloseClientPort through `variable`.
  Closed close_from_kernel(PFLT_PORT* variable);
  // For FltUnregisterFilter, in this order: no message goes through any more, and where the senders are told first
  // they are now; DisconnectNotify has run and everybody is told; no callback and no sender of it is left.
  void refuse_and_wake();
  void end(nt::Thread& thread);
  void wait_until_left(nt::Thread& thread);
  // Closes the kernel's end for a driver that has gone. True when it had not done so: a leak (VER-29).
  bool forget_kernel_end();

  // --- the client's handle ---
  // CreateIoCompletionPort; false: bound already.
  bool bind(nt::CompletionBinding binding);
  // Null: not bound. Once bound it stays so.
  const nt::CompletionBinding* binding() const { return bound_.load(std::memory_order_acquire); }

  // One request at a time on a synchronous handle (CONN-16); false: the thread was terminated while it
  // waited.
  enum class Request {
    kReceive,
    kOther,
  };
  bool begin_request(nt::Thread& thread, Request kind);
  void end_request();
  // Counts threads in a synchronous receive on a handle that is not synchronous (GET-15).
  std::uint32_t enter_blocking_receive() {
    return blocking_receives_.fetch_add(1, std::memory_order_relaxed) + 1;
  }
  void leave_blocking_receive() { blocking_receives_.fetch_sub(1, std::memory_order_relaxed); }

 private:
  enum class Notify {
    kNotDue,  // not accepted yet, or closed by the kernel first (DISC-6)
    kDue,
    kRunning,
    kReturned,
  };

  // Waits until `ready()`, which is asked under mutex_. False: `thread` was terminated, where that ends the
  // wait.
  bool wait_until(nt::Thread& thread, bool interruptible, const char* what,
                  const std::function<bool()>& ready);
  void changed();  // mutex_ held: lets those in wait_until() look again
  void run_disconnect_notify(nt::Thread& thread);
  // DisconnectNotify has to wait for `lock`.
  void check_wait_in_notify(const void* lock);
  void disconnect(nt::Thread& thread, NTSTATUS receive_status);
  bool senders_first() const;  // DISC-9
  void give_back_slot_if_due();

  // What use_ is made of. Invariant: kEnded is set once, under mutex_, before anybody waits for senders to leave. A sender
  // that leaves before then changes the word; behind it a sender leaves under mutex_, and tells who waits.
  static constexpr std::uint64_t kEnded = 1;  // disconnected, from either side
  static constexpr std::uint64_t kSender = 2;
  bool ended() const { return (use_.load(std::memory_order_acquire) & kEnded) != 0; }
  bool has_senders() const { return use_.load(std::memory_order_acquire) >= kSender; }
  void set_ended() { use_.fetch_or(kEnded); }  // mutex_ held
  // False: it has ended, and the caller has not left.
  bool leave_unless_ended();

  // Three groups of members, in cache lines of their own: `completed`, and what else the client's calls change; what
  // nobody changes; what senders change.
  std::atomic<std::uint32_t> blocking_receives_{0};
  [[maybe_unused]] std::array<std::byte, 64> apart_{};
  const nt::Ref<ServerPort> server_;
  const std::uint64_t number_;  // in order of connecting, per machine
  const std::uint32_t client_;
  const bool synchronous_;
  const std::unique_ptr<Rendezvous> rendezvous_;
  std::atomic<const nt::CompletionBinding*> bound_{nullptr};
  std::unique_ptr<const nt::CompletionBinding> binding_;  // set under mutex_, once
  std::atomic<const nt::Thread*> connector_{nullptr};     // in ConnectNotify
  [[maybe_unused]] std::array<std::byte, 64> apart_too_{};

  std::atomic<std::uint64_t> use_{0};  // threads in send(), times kSender, and kEnded
  mutable std::mutex mutex_;           // leaf; never held together with the rendezvous's
  bool connecting_ = true;
  bool kernel_open_ = true;
  Notify notify_ = Notify::kNotDue;
  bool slot_held_ = true;
  std::uint32_t messages_ = 0;  // MessageNotify calls that run
  void* cookie_ = nullptr;      // ConnectionPortCookie; written by ask_driver() before anybody reads it
  const nt::Thread* request_owner_ = nullptr;  // synchronous handles
  Request request_ = Request::kOther;
  std::vector<sched::Thread*> waiting_;
};

}  // namespace fltsim::fltmgr

#include "fltmgr/connection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/port.hpp"
#include "fltmgr/port_status.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/held_locks.hpp"

namespace fltsim::fltmgr {
namespace {

const Semantics& semantics_of(const ServerPort& server) { return server.filter.system.options().semantics; }

void on_handle_closed(void* body, nt::Process&, std::uint64_t handles_left) {
  if (handles_left == 0) static_cast<Connection*>(body)->client_closed(nt::current_thread("CloseHandle"));
}

// Whether a structure of that size must not be used at the address.
bool is_odd(const void* address, std::uint32_t size) {
  return size >= sizeof(ULONG) && reinterpret_cast<std::uintptr_t>(address) % sizeof(ULONG) != 0;
}

nt::DispatcherHeader* completion_of(void* body) { return &static_cast<Connection*>(body)->completed; }

}  // namespace

const nt::ObjectType kClientPortType{.name = u"FilterCommunicationPort",
                                     .mapping = {0x00120089, 0x00120116, 0x001200A0, 0x001F01FF},
                                     .close = &on_handle_closed,
                                     .remove = nullptr,
                                     .waitable = &completion_of,
                                     .parses = false,
                                     .report_leaks = false};

Connection::Connection(nt::Ref<ServerPort> server, std::uint64_t number, const nt::Process& client,
                       bool synchronous)
    : server_(std::move(server)),
      number_(number),
      client_(client.id),
      synchronous_(synchronous),
      rendezvous_(std::make_unique<Rendezvous>(server_->filter.system, server_->text)) {
  nt::Dispatcher::initialize(completed, nt::DispatcherType::kNotificationEvent, 0);
}

std::string Connection::describe() const {
  return "connection " + std::to_string(number_) + " of " + server_->text;
}

// --- waiting for a change ---

bool Connection::wait_until(nt::Thread& thread, bool interruptible, const char* what,
                            const std::function<bool()>& ready) {
  std::optional<nt::InterruptibleWait> ends_early;
  if (interruptible) ends_early.emplace(thread);
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (ready()) return true;
      if (interruptible && thread.terminated()) return false;
      if (std::find(waiting_.begin(), waiting_.end(), thread.scheduled.load()) == waiting_.end()) {
        waiting_.push_back(thread.scheduled.load());
      }
    }
    thread.system.scheduler().park(sched::kForever, {what, {}, nullptr, [this] { return describe(); }});
  }
}

void Connection::changed() {
  for (sched::Thread* thread : waiting_) sched::Scheduler::current()->unpark(*thread);
  waiting_.clear();
}

// --- connecting ---

NTSTATUS Connection::ask_driver(nt::Thread& thread, void* context, std::uint32_t size) {
  connector_.store(&thread, std::memory_order_relaxed);  // asked by the thread itself alone
  void* cookie = nullptr;                                // stays null if the callback sets none (CONN-13)
  const NTSTATUS status = call_filter(thread, server_->filter, [&] {
    return server_->callbacks.connect(handle(), server_->cookie, context, size, &cookie);
  });
  const bool accepted = NT_SUCCESS(status);
  if (!accepted) rendezvous_->close(port_status::kDisconnected);
  {
    const std::lock_guard lock(mutex_);
    cookie_ = cookie;
    connecting_ = false;
    connector_.store(nullptr, std::memory_order_relaxed);
    const bool due = kernel_open_ || semantics_of(*server_).disconnect_notify_after_kernel_close;  // DISC-6
    if (accepted && due) notify_ = Notify::kDue;
    if (!accepted) {
      set_ended();
      kernel_open_ = false;
    }
    changed();
  }
  if (accepted && status != STATUS_SUCCESS) {
    report(server_->filter, "VER-45", Severity::kWarning,
           "ConnectNotify returned a success code other than STATUS_SUCCESS: the connection stands in the "
           "kernel, and the "
           "client library may still report a failure. Return STATUS_SUCCESS (CONN-9).",
           describe());
  }
  give_back_slot_if_due();
  return status;
}

bool Connection::connects_in(const nt::Thread& thread) const {
  return connector_.load(std::memory_order_relaxed) == &thread;
}

// --- messages ---

SendResult Connection::send(nt::Thread& thread, const SendRequest& request) {
  rendezvous_->fetch_to_send();
  const bool ended_before = (use_.fetch_add(kSender) & kEnded) != 0;
  // Once it has ended nothing is sent, also while DisconnectNotify runs where the senders are told behind it (DISC-9). A
  // driver that has closed the port itself is told by the rendezvous, which knows whose variable it used (SEND-22).
  SendResult result{.status = port_status::kDisconnected};
  if (!ended_before || rendezvous_->closed()) result = rendezvous_->send(thread, request);
  if (leave_unless_ended()) return result;
  {
    const std::lock_guard lock(mutex_);
    use_.fetch_sub(kSender);
    changed();
  }
  give_back_slot_if_due();
  return result;
}

bool Connection::leave_unless_ended() {
  std::uint64_t use = use_.load(std::memory_order_relaxed);
  while ((use & kEnded) == 0) {
    if (use_.compare_exchange_weak(use, use - kSender)) return true;
  }
  return false;
}

NTSTATUS Connection::message(nt::Thread& thread, void* input, std::uint32_t input_size, void* output,
                             std::uint32_t output_size, std::uint32_t& returned) {
  returned = 0;
  {
    const std::lock_guard lock(mutex_);
    if (ended()) return port_status::kDisconnected;
    if (server_->callbacks.message == nullptr) {
      return static_cast<NTSTATUS>(semantics_of(*server_).no_message_notify_status);  // MSG-6, H-5
    }
    ++messages_;
  }
  ULONG written = 0;
  std::optional<nt::MessageBuffers> buffers(std::in_place, thread, input, input_size, output, output_size,
                                            [this] { return describe(); });
  const NTSTATUS status = call_filter(thread, server_->filter, [&] {
    return server_->callbacks.message(cookie_, input, input_size, output, output_size, &written);
  });
  buffers.reset();
  if (written > output_size) {
    report(server_->filter, "VER-25", Severity::kError,
           "MessageNotify says that it returned " + std::to_string(written) + " bytes into a buffer of " +
               std::to_string(output_size) +
               "; *ReturnOutputBufferLength is at most OutputBufferLength (MSG-10).",
           describe());
    written = output_size;
  }
  if (NT_SUCCESS(status) && (is_odd(input, input_size) || is_odd(output, written))) {
    report(server_->filter, "VER-25", Severity::kWarning,
           "MessageNotify used a buffer whose address is no multiple of 4. The filter manager does not check "
           "alignment: refuse it with STATUS_DATATYPE_MISALIGNMENT before it is used as a structure (MSG-4).",
           describe());
  }
  returned = written;
  {
    const std::lock_guard lock(mutex_);
    --messages_;
    changed();
  }
  give_back_slot_if_due();
  return status;
}

NTSTATUS Connection::reply(const void* buffer, std::uint32_t size) {
  if (size < sizeof(FILTER_REPLY_HEADER)) return port_status::kReplyShorterThanHeader;
  if (rendezvous_->closed()) return port_status::kDisconnected;
  FILTER_REPLY_HEADER header;
  if (!nt::client_memory(buffer, size) || !nt::copy_from_client(&header, buffer, sizeof header))
    return port_status::kBadUserBuffer;
  if (semantics_of(*server_).reply_alignment_checked &&
      reinterpret_cast<std::uintptr_t>(buffer) % sizeof(ULONG) != 0) {
    return port_status::kReplyMisaligned;
  }
  return rendezvous_->reply(header, static_cast<const std::byte*>(buffer) + sizeof header,
                            size - static_cast<std::uint32_t>(sizeof header));
}

// --- the ends ---

void Connection::run_disconnect_notify(nt::Thread& thread) {
  {
    const std::lock_guard lock(mutex_);
    if (notify_ != Notify::kDue) return;
    notify_ = Notify::kRunning;
  }
  Trace& trace = thread.system.trace();
  const Trace::Handle node =
      trace.enabled() ? trace.begin(nullptr, "DisconnectNotify " + describe()) : nullptr;
  const auto outer =
      std::exchange(thread.on_lock_wait, [this](const void* lock) { check_wait_in_notify(lock); });
  call_filter(thread, server_->filter, [&] {
    server_->callbacks.disconnect(cookie_);
    return 0;
  });
  thread.on_lock_wait = outer;
  trace.end(node);
  const std::lock_guard lock(mutex_);
  notify_ = Notify::kReturned;
  changed();
}

void Connection::check_wait_in_notify(const void* wanted) {
  if (!rendezvous_->any_sender([&](const nt::Thread& sender) { return nt::holds(sender, wanted) != 0; }))
    return;
  report(
      server_->filter, "VER-27", Severity::kError,
      "DisconnectNotify waits for a lock that a thread holds in FltSendMessage on the same connection. Where "
      "the senders are told after DisconnectNotify, neither ever ends; do not hold a lock across "
      "FltSendMessage (DISC-11).",
      describe());
}

// The order of DISC-9: no more messages; then senders and receives fail, and DisconnectNotify runs.
void Connection::disconnect(nt::Thread& thread, NTSTATUS receive_status) {
  {
    const std::lock_guard lock(mutex_);
    set_ended();
  }
  if (senders_first()) rendezvous_->close(receive_status);
  run_disconnect_notify(thread);
  rendezvous_->close(receive_status);  // does nothing the second time
}

bool Connection::senders_first() const {
  return semantics_of(*server_).disconnect_order == Semantics::DisconnectOrder::kSendersFirst;
}

void Connection::client_closed(nt::Thread& thread) {
  const auto status = static_cast<NTSTATUS>(semantics_of(*server_).own_close_receive_status);
  disconnect(thread, status);
  give_back_slot_if_due();
}

Connection::Closed Connection::close_from_kernel(PFLT_PORT* variable) {
  if (!rendezvous_->close_from_driver(variable, handle())) return Closed::kNothingToClose;
  {
    const std::lock_guard lock(mutex_);
    if (!kernel_open_) return Closed::kBefore;
    kernel_open_ = false;
    set_ended();
    if (notify_ == Notify::kDue && !semantics_of(*server_).disconnect_notify_after_kernel_close) {
      notify_ = Notify::kNotDue;  // DISC-6
    }
  }
  give_back_slot_if_due();
  return Closed::kNow;
}

void Connection::refuse_and_wake() {
  {
    const std::lock_guard lock(mutex_);
    if (connecting_) return;  // the driver has not accepted yet: end() waits for that
    set_ended();
  }
  if (senders_first()) rendezvous_->close(port_status::kDisconnected);
}

void Connection::end(nt::Thread& thread) {
  wait_until(thread, false, "connection: ConnectNotify still runs", [this] { return !connecting_; });
  disconnect(thread, port_status::kDisconnected);
}

void Connection::wait_until_left(nt::Thread& thread) {
  wait_until(thread, false, "connection: callbacks and senders still run",
             [this] { return notify_ != Notify::kRunning && !has_senders() && messages_ == 0; });
}

bool Connection::forget_kernel_end() {
  bool leaked = false;
  {
    const std::lock_guard lock(mutex_);
    leaked = std::exchange(kernel_open_, false);
  }
  give_back_slot_if_due();
  return leaked;
}

void Connection::give_back_slot_if_due() {
  bool gives = false;
  bool is_over = false;
  {
    const std::lock_guard lock(mutex_);
    if (connecting_ || notify_ == Notify::kRunning || messages_ != 0) return;
    const bool needs_close = semantics_of(*server_).slot_needs_client_port_close;
    const bool closed = !kernel_open_ || (!needs_close && notify_ == Notify::kReturned);
    gives = closed && std::exchange(slot_held_, false);
    // Until then the unload finds it: to report a forgotten close, to run a DisconnectNotify that is due, to wait
    // for senders.
    is_over = !kernel_open_ && notify_ != Notify::kDue && !has_senders();
  }
  if (gives) server_->give_slot();
  if (is_over) FilterManager::of(server_->filter.system).ports().retire(*this);
}

// --- the client's handle ---

bool Connection::bind(nt::CompletionBinding binding) {
  const std::lock_guard lock(mutex_);
  if (binding_) return false;
  binding_ = std::make_unique<const nt::CompletionBinding>(std::move(binding));
  bound_.store(binding_.get(), std::memory_order_release);  // with binding()
  return true;
}

bool Connection::begin_request(nt::Thread& thread, Request kind) {
  bool behind_a_receive = false;
  {
    const std::lock_guard lock(mutex_);
    behind_a_receive =
        request_owner_ != nullptr && request_ == Request::kReceive && kind != Request::kReceive;
  }
  if (behind_a_receive) {
    nt::report(
        thread, "VER-46", Severity::kWarning,
        "a request waits behind a receive on a handle opened with FLT_PORT_FLAG_SYNC_HANDLE, until a message "
        "comes. "
        "If it is the reply to the last one, it comes too late. Open the port without the flag (CONN-16).",
        describe());
  }
  return wait_until(thread, true, "another request on the synchronous port handle", [&] {
    if (request_owner_ != nullptr) return false;
    request_owner_ = &thread;
    request_ = kind;
    return true;
  });
}

void Connection::end_request() {
  const std::lock_guard lock(mutex_);
  request_owner_ = nullptr;
  changed();
}

}  // namespace fltsim::fltmgr

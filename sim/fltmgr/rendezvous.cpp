#include "fltmgr/rendezvous.hpp"

#include <algorithm>
#include <cstring>

#include "fltmgr/port_status.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/user_memory.hpp"

namespace fltsim::fltmgr {
namespace {

constexpr std::uint32_t kHeader = sizeof(FILTER_MESSAGE_HEADER);
static_assert(kHeader == 16 && sizeof(FILTER_REPLY_HEADER) == 16);  // WIRE-1, WIRE-2

std::uint64_t needed_by(const SendRequest& request) { return std::uint64_t{kHeader} + request.message_size; }

std::string bytes_text(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

}  // namespace

Rendezvous::Rendezvous(System& system, std::string port_name)
    : semantics_(system.options().semantics),
      trace_(system.trace()),
      dispatcher_(system.nt().dispatcher()),
      port_name_(std::move(port_name)) {}

// --- the driver's side ---

SendResult Rendezvous::send(nt::Thread& thread, const SendRequest& request) {
  Sender sender(request, thread);
  {
    sched::Waking waking;
    const std::lock_guard lock(mutex_);
    ++started_;
    const bool named =
        request.slot == nullptr || __atomic_load_n(request.slot, __ATOMIC_ACQUIRE) == request.expected;
    if (closed() || !named) {
      count(SendEnd::kRefused);
      return {.status = port_status::kDisconnected, .stale = closed() && named && closed_by_driver_};
    }
    queued_.push_back(sender);
    match(waking);
  }
  return wait(thread, sender);
}

SendResult Rendezvous::result_of(const Sender& sender) {
  return {.status = sender.status, .answered = sender.answered, .reply_size = sender.reply_size};
}

// The time begins to count where the thread would park: what it looks for is no longer than that takes.
SendResult Rendezvous::wait(nt::Thread& thread, Sender& sender) {
  const bool done =
      only_polls(sender.request.timeout) ? sender.over.done() : thread.system.scheduler().look(sender.over);
  return done ? result_of(sender) : wait_parked(thread, sender);
}

SendResult Rendezvous::wait_parked(nt::Thread& thread, Sender& sender) {
  sched::Scheduler& scheduler = thread.system.scheduler();
  const sched::Ticks sent_at = scheduler.now();
  const nt::InterruptibleWait interruptible(thread);
  const auto describe = [this, &sender] { return describe_wait(sender); };
  for (sched::Ticks passed = sent_at;;) {  // the latest point in time that is known to have passed
    const sched::Ticks deadline = deadline_of(sender, sent_at);
    if ((thread.terminated() || deadline <= passed) && give_up(thread, sender, sent_at, passed))
      return result_of(sender);
    const bool expired = scheduler.park(deadline, {"FltSendMessage", {}, nullptr, describe}, &sender.over) ==
                         sched::ParkResult::kDeadline;
    if (sender.over.done()) return result_of(sender);
    passed = expired ? deadline : scheduler.now();
  }
}

bool Rendezvous::give_up(nt::Thread& thread, Sender& sender, sched::Ticks sent_at, sched::Ticks passed) {
  const std::lock_guard lock(mutex_);
  if (sender.has(Phase::kDone)) return true;
  if (thread.terminated()) {
    withdraw(sender, port_status::kSenderTerminated, SendEnd::kTerminatedUndelivered,
             SendEnd::kTerminatedUnanswered);
  } else if (deadline_of(sender, sent_at) <= passed) {
    withdraw(sender, port_status::kSendTimeout, SendEnd::kTimedOutUndelivered, SendEnd::kTimedOutUnanswered);
  }
  return sender.has(Phase::kDone);
}

bool Rendezvous::any_sender(const std::function<bool(const nt::Thread&)>& which) const {
  const std::lock_guard lock(mutex_);
  for (const nt::IntrusiveList<Sender>* list : {&queued_, &awaiting_}) {
    for (const Sender* one = list->first(); one != nullptr; one = list->next(*one)) {
      if (which(one->thread)) return true;
    }
  }
  return false;
}

std::string Rendezvous::describe_wait(const Sender& sender) const {
  switch (sender.phase.load(std::memory_order_acquire)) {
    case Phase::kAwaiting:
      return port_name_ + ": no reply to message " + std::to_string(sender.id);
    case Phase::kDone:
      return port_name_ + ": the send is over";
    default:
      return port_name_ + ": nobody receives";
  }
}

bool Rendezvous::only_polls(const std::int64_t* timeout) const {
  return timeout != nullptr && *timeout == 0 && semantics_.send_zero_timeout == Semantics::ZeroTimeout::kPoll;
}

// H-1, H-2: what a zero means, and whether the reply has a time of its own.
sched::Ticks Rendezvous::deadline_of(const Sender& sender, sched::Ticks sent_at) const {
  const std::int64_t* timeout = sender.request.timeout;
  if (timeout != nullptr && *timeout == 0 && !only_polls(timeout)) timeout = nullptr;
  const bool again = per_phase() && sender.phase.load(std::memory_order_acquire) == Phase::kAwaiting;
  return nt::deadline_from(timeout, again ? sender.delivered_at : sent_at);
}

void Rendezvous::finish(Sender& sender, NTSTATUS status, SendEnd end, sched::Waking& waking) {
  count(end);
  sender.phase.store(Phase::kDone, std::memory_order_relaxed);
  sender.status = status;
  waking.add(sender.over.complete());
}

// The sender gives up; it is the calling thread.
void Rendezvous::withdraw(Sender& sender, NTSTATUS status, SendEnd undelivered, SendEnd unanswered) {
  if (sender.has(Phase::kQueued)) {
    count(undelivered);
    queued_.erase(sender);
    note(sender.request.trace, "withdrawn: not delivered");
  } else {
    count(unanswered);
    awaiting_.erase(sender);
    note(sender.request.trace, "given up: delivered, not answered");
  }
  sender.phase.store(Phase::kDone, std::memory_order_relaxed);
  sender.status = status;
}

// --- delivery ---

void Rendezvous::match(sched::Waking& waking) {
  for (Sender* at = queued_.first(); at != nullptr && !receives_.empty();) {
    Sender& sender = *at;
    Receive* const receive = choose(sender);
    if (receive == nullptr) {  // it waits for a larger one, and stops nobody behind it (SEND-4)
      at = queued_.next(sender);
      continue;
    }
    receives_.erase(*receive);
    last_receive_.note(receive, receive->buffer);
    if (receive->size < needed_by(sender.request)) {
      sender.failed_a_receive = true;
      if (trace_.enabled()) [[unlikely]]
        note(sender.request.trace, "a receive of " + bytes_text(receive->size) + " is too small");
      complete(*receive, port_status::kReceiveTooSmall, 0, waking);
    } else if (deliver(sender, *receive)) {
      at = queued_.next(sender);
      queued_.erase(sender);
      complete(*receive, STATUS_SUCCESS, kHeader + sender.request.message_size, waking);
      if (sender.request.reply != nullptr) {
        sender.phase.store(Phase::kAwaiting, std::memory_order_release);
        awaiting_.push_back(sender);
        if (per_phase()) waking.add(sender.thread.scheduled.load(std::memory_order_relaxed));
      } else {
        finish(sender, STATUS_SUCCESS, SendEnd::kDelivered, waking);
      }
    } else {
      complete(*receive, port_status::kBadUserBuffer, 0, waking);
    }
  }
}

// The receive that the sender meets: the first that is large enough; when none is, the first one, to be
// failed, but one per message only (GET-7, GET-8). Without the preference, the first in any case.
Receive* Rendezvous::choose(Sender& sender) {
  if (!semantics_.prefer_fitting_receive) return receives_.first();
  const std::uint64_t needed = needed_by(sender.request);
  Receive* fits = receives_.first();
  while (fits != nullptr && fits->size < needed) fits = receives_.next(*fits);
  return fits != nullptr || sender.failed_a_receive ? fits : receives_.first();
}

// False: the client's buffer is not there any more (GET-14).
bool Rendezvous::deliver(Sender& sender, const Receive& receive) {
  const SendRequest& request = sender.request;
  const bool reply_wanted = request.reply != nullptr;
  FILTER_MESSAGE_HEADER header{};
  header.ReplyLength = reply_wanted ? kHeader + request.reply_length : 0;  // WIRE-4
  header.MessageId = has_id(reply_wanted) ? last_id_ + 1 : 0;
  if (!nt::copy_to_client(receive.buffer, &header, kHeader) ||
      !nt::copy_to_client(static_cast<std::byte*>(receive.buffer) + kHeader, request.message,
                          request.message_size)) {
    return false;
  }
  sender.id = header.MessageId;
  if (sender.id != 0) last_id_ = sender.id;
  if (per_phase()) sender.delivered_at = sched::Scheduler::current()->now();
  if (trace_.enabled()) [[unlikely]] {
    note(request.trace, "delivered" +
                            (sender.id != 0 ? " as message " + std::to_string(sender.id) : std::string()) +
                            " to " + std::string(receive.client));
  }
  return true;
}

// As NT completes an IRP: the status block, the event, the packet; then the thread that waits in its call, which is the
// last touch of its receive.
void Rendezvous::complete(Receive& receive, NTSTATUS status, std::uint32_t written, sched::Waking& waking) {
  if (IO_STATUS_BLOCK* const outcome = receive.outcome; outcome != nullptr) {
    __atomic_store_n(&outcome->Information, written, __ATOMIC_RELAXED);
    __atomic_store_n(&outcome->Pointer, reinterpret_cast<void*>(ULONG_PTR{static_cast<ULONG>(status)}),
                     __ATOMIC_RELEASE);
    dispatcher_.set_kept(*receive.completed, waking);
    if (receive.port != nullptr)
      receive.port->port->post({receive.port->key, outcome, status, written}, waking);
  }
  if (receive.waiter != nullptr) {
    receive.status = status;
    waking.add(receive.waiter->complete());
  } else {
    receive.event = {};
    spare_.push_back(receive);
  }
}

// WIRE-15, H-4.
bool Rendezvous::has_id(bool reply_wanted) const {
  return reply_wanted || semantics_.message_ids == Semantics::MessageIds::kEveryMessage;
}

// --- the client's side ---

NTSTATUS Rendezvous::check(const Receive& receive) const {
  if (receive.size < kHeader && semantics_.short_receive_fails_at_call)
    return port_status::kReceiveShorterThanHeader;
  if (semantics_.receive_buffer_checked_at_call && !nt::client_memory(receive.buffer, receive.size))
    return port_status::kBadUserBuffer;
  return port_status::kReceivePending;
}

NTSTATUS Rendezvous::receive(Receive& receive) {
  if (const NTSTATUS status = check(receive); status != port_status::kReceivePending) return status;
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  return enter(receive, waking);
}

NTSTATUS Rendezvous::receive_later(const Receive& receive) {
  if (const NTSTATUS status = check(receive); status != port_status::kReceivePending) return status;
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  if (closed()) return port_status::kDisconnected;
  Receive* spare = spare_.pop_front();
  if (spare == nullptr) spare = made_.emplace_back(std::make_unique<Receive>()).get();
  *spare = receive;
  return enter(*spare, waking);
}

NTSTATUS Rendezvous::enter(Receive& receive, sched::Waking& waking) {
  if (closed()) return port_status::kDisconnected;
  receives_.push_back(receive);
  // A message that waits already has its say about this one too.
  if (!queued_.empty()) queued_.first()->failed_a_receive = false;
  match(waking);
  return port_status::kReceivePending;
}

std::size_t Rendezvous::cancel(const std::function<bool(const Receive&)>& which) {
  std::size_t count = 0;
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  for (Receive* at = receives_.first(); at != nullptr;) {
    Receive& receive = *at;
    at = receives_.next(receive);
    if (!which(receive)) continue;
    receives_.erase(receive);
    complete(receive, port_status::kReceiveCancelled, 0, waking);
    ++count;
  }
  return count;
}

NTSTATUS Rendezvous::reply(const FILTER_REPLY_HEADER& header, const void* payload,
                           std::uint32_t payload_size) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  if (closed()) return port_status::kDisconnected;
  Sender* found = awaiting_.first();
  while (found != nullptr && found->id < header.MessageId) found = awaiting_.next(*found);
  if (found == nullptr || found->id != header.MessageId) return port_status::kNoWaiter;
  Sender& sender = *found;
  last_sender_.note(&sender, sender.reply);
  const bool fits = payload_size <= sender.reply_length;
  std::uint32_t copied = std::min(payload_size, sender.reply_length);
  if (!fits && semantics_.reply_overflow_copy == Semantics::OverflowCopy::kNothing) copied = 0;
  if (!NT_SUCCESS(header.Status) && !semantics_.reply_payload_on_error_status) copied = 0;
  // Only what is really there is written: a length that promises more has its finding already (WIRE-6).
  if (!nt::copy_from_client(sender.reply, payload, std::min(copied, sender.reply_writable)))
    return port_status::kBadUserBuffer;
  awaiting_.erase(sender);
  sender.answered = true;
  sender.reply_size = copied;
  if (trace_.enabled()) [[unlikely]]
    note(sender.request.trace, "reply of " + bytes_text(payload_size) + (fits ? "" : ": too long"));
  finish(sender, fits ? header.Status : port_status::kReplyTooLong,
         fits ? SendEnd::kReplied : SendEnd::kReplyTooLong, waking);
  return fits ? STATUS_SUCCESS : port_status::kReplyTooLong;
}

// --- the end ---

bool Rendezvous::close_from_driver(PFLT_PORT* slot, PFLT_PORT expected) {
  {
    const std::lock_guard lock(mutex_);
    if (__atomic_load_n(slot, __ATOMIC_ACQUIRE) != expected) return false;
    __atomic_store_n(slot, nullptr, __ATOMIC_SEQ_CST);  // U1 in port_in_use.hpp
    closed_by_driver_ = true;
  }
  close(port_status::kDisconnected);
  return true;
}

void Rendezvous::close(NTSTATUS receive_status) {
  sched::Waking waking;
  const std::lock_guard lock(mutex_);
  if (closed_.exchange(true, std::memory_order_release)) return;
  while (Sender* sender = queued_.pop_front())
    finish(*sender, port_status::kDisconnected, SendEnd::kDisconnectedUndelivered, waking);
  while (Sender* sender = awaiting_.pop_front())
    finish(*sender, port_status::kDisconnected, SendEnd::kDisconnectedUnanswered, waking);
  while (Receive* receive = receives_.pop_front()) complete(*receive, receive_status, 0, waking);
}

SendCounts Rendezvous::counts() const {
  const std::lock_guard lock(mutex_);
  SendCounts counts{.started = started_, .ended = ended_};
  for (const Sender* one = queued_.first(); one != nullptr; one = queued_.next(*one)) ++counts.queued;
  for (const Sender* one = awaiting_.first(); one != nullptr; one = awaiting_.next(*one)) ++counts.awaiting;
  return counts;
}

}  // namespace fltsim::fltmgr

#include "fltmgr/rendezvous.hpp"

#include <algorithm>
#include <cstring>

#include "fltmgr/port_status.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim::fltmgr {
namespace {

constexpr std::uint32_t kHeader = sizeof(FILTER_MESSAGE_HEADER);
static_assert(kHeader == 16 && sizeof(FILTER_REPLY_HEADER) == 16);  // WIRE-1, WIRE-2

std::uint64_t needed_by(const SendRequest& request) { return std::uint64_t{kHeader} + request.message_size; }

std::string bytes_text(std::uint32_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

}  // namespace

// --- the driver's side ---

SendResult Rendezvous::send(nt::Thread& thread, const SendRequest& request) {
  Sender sender{.request = request, .thread = thread.scheduled.load()};
  {
    const std::lock_guard lock(mutex_);
    ++counts_.started;
    const bool named =
        request.slot == nullptr || __atomic_load_n(request.slot, __ATOMIC_ACQUIRE) == request.expected;
    if (closed_ || !named) {
      count(SendEnd::kRefused);
      return {.status = port_status::kDisconnected, .stale = closed_ && named && closed_by_driver_};
    }
    queued_.push_back(&sender);
    match();
  }
  return wait(thread, sender);
}

SendResult Rendezvous::wait(nt::Thread& thread, Sender& sender) {
  sched::Scheduler& scheduler = thread.system.scheduler();
  const sched::Ticks sent_at = scheduler.now();
  const nt::InterruptibleWait interruptible(thread);
  for (sched::Ticks expired = 0;;) {
    sched::Ticks deadline = 0;
    std::string waits_for;
    {
      const std::lock_guard lock(mutex_);
      if (sender.phase == Phase::kDone)
        return {.status = sender.status, .answered = sender.answered, .reply_size = sender.reply_size};
      deadline = deadline_of(sender, sent_at);
      if (thread.terminated())
        withdraw(sender, port_status::kSenderTerminated, SendEnd::kTerminatedUndelivered,
                 SendEnd::kTerminatedUnanswered);
      else if (deadline <= expired || deadline <= scheduler.now())
        withdraw(sender, port_status::kSendTimeout, SendEnd::kTimedOutUndelivered,
                 SendEnd::kTimedOutUnanswered);
      if (sender.phase == Phase::kDone) return {.status = sender.status};
      waits_for = port_name_ + (sender.phase == Phase::kQueued
                                    ? ": nobody receives"
                                    : ": no reply to message " + std::to_string(sender.id));
    }
    if (scheduler.park(deadline, {"FltSendMessage", std::move(waits_for), nullptr}) ==
        sched::ParkResult::kDeadline) {
      expired = deadline;
    }
  }
}

// H-1, H-2: what a zero means, and whether the reply has a time of its own.
sched::Ticks Rendezvous::deadline_of(const Sender& sender, sched::Ticks sent_at) const {
  const std::int64_t* timeout = sender.request.timeout;
  if (timeout != nullptr && *timeout == 0 &&
      semantics_.send_zero_timeout == Semantics::ZeroTimeout::kForever) {
    timeout = nullptr;
  }
  const bool again =
      sender.phase == Phase::kAwaiting && semantics_.send_timeout_scope == Semantics::TimeoutScope::kPerPhase;
  return nt::deadline_from(timeout, again ? sender.delivered_at : sent_at);
}

void Rendezvous::finish(Sender& sender, NTSTATUS status, SendEnd end) {
  count(end);
  sender.phase = Phase::kDone;
  sender.status = status;
  sched::Scheduler::current()->unpark(*sender.thread);
}

// The sender gives up; it is the calling thread.
void Rendezvous::withdraw(Sender& sender, NTSTATUS status, SendEnd undelivered, SendEnd unanswered) {
  count(sender.phase == Phase::kQueued ? undelivered : unanswered);
  if (sender.phase == Phase::kQueued) {
    std::erase(queued_, &sender);
    note(sender.request.trace, "withdrawn: not delivered");
  } else {
    std::erase(awaiting_, &sender);
    note(sender.request.trace, "given up: delivered, not answered");
  }
  sender.phase = Phase::kDone;
  sender.status = status;
}

// --- delivery ---

void Rendezvous::match() {
  for (auto at = queued_.begin(); at != queued_.end() && !receives_.empty();) {
    Sender& sender = **at;
    const auto chosen = choose(sender);
    if (chosen == receives_.end()) {  // it waits for a larger one, and stops nobody behind it (SEND-4)
      ++at;
      continue;
    }
    const Receive receive = std::move(*chosen);
    receives_.erase(chosen);
    if (receive.size < needed_by(sender.request)) {
      sender.failed_a_receive = true;
      if (trace_.enabled())
        note(sender.request.trace, "a receive of " + bytes_text(receive.size) + " is too small");
      receive.complete(port_status::kReceiveTooSmall, 0);
    } else if (deliver(sender, receive)) {
      at = queued_.erase(at);
      receive.complete(STATUS_SUCCESS, kHeader + sender.request.message_size);
      if (sender.request.reply != nullptr) {
        sender.phase = Phase::kAwaiting;
        awaiting_.push_back(&sender);
        if (semantics_.send_timeout_scope == Semantics::TimeoutScope::kPerPhase) {
          sched::Scheduler::current()->unpark(*sender.thread);
        }
      } else {
        finish(sender, STATUS_SUCCESS, SendEnd::kDelivered);
      }
    } else {
      receive.complete(port_status::kBadUserBuffer, 0);
    }
  }
}

// The receive that the sender meets: the first that is large enough; when none is, the first one, to be
// failed, but one per message only (GET-7, GET-8). Without the preference, the first in any case.
std::list<Receive>::iterator Rendezvous::choose(Sender& sender) {
  if (!semantics_.prefer_fitting_receive) return receives_.begin();
  const std::uint64_t needed = needed_by(sender.request);
  const auto fits = std::find_if(receives_.begin(), receives_.end(),
                                 [&](const Receive& one) { return one.size >= needed; });
  if (fits != receives_.end() || sender.failed_a_receive) return fits;
  return receives_.begin();
}

// False: the client's buffer is not there any more (GET-14).
bool Rendezvous::deliver(Sender& sender, const Receive& receive) {
  const SendRequest& request = sender.request;
  const bool reply_wanted = request.reply != nullptr;
  const bool written = nt::with_client_memory(receive.buffer, needed_by(request), [&] {
    sender.id = next_id(reply_wanted);
    FILTER_MESSAGE_HEADER header{};
    header.ReplyLength = reply_wanted ? kHeader + request.reply_length : 0;  // WIRE-4
    header.MessageId = sender.id;
    std::memcpy(receive.buffer, &header, kHeader);
    if (request.message_size != 0) {
      std::memcpy(static_cast<std::byte*>(receive.buffer) + kHeader, request.message, request.message_size);
    }
  });
  if (!written) return false;
  sender.delivered_at = sched::Scheduler::current()->now();
  if (trace_.enabled()) {
    note(request.trace, "delivered" +
                            (sender.id != 0 ? " as message " + std::to_string(sender.id) : std::string()) +
                            " to " + std::string(receive.client));
  }
  return true;
}

// WIRE-15, H-4.
std::uint64_t Rendezvous::next_id(bool reply_wanted) {
  if (!reply_wanted && semantics_.message_ids == Semantics::MessageIds::kRepliesOnly) return 0;
  return ++last_id_;
}

// --- the client's side ---

NTSTATUS Rendezvous::receive(Receive receive) {
  if (receive.size < kHeader && semantics_.short_receive_fails_at_call)
    return port_status::kReceiveShorterThanHeader;
  if (!nt::client_memory(receive.buffer, receive.size) && semantics_.receive_buffer_checked_at_call) {
    return port_status::kBadUserBuffer;
  }
  const std::lock_guard lock(mutex_);
  if (closed_) return port_status::kDisconnected;
  receives_.push_back(std::move(receive));
  // A message that waits already has its say about this one too.
  if (!queued_.empty()) queued_.front()->failed_a_receive = false;
  match();
  return port_status::kReceivePending;
}

std::size_t Rendezvous::cancel(const std::function<bool(const Receive&)>& which) {
  std::size_t count = 0;
  const std::lock_guard lock(mutex_);
  for (auto it = receives_.begin(); it != receives_.end();) {
    if (!which(*it)) {
      ++it;
      continue;
    }
    const Receive receive = std::move(*it);
    it = receives_.erase(it);
    receive.complete(port_status::kReceiveCancelled, 0);
    ++count;
  }
  return count;
}

NTSTATUS Rendezvous::reply(const FILTER_REPLY_HEADER& header, const void* payload,
                           std::uint32_t payload_size) {
  const std::lock_guard lock(mutex_);
  if (closed_) return port_status::kDisconnected;
  const auto found =
      std::lower_bound(awaiting_.begin(), awaiting_.end(), header.MessageId,
                       [](const Sender* waiting, std::uint64_t id) { return waiting->id < id; });
  if (found == awaiting_.end() || (*found)->id != header.MessageId) return port_status::kNoWaiter;
  Sender& sender = **found;
  const SendRequest& request = sender.request;
  const bool fits = payload_size <= request.reply_length;
  std::uint32_t copied = std::min(payload_size, request.reply_length);
  if (!fits && semantics_.reply_overflow_copy == Semantics::OverflowCopy::kNothing) copied = 0;
  if (!NT_SUCCESS(header.Status) && !semantics_.reply_payload_on_error_status) copied = 0;
  // Only what is really there is written: a length that promises more has its finding already (WIRE-6).
  const bool read = copied == 0 || nt::with_client_memory(payload, copied, [&] {
                      std::memcpy(request.reply, payload, std::min(copied, request.reply_writable));
                    });
  if (!read) return port_status::kBadUserBuffer;
  awaiting_.erase(found);
  sender.answered = true;
  sender.reply_size = copied;
  if (trace_.enabled())
    note(request.trace, "reply of " + bytes_text(payload_size) + (fits ? "" : ": too long"));
  finish(sender, fits ? header.Status : port_status::kReplyTooLong,
         fits ? SendEnd::kReplied : SendEnd::kReplyTooLong);
  return fits ? STATUS_SUCCESS : port_status::kReplyTooLong;
}

// --- the end ---

bool Rendezvous::close_from_driver(PFLT_PORT* slot, PFLT_PORT expected) {
  {
    const std::lock_guard lock(mutex_);
    if (__atomic_load_n(slot, __ATOMIC_ACQUIRE) != expected) return false;
    __atomic_store_n(slot, nullptr, __ATOMIC_RELEASE);
    closed_by_driver_ = true;
  }
  close(port_status::kDisconnected);
  return true;
}

void Rendezvous::close(NTSTATUS receive_status) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(closed_, true)) return;
  for (Sender* sender : queued_)
    finish(*sender, port_status::kDisconnected, SendEnd::kDisconnectedUndelivered);
  for (Sender* sender : awaiting_)
    finish(*sender, port_status::kDisconnected, SendEnd::kDisconnectedUnanswered);
  queued_.clear();
  awaiting_.clear();
  for (const Receive& receive : receives_) receive.complete(receive_status, 0);
  receives_.clear();
}

SendCounts Rendezvous::counts() const {
  const std::lock_guard lock(mutex_);
  SendCounts counts = counts_;
  counts.queued = queued_.size();
  counts.awaiting = awaiting_.size();
  return counts;
}

bool Rendezvous::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace fltsim::fltmgr

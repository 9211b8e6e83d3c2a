#include "connection.hpp"

#include "lock.hpp"

namespace drmfilter {
namespace {

using fltlink::EnqueueOutcome;
using fltlink::FltSendOutcome;
using fltlink::FltSendResult;
using fltlink::PeekOutcome;
using fltlink::SendTimeout;

// How long one attempt to hand a message over waits for a receive of the client, and how many attempts there
// are. A client that never receives costs its worker three seconds a message, with batches one more for each that is
// tried first, and the rest of the machine nothing.
constexpr SendTimeout kSendTimeout = SendTimeout::milliseconds(1000u);
constexpr unsigned kSendAttempts = 3;
constexpr LONGLONG kMemoryPause = -100'000;

// Behind a batch that was not taken, so many messages go by themselves; twice as many behind each next one.
constexpr uint32_t kSinglesFirst = 16;
constexpr uint32_t kSinglesMax = 4096;

void pause_for_memory() {
  LARGE_INTEGER pause;
  pause.QuadPart = kMemoryPause;
  KeDelayExecutionThread(KernelMode, FALSE, &pause);
}

constexpr uint32_t kGranules = fltlink::kGranuleSize;

[[nodiscard]] bool is_worth_another_try(FltSendOutcome outcome) {
  return outcome == FltSendOutcome::kTimedOut || outcome == FltSendOutcome::kNoResources;
}

// Whether the messages of a batch that ended so are to be tried one by one.
[[nodiscard]] bool is_worth_cutting(FltSendOutcome outcome) {
  return is_worth_another_try(outcome) || outcome == FltSendOutcome::kFailed;
}

// What the messages of a send that ended so are counted as. REQUIRES: not delivered.
[[nodiscard]] DropReason reason_for(FltSendOutcome outcome) {
  switch (outcome) {
    case FltSendOutcome::kTimedOut:
      return DropReason::kTimedOut;
    case FltSendOutcome::kDisconnected:
      return DropReason::kDisconnected;
    case FltSendOutcome::kNoResources:
      return DropReason::kNoResources;
    default:
      FLTLINK_ASSERT(outcome == FltSendOutcome::kThreadTerminating || outcome == FltSendOutcome::kFailed);
      return DropReason::kSendFailed;
  }
}

}  // namespace

void Connection::start(ConnectionBooks& books) {
  books_ = &books;
  ExInitializeRundownProtection(&rundown_);
  ExWaitForRundownProtectionRelease(&rundown_);
  ExRundownCompleted(&rundown_);
  FltInitializePushLock(&envelope_lock_);
  peer_.start();
}

NTSTATUS Connection::open(const ConnectionRequest& request) {
  terms_ = request.terms;
  window_ = {};
  port_.open(request.port);
  high_water_.store(0, MemoryOrder::kRelaxed);
  end_reason_.store(static_cast<uint8_t>(DropReason::kDisconnected), MemoryOrder::kRelaxed);
  if (subscribes()) {
    const NTSTATUS status = open_ring();
    if (!NT_SUCCESS(status)) {
      port_.give_back();
      return status;
    }
  }
  books_->connection_id.store(terms_.connection_id, MemoryOrder::kRelaxed);
  peer_.open(request.context, terms_.connection_id);
  ExReInitializeRundownProtection(&rundown_);
  return STATUS_SUCCESS;
}

NTSTATUS Connection::open_ring() {
  const uint32_t size = terms_.queue_size_max;
  ring_memory_ = ExAllocatePool2(POOL_FLAG_NON_PAGED | POOL_FLAG_CACHE_ALIGNED, size, kPoolTag);
  if (ring_memory_ == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  fltlink::QueueOptions options;
  options.messages_max = terms_.queue_messages_max;
  options.critical_messages = terms_.queue_messages_max / 4 != 0 ? terms_.queue_messages_max / 4 : 1;
  options.critical_size = size / 2 / kGranules * kGranules;
  // The worker has nothing better to do than to park, and a spinning kernel thread takes the processor from
  // the callbacks that feed it.
  options.polls_before_park = 0;
  host_.start();
  ring_.open(host_, fltlink::MutableBytes(static_cast<uint8_t*>(ring_memory_), size), options);
  books_->ring.store(&ring_, MemoryOrder::kRelease);
  worker_ = host_.spawn("DrmFilter worker", &work, this);
  if (worker_ != nullptr) return STATUS_SUCCESS;
  books_->ring.store(nullptr, MemoryOrder::kRelease);
  ExFreePoolWithTag(ring_memory_, kPoolTag);
  ring_memory_ = nullptr;
  return STATUS_INSUFFICIENT_RESOURCES;
}

void Connection::close(DropReason reason) {
  end_reason_.store(static_cast<uint8_t>(reason), MemoryOrder::kRelaxed);
  port_.close(state.filter);
  ExWaitForRundownProtectionRelease(&rundown_);
  if (ring_memory_ != nullptr) close_ring();
  peer_.close();
  ExRundownCompleted(&rundown_);
}

// Drained rather than discarded: the worker counts the end of each message (B2), and sends none any more.
void Connection::close_ring() {
  ring_.close(fltlink::CloseMode::kDrain);
  host_.join(worker_);
  worker_ = nullptr;
  books_->ring.store(nullptr, MemoryOrder::kRelease);
  ExFreePoolWithTag(ring_memory_, kPoolTag);
  ring_memory_ = nullptr;
}

void Connection::post(const fltlink::DriverMessage& message) {
  const fltlink::DriverMessagePlan plan =
      fltlink::plan_driver_message(message, {terms_.version, terms_.message_size_max});
  const MessageClass message_class = class_of(message.type);
  LiveMessages& books = books_->of(message_class);
  fltlink::Reservation reservation;
  const EnqueueOutcome outcome = ring_.reserve(message_class, static_cast<uint32_t>(plan.size), reservation);
  if (outcome != EnqueueOutcome::kAccepted) {
    books.refuse(refusal_for(outcome));
    return;
  }
  books.accept();
  const auto written = fltlink::encode_driver_message(message, plan, reservation.message);
  FLTLINK_ASSERT(written.ok());
  if (plan.path_lost) books.paths_cut.add(1);
  ring_.commit(reservation);
}

DropReason Connection::refusal_for(EnqueueOutcome outcome) const {
  switch (outcome) {
    case EnqueueOutcome::kFull:
      return DropReason::kQueueFull;
    case EnqueueOutcome::kTooLarge:
      return DropReason::kTooLarge;
    default:
      return end_reason();
  }
}

bool Connection::ask(const fltlink::DriverMessage& question) {
  FLTLINK_ASSERT(authorizes());
  const Ruling ruling = put_question(port_, terms_, question, books_->questions);
  const bool allowed = allows(ruling, terms_.fail_open);
  if (!ruling.ok()) {
    DRMFILTER_LOG(kLogErrors, "connection %u: no verdict, for reason %u: %s\n", terms_.connection_id,
                  static_cast<unsigned>(ruling.error()), allowed ? "allowed" : "denied");
  }
  return allowed;
}

fltlink::Result<fltlink::Bytes, fltlink::DecodeError> Connection::open_envelope(fltlink::Bytes bytes) {
  const ExclusiveLock lock(envelope_lock_);
  return fltlink::open_signed_message(bytes, window_);
}

void Connection::work(void* connection) { static_cast<Connection*>(connection)->deliver_all(); }

// A port that is disconnected stays so: what is left is given up without asking it again. A batch that is not taken for
// another reason stays in the ring, and its messages are tried by themselves: the client may have room for these.
void Connection::deliver_all() {
  Parcel parcel;
  FltSendResult sent(STATUS_SUCCESS);
  uint32_t singles = 0;  // how many go by themselves now
  uint32_t singles_next = kSinglesFirst;
  while (peek(parcel, singles == 0 ? UINT32_MAX : 1) == PeekOutcome::kMessage) {
    if (sent.outcome() != FltSendOutcome::kDisconnected) sent = send(parcel);
    note_high_water();
    if (parcel.messages > 1 && is_worth_cutting(sent.outcome())) {
      singles = singles_next;
      singles_next = singles_next < kSinglesMax ? singles_next * 2 : kSinglesMax;
      continue;
    }
    if (singles > 0)
      --singles;
    else if (parcel.messages > 1)
      singles_next = kSinglesFirst;
    settle(parcel, sent);
  }
}

// Blocks until there is something. Whatever a client of batches gets is a run, be it of one message.
PeekOutcome Connection::peek(Parcel& parcel, uint32_t messages_max) {
  if (terms_.batch_size_max == 0) {
    fltlink::MessageView view;
    const PeekOutcome outcome = ring_.peek(view, fltlink::kForever);
    parcel = {view.message_class, view.message, 1, false};
    return outcome;
  }
  fltlink::RunView run;
  const PeekOutcome outcome = peek_batch(run, messages_max);
  parcel = {run.message_class, run.bytes, run.messages, run.complete};
  return outcome;
}

PeekOutcome Connection::peek_batch(fltlink::RunView& run, uint32_t messages_max) {
  const fltlink::RunLimits limits{.size_max = terms_.batch_size_max, .messages_max = messages_max};
  PeekOutcome outcome = ring_.try_peek_run(run, limits);
  if (outcome == PeekOutcome::kEmpty) {
    outcome = ring_.peek_run(run, limits, fltlink::kForever);
    oldest_ = host_.now();
  }
  if (outcome != PeekOutcome::kMessage || terms_.batch_delay_us == 0) return outcome;
  // Returns at once for what must not wait.
  ring_.await_complete_run(limits, oldest_ + terms_.batch_delay_us * fltlink::kTicksPerMicrosecond);
  looked_ = host_.now();
  return ring_.try_peek_run(run, limits);
}

FltSendResult Connection::send(const Parcel& parcel) {
  const unsigned attempts = parcel.messages > 1 ? 1 : kSendAttempts;
  for (unsigned attempt = 1;; ++attempt) {
    const FltSendResult sent = port_.send(state.filter, parcel.bytes, kSendTimeout);
    if (!is_worth_another_try(sent.outcome()) || attempt == attempts) return sent;
    if (sent.outcome() == FltSendOutcome::kNoResources) pause_for_memory();
  }
}

// The log comes last: between taking messages out and counting their end there is no call (B1).
void Connection::settle(const Parcel& parcel, FltSendResult sent) {
  LiveMessages& books = books_->of(parcel.message_class);
  if (parcel.message_class == MessageClass::kTelemetry && !parcel.complete) oldest_ = looked_;
  if (sent.outcome() == FltSendOutcome::kDelivered) {
    ring_.release();
    books.deliver(parcel.messages);
    return;
  }
  const DropReason reason = reason_for(sent.outcome());
  ring_.discard();
  if (reason == DropReason::kDisconnected) {
    books.drop(end_reason(), parcel.messages);
    return;
  }
  books.drop(reason, parcel.messages);
  DRMFILTER_LOG(kLogErrors, "connection %u: %u messages were given up: 0x%08X\n", terms_.connection_id,
                parcel.messages, sent.status());
}

// What is pending grows until the worker takes something out, so its peaks stand right before that.
void Connection::note_high_water() {
  uint64_t pending = 0;
  for (const LiveMessages& live : books_->messages) pending += live.pending.value();
  if (pending > high_water_.load(MemoryOrder::kRelaxed))
    high_water_.store(static_cast<uint32_t>(pending), MemoryOrder::kRelaxed);
}

}  // namespace drmfilter

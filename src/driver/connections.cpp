#include "connections.hpp"

#include "authority.hpp"
#include "clients.hpp"
#include "lock.hpp"

namespace drmfilter {
namespace {

// Non-paged memory that one client may take for its queue.
constexpr uint32_t kQueueSizeMax = 4 * 1024 * 1024;

// Threads of programs that may wait for one authorizer at once.
constexpr uint32_t kQuestionsMax = 64;

[[nodiscard]] uint32_t id_of(Cookie cookie) {
  return static_cast<uint32_t>(reinterpret_cast<ULONG_PTR>(cookie));
}

[[nodiscard]] NTSTATUS status_for(fltlink::NegotiationError error) {
  const bool by_version = error == fltlink::NegotiationError::kVersionRangesDoNotMeet ||
                          error == fltlink::NegotiationError::kRoleNeedsNewerVersion;
  return by_version ? STATUS_REVISION_MISMATCH : STATUS_INVALID_PARAMETER;
}

// The queue's two lanes need room for two records of the largest message each; what is granted says so.
void fit_queue(fltlink::ConnectionTerms& terms) {
  constexpr uint32_t kGranule = fltlink::kGranuleSize;
  const uint32_t record_size = fltlink::granules_for(terms.message_size_max) * kGranule;
  const uint32_t least = 2 * 2 * (record_size + kGranule);
  uint32_t size = terms.queue_size_max / (2 * kGranule) * (2 * kGranule);
  if (size > kQueueSizeMax) size = kQueueSizeMax;
  terms.queue_size_max = size < least ? least : size;
  if (terms.queue_messages_max < 2) terms.queue_messages_max = 2;
}

// Who speaks 1.0 cannot prove who it is.
[[nodiscard]] uint32_t oldest_version() {
  return authority.demands_proof() ? FLTLINK_VERSION_1_1 : FLTLINK_VERSION_OLDEST;
}

[[nodiscard]] NTSTATUS agree(const VOID* context, ULONG context_size, ConnectionRequest& request) {
  fltlink::ConnectionTerms& terms = request.terms;
  if (context_size != 0) {
    const auto asked =
        fltlink::decode_connect_context(fltlink::Bytes(static_cast<const uint8_t*>(context), context_size));
    if (!asked.ok()) return STATUS_INVALID_PARAMETER;
    const fltlink::VersionRange spoken{.min = oldest_version()};
    const auto agreed = fltlink::agree_terms(*asked, spoken, request.terms.connection_id);
    if (!agreed.ok()) return status_for(agreed.error());
    request.context = *asked;
    terms = *agreed;
  }
  if (terms.version < oldest_version()) return STATUS_REVISION_MISMATCH;
  if (terms.role != FLTLINK_ROLE_AUTHORIZER)
    fit_queue(terms);
  else if (terms.queue_messages_max > kQuestionsMax)
    terms.queue_messages_max = kQuestionsMax;
  return STATUS_SUCCESS;
}

void add_to(fltlink::CountersReply& reply, ConnectionBooks& books) {
  add(reply.file_events, books.of(MessageClass::kTelemetry).read());
  add(reply.block_notices, books.of(MessageClass::kCritical).read());
  for (size_t kind = 0; kind < reply.requests.size(); ++kind)
    add(reply.requests[kind], books.requests[kind].read());
  add(reply.questions, books.questions.read());
}

}  // namespace

constinit Connections connections;

void Connections::start(Text allowed_image, uint32_t authorize_timeout_ms) {
  allowed_image_ = allowed_image;
  authorize_timeout_ms_ = authorize_timeout_ms;
  FltInitializePushLock(&connect_lock_);
  FltInitializePushLock(&table_lock_);
  for (size_t index = 0; index < slots_.size(); ++index) {
    KeInitializeEvent(&slots_[index].closed, NotificationEvent, TRUE);
    slots_[index].connection.start(DrmFilterBooks.connections[index]);
  }
}

void Connections::stop() {
  for (Slot& slot : slots_) slot.connection.stop();
  FltDeletePushLock(&table_lock_);
  FltDeletePushLock(&connect_lock_);
}

NTSTATUS Connections::connect(PFLT_PORT port, const VOID* context, ULONG context_size, Cookie& cookie) {
  ConnectionRequest request;
  request.port = port;
  request.process_id = HandleToULong(PsGetCurrentProcessId());
  const ExclusiveLock lock(connect_lock_);
  if (closing_) return STATUS_FLT_DELETING_OBJECT;
  NTSTATUS status = check_current_client(allowed_image_);
  if (!NT_SUCCESS(status)) return status;
  request.terms.connection_id = last_id_ + 1;
  status = agree(context, context_size, request);
  if (!NT_SUCCESS(status)) return status;
  if (request.terms.role == FLTLINK_ROLE_AUTHORIZER) request.terms.reply_timeout_ms = authorize_timeout_ms_;
  return admit(request, cookie);
}

NTSTATUS Connections::admit(const ConnectionRequest& request, Cookie& cookie) {
  make_place_at_gate();
  Slot* slot = free_slot();
  if (slot == nullptr) return STATUS_CONNECTION_COUNT_LIMIT;
  const NTSTATUS status = slot->connection.open(request);
  if (!NT_SUCCESS(status)) return status;
  last_id_ = request.terms.connection_id;
  const ExclusiveLock lock(table_lock_);
  if (largest_queue_ < request.terms.queue_messages_max) largest_queue_ = request.terms.queue_messages_max;
  KeClearEvent(&slot->closed);
  slot->state = SlotState::kLive;
  slot->role.store(request.terms.role, MemoryOrder::kRelaxed);
  slot->admitted_at = gate_host_.now();
  slot->process_id.store(request.process_id, MemoryOrder::kRelease);
  slot->id.store(last_id_, MemoryOrder::kRelease);
  cookie = reinterpret_cast<Cookie>(static_cast<ULONG_PTR>(last_id_));
  wake_gatekeeper();
  return STATUS_SUCCESS;
}

void Connections::disconnect(Cookie cookie) {
  Slot* slot = nullptr;
  {
    const ExclusiveLock lock(table_lock_);
    slot = slot_of(id_of(cookie));
    if (slot == nullptr || slot->state != SlotState::kLive) return;
    slot->state = SlotState::kClosing;
  }
  close(*slot, DropReason::kDisconnected);
}

void Connections::close_all() {
  {
    // From its release on, every connect that got in is in the table.
    const ExclusiveLock lock(connect_lock_);
    closing_ = true;
  }
  shut_gate();
  for (Slot& slot : slots_) {
    bool mine = false;
    {
      const ExclusiveLock lock(table_lock_);
      mine = slot.state == SlotState::kLive;
      if (mine) slot.state = SlotState::kClosing;
    }
    if (mine) close(slot, DropReason::kShutdown);
    // A disconnect in another thread may be at it.
    KeWaitForSingleObject(&slot.closed, Executive, KernelMode, FALSE, NULL);
  }
}

void Connections::close(Slot& slot, DropReason reason) {
  slot.connection.close(reason);
  print_books(slot.connection.books(), kLogErrors);
  retire(slot);
}

void Connections::retire(Slot& slot) {
  const ExclusiveLock lock(table_lock_);
  slot.connection.books().move_to(DrmFilterBooks.rest);
  if (past_high_water_ < slot.connection.high_water()) past_high_water_ = slot.connection.high_water();
  slot.id.store(0, MemoryOrder::kRelease);
  slot.process_id.store(0, MemoryOrder::kRelease);
  slot.state = SlotState::kFree;
  KeSetEvent(&slot.closed, IO_NO_INCREMENT, FALSE);
}

// Nobody else frees or takes a slot while the connect lock is held, but for retire(), which only adds to the
// free ones.
Connections::Slot* Connections::free_slot() {
  const ExclusiveLock lock(table_lock_);
  for (Slot& slot : slots_) {
    if (slot.state == SlotState::kFree) return &slot;
  }
  return nullptr;
}

Connections::Slot* Connections::slot_of(uint32_t id) {
  for (Slot& slot : slots_) {
    if (id != 0 && slot.id.load(MemoryOrder::kAcquire) == id) return &slot;
  }
  return nullptr;
}

Connection* Connections::enter(Cookie cookie) {
  Slot* slot = slot_of(id_of(cookie));
  if (slot == nullptr || !slot->connection.protect()) return nullptr;
  // Protected now; but is it still the same client?
  if (slot->connection.terms().connection_id == id_of(cookie)) return &slot->connection;
  slot->connection.unprotect();
  return nullptr;
}

void Connections::broadcast(const fltlink::DriverMessage& message) {
  bool heard = false;
  for (Slot& slot : slots_) {
    if (slot.id.load(MemoryOrder::kAcquire) == 0 || !slot.connection.protect()) continue;
    if (slot.connection.listens()) {
      heard = true;
      slot.connection.post(message);
    }
    slot.connection.unprotect();
  }
  if (!heard) DrmFilterBooks.rest.of(class_of(message.type)).refuse(DropReason::kNoSubscriber);
}

void Connections::count_late_request() {
  LiveRequests& books = DrmFilterBooks.rest.of(RequestKind::kOther);
  books.begin();
  books.refuse(Refusal::kDisconnected);
}

// The one with the smallest number, under protection. Its role is looked at under protection alone: what the slot
// holds without it may be the next client's.
Connection* Connections::enter_authorizer() {
  Connection* oldest = nullptr;
  for (Slot& slot : slots_) {
    Connection& connection = slot.connection;
    if (slot.id.load(MemoryOrder::kAcquire) == 0 || !connection.protect()) continue;
    const bool older = oldest == nullptr || connection.terms().connection_id < oldest->terms().connection_id;
    if (connection.authorizes() && connection.peer().is_authenticated() && older) {
      if (oldest != nullptr) oldest->unprotect();
      oldest = &connection;
    } else {
      connection.unprotect();
    }
  }
  return oldest;
}

bool Connections::ask(const fltlink::DriverMessage& question) {
  Connection* authorizer = enter_authorizer();
  if (authorizer == nullptr) {
    count_unasked();
    return false;
  }
  const bool allowed = authorizer->ask(question);
  leave(authorizer);
  return allowed;
}

bool Connections::is_authorizer(uint32_t process_id) const {
  for (const Slot& slot : slots_) {
    const bool same = process_id != 0 && slot.process_id.load(MemoryOrder::kAcquire) == process_id;
    const bool authorizes = slot.role.load(MemoryOrder::kRelaxed) == FLTLINK_ROLE_AUTHORIZER;
    if (same && authorizes && slot.connection.peer().is_authenticated()) return true;
  }
  return false;
}

bool Connections::is_client(uint32_t process_id) const {
  for (const Slot& slot : slots_) {
    const bool same = slot.process_id.load(MemoryOrder::kAcquire) == process_id && process_id != 0;
    if (same && slot.connection.peer().is_authenticated()) return true;
  }
  return false;
}

bool Connections::books(uint32_t connection_id, fltlink::CountersReply& reply) {
  const ExclusiveLock lock(table_lock_);
  const bool all = connection_id == 0;
  reply.connection_id = connection_id;
  if (all) {
    reply.queue_high_water = past_high_water_;
    reply.queue_messages_max = largest_queue_;
    add_to(reply, DrmFilterBooks.rest);
    print_books(DrmFilterBooks.rest, kLogConnections);
  }
  bool found = all;
  for (const Slot& slot : slots_) {
    if (slot.state == SlotState::kFree) continue;
    ++reply.connections;
    const bool asked = slot.connection.terms().connection_id == connection_id;
    if (!all && !asked) continue;
    found = true;
    add_to(reply, slot.connection.books());
    print_books(slot.connection.books(), kLogConnections);
    if (reply.queue_high_water < slot.connection.high_water())
      reply.queue_high_water = slot.connection.high_water();
    if (!all) reply.queue_messages_max = slot.connection.messages_max();
  }
  return found;
}

}  // namespace drmfilter

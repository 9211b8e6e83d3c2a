// The gate: in a driver with a key, who has not shown it in time is put out again. What connects holds one of
// few places until then, so that those who cannot prove anything never fill the table.
#include "authority.hpp"
#include "connections.hpp"
#include "lock.hpp"

namespace drmfilter {
namespace {

constexpr fltlink::Ticks kTimeToAuthenticate = 5 * fltlink::kTicksPerSecond;
constexpr uint32_t kUnauthenticatedMax = 4;

}  // namespace

NTSTATUS Connections::open_gate() {
  if (!authority.demands_proof()) return STATUS_SUCCESS;
  gate_host_.start();
  gate_closing_.store(false, MemoryOrder::kRelaxed);
  gatekeeper_ = gate_host_.spawn("DrmFilter gatekeeper", &keep_gate, this);
  return gatekeeper_ != nullptr ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

void Connections::shut_gate() {
  if (gatekeeper_ == nullptr) return;
  gate_closing_.store(true, MemoryOrder::kRelease);
  gate_host_.wake(gate_spot_);
  gate_host_.join(gatekeeper_);
  gatekeeper_ = nullptr;
}

void Connections::wake_gatekeeper() {
  if (authority.demands_proof()) gate_host_.wake(gate_spot_);
}

void Connections::keep_gate(void* table) {
  auto* self = static_cast<Connections*>(table);
  while (!self->gate_closing_.load(MemoryOrder::kAcquire)) {
    fltlink::Ticks next = fltlink::kForever;
    if (Slot* late = self->take_late(next)) {
      DRMFILTER_LOG(kLogErrors, "connection %u is closed: it has not proved who it is\n",
                    late->connection.terms().connection_id);
      self->close(*late, DropReason::kDisconnected);
    } else {
      // A wake or the deadline: either way the table is looked at again.
      static_cast<void>(self->gate_host_.park(self->gate_spot_, next));
    }
  }
}

// A connection whose time is up, which is the caller's to close; or null, and when to ask again.
Connections::Slot* Connections::take_late(fltlink::Ticks& next) {
  const fltlink::Ticks now = gate_host_.now();
  const ExclusiveLock lock(table_lock_);
  for (Slot& slot : slots_) {
    if (!waits_at_gate(slot)) continue;
    const fltlink::Ticks deadline = slot.admitted_at + kTimeToAuthenticate;
    if (slot.connection.peer().is_given_up() || deadline <= now) {
      slot.state = SlotState::kClosing;
      return &slot;
    }
    if (deadline < next) next = deadline;
  }
  return nullptr;
}

bool Connections::waits_at_gate(const Slot& slot) const {
  return slot.state == SlotState::kLive && !slot.connection.peer().is_authenticated();
}

// When all places are taken, the one that has waited longest gives up its own: refusing the new one instead
// would let a client that comes again and again keep the right one out for ever.
void Connections::make_place_at_gate() {
  if (!authority.demands_proof()) return;
  const ExclusiveLock lock(table_lock_);
  Slot* oldest = nullptr;
  uint32_t waiting = 0;
  for (Slot& slot : slots_) {
    if (!waits_at_gate(slot) || slot.connection.peer().is_given_up()) continue;
    ++waiting;
    if (oldest == nullptr || slot.connection.terms().connection_id < oldest->connection.terms().connection_id)
      oldest = &slot;
  }
  if (waiting >= kUnauthenticatedMax) oldest->connection.peer().give_up();
}

}  // namespace drmfilter

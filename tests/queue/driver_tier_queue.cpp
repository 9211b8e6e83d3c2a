// Everything that base and queue offer, used once, compiled as a driver would: no hosted library, no
// exceptions, no run-time type information. A test looks at what the object imports.
#include <fltlink/base/assert.hpp>
#include <fltlink/base/atomic.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/base/host.hpp>
#include <fltlink/queue/message_queue.hpp>
#include <fltlink/queue/message_ring.hpp>

namespace fltlink {

struct DriverSpinLock {
  void lock() {
    while (held.exchange(1, MemoryOrder::kAcquire) != 0) {
    }
  }
  void unlock() { held.store(0, MemoryOrder::kRelease); }
  Atomic<uint32_t> held{0};
};

template class Atomic<uint8_t>;
template class Atomic<uint16_t>;
template class Atomic<uint32_t>;
template class Atomic<uint64_t>;
template class MessageQueue<DriverSpinLock>;

}  // namespace fltlink

namespace {

// A static queue: a global with a constructor would need code before the driver's entry.
constinit fltlink::MessageRing ring;
constinit fltlink::MessageQueue<fltlink::DriverSpinLock> queue;

// Atomic without its arithmetic, which flags and pointers lack.
template <typename T>
T use(fltlink::Atomic<T>& atomic, T value) {
  using fltlink::MemoryOrder;
  atomic.store(value, MemoryOrder::kRelease);
  T expected = atomic.exchange(value, MemoryOrder::kAcqRel);
  if (atomic.compare_exchange_strong(expected, value, MemoryOrder::kSeqCst, MemoryOrder::kRelaxed) ||
      atomic.compare_exchange_weak(expected, value, MemoryOrder::kSeqCst, MemoryOrder::kRelaxed))
    return *atomic.address();
  return atomic.load(MemoryOrder::kAcquire);
}

template <fltlink::BoundedQueue Q>
uint64_t use(Q& any, fltlink::Host& host, fltlink::MutableBytes memory) {
  using namespace fltlink;
  any.open(host, memory, QueueOptions{});
  Reservation reservation;
  if (any.reserve(MessageClass::kCritical, 8, reservation) == EnqueueOutcome::kAccepted)
    any.abandon(reservation);
  if (push(any, MessageClass::kTelemetry, memory.first(8)) != EnqueueOutcome::kAccepted) return 0;
  MessageView view;
  if (any.peek(view, kForever) == PeekOutcome::kMessage) any.discard();
  RunView run;
  if (any.peek_run(run, RunLimits{.size_max = 4096}, kForever) == PeekOutcome::kMessage) any.release();
  any.await_complete_run(RunLimits{}, 1);
  if (try_take(any, memory.first(64), view) == TakeOutcome::kTaken) any.release();
  any.close(CloseMode::kDiscard);
  return any.counters(MessageClass::kTelemetry).pending + any.message_size_max(MessageClass::kCritical);
}

}  // namespace

extern "C" uint64_t driver_tier_queue(fltlink::Host& host, uint8_t* memory, size_t size) {
  fltlink::Atomic<bool> flag;
  fltlink::Atomic<uint8_t*> pointer;
  if (!use(flag, true) || use(pointer, memory) == nullptr) return 0;
  return use(ring, host, {memory, size}) + use(queue, host, {memory, size});
}

// The books: what became of every message that the driver produced.
//
// A message is produced once for each subscriber that is connected, or once if there is none. For each type,
// and for each connection as for the whole driver: produced = delivered + the sum of dropped + pending. The
// identity holds at every moment for who looks between two steps of the driver, and for anybody at rest.
#pragma once

#include <array>

#include <fltlink/codec/counters.hpp>
#include <fltlink/queue/queue.hpp>

#include "state.hpp"

namespace drmfilter {

using fltlink::DropReason;
using fltlink::MessageClass;
using fltlink::MessageCounters;

// A type travels in one class: file events are telemetry, block notices critical.
inline constexpr size_t kClassCount = FLTLINK_CLASS_COUNT;

// What the worker of a connection gave up, by class and reason; the ring counts everything else.
struct WorkerDrops {
  std::array<std::array<Atomic<uint64_t>, fltlink::kDropReasonCount>, kClassCount> count_by_class;
};

[[nodiscard]] inline Atomic<uint64_t>& drops_of(WorkerDrops& drops, MessageClass message_class,
                                                DropReason reason) {
  return drops.count_by_class[static_cast<size_t>(message_class)][static_cast<size_t>(reason)];
}

}  // namespace drmfilter

// How both queues lay records (wire/record.h) into a lane: every record starts on a granule of 64 bytes, one
// cache line, and takes whole granules. What is left over behind a message is framed as a SKIP record, so
// that the bytes of consecutive records are a run that can go on the wire as a batch.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <bit>

#include <fltlink/wire/record.h>
#include <fltlink/base/assert.hpp>
#include <fltlink/base/bytes.hpp>
#include <fltlink/queue/queue.hpp>

namespace fltlink {

inline constexpr uint32_t kGranuleSize = 64;
// A claim that wraps adds at most as many to a place, and both together stay below the bit above the granule (LanePosition).
inline constexpr uint32_t kLaneGranulesMax = 1u << 21;

static_assert(std::endian::native == std::endian::little,
              "the header's first 8 bytes are written as one word");

constexpr uint32_t align_to_record(uint32_t size) {
  return (size + FLTLINK_RECORD_ALIGNMENT - 1) / FLTLINK_RECORD_ALIGNMENT * FLTLINK_RECORD_ALIGNMENT;
}

constexpr uint32_t granules_for(uint32_t message_size) {
  return (FLTLINK_RECORD_HEADER_SIZE + message_size + kGranuleSize - 1) / kGranuleSize;
}

// The largest message of a lane. A record of at most half a lane fits an empty lane wherever its tail stands,
// because the part that it cannot use at the end is smaller than the record itself.
constexpr uint32_t message_size_max_for(uint32_t lane_granules) {
  return lane_granules / 2 * kGranuleSize - FLTLINK_RECORD_HEADER_SIZE;
}

// The first 8 bytes of a record header, which decide about its framing.
struct RecordWord {
  uint32_t size;
  uint8_t header_size;
  MessageClass message_class;
  uint16_t flags;
};
static_assert(sizeof(RecordWord) == 8);

constexpr uint64_t message_word(MessageClass message_class, uint32_t message_size) {
  return std::bit_cast<uint64_t>(
      RecordWord{FLTLINK_RECORD_HEADER_SIZE + message_size, FLTLINK_RECORD_HEADER_SIZE, message_class, 0});
}

// A reservation that was given up. Unlike a gap it counts as a message.
constexpr uint64_t abandoned_word(MessageClass message_class, uint32_t message_size) {
  return std::bit_cast<uint64_t>(RecordWord{granules_for(message_size) * kGranuleSize,
                                            FLTLINK_RECORD_HEADER_SIZE, message_class, FLTLINK_RECORD_SKIP});
}

// Filler that no reservation stands for.
constexpr uint64_t gap_word(MessageClass message_class, uint32_t size) {
  return std::bit_cast<uint64_t>(
      RecordWord{size, FLTLINK_RECORD_SKIP_HEADER_SIZE, message_class, FLTLINK_RECORD_SKIP});
}

constexpr bool is_gap(const RecordWord& word) {
  return (word.flags & FLTLINK_RECORD_SKIP) != 0 && word.header_size == FLTLINK_RECORD_SKIP_HEADER_SIZE;
}

constexpr bool is_abandoned(const RecordWord& word) {
  return (word.flags & FLTLINK_RECORD_SKIP) != 0 && word.header_size != FLTLINK_RECORD_SKIP_HEADER_SIZE;
}

// The same of a header's first 8 bytes as one word.
constexpr bool is_skip(uint64_t word) { return (word >> 48 & FLTLINK_RECORD_SKIP) != 0; }
// How many bytes of the lane the record takes.
constexpr size_t taken_by(uint64_t word) {
  return (size_t{static_cast<uint32_t>(word)} + kGranuleSize - 1) & ~size_t{kGranuleSize - 1};
}

constexpr uint32_t granules_of(const RecordWord& word) {
  return (word.size + kGranuleSize - 1) / kGranuleSize;
}

// The record that a reservation's message belongs to.
inline uint8_t* record_of(const Reservation& reservation) {
  return reservation.message.data() - FLTLINK_RECORD_HEADER_SIZE;
}

inline MutableBytes message_of(uint8_t* record, uint32_t message_size) {
  return {record + FLTLINK_RECORD_HEADER_SIZE, message_size};
}

inline void write_word(uint8_t* at, uint64_t word) { copy_bytes(at, &word, sizeof word); }

// Writes what a run needs of a published message beside its first word: no sequence number, and the gap behind the
// message. The consumer does it, and only for a run.
inline void frame_message(uint8_t* record, const RecordWord& word) {
  write_word(record + offsetof(FltlinkRecordHeader, sequence), 0);
  const uint32_t used = align_to_record(word.size);
  const uint32_t taken = granules_of(word) * kGranuleSize;
  if (used < taken) write_word(record + used, gap_word(word.message_class, taken - used));
}

// Where each class has its part of the queue's memory, and its bound.
struct LaneTerms {
  MutableBytes memory;
  uint32_t messages_max;
};

// Checks the terms of a queue, which are the owner's to get right, and splits them.
inline LaneTerms lane_terms(MutableBytes memory, const QueueOptions& options, MessageClass message_class) {
  FLTLINK_ASSERT(reinterpret_cast<uintptr_t>(memory.data()) % kGranuleSize == 0);
  FLTLINK_ASSERT(memory.size() % kGranuleSize == 0 && options.critical_size % kGranuleSize == 0);
  FLTLINK_ASSERT(options.critical_size < memory.size());
  FLTLINK_ASSERT(options.critical_messages > 0 && options.critical_messages < options.messages_max);
  const LaneTerms terms = message_class == MessageClass::kCritical
                              ? LaneTerms{memory.last(options.critical_size), options.critical_messages}
                              : LaneTerms{memory.first(memory.size() - options.critical_size),
                                          options.messages_max - options.critical_messages};
  FLTLINK_ASSERT(terms.memory.size() / kGranuleSize >= 2 &&
                 terms.memory.size() / kGranuleSize <= kLaneGranulesMax);
  return terms;
}

}  // namespace fltlink

// Which drive letters a volume has, kept in an instance context. The letters are looked up when a name is
// first needed, never in InstanceSetup: the volume's links may not be there yet, and that callback must not
// wait (ATT-5).
#pragma once

#include <fltKernel.h>

#include "state.hpp"

namespace drmfilter {

struct InstanceContext {
  Atomic<uint32_t> letters;       // bit n: 'A' + n
  Atomic<uint64_t> looked_up_at;  // system time; 0: never
};

// A letter that a volume has is believed this long, and so is that it has none (100 ns).
inline constexpr uint64_t kLettersLifetime = 10'000'000;

// The drive letters of the volume of `objects`. IRQL <= APC_LEVEL; asks the object manager only at
// PASSIVE_LEVEL, for a volume that it has not asked about in the last second. Fails, and the caller must then
// act as if every name were protected: with STATUS_INSUFFICIENT_RESOURCES, or STATUS_FLT_INVALID_NAME_REQUEST
// where it cannot ask.
[[nodiscard]] NTSTATUS letters_of(PCFLT_RELATED_OBJECTS objects, uint32_t& letters);

}  // namespace drmfilter

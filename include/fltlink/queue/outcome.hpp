// What the verbs of a queue can come to. Full, empty and closed are outcomes, not errors.
#pragma once

#include <stdint.h>

namespace fltlink {

// Of asking for space and of adding a message.
enum class [[nodiscard]] EnqueueOutcome : uint8_t{
    kAccepted,
    kFull,      // the class has no message or no bytes left; counted as refused_full
    kClosed,    // counted as refused_closed
    kTooLarge,  // larger than message_size_max() of its class, now and for ever; counted as refused_too_large
};

// Of looking at the next message.
enum class [[nodiscard]] PeekOutcome : uint8_t{
    kMessage,
    kEmpty,   // nothing can be read now, or nothing came up to the deadline
    kClosed,  // closed, and every accepted message is accounted for: nothing will ever come
};

// Of copying the next message out.
enum class [[nodiscard]] TakeOutcome : uint8_t{
    kTaken,
    kBufferTooSmall,  // the message stays where it is; the view says how large it is
    kEmpty,
    kClosed,
};

// What becomes of the messages that are pending when a queue closes. The bits of kDiscard include those of
// kDrain: a queue that drains can still be told to discard, not the other way round.
enum class CloseMode : uint8_t {
  kDrain = 1,    // the consumer still gets them
  kDiscard = 3,  // the consumer's next peek counts them as discarded
};

}  // namespace fltlink

// Questions: what an authorizer is asked, and how it answers.
#pragma once

#include <fltKernel.h>

#include <fltlink/codec/authorize.hpp>
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/send/client_port.hpp>

#include "books.hpp"

namespace drmfilter {

// The verdict, or why there is none.
using Ruling = fltlink::Result<fltlink::Verdict, NoVerdict>;

// Whether the operation goes on: by the verdict or, without one, by the FLTLINK_FAIL_OPEN_* bits of the
// authorizer. An asking thread that is being ended is never let through.
[[nodiscard]] bool allows(const Ruling& ruling, uint32_t fail_open);

// Puts `question` to the client of `port`, counts it in `books`, and waits for the answer as long as `terms` say.
// At most terms.queue_messages_max threads wait at once; the next is answered kOverloaded at once. PASSIVE_LEVEL,
// with nothing locked; the caller sees to it that the port stays (client_port.hpp).
[[nodiscard]] Ruling put_question(fltlink::ClientPort& port, const fltlink::ConnectionTerms& terms,
                                  const fltlink::DriverMessage& question, LiveQuestions& books);

}  // namespace drmfilter

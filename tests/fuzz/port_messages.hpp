// What the actors of a port program say: messages of the protocol, whole or damaged, from a step's arguments.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <fltlink/codec/connect.hpp>

#include "fuzz/port_program.hpp"

namespace drmfilter::test {

using Buffer = std::vector<uint8_t>;

// The files that the programs know. The first two exist when a program begins.
inline constexpr const char16_t* kPaths[] = {u"C:\\P\\a.docx", u"C:\\F\\b.txt",   u"C:\\P\\c.docx",
                                             u"C:\\F\\d.txt",  u"C:\\F\\b.txt:s", u"C:\\P"};
inline constexpr size_t kDirectory = 5;
inline constexpr size_t kFilePaths = 4;  // no directory and no stream among these

// What a client of 1.0 says when it connects is nothing. Its queue takes 1 MB, which costs more than all else that a
// program does, so it has to be asked for: by arguments[1], with bits 2-3 of arguments[0] zero.
inline constexpr uint8_t kOldClient = 0xFF;

// arguments[0] bits 2-3: terms (or nothing), terms, patched terms, the payload. arguments[1]: role and versions.
// arguments[2]: sizes. arguments[3]: fail_open.
[[nodiscard]] Buffer context_of(const Step& step);

// arguments[1] bits 0-2: the payload, policy update, configuration, status request, NEGOTIATE, counters request;
// bit 6: in a signed envelope with the sequence number arguments[3]; bit 7: patched by the payload.
// arguments[2], arguments[3]: what it says. The number of a connection is told from `last_connection`, the number of
// one that was there before, so that a program means the same however many came before it.
[[nodiscard]] Buffer message_of(const Step& step, uint32_t last_connection);

// The path of each policy that `message` may have set, whether or not the driver took it.
[[nodiscard]] std::vector<std::u16string> policies_in(const Buffer& message);

// What the janitor says.
[[nodiscard]] Buffer removal_of(const std::u16string& policy);
[[nodiscard]] Buffer default_settings();
[[nodiscard]] Buffer status_request();
[[nodiscard]] Buffer counters_request();

}  // namespace drmfilter::test

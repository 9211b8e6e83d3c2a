// The one place where the service turns UTF-16 into UTF-8 and back. Settings and the database hold UTF-8, the
// driver speaks UTF-16, and NT names may hold units that are no text at all.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <fltlink/base/text.hpp>

namespace drmservice {

// Exact, or nullopt: for input that is not well-formed UTF-8 (overlong forms and surrogates included).
[[nodiscard]] std::optional<std::u16string> utf16_from_utf8(std::string_view utf8);

// Exact, or nullopt: for input with a surrogate that has no partner.
[[nodiscard]] std::optional<std::string> utf8_from_utf16(std::u16string_view utf16);

// For people to read: a surrogate without a partner is shown as U+FFFD.
[[nodiscard]] std::string printable(fltlink::Text text);

[[nodiscard]] inline fltlink::Text as_text(std::u16string_view utf16) { return {utf16.data(), utf16.size()}; }

}  // namespace drmservice

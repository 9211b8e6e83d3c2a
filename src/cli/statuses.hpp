// NTSTATUS values as words, for people and for JSON.
#pragma once

#include <cstdint>
#include <string>

namespace fltlink::cli {

// "success", "access_denied": the WDK's name in lower case without STATUS_; "0xC0000001" for what a program
// of the demo does not usually meet.
[[nodiscard]] std::string status_word(std::int32_t status);

inline constexpr std::int32_t kStatusSuccess = 0;
inline constexpr std::int32_t kStatusEndOfFile = static_cast<std::int32_t>(0xC0000011);
inline constexpr std::int32_t kStatusNameNotFound = static_cast<std::int32_t>(0xC0000034);
inline constexpr std::int32_t kStatusPathNotFound = static_cast<std::int32_t>(0xC000003A);
inline constexpr std::int32_t kStatusFileInvalid = static_cast<std::int32_t>(0xC0000098);
inline constexpr std::int32_t kStatusNameCollision = static_cast<std::int32_t>(0xC0000035);
inline constexpr std::int32_t kStatusAccessDenied = static_cast<std::int32_t>(0xC0000022);

}  // namespace fltlink::cli

// What the service key says.
#pragma once

#include <fltKernel.h>

#include "state.hpp"

namespace drmfilter {

// Reads the value AllowedImage (REG_SZ) below <registry path>\Parameters: the NT device path of the one image
// that may connect. STATUS_OBJECT_NAME_NOT_FOUND where there is none; STATUS_OBJECT_TYPE_MISMATCH for another
// kind of value. The text lives as long as the driver. PASSIVE_LEVEL, once.
[[nodiscard]] NTSTATUS read_allowed_image(PUNICODE_STRING registry_path, Text& image);

// How long an authorizer has for its verdict, in milliseconds: the value AuthorizeTimeoutMs (REG_DWORD) below
// <registry path>\Parameters. Without a value of that kind it is the default; one out of bounds is taken for the
// nearest that is within. PASSIVE_LEVEL.
inline constexpr uint32_t kAuthorizeTimeoutMsDefault = 5'000;
inline constexpr uint32_t kAuthorizeTimeoutMsMin = 10;
inline constexpr uint32_t kAuthorizeTimeoutMsMax = 60'000;
[[nodiscard]] uint32_t read_authorize_timeout_ms(PUNICODE_STRING registry_path);

}  // namespace drmfilter

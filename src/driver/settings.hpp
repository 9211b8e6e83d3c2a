// What the service key says.
#pragma once

#include <fltKernel.h>

#include "authority.hpp"
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

// The memory for policies, in KiB: the value PolicyMemoryKiB, read by the same rules.
inline constexpr uint32_t kPolicyMemoryKiBDefault = 512;
inline constexpr uint32_t kPolicyMemoryKiBMin = 16;
inline constexpr uint32_t kPolicyMemoryKiBMax = 1024 * 1024;
[[nodiscard]] uint32_t read_policy_memory_kib(PUNICODE_STRING registry_path);

// Reads the value AuthenticationKey (REG_BINARY, 16 to 64 bytes) of the same key. STATUS_SUCCESS and no key where
// there is no such value. STATUS_OBJECT_TYPE_MISMATCH, STATUS_INVALID_PARAMETER (the size), or why the registry
// does not tell: whoever asked for authentication must not go without. PASSIVE_LEVEL.
[[nodiscard]] NTSTATUS read_authentication_key(PUNICODE_STRING registry_path, AuthenticationKey& key);

}  // namespace drmfilter

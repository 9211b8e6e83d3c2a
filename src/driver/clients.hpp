// Who may connect: more than one factor, and none of them a name that somebody else can carry (P-8, P-9).
#pragma once

#include <fltKernel.h>

#include "state.hpp"

namespace drmfilter {

// Whether the current process may be a client: its image is `allowed_image`, compared whole and without
// regard to case, and its primary token is that of SYSTEM or of an administrator. PASSIVE_LEVEL, in the
// client's process. STATUS_ACCESS_DENIED, or why it cannot be found out.
[[nodiscard]] NTSTATUS check_current_client(Text allowed_image);

// The half of it that concerns the token.
[[nodiscard]] NTSTATUS check_current_token();

}  // namespace drmfilter

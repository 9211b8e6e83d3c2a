// What the service key says.
#pragma once

#include <fltKernel.h>

#include "state.hpp"

namespace drmfilter {

// Reads the value AllowedImage (REG_SZ) below <registry path>\Parameters: the NT device path of the one image
// that may connect. STATUS_OBJECT_NAME_NOT_FOUND where there is none; STATUS_OBJECT_TYPE_MISMATCH for another
// kind of value. The text lives as long as the driver. PASSIVE_LEVEL, once.
[[nodiscard]] NTSTATUS read_allowed_image(PUNICODE_STRING registry_path, Text& image);

}  // namespace drmfilter

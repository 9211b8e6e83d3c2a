// Where a reparse point leads that the I/O manager itself follows: mount points and symbolic links.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "io/file_object.hpp"

namespace fltsim::io {

// The full NT name to go on with, from the name that was asked for below `root` (null: from the volume's root) and the
// tag data of the create. IO_REPARSE_TAG_NOT_HANDLED for any other tag; IO_REPARSE_DATA_INVALID.
NTSTATUS follow_reparse_point(const FileObject& file, const FileObject* root, ULONG tag,
                              const std::vector<std::byte>& tag_data, std::u16string& name);

}  // namespace fltsim::io

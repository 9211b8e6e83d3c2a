// Who is asked about an operation, and when nobody may be.
#pragma once

#include <fltKernel.h>

#include "policies.hpp"

namespace drmfilter {

// Whether an authorizer allows what a policy forbids: the one that has been connected longest is asked, and the
// calling thread waits for its verdict, at most as long as its terms say. False where there is nobody to ask, or
// nobody may be asked. With nothing locked.
//
// REQUIRES: that the name of the file was got in this callback. Whoever answers opens files and touches memory
// meanwhile, so nobody may be asked in paging I/O, below a top-level IRP, or with APCs disabled, where the thread
// holds what he may need (BAD-15). These are the very places where there is no name (NAME-2, NAME-3), and where an
// operation has so been denied before.
[[nodiscard]] bool authorizer_allows(PFLT_CALLBACK_DATA data, const FilePath& file, Text reason);

}  // namespace drmfilter

// Where in a driver's code a thread is: which images are mapped, and the walk up a stack to the first frame of one.
#pragma once

#include <string>
#include <string_view>

#include "fltsim/verifier.hpp"
#include "sched/stack.hpp"

namespace fltsim::nt {

// The image of `driver` is mapped at [begin, end) from the file `path`; it is going. Any thread. The list is the
// process's, as addresses are.
void image_mapped(const void* begin, const void* end, std::string path, std::string driver);
void image_unmapped(const void* begin);

struct DriverPlace {
  std::string driver;  // empty: no frame is a driver's
  CodePlace place;
};

// The innermost frame that is in an image of `driver`, or of any driver when that is empty.
DriverPlace driver_place(const sched::Stack& stack, std::string_view driver = {});

// Where the finding's driver is: the callback that is being judged, or the innermost frame of the calling thread that
// is the driver's (Verifier::Locate).
CodePlace locate(const Finding& finding);

}  // namespace fltsim::nt

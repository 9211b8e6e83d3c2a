// How much memory of the computer this process has.
#pragma once

#include <unistd.h>

#include <cstddef>
#include <fstream>

namespace fltlink::test {

inline std::size_t resident_kilobytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t size = 0;
  std::size_t resident = 0;
  file >> size >> resident;
  return resident * (static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) / 1024);
}

}  // namespace fltlink::test

// Where the parts of this package are that a driver is built from. The build tree has the shape of an installed
// package (sim/CMakeLists.txt), so one rule finds them in both: from the program's own place.
#pragma once

#include <optional>
#include <string>

namespace fltsim::cc {

struct Installation {
  std::string wdk;      // the WDK-shaped headers
  std::string crt;      // the C runtime's headers of driver units
  std::string um;       // Win32's headers
  std::string client;   // what the C runtime's headers of programs have more
  std::string headers;  // has fltlink/..., the protocol library
  std::string driver_runtime;
  std::string watched_driver_runtime;
  std::string client_runtime;
  std::string simulator;  // libfltsim.so
};

// Around `program`, the path of an executable in the package's bin; none when there is no such package.
std::optional<Installation> find_installation(const std::string& program);

// The path of the running program.
std::string own_path();

}  // namespace fltsim::cc

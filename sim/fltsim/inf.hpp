// What a driver's .inf file says of its service: the values that its installation would leave below the
// service key.
//
//   auto read = fltsim::driver_options_from_inf("nullFilter.inf");
//   if (const auto* error = std::get_if<fltsim::InfError>(&read)) puts(error->text.c_str());
//   machine.load_driver("nullFilter.sys", std::get<fltsim::DriverOptions>(read));
//
// Of the install sections the one for 64-bit x86 and the Windows that the machine says it is (22621) is taken, else a
// less particular one. [Manufacturer] and the copying of files are not looked at. Parameters and every other value that an AddReg
// puts below the service key (HKR, or HKLM with the key's path) go into the registry as they are.
//
// Threads: any; reads the file, and nothing else is shared.
#pragma once

#include <string>
#include <variant>

#include "fltsim/driver.hpp"

namespace fltsim {

struct InfError {
  std::string text;  // "nullFilter.inf:61: no Altitude for the instance ..."; one line
};

// `service` names one of several kernel services of the file; empty: there must be one alone.
std::variant<DriverOptions, InfError> driver_options_from_inf(const std::string& path,
                                                              const std::u16string& service = {});

}  // namespace fltsim

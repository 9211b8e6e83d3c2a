// Which service of an .inf file is the driver's: the install section for this machine, and its AddService lines.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "fltsim/inf.hpp"
#include "loader/inf_file.hpp"

namespace fltsim::loader {

struct InfService {
  std::u16string name;
  const InfFile::Section* section;  // its service-install section
  int line;                         // of its AddService
};

// The one kernel service there is, or the one called `wanted`. Refers to `file`.
std::variant<InfService, InfError> choose_inf_service(const InfFile& file, const std::string& path,
                                                      const std::u16string& wanted);

// Without regard to case, as everything in such a file.
bool inf_begins_with(std::u16string_view text, std::u16string_view head);

}  // namespace fltsim::loader

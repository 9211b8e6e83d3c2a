// What the link needs to know of ELF files for x86-64: objects, archives and the simulator's library.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fltsim::cc {

// A place in an object that names a symbol which the object does not define.
struct Reference {
  std::string symbol;
  std::string section;  // where it stands
  std::uint64_t offset = 0;
  bool is_call = false;  // else its address, or data
  std::string object;    // the variable that it stands in, if it does not stand in a function
  bool is_dead = false;  // in a function that runs constructors, which nobody calls
};

struct ObjectFile {
  std::string source;             // as its compiler names it; may be empty
  std::set<std::string> defined;  // for others
  std::vector<Reference> references;
  // Variables whose constructors or destructors would run at load; mangled. Whether there are any is `has_constructors`.
  std::set<std::string> constructed;
  bool has_constructors = false;
};

// Nothing when `path` is no such file.
std::optional<ObjectFile> read_object(const std::string& path);

// The symbols that an archive of objects defines.
std::optional<std::set<std::string>> read_archive_symbols(const std::string& path);

struct LibraryExports {
  std::set<std::string> routines;
  std::set<std::string> refusals;  // routines that are there to refuse by name (nt/unsupported.hpp)
};
std::optional<LibraryExports> read_library(const std::string& path);

}  // namespace fltsim::cc

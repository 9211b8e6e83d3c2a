// The compiler behind fltlink-cc: which one it is, and where its own headers lie.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace fltsim::cc {

struct Toolchain {
  std::string compiler;
  bool is_clang = false;
  std::vector<std::string> c_headers;    // the compiler's own: stddef.h, stdarg.h, intrinsics
  std::vector<std::string> cxx_headers;  // libstdc++'s, then c_headers; empty when it has no C++
};

struct NoToolchain {
  std::string text;
};

// Asks the compiler `name`, gcc or clang of any version.
std::variant<Toolchain, NoToolchain> find_toolchain(const std::string& name, bool with_cxx);

// The compiler when none is named: that of the build, if this machine has it.
std::string default_compiler();

}  // namespace fltsim::cc

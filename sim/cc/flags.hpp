// The flags of driver units and of their link: said here and nowhere else. docs/adr/0004-driver-modules.md has the
// reasons.
#pragma once

#include <string>
#include <vector>

#include "cc/arguments.hpp"
#include "cc/installation.hpp"
#include "cc/toolchain.hpp"

namespace fltsim::cc {

enum class Language {
  kC,
  kCxx
};

// What kind of program the units are for. Kinds share everything but headers, predefined names and the link line.
struct Target {
  const Arguments& arguments;
  const Installation& installation;
  const Toolchain& toolchain;

  // The compiler, its launcher not included, with everything that decides what the source means. `users` are the user's own
  // -I, -D and the like.
  std::vector<std::string> preprocess(Language language, const std::vector<std::string>& users) const;
  // For a unit that is preprocessed and lowered.
  std::vector<std::string> compile(Language language) const;
  std::vector<std::string> link(const std::string& output, const std::vector<std::string>& objects) const;
  // Goes in front of every function that holds a __try.
  std::string unoptimised() const;

 private:
  std::vector<std::string> common(Language language) const;
};

}  // namespace fltsim::cc

// A unit's own files as the compiler can read them. Where all are UTF-8, every #include is spelled as its file is and no macro pastes what is no token, those are the
// files themselves. Else they are copies in a folder of their own, each of which says on its first line whose copy it is, so that
// messages, debug information and __FILE__ name the original, with its line numbers.
#pragma once

#include <string>
#include <vector>

#include "cc/flags.hpp"

namespace fltsim::cc {

struct SourceView {
  std::string source;                     // what to compile
  std::vector<std::string> preprocessor;  // the user's options, with what -include names replaced
  std::string notes;                      // what was converted, a line each; for --verbose
  std::string problem;                    // empty, or why this cannot be done
};

// `folder` need not exist; it is made when it is needed.
SourceView view_source(const Target& target, Language language, const std::string& source,
                       const std::string& folder);

}  // namespace fltsim::cc

// The bytes of a source file as UTF-8. docs/FLTLINK_CC.md says how the character set is found out.
#pragma once

#include <string>
#include <string_view>

namespace fltsim::cc {

struct SourceText {
  std::string text;     // UTF-8, without a byte order mark
  std::string charset;  // what the bytes were
  std::string problem;  // empty, or why they could not be read as the character set that was asked for
};

// A byte order mark decides; then `forced`, a name that iconv knows; then what the bytes look like. Never fails without `forced`.
SourceText decode_source(std::string_view bytes, const std::string& forced);

}  // namespace fltsim::cc

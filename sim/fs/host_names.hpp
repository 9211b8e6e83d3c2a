// How names of host files become names that NT allows.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fltsim::fs {

struct NtName {
  std::u16string name;
  bool mapped = false;  // it differs from the host's name by more than its encoding
};

// UTF-8 becomes UTF-16. A character that NT forbids in names ("*:<>?|\ and 1 to 31) becomes U+F000 plus its
// code, and so does each byte that is not part of valid UTF-8. REQUIRES: `host` is 1 to 255 bytes without '/'
// and NUL, as a directory of the host gives it; then the result has 1 to 255 units.
NtName nt_name_of(std::string_view host);

// Exact; nothing for bytes that are no UTF-8.
std::optional<std::u16string> text_of_utf8(std::string_view bytes);

}  // namespace fltsim::fs

// What a token says of itself, in the structures of NtQueryInformationToken.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "nt/security.hpp"

namespace fltsim::nt {

// A structure with pointers into itself, which are offsets until it is placed.
struct TokenInformation {
  std::vector<std::uint8_t> bytes;
  std::vector<std::size_t> pointers;  // where they are

  void place(void* target) const;
};

// Nothing: a class that is not simulated.
std::optional<TokenInformation> token_information(const Token& token, int information_class);

}  // namespace fltsim::nt

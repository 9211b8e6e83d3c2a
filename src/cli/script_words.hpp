// The words of a script's line, and the verbs that a part of the table of script_verbs.cpp is about.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "cli/script_player.hpp"

namespace fltlink::cli::verbs {

using Words = std::span<const std::string>;
using Compiled = std::variant<Player::Step, std::string>;

// "$file"
[[nodiscard]] bool is_handle(const std::string& word);
[[nodiscard]] std::u16string path_of(const std::string& word);
// Decimal or 0x.
[[nodiscard]] std::optional<std::uint64_t> number_of(const std::string& word);

// Each takes the words behind the verb, as many as the table allows. script_handle_verbs.cpp:
Compiled open(Words words);
Compiled open_by_id(Words words);
Compiled close(Words words);
Compiled flush(Words words);
Compiled lock(Words words);
Compiled unlock(Words words);
Compiled control(Words words);
Compiled query(Words words);
Compiled set(Words words);
Compiled map(Words words);

}  // namespace fltlink::cli::verbs

// The verbs of scripts: from the words of a line to a step that can be played.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "cli/script_player.hpp"

namespace fltlink::cli {

// REQUIRES: there are words. A sentence when they are not understood.
[[nodiscard]] std::variant<Player::Step, std::string> compile(const std::vector<std::string>& words);

}  // namespace fltlink::cli

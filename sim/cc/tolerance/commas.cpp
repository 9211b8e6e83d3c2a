#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {

void drop_trailing_commas(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == "," && text.is_users(i) && text.at(text.next(i)) == ")") text.remove(i);
  }
}

}  // namespace fltsim::cc

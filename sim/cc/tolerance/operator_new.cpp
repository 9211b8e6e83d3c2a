// C++: on Windows size_t, SIZE_T and unsigned __int64 are one type, so operators new and delete take any of them. And an operator
// new of a kernel returns null when there is no memory, which gcc and clang believe of one that is noexcept: then no
// constructor runs.
#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {
namespace {

// `void* operator new`, `void* Class::operator new`: a declaration and no call.
bool has_pointer_in_front(const Text& text, std::size_t index) {
  std::size_t i = text.previous(index);
  while (i < text.size() && (text[i] == ":" || text[i] == "::")) {
    i = text.previous(i);
    if (text.is_identifier(i)) i = text.previous(i);
  }
  return text.at(i) == "*";
}

}  // namespace

void give_operators_their_size(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != "operator" || !text.is_users(i)) continue;
    std::size_t open = text.next(i);
    if (text.at(open) != "new" && text.at(open) != "delete") continue;
    const bool is_new = text[open] == "new";
    open = text.next(open);
    if (text.at(open) == "[") open = text.next(text.closing(open));
    if (text.at(open) != "(") continue;
    const bool is_declared = has_pointer_in_front(text, i);
    const std::size_t close = text.closing(open);
    bool has_more = false;  // than the size, which the compilers declare themselves
    for (std::size_t k = text.next(open); k < close; k = text.next(k)) {
      has_more = has_more || text[k] == ",";
      const std::size_t second = text.next(k);
      const std::size_t third = text.next(second);
      if (text[k] == "SIZE_T" || text[k] == "ULONG_PTR") {
        text.replace(k, "decltype(sizeof(0))");
      } else if (text[k] == "unsigned" && text.at(second) == "long" && text.at(third) == "long") {
        text.remove(second);
        text.remove(third);
        text.replace(k, "decltype(sizeof(0))");
      }
    }
    const std::string_view behind = text.at(text.next(close));
    const bool is_head = behind == ";" || behind == "{";
    if (is_new && is_declared && has_more && is_head) text.insert_behind(close, " noexcept");
  }
}

}  // namespace fltsim::cc

// C++: on Windows size_t, SIZE_T and unsigned __int64 are one type, so operators new and delete take any of them.
#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {

void give_operators_their_size(Text& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != "operator" || !text.is_users(i)) continue;
    std::size_t open = text.next(i);
    if (text.at(open) != "new" && text.at(open) != "delete") continue;
    open = text.next(open);
    if (text.at(open) == "[") open = text.next(text.closing(open));
    if (text.at(open) != "(") continue;
    const std::size_t close = text.closing(open);
    for (std::size_t k = text.next(open); k < close; k = text.next(k)) {
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
  }
}

}  // namespace fltsim::cc

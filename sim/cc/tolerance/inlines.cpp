// C: MSVC puts an inline function into every unit that has it, and the linker keeps one. C17 wants an `extern` in one of them.
#include "cc/tolerance/scopes.hpp"
#include "cc/tolerance/tolerance.hpp"

namespace fltsim::cc {

void share_inlines(Text& text) {
  for (const Function& function : functions_of(text)) {
    if (!text.is_users(function.body)) continue;
    std::size_t inline_at = text.size();
    bool is_static = false;
    bool is_forced = false;
    for (std::size_t i = function.head; i < function.parameters; ++i) {
      if (text[i] == "inline" || text[i] == "__inline" || text[i] == "__inline__") inline_at = i;
      is_static = is_static || text[i] == "static";
      is_forced = is_forced || text[i] == "always_inline";
    }
    if (inline_at == text.size() || is_static) continue;
    if (is_forced) {
      // Nobody can take its address and mind which unit's it is, for it is everywhere.
      for (std::size_t i = function.head; i < function.parameters; ++i) {
        if (text[i] == "extern") text.remove(i);
      }
      text.insert_before(inline_at, "static ");
    } else {
      text.replace(inline_at, "__attribute__((weak))");
    }
  }
}

}  // namespace fltsim::cc

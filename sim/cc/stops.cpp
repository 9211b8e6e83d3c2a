#include "cc/stops.hpp"

namespace fltsim::cc {

bool can_be_a_stop(const MissingImport& import) {
  return import.kind == MissingImport::kRefused || import.is_called;
}

std::string stops_for(const std::vector<MissingImport>& imports) {
  std::string source;
  int number = 0;
  for (const MissingImport& import : imports) {
    if (import.kind == MissingImport::kRefused || !can_be_a_stop(import)) continue;
    const std::string name = "stop_" + std::to_string(++number);
    source += "void " + name + "(void) __asm__(\"" + import.symbol + "\");\n";
    source += "void " + name + "(void) { fltsim_routine_refused(\"" + source_name(import.symbol) + "\"); }\n";
  }
  if (source.empty()) return source;
  return "void fltsim_routine_refused(const char*) __attribute__((noreturn));\n" + source;
}

}  // namespace fltsim::cc

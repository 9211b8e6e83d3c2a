#include "loader/tool/lower.hpp"

#include <vector>

#include "loader/tool/lowerer.hpp"
#include "loader/tool/unit.hpp"

namespace fltsim::lower_seh {

std::string lower(const std::string& source, const std::string& attribute) {
  if (source.find("__try") == std::string::npos) return source;
  std::vector<Token> tokens = tokenize(source);
  give_back_library_tries(tokens);
  const Unit unit(tokens);
  // The compiler cannot see that the lowered ways out of a function are all there are.
  return "#pragma GCC diagnostic ignored \"-Wreturn-type\"\n" + Lowerer(unit, attribute).run();
}

}  // namespace fltsim::lower_seh

#include "loader/tool/lower.hpp"

#include <vector>

#include "loader/tool/lowerer.hpp"
#include "loader/tool/unit.hpp"

namespace fltsim::lower_seh {

std::string lower(const std::string& source, const std::string& attribute, std::vector<Remark>& warnings) {
  if (source.find("__try") == std::string::npos) return source;
  std::vector<Token> tokens = tokenize(source);
  give_back_library_tries(tokens);
  const Unit unit(tokens);
  Lowerer lowerer(unit, attribute);
  std::string lowered = lowerer.run();
  warnings.insert(warnings.end(), lowerer.warnings().begin(), lowerer.warnings().end());
  // The compiler cannot see that the lowered ways out of a function are all there are. The first line stays the first: it names
  // the source for debuggers.
  const std::size_t first_end = lowered.find('\n');
  lowered.insert(first_end == std::string::npos ? 0 : first_end + 1,
                 "#pragma GCC diagnostic ignored \"-Wreturn-type\"\n");
  return lowered;
}

}  // namespace fltsim::lower_seh

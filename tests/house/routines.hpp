// Which WDK and Win32 routines the simulator has, and which tests call them.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace house {

// The source without comments and without the contents of its string and character literals.
std::string code_of(std::string_view source);

// Names that are followed by an opening parenthesis, which are calls and definitions, or whose address is taken: behind = or &.
using Names = std::set<std::string, std::less<>>;
Names called_names(std::string_view code);

// What a header's macro or inline function calls in its turn: name -> the names in its body.
class HeaderCode {
 public:
  void read(std::string_view header);

  // `names`, and all that they lead to.
  Names closure(const Names& names) const;
  // Macros with parameters, and inline functions.
  const Names& functions() const { return functions_; }

 private:
  std::map<std::string, Names> calls_;
  Names functions_;
};

// The routine's section of the page: "Flt", "Rtl", ... or "Win32".
std::string family_of(std::string_view routine);

struct Routine {
  std::string name;
  bool refuses;                     // declared, and stops the machine with its name
  bool in_headers;                  // a macro or an inline function, no export
  std::vector<std::string> called;  // by these files below tests/, the best first
};

// Of the library that was built and of the headers, in the order of their families and names.
std::vector<Routine> routines();

}  // namespace house

// NT's wildcards, as FsRtlIsNameInExpression documents them:
//   *  any run of units        <  any run of units up to, not over, the last period of the name
//   ?  one unit                >  one unit but a period, or nothing before a period or at the end of the name
//                              "  a period, or nothing at the end of the name
#pragma once

#include <string_view>

namespace fltsim::fs {

// What is upcased before units are compared.
enum class Folding {
  kBoth,
  kNameOnly,
  kNeither
};

// Whether `name` matches `expression`. An empty expression matches an empty name only.
bool is_name_in_expression(std::u16string_view expression, std::u16string_view name,
                           Folding folding = Folding::kBoth);

bool has_wildcards(std::u16string_view name);

}  // namespace fltsim::fs

#include "fs/name_expression.hpp"

#include <cstddef>
#include <vector>

#include "fs/upcase.hpp"

namespace fltsim::fs {
namespace {

// The set of places in the expression that the part of the name read so far can have led to.
using Places = std::vector<bool>;

// Adds the places that are reached without reading a unit. `at_period` and `at_end` say what comes next in
// the name.
void skip_empty_matches(std::u16string_view expression, bool at_period, bool at_end, Places& places) {
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (!places[i]) continue;
    char16_t unit = expression[i];
    bool any_run = unit == u'*' || unit == u'<';
    bool dos_question = unit == u'>' && (at_period || at_end);
    bool dos_dot = unit == u'"' && at_end;
    if (any_run || dos_question || dos_dot) places[i + 1] = true;
  }
}

char16_t fold(char16_t unit, bool upcases) { return upcases ? upcase(unit) : unit; }

Places read_unit(std::u16string_view expression, const Places& places, char16_t unit, bool last_period,
                 Folding folding) {
  Places next(expression.size() + 1);
  for (std::size_t i = 0; i < expression.size(); ++i) {
    if (!places[i]) continue;
    switch (expression[i]) {
      case u'*':
        next[i] = true;
        break;
      case u'<':
        if (!last_period) next[i] = true;
        break;
      case u'?':
        next[i + 1] = true;
        break;
      case u'>':
        if (unit != u'.') next[i + 1] = true;
        break;
      case u'"':
        if (unit == u'.') next[i + 1] = true;
        break;
      default:
        if (fold(expression[i], folding == Folding::kBoth) == fold(unit, folding != Folding::kNeither)) {
          next[i + 1] = true;
        }
    }
  }
  return next;
}

}  // namespace

bool is_name_in_expression(std::u16string_view expression, std::u16string_view name, Folding folding) {
  if (expression == u"*") return true;
  if (folding == Folding::kBoth && !has_wildcards(expression)) return equal_names(expression, name);
  std::size_t last_period = name.rfind(u'.');
  Places places(expression.size() + 1);
  places[0] = true;
  for (std::size_t k = 0; k < name.size(); ++k) {
    skip_empty_matches(expression, name[k] == u'.', false, places);
    places = read_unit(expression, places, name[k], k == last_period, folding);
  }
  skip_empty_matches(expression, false, true, places);
  return places[expression.size()];
}

bool has_wildcards(std::u16string_view name) {
  return name.find_first_of(u"*?<>\"") != std::u16string_view::npos;
}

}  // namespace fltsim::fs

// What a decision costs among 10 and among 100,000 policies, by the shapes that patterns have, beside asking every
// policy; what an update costs; and, in the names of the candidates, what memory a policy takes.
#include <fltlink/os/assert.hpp>
#include <fltlink/policy/policy_table.hpp>

#include <cstdlib>
#include <iterator>
#include <memory>
#include <random>

#include "harness.hpp"

namespace fltlink::bench {
namespace {

constexpr ProtectionFlags kFlags = ProtectionFlags::kStandard;
constexpr std::size_t kFew = 10;
constexpr std::size_t kMany = 100'000;
constexpr std::size_t kPaths = 16'384;
constexpr std::size_t kPatternUnits = 60;  // no pattern has more
constexpr double kBar = 3;

char16_t upcase_ascii(char16_t unit) {
  return unit >= u'a' && unit <= u'z' ? static_cast<char16_t>(unit - u'a' + u'A') : unit;
}

std::u16string wide(const std::string& ascii) { return {ascii.begin(), ascii.end()}; }

Text text(const std::u16string& units) { return Text(units.data(), units.size()); }

// ---- patterns and paths

using Number = const std::string&;

// Patterns of one shape, each with a number in it, and paths that the pattern with their number matches and no other.
struct Shape {
  const char* name;
  std::string (*pattern)(Number);
  std::string (*path)(Number);
};

// Words of 7 to 12 letters, of which none has another one in it: the last letter says how long it is, and the six before
// it are another number below 13^6.
std::string word(Number n) {
  std::uint64_t rest = std::stoull(n) * 3'000'017 % 4'826'809;
  const std::size_t more = rest % 6;
  std::string letters(more, static_cast<char>('a' + rest % 13));
  for (int digit = 0; digit < 6; ++digit, rest /= 13) letters += static_cast<char>('a' + rest % 13);
  return letters + static_cast<char>('n' + more);
}

constexpr Shape kShapes[] = {
    {"exact paths", [](Number n) { return "C:\\Data\\Archive\\file" + n + ".txt"; },
     [](Number n) { return "c:\\data\\archive\\file" + n + ".txt"; }},
    {"directories", [](Number n) { return "C:\\Users\\user" + n + "\\*"; },
     [](Number n) { return "c:\\users\\user" + n + "\\documents\\plan.docx"; }},
    {"extensions", [](Number n) { return "*.ext" + n; },
     [](Number n) { return "c:\\users\\someone\\documents\\plan.ext" + n; }},
    {"inner wildcards", [](Number n) { return "C:\\Users\\*\\Project" + n + "\\*.xls?"; },
     [](Number n) { return "c:\\users\\someone\\project" + n + "\\plan.xlsx"; }},
    {"wildcards below a directory", [](Number n) { return "C:\\Users\\user" + n + "\\*\\Documents\\*.xls?"; },
     [](Number n) { return "c:\\users\\user" + n + "\\old\\documents\\plan.xlsx"; }},
    {"names anywhere", [](Number n) { return "*\\name" + n + ".txt"; },
     [](Number n) { return "c:\\users\\someone\\documents\\name" + n + ".txt"; }},
    {"names below a directory", [](Number n) { return "C:\\Profiles\\*\\file" + n + ".doc"; },
     [](Number n) { return "c:\\profiles\\someone\\documents\\file" + n + ".doc"; }},
    {"beginnings of names", [](Number n) { return "C:\\Temp\\log" + n + "-*"; },
     [](Number n) { return "c:\\temp\\log" + n + "-monday.txt"; }},
    {"words anywhere", [](Number n) { return "*secret" + n + "!*"; },
     [](Number n) { return "c:\\projects\\the secret" + n + "! of someone.txt"; }},
    {"different words anywhere", [](Number n) { return "*" + word(n) + "*"; },
     [](Number n) { return "c:\\projects\\the " + word(n) + " of 1.txt"; }},
};

// Which shape the pattern with a number has.
using Family = const Shape& (*)(std::size_t number);

template <std::size_t kIndex>
const Shape& only(std::size_t) {
  return kShapes[kIndex];
}

const Shape& mixed(std::size_t number) { return kShapes[number % std::size(kShapes)]; }

// What lies below a user's directory.
const Shape& below_users(std::size_t number) { return kShapes[number % 2 == 0 ? 1 : 4]; }

std::u16string pattern_of(Family family, std::size_t number) {
  return wide(family(number).pattern(std::to_string(number)));
}

std::u16string path_of(Family family, std::size_t number) {
  return wide(family(number).path(std::to_string(number)));
}

std::u16string user_directory(Family, std::size_t number) {
  return wide("c:\\users\\user" + std::to_string(number));
}

using Paths = std::vector<std::u16string>;

// Every other one is that of a policy, the rest are of policies that are not there.
Paths draw(Family family, std::size_t policies, std::size_t count, decltype(&path_of) path) {
  std::mt19937_64 random(1);
  Paths paths;
  for (std::size_t index = 0; index < count; ++index)
    paths.push_back(path(family, random() % policies + (index % 2 == 0 ? 0 : 10 * policies)));
  std::shuffle(paths.begin(), paths.end(), random);
  return paths;
}

// ---- what is measured

// A table in hardly more memory than it needs.
class Policies {
 public:
  Policies(Family family, std::size_t count) {
    for (std::size_t number = 0; number < count; ++number) patterns_.push_back(pattern_of(family, number));
    memory_.resize(PolicyTable::memory_for(count, kPatternUnits, 2 * count + 10));
    if (!fill()) std::abort();
    memory_ = std::vector<std::uint8_t>(table_.size() / 3 * 4 + 64);
    while (!fill()) memory_ = std::vector<std::uint8_t>(memory_.size() + memory_.size() / 50 + 64);
  }

  // Both are false when an update had another outcome.
  bool fill() {
    table_ = PolicyTable(memory_, &upcase_ascii);
    return update_all(kFlags, PolicyUpdateOutcome::kAdded);
  }
  bool empty() { return update_all(ProtectionFlags::kNone, PolicyUpdateOutcome::kRemoved); }

  const PolicyTable& table() const { return table_; }
  std::size_t count() const { return patterns_.size(); }
  std::size_t bytes_each() const { return memory_.size() / patterns_.size(); }

 private:
  bool update_all(ProtectionFlags flags, PolicyUpdateOutcome expected) {
    for (const std::u16string& pattern : patterns_) {
      if (table_.update(text(pattern), 1, flags) != expected) return false;
    }
    return true;
  }

  std::vector<std::u16string> patterns_;
  std::vector<std::uint8_t> memory_;
  PolicyTable table_;
};

using PoliciesPointer = std::shared_ptr<Policies>;

// Asks about all of `paths`. Half of them must be forbidden.
template <typename Forbids>
Sample ask(const Paths& paths, Forbids&& forbids) {
  std::size_t forbidden = 0;
  const double start = thread_ns();
  for (const std::u16string& path : paths) forbidden += forbids(text(path));
  return {(thread_ns() - start) / static_cast<double>(paths.size()), forbidden * 2 == paths.size()};
}

using Run = std::function<Sample(std::uint64_t)>;

Run decide(Family family, const PoliciesPointer& policies) {
  return [policies, paths = draw(family, policies->count(), kPaths, &path_of)](std::uint64_t) {
    return ask(paths, [&](Text path) { return policies->table().decide(path, kFlags).forbidden; });
  };
}

Run decide_below(Family family, const PoliciesPointer& policies) {
  return [policies, paths = draw(family, policies->count(), kPaths, &user_directory)](std::uint64_t) {
    return ask(paths, [&](Text path) { return policies->table().decide_below(path, kFlags).forbidden; });
  };
}

// Matches one policy after the other, until one forbids.
Run ask_each(Family family, std::size_t count) {
  std::vector<std::u16string> patterns;
  for (std::size_t number = 0; number < count; ++number) {
    patterns.push_back(pattern_of(family, number));
    for (char16_t& unit : patterns.back()) unit = upcase_ascii(unit);
  }
  return [patterns, paths = draw(family, count, 256, &path_of)](std::uint64_t) {
    return ask(paths, [&](Text path) {
      return std::any_of(patterns.begin(), patterns.end(), [&](const std::u16string& pattern) {
        return pattern_matches(text(pattern), path, &upcase_ascii);
      });
    });
  };
}

Sample add(Policies& policies) {
  const double start = thread_ns();
  const bool right = policies.fill();
  return {(thread_ns() - start) / static_cast<double>(policies.count()), right};
}

Sample remove(Policies& policies) {
  const bool filled = policies.fill();
  const double start = thread_ns();
  const bool right = policies.empty();
  return {(thread_ns() - start) / static_cast<double>(policies.count()), filled && right};
}

// ---- cases

std::string grouped(std::size_t count) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

Case make_case(const char* name, Family family, Run (*question)(Family, const PoliciesPointer&), bool quick) {
  Case result{.name = name, .operations = kPaths, .candidates = {}, .comparisons = {}};
  for (std::size_t count = kFew; count <= (quick ? 1'000 : kMany); count *= 10) {
    const auto policies = std::make_shared<Policies>(family, count);
    result.candidates.push_back(
        {.name = grouped(count) + " policies, " + std::to_string(policies->bytes_each()) + " bytes each",
         .run = question(family, policies)});
  }
  const std::string few = result.candidates.front().name;
  const std::string thousand = result.candidates[2].name;
  const std::string many = result.candidates.back().name;
  result.comparisons.push_back({many, few, Relation::kTimesAsLong, kBar});
  if (question == &decide) {
    result.candidates.push_back({.name = "each of 1,000 is asked", .run = ask_each(family, 1'000)});
    result.comparisons.push_back({thousand, result.candidates.back().name, Relation::kTimesAsFast});
  }
  return result;
}

Case updates(bool quick) {
  const auto few = std::make_shared<Policies>(&mixed, 1'000);
  const auto many = std::make_shared<Policies>(&mixed, quick ? 2'000 : kMany);
  Case result{.name = "updates of a mix", .operations = kMany, .candidates = {}, .comparisons = {}};
  result.candidates = {
      {.name = "each addition up to 1,000", .run = [=](std::uint64_t) { return add(*few); }},
      {.name = "each addition up to 100,000", .run = [=](std::uint64_t) { return add(*many); }},
      {.name = "each removal of 1,000", .run = [=](std::uint64_t) { return remove(*few); }},
      {.name = "each removal of 100,000", .run = [=](std::uint64_t) { return remove(*many); }},
  };
  result.comparisons = {
      {result.candidates[1].name, result.candidates[0].name, Relation::kTimesAsLong},
      {result.candidates[3].name, result.candidates[2].name, Relation::kTimesAsLong},
  };
  return result;
}

template <std::size_t... kIndex>
std::vector<Case> cases_of_shapes(bool quick, std::index_sequence<kIndex...>) {
  return {make_case(kShapes[kIndex].name, &only<kIndex>, &decide, quick)...};
}

std::vector<Case> cases(bool quick) {
  std::vector<Case> all = cases_of_shapes(quick, std::make_index_sequence<std::size(kShapes)>());
  all.push_back(make_case("a mix of all these", &mixed, &decide, quick));
  all.push_back(make_case("below a directory that is renamed", &below_users, &decide_below, quick));
  all.push_back(updates(quick));
  return all;
}

// Decisions over 10,000 policies of a mix.
void count(std::uint64_t decisions) {
  const Policies policies(&mixed, 10'000);
  const Paths paths = draw(&mixed, policies.count(), kPaths, &path_of);
  std::uint64_t forbidden = 0;
  for (std::uint64_t index = 0; index < decisions; ++index)
    forbidden += policies.table().decide(text(paths[index % kPaths]), kFlags).forbidden;
  if (decisions % kPaths == 0 && forbidden * 2 != decisions) std::abort();
}

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  return fltlink::bench::run_question(
      argc, argv,
      {.name = "policy",
       .text = "What does a decision cost over 100,000 policies, beside one over 10?",
       .cases = fltlink::bench::cases,
       .counted = {{"mix", fltlink::bench::count}}});
}

// docs/SEMANTICS.md and docs/SEED_DEFECTS.md against the tree: what they cite exists, and what the tree cites
// stands there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <map>

#include "house/documents.hpp"

namespace house {
namespace {

using ::testing::IsEmpty;

// Families of ids, and the last number of each: rows may be added, none may get lost.
const std::map<std::string, int>& id_families() {
  static const std::map<std::string, int> kLast{
      {"WIRE", 18},  {"PORT", 15}, {"CONN", 19}, {"DISC", 11}, {"MSG", 15}, {"GET", 16},
      {"REPLY", 10}, {"SEND", 22}, {"PUNL", 6},  {"HR", 7},    {"CLI", 4},  {"LIFE", 24},
      {"ATT", 12},   {"ALT", 9},   {"INF", 8},   {"TEAR", 8},  {"CB", 59},  {"NAME", 11},
      {"CTX", 29},   {"IRQL", 9},  {"VER", 50},  {"SIM", 10},  {"H", 27},   {"T", 42},
      {"BAD", 29},   {"W", 7},     {"P", 14},    {"Q", 7},     {"S", 3},    {"V", 5}};
  return kLast;
}

struct Id {
  std::string family;
  int number;
  std::string text() const { return family + '-' + std::to_string(number); }
  auto operator<=>(const Id&) const = default;
};

bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Every "CB-34" in the text. "S-1-5-18" is the name of an account, and no id.
std::vector<Id> ids_in(std::string_view text) {
  std::vector<Id> ids;
  for (std::size_t dash = text.find('-'); dash != std::string_view::npos; dash = text.find('-', dash + 1)) {
    std::size_t begin = dash;
    while (begin > 0 && is_word(text[begin - 1])) --begin;
    std::size_t end = dash + 1;
    while (end < text.size() && is_digit(text[end])) ++end;
    const bool goes_on = end < text.size() && (text[end] == '-' || is_word(text[end]));
    const std::string family(text.substr(begin, dash - begin));
    if (end == dash + 1 || goes_on || !id_families().contains(family)) continue;
    ids.push_back({family, std::stoi(std::string(text.substr(dash + 1, end - dash - 1)))});
  }
  return ids;
}

// The ids in the first column of the page's tables, in order.
std::vector<Id> id_rows_of(const std::string& page) {
  std::vector<Id> rows;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| ")) continue;
    const std::vector<Id> first = ids_in(std::string_view(line).substr(0, line.find('|', 2)));
    if (first.size() == 1 && line.starts_with("| " + first[0].text() + " |")) rows.push_back(first[0]);
  }
  return rows;
}

std::vector<Id> all_rows() {
  std::vector<Id> rows = id_rows_of(read_project_file("docs/SEMANTICS.md"));
  for (const Id& id : id_rows_of(read_project_file("docs/SEED_DEFECTS.md"))) rows.push_back(id);
  return rows;
}

// "Suite.Name" of every test that the file defines.
std::set<std::string> tests_of(const std::string& file) {
  const std::string text = read_project_file(file);
  std::set<std::string> tests;
  for (const std::string macro : {"\nTEST(", "\nTEST_F(", "\nTEST_P(", "\nTYPED_TEST("}) {
    for (std::size_t at = text.find(macro); at != std::string::npos; at = text.find(macro, at + 1)) {
      std::string names = text.substr(at + macro.size(), text.find(')', at) - at - macro.size());
      std::erase_if(names, [](char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; });
      const std::size_t comma = names.find(',');
      if (comma != std::string::npos) tests.insert(names.replace(comma, 1, "."));
    }
  }
  return tests;
}

TEST(SemanticsPageTest, EveryTestThatIsCitedExistsInItsFile) {
  std::vector<std::string> wrong;
  std::map<std::string, std::set<std::string>> tests;
  std::size_t cited = 0;
  for (const std::string page : {"docs/SEMANTICS.md", "docs/SEED_DEFECTS.md"}) {
    for (const Link& link : links_of(read_project_file(page))) {
      if (!link.target.starts_with("../tests/") || !link.target.ends_with(".cpp")) continue;
      const std::string file = link.target.substr(3);
      if (!tests.contains(file)) tests[file] = tests_of(file);
      ++cited;
      if (!tests[file].contains(link.text)) wrong.push_back(link.text + " in " + file);
    }
  }
  EXPECT_GT(cited, 100u);
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(SemanticsPageTest, IdsAreUniqueAndNoneIsMissing) {
  std::map<Id, int> count;
  for (const Id& id : all_rows()) ++count[id];
  std::vector<std::string> wrong;
  for (const auto& [id, times] : count) {
    if (times != 1) wrong.push_back(id.text() + " stands there twice");
    if (id.number > id_families().at(id.family))
      wrong.push_back(id.text() + ": raise the family's last number");
  }
  for (const auto& [family, last] : id_families()) {
    for (int number = 1; number <= last; ++number) {
      if (!count.contains({family, number})) wrong.push_back(Id{family, number}.text() + " is missing");
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(SemanticsPageTest, EveryIdThatATestOrTheCodeCitesStandsOnAPage) {
  const std::vector<Id> rows = all_rows();
  const std::set<Id> known(rows.begin(), rows.end());
  std::vector<std::string> wrong;
  for (const std::string folder : {"include", "src", "sim", "tests"}) {
    for (const std::string& file : files_below(folder, {".h", ".hpp", ".c", ".cpp"})) {
      std::istringstream in(read_project_file(file));
      for (std::string line; std::getline(in, line);) {
        const std::size_t comment = line.find("//");
        if (comment == std::string::npos) continue;
        for (const Id& id : ids_in(std::string_view(line).substr(comment))) {
          if (!known.contains(id)) wrong.push_back(file + " cites " + id.text());
        }
      }
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(SemanticsPageTest, EveryFindingThatTheSimulatorReportsIsListed) {
  const std::vector<Id> rows = all_rows();
  const std::set<Id> known(rows.begin(), rows.end());
  std::set<Id> reported;
  for (const std::string& file : files_below("sim", {".hpp", ".cpp"})) {
    const std::string text = read_project_file(file);
    for (const std::string quoted : {"\"VER-", "\"SIM-"}) {
      for (std::size_t at = text.find(quoted); at != std::string::npos; at = text.find(quoted, at + 1)) {
        for (const Id& id : ids_in(text.substr(at, text.find('"', at + 1) - at))) reported.insert(id);
      }
    }
  }
  EXPECT_GT(reported.size(), 30u);
  std::vector<std::string> wrong;
  for (const Id& id : reported) {
    if (!known.contains(id)) wrong.push_back(id.text());
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(SemanticsPageTest, EveryKnobIsListed) {
  const std::string page = read_project_file("docs/SEMANTICS.md");
  std::string options = read_project_file("sim/fltsim/options.hpp");
  const std::size_t begin = options.find("struct Semantics {");
  options = options.substr(begin, options.find("\n};", begin) - begin);
  std::size_t knobs = 0;
  std::vector<std::string> missing;
  for (std::size_t equals = options.find(" = "); equals != std::string::npos;
       equals = options.find(" = ", equals + 1)) {
    const std::size_t name = options.rfind(' ', equals - 1) + 1;
    const std::string knob = options.substr(name, equals - name);
    ++knobs;
    if (page.find("\n| `" + knob + "` |") == std::string::npos) missing.push_back(knob);
  }
  EXPECT_GT(knobs, 15u);
  EXPECT_THAT(missing, IsEmpty());
}

}  // namespace
}  // namespace house

// docs/ROUTINES.md against the library: what it exports, what it refuses, and which tests prove the rest.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "house/documents.hpp"
#include "house/routines.hpp"

namespace house {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kPage = "docs/ROUTINES.md";
constexpr const char* kRefuses = "refuses by name";
constexpr std::size_t kCitationsMax = 2;

const std::vector<Routine>& built() {
  static const std::vector<Routine> kRoutines = routines();
  return kRoutines;
}

// One row of the page: what it says of a routine.
struct Row {
  std::string says;
  std::vector<std::string> cites;  // files below tests/
};

std::map<std::string, Row> rows_of(const std::string& page) {
  std::map<std::string, Row> rows;
  std::istringstream in(page);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| `")) continue;
    const std::size_t name_end = line.find('`', 3);
    const std::size_t says = line.find("| ", name_end) + 2;
    Row row{line.substr(says, line.find(" |", says) - says), {}};
    for (const Link& link : links_of(line))
      row.cites.push_back(link.target.substr(std::string("../").size()));
    rows[line.substr(3, name_end - 3)] = row;
  }
  return rows;
}

// A macro that no test calls is not on the page: it claims nothing of it.
bool is_listed(const Routine& routine) {
  return !routine.in_headers || routine.refuses || !routine.called.empty();
}

std::string page_text(const std::map<std::string, Row>& old, bool anew) {
  std::string text =
      "# Routines\n\n"
      "What a driver and its client may call, by family. A routine is *supported* when a test calls it; one "
      "such test is named, or\n"
      "two. Macros and inline functions of the headers are here, too, where a test calls them. All others "
      "*refuse by name*: `fltlink-cc`\n"
      "says so when it links a driver that uses one, and a call stops the machine with a finding that names "
      "the routine. What a supported\n"
      "routine does not do it refuses in the same way, with the case in the text.\n\n"
      "The page is written by `FLTLINK_WRITE_ROUTINES=1 build/dev/bin/house_tests "
      "--gtest_filter='RoutinesPage*'` from what the\n"
      "library exports and what the tests call. A test of the house fails when it says something else, or "
      "when a supported routine\n"
      "has no test.\n";
  std::string family;
  for (const Routine& routine : built()) {
    if (!is_listed(routine) || (!anew && !old.contains(routine.name))) continue;
    if (family_of(routine.name) != family) {
      family = family_of(routine.name);
      text += "\n## " + family + "\n\n| routine | | proved by |\n|---|---|---|\n";
    }
    text += "| `" + routine.name + "` | ";
    if (routine.refuses) {
      text += std::string(kRefuses) + " | |\n";
      continue;
    }
    // What the page cited stays while it is true, so that a new test changes no line of routines it merely uses.
    std::vector<std::string> cites;
    if (const auto row = old.find(routine.name); row != old.end()) {
      for (const std::string& file : row->second.cites) {
        if (std::ranges::find(routine.called, file) != routine.called.end()) cites.push_back(file);
      }
    }
    if (cites.empty()) {
      cites.assign(routine.called.begin(),
                   routine.called.begin() +
                       static_cast<std::ptrdiff_t>(std::min(kCitationsMax, routine.called.size())));
    }
    text += "supported |";
    for (std::size_t n = 0; n < cites.size(); ++n) {
      text += (n == 0 ? " [" : ", [") + cites[n].substr(cites[n].rfind('/') + 1) + "](../" + cites[n] + ")";
    }
    text += " |\n";
  }
  return text;
}

TEST(RoutinesPageTest, EverySupportedRoutineIsCalledByATest) {
  std::vector<std::string> without;
  for (const Routine& routine : built()) {
    if (!routine.refuses && !routine.in_headers && routine.called.empty()) without.push_back(routine.name);
  }
  EXPECT_GT(built().size(), 500u);
  EXPECT_THAT(without, IsEmpty()) << "write a test that calls it, or take it onto the unsupported list";
}

TEST(RoutinesPageTest, PageSaysWhatTheLibraryHasAndTheTestsProve) {
  if (std::getenv("FLTLINK_WRITE_ROUTINES") != nullptr) {
    const std::string text = page_text(rows_of(read_project_file(kPage)), true);
    std::ofstream(std::filesystem::path(FLTLINK_SOURCE_DIR) / kPage) << text;
  }
  const std::string page = read_project_file(kPage);
  std::map<std::string, Row> rows = rows_of(page);
  std::vector<std::string> wrong;
  for (const Routine& routine : built()) {
    const auto row = rows.extract(routine.name);
    if (row.empty()) {
      if (routine.in_headers) continue;  // one more that is called is no reason to stop anybody
      wrong.push_back(routine.name + " is missing");
      continue;
    }
    if (row.mapped().says != (routine.refuses ? kRefuses : "supported"))
      wrong.push_back(routine.name + " is not so");
    if (!routine.refuses && row.mapped().cites.empty()) wrong.push_back(routine.name + " cites no test");
    for (const std::string& file : row.mapped().cites) {
      if (std::ranges::find(routine.called, file) == routine.called.end()) {
        wrong.push_back(routine.name + " is not called in " + file);
      }
    }
  }
  for (const auto& [name, row] : rows) wrong.push_back(name + " is not exported");
  EXPECT_THAT(wrong, IsEmpty()) << "FLTLINK_WRITE_ROUTINES=1 writes the page anew";
  EXPECT_EQ(page, page_text(rows_of(page), false)) << "sorted, and nothing beside what is generated";
}

TEST(RoutinesTest, NameInACommentOrALiteralIsNoCall) {
  const std::string code = code_of(
      "// KeA()\n/* KeB() */ const char* s = \"KeC(\\\"\"; x = '\\'' + 1'000; KeD (1); return KeE;\n"
      "auto r = R\"(KeF())\"; KeG(u\"KeH()\");");
  EXPECT_THAT(called_names(code), ElementsAre("KeD", "KeG"));
}

TEST(RoutinesTest, RoutineWhoseAddressIsTakenIsCalledLater) {
  EXPECT_THAT(called_names("auto insert = RtlA; table(&RtlB, x, RtlC);"),
              ElementsAre("RtlA", "RtlB", "table"));
}

TEST(RoutinesTest, MacroAndInlineFunctionLeadToWhatTheyCall) {
  HeaderCode headers;
  headers.read(
      "#define ObX(object) \\\n  ObfX(object)\n#define RtlA RtlxA\n#define TAKE(x) RtlA(x)\n"
      "FORCEINLINE VOID ExEasy(PVOID p) {\n  if (p) { ExHard(p); }\n}\nVOID ExOther(PVOID p);\n");
  EXPECT_THAT(headers.closure({"ObX"}), Contains("ObfX"));
  EXPECT_THAT(headers.closure({"TAKE"}), Contains("RtlxA"));
  EXPECT_THAT(headers.closure({"ExEasy"}), Contains("ExHard"));
  EXPECT_THAT(headers.closure({"ExEasy"}), Not(Contains("ExOther")));
}

TEST(RoutinesTest, PrefixNamesTheFamily) {
  EXPECT_EQ(family_of("FltClose"), "Flt");
  EXPECT_EQ(family_of("FilterClose"), "Filter");
  EXPECT_EQ(family_of("ExpInterlockedPopEntrySList"), "Ex");
  EXPECT_EQ(family_of("ObfDereferenceObject"), "Ob");
  EXPECT_EQ(family_of("KfRaiseIrql"), "Ke");
  EXPECT_EQ(family_of("FsRtlIsNameInExpression"), "FsRtl");
  EXPECT_EQ(family_of("EtwWrite"), "Etw");
  EXPECT_EQ(family_of("__readmsr"), "Intrinsics");
  EXPECT_EQ(family_of("SetEvent"), "Win32");
  EXPECT_EQ(family_of("PostQueuedCompletionStatus"), "Win32");
}

}  // namespace
}  // namespace house

// The arrows of docs/ARCHITECTURE.md, read from the #include lines.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

struct Include {
  std::string file;  // relative to the project, with '/'
  int line;
  std::string target;  // what stands between the quotes or brackets
};

std::string to_text(const Include& include) {
  return include.file + ':' + std::to_string(include.line) + " includes " + include.target;
}

void add_includes(const fs::path& path, const fs::path& root, std::vector<Include>& includes) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*[<"]([^>"]+)[>"])");
  std::ifstream in(path);
  std::string line;
  for (int number = 1; std::getline(in, line); ++number) {
    std::smatch match;
    if (std::regex_search(line, match, kInclude)) {
      includes.push_back({fs::relative(path, root).generic_string(), number, match[1]});
    }
  }
}

std::vector<Include> includes_below(const std::string& folder) {
  static const std::set<std::string> kEndings{".h", ".hpp", ".c", ".cpp", ".inl"};
  const fs::path root = FLTLINK_SOURCE_DIR;
  std::vector<Include> includes;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    if (entry.is_regular_file() && kEndings.contains(entry.path().extension().string())) {
      add_includes(entry.path(), root, includes);
    }
  }
  return includes;
}

bool starts_with_any(const std::string& text, const std::vector<std::string>& prefixes) {
  for (const std::string& prefix : prefixes) {
    if (text.starts_with(prefix)) return true;
  }
  return false;
}

// The first folder below `include/fltlink/`, e.g. "wire".
std::string part_of(const std::string& path) {
  const std::string prefix = "include/fltlink/";
  return path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size());
}

// The one header of the product that names the WDK.
bool is_for_drivers_only(const std::string& file) { return file == "include/fltlink/send/client_port.hpp"; }

TEST(IncludeArrowsTest, ProductNeverIncludesSimulatorTestsOrBenches) {
  static const std::vector<std::string> kSimulator{"fltsim/", "machine/", "sched/",    "nt/",     "io/",
                                                   "fs/",     "fltmgr/",  "verifier/", "loader/", "client/",
                                                   "sim/",    "tests/",   "bench/",    "support/"};
  std::vector<std::string> wrong;
  for (const std::string folder : {"include", "src"}) {
    for (const Include& include : includes_below(folder)) {
      if (include.file.starts_with("src/cli/")) continue;
      if (starts_with_any(include.target, kSimulator)) wrong.push_back(to_text(include));
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(IncludeArrowsTest, PartsOfTheProductIncludeOnlyWhatTheyMay) {
  const std::map<std::string, std::vector<std::string>> allowed{
      {"base", {}},
      {"wire", {}},
      {"codec", {"wire", "base"}},
      {"queue", {"wire", "base"}},
      {"policy", {"base"}},
      {"send", {"wire", "base"}},
      {"port", {"wire", "base"}},
      {"service", {"port", "codec", "queue", "base", "wire"}},
      {"os", {"base"}},
  };
  std::vector<std::string> wrong;
  for (const Include& include : includes_below("include/fltlink")) {
    if (!include.target.starts_with("fltlink/")) continue;
    const std::string from = part_of(include.file);
    const std::string to = part_of("include/" + include.target);
    if (from == to) continue;
    const auto found = allowed.find(from);
    ASSERT_NE(found, allowed.end()) << from << " is no part that docs/ARCHITECTURE.md names";
    if (std::find(found->second.begin(), found->second.end(), to) == found->second.end()) {
      wrong.push_back(to_text(include));
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(IncludeArrowsTest, DriverTierIncludesOnlyItsListedHeaders) {
  const std::set<std::string> system{"stddef.h",    "stdint.h", "span",   "array",   "bit",
                                     "type_traits", "concepts", "limits", "utility", "compare"};
  std::vector<std::string> wrong;
  for (const std::string part : {"base", "wire", "codec", "queue", "policy", "send"}) {
    for (const Include& include : includes_below("include/fltlink/" + part)) {
      if (include.target.starts_with("fltlink/") || system.contains(include.target)) continue;
      if (part == "base" && include.target == "intrin.h") continue;  // MSVC's atomics, in base/atomic.hpp
      if (is_for_drivers_only(include.file) && include.target == "fltKernel.h") continue;
      wrong.push_back(to_text(include));
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(IncludeArrowsTest, WireIncludesNothingButStddefAndStdint) {
  std::vector<std::string> wrong;
  for (const Include& include : includes_below("include/fltlink/wire")) {
    if (include.target.starts_with("fltlink/wire/") || include.target == "stddef.h" ||
        include.target == "stdint.h") {
      continue;
    }
    wrong.push_back(to_text(include));
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(IncludeArrowsTest, SimulatorUsesOnlyBaseOfTheProduct) {
  std::vector<std::string> wrong;
  for (const Include& include : includes_below("sim")) {
    if (include.target.starts_with("fltlink/") && !include.target.starts_with("fltlink/base/")) {
      wrong.push_back(to_text(include));
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

// The tutorial's program aside, which shows what the API is.
TEST(IncludeArrowsTest, OnlyTheFilterPortNamesTheWindowsClientApi) {
  std::vector<std::string> wrong;
  for (const Include& include : includes_below("src")) {
    const bool client_api = include.target == "windows.h" || include.target == "fltUser.h";
    if (client_api && !starts_with_any(include.file, {"src/port/", "src/driver/hello/client."}))
      wrong.push_back(to_text(include));
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(IncludeArrowsTest, WaitingAndClocksOfTheHostStayInSchedAndOs) {
  static const std::regex kForbidden(
      R"(condition_variable|sleep_for|sleep_until|usleep|nanosleep|(steady|system|high_resolution)_clock|clock_gettime)");
  std::vector<std::string> wrong;
  const fs::path root = FLTLINK_SOURCE_DIR;
  for (const std::string folder : {"include", "src", "sim"}) {
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      const std::string file = fs::relative(entry.path(), root).generic_string();
      if (!entry.is_regular_file() ||
          starts_with_any(file, {"sim/sched/", "sim/wdk/", "include/fltlink/os/"}))
        continue;
      std::ifstream in(entry.path());
      std::string line;
      for (int number = 1; std::getline(in, line); ++number) {
        const auto comment = line.find("//");
        if (std::regex_search(line.substr(0, comment), kForbidden))
          wrong.push_back(file + ':' + std::to_string(number));
      }
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

}  // namespace

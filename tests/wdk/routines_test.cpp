// Every routine that a driver can see exists: a driver that mentions it links, and one that calls what is not
// simulated is told which it is. The headers' text is read, not compiled: what is declared between braces of
// no body is taken for a routine.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <set>
#include <string>

#include "nt/unsupported.hpp"

namespace {

std::string text_of(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_of_ours(const std::string& line_marker) {
  return line_marker.find("/sim/wdk/") != std::string::npos &&
         line_marker.find("/crt/") == std::string::npos &&
         line_marker.find("strsafe.h") == std::string::npos;  // its routines are in the driver's own runtime
}

// The name of the routine that the statement declares, or nothing.
std::string declared_by(std::string statement) {
  static const std::regex kAttribute(R"(__attribute__\s*\(\(.*?\)\)\s*)");
  static const std::regex kRoutine(R"(^\s*(?:extern\s+"C"\s+)?[\w\s*]*?[\s*](\w+)\s*\(.*\)\s*$)");
  statement = std::regex_replace(statement, kAttribute, "");
  for (const char* other : {"typedef", "static", "union", "enum", "_Static_assert", "extern"}) {
    if (statement.starts_with(other)) return {};
  }
  std::smatch match;
  return std::regex_match(statement, match, kRoutine) ? match[1].str() : std::string();
}

// Statements at the outermost level, one after the other.
std::set<std::string> declared_routines(const std::string& preprocessed) {
  std::set<std::string> names;
  std::istringstream lines(preprocessed);
  std::string statement;
  int depth = 0;
  bool ours = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) {
      ours = is_of_ours(line);
      continue;
    }
    for (const char unit : line) {
      if (unit == '{') ++depth;
      if (unit == '}' && --depth == 0 && statement.ends_with(") ")) statement.clear();  // a body
      if (depth != 0 || unit == '}') continue;
      if (unit != ';') {
        if (!statement.empty() || unit != ' ') statement += unit;
        continue;
      }
      const std::string name = ours ? declared_by(statement) : std::string();
      if (!name.empty()) names.insert(name);
      statement.clear();
    }
    if (depth == 0 && !statement.empty() && !statement.ends_with(' ')) statement += ' ';
  }
  return names;
}

// Defined in every module.
const std::set<std::string> kInTheModule = {"_setjmp", "memcpy", "memmove", "memset", "memcmp"};

TEST(WdkRoutinesTest, EveryDeclaredRoutineIsSimulatedOrRefusesByName) {
  const std::set<std::string> names = declared_routines(text_of(FLTLINK_KERNEL_HEADERS));
  EXPECT_GT(names.size(), 1000u);
  EXPECT_TRUE(names.contains("FltRegisterFilter") && names.contains("KeBugCheckEx"));
  std::string missing;
  for (const std::string& name : names) {
    if (!kInTheModule.contains(name) && dlsym(RTLD_DEFAULT, name.c_str()) == nullptr) missing += " " + name;
  }
  EXPECT_EQ(missing, "")
      << "neither simulated nor on a list (sim/nt/unsupported.inc, sim/fltmgr/unsupported.inc)";
}

TEST(WdkRoutinesTest, ListsOfRefusalsNameNothingThatIsSimulated) {
  std::string simulated;
#define X(name) \
  if (!fltsim::nt::is_refusal(dlsym(RTLD_DEFAULT, #name))) simulated += " " #name;
#include "fltmgr/unsupported.inc"
#include "nt/unsupported.inc"
#undef X
  EXPECT_EQ(simulated, "") << "take them off the lists";
}

}  // namespace

// The pages lead where they say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "house/documents.hpp"

namespace house {
namespace {

using ::testing::IsEmpty;

bool leads_out_of_the_project(const std::string& target) {
  return target.starts_with("https://") || target.starts_with("http://") || target.starts_with('#');
}

TEST(LinksTest, EveryRelativeLinkOfAPageLeadsToAFile) {
  std::vector<std::string> wrong;
  for (const std::string& page : pages()) {
    const std::filesystem::path folder = (std::filesystem::path(FLTLINK_SOURCE_DIR) / page).parent_path();
    const std::string text = read_project_file(page);
    if (text.empty()) wrong.push_back(page + " is missing or empty");
    for (const Link& link : links_of(text)) {
      if (leads_out_of_the_project(link.target)) continue;
      const std::string file = link.target.substr(0, link.target.find('#'));
      if (!std::filesystem::exists(folder / file)) wrong.push_back(page + ": " + link.target);
    }
  }
  EXPECT_THAT(wrong, IsEmpty());
}

TEST(LinksTest, EveryPageIsReachedFromTheReadingOrder) {
  const std::string order = read_project_file("docs/README.md") + read_project_file("docs/adr/README.md");
  std::vector<std::string> missing;
  for (const std::string& page : files_below("docs", {".md"})) {
    const std::string name = std::filesystem::path(page).filename();
    if (name != "README.md" && order.find('(' + name + ')') == std::string::npos) missing.push_back(page);
  }
  EXPECT_THAT(missing, IsEmpty());
}

}  // namespace
}  // namespace house

// Finds headers as Windows does: in any letter case, with / or \ in between.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fltsim::cc {

struct FoundHeader {
  std::string path;
  std::string name;        // as it would have to be spelled to be found in its folder
  bool is_exact = false;   // it was spelled so
  bool is_system = false;  // in a folder for <...> that is not the user's
};

class HeaderSearch {
 public:
  // `quoted` for "..." alone, then `users`, then `system`.
  HeaderSearch(std::vector<std::string> quoted, std::vector<std::string> users,
               std::vector<std::string> system);

  // `folder` is that of the file with the #include. A name that is there as it is spelled wins over one in other
  // letters. A .tmh that is not there is ours, whose trace macros do nothing.
  std::optional<FoundHeader> find(const std::string& name, bool is_quoted, const std::string& folder);

 private:
  // The name in `folder`, spelled as its files are; empty when there is none.
  std::string spelled(const std::string& folder, const std::string& name);
  const std::map<std::string, std::string>& entries(const std::string& folder);

  const std::vector<std::string> quoted_;
  const std::vector<std::string> users_;
  const std::vector<std::string> system_;
  // What is in each folder: the names in small letters, and as they are.
  std::map<std::string, std::map<std::string, std::string>> folders_;
};

}  // namespace fltsim::cc

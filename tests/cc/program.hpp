// Runs the built fltlink-cc on sources that a test writes.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "cc/files.hpp"
#include "cc/process.hpp"
#include "loader/module.hpp"
#include "support/sanitizers.hpp"

// The runtime of a sanitizer's build is for modules with the same sanitizer.
#define FLTLINK_NEEDS_A_PLAIN_RUNTIME()                                    \
  if (fltlink::test::kAddressSanitized || fltlink::test::kThreadSanitized) \
  GTEST_SKIP() << "a module without a sanitizer cannot be linked in this build"

namespace fltsim::cc {

class Program {
 public:
  explicit Program(std::string compiler = "") : compiler_(std::move(compiler)) {}

  void write(const std::string& name, const std::string& text) const {
    ASSERT_TRUE(write_file(path(name), text));
  }
  void make_folder(const std::string& name) const { std::filesystem::create_directory(path(name)); }
  std::string path(const std::string& name) const { return folder_.path() + '/' + name; }

  // Words that end in `.c`, `.cpp`, `.h`, `.o`, `.sys`, `.d` or `.txt` are files of this folder.
  ProcessResult run(std::vector<std::string> words) const {
    for (std::string& word : words) word = with_folder(word);
    if (!compiler_.empty()) words.insert(words.begin(), "--cc=" + compiler_);
    words.insert(words.begin(), FLTLINK_CC);
    return cc::run(words);
  }

  // Of the module `name`, which must have been built.
  std::unique_ptr<loader::Module> load(const std::string& name) const {
    auto loaded = loader::Module::load(path(name), {});
    if (const auto* error = std::get_if<loader::Module::LoadError>(&loaded)) {
      ADD_FAILURE() << error->text;
      return nullptr;
    }
    return std::move(std::get<std::unique_ptr<loader::Module>>(loaded));
  }

 private:
  std::string with_folder(const std::string& word) const {
    if (word.starts_with('-') || word.starts_with('/')) return word;
    if (word.starts_with('@')) return '@' + path(word.substr(1));
    for (const char* const ending : {".c", ".cpp", ".h", ".o", ".sys", ".d", ".txt"}) {
      if (word.ends_with(ending)) return path(word);
    }
    return word;
  }

  const std::string compiler_;
  TemporaryFolder folder_;
};

// gcc and clang, as far as they are installed.
inline std::vector<std::string> compilers() {
  std::vector<std::string> found;
  for (const char* const name : {"gcc", "clang"}) {
    if (run({name, "--version"}).status == 0) found.emplace_back(name);
  }
  return found;
}

}  // namespace fltsim::cc

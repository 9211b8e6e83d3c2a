// Runs the built fltlink command as a user would, and a directory of files to run it on.
#pragma once

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/temporary_directory.hpp"

namespace fltlink::cli::test {

struct ProgramResult {
  int exit_code = -1;  // -1: ended by a signal
  std::string out;
  std::string err;
};

inline std::string content_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

inline TemporaryDirectory make_directory() {
  return std::get<TemporaryDirectory>(TemporaryDirectory::make());
}

struct RunOptions {
  std::vector<std::string> environment = {};  // "NAME=value", beside what there is
  bool as_ordinary_user = false;              // root loses what lets it read every file
  std::size_t file_size_max = 0;              // no file may grow beyond this; 0 for no limit
  std::string stdout_to = {};                 // a file instead of ProgramResult::out
};

// Runs `fltlink words...` to its end.
inline ProgramResult run_program(const std::vector<std::string>& words, const RunOptions& options = {}) {
  const TemporaryDirectory files = make_directory();
  const std::string out = options.stdout_to.empty() ? files.path() + "/out" : options.stdout_to;
  const std::string err = files.path() + "/err";
  std::vector<char*> arguments{const_cast<char*>(FLTLINK_PROGRAM)};
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    if (std::freopen(out.c_str(), "wb", stdout) == nullptr ||
        std::freopen(err.c_str(), "wb", stderr) == nullptr)
      ::_exit(126);
    for (const std::string& variable : options.environment) ::putenv(const_cast<char*>(variable.c_str()));
    if (options.as_ordinary_user) {
      ::prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0);
      ::prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0);
    }
    const rlimit limit{options.file_size_max, options.file_size_max};
    if (options.file_size_max != 0) ::setrlimit(RLIMIT_FSIZE, &limit);
    ::execv(FLTLINK_PROGRAM, arguments.data());
    ::_exit(127);
  }
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          options.stdout_to.empty() ? content_of(out) : std::string(), content_of(err)};
}

// Some files of several kinds and sizes.
class SomeFiles {
 public:
  explicit SomeFiles(std::size_t count) {
    namespace fs = std::filesystem;
    paths_.push_back(directory_.path());
    for (std::size_t folder = 0; folder < kFolders; ++folder) {
      paths_.push_back(directory_.path() + "/folder " + std::to_string(folder));
      fs::create_directory(paths_.back());
    }
    for (std::size_t index = 0; index < count; ++index) {
      paths_.push_back(paths_[1 + index % kFolders] + "/file " + std::to_string(index) +
                       (index % 2 == 0 ? ".txt" : ".docx"));
      std::ofstream(paths_.back(), std::ios::binary)
          << std::string(index * 997 % 10'000, static_cast<char>('a' + index % 26));
    }
  }

  [[nodiscard]] const std::string& path() const { return directory_.path(); }
  [[nodiscard]] const std::string& file(std::size_t index) const { return paths_[1 + kFolders + index]; }

  // What must not change: the bytes, and the times of access, modification and status change. An entry that
  // came or went shows in those of its directory. Looking leaves no trace itself.
  [[nodiscard]] std::vector<std::string> snapshot() const {
    std::vector<std::string> lines;
    for (const std::string& path : paths_) {
      struct stat entry {};
      EXPECT_EQ(::lstat(path.c_str(), &entry), 0);
      std::ostringstream line;
      line << path;
      for (const timespec& time : {entry.st_atim, entry.st_mtim, entry.st_ctim})
        line << ' ' << time.tv_sec << '.' << time.tv_nsec;
      if (S_ISREG(entry.st_mode)) line << ' ' << bytes_of(path);
      lines.push_back(line.str());
    }
    return lines;
  }

 private:
  static constexpr std::size_t kFolders = 3;

  static std::string bytes_of(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_NOATIME);
    EXPECT_GE(file, 0);
    std::string bytes(20'000, '\0');
    const ssize_t size = ::read(file, bytes.data(), bytes.size());
    ::close(file);
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
  }

  TemporaryDirectory directory_ = make_directory();
  std::vector<std::string> paths_;
};

}  // namespace fltlink::cli::test

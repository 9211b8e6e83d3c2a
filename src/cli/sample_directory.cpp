#include "cli/sample_directory.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

namespace fltlink::cli {

namespace {

namespace fs = std::filesystem;

constexpr mode_t kReadableByAll = S_IROTH;

std::vector<fs::path> sorted_entries(const fs::path& directory) {
  std::vector<fs::path> entries;
  std::error_code error;
  fs::directory_iterator entry(directory, error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error))
    entries.push_back(entry->path());
  std::ranges::sort(entries, {}, [](const fs::path& path) { return path.native(); });
  return entries;
}

// Chooses from one source, and copies.
class Sampler {
 public:
  Sampler(const SampleOptions& options, fs::path target, Samples& samples, std::size_t files_max)
      : options_(options), target_(std::move(target)), samples_(samples), files_left_(files_max) {}

  // Depth first. The sentence is why no more can be copied.
  std::optional<std::string> visit(const fs::path& source) {
    for (const fs::path& path : sorted_entries(source)) {
      if (files_left_ == 0 || ++looked_at_ > options_.looked_at_max) return std::nullopt;
      struct stat entry {};
      if (::lstat(path.c_str(), &entry) != 0 || (entry.st_mode & kReadableByAll) == 0) continue;
      std::optional<std::string> trouble;
      if (S_ISDIR(entry.st_mode)) {
        trouble = visit(path);
      } else if (S_ISREG(entry.st_mode) && is_wanted(path, static_cast<std::uint64_t>(entry.st_size))) {
        trouble = copy(path);
      }
      if (trouble) return trouble;
    }
    return std::nullopt;
  }

 private:
  bool is_wanted(const fs::path& path, std::uint64_t size) {
    if (size > options_.file_size_max) return false;
    std::size_t& of_this_kind = kinds_[path.extension().native()];
    return of_this_kind < options_.files_of_a_kind_max && ++of_this_kind != 0;
  }

  std::optional<std::string> copy(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return std::nullopt;
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::error_code error;
    fs::create_directories(target_, error);
    // The number keeps names apart that come from different directories.
    const fs::path copy = target_ / (std::to_string(samples_.files + 1) + '-' + path.filename().native());
    std::ofstream out(copy, std::ios::binary);
    out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    out.close();
    if (!out) return "the sample " + copy.string() + " cannot be written; is the disk full?";
    ++samples_.files;
    samples_.size += bytes.size();
    --files_left_;
    return std::nullopt;
  }

  const SampleOptions& options_;
  const fs::path target_;
  Samples& samples_;
  std::size_t files_left_;
  std::size_t looked_at_ = 0;
  std::map<std::string, std::size_t> kinds_;
};

}  // namespace

std::variant<Samples, std::string> copy_samples(const std::string& target, const SampleOptions& options) {
  Samples samples;
  for (const std::string& source : options.sources) {
    const std::size_t left = std::min(options.files_max - samples.files, options.files_of_a_source_max);
    Sampler sampler(options, fs::path(target) / fs::path(source).filename(), samples, left);
    if (auto trouble = sampler.visit(source)) return *trouble;
  }
  if (samples.files == 0) return "no file of this machine was found to show; name a directory";
  return samples;
}

}  // namespace fltlink::cli

// Real files to show when the user names no directory: some of this machine's own, of several kinds and
// sizes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace fltlink::cli {

// Where samples come from, and how many. The choice depends on nothing but what lies below `sources`:
// directories are read in the order of their names' bytes, and what only some users may read is left out.
struct SampleOptions {
  std::vector<std::string> sources = {
      "/etc",         "/usr/share/common-licenses", "/usr/share/doc", "/usr/share/misc", "/usr/share/perl",
      "/usr/include", "/usr/share/zoneinfo"};
  std::size_t files_max = 400;
  std::size_t files_of_a_source_max = 80;
  std::size_t files_of_a_kind_max = 6;       // with one ending, from one source
  std::size_t looked_at_max = 20'000;        // entries below one source
  std::uint64_t file_size_max = 256 * 1024;  // larger files are passed over
};

struct Samples {
  std::size_t files = 0;
  std::uint64_t size = 0;  // bytes
};

// Copies samples into the existing, empty directory `target`, each below a directory named after its source.
// A file that cannot be read is passed over; one that cannot be written (a full disk) ends it with a
// sentence.
[[nodiscard]] std::variant<Samples, std::string> copy_samples(const std::string& target,
                                                              const SampleOptions& options = {});

}  // namespace fltlink::cli

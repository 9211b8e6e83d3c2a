// What the demo's programs do with one file or directory, as such programs do it on Windows. None gives up at
// a refusal: they try what a program would try next, and leave nothing of their own behind.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cli/program.hpp"

namespace fltlink::cli {

// The programs look at no more of a file than this, so that a demo on a directory of any size fits into
// memory.
inline constexpr std::uint64_t kBytesOfAFileMax = 1024 * 1024;

struct TargetFile {
  std::u16string path;  // C:\docs\plan.txt
  std::uint64_t size = 0;
  std::u16string copy;  // where the copier puts it, and the deleter finds it
};

// Opens, reads, closes.
void read_file(Program& reader, const TargetFile& file);

// Reads the file and writes a new one at `file.copy`.
void copy_file(Program& copier, const TargetFile& file);

// Saves the file with a line more: writes it to a temporary file beside it, which then takes its name. Where
// that is refused, it takes the temporary file away again and tries to write in place.
void edit_file(Program& editor, const TargetFile& file);

// Deletes the file and its copy.
void delete_file(Program& deleter, const TargetFile& file);

// What lies below a directory.
struct Survey {
  std::vector<TargetFile> files;            // in the order of the walk, without `copy`
  std::vector<std::u16string> directories;  // the root first
};

// Lists `root` ("C:\") and every directory below it, in the file system's order. An interrupt ends it early.
[[nodiscard]] Survey walk(Program& walker, std::u16string_view root);

}  // namespace fltlink::cli

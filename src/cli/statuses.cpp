#include "cli/statuses.hpp"

#include <array>
#include <cstdio>

namespace fltlink::cli {

namespace {

struct Word {
  std::uint32_t status;
  const char* text;
};

constexpr Word kWords[] = {
    {0x00000000, "success"},
    {0x80000006, "no_more_files"},
    {0xC000000D, "invalid_parameter"},
    {0xC0000011, "end_of_file"},
    {0xC0000022, "access_denied"},
    {0xC0000033, "object_name_invalid"},
    {0xC0000034, "object_name_not_found"},
    {0xC0000035, "object_name_collision"},
    {0xC000003A, "object_path_not_found"},
    {0xC0000043, "sharing_violation"},
    {0xC000004B, "thread_is_terminating"},
    {0xC0000056, "delete_pending"},
    {0xC000007F, "disk_full"},
    {0xC0000098, "file_invalid"},
    {0xC000009A, "insufficient_resources"},
    {0xC00000BA, "file_is_a_directory"},
    {0xC0000101, "directory_not_empty"},
    {0xC0000103, "not_a_directory"},
    {0xC0000121, "cannot_delete"},
    {0xC0000123, "file_deleted"},
};

}  // namespace

std::string status_word(std::int32_t status) {
  for (const Word& word : kWords) {
    if (word.status == static_cast<std::uint32_t>(status)) return word.text;
  }
  std::array<char, 11> hexadecimal;
  std::snprintf(hexadecimal.data(), hexadecimal.size(), "0x%08X", static_cast<unsigned>(status));
  return hexadecimal.data();
}

}  // namespace fltlink::cli

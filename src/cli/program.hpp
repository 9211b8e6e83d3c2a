// A simulated program of the demo: the NT calls that it makes, each counted by kind and result.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/tally.hpp"
#include "fltsim/process.hpp"

namespace fltlink::cli {

// Calls belong to threads of the program's process. Each returns an NTSTATUS, which the tally has got
// already.
class Program {
 public:
  // `tally` outlives the program.
  Program(fltsim::Process process, Tally& tally) : process_(process), tally_(tally) {}

  [[nodiscard]] fltsim::Process& process() { return process_; }

  struct Opened {
    std::int32_t status;
    fltsim::FileHandle handle;  // kNone unless the status is success
  };
  Opened open_to_read(std::u16string_view path);
  Opened open_to_change(std::u16string_view path);
  // To delete or rename it.
  Opened open_to_remove(std::u16string_view path);
  // Fails when there is a file of this name.
  Opened create(std::u16string_view path);

  // Up to `size_max` bytes from the start of the file; to come to its end is a success. `content` is what was read before anything failed.
  std::int32_t read(fltsim::FileHandle file, std::uint64_t size_max, std::string& content);
  std::int32_t write(fltsim::FileHandle file, std::string_view bytes, std::int64_t offset);
  // To a path on the same volume, in the place of a file that may be there.
  std::int32_t rename_over(fltsim::FileHandle file, std::u16string_view target);
  // The file goes when `file` is closed.
  std::int32_t mark_deleted(fltsim::FileHandle file);
  std::int32_t list(std::u16string_view directory, fltsim::ListResult& result);
  // Of a handle that is kNone: nothing.
  void close(fltsim::FileHandle file);

 private:
  Opened open(std::u16string_view path, std::uint32_t access, std::uint32_t share);
  std::int32_t counted(Operation operation, std::int32_t status);

  fltsim::Process process_;
  Tally& tally_;
};

}  // namespace fltlink::cli

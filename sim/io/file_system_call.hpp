// The bottom of every stack: what a file-system driver does with a request. Takes the parameters that the
// lowest instance left behind and carries them out on the fs::FileSystem of the target file object.
#pragma once

#include <fltKernel.h>

#include <cstddef>
#include <span>
#include <vector>

#include "io/file_object.hpp"
#include "io/operation.hpp"

namespace fltsim::io {

// Fills in the status block, and the tag data of the operation. A major function that no file system here knows is
// STATUS_INVALID_DEVICE_REQUEST. A simulated thread; blocks for a byte-range lock that must be waited for and for a
// change of a directory, until the thread is terminated (STATUS_CANCELLED).
void call_file_system(Operation& operation, const FLT_IO_PARAMETER_BLOCK& parameters,
                      IO_STATUS_BLOCK& status);

// The parts of it by subject (file_system_information.cpp, file_system_directory.cpp, ...).
IO_STATUS_BLOCK query_information_below(FileObject& file, const FLT_PARAMETERS& parameters);
IO_STATUS_BLOCK set_information_below(FileObject& file, const FLT_PARAMETERS& parameters);
IO_STATUS_BLOCK query_directory_below(FileObject& file, const FLT_IO_PARAMETER_BLOCK& parameters);
IO_STATUS_BLOCK query_volume_below(FileObject& file, const FLT_PARAMETERS& parameters);
IO_STATUS_BLOCK set_volume_below(FileObject& file, const FLT_PARAMETERS& parameters);
IO_STATUS_BLOCK notify_below(FileObject& file, const Operation& operation,
                             const FLT_IO_PARAMETER_BLOCK& parameters);
IO_STATUS_BLOCK lock_below(FileObject& file, const Operation& operation,
                           const FLT_IO_PARAMETER_BLOCK& parameters);
IO_STATUS_BLOCK fs_control_below(FileObject& file, const FLT_IO_PARAMETER_BLOCK& parameters);
IO_STATUS_BLOCK device_control_below(FileObject& file, const Operation& operation,
                                     const FLT_IO_PARAMETER_BLOCK& parameters);
IO_STATUS_BLOCK query_ea_below(FileObject& file, const FLT_IO_PARAMETER_BLOCK& parameters);
IO_STATUS_BLOCK set_ea_below(FileObject& file, const FLT_PARAMETERS& parameters);
IO_STATUS_BLOCK query_security_below(FileObject& file, const FLT_PARAMETERS& parameters);
IO_STATUS_BLOCK set_security_below(FileObject& file, const FLT_PARAMETERS& parameters);

// A list of FILE_FULL_EA_INFORMATION. EA_LIST_INCONSISTENT or INVALID_EA_NAME, with the offset of the entry that is
// wrong; INVALID_EA_FLAG is told as the first.
NTSTATUS parse_extended_attributes(const void* buffer, std::size_t length,
                                   std::vector<fs::ExtendedAttribute>& attributes, std::size_t& wrong_at);

// Whether locks of others are in the way of a transfer of the operation's.
bool locks_allow(FileObject& file, const Operation& operation, ULONG key, LONGLONG offset, std::size_t length,
                 bool write);

// Where an MDL describes the memory, that.
void* data_buffer(PMDL mdl, void* buffer);

// The file system must not fault on a user address that has lost its pages: STATUS_INVALID_USER_BUFFER.
bool is_present(const FileObject& file, const void* buffer, std::size_t length);

inline IO_STATUS_BLOCK answer(NTSTATUS status, ULONG_PTR information = 0) {
  IO_STATUS_BLOCK block{};
  block.Status = status;
  block.Information = information;
  return block;
}

inline LARGE_INTEGER large(std::uint64_t value) {
  LARGE_INTEGER result;
  result.QuadPart = static_cast<LONGLONG>(value);
  return result;
}

// A buffer that a variable-sized answer is put together in. What does not fit is cut, and overflowed() says
// so.
class OutputBuffer {
 public:
  OutputBuffer(void* buffer, std::size_t length) : begin_(static_cast<std::byte*>(buffer)), length_(length) {}

  void append(const void* bytes, std::size_t size);
  void align(std::size_t boundary);
  std::byte* at(std::size_t offset) { return begin_ + offset; }
  std::size_t used() const { return used_; }
  std::size_t left() const { return length_ - used_; }
  bool overflowed() const { return overflowed_; }
  // SUCCESS or BUFFER_OVERFLOW, with the bytes that were written.
  IO_STATUS_BLOCK result() const {
    return answer(overflowed_ ? STATUS_BUFFER_OVERFLOW : STATUS_SUCCESS, used_);
  }

 private:
  std::byte* begin_;
  std::size_t length_;
  std::size_t used_ = 0;
  bool overflowed_ = false;
};

}  // namespace fltsim::io

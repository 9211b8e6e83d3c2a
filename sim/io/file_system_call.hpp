// The bottom of every stack: what a file-system driver does with a request. Takes the parameters that the
// lowest instance left behind and carries them out on the fs::FileSystem of the target file object.
#pragma once

#include <fltKernel.h>

#include <cstddef>
#include <span>

#include "io/file_object.hpp"

namespace fltsim::io {

// Fills in the status block. A major function that no file system here knows is
// STATUS_INVALID_DEVICE_REQUEST. A simulated thread; does not block.
void call_file_system(const FLT_IO_PARAMETER_BLOCK& parameters, IO_STATUS_BLOCK& status);

// The parts of it by subject (file_system_information.cpp, file_system_directory.cpp).
IO_STATUS_BLOCK query_information_below(FileObject& file, const FLT_PARAMETERS& parameters);
IO_STATUS_BLOCK set_information_below(FileObject& file, const FLT_PARAMETERS& parameters);
IO_STATUS_BLOCK query_directory_below(FileObject& file, const FLT_IO_PARAMETER_BLOCK& parameters);
IO_STATUS_BLOCK query_volume_below(FileObject& file, const FLT_PARAMETERS& parameters);

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

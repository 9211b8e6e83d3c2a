// A DRIVER_MESSAGE about one operation on one file, before it is encoded for anybody.
#pragma once

#include <fltKernel.h>

#include <array>

#include <fltlink/codec/driver_message.hpp>

#include "policies.hpp"

namespace drmfilter {

// A file whose name cannot be had. Messages about it carry the empty path, marked as cut.
inline constexpr FilePath kUnnamed{};

// The path as the service reads it, in one piece: behind the first drive letter, or the device name without
// one. About 1 KiB; a longer path is built in pool.
class WholePath {
 public:
  explicit WholePath(const FilePath& file);
  ~WholePath() {
    if (long_ != nullptr) ExFreePoolWithTag(long_, kPoolTag);
  }
  WholePath(const WholePath&) = delete;
  WholePath& operator=(const WholePath&) = delete;

  [[nodiscard]] Text text() const { return text_; }
  // The path is longer and there was no memory for all of it.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  static constexpr size_t kShortPathUnits = 512;

  std::array<char16_t, kShortPathUnits> short_;
  char16_t* long_ = nullptr;
  bool cut_ = false;
  Text text_;
};

class FileMessage {
 public:
  // `status` is what the operation ends with, or would end with. `reason` must outlive this object. IRQL <=
  // APC_LEVEL.
  FileMessage(MESSAGE_TYPE type, PFLT_CALLBACK_DATA data, const FilePath& file, NTSTATUS status, Text reason);

  [[nodiscard]] const fltlink::DriverMessage& get() const { return message_; }

 private:
  const WholePath path_;
  fltlink::DriverMessage message_;
};

}  // namespace drmfilter

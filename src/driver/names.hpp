// The names of files, as policies and events speak of them.
#pragma once

#include <fltKernel.h>

#include "policies.hpp"

namespace drmfilter {

// Name information of the filter manager, released with this object. IRQL <= APC_LEVEL.
class FileName {
 public:
  FileName() = default;
  ~FileName() { release(); }
  FileName(const FileName&) = delete;
  FileName& operator=(const FileName&) = delete;

  // The normalized name of the file that `data` works on. Fails where the filter manager cannot tell
  // (NAME-2), and then the caller must act as if the file were protected.
  [[nodiscard]] NTSTATUS query(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects);

  // Where a rename or a link would lead.
  [[nodiscard]] NTSTATUS query_destination(PCFLT_RELATED_OBJECTS objects, HANDLE root, PWSTR name,
                                           ULONG length);

  // The name of an open file of the driver's own.
  [[nodiscard]] NTSTATUS query_open(PFILE_OBJECT file, PCFLT_RELATED_OBJECTS objects);

  // REQUIRES: a query that succeeded; the texts live as long as this object.
  [[nodiscard]] const FilePath& file() const { return file_; }
  // The directory of file(), with the backslash at its end.
  [[nodiscard]] Text directory() const { return text_of(information_->ParentDir); }
  [[nodiscard]] bool names_a_stream() const { return information_->Stream.Length != 0; }
  // The device name, the share if there is one, and directory() in one piece.
  [[nodiscard]] UNICODE_STRING directory_name() const {
    UNICODE_STRING name = information_->Name;
    name.Length = static_cast<USHORT>(information_->Volume.Length + information_->Share.Length +
                                      information_->ParentDir.Length);
    return name;
  }
  // The device name and file().path in one piece.
  [[nodiscard]] UNICODE_STRING without_stream() const {
    UNICODE_STRING name = information_->Name;
    name.Length = static_cast<USHORT>(name.Length - information_->Stream.Length);
    return name;
  }

  // Takes the information out, for a post callback, which adopts it.
  [[nodiscard]] PFLT_FILE_NAME_INFORMATION detach();
  [[nodiscard]] NTSTATUS adopt(PFLT_FILE_NAME_INFORMATION information, PCFLT_RELATED_OBJECTS objects);

 private:
  void release();
  [[nodiscard]] NTSTATUS parse(PCFLT_RELATED_OBJECTS objects);

  PFLT_FILE_NAME_INFORMATION information_ = nullptr;
  FilePath file_;
};

// Two texts without regard to case, by the system's table.
[[nodiscard]] bool equal_ignoring_case(Text a, Text b);

}  // namespace drmfilter

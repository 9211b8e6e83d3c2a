#include "names.hpp"

#include "volumes.hpp"

namespace drmfilter {

NTSTATUS FileName::query(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects) {
  release();
  const NTSTATUS status =
      FltGetFileNameInformation(data, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT, &information_);
  return NT_SUCCESS(status) ? parse(objects) : status;
}

NTSTATUS FileName::query_destination(PCFLT_RELATED_OBJECTS objects, HANDLE root, PWSTR name, ULONG length) {
  release();
  const NTSTATUS status = FltGetDestinationFileNameInformation(
      objects->Instance, objects->FileObject, root, name, length,
      FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT, &information_);
  return NT_SUCCESS(status) ? parse(objects) : status;
}

NTSTATUS FileName::query_open(PFILE_OBJECT file, PCFLT_RELATED_OBJECTS objects) {
  release();
  const NTSTATUS status = FltGetFileNameInformationUnsafe(
      file, objects->Instance, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT, &information_);
  return NT_SUCCESS(status) ? parse(objects) : status;
}

PFLT_FILE_NAME_INFORMATION FileName::detach() {
  PFLT_FILE_NAME_INFORMATION information = information_;
  information_ = nullptr;
  return information;
}

NTSTATUS FileName::adopt(PFLT_FILE_NAME_INFORMATION information, PCFLT_RELATED_OBJECTS objects) {
  release();
  information_ = information;
  return parse(objects);
}

void FileName::release() {
  if (information_ != nullptr) FltReleaseFileNameInformation(information_);
  information_ = nullptr;
}

NTSTATUS FileName::parse(PCFLT_RELATED_OBJECTS objects) {
  const NTSTATUS status = FltParseFileNameInformation(information_);
  if (!NT_SUCCESS(status)) return status;
  const Text name = text_of(information_->Name);
  const size_t device_units = information_->Volume.Length / sizeof(WCHAR);
  const size_t stream_units = information_->Stream.Length / sizeof(WCHAR);
  if (device_units + stream_units > name.size()) return STATUS_OBJECT_NAME_INVALID;
  file_.device = name.first(device_units);
  file_.path = name.from(device_units).first(name.size() - device_units - stream_units);
  return letters_of(objects, file_.letters);
}

bool equal_ignoring_case(Text a, Text b) {
  if (a.size() != b.size()) return false;
  for (size_t index = 0; index < a.size(); ++index) {
    if (upcase(a[index]) != upcase(b[index])) return false;
  }
  return true;
}

}  // namespace drmfilter

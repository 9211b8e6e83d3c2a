#include "files.hpp"

#include "pool_buffer.hpp"

namespace drmfilter {
namespace {

// Calls visit(FilePath) for the link that `entry` describes.
template <typename Visit>
[[nodiscard]] NTSTATUS visit_link(PCFLT_RELATED_OBJECTS objects, const FilePath& name,
                                  const FILE_LINK_ENTRY_INFORMATION& entry, Visit& visit) {
  IdName parent_id(name.device, &entry.ParentFileId, sizeof entry.ParentFileId);
  OpenFile parent;
  NTSTATUS status = parent.open(objects, parent_id.name(), FILE_OPEN_BY_FILE_ID | FILE_DIRECTORY_FILE);
  if (!NT_SUCCESS(status)) return status;
  FileName directory;
  status = directory.query_open(parent.object(), objects);
  if (!NT_SUCCESS(status)) return status;
  const Text path = directory.file().path;
  const bool has_separator = !path.empty() && path[path.size() - 1] == u'\\';
  const size_t separator_units = has_separator ? 0 : 1;
  const size_t units = path.size() + separator_units + entry.FileNameLength;
  // Longer than any path: the same limit as UNICODE_STRING has.
  if (units > FLTLINK_PATH_UNITS_MAX) return STATUS_OBJECT_NAME_INVALID;
  const PoolBuffer buffer(static_cast<ULONG>(units * sizeof(WCHAR)));
  if (buffer.get() == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* out = static_cast<WCHAR*>(buffer.get());
  fltlink::copy_bytes(out, path.bytes().data(), path.bytes().size());
  if (!has_separator) out[path.size()] = '\\';
  RtlCopyMemory(out + path.size() + separator_units, entry.FileName, entry.FileNameLength * sizeof(WCHAR));
  visit(FilePath{name.device, Text(out, units), name.letters});
  return STATUS_SUCCESS;
}

template <typename Visit>
[[nodiscard]] NTSTATUS visit_links(PCFLT_RELATED_OBJECTS objects, const FilePath& name,
                                   const PoolBuffer& buffer, ULONG length, Visit& visit) {
  constexpr ULONG kEntriesAt = FIELD_OFFSET(FILE_LINKS_INFORMATION, Entry);
  constexpr ULONG kNameAt = FIELD_OFFSET(FILE_LINK_ENTRY_INFORMATION, FileName);
  const auto* bytes = static_cast<const UCHAR*>(buffer.get());
  for (ULONG at = kEntriesAt; at + kNameAt <= length;) {
    const auto& entry = *reinterpret_cast<const FILE_LINK_ENTRY_INFORMATION*>(bytes + at);
    if (entry.FileNameLength > (length - at - kNameAt) / sizeof(WCHAR)) return STATUS_FILE_CORRUPT_ERROR;
    const NTSTATUS status = visit_link(objects, name, entry, visit);
    if (!NT_SUCCESS(status)) return status;
    if (entry.NextEntryOffset == 0) return STATUS_SUCCESS;
    at += entry.NextEntryOffset;
  }
  return STATUS_SUCCESS;
}

constexpr ULONG kLinksSizeFirst = 4096;
constexpr ULONG kLinksSizeMax = 1024 * 1024;

template <typename Visit>
[[nodiscard]] NTSTATUS visit_all_links(PCFLT_RELATED_OBJECTS objects, PFILE_OBJECT file, const FilePath& name,
                                       Visit& visit) {
  for (ULONG size = kLinksSizeFirst; size <= kLinksSizeMax; size *= 4) {
    const PoolBuffer buffer(size);
    if (buffer.get() == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
    ULONG length = 0;
    const NTSTATUS status = FltQueryInformationFile(objects->Instance, file, buffer.get(), buffer.size(),
                                                    FileHardLinkInformation, &length);
    if (status == STATUS_BUFFER_OVERFLOW || status == STATUS_BUFFER_TOO_SMALL) continue;
    return NT_SUCCESS(status) ? visit_links(objects, name, buffer, length, visit) : status;
  }
  return STATUS_INSUFFICIENT_RESOURCES;
}

// Calls visit(FilePath) for each name that the open file has.
template <typename Visit>
[[nodiscard]] NTSTATUS for_each_link(PCFLT_RELATED_OBJECTS objects, PFILE_OBJECT file, const FilePath& name,
                                     Visit&& visit) {
  visit(name);
  FILE_STANDARD_INFORMATION information;
  const NTSTATUS status = FltQueryInformationFile(objects->Instance, file, &information, sizeof information,
                                                  FileStandardInformation, NULL);
  if (!NT_SUCCESS(status)) return status;
  if (information.Directory || information.NumberOfLinks < 2) return STATUS_SUCCESS;
  if (KeGetCurrentIrql() != PASSIVE_LEVEL) return STATUS_FLT_INVALID_NAME_REQUEST;
  return visit_all_links(objects, file, name, visit);
}

}  // namespace

IdName::IdName(Text device, const void* id, size_t id_size) {
  const size_t units = device.size() + 1 + id_size / sizeof(WCHAR);
  if (units > units_.size()) return;
  fltlink::copy_bytes(units_.data(), device.bytes().data(), device.bytes().size());
  units_[device.size()] = '\\';
  RtlCopyMemory(units_.data() + device.size() + 1, id, id_size);
  name_.Buffer = units_.data();
  name_.Length = name_.MaximumLength = static_cast<USHORT>(units * sizeof(WCHAR));
}

NTSTATUS OpenFile::create(PCFLT_RELATED_OBJECTS objects, PUNICODE_STRING name, ACCESS_MASK access,
                          ULONG share, ULONG options, ULONG flags) {
  close();
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, NULL);
  IO_STATUS_BLOCK result;
  return FltCreateFileEx(objects->Filter, objects->Instance, &handle_, &object_, access | SYNCHRONIZE,
                         &attributes, &result, NULL, FILE_ATTRIBUTE_NORMAL, share, FILE_OPEN,
                         options | FILE_SYNCHRONOUS_IO_NONALERT, NULL, 0, flags);
}

NTSTATUS OpenFile::open(PCFLT_RELATED_OBJECTS objects, PUNICODE_STRING name, ULONG options) {
  return create(objects, name, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                options, IO_IGNORE_SHARE_ACCESS_CHECK);
}

// FILE_TRAVERSE counts as reading when shares are compared, so the open takes part in sharing.
NTSTATUS OpenFile::pin(PCFLT_RELATED_OBJECTS objects, PUNICODE_STRING name) {
  return create(objects, name, FILE_TRAVERSE, FILE_SHARE_READ | FILE_SHARE_WRITE, FILE_DIRECTORY_FILE, 0);
}

HANDLE OpenFile::detach() {
  const HANDLE handle = handle_;
  handle_ = nullptr;
  close();
  return handle;
}

void OpenFile::close() {
  if (object_ != nullptr) ObDereferenceObject(object_);
  if (handle_ != nullptr) FltClose(handle_);
  object_ = nullptr;
  handle_ = nullptr;
}

NTSTATUS forbidden_on(PCFLT_RELATED_OBJECTS objects, PFILE_OBJECT file, const FilePath& name,
                      ProtectionFlags& forbidden) {
  forbidden = ProtectionFlags::kNone;
  return for_each_link(objects, file, name,
                       [&](const FilePath& link) { forbidden |= policies.forbidden_on(link); });
}

NTSTATUS find_policy(PCFLT_RELATED_OBJECTS objects, PFILE_OBJECT file, const FilePath& name,
                     ProtectionFlags operation, Verdict& verdict) {
  return for_each_link(objects, file, name, [&](const FilePath& link) {
    if (!verdict.final())
      static_cast<void>(policies.forbids(link, operation, Policies::Where::kFile, verdict));
  });
}

}  // namespace drmfilter

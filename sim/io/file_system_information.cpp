// Query and set information at the bottom of the stack: between the file system's own structures and the
// WDK's information classes.
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "io/file_system_call.hpp"
#include "io/information_class.hpp"
#include "nt/enter.hpp"
#include "nt/process.hpp"
#include "nt/security.hpp"

namespace fltsim::io {

namespace {

struct Query {
  FileObject& file;
  void* buffer;
  ULONG length;
};

// Services have looked at the length; a filter that asks by itself, or changes Length, has not.
bool is_too_short(const std::optional<InformationClassRule>& rule, ULONG length) {
  return rule && length < rule->length_min;
}

// --- query ---

template <class Structure>
IO_STATUS_BLOCK put(const Query& query, const Structure& structure) {
  if (query.length < sizeof(Structure)) return answer(STATUS_INFO_LENGTH_MISMATCH);
  std::memcpy(query.buffer, &structure, sizeof(Structure));
  return answer(STATUS_SUCCESS, sizeof(Structure));
}

FILE_BASIC_INFORMATION basic(const fs::FileInformation& file) {
  FILE_BASIC_INFORMATION information{};
  information.CreationTime = large(file.creation_time);
  information.LastAccessTime = large(file.last_access_time);
  information.LastWriteTime = large(file.last_write_time);
  information.ChangeTime = large(file.change_time);
  information.FileAttributes = file.attributes;
  return information;
}

FILE_STANDARD_INFORMATION standard(const fs::FileInformation& file) {
  FILE_STANDARD_INFORMATION information{};
  information.AllocationSize = large(file.allocation_size);
  information.EndOfFile = large(file.end_of_file);
  information.NumberOfLinks = file.number_of_links;
  information.DeletePending = file.delete_pending;
  information.Directory = file.directory;
  return information;
}

FILE_NETWORK_OPEN_INFORMATION network_open(const fs::FileInformation& file) {
  FILE_NETWORK_OPEN_INFORMATION information{};
  information.CreationTime = large(file.creation_time);
  information.LastAccessTime = large(file.last_access_time);
  information.LastWriteTime = large(file.last_write_time);
  information.ChangeTime = large(file.change_time);
  information.AllocationSize = large(file.allocation_size);
  information.EndOfFile = large(file.end_of_file);
  information.FileAttributes = file.attributes;
  return information;
}

// FILE_NAME_INFORMATION into what room there is; the length says how long the name is, cut or not.
NTSTATUS put_name(FileObject& file, OutputBuffer& output) {
  std::u16string name;
  const NTSTATUS status = file.file_system().query_name(*file.open, name);
  if (!NT_SUCCESS(status)) return status;
  const auto length = static_cast<ULONG>(name.size() * sizeof(char16_t));
  output.append(&length, sizeof length);
  output.append(name.data(), length);
  return STATUS_SUCCESS;
}

IO_STATUS_BLOCK query_name(const Query& query) {
  OutputBuffer output(query.buffer, query.length);
  const NTSTATUS status = put_name(query.file, output);
  return NT_SUCCESS(status) ? output.result() : answer(status);
}

// The I/O manager has filled in the parts that are its own: access, mode, alignment.
IO_STATUS_BLOCK query_all(const Query& query, const fs::FileInformation& information) {
  auto* all = static_cast<FILE_ALL_INFORMATION*>(query.buffer);
  all->BasicInformation = basic(information);
  all->StandardInformation = standard(information);
  all->InternalInformation.IndexNumber = large(information.file_id);
  all->EaInformation.EaSize = information.ea_size;
  all->PositionInformation.CurrentByteOffset.QuadPart = query.file.position();
  constexpr std::size_t kFixed = offsetof(FILE_ALL_INFORMATION, NameInformation);
  OutputBuffer name(reinterpret_cast<std::byte*>(all) + kFixed, query.length - kFixed);
  const NTSTATUS status = put_name(query.file, name);
  if (!NT_SUCCESS(status)) return answer(status);
  return answer(name.result().Status, kFixed + name.used());
}

IO_STATUS_BLOCK query_streams(const Query& query) {
  std::vector<fs::StreamEntry> streams;
  const NTSTATUS status = query.file.file_system().query_streams(*query.file.open, streams);
  if (!NT_SUCCESS(status)) return answer(status);
  OutputBuffer output(query.buffer, query.length);
  std::byte* previous = nullptr;
  for (const fs::StreamEntry& stream : streams) {
    const std::size_t before = output.used();
    output.align(alignof(FILE_STREAM_INFORMATION));
    constexpr std::size_t kFixed = offsetof(FILE_STREAM_INFORMATION, StreamName);
    const std::size_t size = kFixed + stream.name.size() * sizeof(char16_t);
    if (output.left() < size) return answer(STATUS_BUFFER_OVERFLOW, before);
    FILE_STREAM_INFORMATION entry{};
    entry.StreamNameLength = static_cast<ULONG>(size - kFixed);
    entry.StreamSize = large(stream.end_of_file);
    entry.StreamAllocationSize = large(stream.allocation_size);
    std::byte* here = output.at(output.used());
    output.append(&entry, kFixed);
    output.append(stream.name.data(), size - kFixed);
    if (previous != nullptr) {
      const auto distance = static_cast<ULONG>(here - previous);
      std::memcpy(previous + offsetof(FILE_STREAM_INFORMATION, NextEntryOffset), &distance, sizeof distance);
    }
    previous = here;
  }
  return output.result();
}

// FILE_LINKS_INFORMATION: what does not fit is left out, and BytesNeeded says how much room all of it takes.
IO_STATUS_BLOCK query_links(const Query& query) {
  std::vector<fs::LinkEntry> links;
  const NTSTATUS status = query.file.file_system().query_links(*query.file.open, links);
  if (!NT_SUCCESS(status)) return answer(status);
  constexpr std::size_t kFixed = offsetof(FILE_LINK_ENTRY_INFORMATION, FileName);
  constexpr std::size_t kHeader = offsetof(FILE_LINKS_INFORMATION, Entry);
  constexpr std::size_t kAlignment = alignof(FILE_LINK_ENTRY_INFORMATION);
  FILE_LINKS_INFORMATION header{};
  std::size_t needed = kHeader;
  std::size_t used = kHeader;
  std::byte* previous = nullptr;
  auto* buffer = static_cast<std::byte*>(query.buffer);
  for (const fs::LinkEntry& link : links) {
    needed = (needed + kAlignment - 1) / kAlignment * kAlignment;
    const std::size_t here = needed;
    needed += kFixed + link.name.size() * sizeof(char16_t);
    if (needed > query.length) continue;
    FILE_LINK_ENTRY_INFORMATION entry{};
    entry.ParentFileId = static_cast<LONGLONG>(link.parent_file_id);
    entry.FileNameLength = static_cast<ULONG>(link.name.size());  // in units, alone among these structures
    std::memcpy(buffer + here, &entry, kFixed);
    std::memcpy(buffer + here + kFixed, link.name.data(), link.name.size() * sizeof(char16_t));
    if (previous != nullptr) {
      const auto distance = static_cast<ULONG>(buffer + here - previous);
      std::memcpy(previous + offsetof(FILE_LINK_ENTRY_INFORMATION, NextEntryOffset), &distance,
                  sizeof distance);
    }
    previous = buffer + here;
    used = needed;
    ++header.EntriesReturned;
  }
  header.BytesNeeded = static_cast<ULONG>(needed);
  std::memcpy(buffer, &header, kHeader);
  return answer(header.EntriesReturned == links.size() ? STATUS_SUCCESS : STATUS_BUFFER_OVERFLOW, used);
}

FILE_STANDARD_LINK_INFORMATION standard_link(const Query& query, const fs::FileInformation& file) {
  std::vector<fs::LinkEntry> links;
  static_cast<void>(query.file.file_system().query_links(*query.file.open, links));  // of a file: never fails
  FILE_STANDARD_LINK_INFORMATION information{};
  information.NumberOfAccessibleLinks = file.number_of_links;
  information.TotalNumberOfLinks = static_cast<ULONG>(links.size());
  information.DeletePending = file.delete_pending;
  information.Directory = file.directory;
  return information;
}

FILE_ID_INFORMATION id(const Query& query, const fs::FileInformation& file) {
  FILE_ID_INFORMATION information{};
  information.VolumeSerialNumber = query.file.file_system().volume_information().serial_number;
  std::memcpy(&information.FileId, &file.file_id, sizeof file.file_id);
  return information;
}

FILE_STAT_INFORMATION stat(const Query& query, const fs::FileInformation& file) {
  FILE_STAT_INFORMATION information{};
  information.FileId = large(file.file_id);
  information.CreationTime = large(file.creation_time);
  information.LastAccessTime = large(file.last_access_time);
  information.LastWriteTime = large(file.last_write_time);
  information.ChangeTime = large(file.change_time);
  information.AllocationSize = large(file.allocation_size);
  information.EndOfFile = large(file.end_of_file);
  information.FileAttributes = file.attributes;
  information.ReparseTag = file.reparse_tag;
  information.NumberOfLinks = file.number_of_links;
  information.EffectiveAccess = query.file.granted_access;
  return information;
}

IO_STATUS_BLOCK query_by_class(const Query& query, ULONG which, const fs::FileInformation& file) {
  switch (which) {
    case FileBasicInformation:
      return put(query, basic(file));
    case FileStandardInformation:
      return put(query, standard(file));
    case FileNetworkOpenInformation:
      return put(query, network_open(file));
    case FileInternalInformation:
      return put(query, FILE_INTERNAL_INFORMATION{large(file.file_id)});
    case FileEaInformation:
      return put(query, FILE_EA_INFORMATION{file.ea_size});
    case FileAttributeTagInformation:
      return put(query, FILE_ATTRIBUTE_TAG_INFORMATION{file.attributes, file.reparse_tag});
    case FilePositionInformation:
      return put(query, FILE_POSITION_INFORMATION{large(static_cast<std::uint64_t>(query.file.position()))});
    case FileAllInformation:
      return query_all(query, file);
    case FileAlternateNameInformation:
      return answer(STATUS_OBJECT_NAME_NOT_FOUND);  // no file here has a short name
    case FileCompressionInformation: {
      FILE_COMPRESSION_INFORMATION information{};
      information.CompressedFileSize = large(file.allocation_size);
      return put(query, information);
    }
    case FileIsRemoteDeviceInformation:
      return put(query, FILE_IS_REMOTE_DEVICE_INFORMATION{FALSE});
    case FileStandardLinkInformation:
      return put(query, standard_link(query, file));
    case FileIdInformation:
      return put(query, id(query, file));
    case FileStatInformation:
      return put(query, stat(query, file));
    case FileCaseSensitiveInformation:
      if (!file.directory) return answer(STATUS_NOT_A_DIRECTORY);
      return put(query, FILE_CASE_SENSITIVE_INFORMATION{0});
    default:
      return answer(refuse_class(ClassRole::kQuery, which));
  }
}

// --- set ---

NTSTATUS set_basic(FileObject& file, const FILE_BASIC_INFORMATION& information) {
  fs::BasicChange change;
  change.creation_time = information.CreationTime.QuadPart;
  change.last_access_time = information.LastAccessTime.QuadPart;
  change.last_write_time = information.LastWriteTime.QuadPart;
  change.change_time = information.ChangeTime.QuadPart;
  change.attributes = information.FileAttributes;
  return file.file_system().set_basic(*file.open, change);
}

// The last component: what goes before it was opened as the target directory.
std::u16string_view last_component(std::u16string_view name) {
  const std::size_t slash = name.rfind(u'\\');
  return slash == std::u16string_view::npos ? name : name.substr(slash + 1);
}

// FILE_RENAME_INFORMATION and FILE_LINK_INFORMATION have one shape.
std::optional<fs::NewName> new_name(const FLT_PARAMETERS& parameters, bool extended) {
  const auto& set = parameters.SetFileInformation;
  constexpr std::size_t kFixed = offsetof(FILE_RENAME_INFORMATION, FileName);
  if (set.Length < kFixed) return std::nullopt;
  const auto& information = *static_cast<const FILE_RENAME_INFORMATION*>(set.InfoBuffer);
  if (information.FileNameLength % 2 != 0 || information.FileNameLength > set.Length - kFixed) {
    return std::nullopt;
  }
  const std::u16string_view name(information.FileName, information.FileNameLength / sizeof(WCHAR));
  fs::NewName target;
  if (set.ParentOfTarget != nullptr) {
    target.name = last_component(name);
    target.target_directory = FileObject::of(*set.ParentOfTarget).open.get();
  } else {
    target.name = name;
  }
  target.flags = extended ? information.Flags : ULONG{information.ReplaceIfExists != FALSE};
  return target;
}

NTSTATUS set_rename(FileObject& file, const FLT_PARAMETERS& parameters) {
  const bool extended = parameters.SetFileInformation.FileInformationClass == FileRenameInformationEx;
  const std::optional<fs::NewName> target = new_name(parameters, extended);
  if (!target) return STATUS_INVALID_PARAMETER;
  return file.file_system().rename(*file.open, *target);
}

NTSTATUS set_link(FileObject& file, const FLT_PARAMETERS& parameters) {
  const bool extended = parameters.SetFileInformation.FileInformationClass == FileLinkInformationEx;
  const std::optional<fs::NewName> target = new_name(parameters, extended);
  if (!target) return STATUS_INVALID_PARAMETER;
  return file.file_system().link(*file.open, *target);
}

// A file cannot become shorter under a section: somebody may have it mapped.
NTSTATUS set_size(FileObject& file, LONGLONG size, bool allocation) {
  fs::FileSystem& file_system = file.file_system();
  if (file.stream->sections.load(std::memory_order_acquire) != 0) {
    fs::FileInformation now;
    const NTSTATUS status = file_system.query_information(*file.open, now);
    if (!NT_SUCCESS(status)) return status;
    if (size >= 0 && static_cast<std::uint64_t>(size) < now.end_of_file) return STATUS_USER_MAPPED_FILE;
  }
  return allocation ? file_system.set_allocation(*file.open, size)
                    : file_system.set_end_of_file(*file.open, size);
}

// Who may not manage the volume is refused; for the others, streams have no valid length apart from their end.
NTSTATUS set_valid_data_length() {
  const nt::Token& token = *nt::current_thread("a change of the valid data length").process.token;
  if (!token.has_privilege(SE_MANAGE_VOLUME_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
  nt::unsupported("FileValidDataLengthInformation");
}

NTSTATUS set_position(FileObject& file, LONGLONG position) {
  if (position < 0) return STATUS_INVALID_PARAMETER;
  file.set_position(position);
  return STATUS_SUCCESS;
}

}  // namespace

IO_STATUS_BLOCK query_information_below(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& asked = parameters.QueryFileInformation;
  const Query query{file, asked.InfoBuffer, asked.Length};
  const FILE_INFORMATION_CLASS which = asked.FileInformationClass;
  if (is_too_short(query_information_rule(which), asked.Length)) return answer(STATUS_INFO_LENGTH_MISMATCH);
  if (which == FileNameInformation || which == FileNormalizedNameInformation) return query_name(query);
  if (which == FileStreamInformation) return query_streams(query);
  if (which == FileHardLinkInformation) return query_links(query);
  fs::FileInformation information;
  const NTSTATUS status = file.file_system().query_information(*file.open, information);
  return NT_SUCCESS(status) ? query_by_class(query, which, information) : answer(status);
}

IO_STATUS_BLOCK set_information_below(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& set = parameters.SetFileInformation;
  const void* buffer = set.InfoBuffer;
  // A name of one character is shorter than the padded structure: these look at their lengths themselves.
  const bool links =
      set.FileInformationClass == FileLinkInformation || set.FileInformationClass == FileLinkInformationEx;
  if (links) return answer(set_link(file, parameters));
  if (renames_or_links(set.FileInformationClass)) return answer(set_rename(file, parameters));
  if (is_too_short(set_information_rule(set.FileInformationClass), set.Length)) {
    return answer(STATUS_INFO_LENGTH_MISMATCH);
  }
  switch (set.FileInformationClass) {
    case FileBasicInformation:
      return answer(set_basic(file, *static_cast<const FILE_BASIC_INFORMATION*>(buffer)));
    case FileDispositionInformation: {
      const bool remove = static_cast<const FILE_DISPOSITION_INFORMATION*>(buffer)->DeleteFile != FALSE;
      return answer(file.file_system().set_disposition(*file.open, remove ? FILE_DISPOSITION_DELETE : 0));
    }
    case FileDispositionInformationEx: {
      const ULONG flags = static_cast<const FILE_DISPOSITION_INFORMATION_EX*>(buffer)->Flags;
      return answer(file.file_system().set_disposition(*file.open, flags));
    }
    case FileEndOfFileInformation: {
      const auto* size = static_cast<const FILE_END_OF_FILE_INFORMATION*>(buffer);
      return answer(set_size(file, size->EndOfFile.QuadPart, false));
    }
    case FileAllocationInformation: {
      const auto* size = static_cast<const FILE_ALLOCATION_INFORMATION*>(buffer);
      return answer(set_size(file, size->AllocationSize.QuadPart, true));
    }
    case FileValidDataLengthInformation:
      return answer(set_valid_data_length());
    case FilePositionInformation: {
      const auto* position = static_cast<const FILE_POSITION_INFORMATION*>(buffer);
      return answer(set_position(file, position->CurrentByteOffset.QuadPart));
    }
    default:
      return answer(refuse_class(ClassRole::kSet, set.FileInformationClass));
  }
}

}  // namespace fltsim::io

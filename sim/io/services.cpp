#include "io/services.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "io/file_system_call.hpp"
#include "io/information_class.hpp"
#include "io/section.hpp"
#include "io/service_support.hpp"
#include "nt/enter.hpp"

namespace fltsim::io {

namespace {

constexpr LONGLONG kCurrentPosition = -2;  // {FILE_USE_FILE_POINTER_POSITION, -1}
constexpr LONGLONG kEndOfFile = -1;        // {FILE_WRITE_TO_END_OF_FILE, -1}

// What a file opened without buffering demands of a transfer.
bool is_sector_aligned(const FileObject& file, const void* buffer, ULONG length, LONGLONG offset) {
  if (file.is_cached() || file.device) return true;
  const std::uint32_t sector = file.volume->sector_size();
  const bool offset_fits = offset == kEndOfFile || offset % sector == 0;
  return offset_fits && length % sector == 0 && reinterpret_cast<std::uintptr_t>(buffer) % 2 == 0;
}

// Where a transfer starts; nothing when the caller did not say and the file has no position.
std::optional<LONGLONG> resolve_offset(const FileObject& file, const LARGE_INTEGER* offset) {
  const bool current = offset == nullptr || offset->QuadPart == kCurrentPosition;
  if (!current) return offset->QuadPart;
  if (!file.is_synchronous()) return std::nullopt;
  return file.position();
}

// The classes that are answered from the handle and the file object, without a request.
std::optional<ULONG_PTR> query_without_request(const FileObject& file, ACCESS_MASK granted, void* buffer,
                                               FILE_INFORMATION_CLASS which) {
  switch (which) {
    case FileAccessInformation:
      static_cast<FILE_ACCESS_INFORMATION*>(buffer)->AccessFlags = granted;
      return sizeof(FILE_ACCESS_INFORMATION);
    case FileModeInformation:
      static_cast<FILE_MODE_INFORMATION*>(buffer)->Mode = file.mode();
      return sizeof(FILE_MODE_INFORMATION);
    case FileAlignmentInformation:
      static_cast<FILE_ALIGNMENT_INFORMATION*>(buffer)->AlignmentRequirement = FILE_WORD_ALIGNMENT;
      return sizeof(FILE_ALIGNMENT_INFORMATION);
    case FileIsRemoteDeviceInformation:
      static_cast<FILE_IS_REMOTE_DEVICE_INFORMATION*>(buffer)->IsRemote = FALSE;
      return sizeof(FILE_IS_REMOTE_DEVICE_INFORMATION);
    case FilePositionInformation:
      if (!file.is_synchronous()) return std::nullopt;
      static_cast<FILE_POSITION_INFORMATION*>(buffer)->CurrentByteOffset.QuadPart = file.position();
      return sizeof(FILE_POSITION_INFORMATION);
    default:
      return std::nullopt;
  }
}

// FILE_VOLUME_NAME_INFORMATION: the device, cut to the room there is.
IO_STATUS_BLOCK put_volume_name(const FileObject& file, std::vector<std::byte>& buffer) {
  const std::u16string& name = file.volume->names().device;
  OutputBuffer output(buffer.data(), buffer.size());
  const auto size = static_cast<ULONG>(name.size() * sizeof(char16_t));
  output.append(&size, sizeof size);
  output.append(name.data(), size);
  return output.result();
}

void prepare_all_information(const FileObject& file, ACCESS_MASK granted, void* buffer) {
  auto* all = static_cast<FILE_ALL_INFORMATION*>(buffer);
  all->AccessInformation.AccessFlags = granted;
  all->ModeInformation.Mode = file.mode();
  all->AlignmentInformation.AlignmentRequirement = FILE_WORD_ALIGNMENT;
}

// The options of the open that may be changed later; what makes a file synchronous must be told again as it is.
NTSTATUS set_mode(FileObject& file, const void* buffer) {
  const ULONG mode = static_cast<const FILE_MODE_INFORMATION*>(buffer)->Mode;
  constexpr ULONG kSynchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
  constexpr ULONG kKnown = FILE_WRITE_THROUGH | FILE_SEQUENTIAL_ONLY | kSynchronous;
  const bool none = (mode & kSynchronous) == 0, both = (mode & kSynchronous) == kSynchronous;
  if ((mode & ~kKnown) != 0 || none == file.is_synchronous() || both) return STATUS_INVALID_PARAMETER;
  const auto change = [&](bool on, ULONG flag) {
    if (on) {
      file.set_flag(flag);
    } else {
      file.clear_flag(flag);
    }
  };
  if (!file.has_flag(FO_NO_INTERMEDIATE_BUFFERING))
    change((mode & FILE_WRITE_THROUGH) != 0, FO_WRITE_THROUGH);
  change((mode & FILE_SEQUENTIAL_ONLY) != 0, FO_SEQUENTIAL_ONLY);
  if (!none) change((mode & FILE_SYNCHRONOUS_IO_ALERT) != 0, FO_ALERTABLE_IO);
  return STATUS_SUCCESS;
}

NTSTATUS set_position(FileObject& file, const void* buffer) {
  const LONGLONG position = static_cast<const FILE_POSITION_INFORMATION*>(buffer)->CurrentByteOffset.QuadPart;
  if (position < 0 || !file.is_synchronous()) return STATUS_INVALID_PARAMETER;
  file.set_position(position);
  return STATUS_SUCCESS;
}

}  // namespace

NTSTATUS create_file(const Caller& caller, HANDLE& handle, IO_STATUS_BLOCK& block, CreateCall call) {
  nt::Ref<FileObject> root;
  if (call.root_directory != nullptr) {
    OpenFile found = file_by_handle(caller, call.root_directory, 0);
    if (!NT_SUCCESS(found.status)) return found.status;
    root = std::move(found.file);
    call.request.root = root.get();
  }
  std::vector<std::byte> attributes;
  if (call.ea_buffer != nullptr && call.ea_length != 0) {
    if (!capture(caller, call.ea_buffer, call.ea_length, attributes)) return STATUS_ACCESS_VIOLATION;
    std::vector<fs::ExtendedAttribute> parsed;
    std::size_t wrong_at = 0;
    const NTSTATUS status = parse_extended_attributes(attributes.data(), attributes.size(), parsed, wrong_at);
    if (!NT_SUCCESS(status)) {
      block.Status = status;
      block.Information = wrong_at;
      return status;
    }
    call.request.ea_buffer = attributes.data();
    call.request.ea_length = call.ea_length;
  }
  OpenResult opened = manager_of(caller).open(caller.issuer(), call.request);
  if (NT_SUCCESS(opened.status)) {
    handle = manager_of(caller).make_handle(*opened.file, call.kernel_handle);
    if (handle == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  }
  block.Status = opened.status;
  block.Information = opened.information;
  return opened.status;
}

NTSTATUS read_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, void* buffer, ULONG length,
                   const LARGE_INTEGER* offset, ULONG key) {
  OpenFile found = file_by_handle(caller, handle, 0);
  if (!NT_SUCCESS(found.status)) return found.status;
  if (!has_any(caller, found.granted, FILE_READ_DATA)) return STATUS_ACCESS_DENIED;
  const std::optional<LONGLONG> start = resolve_offset(*found.file, offset);
  if (!start || *start < 0) return STATUS_INVALID_PARAMETER;
  if (!is_sector_aligned(*found.file, buffer, length, *start)) return STATUS_INVALID_PARAMETER;
  const Transfer transfer{.buffer = buffer, .length = length, .offset = *start, .key = key};
  return finish(block, manager_of(caller).read(caller.issuer(), *found.file, transfer));
}

NTSTATUS write_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, void* buffer, ULONG length,
                    const LARGE_INTEGER* offset, ULONG key) {
  OpenFile found = file_by_handle(caller, handle, 0);
  if (!NT_SUCCESS(found.status)) return found.status;
  constexpr ACCESS_MASK kWriting = FILE_WRITE_DATA | FILE_APPEND_DATA;
  if (!has_any(caller, found.granted, kWriting)) return STATUS_ACCESS_DENIED;
  const bool appends_only = (found.granted & kWriting) == FILE_APPEND_DATA;
  std::optional<LONGLONG> start = resolve_offset(*found.file, offset);
  if (appends_only) start = kEndOfFile;
  if (!start || *start < kEndOfFile) return STATUS_INVALID_PARAMETER;
  if (!is_sector_aligned(*found.file, buffer, length, *start)) return STATUS_INVALID_PARAMETER;
  const Transfer transfer{.buffer = buffer, .length = length, .offset = *start, .key = key};
  return finish(block, manager_of(caller).write(caller.issuer(), *found.file, transfer));
}

NTSTATUS query_information_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, void* buffer,
                                ULONG length, FILE_INFORMATION_CLASS which) {
  const std::optional<InformationClassRule> rule = query_information_rule(which);
  if (!rule) return refuse_class(ClassRole::kQuery, which);
  if (length < rule->length_min) return STATUS_INFO_LENGTH_MISMATCH;
  OpenFile found = file_by_handle(caller, handle, 0);
  if (!NT_SUCCESS(found.status)) return found.status;
  if (rule->access != 0 && !has_any(caller, found.granted, rule->access)) return STATUS_ACCESS_DENIED;
  FileObject& file = *found.file;
  // Drivers see a system buffer, never the caller's.
  std::vector<std::byte> buffered(length);
  IO_STATUS_BLOCK result{};
  if (which == FileVolumeNameInformation) {
    result = put_volume_name(file, buffered);
  } else if (const auto size = query_without_request(file, found.granted, buffered.data(), which)) {
    result.Information = *size;
  } else {
    if (which == FileAllInformation) prepare_all_information(file, found.granted, buffered.data());
    result = manager_of(caller).query_information(caller.issuer(), file, which, buffered.data(), length);
  }
  return finish_buffered(caller, block, result, buffer, buffered);
}

NTSTATUS set_information_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, const void* buffer,
                              ULONG length, FILE_INFORMATION_CLASS which) {
  const std::optional<InformationClassRule> rule = set_information_rule(which);
  if (!rule) return refuse_class(ClassRole::kSet, which);
  if (length < rule->length_min) return STATUS_INFO_LENGTH_MISMATCH;
  OpenFile found = file_by_handle(caller, handle, rule->access);
  if (!NT_SUCCESS(found.status)) return found.status;
  if (!is_present(caller, buffer, length)) return STATUS_ACCESS_VIOLATION;
  if (which == FilePositionInformation || which == FileModeInformation) {
    IO_STATUS_BLOCK result{};
    result.Status =
        which == FileModeInformation ? set_mode(*found.file, buffer) : set_position(*found.file, buffer);
    return finish(block, result);
  }
  std::vector<std::byte> buffered(static_cast<const std::byte*>(buffer),
                                  static_cast<const std::byte*>(buffer) + length);
  return finish(block, manager_of(caller).set_information(caller.issuer(), *found.file, which,
                                                          buffered.data(), length));
}

NTSTATUS query_volume_information_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                                       void* buffer, ULONG length, FS_INFORMATION_CLASS which) {
  const std::optional<InformationClassRule> rule = query_volume_rule(which);
  if (!rule) return refuse_class(ClassRole::kQueryVolume, which);
  if (length < rule->length_min) return STATUS_INFO_LENGTH_MISMATCH;
  OpenFile found = file_by_handle(caller, handle, rule->access);
  if (!NT_SUCCESS(found.status)) return found.status;
  std::vector<std::byte> buffered(length);
  const IO_STATUS_BLOCK result =
      manager_of(caller).query_volume(caller.issuer(), *found.file, which, buffered.data(), length);
  return finish_buffered(caller, block, result, buffer, buffered);
}

NTSTATUS query_directory_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                              const DirectoryQuery& query) {
  const std::optional<InformationClassRule> rule = query_directory_rule(query.information_class);
  if (!rule) return refuse_class(ClassRole::kQueryDirectory, query.information_class);
  if (query.length < rule->length_min) return STATUS_INFO_LENGTH_MISMATCH;
  OpenFile found = file_by_handle(caller, handle, rule->access);
  if (!NT_SUCCESS(found.status)) return found.status;
  return finish(block, manager_of(caller).query_directory(caller.issuer(), *found.file, query));
}

NTSTATUS flush_buffers_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block) {
  OpenFile found = file_by_handle(caller, handle, 0);
  if (!NT_SUCCESS(found.status)) return found.status;
  if (!has_any(caller, found.granted, FILE_WRITE_DATA | FILE_APPEND_DATA)) return STATUS_ACCESS_DENIED;
  return finish(block, manager_of(caller).flush(caller.issuer(), *found.file));
}

NTSTATUS device_control_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                             const DeviceControl& control, RequestEnd end) {
  // FILE_READ_ACCESS and FILE_WRITE_ACCESS of the code are FILE_READ_DATA and FILE_WRITE_DATA.
  const ACCESS_MASK access = control.code >> 14 & (FILE_READ_DATA | FILE_WRITE_DATA);
  OpenFile found = file_by_handle(caller, handle, access);
  if (!NT_SUCCESS(found.status)) return found.status;
  if (found.file->device && end && !found.file->is_synchronous()) {
    return finish(block, device_control(caller.issuer(), *found.file, control, std::move(end)));
  }
  const NTSTATUS status = finish(block, manager_of(caller).control(caller.issuer(), *found.file, control));
  if (end) end(block);
  return status;
}

NTSTATUS create_section(const Caller& caller, HANDLE& section, HANDLE handle, ULONG protection) {
  constexpr ULONG kExecutable =
      PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;
  ACCESS_MASK access = protection == PAGE_EXECUTE ? 0 : FILE_READ_DATA;
  if ((protection & kExecutable) != 0) access |= FILE_EXECUTE;
  if (protection == PAGE_READWRITE || protection == PAGE_EXECUTE_READWRITE) access |= FILE_WRITE_DATA;
  OpenFile found = file_by_handle(caller, handle, access);
  if (!NT_SUCCESS(found.status)) return found.status;
  SectionManager& sections = manager_of(caller).sections();
  SectionManager::Created created = sections.create(caller.issuer(), *found.file, protection);
  if (!NT_SUCCESS(created.status)) return created.status;
  section = nt::make_handle(created.section.get(), SECTION_ALL_ACCESS, caller.mode == nt::Mode::kKernel);
  return section != nullptr ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING;
}

NTSTATUS map_view(const Caller& caller, HANDLE handle, void*& base, std::size_t& size) {
  nt::Ref<void> object;
  const NTSTATUS status = nt::reference_by_handle(handle, 0, &kSectionType, caller.mode, object);
  if (!NT_SUCCESS(status)) return status;
  Section& section = *static_cast<Section*>(object.get());
  SectionManager& sections = manager_of(caller).sections();
  const SectionManager::Mapped mapped = sections.map(caller.issuer(), section, caller.thread.process);
  base = mapped.base;
  size = mapped.size;
  return mapped.status;
}

NTSTATUS flush_view(const Caller& caller, void* base) {
  return manager_of(caller).sections().flush(caller.issuer(), caller.thread.process, base);
}

NTSTATUS unmap_view(const Caller& caller, void* base) {
  return manager_of(caller).sections().unmap(caller.thread.process, base);
}

}  // namespace fltsim::io

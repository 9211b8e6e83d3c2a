// File-system and device controls at the bottom of the stack.
#include <mountdev.h>
#include <ntdddisk.h>
#include <ntddstor.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "io/file_system_call.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::io {

namespace {

constexpr NTSTATUS kJournalNotActive = static_cast<NTSTATUS>(0xC00002B8);  // STATUS_JOURNAL_NOT_ACTIVE

// The buffers of a control, whatever the method of its code.
struct Control {
  FileObject& file;
  ULONG code;
  const void* input;
  ULONG input_length;
  void* output;
  ULONG output_length;
};

Control control_of(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& common = parameters.FileSystemControl.Common;
  Control control{file,    common.FsControlCode,     nullptr, common.InputBufferLength,
                  nullptr, common.OutputBufferLength};
  switch (METHOD_FROM_CTL_CODE(common.FsControlCode)) {
    case METHOD_BUFFERED:
      control.input = control.output = parameters.FileSystemControl.Buffered.SystemBuffer;
      break;
    case METHOD_NEITHER:
      control.input = parameters.FileSystemControl.Neither.InputBuffer;
      control.output = data_buffer(parameters.FileSystemControl.Neither.OutputMdlAddress,
                                   parameters.FileSystemControl.Neither.OutputBuffer);
      break;
    default:
      control.input = parameters.FileSystemControl.Direct.InputSystemBuffer;
      control.output = data_buffer(parameters.FileSystemControl.Direct.OutputMdlAddress,
                                   parameters.FileSystemControl.Direct.OutputBuffer);
  }
  return control;
}

template <class Structure>
IO_STATUS_BLOCK put(const Control& control, const Structure& structure) {
  if (control.output_length < sizeof(Structure)) return answer(STATUS_BUFFER_TOO_SMALL);
  std::memcpy(control.output, &structure, sizeof(Structure));
  return answer(STATUS_SUCCESS, sizeof(Structure));
}

bool may_write(const FileObject& file) {
  constexpr ACCESS_MASK kAny = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_WRITE_ATTRIBUTES;
  return (file.granted_access & kAny) != 0;
}

// --- reparse points ---

constexpr ULONG kReparseHeader = REPARSE_DATA_BUFFER_HEADER_SIZE;
constexpr ULONG kGuidHeader = kReparseHeader + sizeof(GUID);

ULONG header_of(ULONG tag) { return IsReparseTagMicrosoft(tag) ? kReparseHeader : kGuidHeader; }

// The fixed part of a buffer that sets or deletes one.
NTSTATUS parse_reparse(const Control& control, REPARSE_GUID_DATA_BUFFER& header) {
  if (control.input == nullptr || control.input_length < kReparseHeader)
    return STATUS_IO_REPARSE_DATA_INVALID;
  std::memcpy(&header, control.input, std::min<std::size_t>(sizeof header, control.input_length));
  if (header.ReparseTag <= IO_REPARSE_TAG_RESERVED_RANGE) return STATUS_IO_REPARSE_TAG_INVALID;
  const ULONG size = header_of(header.ReparseTag) + header.ReparseDataLength;
  if (size != control.input_length || size > MAXIMUM_REPARSE_DATA_BUFFER_SIZE)
    return STATUS_IO_REPARSE_DATA_INVALID;
  return STATUS_SUCCESS;
}

IO_STATUS_BLOCK set_reparse_point(const Control& control) {
  REPARSE_GUID_DATA_BUFFER header{};
  if (control.output_length != 0) return answer(STATUS_INVALID_PARAMETER);
  if (!may_write(control.file)) return answer(STATUS_ACCESS_DENIED);
  const NTSTATUS status = parse_reparse(control, header);
  if (!NT_SUCCESS(status)) return answer(status);
  const bool directory_only = header.ReparseTag == IO_REPARSE_TAG_MOUNT_POINT;
  if (directory_only && !control.file.is_directory()) return answer(STATUS_NOT_A_DIRECTORY);
  const std::span data(static_cast<const std::byte*>(control.input), control.input_length);
  return answer(control.file.file_system().set_reparse_point(*control.file.open, data));
}

IO_STATUS_BLOCK get_reparse_point(const Control& control) {
  std::vector<std::byte> data;
  const NTSTATUS status = control.file.file_system().query_reparse_point(*control.file.open, data);
  if (!NT_SUCCESS(status)) return answer(status);
  if (control.output_length < kReparseHeader) return answer(STATUS_BUFFER_TOO_SMALL);
  OutputBuffer output(control.output, control.output_length);
  output.append(data.data(), data.size());
  return output.result();
}

IO_STATUS_BLOCK delete_reparse_point(const Control& control) {
  REPARSE_GUID_DATA_BUFFER header{};
  if (!may_write(control.file)) return answer(STATUS_ACCESS_DENIED);
  const NTSTATUS status = parse_reparse(control, header);
  if (!NT_SUCCESS(status)) return answer(status);
  if (header.ReparseDataLength != 0) return answer(STATUS_IO_REPARSE_DATA_INVALID);
  return answer(control.file.file_system().delete_reparse_point(*control.file.open, header.ReparseTag));
}

// --- object ids ---

fs::ObjectId to_object_id(const FILE_OBJECTID_BUFFER& buffer) {
  fs::ObjectId id;
  std::memcpy(id.id.data(), buffer.ObjectId, id.id.size());
  std::memcpy(id.extended.data(), buffer.ExtendedInfo, id.extended.size());
  return id;
}

IO_STATUS_BLOCK get_object_id(const Control& control) {
  fs::ObjectId id;
  const NTSTATUS status = control.file.file_system().query_object_id(*control.file.open, id);
  if (!NT_SUCCESS(status)) return answer(status);
  FILE_OBJECTID_BUFFER buffer{};
  std::memcpy(buffer.ObjectId, id.id.data(), id.id.size());
  std::memcpy(buffer.ExtendedInfo, id.extended.data(), id.extended.size());
  return put(control, buffer);
}

IO_STATUS_BLOCK set_object_id(const Control& control) {
  if (control.input_length < sizeof(FILE_OBJECTID_BUFFER)) return answer(STATUS_INVALID_PARAMETER);
  if (!may_write(control.file)) return answer(STATUS_ACCESS_DENIED);
  FILE_OBJECTID_BUFFER buffer;
  std::memcpy(&buffer, control.input, sizeof buffer);
  return answer(control.file.file_system().set_object_id(*control.file.open, to_object_id(buffer)));
}

// One is made of the volume and the file, so that equal runs give equal ids.
IO_STATUS_BLOCK create_or_get_object_id(const Control& control) {
  if (control.output_length < sizeof(FILE_OBJECTID_BUFFER)) return answer(STATUS_BUFFER_TOO_SMALL);
  const IO_STATUS_BLOCK there = get_object_id(control);
  if (there.Status != STATUS_OBJECTID_NOT_FOUND) return there;
  fs::FileSystem& file_system = control.file.file_system();
  fs::FileInformation information;
  NTSTATUS status = file_system.query_information(*control.file.open, information);
  if (!NT_SUCCESS(status)) return answer(status);
  fs::ObjectId id;
  const std::uint64_t volume = file_system.volume_information().serial_number;
  std::memcpy(id.id.data(), &information.file_id, sizeof information.file_id);
  std::memcpy(id.id.data() + 8, &volume, sizeof volume);
  std::memcpy(id.extended.data(), &volume, sizeof volume);
  std::memcpy(id.extended.data() + 16, id.id.data(), id.id.size());
  status = file_system.set_object_id(*control.file.open, id);
  return NT_SUCCESS(status) ? get_object_id(control) : answer(status);
}

// --- sparse files and sizes ---

IO_STATUS_BLOCK set_sparse(const Control& control) {
  if (!may_write(control.file)) return answer(STATUS_ACCESS_DENIED);
  FILE_SET_SPARSE_BUFFER buffer{TRUE};  // without a buffer: yes
  if (control.input_length >= sizeof buffer) std::memcpy(&buffer, control.input, sizeof buffer);
  return answer(control.file.file_system().set_sparse(*control.file.open, buffer.SetSparse != FALSE));
}

IO_STATUS_BLOCK set_zero_data(const Control& control) {
  FILE_ZERO_DATA_INFORMATION zero;
  if (control.input_length < sizeof zero) return answer(STATUS_INVALID_PARAMETER);
  std::memcpy(&zero, control.input, sizeof zero);
  return answer(control.file.file_system().set_zero_data(*control.file.open, zero.FileOffset.QuadPart,
                                                         zero.BeyondFinalZero.QuadPart));
}

// All of a file is allocated: the part that was asked for, in one range.
IO_STATUS_BLOCK query_allocated_ranges(const Control& control) {
  FILE_ALLOCATED_RANGE_BUFFER asked;
  if (control.input_length < sizeof asked) return answer(STATUS_INVALID_PARAMETER);
  if (!is_present(control.file, control.input, sizeof asked) ||
      !is_present(control.file, control.output, control.output_length)) {
    return answer(STATUS_INVALID_USER_BUFFER);
  }
  std::memcpy(&asked, control.input, sizeof asked);
  if (control.file.open->kind() != fs::OpenKind::kData) return answer(STATUS_INVALID_PARAMETER);
  const LONGLONG from = asked.FileOffset.QuadPart;
  if (from < 0 || asked.Length.QuadPart < 0 || asked.Length.QuadPart > INT64_MAX - from) {
    return answer(STATUS_INVALID_PARAMETER);
  }
  fs::FileInformation information;
  const NTSTATUS status = control.file.file_system().query_information(*control.file.open, information);
  if (!NT_SUCCESS(status)) return answer(status);
  const auto size = static_cast<LONGLONG>(information.end_of_file);
  const LONGLONG beyond = std::min(from + asked.Length.QuadPart, size);
  if (beyond <= from) return answer(STATUS_SUCCESS);
  FILE_ALLOCATED_RANGE_BUFFER range;
  range.FileOffset.QuadPart = from;
  range.Length.QuadPart = beyond - from;
  return put(control, range);
}

IO_STATUS_BLOCK set_compression(const Control& control) {
  USHORT format = 0;
  if (control.input_length < sizeof format) return answer(STATUS_INVALID_PARAMETER);
  std::memcpy(&format, control.input, sizeof format);
  return answer(format == 0 ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
}

bool requests_oplock(ULONG code) {
  switch (code) {
    case FSCTL_REQUEST_OPLOCK_LEVEL_1:
    case FSCTL_REQUEST_OPLOCK_LEVEL_2:
    case FSCTL_REQUEST_BATCH_OPLOCK:
    case FSCTL_REQUEST_FILTER_OPLOCK:
    case FSCTL_REQUEST_OPLOCK:
      return true;
    default:
      return false;
  }
}

// Those that a volume like this one answers on Windows, and which are not simulated.
const char* missing(ULONG code) {
  switch (code) {
    case FSCTL_DISMOUNT_VOLUME:
      return "FSCTL_DISMOUNT_VOLUME";
    case FSCTL_GET_NTFS_VOLUME_DATA:
      return "FSCTL_GET_NTFS_VOLUME_DATA";
    case FSCTL_GET_NTFS_FILE_RECORD:
      return "FSCTL_GET_NTFS_FILE_RECORD";
    case FSCTL_GET_VOLUME_BITMAP:
      return "FSCTL_GET_VOLUME_BITMAP";
    case FSCTL_GET_RETRIEVAL_POINTERS:
      return "FSCTL_GET_RETRIEVAL_POINTERS";
    case FSCTL_MOVE_FILE:
      return "FSCTL_MOVE_FILE";
    case FSCTL_SET_ENCRYPTION:
      return "FSCTL_SET_ENCRYPTION";
    default:
      return nullptr;
  }
}

}  // namespace

IO_STATUS_BLOCK fs_control_below(FileObject& file, const FLT_IO_PARAMETER_BLOCK& block) {
  if (block.MinorFunction != IRP_MN_USER_FS_REQUEST && block.MinorFunction != IRP_MN_KERNEL_CALL) {
    return answer(STATUS_INVALID_DEVICE_REQUEST);
  }
  const Control control = control_of(file, block.Parameters);
  switch (control.code) {
    case FSCTL_IS_VOLUME_MOUNTED:
      return answer(STATUS_SUCCESS);  // else the request would not have come here
    case FSCTL_LOCK_VOLUME:
      return answer(file.file_system().lock_volume(*file.open));
    case FSCTL_UNLOCK_VOLUME:
      return answer(file.file_system().unlock_volume(*file.open));
    case FSCTL_IS_VOLUME_DIRTY:
      return file.open->kind() == fs::OpenKind::kVolume ? put(control, ULONG{0})
                                                        : answer(STATUS_INVALID_PARAMETER);
    case FSCTL_ALLOW_EXTENDED_DASD_IO:
      return answer(file.open->kind() == fs::OpenKind::kVolume ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
    case FSCTL_SET_REPARSE_POINT:
      return set_reparse_point(control);
    case FSCTL_GET_REPARSE_POINT:
      return get_reparse_point(control);
    case FSCTL_DELETE_REPARSE_POINT:
      return delete_reparse_point(control);
    case FSCTL_GET_OBJECT_ID:
      return get_object_id(control);
    case FSCTL_SET_OBJECT_ID:
      return set_object_id(control);
    case FSCTL_CREATE_OR_GET_OBJECT_ID:
      return create_or_get_object_id(control);
    case FSCTL_DELETE_OBJECT_ID:
      if (!may_write(file)) return answer(STATUS_ACCESS_DENIED);
      return answer(file.file_system().delete_object_id(*file.open));
    case FSCTL_SET_SPARSE:
      return set_sparse(control);
    case FSCTL_SET_ZERO_DATA:
      return set_zero_data(control);
    case FSCTL_QUERY_ALLOCATED_RANGES:
      return query_allocated_ranges(control);
    case FSCTL_GET_COMPRESSION:
      return put(control, USHORT{0});
    case FSCTL_SET_COMPRESSION:
      return set_compression(control);
    case FSCTL_QUERY_USN_JOURNAL:
    case FSCTL_READ_USN_JOURNAL:
      return answer(kJournalNotActive);
    default:
      break;
  }
  // As on a file that somebody else has open: nobody may cache.
  if (requests_oplock(control.code)) return answer(STATUS_OPLOCK_NOT_GRANTED);
  if (const char* name = missing(control.code)) nt::unsupported(name);
  return answer(STATUS_INVALID_DEVICE_REQUEST);
}

namespace {

IO_STATUS_BLOCK put_geometry(const Control& control, const fs::VolumeInformation& volume) {
  struct Geometry {  // DISK_GEOMETRY
    LARGE_INTEGER cylinders;
    ULONG media_type;
    ULONG tracks_per_cylinder;
    ULONG sectors_per_track;
    ULONG bytes_per_sector;
  } geometry{};
  constexpr ULONG kFixedMedia = 12, kTracks = 255, kSectors = 63;
  const std::uint64_t size = volume.total_allocation_units * volume.sectors_per_allocation_unit;
  geometry.cylinders.QuadPart = static_cast<LONGLONG>(size / (kTracks * kSectors));
  geometry.media_type = kFixedMedia;
  geometry.tracks_per_cylinder = kTracks;
  geometry.sectors_per_track = kSectors;
  geometry.bytes_per_sector = volume.bytes_per_sector;
  return put(control, geometry);
}

IO_STATUS_BLOCK put_device_name(const Control& control, const std::u16string& name) {
  if (control.output_length < sizeof(MOUNTDEV_NAME)) return answer(STATUS_INVALID_PARAMETER);
  const auto size = static_cast<USHORT>(name.size() * sizeof(char16_t));
  constexpr ULONG kFixed = offsetof(MOUNTDEV_NAME, Name);
  std::memcpy(control.output, &size, sizeof size);
  if (control.output_length < kFixed + size) return answer(STATUS_BUFFER_OVERFLOW, sizeof(MOUNTDEV_NAME));
  std::memcpy(static_cast<std::byte*>(control.output) + kFixed, name.data(), size);
  return answer(STATUS_SUCCESS, kFixed + size);
}

}  // namespace

// What is asked of an open volume goes on to the disk below it, of which little more than its size is known. A file or
// directory has no device below. File systems take none of it as fast I/O.
IO_STATUS_BLOCK device_control_below(FileObject& file, const Operation& operation,
                                     const FLT_IO_PARAMETER_BLOCK& block) {
  if (operation.kind == Operation::Kind::kFastIo) return answer(STATUS_FLT_DISALLOW_FAST_IO);
  if (file.open->kind() != fs::OpenKind::kVolume) return answer(STATUS_INVALID_PARAMETER);
  const Control control = control_of(file, block.Parameters);  // one layout for both kinds of control
  const fs::VolumeInformation volume = file.file_system().volume_information();
  const std::uint64_t cluster = std::uint64_t{volume.bytes_per_sector} * volume.sectors_per_allocation_unit;
  switch (control.code) {
    case IOCTL_DISK_GET_LENGTH_INFO:
      return put(control, GET_LENGTH_INFORMATION{large(volume.total_allocation_units * cluster)});
    case IOCTL_DISK_GET_DRIVE_GEOMETRY:
      return put_geometry(control, volume);
    case IOCTL_DISK_IS_WRITABLE:
    case IOCTL_STORAGE_CHECK_VERIFY:
      return answer(STATUS_SUCCESS);
    case IOCTL_MOUNTDEV_QUERY_DEVICE_NAME:
      return put_device_name(control, file.volume->names().device);
    default:
      return answer(STATUS_INVALID_DEVICE_REQUEST);
  }
}

}  // namespace fltsim::io

// Directory listings and volume information at the bottom of the stack.
#include <algorithm>
#include <cstring>
#include <string>

#include "io/file_system_call.hpp"
#include "io/information_class.hpp"

namespace fltsim::io {

namespace {

// The fields that the classes of a listing share have the same names but not the same places.
template <class Information>
void fill_times_and_sizes(Information& information, const fs::FileInformation& file) {
  information.CreationTime = large(file.creation_time);
  information.LastAccessTime = large(file.last_access_time);
  information.LastWriteTime = large(file.last_write_time);
  information.ChangeTime = large(file.change_time);
  information.EndOfFile = large(file.end_of_file);
  information.AllocationSize = large(file.allocation_size);
  information.FileAttributes = file.attributes;
}

// Puts the entries of one class behind each other, 8-aligned, each with the distance to the next.
class EntryWriter {
 public:
  EntryWriter(void* buffer, std::size_t length) : output_(buffer, length) {}

  // False: no room, and nothing written. The first entry is always written, cut where it must be.
  bool add(ULONG which, const fs::DirectoryEntry& entry) {
    switch (which) {
      case FileDirectoryInformation:
        return put<FILE_DIRECTORY_INFORMATION>(entry);
      case FileFullDirectoryInformation:
        return put<FILE_FULL_DIR_INFORMATION>(entry);
      case FileBothDirectoryInformation:
        return put<FILE_BOTH_DIR_INFORMATION>(entry);
      case FileIdBothDirectoryInformation:
        return put<FILE_ID_BOTH_DIR_INFORMATION>(entry);
      case FileIdFullDirectoryInformation:
        return put<FILE_ID_FULL_DIR_INFORMATION>(entry);
      case FileIdExtdDirectoryInformation:
        return put<FILE_ID_EXTD_DIR_INFORMATION>(entry);
      case FileIdExtdBothDirectoryInformation:
        return put<FILE_ID_EXTD_BOTH_DIR_INFORMATION>(entry);
      default:
        return put<FILE_NAMES_INFORMATION>(entry);
    }
  }
  IO_STATUS_BLOCK result() const { return output_.result(); }

 private:
  template <class Information>
  bool put(const fs::DirectoryEntry& entry) {
    const std::size_t start = (output_.used() + 7) / 8 * 8;
    constexpr std::size_t kFixed = offsetof(Information, FileName);
    const std::size_t size = kFixed + entry.name.size() * sizeof(char16_t);
    const bool first = previous_ == nullptr;
    if (!first && start + size > output_.used() + output_.left()) return false;
    Information information{};
    if constexpr (requires { information.EndOfFile; }) fill_times_and_sizes(information, entry.file);
    if constexpr (requires { information.FileId = LARGE_INTEGER{}; }) {
      information.FileId = large(entry.file.file_id);
    } else if constexpr (requires { information.FileId; }) {  // of 128 bits
      std::memcpy(&information.FileId, &entry.file.file_id, sizeof entry.file.file_id);
    }
    if constexpr (requires { information.ReparsePointTag; }) {
      information.EaSize = entry.file.ea_size;
      information.ReparsePointTag = entry.file.reparse_tag;
    } else if constexpr (requires { information.EaSize; }) {  // shared by both: a file has one or the other
      information.EaSize = entry.file.reparse_tag != 0 ? entry.file.reparse_tag : entry.file.ea_size;
    }
    information.FileNameLength = static_cast<ULONG>(size - kFixed);
    output_.align(8);
    std::byte* here = output_.at(output_.used());
    output_.append(&information, kFixed);
    output_.append(entry.name.data(), size - kFixed);
    if (!first) {
      const auto distance = static_cast<ULONG>(here - previous_);
      std::memcpy(previous_, &distance, sizeof distance);  // NextEntryOffset leads every class
    }
    previous_ = here;
    return true;
  }

  OutputBuffer output_;
  std::byte* previous_ = nullptr;
};

template <class Structure>
IO_STATUS_BLOCK put(void* buffer, ULONG length, const Structure& structure) {
  if (length < sizeof(Structure)) return answer(STATUS_INFO_LENGTH_MISMATCH);
  std::memcpy(buffer, &structure, sizeof(Structure));
  return answer(STATUS_SUCCESS, sizeof(Structure));
}

// The fixed part and a name behind it, cut to the room there is.
template <class Structure>
IO_STATUS_BLOCK put_with_text(void* buffer, ULONG length, const Structure& structure, std::size_t fixed,
                              const std::u16string& text) {
  OutputBuffer output(buffer, length);
  output.append(&structure, fixed);
  output.append(text.data(), text.size() * sizeof(char16_t));
  return output.result();
}

IO_STATUS_BLOCK put_volume(void* buffer, ULONG length, const fs::VolumeInformation& volume) {
  FILE_FS_VOLUME_INFORMATION information{};
  information.VolumeCreationTime = large(volume.creation_time);
  information.VolumeSerialNumber = volume.serial_number;
  information.VolumeLabelLength = static_cast<ULONG>(volume.label.size() * sizeof(char16_t));
  constexpr std::size_t kFixed = offsetof(FILE_FS_VOLUME_INFORMATION, VolumeLabel);
  return put_with_text(buffer, length, information, kFixed, volume.label);
}

IO_STATUS_BLOCK put_attributes(void* buffer, ULONG length, const fs::VolumeInformation& volume) {
  FILE_FS_ATTRIBUTE_INFORMATION information{};
  information.FileSystemAttributes = volume.attributes;
  information.MaximumComponentNameLength = static_cast<LONG>(volume.maximum_component_length);
  information.FileSystemNameLength = static_cast<ULONG>(volume.file_system_name.size() * sizeof(char16_t));
  constexpr std::size_t kFixed = offsetof(FILE_FS_ATTRIBUTE_INFORMATION, FileSystemName);
  return put_with_text(buffer, length, information, kFixed, volume.file_system_name);
}

IO_STATUS_BLOCK put_size(void* buffer, ULONG length, const fs::VolumeInformation& volume) {
  FILE_FS_SIZE_INFORMATION information{};
  information.TotalAllocationUnits = large(volume.total_allocation_units);
  information.AvailableAllocationUnits = large(volume.available_allocation_units);
  information.SectorsPerAllocationUnit = volume.sectors_per_allocation_unit;
  information.BytesPerSector = volume.bytes_per_sector;
  return put(buffer, length, information);
}

IO_STATUS_BLOCK put_sector_size(void* buffer, ULONG length, const fs::VolumeInformation& volume) {
  constexpr ULONG kAligned = 1 | 2;  // SSINFO_FLAGS_ALIGNED_DEVICE, SSINFO_FLAGS_PARTITION_ALIGNED_ON_DEVICE
  const ULONG sector = volume.bytes_per_sector;
  return put(buffer, length, FILE_FS_SECTOR_SIZE_INFORMATION{sector, sector, sector, sector, kAligned, 0, 0});
}

IO_STATUS_BLOCK put_full_size(void* buffer, ULONG length, const fs::VolumeInformation& volume) {
  FILE_FS_FULL_SIZE_INFORMATION information{};
  information.TotalAllocationUnits = large(volume.total_allocation_units);
  information.CallerAvailableAllocationUnits = large(volume.available_allocation_units);
  information.ActualAvailableAllocationUnits = large(volume.available_allocation_units);
  information.SectorsPerAllocationUnit = volume.sectors_per_allocation_unit;
  information.BytesPerSector = volume.bytes_per_sector;
  return put(buffer, length, information);
}

}  // namespace

IO_STATUS_BLOCK query_directory_below(FileObject& file, const FLT_IO_PARAMETER_BLOCK& block) {
  if (block.MinorFunction != IRP_MN_QUERY_DIRECTORY) return answer(STATUS_INVALID_DEVICE_REQUEST);
  const auto& asked = block.Parameters.DirectoryControl.QueryDirectory;
  if (!is_present(file, asked.DirectoryBuffer, asked.Length)) return answer(STATUS_INVALID_USER_BUFFER);
  const ULONG which = asked.FileInformationClass;
  if (!query_directory_rule(asked.FileInformationClass)) {
    return answer(refuse_class(ClassRole::kQueryDirectory, which));
  }
  const bool single = (block.OperationFlags & SL_RETURN_SINGLE_ENTRY) != 0;
  EntryWriter writer(asked.DirectoryBuffer, asked.Length);
  fs::DirectoryQuery query;
  if (asked.FileName != nullptr) {
    query.pattern = {asked.FileName->Buffer, asked.FileName->Length / sizeof(WCHAR)};
  }
  query.restart_scan = (block.OperationFlags & SL_RESTART_SCAN) != 0;
  query.take = [&](const fs::DirectoryEntry& entry) {
    if (!writer.add(which, entry)) return fs::Take::kRefuse;
    return single || writer.result().Status != STATUS_SUCCESS ? fs::Take::kLast : fs::Take::kNext;
  };
  const NTSTATUS status = file.file_system().query_directory(*file.open, query);
  return NT_SUCCESS(status) ? writer.result() : answer(status);
}

IO_STATUS_BLOCK query_volume_below(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& asked = parameters.QueryVolumeInformation;
  void* const buffer = asked.VolumeBuffer;
  const fs::VolumeInformation volume = file.file_system().volume_information();
  switch (asked.FsInformationClass) {
    case FileFsVolumeInformation:
      return put_volume(buffer, asked.Length, volume);
    case FileFsAttributeInformation:
      return put_attributes(buffer, asked.Length, volume);
    case FileFsSizeInformation:
      return put_size(buffer, asked.Length, volume);
    case FileFsFullSizeInformation:
      return put_full_size(buffer, asked.Length, volume);
    case FileFsSectorSizeInformation:
      return put_sector_size(buffer, asked.Length, volume);
    case FileFsDeviceInformation: {
      const Volume& device = *file.volume;
      return put(buffer, asked.Length, FILE_FS_DEVICE_INFORMATION{device.DeviceType, device.Characteristics});
    }
    default:
      return answer(refuse_class(ClassRole::kQueryVolume, asked.FsInformationClass));
  }
}

IO_STATUS_BLOCK set_volume_below(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& set = parameters.SetVolumeInformation;
  const ULONG which = set.FsInformationClass;
  const auto rule = set_volume_rule(set.FsInformationClass);
  if (!rule) return answer(refuse_class(ClassRole::kSetVolume, which));
  if (file.open->kind() != fs::OpenKind::kVolume) return answer(STATUS_INVALID_PARAMETER);
  constexpr std::size_t kFixed = offsetof(FILE_FS_LABEL_INFORMATION, VolumeLabel);
  if (set.Length < rule->length_min) return answer(STATUS_INFO_LENGTH_MISMATCH);
  ULONG size = 0;
  std::memcpy(&size, set.VolumeBuffer, sizeof size);
  if (size % sizeof(char16_t) != 0 || size > set.Length - kFixed) return answer(STATUS_INVALID_PARAMETER);
  std::u16string label(size / sizeof(char16_t), u'\0');
  std::memcpy(label.data(), static_cast<const std::byte*>(set.VolumeBuffer) + kFixed, size);
  return answer(file.file_system().set_volume_label(label));
}

}  // namespace fltsim::io

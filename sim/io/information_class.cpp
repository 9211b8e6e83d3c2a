#include "io/information_class.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string>

#include "nt/enter.hpp"

namespace fltsim::io {

namespace {

// What Windows answers, or passes to a file system that does, and is not simulated.
constexpr std::array kMissingQueries = {
    FilePipeInformation,
    FilePipeLocalInformation,
    FilePipeRemoteInformation,
    FileMailslotQueryInformation,
    FileObjectIdInformation,
    FileReparsePointInformation,
    FileIoCompletionNotificationInformation,
    FileIoPriorityHintInformation,
    FileSfioReserveInformation,
    FileSfioVolumeInformation,
    FileProcessIdsUsingFileInformation,
    FileNetworkPhysicalNameInformation,
    FileNumaNodeInformation,
    FileRemoteProtocolInformation,
    FileHardLinkFullIdInformation,
    FileDesiredStorageClassInformation,
    FileMemoryPartitionInformation,
    FileStatLxInformation,
    FileStorageReserveIdInformation,
    FileKnownFolderInformation,
    FileStatBasicInformation,
};
constexpr std::array kMissingSets = {
    FilePipeInformation,
    FilePipeRemoteInformation,
    FileMailslotSetInformation,
    FileObjectIdInformation,
    FileCompletionInformation,
    FileMoveClusterInformation,
    FileQuotaInformation,
    FileTrackingInformation,
    FileShortNameInformation,
    FileIoCompletionNotificationInformation,
    FileIoStatusBlockRangeInformation,
    FileIoPriorityHintInformation,
    FileSfioReserveInformation,
    FileRenameInformationBypassAccessCheck,
    FileLinkInformationBypassAccessCheck,
    FileReplaceCompletionInformation,
    FileRenameInformationExBypassAccessCheck,
    FileDesiredStorageClassInformation,
    FileMemoryPartitionInformation,
    FileCaseSensitiveInformation,
    FileLinkInformationExBypassAccessCheck,
    FileStorageReserveIdInformation,
    FileCaseSensitiveInformationForceAccessCheck,
    FileKnownFolderInformation,
};
constexpr std::array kMissingListings = {
    FileObjectIdInformation,           FileQuotaInformation,
    FileReparsePointInformation,       FileIdGlobalTxDirectoryInformation,
    FileId64ExtdDirectoryInformation,  FileId64ExtdBothDirectoryInformation,
    FileIdAllExtdDirectoryInformation, FileIdAllExtdBothDirectoryInformation,
};
bool is_missing(ClassRole role, ULONG which) {
  const auto has = [which](std::span<const FILE_INFORMATION_CLASS> classes) {
    return std::ranges::find(classes, static_cast<FILE_INFORMATION_CLASS>(which)) != classes.end();
  };
  switch (role) {
    case ClassRole::kQuery:
      return has(kMissingQueries);
    case ClassRole::kSet:
      return has(kMissingSets);
    case ClassRole::kQueryDirectory:
      return has(kMissingListings);
    case ClassRole::kSetVolume:
      return which == FileFsControlInformation || which == FileFsObjectIdInformation;
    default:
      return which >= FileFsControlInformation && which < FileFsMaximumInformation;
  }
}

const char* text_of(ClassRole role) {
  switch (role) {
    case ClassRole::kQuery:
      return "a query of file";
    case ClassRole::kSet:
      return "a change of file";
    case ClassRole::kQueryDirectory:
      return "a directory listing of";
    case ClassRole::kSetVolume:
      return "a change of volume";
    default:
      return "a query of volume";
  }
}

}  // namespace

NTSTATUS refuse_class(ClassRole role, ULONG information_class) {
  if (!is_missing(role, information_class)) return STATUS_INVALID_INFO_CLASS;
  const std::string text =
      std::string(text_of(role)) + " information class " + std::to_string(information_class);
  nt::unsupported(text.c_str());
}

std::optional<InformationClassRule> query_information_rule(FILE_INFORMATION_CLASS information_class) {
  switch (information_class) {
    case FileBasicInformation:
      return {{sizeof(FILE_BASIC_INFORMATION), FILE_READ_ATTRIBUTES}};
    case FileStandardInformation:
      return {{sizeof(FILE_STANDARD_INFORMATION), 0}};
    case FileInternalInformation:
      return {{sizeof(FILE_INTERNAL_INFORMATION), 0}};
    case FileEaInformation:
      return {{sizeof(FILE_EA_INFORMATION), 0}};
    case FileAccessInformation:
      return {{sizeof(FILE_ACCESS_INFORMATION), 0}};
    case FileNameInformation:
      return {{sizeof(FILE_NAME_INFORMATION), 0}};
    case FileNormalizedNameInformation:
      return {{sizeof(FILE_NAME_INFORMATION), 0}};
    case FilePositionInformation:
      return {{sizeof(FILE_POSITION_INFORMATION), FILE_READ_DATA | FILE_WRITE_DATA}};
    case FileModeInformation:
      return {{sizeof(FILE_MODE_INFORMATION), 0}};
    case FileAlignmentInformation:
      return {{sizeof(FILE_ALIGNMENT_INFORMATION), 0}};
    case FileAllInformation:
      return {{sizeof(FILE_ALL_INFORMATION), FILE_READ_ATTRIBUTES}};
    case FileStreamInformation:
      return {{sizeof(FILE_STREAM_INFORMATION), 0}};
    case FileHardLinkInformation:
      return {{sizeof(FILE_LINKS_INFORMATION), 0}};
    case FileNetworkOpenInformation:
      return {{sizeof(FILE_NETWORK_OPEN_INFORMATION), FILE_READ_ATTRIBUTES}};
    case FileAttributeTagInformation:
      return {{sizeof(FILE_ATTRIBUTE_TAG_INFORMATION), FILE_READ_ATTRIBUTES}};
    case FileAlternateNameInformation:
      return {{sizeof(FILE_NAME_INFORMATION), 0}};
    case FileCompressionInformation:
      return {{sizeof(FILE_COMPRESSION_INFORMATION), 0}};
    case FileIsRemoteDeviceInformation:
      return {{sizeof(FILE_IS_REMOTE_DEVICE_INFORMATION), 0}};
    case FileStandardLinkInformation:
      return {{sizeof(FILE_STANDARD_LINK_INFORMATION), 0}};
    case FileVolumeNameInformation:
      return {{sizeof(FILE_VOLUME_NAME_INFORMATION), 0}};
    case FileIdInformation:
      return {{sizeof(FILE_ID_INFORMATION), 0}};
    case FileStatInformation:
      return {{sizeof(FILE_STAT_INFORMATION), FILE_READ_ATTRIBUTES}};
    case FileCaseSensitiveInformation:
      return {{sizeof(FILE_CASE_SENSITIVE_INFORMATION), FILE_READ_ATTRIBUTES}};
    default:
      return std::nullopt;
  }
}

std::optional<InformationClassRule> set_information_rule(FILE_INFORMATION_CLASS information_class) {
  switch (information_class) {
    case FileBasicInformation:
      return {{sizeof(FILE_BASIC_INFORMATION), FILE_WRITE_ATTRIBUTES}};
    case FileRenameInformation:
    case FileRenameInformationEx:
      return {{sizeof(FILE_RENAME_INFORMATION), DELETE}};
    case FileLinkInformation:
    case FileLinkInformationEx:
      return {{sizeof(FILE_LINK_INFORMATION), 0}};
    case FileModeInformation:
      return {{sizeof(FILE_MODE_INFORMATION), 0}};
    case FileDispositionInformation:
      return {{sizeof(FILE_DISPOSITION_INFORMATION), DELETE}};
    case FileDispositionInformationEx:
      return {{sizeof(FILE_DISPOSITION_INFORMATION_EX), DELETE}};
    case FilePositionInformation:
      return {{sizeof(FILE_POSITION_INFORMATION), 0}};
    case FileAllocationInformation:
      return {{sizeof(FILE_ALLOCATION_INFORMATION), FILE_WRITE_DATA}};
    case FileEndOfFileInformation:
      return {{sizeof(FILE_END_OF_FILE_INFORMATION), FILE_WRITE_DATA}};
    case FileValidDataLengthInformation:
      return {{sizeof(FILE_VALID_DATA_LENGTH_INFORMATION), FILE_WRITE_DATA}};
    default:
      return std::nullopt;
  }
}

std::optional<InformationClassRule> query_directory_rule(FILE_INFORMATION_CLASS information_class) {
  switch (information_class) {
    case FileDirectoryInformation:
      return {{sizeof(FILE_DIRECTORY_INFORMATION), FILE_LIST_DIRECTORY}};
    case FileFullDirectoryInformation:
      return {{sizeof(FILE_FULL_DIR_INFORMATION), FILE_LIST_DIRECTORY}};
    case FileBothDirectoryInformation:
      return {{sizeof(FILE_BOTH_DIR_INFORMATION), FILE_LIST_DIRECTORY}};
    case FileNamesInformation:
      return {{sizeof(FILE_NAMES_INFORMATION), FILE_LIST_DIRECTORY}};
    case FileIdBothDirectoryInformation:
      return {{sizeof(FILE_ID_BOTH_DIR_INFORMATION), FILE_LIST_DIRECTORY}};
    case FileIdFullDirectoryInformation:
      return {{sizeof(FILE_ID_FULL_DIR_INFORMATION), FILE_LIST_DIRECTORY}};
    case FileIdExtdDirectoryInformation:
      return {{sizeof(FILE_ID_EXTD_DIR_INFORMATION), FILE_LIST_DIRECTORY}};
    case FileIdExtdBothDirectoryInformation:
      return {{sizeof(FILE_ID_EXTD_BOTH_DIR_INFORMATION), FILE_LIST_DIRECTORY}};
    default:
      return std::nullopt;
  }
}

std::optional<InformationClassRule> query_volume_rule(FS_INFORMATION_CLASS information_class) {
  switch (information_class) {
    case FileFsVolumeInformation:
      return {{sizeof(FILE_FS_VOLUME_INFORMATION), 0}};
    case FileFsSizeInformation:
      return {{sizeof(FILE_FS_SIZE_INFORMATION), 0}};
    case FileFsDeviceInformation:
      return {{sizeof(FILE_FS_DEVICE_INFORMATION), 0}};
    case FileFsAttributeInformation:
      return {{sizeof(FILE_FS_ATTRIBUTE_INFORMATION), 0}};
    case FileFsFullSizeInformation:
      return {{sizeof(FILE_FS_FULL_SIZE_INFORMATION), 0}};
    case FileFsSectorSizeInformation:
      return {{sizeof(FILE_FS_SECTOR_SIZE_INFORMATION), 0}};
    default:
      return std::nullopt;
  }
}

std::optional<InformationClassRule> set_volume_rule(FS_INFORMATION_CLASS information_class) {
  if (information_class != FileFsLabelInformation) return std::nullopt;
  return {{sizeof(FILE_FS_LABEL_INFORMATION), FILE_WRITE_DATA}};
}

}  // namespace fltsim::io

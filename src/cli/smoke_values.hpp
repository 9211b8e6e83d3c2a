// Numbers of the WDK (wdm.h, ntifs.h) that the workloads use.
#pragma once

#include <cstdint>

namespace fltlink::cli::smoke {

inline constexpr std::int32_t kSuccess = 0;

inline constexpr std::uint32_t kGenericRead = 0x8000'0000;
inline constexpr std::uint32_t kGenericWrite = 0x4000'0000;
inline constexpr std::uint32_t kDelete = 0x0001'0000;
inline constexpr std::uint32_t kSynchronize = 0x0010'0000;
inline constexpr std::uint32_t kReadAttributes = 0x80;
inline constexpr std::uint32_t kWriteAttributes = 0x100;
inline constexpr std::uint32_t kListDirectory = 1;

inline constexpr std::uint32_t kReadEa = 8;
inline constexpr std::uint32_t kWriteEa = 0x10;
inline constexpr std::uint32_t kReadControl = 0x2'0000;
inline constexpr std::uint32_t kWriteDac = 0x4'0000;

inline constexpr std::uint32_t kSupersede = 0;
inline constexpr std::uint32_t kOpen = 1;
inline constexpr std::uint32_t kCreate = 2;
inline constexpr std::uint32_t kOpenIf = 3;
inline constexpr std::uint32_t kOverwrite = 4;
inline constexpr std::uint32_t kOverwriteIf = 5;

inline constexpr std::uint32_t kDirectoryFile = 1;
inline constexpr std::uint32_t kWriteThrough = 2;
inline constexpr std::uint32_t kNoIntermediateBuffering = 8;
inline constexpr std::uint32_t kSynchronousIo = 0x20;
inline constexpr std::uint32_t kNonDirectoryFile = 0x40;
inline constexpr std::uint32_t kDeleteOnClose = 0x1000;
inline constexpr std::uint32_t kOpenByFileId = 0x2000;

// FILE_INFORMATION_CLASS
inline constexpr std::uint32_t kBasic = 4;
inline constexpr std::uint32_t kStandard = 5;
inline constexpr std::uint32_t kInternal = 6;
inline constexpr std::uint32_t kEa = 7;
inline constexpr std::uint32_t kAccess = 8;
inline constexpr std::uint32_t kName = 9;
inline constexpr std::uint32_t kRename = 10;
inline constexpr std::uint32_t kDisposition = 13;
inline constexpr std::uint32_t kPosition = 14;
inline constexpr std::uint32_t kAll = 18;
inline constexpr std::uint32_t kAllocation = 19;
inline constexpr std::uint32_t kEndOfFile = 20;
inline constexpr std::uint32_t kStream = 22;
inline constexpr std::uint32_t kNetworkOpen = 34;
inline constexpr std::uint32_t kAttributeTag = 35;
inline constexpr std::uint32_t kDispositionEx = 64;

// FS_INFORMATION_CLASS
inline constexpr std::uint32_t kFsVolume = 1;
inline constexpr std::uint32_t kFsSize = 3;
inline constexpr std::uint32_t kFsDevice = 4;
inline constexpr std::uint32_t kFsAttribute = 5;
inline constexpr std::uint32_t kFsFullSize = 7;

// SECURITY_INFORMATION
inline constexpr std::uint32_t kOwnerInformation = 1;
inline constexpr std::uint32_t kGroupInformation = 2;
inline constexpr std::uint32_t kDaclInformation = 4;

// FSCTL_ codes
inline constexpr std::uint32_t kFsctlIsVolumeMounted = 0x9'0028;
inline constexpr std::uint32_t kFsctlGetCompression = 0x9'003C;
inline constexpr std::uint32_t kFsctlGetReparsePoint = 0x9'00A8;
inline constexpr std::uint32_t kFsctlCreateOrGetObjectId = 0x9'00C0;
inline constexpr std::uint32_t kFsctlSetSparse = 0x9'00C4;

}  // namespace fltlink::cli::smoke

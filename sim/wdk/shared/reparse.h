// Reparse points: tags and the buffer that FSCTL_GET_REPARSE_POINT and FSCTL_SET_REPARSE_POINT carry.
#pragma once

#include "access.h"

#define IO_REPARSE_TAG_RESERVED_ZERO 0x00000000u
#define IO_REPARSE_TAG_RESERVED_ONE 0x00000001u
#define IO_REPARSE_TAG_RESERVED_TWO 0x00000002u
#define IO_REPARSE_TAG_RESERVED_RANGE IO_REPARSE_TAG_RESERVED_TWO
#define IO_REPARSE_TAG_MOUNT_POINT 0xA0000003u
#define IO_REPARSE_TAG_HSM 0xC0000004u
#define IO_REPARSE_TAG_HSM2 0x80000006u
#define IO_REPARSE_TAG_SIS 0x80000007u
#define IO_REPARSE_TAG_WIM 0x80000008u
#define IO_REPARSE_TAG_CSV 0x80000009u
#define IO_REPARSE_TAG_DFS 0x8000000Au
#define IO_REPARSE_TAG_SYMLINK 0xA000000Cu
#define IO_REPARSE_TAG_DFSR 0x80000012u
#define IO_REPARSE_TAG_DEDUP 0x80000013u
#define IO_REPARSE_TAG_NFS 0x80000014u
#define IO_REPARSE_TAG_FILE_PLACEHOLDER 0x80000015u
#define IO_REPARSE_TAG_WOF 0x80000017u
#define IO_REPARSE_TAG_WCI 0x80000018u
#define IO_REPARSE_TAG_CLOUD 0x9000001Au
#define IO_REPARSE_TAG_APPEXECLINK 0x8000001Bu
#define IO_REPARSE_TAG_LX_SYMLINK 0xA000001Du
#define IO_REPARSE_TAG_AF_UNIX 0x80000023u

#define IsReparseTagMicrosoft(tag) (((tag)&0x80000000u) != 0)
#define IsReparseTagNameSurrogate(tag) (((tag)&0x20000000u) != 0)
#define IsReparseTagDirectory(tag) (((tag)&0x10000000u) != 0)
#define MAXIMUM_REPARSE_DATA_BUFFER_SIZE (16 * 1024)
#define SYMLINK_FLAG_RELATIVE 1

// The data starts at 8; offsets and lengths count bytes, offsets from PathBuffer.
typedef struct _REPARSE_DATA_BUFFER {
  ULONG ReparseTag;
  USHORT ReparseDataLength;
  USHORT Reserved;
  __extension__ union {
    struct {
      USHORT SubstituteNameOffset;
      USHORT SubstituteNameLength;
      USHORT PrintNameOffset;
      USHORT PrintNameLength;
      ULONG Flags;
      WCHAR PathBuffer[1];
    } SymbolicLinkReparseBuffer;
    struct {
      USHORT SubstituteNameOffset;
      USHORT SubstituteNameLength;
      USHORT PrintNameOffset;
      USHORT PrintNameLength;
      WCHAR PathBuffer[1];
    } MountPointReparseBuffer;
    struct {
      UCHAR DataBuffer[1];
    } GenericReparseBuffer;
  };
} REPARSE_DATA_BUFFER, *PREPARSE_DATA_BUFFER;
#define REPARSE_DATA_BUFFER_HEADER_SIZE 8

// The form of a tag that is not Microsoft's: the owner's GUID at 8, the data at 24.
typedef struct _REPARSE_GUID_DATA_BUFFER {
  ULONG ReparseTag;
  USHORT ReparseDataLength;
  USHORT Reserved;
  GUID ReparseGuid;
  struct {
    UCHAR DataBuffer[1];
  } GenericReparseBuffer;
} REPARSE_GUID_DATA_BUFFER, *PREPARSE_GUID_DATA_BUFFER;
#define REPARSE_GUID_DATA_BUFFER_HEADER_SIZE 24

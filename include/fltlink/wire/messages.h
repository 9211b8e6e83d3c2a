// The messages of protocol 1.0 under the C names that their clients know. Field widths are fixed, so the
// layout is the same for a driver, a 32-bit or 64-bit client, and every compiler. docs/PROTOCOL.md has the
// byte tables.
//
// Bytes that no field covers are written as zero and ignored by readers: clients of 1.0 never promised them.
#pragma once

#include <fltlink/wire/limits.h>

// 32 bits on the wire. Numbers of later messages start at 0x100 (connect.h).
typedef uint32_t MESSAGE_TYPE;
enum {
  MSG_TYPE_POLICY_UPDATE = 1,    // service to driver, USER_MESSAGE
  MSG_TYPE_FILE_EVENT = 2,       // driver to service, DRIVER_MESSAGE
  MSG_TYPE_STATUS_REQUEST = 3,   // service to driver, USER_MESSAGE; answered by a REPLY_MESSAGE of 40 bytes
  MSG_TYPE_STATUS_RESPONSE = 4,  // reserved by 1.0, never sent: the answer travels as the reply
  MSG_TYPE_BLOCK_NOTIFICATION = 5,  // driver to service, DRIVER_MESSAGE; additional data is the reason text
  MSG_TYPE_CONFIG_CHANGE = 6        // service to driver, USER_MESSAGE
};

// Bits of USER_MESSAGE.Data.PolicyUpdate.PolicyFlags: what a policy forbids. 0 removes the policy.
enum {
  FLTLINK_PROTECT_READ = 0x01,
  FLTLINK_PROTECT_WRITE = 0x02,
  FLTLINK_PROTECT_EXECUTE = 0x04,
  FLTLINK_PROTECT_RENAME = 0x08,  // within its directory
  FLTLINK_PROTECT_DELETE = 0x10,
  FLTLINK_PROTECT_MOVE = 0x20,  // to another directory
  FLTLINK_PROTECT_STANDARD =
      FLTLINK_PROTECT_WRITE | FLTLINK_PROTECT_RENAME | FLTLINK_PROTECT_DELETE | FLTLINK_PROTECT_MOVE,
  FLTLINK_PROTECT_ALL = 0x3F,
  // 1.1: what the policy forbids is put to the authorizer first, who may allow it (authorize.h).
  FLTLINK_PROTECT_ASK = 0x40
};

// Bits of DRIVER_MESSAGE.Flags. Always 0 in a message to a client that speaks 1.0.
enum {
  // FilePath is the beginning of a longer path.
  FLTLINK_MESSAGE_PATH_CUT = 0x1,
  // Only with PATH_CUT: additional data begins with a 32-bit size in bytes and the whole path; what the type
  // defines as its additional data follows directly.
  FLTLINK_MESSAGE_FULL_PATH = 0x2,
  FLTLINK_MESSAGE_FLAGS_ALL = 0x3
};

// 560 bytes, driver to service, followed by AdditionalDataSize bytes of additional data at byte 560 (W-3). A
// receiver may hold more bytes than that: a synchronous FilterGetMessage does not tell how many arrived.
typedef struct DRIVER_MESSAGE {
  MESSAGE_TYPE Type;
  uint32_t ProcessId;
  uint32_t ThreadId;
  uint32_t Flags;  // FLTLINK_MESSAGE_*; padding to clients of 1.0
  // System time in units of 100 ns since 1601-01-01 UTC.
  FLTLINK_ALIGN8 int64_t Timestamp;
  // Always terminated; a longer path is cut to 259 units (W-6).
  FltlinkChar16 FilePath[FLTLINK_PATH_FIELD_UNITS];
  uint32_t Operation;  // an IRP_MJ_ number
  int32_t ResultStatus;
  uint32_t AdditionalDataSize;
  uint8_t AdditionalData[1];  // never addressed: it lies at 556, the data at 560
} DRIVER_MESSAGE, *PDRIVER_MESSAGE;

FLTLINK_ASSERT_SIZE(DRIVER_MESSAGE, FLTLINK_DRIVER_MESSAGE_SIZE);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, Type, 0);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, ProcessId, 4);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, ThreadId, 8);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, Flags, 12);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, Timestamp, 16);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, FilePath, 24);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, Operation, 544);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, ResultStatus, 548);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, AdditionalDataSize, 552);
FLTLINK_ASSERT_OFFSET(DRIVER_MESSAGE, AdditionalData, 556);

// 532 bytes, service to driver. Any other size is refused, never reinterpreted (W-1, W-2).
typedef struct USER_MESSAGE {
  MESSAGE_TYPE Type;
  union {
    struct {
      uint32_t PolicyVersion;
      uint32_t PolicyFlags;  // FLTLINK_PROTECT_*; bits that the version does not know are refused
      FltlinkChar16 ProtectedPath[FLTLINK_PATH_FIELD_UNITS];
    } PolicyUpdate;
    struct {
      uint8_t EnableMonitoring;  // 0 or 1: one byte each, not four
      uint8_t EnableBlocking;
      uint32_t LogLevel;
    } ConfigChange;
    struct {
      uint32_t Reserved;
    } StatusRequest;
  } Data;
} USER_MESSAGE, *PUSER_MESSAGE;

FLTLINK_ASSERT_SIZE(USER_MESSAGE, FLTLINK_USER_MESSAGE_SIZE);
FLTLINK_ASSERT_OFFSET(USER_MESSAGE, Type, 0);
FLTLINK_ASSERT_OFFSET(USER_MESSAGE, Data.PolicyUpdate.PolicyVersion, 4);
FLTLINK_ASSERT_OFFSET(USER_MESSAGE, Data.PolicyUpdate.PolicyFlags, 8);
FLTLINK_ASSERT_OFFSET(USER_MESSAGE, Data.PolicyUpdate.ProtectedPath, 12);
FLTLINK_ASSERT_OFFSET(USER_MESSAGE, Data.ConfigChange.EnableMonitoring, 4);
FLTLINK_ASSERT_OFFSET(USER_MESSAGE, Data.ConfigChange.EnableBlocking, 5);
FLTLINK_ASSERT_OFFSET(USER_MESSAGE, Data.ConfigChange.LogLevel, 8);
FLTLINK_ASSERT_OFFSET(USER_MESSAGE, Data.StatusRequest.Reserved, 4);

// The driver's answer to a USER_MESSAGE: 8 bytes, then DataSize bytes at Data. Its size is
// FLTLINK_REPLY_DATA_OFFSET + DataSize, never sizeof(REPLY_MESSAGE), which is 12 (W-5).
typedef struct REPLY_MESSAGE {
  int32_t Status;  // an NTSTATUS
  uint32_t DataSize;
  uint8_t Data[1];
} REPLY_MESSAGE, *PREPLY_MESSAGE;

FLTLINK_ASSERT_SIZE(REPLY_MESSAGE, 12);
FLTLINK_ASSERT_OFFSET(REPLY_MESSAGE, Status, 0);
FLTLINK_ASSERT_OFFSET(REPLY_MESSAGE, DataSize, 4);
FLTLINK_ASSERT_OFFSET(REPLY_MESSAGE, Data, FLTLINK_REPLY_DATA_OFFSET);

// 32 bytes: the data of the reply to MSG_TYPE_STATUS_REQUEST.
typedef struct DRIVER_STATUS {
  uint32_t Version;  // the protocol version of this connection, major << 16 | minor
  uint32_t ActivePolicies;
  FLTLINK_ALIGN8 int64_t FilesScanned;
  FLTLINK_ALIGN8 int64_t BlockedOperations;
  uint8_t IsEnabled;  // 0 or 1
  uint8_t Padding[7];
} DRIVER_STATUS;

FLTLINK_ASSERT_SIZE(DRIVER_STATUS, FLTLINK_DRIVER_STATUS_SIZE);
FLTLINK_ASSERT_OFFSET(DRIVER_STATUS, Version, 0);
FLTLINK_ASSERT_OFFSET(DRIVER_STATUS, ActivePolicies, 4);
FLTLINK_ASSERT_OFFSET(DRIVER_STATUS, FilesScanned, 8);
FLTLINK_ASSERT_OFFSET(DRIVER_STATUS, BlockedOperations, 16);
FLTLINK_ASSERT_OFFSET(DRIVER_STATUS, IsEnabled, 24);
FLTLINK_ASSERT_OFFSET(DRIVER_STATUS, Padding, 25);

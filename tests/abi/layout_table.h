// Every size and offset of the wire structs as one list, so that several compilers can be asked the same questions.
#pragma once

#include <fltlink/wire/authenticate.h>
#include <fltlink/wire/authorize.h>
#include <fltlink/wire/messages.h>
#include <fltlink/wire/port_headers.h>
#include <fltlink/wire/record.h>
#include <fltlink/wire/sealed.h>
#include <fltlink/wire/signed.h>

// X(name, value)
#define FLTLINK_SIZE(X, type) X("sizeof " #type, sizeof(type))
#define FLTLINK_OFFSET(X, type, field) X(#type "." #field, offsetof(type, field))

#define FLTLINK_LAYOUT_TABLE(X)                                       \
  FLTLINK_SIZE(X, DRIVER_MESSAGE)                                     \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, Type)                             \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, ProcessId)                        \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, ThreadId)                         \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, Flags)                            \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, Timestamp)                        \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, FilePath)                         \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, Operation)                        \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, ResultStatus)                     \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, AdditionalDataSize)               \
  FLTLINK_OFFSET(X, DRIVER_MESSAGE, AdditionalData)                   \
  FLTLINK_SIZE(X, USER_MESSAGE)                                       \
  FLTLINK_OFFSET(X, USER_MESSAGE, Type)                               \
  FLTLINK_OFFSET(X, USER_MESSAGE, Data.PolicyUpdate.PolicyVersion)    \
  FLTLINK_OFFSET(X, USER_MESSAGE, Data.PolicyUpdate.PolicyFlags)      \
  FLTLINK_OFFSET(X, USER_MESSAGE, Data.PolicyUpdate.ProtectedPath)    \
  FLTLINK_OFFSET(X, USER_MESSAGE, Data.ConfigChange.EnableMonitoring) \
  FLTLINK_OFFSET(X, USER_MESSAGE, Data.ConfigChange.EnableBlocking)   \
  FLTLINK_OFFSET(X, USER_MESSAGE, Data.ConfigChange.LogLevel)         \
  FLTLINK_OFFSET(X, USER_MESSAGE, Data.StatusRequest.Reserved)        \
  FLTLINK_SIZE(X, REPLY_MESSAGE)                                      \
  FLTLINK_OFFSET(X, REPLY_MESSAGE, Status)                            \
  FLTLINK_OFFSET(X, REPLY_MESSAGE, DataSize)                          \
  FLTLINK_OFFSET(X, REPLY_MESSAGE, Data)                              \
  FLTLINK_SIZE(X, DRIVER_STATUS)                                      \
  FLTLINK_OFFSET(X, DRIVER_STATUS, Version)                           \
  FLTLINK_OFFSET(X, DRIVER_STATUS, ActivePolicies)                    \
  FLTLINK_OFFSET(X, DRIVER_STATUS, FilesScanned)                      \
  FLTLINK_OFFSET(X, DRIVER_STATUS, BlockedOperations)                 \
  FLTLINK_OFFSET(X, DRIVER_STATUS, IsEnabled)                         \
  FLTLINK_SIZE(X, SIGNED_MESSAGE)                                     \
  FLTLINK_OFFSET(X, SIGNED_MESSAGE, Signature)                        \
  FLTLINK_OFFSET(X, SIGNED_MESSAGE, Version)                          \
  FLTLINK_OFFSET(X, SIGNED_MESSAGE, SequenceNumber)                   \
  FLTLINK_OFFSET(X, SIGNED_MESSAGE, Checksum)                         \
  FLTLINK_OFFSET(X, SIGNED_MESSAGE, Data)                             \
  FLTLINK_SIZE(X, FltlinkMessageHeader)                               \
  FLTLINK_OFFSET(X, FltlinkMessageHeader, reply_length)               \
  FLTLINK_OFFSET(X, FltlinkMessageHeader, message_id)                 \
  FLTLINK_SIZE(X, FltlinkReplyHeader)                                 \
  FLTLINK_OFFSET(X, FltlinkReplyHeader, status)                       \
  FLTLINK_OFFSET(X, FltlinkReplyHeader, message_id)                   \
  FLTLINK_SIZE(X, FltlinkConnectContext)                              \
  FLTLINK_OFFSET(X, FltlinkConnectContext, role)                      \
  FLTLINK_OFFSET(X, FltlinkConnectContext, queue_size_max)            \
  FLTLINK_OFFSET(X, FltlinkConnectContext, fail_open)                 \
  FLTLINK_SIZE(X, FltlinkVerdict)                                     \
  FLTLINK_OFFSET(X, FltlinkVerdict, verdict)                          \
  FLTLINK_OFFSET(X, FltlinkNegotiateReply, reply_timeout_ms)          \
  FLTLINK_OFFSET(X, FltlinkNegotiateReply, fail_open)                 \
  FLTLINK_SIZE(X, FltlinkNegotiateRequest)                            \
  FLTLINK_SIZE(X, FltlinkNegotiateReply)                              \
  FLTLINK_OFFSET(X, FltlinkNegotiateReply, connection_id)             \
  FLTLINK_SIZE(X, FltlinkNonceRequest)                                \
  FLTLINK_SIZE(X, FltlinkNonceReply)                                  \
  FLTLINK_OFFSET(X, FltlinkNonceReply, connection_id)                 \
  FLTLINK_OFFSET(X, FltlinkNonceReply, nonce)                         \
  FLTLINK_SIZE(X, FltlinkAuthenticate)                                \
  FLTLINK_OFFSET(X, FltlinkAuthenticate, proof)                       \
  FLTLINK_SIZE(X, FltlinkBinding)                                     \
  FLTLINK_OFFSET(X, FltlinkBinding, nonce)                            \
  FLTLINK_OFFSET(X, FltlinkBinding, context)                          \
  FLTLINK_SIZE(X, FltlinkSealHeader)                                  \
  FLTLINK_OFFSET(X, FltlinkSealHeader, size)                          \
  FLTLINK_SIZE(X, FltlinkRecordHeader)                                \
  FLTLINK_OFFSET(X, FltlinkRecordHeader, header_size)                 \
  FLTLINK_OFFSET(X, FltlinkRecordHeader, message_class)               \
  FLTLINK_OFFSET(X, FltlinkRecordHeader, flags)                       \
  FLTLINK_OFFSET(X, FltlinkRecordHeader, sequence)

// Added to every value, so that no compiler folds a run of zeros when it writes the table as assembler text.
enum {
  FLTLINK_LAYOUT_BIAS = 0x10000
};

// Every status that the port machinery decides by itself, in one place, each with its rule. What a driver's
// callback or a client's reply decides is passed through and does not stand here.
#pragma once

#include <fltKernel.h>

namespace fltsim::fltmgr::port_status {

// --- server port ---
inline constexpr NTSTATUS kNoKernelHandle = STATUS_INVALID_PARAMETER;    // PORT-2
inline constexpr NTSTATUS kNoConnections = STATUS_INVALID_PARAMETER;     // PORT-3
inline constexpr NTSTATUS kNoNotifyCallback = STATUS_INVALID_PARAMETER;  // PORT-4
inline constexpr NTSTATUS kFilterGoing = STATUS_FLT_DELETING_OBJECT;     // PORT-6
inline constexpr NTSTATUS kNoResources = STATUS_INSUFFICIENT_RESOURCES;  // PORT-6, SEND-15

// --- connecting ---
inline constexpr NTSTATUS kBadContext = STATUS_INVALID_PARAMETER;               // CONN-2
inline constexpr NTSTATUS kContextTooLong = STATUS_INTEGER_OVERFLOW;            // CONN-3
inline constexpr NTSTATUS kNoSuchPort = STATUS_OBJECT_NAME_NOT_FOUND;           // CONN-4, PORT-11
inline constexpr NTSTATUS kTooManyConnections = STATUS_CONNECTION_COUNT_LIMIT;  // CONN-6

// --- every call on a connection that is gone ---
inline constexpr NTSTATUS kDisconnected =
    STATUS_PORT_DISCONNECTED;  // MSG-11, GET-9, REPLY-7, SEND-3, SEND-14

// --- receiving ---
inline constexpr NTSTATUS kReceivePending = STATUS_PENDING;                      // GET-2
inline constexpr NTSTATUS kReceiveShorterThanHeader = STATUS_INVALID_PARAMETER;  // GET-13
inline constexpr NTSTATUS kReceiveTooSmall = STATUS_BUFFER_TOO_SMALL;            // GET-7
inline constexpr NTSTATUS kReceiveCancelled = STATUS_CANCELLED;                  // GET-10
inline constexpr NTSTATUS kBadUserBuffer = STATUS_ACCESS_VIOLATION;              // GET-14, REPLY-8

// --- replying ---
inline constexpr NTSTATUS kReplyShorterThanHeader = STATUS_INVALID_PARAMETER;  // REPLY-4
inline constexpr NTSTATUS kReplyMisaligned = STATUS_DATATYPE_MISALIGNMENT;     // REPLY-8
inline constexpr NTSTATUS kNoWaiter = STATUS_FLT_NO_WAITER_FOR_REPLY;          // REPLY-3
inline constexpr NTSTATUS kReplyTooLong = STATUS_BUFFER_OVERFLOW;              // WIRE-11, at both ends

// --- sending ---
inline constexpr NTSTATUS kBadSend = STATUS_INVALID_PARAMETER;               // SEND-2
inline constexpr NTSTATUS kSendTimeout = STATUS_TIMEOUT;                     // SEND-6, SEND-8, SEND-11
inline constexpr NTSTATUS kSenderTerminated = STATUS_THREAD_IS_TERMINATING;  // SEND-13

}  // namespace fltsim::fltmgr::port_status

// ClientPort: the kernel's end of one connection, and the two ways to send through it. The one header of the
// product that names the WDK.
//
// FltSendMessage and FltCloseClientPort synchronise on the variable that holds the port, not on the port
// (DISC-3). So there must be one variable for each connection, in one place, and this is it: it cannot be
// copied, and nobody gets at its value.
//
// A ClientPort says nothing about its own lifetime: whoever sends makes sure that it stays, and stays this
// client's, until the send has returned. In a table whose places are used again, that is rundown protection
// which is held across the send, and a close that comes first and then waits for the protection: close() wakes
// every sender, so that the wait ends (SEND-14).
#pragma once

#include <fltKernel.h>

#include <fltlink/send/result.hpp>
#include <fltlink/send/timeout.hpp>

namespace fltlink {

static_assert(kStatusSuccess == STATUS_SUCCESS);
static_assert(kStatusTimeout == static_cast<int32_t>(STATUS_TIMEOUT));
static_assert(kStatusBufferOverflow == static_cast<int32_t>(STATUS_BUFFER_OVERFLOW));
static_assert(kStatusInvalidParameter == static_cast<int32_t>(STATUS_INVALID_PARAMETER));
static_assert(kStatusPortDisconnected == static_cast<int32_t>(STATUS_PORT_DISCONNECTED));
static_assert(kStatusThreadIsTerminating == static_cast<int32_t>(STATUS_THREAD_IS_TERMINATING));
static_assert(kStatusInsufficientResources == static_cast<int32_t>(STATUS_INSUFFICIENT_RESOURCES));

class ClientPort {
 public:
  constexpr ClientPort() = default;
  ClientPort(const ClientPort&) = delete;
  ClientPort& operator=(const ClientPort&) = delete;

  // Takes over what ConnectNotify was given. Before any other thread knows of this object.
  void open(PFLT_PORT port) { port_ = port; }

  // ConnectNotify refuses the client: the filter manager keeps the port.
  void give_back() { port_ = nullptr; }

  // Ends the connection and wakes whoever sends. PASSIVE_LEVEL, once for each open().
  void close(PFLT_FILTER filter) { FltCloseClientPort(filter, &port_); }

  // Hands `message` to the client. IRQL <= APC_LEVEL, with nothing locked that the client may need (BAD-15).
  // REQUIRES: an address, even of no bytes (SEND-2), and fewer than 4 GB with the header (SEND-19).
  FltSendResult send(PFLT_FILTER filter, Bytes message, SendTimeout timeout) {
    return FltSendResult(call(filter, message, nullptr, nullptr, timeout));
  }

  // Hands `message` to the client and waits for its answer, which goes to `room`: payload only, the reply header
  // is not counted and never seen (WIRE-5, WIRE-6). `room` may be the memory of `message` (WIRE-16).
  // REQUIRES: as for send(), of both.
  FltAskResult ask(PFLT_FILTER filter, Bytes message, MutableBytes room, SendTimeout timeout) {
    FLTLINK_ASSERT(is_sendable(room));
    ULONG size = static_cast<ULONG>(room.size());
    const NTSTATUS status = call(filter, message, room.data(), &size, timeout);
    return FltAskResult(status, room, size);
  }

 private:
  [[nodiscard]] static bool is_sendable(Bytes bytes) {
    return bytes.data() != nullptr && bytes.size() <= UINT32_MAX - sizeof(FILTER_MESSAGE_HEADER);
  }

  [[nodiscard]] NTSTATUS call(PFLT_FILTER filter, Bytes message, void* room, ULONG* room_size,
                              SendTimeout timeout) {
    FLTLINK_ASSERT(is_sendable(message));
    LARGE_INTEGER due;
    due.QuadPart = timeout.is_for_ever() ? 0 : timeout.relative_100ns();
    return FltSendMessage(filter, &port_, const_cast<uint8_t*>(message.data()),
                          static_cast<ULONG>(message.size()), room, room_size,
                          timeout.is_for_ever() ? nullptr : &due);
  }

  PFLT_PORT port_ = nullptr;
};

}  // namespace fltlink

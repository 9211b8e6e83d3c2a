// FltCreateCommunicationPort, FltCloseCommunicationPort, FltCloseClientPort, FltSendMessage, and the
// descriptor that ports are made with (PORT-*, DISC-*, SEND-*).
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "fltmgr/api.hpp"
#include "fltmgr/port.hpp"
#include "fltmgr/port_in_use.hpp"
#include "fltmgr/port_status.hpp"
#include "fltmgr/walk.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

constexpr ULONG kDescriptorTag = 0x64534D46;  // "FMSd"

[[gnu::cold]] void lint(const Filter& filter, Severity severity, std::string text,
                        const std::string& object) {
  report(filter, "VER-26", severity, std::move(text), object);
}

// PORT-2..PORT-4.
NTSTATUS check_creation(const Filter& filter, const OBJECT_ATTRIBUTES& attributes,
                        const ServerPort::Callbacks& callbacks, LONG connections_max) {
  if ((attributes.Attributes & OBJ_KERNEL_HANDLE) == 0) return port_status::kNoKernelHandle;
  if (connections_max <= 0) return port_status::kNoConnections;
  if (callbacks.connect != nullptr && callbacks.disconnect != nullptr) return STATUS_SUCCESS;
  report(filter, "VER-37", Severity::kError,
         "FltCreateCommunicationPort needs a ConnectNotify and a DisconnectNotify callback (PORT-4).");
  return port_status::kNoNotifyCallback;
}

// PORT-15.
std::vector<std::uint8_t> security_for(const Filter& filter, nt::Thread& thread,
                                       const OBJECT_ATTRIBUTES& attributes, const std::string& name) {
  if (attributes.SecurityDescriptor == nullptr) return nt::default_descriptor(*thread.process.token);
  if (nt::has_null_dacl(attributes.SecurityDescriptor)) {
    report(filter, "VER-37", Severity::kWarning,
           "the port's security descriptor has a NULL DACL: every process may connect. Use "
           "FltBuildDefaultSecurityDescriptor (BAD-14, PORT-15).",
           "port " + name);
  }
  return nt::capture_descriptor(attributes.SecurityDescriptor);
}

// Whether `address` lies in a frame of this thread: those of the callers are above this one.
bool is_on_stack(const void* address) {
  constexpr std::uintptr_t kStackMax = 8u << 20;
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
  return reinterpret_cast<std::uintptr_t>(address) - here < kStackMax;
}

// What the reply buffer really holds, where that is known, which it is for the pool: `*ReplyLength` is the driver's
// claim (WIRE-5, WIRE-6).
ULONG writable_part(const Filter& filter, nt::Thread& thread, const void* reply, ULONG claimed,
                    const Connection& connection) {
  nt::Pool::Allocation allocation;
  if (is_on_stack(reply) || !thread.system.nt().pool().find_holding(reply, allocation)) return claimed;
  const auto skipped =
      static_cast<const std::byte*>(reply) - static_cast<const std::byte*>(allocation.address);
  const std::size_t left = allocation.size - static_cast<std::size_t>(skipped);
  if (claimed <= left) return claimed;
  lint(filter, Severity::kError,
       "*ReplyLength is " + std::to_string(claimed) +
           ", but the pool allocation that holds the reply buffer has " + std::to_string(left) +
           " bytes from there on: a client's reply would overrun it. Pass the size of the buffer, without "
           "sizeof(FILTER_REPLY_HEADER) "
           "(WIRE-5, WIRE-6).",
       connection.describe());
  return static_cast<ULONG>(left);
}

void check_circumstances(const Filter& filter, nt::Thread& thread, const LARGE_INTEGER* timeout,
                         const Connection& connection) {
  if (timeout == nullptr) {
    lint(filter, Severity::kWarning,
         "FltSendMessage without a timeout waits for as long as the client likes. Pass one, and handle "
         "STATUS_TIMEOUT, which "
         "passes NT_SUCCESS (SEND-9).",
         connection.server().text);
  } else if (timeout->QuadPart == 0) {
    lint(filter, Severity::kWarning,
         "FltSendMessage with a timeout of zero: the documentation says both that it polls and that it waits "
         "for ever. Pass a "
         "negative number for a relative time, NULL for no limit (H-1).",
         connection.server().text);
  }
  const auto at_risk = [&](const std::string& circumstance) {
    report(filter, "VER-27", Severity::kWarning,
           "FltSendMessage was called " + circumstance +
               ": whatever the client does to answer may need that. Send from a "
               "work item or a worker thread (BAD-15).",
           connection.server().text);
  };
  if (connection.connects_in(thread)) {
    lint(filter, Severity::kWarning,
         "FltSendMessage was called in ConnectNotify of the connection: the client has no handle yet and "
         "cannot "
         "receive, so this waits until the time is up (H-25).",
         connection.describe());
  }
  if (thread.sets_up_instance) {
    report(filter, "VER-28", Severity::kWarning,
           "FltSendMessage was called in InstanceSetup: the mount or attach waits for the client. Send from "
           "a work "
           "item.",
           connection.server().text);
  }
  const auto* walk = static_cast<const WalkSlot*>(thread.walk_slot);
  if (walk != nullptr && walk->innermost != nullptr && thread.process.id == connection.client()) {
    at_risk("for an operation of the very process that is to receive");  // SEND-18
  }
  if (!thread.held_locks.empty()) at_risk(std::string("with a ") + thread.held_locks.back().kind + " held");
  if (thread.top_level_irp != nullptr) at_risk("with a top-level IRP set");
}

[[gnu::cold]] Trace::Handle begin_message(nt::Thread& thread, const Filter& filter,
                                          const Connection& connection, ULONG size, const ULONG* reply_size) {
  std::string what = "message " + filter.utf8_name() + " to " + connection.describe() + ", " +
                     std::to_string(size) + " bytes";
  if (reply_size != nullptr) what += ", reply up to " + std::to_string(*reply_size);
  return thread.system.trace().begin(thread.trace_node, std::move(what));
}

std::string how_it_ended(NTSTATUS status) {
  char text[24];
  std::snprintf(text, sizeof text, "returned 0x%08X", static_cast<unsigned>(status));
  return text;
}

// What every send that reached nobody returns: its reply buffer holds no answer.
NTSTATUS unanswered(nt::Thread& thread, void* reply, const ULONG* reply_length, NTSTATUS status) {
  nt::DriverWatch& watch = thread.system.nt().driver_watch();
  if (watch.is_told() && reply != nullptr && reply_length != nullptr)
    watch.leave_reply({reply, *reply_length, 0, 0, how_it_ended(status), {}});
  return status;
}

NTSTATUS send(Filter& filter, nt::Thread& thread, Connection& connection, PFLT_PORT* slot,
              const void* message, ULONG size, void* reply, ULONG* reply_length,
              const LARGE_INTEGER* timeout) {
  const bool verifies = thread.system.options().verifier;
  if (verifies) [[unlikely]]
    check_circumstances(filter, thread, timeout, connection);
  SendRequest request{
      .message = message,
      .message_size = size,
      .timeout = timeout != nullptr ? reinterpret_cast<const std::int64_t*>(&timeout->QuadPart) : nullptr,
      .slot = slot,
      .expected = connection.handle()};
  if (reply != nullptr) {
    request.reply = reply;
    request.reply_length = *reply_length;
    request.reply_writable =
        verifies ? writable_part(filter, thread, reply, *reply_length, connection) : *reply_length;
  }
  Trace& trace = thread.system.trace();
  if (trace.enabled()) [[unlikely]]
    request.trace =
        begin_message(thread, filter, connection, size, reply != nullptr ? reply_length : nullptr);
  const SendResult result = connection.send(thread, request);
  if (trace.enabled()) [[unlikely]]
    trace.end(request.trace, "status", static_cast<std::uint32_t>(result.status));
  if (result.stale) {
    lint(filter, Severity::kError,
         "FltSendMessage was given a client port that FltCloseClientPort closed through another variable: a "
         "copy. Keep one "
         "variable per connection, and pass its address to both (DISC-3, SEND-22).",
         connection.describe());
  }
  const ULONG written = result.answered ? std::min(result.reply_size, request.reply_writable) : 0;
  const ULONG usable = NT_SUCCESS(result.status) ? written : 0;
  nt::DriverWatch& watch = thread.system.nt().driver_watch();
  if (watch.is_told()) [[unlikely]] {
    watch.leave_reply(
        {reply, request.reply_writable, written, usable, how_it_ended(result.status), connection.describe()});
  }
  if (result.answered) *reply_length = result.reply_size;
  return result.status;
}

}  // namespace

extern "C" {

NTSTATUS FltBuildDefaultSecurityDescriptor(PSECURITY_DESCRIPTOR* SecurityDescriptor,
                                           ACCESS_MASK DesiredAccess) {
  nt::Thread& thread = nt::enter("FltBuildDefaultSecurityDescriptor", nt::kApc);
  *SecurityDescriptor = nullptr;
  if (nt::fails_now(thread, "FltBuildDefaultSecurityDescriptor")) return STATUS_INSUFFICIENT_RESOURCES;
  // Absolute, with its list behind it in the same allocation: drivers change it with RtlSetDaclSecurityDescriptor.
  const std::vector<std::uint8_t> list = nt::list_for_system_and_administrators(DesiredAccess);
  void* memory =
      thread.system.nt().pool().allocate(thread.driver, nt::Pool::Kind::kPaged, nt::Pool::Fill::kZero,
                                         sizeof(SECURITY_DESCRIPTOR) + list.size(), kDescriptorTag);
  if (memory == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  auto* dacl = reinterpret_cast<PACL>(static_cast<std::byte*>(memory) + sizeof(SECURITY_DESCRIPTOR));
  std::memcpy(dacl, list.data(), list.size());
  RtlCreateSecurityDescriptor(memory, SECURITY_DESCRIPTOR_REVISION);
  RtlSetDaclSecurityDescriptor(memory, TRUE, dacl, FALSE);
  *SecurityDescriptor = memory;
  return STATUS_SUCCESS;
}

VOID FltFreeSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
  nt::Thread& thread = nt::enter("FltFreeSecurityDescriptor", nt::kApc);
  thread.system.nt().pool().free(thread, "FltFreeSecurityDescriptor", SecurityDescriptor, kDescriptorTag);
}

NTSTATUS FltCreateCommunicationPort(PFLT_FILTER Filter, PFLT_PORT* ServerPort,
                                    POBJECT_ATTRIBUTES ObjectAttributes, PVOID ServerPortCookie,
                                    PFLT_CONNECT_NOTIFY ConnectNotifyCallback,
                                    PFLT_DISCONNECT_NOTIFY DisconnectNotifyCallback,
                                    PFLT_MESSAGE_NOTIFY MessageNotifyCallback, LONG MaxConnections) {
  nt::Thread& thread = nt::enter("FltCreateCommunicationPort", nt::kPassive);
  *ServerPort = nullptr;
  if (nt::fails_now(thread, "FltCreateCommunicationPort")) return port_status::kNoResources;
  auto* filter = thread.system.fltmgr().live(Filter, "FltCreateCommunicationPort");
  if (filter == nullptr) return STATUS_INVALID_PARAMETER;
  const fltmgr::ServerPort::Callbacks callbacks{ConnectNotifyCallback, DisconnectNotifyCallback,
                                                MessageNotifyCallback};
  if (const NTSTATUS status = check_creation(*filter, *ObjectAttributes, callbacks, MaxConnections);
      !NT_SUCCESS(status)) {
    return status;
  }
  if (ObjectAttributes->RootDirectory != nullptr)
    nt::unsupported("FltCreateCommunicationPort with a RootDirectory");
  if (ObjectAttributes->ObjectName == nullptr) nt::unsupported("FltCreateCommunicationPort without a name");
  const std::u16string name(text_of(*ObjectAttributes->ObjectName));
  std::vector<std::uint8_t> security = security_for(*filter, thread, *ObjectAttributes, nt::to_utf8(name));
  if (security.empty()) return STATUS_INVALID_SECURITY_DESCR;
  return thread.system.fltmgr().ports().create(
      *filter,
      {.name = name,
       .case_insensitive = (ObjectAttributes->Attributes & OBJ_CASE_INSENSITIVE) != 0,
       .security = std::move(security),
       .callbacks = callbacks,
       .cookie = ServerPortCookie,
       .connections_max = MaxConnections},
      *ServerPort);
}

VOID FltCloseCommunicationPort(PFLT_PORT ServerPort) {
  nt::Thread& thread = nt::enter("FltCloseCommunicationPort", nt::kPassive);
  auto* port = fltmgr::ServerPort::from(ServerPort);
  if (port != nullptr && thread.system.fltmgr().ports().close(*port)) return;
  nt::report(
      thread, "VER-29", Severity::kError,
      port == nullptr
          ? "FltCloseCommunicationPort was given no server port; test the variable for NULL first (PORT-12)."
          : "FltCloseCommunicationPort was called twice for one port; set the variable to NULL after the "
            "first call (PORT-12).",
      port == nullptr ? std::string() : port->text);
}

VOID FltCloseClientPort(PFLT_FILTER Filter, PFLT_PORT* ClientPort) {
  nt::Thread& thread = nt::enter("FltCloseClientPort", nt::kPassive);
  auto* filter = thread.system.fltmgr().live(Filter, "FltCloseClientPort");
  if (filter == nullptr) return;
  const fltmgr::PortInUse port(thread, ClientPort);
  const auto complain = [&](Severity severity, const char* text, const std::string& object) {
    report(*filter, "VER-29", severity, text, object);
  };
  const auto nothing_to_close = [&] {
    complain(Severity::kWarning,
             "FltCloseClientPort was given a variable that holds NULL: nothing to close (DISC-4).", {});
  };
  if (port.get() == nullptr) return nothing_to_close();
  Connection* connection = Connection::from(port.get());
  if (connection == nullptr || &connection->server().filter != filter) {
    return complain(Severity::kError, "FltCloseClientPort was given what is no client port of this filter.",
                    {});
  }
  switch (connection->close_from_kernel(ClientPort)) {
    case Connection::Closed::kNow:
      return;
    case Connection::Closed::kNothingToClose:
      return nothing_to_close();
    case Connection::Closed::kBefore:
      complain(
          Severity::kError,
          "FltCloseClientPort was called for a connection that is closed: it was closed through another "
          "variable, or ConnectNotify refused it. Keep one variable per connection, and pass its address "
          "(DISC-3).",
          connection->describe());
  }
}

NTSTATUS FltSendMessage(PFLT_FILTER Filter, PFLT_PORT* ClientPort, PVOID SenderBuffer,
                        ULONG SenderBufferLength, PVOID ReplyBuffer, PULONG ReplyLength,
                        PLARGE_INTEGER Timeout) {
  constexpr ULONG kLengthMax = UINT32_MAX - sizeof(FILTER_MESSAGE_HEADER);  // SEND-19
  nt::Thread& thread = nt::enter("FltSendMessage", nt::kApc);
  if (nt::fails_now(thread, "FltSendMessage"))
    return unanswered(thread, ReplyBuffer, ReplyLength, port_status::kNoResources);
  auto* filter = thread.system.fltmgr().live(Filter, "FltSendMessage");
  if (filter == nullptr) return port_status::kBadSend;
  if (ClientPort == nullptr || SenderBuffer == nullptr || SenderBufferLength > kLengthMax ||
      (ReplyBuffer != nullptr && (ReplyLength == nullptr || *ReplyLength > kLengthMax))) {
    lint(*filter, Severity::kError,
         "FltSendMessage needs a port, a message of less than 4 GB and, with a reply buffer, its length "
         "(SEND-2).",
         {});
    return port_status::kBadSend;
  }
  const fltmgr::PortInUse port(thread, ClientPort);
  if (port.get() == nullptr)
    return unanswered(thread, ReplyBuffer, ReplyLength, port_status::kDisconnected);  // SEND-3
  Connection* connection = Connection::from(port.get());
  if (connection == nullptr || &connection->server().filter != filter) {
    lint(*filter, Severity::kError, "FltSendMessage was given what is no client port of this filter.", {});
    return port_status::kDisconnected;
  }
  return send(*filter, thread, *connection, ClientPort, SenderBuffer, SenderBufferLength, ReplyBuffer,
              ReplyLength, Timeout);
}

}  // extern "C"

// The client's end of a communication port: FilterConnectCommunicationPort, FilterSendMessage,
// FilterGetMessage and FilterReplyMessage (CONN-*, MSG-*, GET-*, REPLY-*).
#include <fltUser.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/client.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/port.hpp"
#include "fltmgr/port_status.hpp"
#include "nt/user_memory.hpp"

using namespace fltsim;
using namespace fltsim::client;
using fltsim::fltmgr::Connection;
namespace port_status = fltsim::fltmgr::port_status;

namespace {

constexpr std::uint32_t kContextMax = 0xFFE7;  // CONN-3

void lint(nt::Thread& thread, std::string text, const Connection& connection) {
  nt::report(thread, "VER-46", Severity::kWarning, std::move(text), connection.describe());
}

// --- connecting ---

NTSTATUS capture_context(LPCVOID context, std::uint32_t size, std::vector<std::byte>& captured) {
  if ((context == nullptr) != (size == 0)) return port_status::kBadContext;
  if (size > kContextMax) return port_status::kContextTooLong;
  captured.resize(size);
  return nt::copy_from_client(captured.data(), context, size) ? STATUS_SUCCESS : port_status::kBadUserBuffer;
}

NTSTATUS connect(nt::Thread& thread, const fltmgr::Ports::ConnectRequest& request, DWORD options,
                 bool inheritable, HANDLE& handle) {
  nt::Ref<Connection> connection;
  const NTSTATUS status = thread.system.fltmgr().ports().connect(thread, request, connection);
  if (!NT_SUCCESS(status)) return status;
  HANDLE made = nt::make_handle(connection.get(), fltmgr::kClientPortType.mapping.all, false, inheritable);
  if (made == nullptr) {  // the process has been run down meanwhile
    connection->client_closed(thread);
    return STATUS_PROCESS_IS_TERMINATING;
  }
  if ((options & ~FLT_PORT_FLAG_SYNC_HANDLE) != 0) {
    lint(thread, "FilterConnectCommunicationPort was given option bits that do not exist (CONN-17).",
         *connection);
  }
  handle = made;
  return STATUS_SUCCESS;
}

// --- requests on a connection ---

// Runs `request` on the handle's connection; one at a time where the handle is synchronous (CONN-16).
template <class Request>
NTSTATUS on_connection(nt::Thread& thread, HANDLE handle, Connection::Request kind, Request request) {
  nt::Ref<Connection> connection;
  if (const NTSTATUS status = open_handle(handle, fltmgr::kClientPortType, connection);
      status != STATUS_SUCCESS) {
    return status;
  }
  if (!connection->synchronous()) return request(connection);
  if (!connection->begin_request(thread, kind)) return STATUS_CANCELLED;
  const NTSTATUS status = request(connection);
  connection->end_request();
  return status;
}

// What FilterSendMessage was given, as the kernel sees it: one buffer where the two overlap, so that an answer which is
// written over its own question shows.
class SentBuffers {
 public:
  SentBuffers(nt::Thread& thread, void* in, std::size_t in_size, void* out, std::size_t out_size) {
    auto* const first = static_cast<std::byte*>(in);
    auto* const second = static_cast<std::byte*>(out);
    const bool overlap =
        in != nullptr && out != nullptr && first < second + out_size && second < first + in_size;
    if (overlap) {
      std::byte* const begin = std::min(first, second);
      const auto size = static_cast<std::size_t>(std::max(first + in_size, second + out_size) - begin);
      output_.emplace(thread, begin, size, nt::UserBuffer::Use::kOutput);
      in_at_ = first - begin;
      out_at_ = second - begin;
    } else {
      input_.emplace(thread, in, in_size, nt::UserBuffer::Use::kInput);
      output_.emplace(thread, out, out_size, nt::UserBuffer::Use::kOutput);
    }
  }

  void* input() const { return input_ ? input_->address() : at(in_at_); }
  void* output() const { return input_ ? output_->address() : at(out_at_); }

 private:
  void* at(std::ptrdiff_t offset) const { return static_cast<std::byte*>(output_->address()) + offset; }

  std::optional<nt::UserBuffer> input_;  // none where they overlap
  std::optional<nt::UserBuffer> output_;
  std::ptrdiff_t in_at_ = 0;
  std::ptrdiff_t out_at_ = 0;
};

// MSG-2, MSG-3: the driver gets addresses of the client, probed. Memory of the user range is the client's own; ordinary
// memory of the program is shown at an address of that range for as long as the call lasts.
NTSTATUS send(nt::Thread& thread, Connection& connection, void* in, DWORD in_size, void* out, DWORD out_size,
              DWORD& returned) {
  const SentBuffers buffers(thread, in, in_size, out, out_size);
  void* const input = buffers.input();
  void* const output = buffers.output();
  const nt::UserSpace& space = thread.system.nt().user_space();
  // Of no bytes nothing is probed.
  if (in_size != 0 && nt::beyond_programs(in, in_size)) return port_status::kBadUserBuffer;
  if (output != nullptr && out_size != 0 && !space.is_mapped(output, out_size))
    return port_status::kBadUserBuffer;
  // The window between the probe and the callback, in which the client's other threads run (MSG-3).
  thread.system.scheduler().switch_point("FilterSendMessage: the buffers are probed");
  std::uint32_t count = 0;
  const NTSTATUS status = connection.message(thread, input, in_size, output, out_size, count);
  if (!NT_ERROR(status)) returned = count;  // MSG-9
  return status;
}

// Until the receive is completed; a termination of the thread cancels it (GET-10).
NTSTATUS wait_parked(nt::Thread& thread, Connection& connection, const fltmgr::Receive& receive,
                     sched::HandOver& over) {
  const nt::InterruptibleWait interruptible(thread);
  while (!over.done()) {
    if (thread.terminated()) {
      connection.rendezvous().cancel([&](const fltmgr::Receive& one) { return &one == &receive; });
    } else {
      thread.system.scheduler().park(
          sched::kForever, {"FilterGetMessage", {}, nullptr, [&connection] { return connection.describe(); }},
          &over);
    }
  }
  return receive.status;
}

NTSTATUS receive_and_wait(nt::Thread& thread, Connection& connection, void* buffer, DWORD size,
                          OVERLAPPED* overlapped) {
  struct alignas(sched::kCacheLine) Waiting {
    Waiting(const nt::Thread& issuer, void* to, DWORD to_size) : receive(issuer, to, to_size) {}
    sched::HandOver over;
    fltmgr::Receive receive;
  } waiting(thread, buffer, size);
  auto& [over, receive] = waiting;
  receive.key = overlapped;
  receive.waiter = &over;
  receive.blocks = true;
  if (overlapped != nullptr) {
    if (const NTSTATUS status = begin_overlapped(connection, *overlapped, receive); status != STATUS_SUCCESS)
      return status;
  }
  const NTSTATUS status = connection.rendezvous().receive(receive);
  if (status != port_status::kReceivePending) return status;
  if (thread.system.scheduler().look(over)) {
    __builtin_prefetch(buffer);
    connection.rendezvous().fetch_to_reply();
    return receive.status;
  }
  return wait_parked(thread, connection, receive, over);
}

NTSTATUS receive_blocking(nt::Thread& thread, Connection& connection, void* buffer, DWORD size) {
  if (!thread.system.options().verifier) return receive_and_wait(thread, connection, buffer, size, nullptr);
  if (connection.enter_blocking_receive() > 1) {
    lint(thread,
         "two threads wait in FilterGetMessage without an OVERLAPPED on one handle: on Windows a message can "
         "wake the wrong "
         "one. Use an OVERLAPPED with an event per call, or FLT_PORT_FLAG_SYNC_HANDLE (GET-15).",
         connection);
  }
  const NTSTATUS status = receive_and_wait(thread, connection, buffer, size, nullptr);
  connection.leave_blocking_receive();
  return status;
}

NTSTATUS receive_overlapped(nt::Thread& thread, Connection& connection, void* buffer, DWORD size,
                            OVERLAPPED& overlapped) {
  fltmgr::Receive receive(thread, buffer, size);
  receive.key = &overlapped;
  receive.ends_with_issuer = connection.binding() == nullptr;
  if (const NTSTATUS status = begin_overlapped(connection, overlapped, receive); status != STATUS_SUCCESS)
    return status;
  return connection.rendezvous().receive_later(receive);
}

NTSTATUS receive(nt::Thread& thread, Connection& connection, void* buffer, DWORD size,
                 OVERLAPPED* overlapped) {
  if (connection.synchronous()) return receive_and_wait(thread, connection, buffer, size, overlapped);
  if (overlapped == nullptr) return receive_blocking(thread, connection, buffer, size);
  return receive_overlapped(thread, connection, buffer, size, *overlapped);
}

}  // namespace

extern "C" {

HRESULT FilterConnectCommunicationPort(LPCWSTR PortName, DWORD Options, LPCVOID Context, WORD SizeOfContext,
                                       LPSECURITY_ATTRIBUTES SecurityAttributes, HANDLE* Port) {
  touch_text(PortName);
  touch_output(Port);
  return nt::client_call("FilterConnectCommunicationPort", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    *Port = INVALID_HANDLE_VALUE;
    if (PortName == nullptr) return hresult_from_status(port_status::kBadContext);
    std::vector<std::byte> context;
    NTSTATUS status = capture_context(Context, SizeOfContext, context);
    if (status == STATUS_SUCCESS) {
      status = connect(thread,
                       {.name = reinterpret_cast<const char16_t*>(PortName),
                        .context = std::move(context),
                        .synchronous = (Options & FLT_PORT_FLAG_SYNC_HANDLE) != 0},
                       Options, SecurityAttributes != nullptr && SecurityAttributes->bInheritHandle, *Port);
    }
    return hresult_from_status(status);
  });
}

HRESULT FilterSendMessage(HANDLE Port, LPVOID InBuffer, DWORD InBufferSize, LPVOID OutBuffer,
                          DWORD OutBufferSize, LPDWORD BytesReturned) {
  if (BytesReturned != nullptr) touch_output(BytesReturned);
  return nt::client_call("FilterSendMessage", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    if (BytesReturned == nullptr) return hresult_from_status(STATUS_INVALID_PARAMETER);
    return hresult_from_status(
        on_connection(thread, Port, Connection::Request::kOther, [&](const nt::Ref<Connection>& connection) {
          return send(thread, *connection, InBuffer, InBufferSize, OutBuffer, OutBufferSize, *BytesReturned);
        }));
  });
}

HRESULT FilterGetMessage(HANDLE Port, PFILTER_MESSAGE_HEADER MessageBuffer, DWORD MessageBufferSize,
                         LPOVERLAPPED Overlapped) {
  if (Overlapped != nullptr) touch_output(Overlapped);
  return nt::client_call("FilterGetMessage", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    return hresult_from_status(on_connection(
        thread, Port, Connection::Request::kReceive, [&](const nt::Ref<Connection>& connection) {
          connection->rendezvous().fetch_to_receive();
          return receive(thread, *connection, MessageBuffer, MessageBufferSize, Overlapped);
        }));
  });
}

HRESULT FilterReplyMessage(HANDLE Port, PFILTER_REPLY_HEADER ReplyBuffer, DWORD ReplyBufferSize) {
  return nt::client_call("FilterReplyMessage", E_FAIL, [&](nt::Thread& thread) -> HRESULT {
    return hresult_from_status(
        on_connection(thread, Port, Connection::Request::kOther, [&](const nt::Ref<Connection>& connection) {
          connection->rendezvous().fetch_to_reply();
          return connection->reply(ReplyBuffer, ReplyBufferSize);
        }));
  });
}

}  // extern "C"

// Overlapped requests: completion, completion ports, GetOverlappedResult, and the ways to cancel.
#include "client/client.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/port.hpp"
#include "nt/io_completion.hpp"
#include "nt/win32_error.hpp"

using namespace fltsim;
using namespace fltsim::client;
using fltsim::fltmgr::Connection;

namespace fltsim::client {
namespace {

constexpr std::uintptr_t kNoPacket = 1;  // the low bit of hEvent

nt::Dispatcher& dispatcher(nt::Thread& thread) { return thread.system.nt().dispatcher(); }

}  // namespace

BOOL win32_result(nt::Thread& thread, NTSTATUS status) {
  if (status == STATUS_SUCCESS) return TRUE;
  thread.last_error = nt::win32_from_status(status);
  return FALSE;
}

sched::Ticks deadline_after(nt::Thread& thread, DWORD milliseconds) {
  if (milliseconds == INFINITE) return sched::kForever;
  return thread.system.scheduler().now() + milliseconds * sched::kTicksPerMillisecond;
}

NTSTATUS begin_overlapped(Connection& connection, OVERLAPPED& overlapped, fltmgr::Receive& receive) {
  const auto named = reinterpret_cast<std::uintptr_t>(overlapped.hEvent);
  if ((named & ~kNoPacket) != 0) {
    const NTSTATUS status =
        open_handle(reinterpret_cast<HANDLE>(named & ~kNoPacket), nt::kEventType, receive.event);
    if (status != STATUS_SUCCESS) return STATUS_INVALID_HANDLE;
  }
  static_assert(offsetof(OVERLAPPED, Internal) == offsetof(IO_STATUS_BLOCK, Pointer) &&
                offsetof(OVERLAPPED, InternalHigh) == offsetof(IO_STATUS_BLOCK, Information));
  receive.outcome = reinterpret_cast<IO_STATUS_BLOCK*>(&overlapped);
  receive.completed = receive.event ? &receive.event->header : &connection.completed;
  receive.port = (named & kNoPacket) == 0 ? connection.binding() : nullptr;
  nt::Dispatcher::reset_kept(*receive.completed);
  __atomic_store_n(&overlapped.InternalHigh, 0, __ATOMIC_RELAXED);
  __atomic_store_n(&overlapped.Internal, static_cast<ULONG_PTR>(STATUS_PENDING), __ATOMIC_RELEASE);
  return STATUS_SUCCESS;
}

namespace {

BOOL take_packet(nt::Thread& thread, HANDLE handle, DWORD milliseconds, nt::IoCompletion::Packet& packet) {
  nt::Ref<nt::IoCompletion> port;
  packet = {};
  if (const NTSTATUS status = open_handle(handle, nt::kIoCompletionType, port); status != STATUS_SUCCESS) {
    return win32_result(thread, status);
  }
  switch (port->wait(thread, deadline_after(thread, milliseconds), packet)) {
    case nt::IoCompletion::Result::kPacket:
      if (NT_SUCCESS(packet.status)) return TRUE;
      return win32_result(thread, packet.status);
    case nt::IoCompletion::Result::kAbandoned:
      thread.last_error = ERROR_ABANDONED_WAIT_0;
      return FALSE;
    default:
      thread.last_error = WAIT_TIMEOUT;
      return FALSE;
  }
}

HANDLE make_completion_port(nt::Thread& thread) {
  const auto port = nt::Ref<nt::IoCompletion>::adopt(
      nt::create_object<nt::IoCompletion>(thread.system, nt::kIoCompletionType));
  return nt::make_handle(port.get(), nt::kIoCompletionType.mapping.all, false);
}

NTSTATUS bind(HANDLE file, HANDLE port_handle, ULONG_PTR key) {
  nt::Ref<Connection> connection;
  nt::Ref<nt::IoCompletion> port;
  if (const NTSTATUS status = open_handle(file, fltmgr::kClientPortType, connection);
      status != STATUS_SUCCESS)
    return status;
  if (const NTSTATUS status = open_handle(port_handle, nt::kIoCompletionType, port); status != STATUS_SUCCESS)
    return status;
  if (connection->synchronous() || !connection->bind({port, key})) return STATUS_INVALID_PARAMETER;
  return STATUS_SUCCESS;
}

// The outstanding receives of the calling process that `which` names; STATUS_NOT_FOUND when there was none.
NTSTATUS cancel(nt::Thread& thread, HANDLE file, const std::function<bool(const fltmgr::Receive&)>& which) {
  nt::Ref<Connection> connection;
  if (const NTSTATUS status = open_handle(file, fltmgr::kClientPortType, connection);
      status != STATUS_SUCCESS)
    return status;
  const std::size_t count = connection->rendezvous().cancel(
      [&](const fltmgr::Receive& receive) { return receive.process == thread.process.id && which(receive); });
  return count != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND;
}

bool pending(const OVERLAPPED& overlapped) {
  return __atomic_load_n(&overlapped.Internal, __ATOMIC_ACQUIRE) == static_cast<ULONG_PTR>(STATUS_PENDING);
}

// Waits for the request's event, or for the handle when it has none; STATUS_TIMEOUT.
NTSTATUS await(nt::Thread& thread, HANDLE file, const OVERLAPPED& overlapped, DWORD milliseconds) {
  const auto named = reinterpret_cast<std::uintptr_t>(overlapped.hEvent) & ~kNoPacket;
  nt::Ref<void> object;
  const HANDLE handle = named != 0 ? reinterpret_cast<HANDLE>(named) : file;
  if (const NTSTATUS status = nt::reference_by_handle(handle, 0, nullptr, nt::Mode::kUser, object);
      status != STATUS_SUCCESS) {
    return status;
  }
  const auto waitable = nt::type_of(object.get()).waitable;
  if (waitable == nullptr) return STATUS_INVALID_HANDLE;
  const nt::WaitOutcome outcome = dispatcher(thread).wait(thread, *waitable(object.get()),
                                                          {.deadline = deadline_after(thread, milliseconds),
                                                           .ends_on_termination = true,
                                                           .kind = "overlapped request",
                                                           .object = {}});
  return outcome.result == nt::WaitResult::kTimeout ? STATUS_TIMEOUT : STATUS_SUCCESS;
}

}  // namespace
}  // namespace fltsim::client

extern "C" {

HANDLE CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort, ULONG_PTR CompletionKey,
                              DWORD) {
  return nt::client_call("CreateIoCompletionPort", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    if (FileHandle == INVALID_HANDLE_VALUE && ExistingCompletionPort != nullptr) {
      static_cast<void>(win32_result(thread, STATUS_INVALID_PARAMETER));
      return nullptr;
    }
    HANDLE port = ExistingCompletionPort != nullptr ? ExistingCompletionPort : make_completion_port(thread);
    if (FileHandle == INVALID_HANDLE_VALUE) return port;
    const NTSTATUS status = bind(FileHandle, port, CompletionKey);
    if (status == STATUS_SUCCESS) return port;
    if (ExistingCompletionPort == nullptr) static_cast<void>(nt::close_handle(port, nt::Mode::kUser));
    static_cast<void>(win32_result(thread, status));
    return nullptr;
  });
}

BOOL GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD NumberOfBytesTransferred,
                               ULONG_PTR* CompletionKey, LPOVERLAPPED* Overlapped, DWORD Milliseconds) {
  touch_output(NumberOfBytesTransferred);
  touch_output(CompletionKey);
  touch_output(Overlapped);
  return nt::client_call("GetQueuedCompletionStatus", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::IoCompletion::Packet packet;
    const BOOL result = take_packet(thread, CompletionPort, Milliseconds, packet);
    *NumberOfBytesTransferred = static_cast<DWORD>(packet.information);
    *CompletionKey = packet.key;
    *Overlapped = static_cast<LPOVERLAPPED>(packet.request);
    return result;
  });
}

// Waits for the first packet, and takes what is there behind it.
BOOL GetQueuedCompletionStatusEx(HANDLE CompletionPort, LPOVERLAPPED_ENTRY Entries, ULONG Count,
                                 PULONG Removed, DWORD Milliseconds, BOOL) {
  touch_output(Entries, Count * sizeof *Entries);
  touch_output(Removed);
  return nt::client_call("GetQueuedCompletionStatusEx", FALSE, [&](nt::Thread& thread) -> BOOL {
    *Removed = 0;
    if (Count == 0) return win32_result(thread, STATUS_INVALID_PARAMETER);
    nt::Ref<nt::IoCompletion> port;
    if (const NTSTATUS status = open_handle(CompletionPort, nt::kIoCompletionType, port);
        status != STATUS_SUCCESS)
      return win32_result(thread, status);
    sched::Ticks deadline = deadline_after(thread, Milliseconds);
    nt::IoCompletion::Packet packet;
    nt::IoCompletion::Result result = nt::IoCompletion::Result::kPacket;
    while (*Removed < Count &&
           (result = port->wait(thread, deadline, packet)) == nt::IoCompletion::Result::kPacket) {
      Entries[(*Removed)++] = {packet.key, static_cast<LPOVERLAPPED>(packet.request),
                               static_cast<ULONG>(packet.status), static_cast<DWORD>(packet.information)};
      deadline = 0;
    }
    if (*Removed != 0) return TRUE;
    thread.last_error =
        result == nt::IoCompletion::Result::kAbandoned ? ERROR_ABANDONED_WAIT_0 : WAIT_TIMEOUT;
    return FALSE;
  });
}

BOOL PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD NumberOfBytesTransferred,
                                ULONG_PTR CompletionKey, LPOVERLAPPED Overlapped) {
  return nt::client_call("PostQueuedCompletionStatus", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::IoCompletion> port;
    const NTSTATUS status = open_handle(CompletionPort, nt::kIoCompletionType, port);
    if (status == STATUS_SUCCESS)
      port->post({CompletionKey, Overlapped, STATUS_SUCCESS, NumberOfBytesTransferred});
    return win32_result(thread, status);
  });
}

BOOL GetOverlappedResultEx(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD NumberOfBytesTransferred,
                           DWORD Milliseconds, BOOL) {
  touch_output(Overlapped);
  touch_output(NumberOfBytesTransferred);
  return nt::client_call("GetOverlappedResultEx", FALSE, [&](nt::Thread& thread) -> BOOL {
    if (pending(*Overlapped) && Milliseconds != 0) {
      const NTSTATUS status = await(thread, File, *Overlapped, Milliseconds);
      if (status == STATUS_TIMEOUT) {
        thread.last_error = WAIT_TIMEOUT;
        return FALSE;
      }
      if (status != STATUS_SUCCESS) return win32_result(thread, status);
    }
    if (pending(*Overlapped)) {
      thread.last_error = ERROR_IO_INCOMPLETE;
      return FALSE;
    }
    *NumberOfBytesTransferred = static_cast<DWORD>(Overlapped->InternalHigh);
    const auto status = static_cast<NTSTATUS>(Overlapped->Internal);
    return NT_SUCCESS(status) ? TRUE : win32_result(thread, status);
  });
}

BOOL GetOverlappedResult(HANDLE File, LPOVERLAPPED Overlapped, LPDWORD NumberOfBytesTransferred, BOOL Wait) {
  return GetOverlappedResultEx(File, Overlapped, NumberOfBytesTransferred, Wait != FALSE ? INFINITE : 0,
                               FALSE);
}

BOOL CancelIo(HANDLE File) {
  return nt::client_release("CancelIo", FALSE, [&](nt::Thread& thread) -> BOOL {
    const NTSTATUS status =
        cancel(thread, File, [&](const fltmgr::Receive& receive) { return receive.issuer == thread.id; });
    return status == STATUS_NOT_FOUND ? TRUE : win32_result(thread, status);
  });
}

BOOL CancelIoEx(HANDLE File, LPOVERLAPPED Overlapped) {
  return nt::client_release("CancelIoEx", FALSE, [&](nt::Thread& thread) -> BOOL {
    return win32_result(thread, cancel(thread, File, [&](const fltmgr::Receive& receive) {
                          return Overlapped == nullptr || receive.key == Overlapped;
                        }));
  });
}

BOOL CancelSynchronousIo(HANDLE Thread) {
  return nt::client_release("CancelSynchronousIo", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Thread> target;
    if (const NTSTATUS status = open_handle(Thread, nt::kThreadType, target); status != STATUS_SUCCESS)
      return win32_result(thread, status);
    const std::size_t count = thread.system.fltmgr().ports().cancel_receives(
        [&](const fltmgr::Receive& receive) { return receive.issuer == target->id && receive.blocks; });
    return win32_result(thread, count != 0 ? STATUS_SUCCESS : STATUS_NOT_FOUND);
  });
}

}  // extern "C"

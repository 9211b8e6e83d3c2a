// Handles, events, waiting, threads and time as user mode sees them.
#include <algorithm>
#include <string>
#include <vector>

#include "client/client.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

HANDLE handle_for(nt::Thread& thread, void* body, const nt::ObjectType& type,
                  const SECURITY_ATTRIBUTES* attributes) {
  const bool inheritable = attributes != nullptr && attributes->bInheritHandle;
  HANDLE handle = nt::make_handle(body, type.mapping.all, false, inheritable);
  if (handle == nullptr) static_cast<void>(win32_result(thread, STATUS_PROCESS_IS_TERMINATING));
  return handle;
}

template <class Change>
BOOL change_event(nt::Thread& thread, HANDLE handle, Change change) {
  nt::Ref<nt::Event> event;
  const NTSTATUS status = open_handle(handle, nt::kEventType, event);
  if (status == STATUS_SUCCESS) change(thread.system.nt().dispatcher(), event->header);
  return win32_result(thread, status);
}

// A process's descriptor is for its own user; who may debug passes all of them.
bool may_open(const nt::Token& caller, const nt::Token& target) {
  return caller.has_privilege(SE_DEBUG_PRIVILEGE) || caller.user == target.user;
}

DWORD failed_wait(nt::Thread& thread, NTSTATUS status) {
  static_cast<void>(win32_result(thread, status));
  return WAIT_FAILED;
}

DWORD wait(nt::Thread& thread, const HANDLE* handles, DWORD count, bool all, DWORD milliseconds) {
  if (count == 0 || count > MAXIMUM_WAIT_OBJECTS) return failed_wait(thread, STATUS_INVALID_PARAMETER);
  std::vector<nt::Ref<void>> objects(count);
  std::vector<nt::DispatcherHeader*> headers;
  for (DWORD i = 0; i < count; ++i) {
    const NTSTATUS status = nt::reference_by_handle(handles[i], 0, nullptr, nt::Mode::kUser, objects[i]);
    if (status != STATUS_SUCCESS) return failed_wait(thread, status);
    const auto waitable = nt::type_of(objects[i].get()).waitable;
    if (waitable == nullptr) return failed_wait(thread, STATUS_INVALID_HANDLE);
    headers.push_back(waitable(objects[i].get()));
  }
  const nt::WaitOptions options{.deadline = deadline_after(thread, milliseconds),
                                .ends_on_termination = true};
  nt::Dispatcher& dispatcher = thread.system.nt().dispatcher();
  const nt::WaitOutcome outcome =
      all ? dispatcher.wait_all(thread, headers, options) : dispatcher.wait_any(thread, headers, options);
  if (outcome.result != nt::WaitResult::kSatisfied) return WAIT_TIMEOUT;
  const auto index = static_cast<DWORD>(all ? 0 : outcome.index);
  return (outcome.abandoned ? WAIT_ABANDONED_0 : WAIT_OBJECT_0) + index;
}

NTSTATUS open_process(HANDLE handle, nt::Ref<nt::Process>& process) {
  nt::Ref<void> found;
  const NTSTATUS status =
      nt::reference_by_handle(handle, PROCESS_DUP_HANDLE, &nt::kProcessType, nt::Mode::kUser, found);
  if (status == STATUS_SUCCESS)
    process = nt::Ref<nt::Process>::adopt(static_cast<nt::Process*>(found.detach()));
  return status;
}

NTSTATUS duplicate(HANDLE source_process, HANDLE source, HANDLE target_process, HANDLE* target,
                   bool inheritable) {
  nt::Ref<nt::Process> from;
  nt::Ref<nt::Process> to;
  if (const NTSTATUS status = open_process(source_process, from); status != STATUS_SUCCESS) return status;
  nt::AccessMask granted = 0;
  nt::Ref<void> object = from->handles.find(source, &granted);
  if (!object) {
    if (source != GetCurrentProcess() && source != GetCurrentThread()) return STATUS_INVALID_HANDLE;
    const NTSTATUS status = nt::reference_by_handle(source, 0, nullptr, nt::Mode::kUser, object);
    if (status != STATUS_SUCCESS) return status;
    granted = nt::type_of(object.get()).mapping.all;
  }
  if (const NTSTATUS status = open_process(target_process, to); status != STATUS_SUCCESS) return status;
  HANDLE made = to->handles.insert(object.get(), granted, inheritable);
  if (made == nullptr) return STATUS_PROCESS_IS_TERMINATING;
  *target = made;
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

DWORD GetLastError(VOID) { return nt::current_thread("GetLastError").last_error; }
VOID SetLastError(DWORD ErrorCode) { nt::current_thread("SetLastError").last_error = ErrorCode; }

BOOL CloseHandle(HANDLE Object) {
  return nt::client_release("CloseHandle", FALSE, [&](nt::Thread& thread) -> BOOL {
    return win32_result(thread, nt::close_handle(Object, nt::Mode::kUser));
  });
}

HANDLE OpenProcess(DWORD DesiredAccess, BOOL InheritHandle, DWORD ProcessId) {
  return nt::client_call("OpenProcess", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    const nt::Ref<nt::Process> process = thread.system.nt().process_by_id(ProcessId);
    NTSTATUS status = process ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    if (process && !may_open(*thread.process.token, *process->token)) status = STATUS_ACCESS_DENIED;
    HANDLE handle = nullptr;
    if (status == STATUS_SUCCESS) {
      handle = nt::make_handle(process.get(), DesiredAccess, false, InheritHandle != FALSE);
      if (handle == nullptr) status = STATUS_PROCESS_IS_TERMINATING;
    }
    static_cast<void>(win32_result(thread, status));
    return handle;
  });
}

BOOL DuplicateHandle(HANDLE SourceProcess, HANDLE Source, HANDLE TargetProcess, LPHANDLE Target,
                     DWORD DesiredAccess, BOOL InheritHandle, DWORD Options) {
  return nt::client_call("DuplicateHandle", FALSE, [&](nt::Thread& thread) -> BOOL {
    if ((Options & DUPLICATE_SAME_ACCESS) == 0 && DesiredAccess != 0)
      nt::unsupported("DuplicateHandle with an access mask");
    if ((Options & DUPLICATE_CLOSE_SOURCE) != 0 && SourceProcess != GetCurrentProcess()) {
      nt::unsupported("DuplicateHandle that closes another process's handle");
    }
    const NTSTATUS status = duplicate(SourceProcess, Source, TargetProcess, Target, InheritHandle != FALSE);
    if ((Options & DUPLICATE_CLOSE_SOURCE) != 0) static_cast<void>(nt::close_handle(Source, nt::Mode::kUser));
    return win32_result(thread, status);
  });
}

HANDLE CreateEventW(LPSECURITY_ATTRIBUTES EventAttributes, BOOL ManualReset, BOOL InitialState,
                    LPCWSTR Name) {
  return nt::client_call("CreateEventW", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    if (Name != nullptr) nt::unsupported("CreateEventW with a name");
    const auto event = nt::Ref<nt::Event>::adopt(nt::create_object<nt::Event>(thread.system, nt::kEventType));
    nt::Dispatcher::initialize(
        event->header,
        ManualReset ? nt::DispatcherType::kNotificationEvent : nt::DispatcherType::kSynchronizationEvent,
        InitialState ? 1 : 0);
    return handle_for(thread, event.get(), nt::kEventType, EventAttributes);
  });
}

BOOL SetEvent(HANDLE Event) {
  return nt::client_call("SetEvent", FALSE, [&](nt::Thread& thread) {
    return change_event(thread, Event, [](nt::Dispatcher& dispatcher, nt::DispatcherHeader& event) {
      dispatcher.set(event);
    });
  });
}

BOOL ResetEvent(HANDLE Event) {
  return nt::client_call("ResetEvent", FALSE, [&](nt::Thread& thread) {
    return change_event(thread, Event, [](nt::Dispatcher& dispatcher, nt::DispatcherHeader& event) {
      dispatcher.reset(event);
    });
  });
}

DWORD WaitForSingleObject(HANDLE Handle, DWORD Milliseconds) {
  return nt::client_call("WaitForSingleObject", WAIT_FAILED, [&](nt::Thread& thread) -> DWORD {
    return wait(thread, &Handle, 1, false, Milliseconds);
  });
}

DWORD WaitForMultipleObjects(DWORD Count, const HANDLE* Handles, BOOL WaitAll, DWORD Milliseconds) {
  return nt::client_call("WaitForMultipleObjects", WAIT_FAILED, [&](nt::Thread& thread) -> DWORD {
    return wait(thread, Handles, Count, WaitAll != FALSE, Milliseconds);
  });
}

HANDLE CreateThread(LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T, LPTHREAD_START_ROUTINE StartAddress,
                    LPVOID Parameter, DWORD CreationFlags, LPDWORD ThreadId) {
  return nt::client_call("CreateThread", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    if (CreationFlags != 0) nt::unsupported("CreateThread with flags");
    const auto started = thread.system.nt().start_thread(
        thread.process, thread.process.short_name + " thread", [=] { StartAddress(Parameter); });
    if (!started) {
      static_cast<void>(win32_result(thread, STATUS_PROCESS_IS_TERMINATING));
      return nullptr;
    }
    if (ThreadId != nullptr) *ThreadId = started->id;
    return handle_for(thread, started.get(), nt::kThreadType, ThreadAttributes);
  });
}

HANDLE GetCurrentProcess(VOID) { return reinterpret_cast<HANDLE>(~ULONG_PTR{0}); }
HANDLE GetCurrentThread(VOID) { return reinterpret_cast<HANDLE>(~ULONG_PTR{1}); }
DWORD GetCurrentProcessId(VOID) { return nt::current_thread("GetCurrentProcessId").process.id; }
DWORD GetCurrentThreadId(VOID) { return nt::current_thread("GetCurrentThreadId").id; }

VOID Sleep(DWORD Milliseconds) {
  static_cast<void>(nt::client_call("Sleep", 0, [&](nt::Thread& thread) {
    if (Milliseconds == 0) return 0;
    static_cast<void>(
        thread.system.nt().dispatcher().sleep(thread, {.deadline = deadline_after(thread, Milliseconds),
                                                       .ends_on_termination = true,
                                                       .kind = "Sleep",
                                                       .object = {}}));
    return 0;
  }));
}

ULONGLONG GetTickCount64(VOID) {
  return nt::client_call("GetTickCount64", ULONGLONG{0}, [](nt::Thread& thread) -> ULONGLONG {
    return (thread.system.scheduler().now() - thread.system.nt().boot_time()) / sched::kTicksPerMillisecond;
  });
}

}  // extern "C"

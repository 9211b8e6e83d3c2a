// Handles as user mode sees them, and the last error.
#include "client/client.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

// A process's descriptor is for its own user; who may debug passes all of them.
bool may_open(const nt::Token& caller, const nt::Token& target) {
  return caller.has_privilege(SE_DEBUG_PRIVILEGE) || caller.user == target.user;
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

BOOL GetHandleInformation(HANDLE Object, LPDWORD Flags) {
  touch_output(Flags);
  return nt::client_call("GetHandleInformation", FALSE, [&](nt::Thread& thread) -> BOOL {
    bool inheritable = false;
    if (!thread.process.handles.inheritable(Object, inheritable))
      return win32_result(thread, STATUS_INVALID_HANDLE);
    *Flags = inheritable ? HANDLE_FLAG_INHERIT : 0;
    return TRUE;
  });
}

BOOL SetHandleInformation(HANDLE Object, DWORD Mask, DWORD Flags) {
  return nt::client_call("SetHandleInformation", FALSE, [&](nt::Thread& thread) -> BOOL {
    if ((Mask & HANDLE_FLAG_PROTECT_FROM_CLOSE) != 0) nt::unsupported("HANDLE_FLAG_PROTECT_FROM_CLOSE");
    if ((Mask & HANDLE_FLAG_INHERIT) == 0) return win32_result(thread, STATUS_INVALID_PARAMETER);
    const bool done = thread.process.handles.set_inheritable(Object, (Flags & HANDLE_FLAG_INHERIT) != 0);
    return win32_result(thread, done ? STATUS_SUCCESS : STATUS_INVALID_HANDLE);
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

HANDLE GetCurrentProcess(VOID) { return reinterpret_cast<HANDLE>(~ULONG_PTR{0}); }
HANDLE GetCurrentThread(VOID) { return reinterpret_cast<HANDLE>(~ULONG_PTR{1}); }
DWORD GetCurrentProcessId(VOID) { return nt::current_thread("GetCurrentProcessId").process.id; }
DWORD GetCurrentThreadId(VOID) { return nt::current_thread("GetCurrentThreadId").id; }

}  // extern "C"

// Threads and processes of user mode, and memory of a thread's own.
#include "client/client.hpp"
#include "client/process_state.hpp"
#include "client/program.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

NTSTATUS open_thread(HANDLE handle, nt::Ref<nt::Thread>& thread) {
  return open_handle(handle, nt::kThreadType, thread);
}

NTSTATUS open_process(HANDLE handle, DWORD access, nt::Ref<nt::Process>& process) {
  nt::Ref<void> found;
  const NTSTATUS status = nt::reference_by_handle(handle, access, &nt::kProcessType, nt::Mode::kUser, found);
  if (status == STATUS_SUCCESS)
    process = nt::Ref<nt::Process>::adopt(static_cast<nt::Process*>(found.detach()));
  return status;
}

constexpr std::size_t kIndexesMax = 1088;  // TLS_MINIMUM_AVAILABLE and the extension

}  // namespace

extern "C" {

HANDLE CreateThread(LPSECURITY_ATTRIBUTES ThreadAttributes, SIZE_T, LPTHREAD_START_ROUTINE StartAddress,
                    LPVOID Parameter, DWORD CreationFlags, LPDWORD ThreadId) {
  if (ThreadId != nullptr) touch_output(ThreadId);
  return nt::client_call("CreateThread", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    if ((CreationFlags & ~(CREATE_SUSPENDED | STACK_SIZE_PARAM_IS_A_RESERVATION)) != 0)
      nt::unsupported("CreateThread with flags other than CREATE_SUSPENDED");
    const auto started = start_user_thread(
        thread, [=]() -> std::uint32_t { return StartAddress(Parameter); },
        (CreationFlags & CREATE_SUSPENDED) != 0);
    if (!started) {
      static_cast<void>(win32_result(thread, STATUS_PROCESS_IS_TERMINATING));
      return nullptr;
    }
    if (ThreadId != nullptr) *ThreadId = started->id;
    return handle_for(thread, started.get(), nt::kThreadType, ThreadAttributes);
  });
}

DWORD ResumeThread(HANDLE Thread) {
  return nt::client_call("ResumeThread", ~DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    nt::Ref<nt::Thread> target;
    if (const NTSTATUS status = open_thread(Thread, target); status != STATUS_SUCCESS) {
      static_cast<void>(win32_result(thread, status));
      return ~DWORD{0};
    }
    const std::uint32_t before = target->suspended.exchange(0);
    state_of(target->process).waits.wake_all(&target->suspended);
    return before;
  });
}

VOID ExitThread(DWORD ExitCode) {
  nt::Thread& thread = nt::current_thread("ExitThread");
  static_cast<void>(nt::client_call("ExitThread", 0, [&](nt::Thread& self) {
    std::int32_t running = STATUS_PENDING;
    self.exit_status.compare_exchange_strong(running, static_cast<std::int32_t>(ExitCode));
    return 0;
  }));
  nt::unwind_client(thread);
}

BOOL TerminateThread(HANDLE Thread, DWORD ExitCode) {
  return nt::client_call("TerminateThread", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Thread> target;
    const NTSTATUS status = open_thread(Thread, target);
    if (status == STATUS_SUCCESS)
      thread.system.nt().terminate_thread(*target, static_cast<std::int32_t>(ExitCode));
    return win32_result(thread, status);
  });
}

BOOL GetExitCodeThread(HANDLE Thread, LPDWORD ExitCode) {
  touch_output(ExitCode);
  return nt::client_call("GetExitCodeThread", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Thread> target;
    const NTSTATUS status = open_thread(Thread, target);
    if (status == STATUS_SUCCESS)
      *ExitCode = target->ended ? static_cast<DWORD>(target->exit_status.load()) : STILL_ACTIVE;
    return win32_result(thread, status);
  });
}

HANDLE OpenThread(DWORD DesiredAccess, BOOL InheritHandle, DWORD ThreadId) {
  return nt::client_call("OpenThread", HANDLE{nullptr}, [&](nt::Thread& thread) -> HANDLE {
    const nt::Ref<nt::Thread> target = thread.system.nt().thread_by_id(ThreadId);
    NTSTATUS status = target ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
    if (target && &target->process != &thread.process) nt::unsupported("OpenThread of another process");
    HANDLE handle = nullptr;
    if (status == STATUS_SUCCESS) {
      handle = nt::make_handle(target.get(), DesiredAccess, false, InheritHandle != FALSE);
      if (handle == nullptr) status = STATUS_PROCESS_IS_TERMINATING;
    }
    static_cast<void>(win32_result(thread, status));
    return handle;
  });
}

DWORD GetThreadId(HANDLE Thread) {
  return nt::client_call("GetThreadId", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    nt::Ref<nt::Thread> target;
    return win32_result(thread, open_thread(Thread, target)) != FALSE ? target->id : 0;
  });
}

BOOL SwitchToThread(VOID) {
  return nt::client_call("SwitchToThread", FALSE, [](nt::Thread&) -> BOOL { return TRUE; });
}

BOOL SetThreadPriority(HANDLE Thread, int Priority) {
  return nt::client_call("SetThreadPriority", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Thread> target;
    const NTSTATUS status = open_thread(Thread, target);
    if (status == STATUS_SUCCESS) target->priority = 8 + Priority;
    return win32_result(thread, status);
  });
}

int GetThreadPriority(HANDLE Thread) {
  constexpr int kFailed = 0x7FFFFFFF;
  return nt::client_call("GetThreadPriority", kFailed, [&](nt::Thread& thread) -> int {
    nt::Ref<nt::Thread> target;
    return win32_result(thread, open_thread(Thread, target)) != FALSE ? target->priority - 8 : kFailed;
  });
}

// --- processes ---

VOID ExitProcess(UINT ExitCode) {
  nt::Thread& thread = nt::current_thread("ExitProcess");
  static_cast<void>(nt::client_call("ExitProcess", 0, [&](nt::Thread& self) {
    static_cast<void>(self.system.nt().terminate_process(self.process, static_cast<std::int32_t>(ExitCode)));
    return 0;
  }));
  nt::unwind_client(thread);
}

BOOL TerminateProcess(HANDLE Process, UINT ExitCode) {
  return nt::client_call("TerminateProcess", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Process> target;
    NTSTATUS status = open_process(Process, PROCESS_TERMINATE, target);
    if (status == STATUS_SUCCESS && target->is_system) status = STATUS_ACCESS_DENIED;
    if (status == STATUS_SUCCESS &&
        !thread.system.nt().terminate_process(*target, static_cast<std::int32_t>(ExitCode)))
      status = STATUS_ACCESS_DENIED;  // it ends already
    return win32_result(thread, status);
  });
}

BOOL GetExitCodeProcess(HANDLE Process, LPDWORD ExitCode) {
  touch_output(ExitCode);
  return nt::client_call("GetExitCodeProcess", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Process> target;
    const NTSTATUS status = open_process(Process, 0, target);
    if (status == STATUS_SUCCESS) *ExitCode = static_cast<DWORD>(target->exit_status.load());
    return win32_result(thread, status);
  });
}

DWORD GetProcessId(HANDLE Process) {
  return nt::client_call("GetProcessId", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    nt::Ref<nt::Process> target;
    return win32_result(thread, open_process(Process, 0, target)) != FALSE ? target->id : 0;
  });
}

BOOL QueryFullProcessImageNameW(HANDLE Process, DWORD Flags, LPWSTR ExeName, PDWORD Size) {
  touch_output(Size);
  touch_output(ExeName, *Size * sizeof(WCHAR));
  return nt::client_call("QueryFullProcessImageNameW", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<nt::Process> target;
    if (const NTSTATUS status = open_process(Process, 0, target); status != STATUS_SUCCESS)
      return win32_result(thread, status);
    const std::u16string& name = Flags != 0 ? target->device_image : target->dos_image;
    if (name.size() >= *Size) {
      thread.last_error = ERROR_INSUFFICIENT_BUFFER;
      return FALSE;
    }
    *Size = put_text(name, ExeName, *Size);
    return TRUE;
  });
}

// --- memory of a thread's own ---

DWORD TlsAlloc(VOID) {
  return nt::client_call("TlsAlloc", TLS_OUT_OF_INDEXES, [](nt::Thread& thread) -> DWORD {
    ProcessState& state = state_of(thread.process);
    const std::lock_guard lock(state.mutex);
    auto& taken = state.local_storage;
    std::size_t index = 0;
    while (index < taken.size() && taken[index]) ++index;
    if (index == kIndexesMax) {
      thread.last_error = ERROR_NO_MORE_ITEMS;
      return TLS_OUT_OF_INDEXES;
    }
    if (index == taken.size()) taken.push_back(false);
    taken[index] = true;
    // Other threads' values of an index that was freed stay theirs, as they do on Windows until TlsFree clears them.
    if (index < thread.local_storage.size()) thread.local_storage[index] = nullptr;
    return static_cast<DWORD>(index);
  });
}

LPVOID TlsGetValue(DWORD Index) {
  nt::Thread& thread = nt::current_thread("TlsGetValue");
  thread.last_error = Index < kIndexesMax ? ERROR_SUCCESS : ERROR_INVALID_PARAMETER;
  return Index < thread.local_storage.size() ? thread.local_storage[Index] : nullptr;
}

BOOL TlsSetValue(DWORD Index, LPVOID Value) {
  nt::Thread& thread = nt::current_thread("TlsSetValue");
  if (Index >= kIndexesMax) return win32_result(thread, STATUS_INVALID_PARAMETER);
  if (Index >= thread.local_storage.size()) thread.local_storage.resize(Index + 1);
  thread.local_storage[Index] = Value;
  return TRUE;
}

BOOL TlsFree(DWORD Index) {
  return nt::client_call("TlsFree", FALSE, [&](nt::Thread& thread) -> BOOL {
    ProcessState& state = state_of(thread.process);
    const std::lock_guard lock(state.mutex);
    if (Index >= state.local_storage.size() || !state.local_storage[Index])
      return win32_result(thread, STATUS_INVALID_PARAMETER);
    state.local_storage[Index] = false;
    return TRUE;
  });
}

}  // extern "C"

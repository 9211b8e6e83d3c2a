// Ps: system threads, identities.
#include <km/ps.h>

#include <csetjmp>

#include "nt/identity.hpp"
#include "nt/seh.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

constexpr ULONG kKernelHandle = OBJ_KERNEL_HANDLE;

// The driver's routine, up to its end or to PsTerminateSystemThread, which jumps here. No frame between holds
// a destructor: they are the driver's, and PsTerminateSystemThread's own.
void run_routine(Thread& thread, PKSTART_ROUTINE routine, PVOID context) {
  const ExceptionChainScope chain(thread);  // restored also after the jump
  std::jmp_buf guard;
  thread.exit_guard = &guard;
  if (_setjmp(guard) == 0) routine(context);
  sched::Scheduler::stay_if_abandoned();
  thread.exit_guard = nullptr;
}

Process* process_for(Thread& thread, HANDLE handle, Ref<void>& held) {
  if (handle == nullptr) return &thread.system.nt().system_process();
  const Status status = reference_by_handle(handle, 0, &kProcessType, Mode::kKernel, held);
  return status == STATUS_SUCCESS ? static_cast<Process*>(held.get()) : nullptr;
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                              HANDLE ProcessHandle, PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                              PVOID StartContext) {
  nt::Thread& caller = enter("PsCreateSystemThread", nt::kPassive);
  if (nt::fails_now(caller, "PsCreateSystemThread")) return STATUS_INSUFFICIENT_RESOURCES;
  nt::Ref<void> held;
  nt::Process* process = nt::process_for(caller, ProcessHandle, held);
  if (process == nullptr) return STATUS_INVALID_HANDLE;
  const nt::DriverIdentity* driver = caller.driver;
  const std::string name = driver != nullptr ? driver->name + " thread" : "system thread";
  const auto thread = caller.system.nt().start_thread(
      *process, name,
      [driver, StartRoutine, StartContext] {
        nt::Thread& self = nt::current_thread();
        self.kernel_depth = 1;
        self.called_by_kernel = true;
        const nt::DriverScope scope(self, driver);
        nt::run_routine(self, StartRoutine, StartContext);
      },
      driver);
  if (!thread) return STATUS_PROCESS_IS_TERMINATING;
  const bool kernel = ObjectAttributes != nullptr && (ObjectAttributes->Attributes & nt::kKernelHandle) != 0;
  *ThreadHandle = nt::make_handle(thread.get(), DesiredAccess, kernel);
  if (ClientId != nullptr) *ClientId = {UlongToHandle(process->id), UlongToHandle(thread->id)};
  return STATUS_SUCCESS;
}

NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus) {
  nt::Thread& thread = enter("PsTerminateSystemThread", nt::kPassive);
  if (thread.exit_guard == nullptr) return STATUS_INVALID_PARAMETER;
  thread.exit_status.store(ExitStatus, std::memory_order_release);
  std::longjmp(*thread.exit_guard, 1);
}

BOOLEAN PsIsSystemThread(PETHREAD Thread) {
  enter("PsIsSystemThread", nt::kDispatch);
  return nt::from_wdk(Thread).process.is_system;
}

BOOLEAN PsIsThreadTerminating(PETHREAD Thread) {
  enter("PsIsThreadTerminating", nt::kDispatch);
  const nt::Thread& thread = nt::from_wdk(Thread);
  return thread.terminated() || thread.ended;
}

HANDLE PsGetCurrentProcessId(VOID) {
  return UlongToHandle(enter("PsGetCurrentProcessId", nt::kDispatch).process.id);
}

HANDLE PsGetCurrentThreadId(VOID) { return UlongToHandle(enter("PsGetCurrentThreadId", nt::kDispatch).id); }

PEPROCESS PsGetCurrentProcess(VOID) {
  return nt::to_wdk(&nt::current_process(enter("PsGetCurrentProcess", nt::kDispatch)));
}

PEPROCESS IoGetCurrentProcess(VOID) { return PsGetCurrentProcess(); }

PETHREAD PsGetCurrentThread(VOID) { return nt::to_wdk(&enter("PsGetCurrentThread", nt::kDispatch)); }

HANDLE PsGetProcessId(PEPROCESS Process) {
  enter("PsGetProcessId", nt::kDispatch);
  return UlongToHandle(nt::from_wdk(Process).id);
}

HANDLE PsGetThreadId(PETHREAD Thread) {
  enter("PsGetThreadId", nt::kDispatch);
  return UlongToHandle(nt::from_wdk(Thread).id);
}

HANDLE PsGetThreadProcessId(PETHREAD Thread) {
  enter("PsGetThreadProcessId", nt::kDispatch);
  return UlongToHandle(nt::from_wdk(Thread).process.id);
}

PEPROCESS PsGetThreadProcess(PETHREAD Thread) {
  enter("PsGetThreadProcess", nt::kDispatch);
  return nt::to_wdk(&nt::from_wdk(Thread).process);
}

PEPROCESS IoThreadToProcess(PETHREAD Thread) { return PsGetThreadProcess(Thread); }

NTSTATUS PsLookupProcessByProcessId(HANDLE ProcessId, PEPROCESS* Process) {
  nt::Thread& thread = enter("PsLookupProcessByProcessId", nt::kApc);
  nt::Ref<nt::Process> found = thread.system.nt().process_by_id(HandleToULong(ProcessId));
  if (!found) return STATUS_INVALID_CID;
  *Process = nt::to_wdk(found.detach());
  return STATUS_SUCCESS;
}

NTSTATUS PsLookupThreadByThreadId(HANDLE ThreadId, PETHREAD* Thread) {
  nt::Thread& thread = enter("PsLookupThreadByThreadId", nt::kApc);
  nt::Ref<nt::Thread> found = thread.system.nt().thread_by_id(HandleToULong(ThreadId));
  if (!found) return STATUS_INVALID_CID;
  *Thread = nt::to_wdk(found.detach());
  return STATUS_SUCCESS;
}

NTSTATUS PsGetProcessExitStatus(PEPROCESS Process) {
  enter("PsGetProcessExitStatus", nt::kApc);
  return nt::from_wdk(Process).exit_status.load(std::memory_order_acquire);
}

// The WDK does not declare it; drivers do, each with a type of its own for the text.
PCHAR PsGetProcessImageFileName(PEPROCESS Process);
PCHAR PsGetProcessImageFileName(PEPROCESS Process) {
  enter("PsGetProcessImageFileName", nt::kDispatch);
  return const_cast<PCHAR>(nt::from_wdk(Process).short_name.c_str());
}

LONGLONG PsGetProcessCreateTimeQuadPart(PEPROCESS Process) {
  enter("PsGetProcessCreateTimeQuadPart", nt::kDispatch);
  return static_cast<LONGLONG>(nt::from_wdk(Process).create_time);
}

ULONG PsGetProcessSessionId(PEPROCESS Process) {
  enter("PsGetProcessSessionId", nt::kDispatch);
  return nt::session_of(*nt::from_wdk(Process).token);
}

}  // extern "C"

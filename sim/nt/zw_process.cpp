// Zw: processes, threads and tokens, and what can be asked of them and of the system. The query services have no public
// prototype: drivers bring theirs.
#include <ntifs.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "nt/identity.hpp"
#include "nt/object_attributes.hpp"
#include "nt/token_information.hpp"

namespace fltsim::nt {
namespace {

Status process_by(HANDLE handle, Ref<void>& process) {
  return reference_by_handle(handle, 0, &kProcessType, Mode::kKernel, process);
}

// An answer of a fixed size: the length has to be exactly that.
template <class Value>
Status answer(const Value& value, PVOID buffer, ULONG length, PULONG returned) {
  if (returned != nullptr) *returned = sizeof value;
  if (length != sizeof value) return STATUS_INFO_LENGTH_MISMATCH;
  std::memcpy(buffer, &value, sizeof value);
  return STATUS_SUCCESS;
}

// A UNICODE_STRING with its text behind it.
Status answer_text(const std::u16string& text, PVOID buffer, ULONG length, PULONG returned) {
  const std::size_t bytes = (text.size() + 1) * sizeof(WCHAR);
  const auto needed = static_cast<ULONG>(sizeof(UNICODE_STRING) + bytes);
  if (returned != nullptr) *returned = needed;
  if (length < needed) return STATUS_INFO_LENGTH_MISMATCH;
  auto* string = static_cast<PUNICODE_STRING>(buffer);
  auto* units = reinterpret_cast<PWCH>(string + 1);
  std::memcpy(units, text.c_str(), bytes);
  *string = {static_cast<USHORT>(bytes - sizeof(WCHAR)), static_cast<USHORT>(bytes), units};
  return STATUS_SUCCESS;
}

Status give_bytes(const std::vector<std::uint8_t>& bytes, PVOID buffer, ULONG length, PULONG returned) {
  if (returned != nullptr) *returned = static_cast<ULONG>(bytes.size());
  if (length < bytes.size()) return STATUS_INFO_LENGTH_MISMATCH;
  std::memcpy(buffer, bytes.data(), bytes.size());
  return STATUS_SUCCESS;
}

Status query_process(const Process& process, ULONG which, PVOID buffer, ULONG length, PULONG returned) {
  switch (which) {
    case ProcessBasicInformation: {
      // No process has a process environment block.
      const PROCESS_BASIC_INFORMATION basic{process.exit_status, nullptr,          (1u << kProcessors) - 1, 8,
                                            process.id,          process.parent_id};
      return answer(basic, buffer, length, returned);
    }
    case ProcessTimes: {
      KERNEL_USER_TIMES times{};
      times.CreateTime.QuadPart = static_cast<LONGLONG>(process.create_time);
      return answer(times, buffer, length, returned);
    }
    case ProcessDebugPort:
    case ProcessWow64Information:
      return answer(ULONG_PTR{0}, buffer, length, returned);
    case ProcessHandleCount:
      return answer(static_cast<ULONG>(process.handles.count()), buffer, length, returned);
    case ProcessSessionInformation:
      return answer(ULONG{session_of(*process.token)}, buffer, length, returned);
    case ProcessBreakOnTermination:
      return answer(ULONG{0}, buffer, length, returned);
    case ProcessImageFileName:
      return answer_text(process.device_image, buffer, length, returned);
    case ProcessImageFileNameWin32:
      return answer_text(process.dos_image, buffer, length, returned);
    case ProcessCommandLineInformation:
      return answer_text(process.command_line, buffer, length, returned);
    case ProcessProtectionInformation:
      return answer(UCHAR{0}, buffer, length, returned);
    default:
      break;
  }
  if (which >= MaxProcessInfoClass) return STATUS_INVALID_INFO_CLASS;
  unsupported(("ZwQueryInformationProcess for class " + std::to_string(which)).c_str());
}

// 256 bytes, and 80 for each thread behind it; the names are ours, the layout is Windows'.
struct ProcessEntry {
  ULONG next_entry_offset;
  ULONG number_of_threads;
  LONGLONG reserved[3];
  LARGE_INTEGER create_time;
  LARGE_INTEGER user_time;
  LARGE_INTEGER kernel_time;
  UNICODE_STRING image_name;
  KPRIORITY base_priority;
  HANDLE process_id;
  HANDLE parent_id;
  ULONG handle_count;
  ULONG session_id;
  ULONG_PTR page_directory;
  SIZE_T counters[12];
  LARGE_INTEGER transfers[6];
};
static_assert(sizeof(ProcessEntry) == 256 && offsetof(ProcessEntry, image_name) == 56 &&
              offsetof(ProcessEntry, process_id) == 80 && offsetof(ProcessEntry, session_id) == 100);
struct ThreadEntry {
  LARGE_INTEGER kernel_time;
  LARGE_INTEGER user_time;
  LARGE_INTEGER create_time;
  ULONG wait_time;
  PVOID start_address;
  CLIENT_ID client;
  KPRIORITY priority;
  LONG base_priority;
  ULONG context_switches;
  ULONG state;
  ULONG wait_reason;
};
static_assert(sizeof(ThreadEntry) == 80 && offsetof(ThreadEntry, client) == 40);

template <class Value>
void append(std::vector<std::uint8_t>& bytes, const Value& value) {
  const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
  bytes.insert(bytes.end(), from, from + sizeof value);
}

Status query_processes(Thread& thread, PVOID buffer, ULONG length, PULONG returned) {
  std::vector<std::uint8_t> bytes;
  std::vector<std::pair<std::size_t, std::size_t>> names;  // where a pointer is, and what it points to
  std::size_t last = 0;
  for (const Ref<Process>& process : thread.system.nt().processes()) {
    last = bytes.size();
    const std::vector<Ref<Thread>> threads = process->threads();
    std::u16string name = process->dos_image.substr(process->dos_image.find_last_of(u'\\') + 1);
    if (process->is_system) name = u"System";
    const auto name_size = static_cast<USHORT>(name.size() * sizeof(WCHAR));
    ProcessEntry entry{};
    entry.number_of_threads = static_cast<ULONG>(threads.size());
    entry.create_time.QuadPart = static_cast<LONGLONG>(process->create_time);
    entry.image_name = {name_size, static_cast<USHORT>(name_size + sizeof(WCHAR)), nullptr};
    entry.base_priority = 8;
    entry.process_id = UlongToHandle(process->id);
    entry.parent_id = process->is_system ? nullptr : UlongToHandle(process->parent_id);
    entry.handle_count = static_cast<ULONG>(process->handles.count());
    entry.session_id = session_of(*process->token);
    append(bytes, entry);
    for (const Ref<Thread>& one : threads) {
      ThreadEntry row{};
      row.client = {UlongToHandle(process->id), UlongToHandle(one->id)};
      row.priority = row.base_priority = one->priority;
      append(bytes, row);
    }
    names.emplace_back(last + offsetof(ProcessEntry, image_name.Buffer), bytes.size());
    for (const char16_t unit : name) append(bytes, unit);
    append(bytes, char16_t{0});
    while (bytes.size() % 8 != 0) bytes.push_back(0);
    const auto next = static_cast<ULONG>(bytes.size() - last);
    std::memcpy(bytes.data() + last, &next, sizeof next);
  }
  const ULONG none = 0;
  std::memcpy(bytes.data() + last, &none, sizeof none);
  const Status status = give_bytes(bytes, buffer, length, returned);
  if (!NT_SUCCESS(status)) return status;
  for (const auto& [at, target] : names) {
    const std::uint64_t address = reinterpret_cast<std::uint64_t>(buffer) + target;
    std::memcpy(static_cast<std::uint8_t*>(buffer) + at, &address, sizeof address);
  }
  return STATUS_SUCCESS;
}

Status query_system(Thread& thread, ULONG which, PVOID buffer, ULONG length, PULONG returned) {
  constexpr ULONG kProcessInformation = 5;
  constexpr ULONG kKernelDebugger = 35;
  constexpr ULONG kCodeIntegrity = 103;
  constexpr ULONG kClassMax = 240;
  if (which == kProcessInformation) return query_processes(thread, buffer, length, returned);
  if (which == kKernelDebugger) {
    const UCHAR absent[2] = {FALSE, TRUE};  // not enabled, not present
    return give_bytes({absent, absent + 2}, buffer, length, returned);
  }
  if (which == kCodeIntegrity) {
    struct Integrity {
      ULONG length;
      ULONG options;
    } integrity{};
    if (length != sizeof integrity) return STATUS_INFO_LENGTH_MISMATCH;
    integrity = {sizeof integrity, 1};  // enabled
    return answer(integrity, buffer, length, returned);
  }
  if (which >= kClassMax) return STATUS_INVALID_INFO_CLASS;
  unsupported(("ZwQuerySystemInformation for class " + std::to_string(which)).c_str());
}

Status open_token(Thread& thread, HANDLE process, AccessMask desired, ULONG flags, PHANDLE token) {
  Ref<void> object;
  if (const Status status = process_by(process, object); status != STATUS_SUCCESS) return status;
  return open_by_pointer(thread, static_cast<Process*>(object.get())->token.get(), flags, desired, token);
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

NTSTATUS ZwQueryInformationProcess(HANDLE ProcessHandle, ULONG ProcessInformationClass,
                                   PVOID ProcessInformation, ULONG ProcessInformationLength,
                                   PULONG ReturnLength) {
  enter("ZwQueryInformationProcess", nt::kPassive);
  nt::Ref<void> process;
  if (const NTSTATUS status = nt::process_by(ProcessHandle, process); status != STATUS_SUCCESS) return status;
  return nt::query_process(*static_cast<nt::Process*>(process.get()), ProcessInformationClass,
                           ProcessInformation, ProcessInformationLength, ReturnLength);
}

NTSTATUS ZwQueryInformationThread(HANDLE ThreadHandle, ULONG ThreadInformationClass, PVOID ThreadInformation,
                                  ULONG ThreadInformationLength, PULONG ReturnLength) {
  enter("ZwQueryInformationThread", nt::kPassive);
  nt::Ref<void> object;
  const NTSTATUS status =
      nt::reference_by_handle(ThreadHandle, 0, &nt::kThreadType, nt::Mode::kKernel, object);
  if (status != STATUS_SUCCESS) return status;
  const auto& thread = *static_cast<nt::Thread*>(object.get());
  if (ThreadInformationClass == ThreadIsTerminated) {
    return nt::answer(ULONG{thread.ended}, ThreadInformation, ThreadInformationLength, ReturnLength);
  }
  if (ThreadInformationClass == ThreadBasicInformation) {
    struct Basic {
      NTSTATUS exit_status;
      PVOID teb;
      CLIENT_ID client;
      ULONG_PTR affinity;
      KPRIORITY priority;
      LONG base_priority;
    };
    const Basic basic{thread.exit_status,
                      nullptr,
                      {UlongToHandle(thread.process.id), UlongToHandle(thread.id)},
                      (1u << nt::kProcessors) - 1,
                      thread.priority,
                      8};
    return nt::answer(basic, ThreadInformation, ThreadInformationLength, ReturnLength);
  }
  if (ThreadInformationClass >= MaxThreadInfoClass) return STATUS_INVALID_INFO_CLASS;
  nt::unsupported(("ZwQueryInformationThread for class " + std::to_string(ThreadInformationClass)).c_str());
}

NTSTATUS ZwQuerySystemInformation(ULONG SystemInformationClass, PVOID SystemInformation, ULONG Length,
                                  PULONG ReturnLength) {
  nt::Thread& thread = enter("ZwQuerySystemInformation", nt::kPassive);
  return nt::query_system(thread, SystemInformationClass, SystemInformation, Length, ReturnLength);
}

// A null handle means the caller's own process, whose thread goes on to the end of the kernel's work.
NTSTATUS ZwTerminateProcess(HANDLE ProcessHandle, NTSTATUS ExitStatus) {
  nt::Thread& thread = enter("ZwTerminateProcess", nt::kPassive);
  nt::Ref<void> object;
  const HANDLE handle = ProcessHandle != nullptr ? ProcessHandle : ZwCurrentProcess();
  if (const NTSTATUS status = nt::process_by(handle, object); status != STATUS_SUCCESS) return status;
  auto& process = *static_cast<nt::Process*>(object.get());
  if (process.is_system) {
    nt::bug_check(thread, "VER-43",
                  "ZwTerminateProcess: the system process was terminated; Windows stops with "
                  "CRITICAL_PROCESS_DIED");
  }
  return thread.system.nt().terminate_process(process, ExitStatus) ? STATUS_SUCCESS
                                                                   : STATUS_PROCESS_IS_TERMINATING;
}

NTSTATUS ZwOpenThread(PHANDLE ThreadHandle, ACCESS_MASK DesiredAccess, POBJECT_ATTRIBUTES ObjectAttributes,
                      PCLIENT_ID ClientId) {
  nt::Thread& caller = enter("ZwOpenThread", nt::kPassive);
  const nt::Ref<nt::Thread> thread = caller.system.nt().thread_by_id(HandleToULong(ClientId->UniqueThread));
  if (!thread) return STATUS_INVALID_CID;
  if (ClientId->UniqueProcess != nullptr && HandleToULong(ClientId->UniqueProcess) != thread->process.id)
    return STATUS_INVALID_CID;
  return nt::open_by_pointer(caller, thread.get(), ObjectAttributes->Attributes, DesiredAccess, ThreadHandle);
}

NTSTATUS ZwOpenProcessTokenEx(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, ULONG HandleAttributes,
                              PHANDLE TokenHandle) {
  nt::Thread& thread = enter("ZwOpenProcessTokenEx", nt::kPassive);
  return nt::open_token(thread, ProcessHandle, DesiredAccess, HandleAttributes, TokenHandle);
}

NTSTATUS ZwOpenProcessToken(HANDLE ProcessHandle, ACCESS_MASK DesiredAccess, PHANDLE TokenHandle) {
  nt::Thread& thread = enter("ZwOpenProcessToken", nt::kPassive);
  return nt::open_token(thread, ProcessHandle, DesiredAccess, 0, TokenHandle);
}

// No thread impersonates anybody.
NTSTATUS ZwOpenThreadTokenEx(HANDLE ThreadHandle, ACCESS_MASK, BOOLEAN, ULONG, PHANDLE TokenHandle) {
  enter("ZwOpenThreadTokenEx", nt::kPassive);
  nt::Ref<void> thread;
  const NTSTATUS status =
      nt::reference_by_handle(ThreadHandle, 0, &nt::kThreadType, nt::Mode::kKernel, thread);
  if (status != STATUS_SUCCESS) return status;
  *TokenHandle = nullptr;
  return STATUS_NO_TOKEN;
}

NTSTATUS ZwOpenThreadToken(HANDLE ThreadHandle, ACCESS_MASK DesiredAccess, BOOLEAN OpenAsSelf,
                           PHANDLE TokenHandle) {
  return ZwOpenThreadTokenEx(ThreadHandle, DesiredAccess, OpenAsSelf, 0, TokenHandle);
}

NTSTATUS ZwQueryInformationToken(HANDLE TokenHandle, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                 PVOID TokenInformation, ULONG TokenInformationLength, PULONG ReturnLength) {
  enter("ZwQueryInformationToken", nt::kPassive);
  nt::Ref<void> token;
  const NTSTATUS status = nt::reference_by_handle(TokenHandle, 0, &nt::kTokenType, nt::Mode::kKernel, token);
  if (status != STATUS_SUCCESS) return status;
  const auto information =
      nt::token_information(*static_cast<nt::Token*>(token.get()), TokenInformationClass);
  if (!information) {
    nt::unsupported(("ZwQueryInformationToken for class " + std::to_string(TokenInformationClass)).c_str());
  }
  *ReturnLength = static_cast<ULONG>(information->bytes.size());
  if (TokenInformationLength < information->bytes.size()) return STATUS_BUFFER_TOO_SMALL;
  information->place(TokenInformation);
  return STATUS_SUCCESS;
}

NTSTATUS SeQueryAuthenticationIdToken(PACCESS_TOKEN Token, PLUID AuthenticationId) {
  enter("SeQueryAuthenticationIdToken", nt::kPassive);
  const auto& token = *static_cast<nt::Token*>(Token);
  // 999 is the system's own session of logon; the one user of the machine has another.
  *AuthenticationId = {nt::session_of(token) == 0 ? 0x3E7u : 0x1F0F3u, 0};
  return STATUS_SUCCESS;
}

NTSTATUS SeQuerySessionIdToken(PACCESS_TOKEN Token, PULONG SessionId) {
  enter("SeQuerySessionIdToken", nt::kPassive);
  *SessionId = nt::session_of(*static_cast<nt::Token*>(Token));
  return STATUS_SUCCESS;
}

TOKEN_TYPE SeTokenType(PACCESS_TOKEN) {
  enter("SeTokenType", nt::kPassive);
  return TokenPrimary;
}

// No process of the machine is protected, of 32 bits, or debugged; no thread impersonates.
BOOLEAN PsIsProtectedProcess(PEPROCESS) { return enter("PsIsProtectedProcess", nt::kDispatch), FALSE; }
BOOLEAN PsIsProtectedProcessLight(PEPROCESS) {
  return enter("PsIsProtectedProcessLight", nt::kDispatch), FALSE;
}
PVOID PsGetProcessWow64Process(PEPROCESS) {
  return enter("PsGetProcessWow64Process", nt::kDispatch), nullptr;
}
BOOLEAN PsIsProcessBeingDebugged(PEPROCESS) {
  return enter("PsIsProcessBeingDebugged", nt::kDispatch), FALSE;
}
BOOLEAN PsIsThreadImpersonating(PETHREAD) { return enter("PsIsThreadImpersonating", nt::kDispatch), FALSE; }

BOOLEAN PsGetProcessExitProcessCalled(PEPROCESS Process) {
  enter("PsGetProcessExitProcessCalled", nt::kDispatch);
  return nt::from_wdk(Process).terminating.load(std::memory_order_acquire);
}

NTSTATUS PsGetThreadExitStatus(PETHREAD Thread) {
  enter("PsGetThreadExitStatus", nt::kDispatch);
  return nt::from_wdk(Thread).exit_status.load(std::memory_order_acquire);
}

}  // extern "C"

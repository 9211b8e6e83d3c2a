// DrmFilter: DriverEntry, what it registers for, and the way out. docs/DRMFILTER.md describes the whole.
#include "authority.hpp"
#include "connections.hpp"
#include "judge.hpp"
#include "name_changes.hpp"
#include "operations.hpp"
#include "policies.hpp"
#include "reporting.hpp"
#include "requests.hpp"
#include "settings.hpp"
#include "volumes.hpp"

namespace drmfilter {

constinit State state;

namespace {

constexpr const WCHAR* kPortName = L"\\DrmFilterPort";

// More than the table has room for: it is the table that knows whose place may be taken.
constexpr LONG kPortConnectionsMax = 16 * FLTLINK_CONNECTIONS_MAX;

constexpr FLT_OPERATION_REGISTRATION kOperations[] = {
    {IRP_MJ_CREATE, 0, &pre_create, &post_create, nullptr},
    {IRP_MJ_READ, FLTFL_OPERATION_REGISTRATION_SKIP_PAGING_IO, &pre_read, &post_report, nullptr},
    {IRP_MJ_WRITE, FLTFL_OPERATION_REGISTRATION_SKIP_PAGING_IO, &pre_write, &post_report, nullptr},
    // What the server for remote clients reads and writes in the cache without a request of its own.
    {IRP_MJ_MDL_READ, 0, &pre_read, &post_report, nullptr},
    {IRP_MJ_PREPARE_MDL_WRITE, 0, &pre_write, &post_report, nullptr},
    {IRP_MJ_SET_EA, 0, &pre_write, &post_report, nullptr},
    {IRP_MJ_FILE_SYSTEM_CONTROL, 0, &pre_control, nullptr, nullptr},
    {IRP_MJ_SET_INFORMATION, 0, &pre_set_information, &post_set_information, nullptr},
    {IRP_MJ_CLEANUP, 0, &pre_cleanup, &post_report_named, nullptr},
    {IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION, 0, &pre_acquire_for_section, &post_report_named, nullptr},
    {IRP_MJ_OPERATION_END, 0, nullptr, nullptr, nullptr},
};

constexpr FLT_CONTEXT_REGISTRATION kContexts[] = {
    {FLT_INSTANCE_CONTEXT, 0, nullptr, sizeof(InstanceContext), kPoolTag, nullptr, nullptr, nullptr},
    {FLT_STREAMHANDLE_CONTEXT, 0, nullptr, sizeof(HandleContext), kPoolTag, nullptr, nullptr, nullptr},
    {FLT_CONTEXT_END, 0, nullptr, 0, 0, nullptr, nullptr, nullptr},
};

NTSTATUS on_connect(PFLT_PORT port, PVOID, PVOID context, ULONG context_size, PVOID* cookie) {
  const NTSTATUS status = connections.connect(port, context, context_size, *cookie);
  DRMFILTER_LOG(kLogConnections, "connect by process %u: 0x%08X\n", HandleToULong(PsGetCurrentProcessId()),
                status);
  return status;
}

VOID on_disconnect(PVOID cookie) { connections.disconnect(cookie); }

// For SYSTEM and administrators only (P-8).
[[nodiscard]] NTSTATUS create_port() {
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  NTSTATUS status = FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, kPortName);
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, descriptor);
  status = FltCreateCommunicationPort(state.filter, &state.server_port, &attributes, NULL, &on_connect,
                                      &on_disconnect, &on_request, kPortConnectionsMax);
  FltFreeSecurityDescriptor(descriptor);
  return status;
}

// The order matters: nobody new gets in; those who are in leave, and their workers end; then the filter
// manager drains the operations and takes the callbacks away; only then does what the callbacks use go. Each
// step may be repeated, so that DriverEntry can leave by the same way from wherever it failed.
void shut_down() {
  if (state.server_port != nullptr) FltCloseCommunicationPort(state.server_port);
  state.server_port = nullptr;
  connections.close_all();
  if (state.filter != nullptr) FltUnregisterFilter(state.filter);
  state.filter = nullptr;
  print_books(DrmFilterBooks.rest, kLogErrors);
  connections.stop();
  authority.stop();
  name_changes.stop();
  policies.stop();
}

NTSTATUS on_unload(FLT_FILTER_UNLOAD_FLAGS) {
  shut_down();
  return STATUS_SUCCESS;
}

constexpr FLT_REGISTRATION kRegistration = {
    .Size = sizeof(FLT_REGISTRATION),
    .Version = FLT_REGISTRATION_VERSION,
    .Flags = 0,
    .ContextRegistration = kContexts,
    .OperationRegistration = kOperations,
    .FilterUnloadCallback = &on_unload,
    .InstanceSetupCallback = nullptr,
    .InstanceQueryTeardownCallback = nullptr,
    .InstanceTeardownStartCallback = nullptr,
    .InstanceTeardownCompleteCallback = nullptr,
    .GenerateFileNameCallback = nullptr,
    .NormalizeNameComponentCallback = nullptr,
    .NormalizeContextCleanupCallback = nullptr,
    .TransactionNotificationCallback = nullptr,
    .NormalizeNameComponentExCallback = nullptr,
    .SectionNotificationCallback = nullptr,
};

// A driver that was given a key starts with it or not at all.
[[nodiscard]] NTSTATUS start_authority(PUNICODE_STRING registry_path) {
  AuthenticationKey key;
  NTSTATUS status = read_authentication_key(registry_path, key);
  if (NT_SUCCESS(status)) status = authority.start(key);
  if (!NT_SUCCESS(status))
    DRMFILTER_LOG(kLogErrors, "no use can be made of AuthenticationKey: 0x%08X\n", status);
  return status;
}

// Everything that a callback may use is there before the callback can come: the port's as soon as the port
// exists (P-5), the filter's as soon as it is started.
[[nodiscard]] NTSTATUS start(PDRIVER_OBJECT driver_object, PUNICODE_STRING registry_path) {
  Text allowed_image;
  const NTSTATUS read = read_allowed_image(registry_path, allowed_image);
  if (!NT_SUCCESS(read)) DRMFILTER_LOG(kLogErrors, "no allowed image, so nobody can connect: 0x%08X\n", read);
  name_changes.start();
  connections.start(allowed_image, read_authorize_timeout_ms(registry_path));
  NTSTATUS status = policies.start(read_policy_memory_kib(registry_path) * 1024);
  if (NT_SUCCESS(status)) status = start_authority(registry_path);
  if (NT_SUCCESS(status)) status = connections.open_gate();
  if (!NT_SUCCESS(status)) return status;
  status = FltRegisterFilter(driver_object, &kRegistration, &state.filter);
  if (!NT_SUCCESS(status)) {
    state.filter = nullptr;
    return status;
  }
  status = create_port();
  if (!NT_SUCCESS(status)) return status;
  return FltStartFiltering(state.filter);
}

}  // namespace
}  // namespace drmfilter

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver_object, PUNICODE_STRING registry_path) {
  const NTSTATUS status = drmfilter::start(driver_object, registry_path);
  if (!NT_SUCCESS(status)) drmfilter::shut_down();
  return status;
}

// The driver of docs/PORT.md: asks one service before it lets a program open a file, and denies when it gets no
// answer.
#include <fltKernel.h>

#include "question.h"

static PFLT_FILTER filter;
static PFLT_PORT server_port;
static PFLT_PORT client_port;            // one variable for one connection
static HANDLE volatile service_process;  // its id; null while nobody is connected

static NTSTATUS on_connect(PFLT_PORT port, PVOID server_cookie, PVOID context, ULONG context_size,
                           PVOID* cookie) {
  UNREFERENCED_PARAMETER(server_cookie);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(context_size);
  client_port = port;
  service_process = PsGetCurrentProcessId();
  *cookie = NULL;
  return STATUS_SUCCESS;
}

static VOID on_disconnect(PVOID cookie) {
  UNREFERENCED_PARAMETER(cookie);
  service_process = NULL;
  FltCloseClientPort(filter, &client_port);
}

static BOOLEAN service_allows(ULONG process_id, ULONG operation) {
  QUESTION question = {process_id, operation};
  ANSWER answer = {0};
  ULONG answer_size = sizeof(answer);  // without the header
  LARGE_INTEGER timeout;
  NTSTATUS status;
  timeout.QuadPart = -2 * 10000000LL;  // two seconds from now
  status = FltSendMessage(filter, &client_port, &question, sizeof(question), &answer, &answer_size, &timeout);
  // Not NT_SUCCESS(status): STATUS_TIMEOUT passes it.
  return status == STATUS_SUCCESS && answer_size == sizeof(answer) && answer.allow == 1;
}

static FLT_PREOP_CALLBACK_STATUS before_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                               PVOID* completion) {
  const ULONG process_id = FltGetRequestorProcessId(data);
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(completion);
  // The service would wait for itself.
  if (service_process != NULL && process_id == HandleToULong(service_process))
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  if (service_allows(process_id, IRP_MJ_CREATE)) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  data->IoStatus.Status = STATUS_ACCESS_DENIED;
  data->IoStatus.Information = 0;
  return FLT_PREOP_COMPLETE;
}

static NTSTATUS create_port(void) {
  PSECURITY_DESCRIPTOR descriptor;
  UNICODE_STRING name = RTL_CONSTANT_STRING(PORT_NAME);
  OBJECT_ATTRIBUTES attributes;
  NTSTATUS status = FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
  if (!NT_SUCCESS(status)) return status;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, descriptor);
  status =
      FltCreateCommunicationPort(filter, &server_port, &attributes, NULL, on_connect, on_disconnect, NULL, 1);
  FltFreeSecurityDescriptor(descriptor);
  return status;
}

static NTSTATUS on_unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltCloseCommunicationPort(server_port);
  FltUnregisterFilter(filter);
  return STATUS_SUCCESS;
}

static const FLT_OPERATION_REGISTRATION operations[] = {
    {.MajorFunction = IRP_MJ_CREATE, .PreOperation = before_create},
    {.MajorFunction = IRP_MJ_OPERATION_END},
};

static const FLT_REGISTRATION registration = {
    .Size = sizeof(FLT_REGISTRATION),
    .Version = FLT_REGISTRATION_VERSION,
    .OperationRegistration = operations,
    .FilterUnloadCallback = on_unload,
};

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
  NTSTATUS status = FltRegisterFilter(driver, &registration, &filter);
  UNREFERENCED_PARAMETER(registry_path);
  if (!NT_SUCCESS(status)) return status;
  status = create_port();
  if (NT_SUCCESS(status)) {
    status = FltStartFiltering(filter);
    if (!NT_SUCCESS(status)) FltCloseCommunicationPort(server_port);
  }
  if (!NT_SUCCESS(status)) FltUnregisterFilter(filter);
  return status;
}

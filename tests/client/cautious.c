// A driver that touches its clients' memory as it should: inside a __try, each byte once. For
// vanishing_test.cpp.
#include <fltKernel.h>

#include "cautious.h"

static PFLT_FILTER filter;
static PFLT_PORT server_port;
static PFLT_PORT client_port;

static NTSTATUS on_connect(PFLT_PORT port, PVOID server_cookie, PVOID context, ULONG context_size,
                           PVOID* cookie) {
  UNREFERENCED_PARAMETER(server_cookie);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(context_size);
  client_port = port;
  *cookie = NULL;
  return STATUS_SUCCESS;
}

static VOID on_disconnect(PVOID cookie) {
  UNREFERENCED_PARAMETER(cookie);
  FltCloseClientPort(filter, &client_port);
}

static NTSTATUS on_message(PVOID cookie, PVOID input, ULONG input_size, PVOID output, ULONG output_size,
                           PULONG returned_size) {
  CAUTIOUS_MESSAGE message;
  UNREFERENCED_PARAMETER(cookie);
  if (input_size != sizeof(message) || output_size != sizeof(message)) return STATUS_INVALID_PARAMETER;
  __try {
    RtlCopyMemory(&message, input, sizeof(message));
    YieldProcessor();
    RtlCopyMemory(output, &message, sizeof(message));
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  *returned_size = sizeof(message);
  return STATUS_SUCCESS;
}

static NTSTATUS create_port(void) {
  PSECURITY_DESCRIPTOR descriptor;
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  NTSTATUS status = FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
  if (!NT_SUCCESS(status)) return status;
  RtlInitUnicodeString(&name, L"\\CautiousPort");
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, descriptor);
  status = FltCreateCommunicationPort(filter, &server_port, &attributes, NULL, on_connect, on_disconnect,
                                      on_message, 1);
  FltFreeSecurityDescriptor(descriptor);
  return status;
}

static NTSTATUS unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltCloseCommunicationPort(server_port);
  FltUnregisterFilter(filter);
  return STATUS_SUCCESS;
}

static const FLT_OPERATION_REGISTRATION operations[] = {{IRP_MJ_OPERATION_END}};

static const FLT_REGISTRATION registration = {.Size = sizeof(FLT_REGISTRATION),
                                              .Version = FLT_REGISTRATION_VERSION,
                                              .OperationRegistration = operations,
                                              .FilterUnloadCallback = unload};

__attribute__((visibility("default"))) NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  NTSTATUS status;
  UNREFERENCED_PARAMETER(path);
  status = FltRegisterFilter(driver, &registration, &filter);
  if (!NT_SUCCESS(status)) return status;
  status = create_port();
  if (NT_SUCCESS(status)) status = FltStartFiltering(filter);
  if (!NT_SUCCESS(status)) FltUnregisterFilter(filter);
  return status;
}

// A driver that trusts its clients wherever one can. For hostile_client_test.cpp.
#include <fltKernel.h>

#include "careless.h"

#define CARELESS_TAG 0x65726143

static PFLT_FILTER filter;
static PFLT_PORT server_port;
static PFLT_PORT client_port;
static const CARELESS_REQUEST* introduction;

// Reads a context of any size, and keeps the pointer.
static NTSTATUS on_connect(PFLT_PORT port, PVOID server_cookie, PVOID context, ULONG context_size,
                           PVOID* cookie) {
  UNREFERENCED_PARAMETER(server_cookie);
  UNREFERENCED_PARAMETER(context_size);
  introduction = context;
  client_port = port;
  *cookie = (PVOID)(ULONG_PTR)introduction->last;
  return STATUS_SUCCESS;
}

static VOID on_disconnect(PVOID cookie) {
  UNREFERENCED_PARAMETER(cookie);
  FltCloseClientPort(filter, &client_port);
}

// No look at sizes and alignment, no __try, and the length is fetched twice.
static NTSTATUS on_message(PVOID cookie, PVOID input, ULONG input_size, PVOID output, ULONG output_size,
                           PULONG returned_size) {
  const CARELESS_REQUEST* request = input;
  CARELESS_ANSWER* answer = output;
  PVOID room;
  UNREFERENCED_PARAMETER(cookie);
  UNREFERENCED_PARAMETER(input_size);
  if (request->length > output_size) return STATUS_BUFFER_TOO_SMALL;
  room = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*answer), CARELESS_TAG);
  if (room == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  ExFreePoolWithTag(room, CARELESS_TAG);
  answer->first = request->type == CARELESS_LOOK_BACK ? introduction->type : request->type;
  answer->last = request->last;
  *returned_size = request->length;
  return STATUS_SUCCESS;
}

// Asks the client about every write: for as long as it likes, and with room for less than is promised.
static FLT_PREOP_CALLBACK_STATUS pre_write(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                           PVOID* completion_context) {
  ULONG message = 1;
  ULONG length = 16 + sizeof(ULONG);
  ULONG* reply = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*reply), CARELESS_TAG);
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(completion_context);
  if (reply == NULL) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  FltSendMessage(filter, &client_port, &message, sizeof(message), reply, &length, NULL);
  ExFreePoolWithTag(reply, CARELESS_TAG);
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static NTSTATUS create_port(void) {
  PSECURITY_DESCRIPTOR descriptor;
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  NTSTATUS status = FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
  if (!NT_SUCCESS(status)) return status;
  RtlInitUnicodeString(&name, L"\\CarelessPort");
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

static const FLT_OPERATION_REGISTRATION operations[] = {{IRP_MJ_WRITE, 0, pre_write, NULL, NULL},
                                                        {IRP_MJ_OPERATION_END}};

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

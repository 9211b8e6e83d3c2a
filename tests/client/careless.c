// A driver that makes one mistake of our choice with its clients, and no other. For hostile_client_test.cpp.
#include <fltKernel.h>

#include "careless.h"

#define CARELESS_TAG 0x65726143

static PFLT_FILTER filter;
static PFLT_PORT server_port;
static PFLT_PORT client_port;
static const CARELESS_REQUEST* introduction;
static ULONG mistake = CARELESS_OF_NOTHING;
static ULONG reply_room = sizeof(CARELESS_REPLY);
static ULONG total;

// Keeps the pointer, for CARELESS_LOOK_BACK.
static NTSTATUS on_connect(PFLT_PORT port, PVOID server_cookie, PVOID context, ULONG context_size,
                           PVOID* cookie) {
  UNREFERENCED_PARAMETER(server_cookie);
  if (context == NULL) return STATUS_INVALID_PARAMETER;
  if (context_size < sizeof(*introduction) && mistake != CARELESS_OF_LENGTH) return STATUS_INVALID_PARAMETER;
  introduction = context;
  client_port = port;
  *cookie = (PVOID)(ULONG_PTR)introduction->last;
  return STATUS_SUCCESS;
}

static VOID on_disconnect(PVOID cookie) {
  UNREFERENCED_PARAMETER(cookie);
  FltCloseClientPort(filter, &client_port);
}

// Whether a structure of `needed` bytes may be used there.
static NTSTATUS look_at(const void* buffer, ULONG size, ULONG needed) {
  if (buffer == NULL && mistake != CARELESS_OF_NULL) return STATUS_INVALID_PARAMETER;
  if (size < needed && mistake != CARELESS_OF_LENGTH) return STATUS_BUFFER_TOO_SMALL;
  if ((ULONG_PTR)buffer % sizeof(ULONG) != 0 && mistake != CARELESS_OF_ALIGNMENT)
    return STATUS_DATATYPE_MISALIGNMENT;
  return STATUS_SUCCESS;
}

static NTSTATUS copy(void* to, const void* from, ULONG size) {
  if (mistake == CARELESS_OF_NULL || mistake == CARELESS_OF_EXCEPTIONS) {
    RtlCopyMemory(to, from, size);
    return STATUS_SUCCESS;
  }
  __try {
    RtlCopyMemory(to, from, size);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}

// What it allocates is what gives the client's other threads their time.
static NTSTATUS make_room(void) {
  PVOID room = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(CARELESS_ANSWER), CARELESS_TAG);
  if (room == NULL) return STATUS_INSUFFICIENT_RESOURCES;
  ExFreePoolWithTag(room, CARELESS_TAG);
  return STATUS_SUCCESS;
}

static NTSTATUS take(CARELESS_REQUEST* request, const void* input, ULONG input_size) {
  NTSTATUS status = look_at(input, input_size, sizeof(*request));
  if (NT_SUCCESS(status)) status = make_room();
  if (NT_SUCCESS(status)) status = copy(request, input, sizeof(*request));
  if (NT_SUCCESS(status) && request->length > sizeof(CARELESS_ANSWER)) status = STATUS_INVALID_PARAMETER;
  if (NT_SUCCESS(status) && mistake == CARELESS_OF_CHANGES) {
    status = make_room();
    if (NT_SUCCESS(status)) status = copy(request, input, sizeof(*request));
  }
  return status;
}

static NTSTATUS on_message(PVOID cookie, PVOID input, ULONG input_size, PVOID output, ULONG output_size,
                           PULONG returned_size) {
  CARELESS_REQUEST request;
  CARELESS_ANSWER answer = {0};
  NTSTATUS status = take(&request, input, input_size);
  UNREFERENCED_PARAMETER(cookie);
  if (NT_SUCCESS(status)) status = look_at(output, output_size, sizeof(answer));
  if (NT_SUCCESS(status)) status = make_room();
  if (!NT_SUCCESS(status)) return status;
  answer.first = request.type == CARELESS_LOOK_BACK ? introduction->type : request.type;
  answer.last = request.last;
  status = copy(output, &answer, sizeof(answer));
  if (!NT_SUCCESS(status)) return status;
  *returned_size = sizeof(answer);
  if (request.type == CARELESS_BECOME) mistake = request.last;
  return STATUS_SUCCESS;
}

static BOOLEAN is_answer(NTSTATUS status, ULONG length) {
  if (mistake == CARELESS_OF_STATUS) return TRUE;
  if (mistake == CARELESS_OF_TIMEOUT && NT_SUCCESS(status)) return TRUE;
  if (mistake == CARELESS_OF_OVERFLOW && status == STATUS_BUFFER_OVERFLOW) return TRUE;
  if (status != STATUS_SUCCESS) return FALSE;
  return length == sizeof(CARELESS_REPLY) || mistake == CARELESS_OF_REPLY_LENGTH;
}

static void ask(void) {
  ULONG question = 1;
  ULONG length = reply_room;
  LARGE_INTEGER timeout;
  NTSTATUS status;
  CARELESS_REPLY* reply = ExAllocatePool2(POOL_FLAG_PAGED, sizeof(*reply), CARELESS_TAG);
  if (reply == NULL) return;
  timeout.QuadPart = -20 * 10000;
  status = FltSendMessage(filter, &client_port, &question, sizeof(question), reply, &length, &timeout);
  if (is_answer(status, length)) {
    total += reply->values[0] + reply->values[2];
    if (mistake == CARELESS_OF_CONTENT) reply_room = reply->next;
  }
  ExFreePoolWithTag(reply, CARELESS_TAG);
}

static FLT_PREOP_CALLBACK_STATUS pre_write(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                           PVOID* completion_context) {
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(completion_context);
  if (client_port == NULL) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  ask();
  ask();
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

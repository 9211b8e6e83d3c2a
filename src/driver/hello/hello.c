// The smallest minifilter that talks to a program: it has one port, filters nothing, and answers "Hello,
// User" to "Hello, MiniFilter". docs/TUTORIAL.md walks through it.
#include <fltKernel.h>

#include "hello.h"

static PFLT_FILTER filter;
static PFLT_PORT server_port;
static PFLT_PORT client_port;

static const WCHAR greeting[] = L"Hello, MiniFilter";
static const WCHAR answer[] = L"Hello, User";

// Without the terminator.
#define TEXT_SIZE(text) ((ULONG)(sizeof(text) - sizeof((text)[0])))

// One client: the port was created with MaxConnections 1.
static NTSTATUS on_connect(PFLT_PORT port, PVOID server_cookie, PVOID context, ULONG context_size,
                           PVOID* cookie) {
  UNREFERENCED_PARAMETER(server_cookie);
  UNREFERENCED_PARAMETER(context);
  UNREFERENCED_PARAMETER(context_size);
  client_port = port;
  *cookie = NULL;
  return STATUS_SUCCESS;
}

// Without this the connection's slot is never given back, and the driver cannot unload.
static VOID on_disconnect(PVOID cookie) {
  UNREFERENCED_PARAMETER(cookie);
  FltCloseClientPort(filter, &client_port);
}

// The buffers are the client's memory: it may be gone at any moment, so each is touched once, and only in
// here.
static NTSTATUS copy_guarded(PVOID to, const VOID* from, ULONG size) {
  __try {
    RtlCopyMemory(to, from, size);
  } __except (EXCEPTION_EXECUTE_HANDLER) {
    return GetExceptionCode();
  }
  return STATUS_SUCCESS;
}

static NTSTATUS on_message(PVOID cookie, PVOID input, ULONG input_size, PVOID output, ULONG output_size,
                           PULONG returned_size) {
  UCHAR captured[HELLO_SIZE_MAX];
  NTSTATUS status;
  UNREFERENCED_PARAMETER(cookie);
  *returned_size = 0;
  if (input == NULL || input_size < TEXT_SIZE(greeting) || input_size > sizeof(captured))
    return STATUS_INVALID_PARAMETER;
  status = copy_guarded(captured, input, input_size);
  if (!NT_SUCCESS(status)) return status;
  if (!RtlEqualMemory(captured, greeting, TEXT_SIZE(greeting))) return STATUS_INVALID_PARAMETER;
  if (output == NULL || output_size < TEXT_SIZE(answer)) return STATUS_BUFFER_TOO_SMALL;
  status = copy_guarded(output, answer, TEXT_SIZE(answer));
  if (NT_SUCCESS(status)) *returned_size = TEXT_SIZE(answer);
  return status;
}

static NTSTATUS create_port(void) {
  PSECURITY_DESCRIPTOR descriptor;
  UNICODE_STRING name;
  OBJECT_ATTRIBUTES attributes;
  NTSTATUS status = FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
  if (!NT_SUCCESS(status)) return status;
  RtlInitUnicodeString(&name, HELLO_PORT_NAME);
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL, descriptor);
  status = FltCreateCommunicationPort(filter, &server_port, &attributes, NULL, on_connect, on_disconnect,
                                      on_message, 1);
  FltFreeSecurityDescriptor(descriptor);
  return status;
}

// A FilterUnload callback and not DriverUnload: only the filter manager knows when nobody is inside any more.
// The port goes first, or FltUnregisterFilter would wait for it for ever.
static NTSTATUS on_unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltCloseCommunicationPort(server_port);
  FltUnregisterFilter(filter);
  return STATUS_SUCCESS;
}

static const FLT_REGISTRATION registration = {
    .Size = sizeof(FLT_REGISTRATION),
    .Version = FLT_REGISTRATION_VERSION,
    .FilterUnloadCallback = on_unload,
};

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path) {
  NTSTATUS status = FltRegisterFilter(driver, &registration, &filter);
  UNREFERENCED_PARAMETER(registry_path);
  if (!NT_SUCCESS(status)) return status;
  status = create_port();
  if (!NT_SUCCESS(status)) {
    FltUnregisterFilter(filter);
    return status;
  }
  status = FltStartFiltering(filter);
  if (!NT_SUCCESS(status)) {
    FltCloseCommunicationPort(server_port);
    FltUnregisterFilter(filter);
  }
  return status;
}

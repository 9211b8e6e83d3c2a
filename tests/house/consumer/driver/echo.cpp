// A minifilter that sends every message back on \EchoPort.
#include <fltlink/send/client_port.hpp>
#include <fltlink/send/client_port.hpp>  // guarded, and complete without what stands in front of it elsewhere
#include <fltlink/wire/limits.h>
#include <span>

#include "capture.h"

namespace {

PFLT_FILTER filter;
PFLT_PORT server_port;
constinit fltlink::ClientPort client_port;
UCHAR text[FLTLINK_USER_MESSAGE_SIZE];

NTSTATUS on_connect(PFLT_PORT port, PVOID, PVOID, ULONG, PVOID* cookie) {
  client_port.open(port);
  *cookie = nullptr;
  return STATUS_SUCCESS;
}

VOID on_disconnect(PVOID) { client_port.close(filter); }

NTSTATUS on_message(PVOID, PVOID input, ULONG input_size, PVOID output, ULONG output_size, PULONG returned) {
  *returned = 0;
  if (input_size > std::span(text).size() || output_size < input_size) return STATUS_INVALID_PARAMETER;
  NTSTATUS status = copy_guarded(text, input, input_size);
  if (NT_SUCCESS(status)) status = copy_guarded(output, text, input_size);
  if (NT_SUCCESS(status)) *returned = input_size;
  return status;
}

NTSTATUS create_port() {
  PSECURITY_DESCRIPTOR descriptor;
  NTSTATUS status = FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS);
  if (!NT_SUCCESS(status)) return status;
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, L"\\EchoPort");
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                             descriptor);
  status = FltCreateCommunicationPort(filter, &server_port, &attributes, nullptr, on_connect, on_disconnect,
                                      on_message, 1);
  FltFreeSecurityDescriptor(descriptor);
  return status;
}

NTSTATUS on_unload(FLT_FILTER_UNLOAD_FLAGS) {
  FltCloseCommunicationPort(server_port);
  FltUnregisterFilter(filter);
  return STATUS_SUCCESS;
}

constexpr FLT_REGISTRATION kRegistration{
    .Size = sizeof(FLT_REGISTRATION), .Version = FLT_REGISTRATION_VERSION, .FilterUnloadCallback = on_unload};

}  // namespace

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING) {
  NTSTATUS status = FltRegisterFilter(driver, &kRegistration, &filter);
  if (!NT_SUCCESS(status)) return status;
  status = create_port();
  if (NT_SUCCESS(status)) status = FltStartFiltering(filter);
  if (!NT_SUCCESS(status)) FltUnregisterFilter(filter);
  return status;
}

// A driver unit in C: every public header of the kernel side, and a filter's smallest registration.
#include <bcrypt.h>
#include <ctype.h>
#include <dontuse.h>
#include <fltKernel.h>
#include <ntdddisk.h>
#include <ntddk.h>
#include <ntdef.h>
#include <ntifs.h>
#include <ntintsafe.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <suppress.h>
#include <wchar.h>
#include <wdm.h>
#include <wsk.h>

_Static_assert(sizeof(L"a") == 4, "a wide literal of a driver has 16-bit units");

static const UNICODE_STRING port_name = RTL_CONSTANT_STRING(L"\\Port");
DRIVER_INITIALIZE DriverEntry;

static FLT_PREOP_CALLBACK_STATUS pre_create(PFLT_CALLBACK_DATA Data, PCFLT_RELATED_OBJECTS FltObjects,
                                            PVOID* CompletionContext) {
  UNREFERENCED_PARAMETER(CompletionContext);
  if (FlagOn(FltObjects->FileObject->Flags, FO_VOLUME_OPEN)) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  Data->IoStatus.Status = STATUS_ACCESS_DENIED;
  return FLT_PREOP_COMPLETE;
}

NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  static const FLT_OPERATION_REGISTRATION operations[] = {{IRP_MJ_CREATE, 0, pre_create, NULL, NULL},
                                                          {IRP_MJ_OPERATION_END, 0, NULL, NULL, NULL}};
  FLT_REGISTRATION registration = {0};
  PFLT_FILTER filter = NULL;
  UNREFERENCED_PARAMETER(RegistryPath);
  registration.Size = sizeof(registration);
  registration.Version = FLT_REGISTRATION_VERSION;
  registration.OperationRegistration = operations;
  if (wcslen(port_name.Buffer) != port_name.Length / sizeof(WCHAR)) return STATUS_UNSUCCESSFUL;
  return port_name.Length == 5 * sizeof(WCHAR) ? FltRegisterFilter(DriverObject, &registration, &filter)
                                               : STATUS_UNSUCCESSFUL;
}

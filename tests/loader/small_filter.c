// The smallest driver with a filter, and, by definition, what it does wrong. For loader_test.cpp.
#include <fltKernel.h>

static PFLT_FILTER filter;
// Exported, for whoever looks at the driver from outside.
__attribute__((visibility("default"))) volatile LONG creates;
static UCHAR image_data[64 * 1024];

static FLT_PREOP_CALLBACK_STATUS pre_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                            PVOID* completion_context) {
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(completion_context);
  image_data[InterlockedIncrement(&creates) % sizeof(image_data)] = 1;
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static NTSTATUS unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  FltUnregisterFilter(filter);
  return STATUS_SUCCESS;
}

static const FLT_OPERATION_REGISTRATION operations[] = {{IRP_MJ_CREATE, 0, pre_create, NULL, NULL},
                                                        {IRP_MJ_OPERATION_END}};

static const FLT_REGISTRATION registration = {.Size = sizeof(FLT_REGISTRATION),
                                              .Version = FLT_REGISTRATION_VERSION,
                                              .OperationRegistration = operations,
                                              .FilterUnloadCallback = unload};

#ifdef LEAVES_THINGS
static VOID wait_for_ever(PVOID context) {
  LARGE_INTEGER hour;
  hour.QuadPart = -36000000000LL;
  UNREFERENCED_PARAMETER(context);
  for (;;) KeDelayExecutionThread(KernelMode, FALSE, &hour);
}

static VOID leave_things(VOID) {
  HANDLE thread;
  ExAllocatePool2(POOL_FLAG_PAGED, 100, 0x656E6F4C);
  if (NT_SUCCESS(PsCreateSystemThread(&thread, THREAD_ALL_ACCESS, NULL, NULL, NULL, wait_for_ever, NULL)))
    ZwClose(thread);
}
#endif

__attribute__((visibility("default"))) NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  NTSTATUS status;
  UNREFERENCED_PARAMETER(path);
  RtlFillMemory(image_data, sizeof(image_data), 0x5A);
#ifdef CRASHES
  *(volatile LONG*)NULL = 1;
#endif
#ifdef SPINS
  for (;;) image_data[0]++;
#endif
  status = FltRegisterFilter(driver, &registration, &filter);
  if (!NT_SUCCESS(status)) return status;
#ifdef FAILS
  return STATUS_INSUFFICIENT_RESOURCES;
#endif
#ifdef LEAVES_THINGS
  leave_things();
#endif
  status = FltStartFiltering(filter);
  if (!NT_SUCCESS(status)) FltUnregisterFilter(filter);
  return status;
}

// A filter that does what Parameters\Mode says, mostly something wrong. For run_test.cpp, which finds the lines by
// their comments.
#include <fltKernel.h>

enum mode {
  kGood,
  kCrashInEntry,
  kFailInEntry,
  kNoFilter,
  kCrash,
  kLoop,
  kSpin,
  kTrap,
  kRecurse,
  kHangInUnload,
  kLeak,
  kNoUnload,
  kBadAnswer,
  kScramble,
};

static PFLT_FILTER filter;
static ULONG mode;
static volatile LONG flag;
static volatile LONG loads;
static KEVENT never;

static ULONG read_mode(PUNICODE_STRING path) {
  UCHAR buffer[sizeof(KEY_VALUE_PARTIAL_INFORMATION) + sizeof(ULONG)];
  PKEY_VALUE_PARTIAL_INFORMATION value = (PKEY_VALUE_PARTIAL_INFORMATION)buffer;
  UNICODE_STRING parameters = RTL_CONSTANT_STRING(L"Parameters");
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"Mode");
  OBJECT_ATTRIBUTES attributes;
  HANDLE service;
  HANDLE key;
  ULONG size;
  ULONG result = kGood;
  InitializeObjectAttributes(&attributes, path, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, NULL, NULL);
  if (!NT_SUCCESS(ZwOpenKey(&service, KEY_READ, &attributes))) return kGood;
  InitializeObjectAttributes(&attributes, &parameters, OBJ_CASE_INSENSITIVE | OBJ_KERNEL_HANDLE, service,
                             NULL);
  if (NT_SUCCESS(ZwOpenKey(&key, KEY_READ, &attributes))) {
    if (NT_SUCCESS(ZwQueryValueKey(key, &name, KeyValuePartialInformation, value, sizeof(buffer), &size)))
      result = *(PULONG)value->Data;
    ZwClose(key);
  }
  ZwClose(service);
  return result;
}

static ULONG recurse(ULONG depth) {  // its frame
  volatile UCHAR room[1024];
  room[depth % sizeof(room)] = (UCHAR)depth;
  return recurse(depth + 1) + room[0];  // recursion
}

static FLT_PREOP_CALLBACK_STATUS pre_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                            PVOID* completion_context) {
  UNREFERENCED_PARAMETER(data);
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(completion_context);
  switch (mode) {
    case kCrash:
      *(volatile LONG*)NULL = 1;  // crash in a callback
      break;
    case kLoop:
      while (flag == 0) loads = loads;  // loop
      break;
    case kSpin:
      while (!flag) YieldProcessor();  // spin
      break;
    case kTrap:
      __builtin_trap();  // trap
    case kRecurse:
      flag = (LONG)recurse(0);
      break;
    case kLeak:
      if (loads++ == 0) ExAllocatePoolWithTag(PagedPool, 100, 0x6B61654C);
      break;
    case kBadAnswer:
      return (FLT_PREOP_CALLBACK_STATUS)42;
    default:
      break;
  }
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

// Changes what is written, and does not change it back.
static FLT_PREOP_CALLBACK_STATUS pre_write(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                           PVOID* completion_context) {
  PUCHAR bytes = data->Iopb->Parameters.Write.WriteBuffer;
  UNREFERENCED_PARAMETER(objects);
  UNREFERENCED_PARAMETER(completion_context);
  if (mode == kScramble && data->Iopb->Parameters.Write.Length != 0) {
    __try {
      bytes[0] ^= 0x20;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
  }
  return FLT_PREOP_SUCCESS_NO_CALLBACK;
}

static NTSTATUS unload(FLT_FILTER_UNLOAD_FLAGS flags) {
  UNREFERENCED_PARAMETER(flags);
  if (mode == kHangInUnload) KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, NULL);  // hang
  FltUnregisterFilter(filter);
  return STATUS_SUCCESS;
}

static VOID driver_unload(PDRIVER_OBJECT driver) {
  UNREFERENCED_PARAMETER(driver);
  FltUnregisterFilter(filter);
}

static const FLT_OPERATION_REGISTRATION operations[] = {{IRP_MJ_CREATE, 0, pre_create, NULL, NULL},
                                                        {IRP_MJ_WRITE, 0, pre_write, NULL, NULL},
                                                        {IRP_MJ_OPERATION_END}};

__attribute__((visibility("default"))) NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  FLT_REGISTRATION registration = {.Size = sizeof(FLT_REGISTRATION),
                                   .Version = FLT_REGISTRATION_VERSION,
                                   .OperationRegistration = operations,
                                   .FilterUnloadCallback = unload};
  NTSTATUS status;
  mode = read_mode(path);
  KeInitializeEvent(&never, NotificationEvent, FALSE);
  DbgPrint("mode %lu\n", mode);
  if (mode == kCrashInEntry) *(volatile LONG*)NULL = 1;  // crash in DriverEntry
  if (mode == kFailInEntry) return STATUS_DEVICE_BUSY;
  if (mode == kNoFilter) return STATUS_SUCCESS;
  if (mode == kNoUnload) {
    registration.FilterUnloadCallback = NULL;
    driver->DriverUnload = driver_unload;
  }
  status = FltRegisterFilter(driver, &registration, &filter);
  if (!NT_SUCCESS(status)) return status;
  status = FltStartFiltering(filter);
  if (!NT_SUCCESS(status)) FltUnregisterFilter(filter);
  return status;
}

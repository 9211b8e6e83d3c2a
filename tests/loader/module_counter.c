// A driver module with data of its own, for module_test.cpp.
#include <fltKernel.h>

#define EXPORT __attribute__((visibility("default")))

static ULONG calls = 10;
static UCHAR large[64 * 1024];

EXPORT NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver);
  UNREFERENCED_PARAMETER(path);
  return STATUS_SUCCESS;
}

EXPORT ULONG count_call(void) {
  RtlFillMemory(large, sizeof(large), 0x5a);
  return ++calls;
}

EXPORT void* kernel_export(void) { return PsInitialSystemProcess; }
EXPORT ULONG wide_literal_bytes(void) { return sizeof(L"abc"); }
EXPORT ULONG long_bytes(void) { return sizeof(LONG) + sizeof(ULONG); }
EXPORT void raise_misalignment(void) { ExRaiseDatatypeMisalignment(); }

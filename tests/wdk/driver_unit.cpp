// A driver unit in C++: the same headers, with WCHAR as wchar_t.
#include <fltKernel.h>
#include <ntddk.h>
#include <ntdef.h>
#include <ntifs.h>
#include <wdm.h>

static_assert(sizeof(L"a") == 4, "a wide literal of a driver has 16-bit units");
static_assert(sizeof(WCHAR) == sizeof(wchar_t), "and WCHAR is the type of its characters");

extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) {
  UNICODE_STRING name{};
  RtlInitUnicodeString(&name, L"\\Device\\Nothing");
  PDEVICE_OBJECT device = nullptr;
  UNREFERENCED_PARAMETER(RegistryPath);
  return IoCreateDevice(DriverObject, 0, &name, FILE_DEVICE_UNKNOWN, FILE_DEVICE_SECURE_OPEN, FALSE, &device);
}

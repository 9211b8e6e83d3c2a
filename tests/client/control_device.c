// A driver with one control device, \\.\Echo: what it is sent comes back reversed.
#include <ntddk.h>

#define IOCTL_ECHO CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS)

static NTSTATUS complete(PIRP irp, NTSTATUS status, ULONG_PTR information) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

static NTSTATUS succeed(PDEVICE_OBJECT device, PIRP irp) {
  UNREFERENCED_PARAMETER(device);
  return complete(irp, STATUS_SUCCESS, 0);
}

static NTSTATUS control(PDEVICE_OBJECT device, PIRP irp) {
  PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
  const ULONG input = location->Parameters.DeviceIoControl.InputBufferLength;
  const ULONG output = location->Parameters.DeviceIoControl.OutputBufferLength;
  PUCHAR bytes = irp->AssociatedIrp.SystemBuffer;
  ULONG i;
  UNREFERENCED_PARAMETER(device);
  if (location->Parameters.DeviceIoControl.IoControlCode != IOCTL_ECHO)
    return complete(irp, STATUS_INVALID_DEVICE_REQUEST, 0);
  for (i = 0; i < input / 2; ++i) {
    const UCHAR byte = bytes[i];
    bytes[i] = bytes[input - 1 - i];
    bytes[input - 1 - i] = byte;
  }
  return input <= output ? complete(irp, STATUS_SUCCESS, input)
                         : complete(irp, STATUS_BUFFER_OVERFLOW, output);
}

static VOID unload(PDRIVER_OBJECT driver) {
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Echo");
  IoDeleteSymbolicLink(&link);
  IoDeleteDevice(driver->DeviceObject);
}

NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNICODE_STRING name = RTL_CONSTANT_STRING(L"\\Device\\Echo");
  UNICODE_STRING link = RTL_CONSTANT_STRING(L"\\DosDevices\\Echo");
  PDEVICE_OBJECT device;
  NTSTATUS status = IoCreateDevice(driver, 0, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
  UNREFERENCED_PARAMETER(path);
  if (!NT_SUCCESS(status)) return status;
  status = IoCreateSymbolicLink(&link, &name);
  if (!NT_SUCCESS(status)) {
    IoDeleteDevice(device);
    return status;
  }
  driver->MajorFunction[IRP_MJ_CREATE] = succeed;
  driver->MajorFunction[IRP_MJ_CLOSE] = succeed;
  driver->MajorFunction[IRP_MJ_CLEANUP] = succeed;
  driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = control;
  driver->DriverUnload = unload;
  return STATUS_SUCCESS;
}

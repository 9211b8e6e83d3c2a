// Io routines about requests: a driver's own, and those that its dispatch routines are given.
#include <ntifs.h>

#include <cstring>
#include <memory>

#include "io/device.hpp"
#include "io/device_requests.hpp"
#include "io/io_manager.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/identity.hpp"
#include "nt/wdk.hpp"

namespace io = fltsim::io;
namespace nt = fltsim::nt;

namespace {

constexpr std::uint32_t kBufferTag = 0x20206F49;  // "Io  "
constexpr std::uint32_t kIrpMdlTag = 0x206C644D;  // "Mdl "

io::Irps& irps_of(nt::Thread& thread) { return thread.system.io().irps(); }

void* system_memory(nt::Thread& thread, std::size_t size, std::uint32_t tag) {
  return thread.system.nt().pool().allocate(nullptr, nt::Pool::Kind::kNonPaged, nt::Pool::Fill::kZero, size,
                                            tag);
}

// What the I/O manager does with a request that a driver has built and waits for by an event.
void finish_built(IRP& irp, ULONG output_length) {
  nt::Thread& thread = nt::current_thread("IoCompleteRequest");
  nt::Pool& pool = thread.system.nt().pool();
  const bool buffered_output = (irp.Flags & IRP_INPUT_OPERATION) != 0;
  const IO_STATUS_BLOCK result =
      io::hand_over(thread, irp, buffered_output ? irp.UserBuffer : nullptr, output_length);
  if ((irp.Flags & IRP_DEALLOCATE_BUFFER) != 0) {
    pool.free(thread, "IoCompleteRequest", irp.AssociatedIrp.SystemBuffer, kBufferTag);
  }
  if (irp.MdlAddress != nullptr) pool.free(thread, "IoCompleteRequest", irp.MdlAddress, kIrpMdlTag);
  if (irp.UserIosb != nullptr) *irp.UserIosb = result;
  if (irp.UserEvent != nullptr) KeSetEvent(irp.UserEvent, 0, FALSE);
}

// Where the output of a built request goes at its end: length by what its first location says.
PIRP build(nt::Thread& thread, PDEVICE_OBJECT device, ULONG output_length, PKEVENT event,
           PIO_STATUS_BLOCK block) {
  IRP* irp = irps_of(thread).allocate(thread.driver, device->StackSize,
                                      [output_length](IRP& done) { finish_built(done, output_length); });
  if (irp == nullptr) return nullptr;
  irp->UserEvent = event;
  irp->UserIosb = block;
  irp->Tail.Overlay.Thread = nt::to_wdk(&thread);
  return irp;
}

void attach_buffer(nt::Thread& thread, IRP& irp, const void* input, ULONG input_length, void* output,
                   ULONG output_length) {
  const ULONG size = input_length > output_length ? input_length : output_length;
  if (size == 0) return;
  irp.AssociatedIrp.SystemBuffer = system_memory(thread, size, kBufferTag);
  if (input_length != 0) std::memcpy(irp.AssociatedIrp.SystemBuffer, input, input_length);
  irp.Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  if (output_length == 0) return;
  irp.Flags |= IRP_INPUT_OPERATION;
  irp.UserBuffer = output;
}

void attach_list(nt::Thread& thread, IRP& irp, void* buffer, ULONG length) {
  if (length == 0) return;
  auto* mdl = static_cast<PMDL>(system_memory(thread, sizeof(MDL), kIrpMdlTag));
  MmInitializeMdl(mdl, buffer, length);
  mdl->MdlFlags = MDL_PAGES_LOCKED;
  irp.MdlAddress = mdl;
}

nt::Thread* requestor_of(const IRP* irp) { return reinterpret_cast<nt::Thread*>(irp->Tail.Overlay.Thread); }

}  // namespace

extern "C" {

PIRP IoAllocateIrp(CCHAR StackSize, BOOLEAN) {
  nt::Thread& thread = nt::enter("IoAllocateIrp", nt::kDispatch);
  if (nt::fails_now(thread, "IoAllocateIrp")) return nullptr;
  return irps_of(thread).allocate(thread.driver, StackSize, {});
}

VOID IoFreeIrp(PIRP Irp) {
  nt::Thread& thread = nt::enter("IoFreeIrp", nt::kDispatch);
  irps_of(thread).free(thread, "IoFreeIrp", *Irp);
}

VOID IoReuseIrp(PIRP Irp, NTSTATUS Iostatus) {
  nt::enter("IoReuseIrp", nt::kDispatch);
  const UCHAR flags = Irp->AllocationFlags;
  io::Irps::initialize(*Irp, Irp->Size, Irp->StackCount);
  Irp->AllocationFlags = flags;
  Irp->IoStatus.Status = Iostatus;
}

PIRP IoBuildDeviceIoControlRequest(ULONG IoControlCode, PDEVICE_OBJECT DeviceObject, PVOID InputBuffer,
                                   ULONG InputBufferLength, PVOID OutputBuffer, ULONG OutputBufferLength,
                                   BOOLEAN InternalDeviceIoControl, PKEVENT Event,
                                   PIO_STATUS_BLOCK IoStatusBlock) {
  nt::Thread& thread = nt::enter("IoBuildDeviceIoControlRequest", nt::kPassive);
  if (nt::fails_now(thread, "IoBuildDeviceIoControlRequest")) return nullptr;
  PIRP irp = build(thread, DeviceObject, OutputBufferLength, Event, IoStatusBlock);
  if (irp == nullptr) return nullptr;
  IO_STACK_LOCATION& location = *IoGetNextIrpStackLocation(irp);
  location.MajorFunction = InternalDeviceIoControl ? IRP_MJ_INTERNAL_DEVICE_CONTROL : IRP_MJ_DEVICE_CONTROL;
  location.Parameters.DeviceIoControl.IoControlCode = IoControlCode;
  location.Parameters.DeviceIoControl.InputBufferLength = InputBufferLength;
  location.Parameters.DeviceIoControl.OutputBufferLength = OutputBufferLength;
  switch (METHOD_FROM_CTL_CODE(IoControlCode)) {
    case METHOD_BUFFERED:
      attach_buffer(thread, *irp, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength);
      break;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
      attach_buffer(thread, *irp, InputBuffer, InputBufferLength, nullptr, 0);
      attach_list(thread, *irp, OutputBuffer, OutputBufferLength);
      break;
    default:
      location.Parameters.DeviceIoControl.Type3InputBuffer = InputBuffer;
      irp->UserBuffer = OutputBuffer;
      break;
  }
  return irp;
}

PIRP IoBuildSynchronousFsdRequest(ULONG MajorFunction, PDEVICE_OBJECT DeviceObject, PVOID Buffer,
                                  ULONG Length, PLARGE_INTEGER StartingOffset, PKEVENT Event,
                                  PIO_STATUS_BLOCK IoStatusBlock) {
  nt::Thread& thread = nt::enter("IoBuildSynchronousFsdRequest", nt::kPassive);
  if (nt::fails_now(thread, "IoBuildSynchronousFsdRequest")) return nullptr;
  const bool reads = MajorFunction == IRP_MJ_READ;
  const bool writes = MajorFunction == IRP_MJ_WRITE;
  PIRP irp = build(thread, DeviceObject, reads ? Length : 0, Event, IoStatusBlock);
  if (irp == nullptr) return nullptr;
  IO_STACK_LOCATION& location = *IoGetNextIrpStackLocation(irp);
  location.MajorFunction = static_cast<UCHAR>(MajorFunction);
  if (!reads && !writes) return irp;
  if ((DeviceObject->Flags & DO_BUFFERED_IO) != 0) {
    attach_buffer(thread, *irp, Buffer, writes ? Length : 0, Buffer, reads ? Length : 0);
  } else if ((DeviceObject->Flags & DO_DIRECT_IO) != 0) {
    attach_list(thread, *irp, Buffer, Length);
  } else {
    irp->UserBuffer = Buffer;
  }
  location.Parameters.Read.Length = Length;
  if (StartingOffset != nullptr) location.Parameters.Read.ByteOffset = *StartingOffset;
  return irp;
}

NTSTATUS IofCallDriver(PDEVICE_OBJECT DeviceObject, PIRP Irp) {
  nt::Thread& thread = nt::enter("IoCallDriver", nt::kDispatch);
  return irps_of(thread).call(thread, *DeviceObject, *Irp);
}

VOID IofCompleteRequest(PIRP Irp, CCHAR) {
  nt::Thread& thread = nt::enter("IoCompleteRequest", nt::kDispatch);
  irps_of(thread).complete(thread, *Irp);
}

BOOLEAN IoCancelIrp(PIRP Irp) {
  nt::Thread& thread = nt::enter("IoCancelIrp", nt::kDispatch);
  return irps_of(thread).cancel(thread, *Irp);
}

VOID IoAcquireCancelSpinLock(PKIRQL Irql) {
  nt::Thread& thread = nt::enter("IoAcquireCancelSpinLock", nt::kDispatch);
  *Irql = KeAcquireSpinLockRaiseToDpc(&irps_of(thread).cancel_lock);
}

VOID IoReleaseCancelSpinLock(KIRQL Irql) {
  nt::Thread& thread = nt::enter("IoReleaseCancelSpinLock", nt::kDispatch);
  KeReleaseSpinLock(&irps_of(thread).cancel_lock, Irql);
}

BOOLEAN IoIsOperationSynchronous(PIRP Irp) {
  nt::enter("IoIsOperationSynchronous", nt::kDispatch);
  const FILE_OBJECT* file = IoGetCurrentIrpStackLocation(Irp)->FileObject;
  const bool synchronous = (file != nullptr && (file->Flags & FO_SYNCHRONOUS_IO) != 0) ||
                           (Irp->Flags & (IRP_SYNCHRONOUS_API | IRP_SYNCHRONOUS_PAGING_IO)) != 0;
  return synchronous;
}

// Every program of the machine is a 64-bit one.
BOOLEAN IoIs32bitProcess(PIRP) {
  nt::enter("IoIs32bitProcess", nt::kDispatch);
  return FALSE;
}

PEPROCESS IoGetRequestorProcess(PIRP Irp) {
  nt::enter("IoGetRequestorProcess", nt::kDispatch);
  nt::Thread* thread = requestor_of(Irp);
  return thread != nullptr ? nt::to_wdk(&thread->process) : nullptr;
}

ULONG IoGetRequestorProcessId(PIRP Irp) {
  nt::enter("IoGetRequestorProcessId", nt::kDispatch);
  const nt::Thread* thread = requestor_of(Irp);
  return thread != nullptr ? thread->process.id : 0;
}

NTSTATUS IoGetRequestorSessionId(PIRP Irp, PULONG pSessionId) {
  nt::enter("IoGetRequestorSessionId", nt::kDispatch);
  const nt::Thread* thread = requestor_of(Irp);
  if (thread == nullptr) {
    *pSessionId = ~0u;
    return STATUS_UNSUCCESSFUL;
  }
  *pSessionId = nt::session_of(*thread->process.token);
  return STATUS_SUCCESS;
}

}  // extern "C"

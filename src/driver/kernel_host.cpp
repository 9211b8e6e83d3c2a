#include "kernel_host.hpp"

namespace drmfilter {

using fltlink::ParkOutcome;

fltlink::Ticks KernelHost::now() {
  return KeQueryInterruptTime();  // nobody sets it
}

ParkOutcome KernelHost::park(fltlink::ParkingSpot& spot, fltlink::Ticks deadline) {
  spot.host_data = &event_;
  // Relative, which does not follow a change of the system's time; 0 is over at once.
  const fltlink::Ticks time = now();
  LARGE_INTEGER due;
  due.QuadPart = deadline > time ? -static_cast<LONGLONG>(deadline - time) : 0;
  const NTSTATUS status = KeWaitForSingleObject(&event_, Executive, KernelMode, FALSE,
                                                deadline == fltlink::kForever ? NULL : &due);
  return status == STATUS_TIMEOUT ? ParkOutcome::kTimedOut : ParkOutcome::kWoken;
}

void KernelHost::wake(fltlink::ParkingSpot&) { KeSetEvent(&event_, IO_NO_INCREMENT, FALSE); }

// The token is the thread's handle, which owns the thread and is what is waited for. Turning it into an
// object pointer would be one more step that can fail while the thread already runs (P-13).
void* KernelHost::spawn(const char*, Entry entry, void* context) {
  entry_ = entry;
  context_ = context;
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, NULL, OBJ_KERNEL_HANDLE, NULL, NULL);
  HANDLE thread = nullptr;
  const NTSTATUS status = PsCreateSystemThread(&thread, SYNCHRONIZE, &attributes, NULL, NULL, &run, this);
  return NT_SUCCESS(status) ? thread : nullptr;
}

void KernelHost::run(PVOID host) {
  auto* self = static_cast<KernelHost*>(host);
  self->entry_(self->context_);
  PsTerminateSystemThread(STATUS_SUCCESS);
}

void KernelHost::join(void* token) {
  ZwWaitForSingleObject(token, FALSE, NULL);
  ZwClose(token);
}

}  // namespace drmfilter

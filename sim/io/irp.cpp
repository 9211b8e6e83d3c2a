#include "io/irp.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "io/device.hpp"
#include "machine/system.hpp"
#include "nt/driver_call.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/text.hpp"

namespace fltsim::io {
namespace {

constexpr CSHORT kIrpType = 6;                 // IO_TYPE_IRP
constexpr std::uint32_t kIrpTag = 0x20707249;  // "Irp "

PIO_STACK_LOCATION first_location(IRP& irp) { return reinterpret_cast<PIO_STACK_LOCATION>(&irp + 1); }

bool wants_to_know(const IO_STACK_LOCATION& location, const IRP& irp) {
  if (irp.Cancel && (location.Control & SL_INVOKE_ON_CANCEL) != 0) return true;
  const UCHAR wanted = NT_SUCCESS(irp.IoStatus.Status) ? SL_INVOKE_ON_SUCCESS : SL_INVOKE_ON_ERROR;
  return (location.Control & wanted) != 0;
}

std::string hex(NTSTATUS status) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08X", static_cast<unsigned>(status));
  return text;
}

}  // namespace

IRP* Irps::allocate(const nt::DriverIdentity* owner, CCHAR stack_size, Finish finish) {
  const USHORT size = IoSizeOfIrp(stack_size);
  auto* irp = static_cast<IRP*>(
      system_.nt().pool().allocate(owner, nt::Pool::Kind::kNonPaged, nt::Pool::Fill::kZero, size, kIrpTag));
  if (irp == nullptr) return nullptr;
  initialize(*irp, size, stack_size);
  auto state = std::make_shared<State>();
  state->owner = owner;
  state->finish = std::move(finish);
  state->locations.resize(static_cast<std::size_t>(stack_size) + 1);
  const std::lock_guard lock(mutex_);
  state->number = ++numbers_;
  live_.insert_or_assign(irp, std::move(state));
  return irp;
}

void Irps::initialize(IRP& irp, USHORT size, CCHAR stack_size) {
  std::memset(static_cast<void*>(&irp), 0, size);
  irp.Type = kIrpType;
  irp.Size = size;
  irp.StackCount = stack_size;
  irp.CurrentLocation = static_cast<CHAR>(stack_size + 1);
  irp.Tail.Overlay.CurrentStackLocation = first_location(irp) + stack_size;
  InitializeListHead(&irp.ThreadListEntry);
}

std::shared_ptr<Irps::State> Irps::find(const IRP& irp) const {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(&irp);
  return found == live_.end() ? nullptr : found->second;
}

std::shared_ptr<Irps::State> Irps::require(nt::Thread& thread, const char* routine, const IRP& irp) const {
  std::shared_ptr<State> state = find(irp);
  if (state == nullptr) {
    nt::bug_check(
        thread, "VER-50",
        std::string(routine) +
            ": this is no request packet, or one that has been completed or freed already. Windows stops "
            "with MULTIPLE_IRP_COMPLETE_REQUESTS, or later");
  }
  return state;
}

void Irps::forget(const IRP& irp) {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(&irp);
  if (found == live_.end()) return;
  found->second->done = true;
  live_.erase(found);
}

void Irps::free(nt::Thread& thread, const char* routine, IRP& irp) {
  const std::shared_ptr<State> state = require(thread, routine, irp);
  const bool below = irp.CurrentLocation <= irp.StackCount;
  if (below && irp.Tail.Overlay.CurrentStackLocation->DeviceObject != nullptr) {
    nt::bug_check(thread, "VER-50",
                  std::string(routine) + ": a driver still has the request; wait for its completion first");
  }
  forget(irp);
  system_.nt().pool().free(thread, routine, &irp, kIrpTag);
}

void Irps::set_requestor(IRP& irp, nt::Thread* requestor) {
  const std::lock_guard lock(mutex_);
  if (const auto found = live_.find(&irp); found != live_.end()) found->second->requestor = requestor;
}

// The status of the dispatch routine against what became of its location.
void Irps::check_dispatch(nt::Thread& thread, const DEVICE_OBJECT& device, const IRP& irp, const State& state,
                          CHAR location, const IO_STACK_LOCATION& at, UCHAR major, NTSTATUS status) const {
  bool completed = false;
  UCHAR control = 0;
  {
    // Another thread may complete the request meanwhile; it says so under this lock before the packet is freed.
    const std::lock_guard lock(mutex_);
    const State::Location& own = state.locations[static_cast<std::size_t>(location)];
    completed = own.completed;
    control = own.control;
    if (!completed) {
      if (state.done || __atomic_load_n(&irp.CurrentLocation, __ATOMIC_RELAXED) != location) return;
      control = at.Control;
    }
  }
  const bool marked = (control & SL_PENDING_RETURNED) != 0;
  const char* wrong = nullptr;
  if (status == STATUS_PENDING && !marked) {
    wrong = " returned STATUS_PENDING for a request that was not marked: call IoMarkIrpPending first.";
  } else if (status != STATUS_PENDING && marked) {
    wrong = " marked the request pending and returned something else: return STATUS_PENDING.";
  } else if (status != STATUS_PENDING && !completed) {
    wrong =
        " neither completed the request nor returned STATUS_PENDING: whoever waits for it waits for ever. "
        "Set IoStatus "
        "and call IoCompleteRequest.";
  }
  if (wrong == nullptr) return;
  const Device* own_device = nt::as<Device>(const_cast<DEVICE_OBJECT*>(&device), kControlDeviceType);
  const nt::DriverScope scope(thread, own_device->owner);
  nt::report(thread, "VER-50", Severity::kError,
             "the dispatch routine for major function " + std::to_string(major) + " (status " + hex(status) +
                 ")" + wrong,
             nt::to_utf8(nt::name_of(&device)));
}

NTSTATUS Irps::call(nt::Thread& thread, DEVICE_OBJECT& device, IRP& irp) {
  const std::shared_ptr<State> state = require(thread, "IoCallDriver", irp);
  const Device* target = as_device(&device);
  if (target == nullptr) nt::unsupported("IoCallDriver to the device of a file system");
  if (irp.CurrentLocation <= 1) {
    nt::bug_check(thread, "VER-50",
                  "IoCallDriver: the request has no stack location left for this driver. Windows stops with "
                  "NO_MORE_IRP_STACK_LOCATIONS; allocate it with the StackSize of the device it is sent to");
  }
  --irp.CurrentLocation;
  IO_STACK_LOCATION& location = *--irp.Tail.Overlay.CurrentStackLocation;
  location.DeviceObject = &device;
  const CHAR number = irp.CurrentLocation;
  state->locations[static_cast<std::size_t>(number)] = {};
  const UCHAR major = location.MajorFunction;
  if (major > IRP_MJ_MAXIMUM_FUNCTION) {
    nt::bug_check(thread, "VER-50", "IoCallDriver: the next stack location has no major function");
  }
  const nt::Ref<Device> kept = nt::Ref<Device>::retain(const_cast<Device*>(target));
  const nt::Irql before = thread.irql;
  NTSTATUS status = STATUS_SUCCESS;
  {
    const nt::DriverScope scope(thread, target->owner);
    status = nt::call_driver([&] { return target->driver->MajorFunction[major](&device, &irp); });
    if (thread.irql != before) {
      nt::bug_check(thread, "VER-42", "a dispatch routine returned at another IRQL than it was called at");
    }
  }
  check_dispatch(thread, device, irp, *state, number, location, major, status);
  return status;
}

void Irps::complete(nt::Thread& thread, IRP& irp) {
  const std::shared_ptr<State> state = require(thread, "IoCompleteRequest", irp);
  if (irp.CurrentLocation > irp.StackCount) {
    nt::bug_check(thread, "VER-50",
                  "IoCompleteRequest: the request has been completed already. Windows stops with "
                  "MULTIPLE_IRP_COMPLETE_REQUESTS");
  }
  if (irp.IoStatus.Status == STATUS_PENDING) {
    nt::report(thread, "VER-50", Severity::kError,
               "IoCompleteRequest: the request is completed with STATUS_PENDING, which is no result");
  }
  if (irp.CancelRoutine != nullptr) {
    nt::report(thread, "VER-50", Severity::kError,
               "IoCompleteRequest: the request is completed with its cancel routine still set: it may be "
               "called with "
               "memory that is gone. Call IoSetCancelRoutine(Irp, NULL) first");
  }
  while (irp.CurrentLocation <= irp.StackCount) {
    IO_STACK_LOCATION& location = *irp.Tail.Overlay.CurrentStackLocation;
    {
      const std::lock_guard lock(mutex_);
      state->locations[static_cast<std::size_t>(irp.CurrentLocation)] = {true, location.Control};
    }
    irp.PendingReturned = (location.Control & SL_PENDING_RETURNED) != 0;
    __atomic_store_n(&irp.CurrentLocation, static_cast<CHAR>(irp.CurrentLocation + 1), __ATOMIC_RELAXED);
    ++irp.Tail.Overlay.CurrentStackLocation;
    const bool is_last = irp.CurrentLocation > irp.StackCount;
    if (location.CompletionRoutine != nullptr && wants_to_know(location, irp)) {
      PDEVICE_OBJECT upper = is_last ? nullptr : irp.Tail.Overlay.CurrentStackLocation->DeviceObject;
      const Device* upper_device = upper != nullptr ? as_device(upper) : nullptr;
      const PIO_COMPLETION_ROUTINE routine = std::exchange(location.CompletionRoutine, nullptr);
      const PVOID context = location.Context;
      const nt::DriverScope scope(thread, upper_device != nullptr ? upper_device->owner : state->owner);
      const NTSTATUS answer = nt::call_driver([&] { return routine(upper, &irp, context); });
      if (answer == STATUS_MORE_PROCESSING_REQUIRED) return;  // the packet is the driver's again, or gone
    } else if (irp.PendingReturned && !is_last) {
      IoMarkIrpPending(&irp);
    }
  }
  if (!state->finish) {
    nt::bug_check(thread, "VER-50",
                  "a request of IoAllocateIrp has come back to the I/O manager, which does not know what to "
                  "do with it. "
                  "Its completion routine must return STATUS_MORE_PROCESSING_REQUIRED and free it");
  }
  const Finish finish = std::move(state->finish);
  forget(irp);
  finish(irp);
  system_.nt().pool().free(thread, "IoCompleteRequest", &irp, kIrpTag);
}

bool Irps::cancel(nt::Thread& thread, IRP& irp) {
  const std::shared_ptr<State> state = require(thread, "IoCancelIrp", irp);
  KIRQL before = 0;
  IoAcquireCancelSpinLock(&before);
  irp.Cancel = TRUE;
  const PDRIVER_CANCEL routine = IoSetCancelRoutine(&irp, nullptr);
  if (routine == nullptr) {
    IoReleaseCancelSpinLock(before);
    return false;
  }
  irp.CancelIrql = before;
  PDEVICE_OBJECT device = irp.Tail.Overlay.CurrentStackLocation->DeviceObject;
  const Device* target = as_device(device);
  const nt::DriverScope scope(thread, target != nullptr ? target->owner : thread.driver);
  // The routine releases the cancel spin lock.
  nt::call_driver([&] {
    routine(device, &irp);
    return 0;
  });
  return true;
}

void Irps::cancel_all_of(nt::Thread& requestor) {
  for (std::uint64_t after = 0;;) {
    IRP* next = nullptr;
    {
      const std::lock_guard lock(mutex_);
      std::uint64_t best = ~std::uint64_t{0};
      for (const auto& [irp, state] : live_) {
        if (state->requestor != &requestor || state->number <= after || state->number >= best) continue;
        best = state->number;
        next = const_cast<IRP*>(irp);
      }
      after = best;
    }
    if (next == nullptr) return;
    static_cast<void>(cancel(requestor, *next));
  }
}

NTSTATUS refuse_request(DEVICE_OBJECT*, IRP* irp) {
  irp->IoStatus.Status = STATUS_INVALID_DEVICE_REQUEST;
  irp->IoStatus.Information = 0;
  IofCompleteRequest(irp, IO_NO_INCREMENT);
  return STATUS_INVALID_DEVICE_REQUEST;
}

}  // namespace fltsim::io

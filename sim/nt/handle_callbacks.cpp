#include "nt/handle_callbacks.hpp"

#include <algorithm>

#include "nt/driver_call.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

const ObjectType* type_from(POBJECT_TYPE type) { return reinterpret_cast<const ObjectType*>(type); }

bool watched(const ObjectType& type) { return &type == &kProcessType || &type == &kThreadType; }

POBJECT_TYPE exported(const ObjectType& type) {
  return reinterpret_cast<POBJECT_TYPE>(const_cast<ObjectType*>(&type));
}

// What belongs to a call of either kind.
OB_OPERATION kind_of(const HandleCallbacks::Opening& opening) {
  return opening.target != nullptr ? OB_OPERATION_HANDLE_DUPLICATE : OB_OPERATION_HANDLE_CREATE;
}

}  // namespace

Status HandleCallbacks::add(Thread& thread, const OB_CALLBACK_REGISTRATION& registration, PVOID& handle) {
  if ((registration.Version & 0xFF00) != (OB_FLT_REGISTRATION_VERSION & 0xFF00) ||
      registration.OperationRegistrationCount == 0) {
    return STATUS_INVALID_PARAMETER;
  }
  auto made = std::make_shared<Registration>();
  const auto altitude = fltmgr::Altitude::parse(view(&registration.Altitude));
  if (!altitude) return STATUS_INVALID_PARAMETER;
  made->altitude = *altitude;
  made->context = registration.RegistrationContext;
  made->driver = thread.driver;
  for (USHORT i = 0; i < registration.OperationRegistrationCount; ++i) {
    const OB_OPERATION_REGISTRATION& one = registration.OperationRegistration[i];
    constexpr OB_OPERATION kKnown = OB_OPERATION_HANDLE_CREATE | OB_OPERATION_HANDLE_DUPLICATE;
    if (one.ObjectType == nullptr || !watched(*type_from(*one.ObjectType)) || one.Operations == 0 ||
        (one.Operations & ~kKnown) != 0 || (one.PreOperation == nullptr && one.PostOperation == nullptr)) {
      return STATUS_INVALID_PARAMETER;
    }
    made->operations.push_back(
        {type_from(*one.ObjectType), one.Operations, one.PreOperation, one.PostOperation});
  }
  const std::lock_guard lock(mutex_);
  auto at = registrations_.begin();
  for (; at != registrations_.end(); ++at) {
    const auto order = made->altitude <=> (*at)->altitude;
    if (order == 0) return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    if (order > 0) break;
  }
  handle = made.get();
  registrations_.insert(at, std::move(made));
  return STATUS_SUCCESS;
}

void HandleCallbacks::remove(Thread& thread, PVOID handle) {
  std::shared_ptr<Registration> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(registrations_.begin(), registrations_.end(),
                                    [&](const auto& known) { return known.get() == handle; });
    if (found != registrations_.end()) {
      gone = *found;
      registrations_.erase(found);
    }
  }
  if (!gone)
    bug_check(thread, "VER-20", "ObUnRegisterCallbacks: the handle is none, or was given back already");
  thread.system.nt().locks().acquire(
      gone.get(),
      [&] {
        const std::lock_guard lock(mutex_);
        return gone->running == 0;
      },
      [&] {
        return sched::WaitReason{"the end of a handle callback", {}, nullptr};
      });
}

std::vector<std::shared_ptr<HandleCallbacks::Registration>> HandleCallbacks::take() {
  const std::lock_guard lock(mutex_);
  for (const auto& registration : registrations_) ++registration->running;
  return registrations_;
}

void HandleCallbacks::give_back(Thread& thread, const std::vector<std::shared_ptr<Registration>>& taken) {
  for (const auto& registration : taken) {
    thread.system.nt().locks().release(registration.get(), [&] {
      const std::lock_guard lock(mutex_);
      --registration->running;
    });
  }
}

AccessMask HandleCallbacks::before(Thread& thread, const Opening& opening, std::vector<PVOID>& contexts) {
  const auto heard = take();
  OB_PRE_OPERATION_PARAMETERS parameters{};
  OB_PRE_OPERATION_INFORMATION information{};
  information.Operation = kind_of(opening);
  information.KernelHandle = opening.kernel_handle;
  information.Object = opening.object;
  information.ObjectType = exported(type_of(opening.object));
  information.Parameters = &parameters;
  if (opening.target != nullptr) {
    parameters.DuplicateHandleInformation = {opening.access, opening.access, opening.source, opening.target};
  } else {
    parameters.CreateHandleInformation = {opening.access, opening.access};
  }
  // Both structures begin with the rights.
  ACCESS_MASK& desired = parameters.CreateHandleInformation.DesiredAccess;
  for (const auto& registration : heard) {
    PVOID context = nullptr;
    for (const Operation& one : registration->operations) {
      if (one.type != &type_of(opening.object) || (one.operations & information.Operation) == 0 || !one.pre)
        continue;
      const ACCESS_MASK before_call = desired;
      information.CallContext = nullptr;
      const DriverScope scope(thread, registration->driver);
      call_driver([&] {
        one.pre(registration->context, &information);
        return 0;
      });
      context = information.CallContext;
      // Rights may be taken away, and none from the kernel's handles.
      desired = opening.kernel_handle ? before_call : desired & opening.access;
    }
    contexts.push_back(context);
  }
  const AccessMask left = desired;
  give_back(thread, heard);
  return left;
}

void HandleCallbacks::after(Thread& thread, const Opening& opening, AccessMask granted, Status status,
                            const std::vector<PVOID>& contexts) {
  const auto heard = take();
  OB_POST_OPERATION_PARAMETERS parameters{};
  parameters.CreateHandleInformation.GrantedAccess = granted;
  OB_POST_OPERATION_INFORMATION information{};
  information.Operation = kind_of(opening);
  information.KernelHandle = opening.kernel_handle;
  information.Object = opening.object;
  information.ObjectType = exported(type_of(opening.object));
  information.ReturnStatus = status;
  information.Parameters = &parameters;
  for (std::size_t i = heard.size(); i-- > 0;) {
    for (const Operation& one : heard[i]->operations) {
      if (one.type != &type_of(opening.object) || (one.operations & information.Operation) == 0 || !one.post)
        continue;
      information.CallContext = i < contexts.size() ? contexts[i] : nullptr;
      const DriverScope scope(thread, heard[i]->driver);
      call_driver([&] {
        one.post(heard[i]->context, &information);
        return 0;
      });
    }
  }
  give_back(thread, heard);
}

bool HandleCallbacks::end_driver(const DriverIdentity& driver) {
  std::vector<PVOID> left;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& registration : registrations_) {
      if (registration->driver == &driver) left.push_back(registration.get());
    }
  }
  for (PVOID handle : left) {
    system_.verifier().report(
        {.id = "VER-20",
         .severity = Severity::kError,
         .text = "handle callbacks of the driver are still registered, and Windows would call code "
                 "that is gone. Call ObUnRegisterCallbacks before the driver unloads.",
         .driver = driver.name,
         .object = {},
         .allocated_at = {}});
    remove(current_thread("unloading a driver"), handle);
  }
  return false;
}

namespace {

template <class Make>
HANDLE with_callbacks(Thread& thread, const HandleCallbacks::Opening& opening, Make make) {
  if (!watched(type_of(opening.object))) return make(opening.access);
  HandleCallbacks& callbacks = thread.system.nt().handle_callbacks();
  std::vector<PVOID> contexts;
  const AccessMask left = callbacks.before(thread, opening, contexts);
  const HANDLE handle = make(left);
  callbacks.after(thread, opening, left, handle != nullptr ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING,
                  contexts);
  return handle;
}

}  // namespace

HANDLE make_handle_with_callbacks(Thread& thread, void* body, AccessMask granted, bool kernel,
                                  bool inheritable) {
  return with_callbacks(thread, {body, granted, kernel},
                        [&](AccessMask left) { return make_handle(body, left, kernel, inheritable); });
}

HANDLE duplicate_with_callbacks(Thread& thread, void* body, AccessMask granted, Process& source,
                                Process& target, bool inheritable) {
  return with_callbacks(thread, {body, granted, target.is_system, &source, &target},
                        [&](AccessMask left) { return target.handles.insert(body, left, inheritable); });
}

}  // namespace fltsim::nt

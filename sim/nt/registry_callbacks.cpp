#include "nt/registry_callbacks.hpp"

#include <algorithm>

#include "nt/driver_call.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

PVOID as_argument(REG_NOTIFY_CLASS kind) { return reinterpret_cast<PVOID>(static_cast<ULONG_PTR>(kind)); }

}  // namespace

Status RegistryCallbacks::add(Thread& thread, PEX_CALLBACK_FUNCTION function,
                              std::optional<std::u16string_view> altitude, PVOID context,
                              LARGE_INTEGER& cookie) {
  auto made = std::make_shared<Callback>();
  made->function = function;
  made->context = context;
  made->driver = thread.driver;
  if (altitude) {
    made->altitude = fltmgr::Altitude::parse(*altitude);
    if (!made->altitude) return STATUS_INVALID_PARAMETER;
  }
  const std::lock_guard lock(mutex_);
  auto at = callbacks_.begin();
  if (!altitude) at = callbacks_.end();
  for (; at != callbacks_.end(); ++at) {
    if (!(*at)->altitude) break;
    const auto order = *made->altitude <=> *(*at)->altitude;
    if (order == 0) return STATUS_FLT_INSTANCE_ALTITUDE_COLLISION;
    if (order > 0) break;
  }
  made->cookie = ++cookies_;
  cookie.QuadPart = made->cookie;
  callbacks_.insert(at, std::move(made));
  return STATUS_SUCCESS;
}

Status RegistryCallbacks::remove(Thread& thread, LARGE_INTEGER cookie) {
  std::shared_ptr<Callback> gone;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(callbacks_.begin(), callbacks_.end(),
                                    [&](const auto& known) { return known->cookie == cookie.QuadPart; });
    if (found == callbacks_.end()) return STATUS_INVALID_PARAMETER;
    gone = *found;
    callbacks_.erase(found);
  }
  thread.system.nt().locks().acquire(
      gone.get(),
      [&] {
        const std::lock_guard lock(mutex_);
        return gone->running == 0;
      },
      [&] {
        return sched::WaitReason{"the end of a registry callback", {}, nullptr};
      });
  return STATUS_SUCCESS;
}

bool RegistryCallbacks::any() const {
  const std::lock_guard lock(mutex_);
  return !callbacks_.empty();
}

std::vector<std::shared_ptr<RegistryCallbacks::Callback>> RegistryCallbacks::take() {
  const std::lock_guard lock(mutex_);
  for (const auto& callback : callbacks_) ++callback->running;
  return callbacks_;
}

void RegistryCallbacks::give_back(Thread& thread, const std::vector<std::shared_ptr<Callback>>& taken) {
  for (const auto& callback : taken) {
    thread.system.nt().locks().release(callback.get(), [&] {
      const std::lock_guard lock(mutex_);
      --callback->running;
    });
  }
}

bool RegistryCallbacks::end_driver(const DriverIdentity& driver) {
  std::vector<LONGLONG> left;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& callback : callbacks_) {
      if (callback->driver == &driver) left.push_back(callback->cookie);
    }
  }
  for (const LONGLONG cookie : left) {
    system_.verifier().report(
        {.id = "VER-20",
         .severity = Severity::kError,
         .text = "a registry callback of the driver is still registered, and Windows would call code "
                 "that is gone. Call CmUnRegisterCallback before the driver unloads.",
         .driver = driver.name,
         .object = {},
         .allocated_at = {}});
    LARGE_INTEGER value;
    value.QuadPart = cookie;
    static_cast<void>(remove(current_thread("unloading a driver"), value));
  }
  return false;
}

RegistryOperation::RegistryOperation(Thread& thread, REG_NOTIFY_CLASS pre, REG_NOTIFY_CLASS post,
                                     void* information, PVOID* call_context, void* object)
    : thread_(thread),
      callbacks_(thread.system.nt().registry_callbacks()),
      pre_(pre),
      post_(post),
      information_(information),
      call_context_(call_context),
      object_(object) {}

bool RegistryOperation::before(Status& status) {
  heard_ = callbacks_.take();
  for (const auto& callback : heard_) {
    if (call_context_ != nullptr) *call_context_ = nullptr;
    const DriverScope scope(thread_, callback->driver);
    const Status answer =
        call_driver([&] { return callback->function(callback->context, as_argument(pre_), information_); });
    if (NT_SUCCESS(answer)) {
      contexts_.push_back(call_context_ != nullptr ? *call_context_ : nullptr);
      continue;
    }
    // Those below do not hear of it, and neither does this one again.
    status = answer == STATUS_CALLBACK_BYPASS ? STATUS_SUCCESS : answer;
    return false;
  }
  return true;
}

Status RegistryOperation::after(Status status, void* object) {
  REG_POST_OPERATION_INFORMATION information{};
  for (std::size_t i = contexts_.size(); i-- > 0;) {
    information.Object = object;
    information.Status = status;
    information.PreInformation = information_;
    information.ReturnStatus = status;
    information.CallContext = contexts_[i];
    const auto& callback = heard_[i];
    const DriverScope scope(thread_, callback->driver);
    const Status answer =
        call_driver([&] { return callback->function(callback->context, as_argument(post_), &information); });
    // Only a callback that says so changes what the caller is told.
    if (answer == STATUS_CALLBACK_BYPASS) status = information.ReturnStatus;
  }
  callbacks_.give_back(thread_, heard_);
  return status;
}

}  // namespace fltsim::nt

// CmRegisterCallback(Ex): routines that hear of every operation on the registry before and after it, and may refuse it or
// carry it out themselves. Called from the highest altitude down, the second time up.
//
// Threads: any simulated thread; no lock is held across a call.
#pragma once

#include <ntifs.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fltmgr/altitude.hpp"
#include "nt/object.hpp"
#include "nt/thread.hpp"

namespace fltsim::nt {

class RegistryCallbacks {
 public:
  explicit RegistryCallbacks(System& system) : system_(system) {}
  RegistryCallbacks(const RegistryCallbacks&) = delete;
  RegistryCallbacks& operator=(const RegistryCallbacks&) = delete;

  // Without an altitude (CmRegisterCallback) it is below all that have one. STATUS_FLT_INSTANCE_ALTITUDE_COLLISION,
  // STATUS_INVALID_PARAMETER for an altitude that is none.
  [[nodiscard]] Status add(Thread& thread, PEX_CALLBACK_FUNCTION function,
                           std::optional<std::u16string_view> altitude, PVOID context, LARGE_INTEGER& cookie);
  // STATUS_INVALID_PARAMETER for a cookie that is none. Waits for calls under way.
  [[nodiscard]] Status remove(Thread& thread, LARGE_INTEGER cookie);
  bool any() const;

  bool end_driver(const DriverIdentity& driver);

 private:
  friend class RegistryOperation;
  struct Callback {
    PEX_CALLBACK_FUNCTION function;
    PVOID context;
    std::optional<fltmgr::Altitude> altitude;
    const DriverIdentity* driver;
    LONGLONG cookie;
    std::uint32_t running = 0;
  };
  std::vector<std::shared_ptr<Callback>> take();
  void give_back(Thread& thread, const std::vector<std::shared_ptr<Callback>>& taken);

  System& system_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<Callback>> callbacks_;  // highest altitude first
  LONGLONG cookies_ = 0x01D0'0000'0000'0000;
};

// One operation with the calls around it:
//
//   RegistryOperation operation(thread, RegNtPreSetValueKey, RegNtPostSetValueKey, &information, &information.CallContext);
//   return operation.run([&] { return ...; });
//
// In kernel mode from within a callback too: a driver that uses the registry there hears of itself, as on Windows.
class RegistryOperation {
 public:
  // `call_context` is that member of `information`. `object` is the key, null for a create or open.
  RegistryOperation(Thread& thread, REG_NOTIFY_CLASS pre, REG_NOTIFY_CLASS post, void* information,
                    PVOID* call_context, void* object);

  // `body` does it and returns its status; `result` is where a create or open leaves its object for the second call.
  template <class Body>
  Status run(Body&& body, void* const* result = nullptr) {
    if (!callbacks_.any()) return body();
    Status status = STATUS_SUCCESS;
    if (before(status)) status = body();
    return after(status, result != nullptr ? *result : object_);
  }

 private:
  // False: a routine has refused the operation with `status`, or done it itself.
  bool before(Status& status);
  Status after(Status status, void* object);

  Thread& thread_;
  RegistryCallbacks& callbacks_;
  const REG_NOTIFY_CLASS pre_;
  const REG_NOTIFY_CLASS post_;
  void* const information_;
  PVOID* const call_context_;
  void* const object_;
  std::vector<std::shared_ptr<RegistryCallbacks::Callback>> heard_;
  std::vector<PVOID> contexts_;  // of those that let it pass
};

}  // namespace fltsim::nt

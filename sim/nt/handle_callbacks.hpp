// ObRegisterCallbacks: routines that hear of handles to processes and threads before and after they are made, and may
// take rights away from those that programs ask for. Called from the highest altitude down, post routines up.
//
// Threads: any simulated thread; no lock is held across a call.
#pragma once

#include <ntifs.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "fltmgr/altitude.hpp"
#include "nt/object.hpp"
#include "nt/thread.hpp"

namespace fltsim::nt {

class HandleCallbacks {
 public:
  explicit HandleCallbacks(System& system) : system_(system) {}
  HandleCallbacks(const HandleCallbacks&) = delete;
  HandleCallbacks& operator=(const HandleCallbacks&) = delete;

  // STATUS_INVALID_PARAMETER: no operation, an unknown one, another type than process or thread, no routine.
  // STATUS_FLT_INSTANCE_ALTITUDE_COLLISION: the altitude is taken.
  [[nodiscard]] Status add(Thread& thread, const OB_CALLBACK_REGISTRATION& registration, PVOID& handle);
  // Waits for calls under way. Another handle than add() gave is a bug check.
  void remove(Thread& thread, PVOID handle);

  struct Opening {
    void* object;
    AccessMask access;
    bool kernel_handle;
    Process* source = nullptr;  // of a duplicate
    Process* target = nullptr;
  };
  // The rights that are left. `depth` goes to after().
  AccessMask before(Thread& thread, const Opening& opening, std::vector<PVOID>& contexts);
  void after(Thread& thread, const Opening& opening, AccessMask granted, Status status,
             const std::vector<PVOID>& contexts);

  bool end_driver(const DriverIdentity& driver);

 private:
  struct Operation {
    const ObjectType* type;
    OB_OPERATION operations;
    POB_PRE_OPERATION_CALLBACK pre;
    POB_POST_OPERATION_CALLBACK post;
  };
  struct Registration {
    fltmgr::Altitude altitude;
    PVOID context;
    std::vector<Operation> operations;
    const DriverIdentity* driver;
    std::uint32_t running = 0;
  };

  // What hears of it, from the highest altitude down; each counted as running.
  std::vector<std::shared_ptr<Registration>> take();
  void give_back(Thread& thread, const std::vector<std::shared_ptr<Registration>>& taken);

  System& system_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Registration>> registrations_;  // highest altitude first
};

// A handle to an object at hand, with the callbacks for processes and threads around it; as make_handle(). Null: the
// process has been run down.
HANDLE make_handle_with_callbacks(Thread& thread, void* body, AccessMask granted, bool kernel,
                                  bool inheritable);
// The same for a handle that is copied into the table of `target`.
HANDLE duplicate_with_callbacks(Thread& thread, void* body, AccessMask granted, Process& source,
                                Process& target, bool inheritable);

}  // namespace fltsim::nt

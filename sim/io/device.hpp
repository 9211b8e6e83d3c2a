// Devices that drivers make: control devices with a name, a link that clients open, and dispatch routines.
//
// A device keeps its driver's object; a file object that is open on it keeps the device. IoDeleteDevice takes the
// name away and ends the device when nothing is open any more.
#pragma once

#include <ntifs.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "nt/object.hpp"
#include "nt/thread.hpp"

namespace fltsim {
class System;
}

namespace fltsim::io {

// The body of kControlDeviceType: PDEVICE_OBJECT points here. Flags, the extension and the attachment are plain
// fields, as drivers use them.
class Device final : public DEVICE_OBJECT {
 public:
  struct Kind {
    ULONG extension_size;
    DEVICE_TYPE type;
    ULONG characteristics;
    bool exclusive;
  };
  Device(const nt::DriverIdentity* owner, PDRIVER_OBJECT driver, const Kind& kind);
  ~Device();
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  static Device& of(DEVICE_OBJECT& device) { return static_cast<Device&>(device); }

  // Opens that have not been closed. Any thread.
  LONG opens() const { return __atomic_load_n(&ReferenceCount, __ATOMIC_ACQUIRE); }
  // False, and nothing counted: an exclusive device that is open already.
  [[nodiscard]] bool count_open();
  void uncount_open() { __atomic_fetch_sub(&ReferenceCount, 1, __ATOMIC_ACQ_REL); }

  // DO_DEVICE_INITIALIZING: nobody may open it yet.
  bool initializing() const {
    return (__atomic_load_n(&Flags, __ATOMIC_ACQUIRE) & DO_DEVICE_INITIALIZING) != 0;
  }
  bool deleted() const { return deleted_.load(std::memory_order_acquire); }

  const nt::DriverIdentity* const owner;
  const nt::Ref<DRIVER_OBJECT> driver;

 private:
  friend class Devices;
  std::atomic<bool> deleted_{false};
  std::unique_ptr<std::byte[]> extension_;
};

extern const nt::ObjectType kControlDeviceType;

// The device if it is one that a driver made, else null (a volume, say).
inline Device* as_device(PDEVICE_OBJECT device) { return nt::as<Device>(device, kControlDeviceType); }

// The device that requests for `device` are sent to: the uppermost one that is attached.
PDEVICE_OBJECT top_of(PDEVICE_OBJECT device);

// The devices and symbolic links of one machine's drivers. Simulated threads, PASSIVE_LEVEL; none waits.
class Devices {
 public:
  explicit Devices(System& system) : system_(system) {}
  Devices(const Devices&) = delete;
  Devices& operator=(const Devices&) = delete;

  // The namespace's statuses. `name` may be empty. `descriptor` is self-relative; empty: everybody has access.
  NTSTATUS create(nt::Thread& thread, PDRIVER_OBJECT driver, std::u16string_view name,
                  const Device::Kind& kind, std::vector<std::uint8_t> descriptor, Device*& device);
  void remove(Device& device);
  // DriverEntry has succeeded: what it made may be opened.
  static void finish_initializing(DRIVER_OBJECT& driver);

  NTSTATUS create_link(nt::Thread& thread, std::u16string_view link, std::u16string_view target);
  NTSTATUS delete_link(std::u16string_view link);

  void attach(Device& upper, PDEVICE_OBJECT lower);
  void detach(PDEVICE_OBJECT lower);

  void add_shutdown_notification(Device& device, bool last_chance);
  void remove_shutdown_notification(Device& device);
  // IRP_MJ_SHUTDOWN for those that asked for it, last first.
  void notify_shutdown(nt::Thread& thread);

  // The driver's image is about to go: what it has left is reported and taken away. True: a device that it has
  // deleted is still open, so that its dispatch routines may be called.
  bool end_driver(const nt::DriverIdentity& driver);

 private:
  struct Link {
    std::u16string path;  // below \??, whichever way it was named
    const nt::DriverIdentity* owner;
  };
  struct Notification {
    Device* device;
    bool last_chance;
  };

  System& system_;
  std::mutex mutex_;
  std::vector<Device*> devices_;  // in order of creation, deleted ones that are still open among them
  std::vector<Link> links_;
  std::vector<Notification> notifications_;
  std::uint32_t generated_names_ = 0;

  friend void forget_device(void* body);
};

}  // namespace fltsim::io

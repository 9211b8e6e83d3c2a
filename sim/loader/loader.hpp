// Drivers of one machine: their service keys, driver objects, entry and unload.
#pragma once

#include <ntifs.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "fltsim/driver.hpp"
#include "fltsim/lambda_driver.hpp"
#include "loader/module.hpp"
#include "nt/object.hpp"

namespace fltsim {
class System;
}

namespace fltsim::nt {
class Thread;
struct DriverIdentity;
}  // namespace fltsim::nt

namespace fltsim::loader {

// One service: what its key says, and, while it runs, its image and its driver object. Stays until the
// machine ends.
struct DriverRecord {
  std::u16string name;
  std::string path;  // of the module; empty for lambdas
  std::optional<LambdaDriver> lambdas;
  const nt::DriverIdentity* identity = nullptr;

  bool loaded = false;
  NTSTATUS status = STATUS_SUCCESS;
  std::string error;
  std::unique_ptr<Module> module;
  nt::Ref<DRIVER_OBJECT> object;
};

// The body of kDriverType: PDRIVER_OBJECT points here.
struct DriverObject : DRIVER_OBJECT {
  DriverRecord* record = nullptr;
  DRIVER_EXTENSION extension{};
  std::u16string service_name;
  std::u16string registry_path;
};

extern const nt::ObjectType kDriverType;

class Loader {
 public:
  explicit Loader(System& system);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  // --- the control thread ---
  DriverRecord& add_service(DriverOptions options, std::string path, std::optional<LambdaDriver> lambdas);

  // --- simulated threads of the system process, PASSIVE_LEVEL ---
  // STATUS_IMAGE_ALREADY_LOADED, STATUS_INVALID_IMAGE_FORMAT (see DriverRecord::error), or what DriverEntry
  // returned.
  NTSTATUS load(nt::Thread& thread, DriverRecord& record);
  NTSTATUS unload(nt::Thread& thread, DriverRecord& record, bool mandatory);
  // FltUnloadFilter, FilterUnload: STATUS_FLT_FILTER_NOT_FOUND.
  NTSTATUS unload(std::u16string_view name, bool mandatory);
  // FltLoadFilter, FilterLoad: STATUS_OBJECT_NAME_NOT_FOUND for an unknown service.
  NTSTATUS load(std::u16string_view name);

  // At the machine's end: unloads what is loaded, last first.
  void unload_all();

 private:
  DriverRecord* find(std::u16string_view name);
  void write_service_key(const DriverOptions& options, const DriverRecord& record);
  void forget_image(nt::Thread& thread, DriverRecord& record);
  bool threads_are_left(const DriverRecord& record) const;

  System& system_;
  mutable std::mutex mutex_;
  std::deque<DriverRecord> records_;  // in order of the first load
  std::uint32_t next_altitude_ = 360000;
};

// DriverEntry of a driver made of lambdas.
NTSTATUS lambda_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);

}  // namespace fltsim::loader

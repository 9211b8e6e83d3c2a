// Drivers of one machine: their service keys, driver objects, entry and unload.
#pragma once

#include <ntifs.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fltsim/driver.hpp"
#include "fltsim/lambda_driver.hpp"
#include "loader/module.hpp"
#include "nt/dispatcher.hpp"
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
  DriverRecord();

  enum class State {
    kUnloaded,
    kLoading,  // up to the end of DriverEntry
    kLoaded,
    kUnloading,
  };
  // Changes under Loader::mutex_. The thread that has made it kLoading or kUnloading owns what is below
  // `identity` until it goes on; while it is kUnloaded or kLoaded the control thread does.
  std::atomic<State> state = State::kUnloaded;
  bool loaded() const { return state != State::kUnloaded; }
  const nt::Thread* loading = nullptr;  // who runs DriverEntry
  nt::DispatcherHeader settled{};       // an event: not kLoading

  std::u16string name;
  const nt::DriverIdentity* identity = nullptr;
  std::string path;  // of the module; empty for lambdas
  std::optional<LambdaDriver> lambdas;
  NTSTATUS status = STATUS_UNSUCCESSFUL;  // what DriverEntry returned last
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
  // By the address that the driver tells them apart with.
  std::map<void*, std::unique_ptr<std::byte[]>> extensions;
  struct Reinitialization {
    PDRIVER_REINITIALIZE routine;
    PVOID context;
  };
  // To be called after DriverEntry, each once; one may ask for another call.
  std::vector<Reinitialization> reinitializations;
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

  // While one of them runs a DriverEntry, others that want to load or unload that service wait.
  // STATUS_IMAGE_ALREADY_LOADED, STATUS_INVALID_IMAGE_FORMAT (see DriverRecord::error), or what DriverEntry
  // returned.
  struct Loaded {
    NTSTATUS status;
    bool entry_ran;
  };
  Loaded load(nt::Thread& thread, DriverRecord& record);
  // STATUS_FLT_FILTER_NOT_FOUND when it is not loaded, STATUS_FLT_DELETING_OBJECT while it is unloaded
  // already (LIFE-19).
  NTSTATUS unload(nt::Thread& thread, DriverRecord& record, bool mandatory);
  // FltUnloadFilter, FilterUnload: STATUS_FLT_FILTER_NOT_FOUND.
  NTSTATUS unload(std::u16string_view name, bool mandatory);
  // FltLoadFilter, FilterLoad: STATUS_OBJECT_NAME_NOT_FOUND for an unknown service.
  NTSTATUS load(std::u16string_view name);

  // At the machine's end: unloads what is loaded, last first.
  void unload_all();

 private:
  using State = DriverRecord::State;

  // Makes it `to` if it is `from`; returns what it was. Waits first while another thread loads the service.
  State claim(nt::Thread& thread, DriverRecord& record, State from, State to);
  void settle(DriverRecord& record, State state);
  DriverRecord* find(std::u16string_view name);
  DriverRecord& find_or_add(const std::u16string& name);
  void write_service_key(const DriverOptions& options, const DriverRecord& record);
  void write_default_instance(const DriverOptions& options, const std::u16string& key,
                              const std::u16string& name);
  DriverObject* make_object(DriverRecord& record);
  NTSTATUS load_image(nt::Thread& thread, DriverRecord& record);
  NTSTATUS start(nt::Thread& thread, DriverRecord& record, Module::DriverEntry entry);
  void reinitialize(nt::Thread& thread, DriverRecord& record, DriverObject& object);
  NTSTATUS ask_to_unload(DriverRecord& record, bool mandatory);
  void forget_image(nt::Thread& thread, DriverRecord& record);
  bool threads_are_left(const DriverRecord& record) const;

  System& system_;
  mutable std::mutex mutex_;
  std::deque<DriverRecord> records_;  // in order of the first load; mutex_ guards the list and the names
  std::uint32_t next_altitude_ = 360000;
};

// DriverEntry of a driver made of lambdas.
NTSTATUS lambda_driver_entry(PDRIVER_OBJECT driver, PUNICODE_STRING registry_path);

}  // namespace fltsim::loader

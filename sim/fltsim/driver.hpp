// Drivers in a machine: modules built by fltlink_add_driver, and drivers made of lambdas (lambda_driver.hpp).
//
//   fltsim::Driver driver = machine.load_driver(FLTLINK_DRIVER("drmfilter"), {.altitude = u"370030"});
//   EXPECT_EQ(driver.status(), 0);
//   EXPECT_EQ(driver.unload(), 0);
//
// Threads: the control thread. Every verb returns when its work is done; what a driver did wrong is a
// finding.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace fltsim {

class System;
class Volume;

namespace loader {
struct DriverRecord;
}

// A value below the service key's Parameters.
struct DriverParameter {
  std::u16string name;
  // REG_SZ, REG_DWORD or REG_BINARY.
  std::variant<std::u16string, std::uint32_t, std::vector<std::uint8_t>> value;
};

// A value below the service key, as the registry holds it.
struct ServiceValue {
  std::u16string key;      // below the service key: u"Instances\\Upper"; empty: the service key itself
  std::u16string name;     // empty: the key's default value
  std::uint32_t type = 0;  // REG_SZ ...
  std::vector<std::uint8_t> data = {};  // texts with their terminators
  bool key_only = false;                // the key is made, and no value in it
};

// What an .inf file says of a minifilter: the service key and its one instance.
struct DriverOptions {
  std::u16string name = {};      // empty: the module's file name without its ending
  std::u16string altitude = {};  // empty: the next free one of 360000, 360010, ... (Activity Monitor)
  std::u16string instance = {};  // empty: "<name> Instance"
  std::uint32_t instance_flags = 0;
  std::vector<DriverParameter> parameters = {};
  // The whole of the service key but for the parameters above, instances included: what driver_options_from_inf()
  // has read (inf.hpp). Unless it is empty, altitude, instance and instance_flags only repeat what it says.
  std::vector<ServiceValue> values = {};
};

// A small value; valid as long as the machine.
class Driver {
 public:
  Driver(System& system, loader::DriverRecord& record, std::int32_t status)
      : system_(&system), record_(&record), status_(status) {}

  std::u16string_view name() const;
  // How this load ended: what DriverEntry returned; STATUS_INVALID_IMAGE_FORMAT when the file could not be loaded at all;
  // STATUS_IMAGE_ALREADY_LOADED when a driver of this name runs; STATUS_UNSUCCESSFUL when DriverEntry never returned.
  std::int32_t status() const { return status_; }
  // Why the file could not be loaded; empty when it could.
  const std::string& error() const;
  bool loaded() const;

  // As `fltmc unload`: the FilterUnload callback may refuse. STATUS_FLT_DO_NOT_DETACH,
  // STATUS_FLT_FILTER_NOT_FOUND; STATUS_UNSUCCESSFUL when the unload hangs (SIM-2), and may still end later.
  std::int32_t unload();
  // As `sc stop`: FilterUnload is told that it is mandatory, and its answer is ignored (LIFE-17).
  std::int32_t stop();
  // Loads the same driver again after it was unloaded. The new value of status().
  std::int32_t reload();

  // An entry below Instances of the service key, and an instance that is attached.
  struct InstanceDefinition {
    std::u16string name;
    std::u16string altitude;
    std::uint32_t flags = 0;  // 1: it does not attach by itself, 2: nor by hand
  };
  struct Instance {
    std::u16string name;
    std::u16string altitude;
    std::u16string volume;  // "C:"
  };
  // The default one first; empty unless it has registered a filter.
  std::vector<InstanceDefinition> definitions() const;
  // Volume by volume, from the highest altitude down.
  std::vector<Instance> instances() const;
  // As `fltmc attach` and `fltmc detach`. What FltAttachVolume or FltDetachVolume returns; STATUS_FLT_FILTER_NOT_FOUND
  // when there is no filter.
  std::int32_t attach(const Volume& volume, const std::u16string& instance);
  std::int32_t detach(const Volume& volume, const std::u16string& instance);

  // What the module exports by that name, as a debugger has it: a variable in the driver's own memory, to be read
  // between two verbs. Null: no such name, not loaded, made of lambdas. Valid until the driver is unloaded.
  const void* symbol(const char* name) const;
  template <class Data>
  const Data* data(const char* name) const {
    return static_cast<const Data*>(symbol(name));
  }

  // As Machine::always(), for what the module exports as `symbol`. It is asked while the module is there: from the
  // load on, once more when the driver has ended, and again after the next load. drop_check() of the machine ends
  // it. A module that does not export `symbol` ends the program by name.
  template <class Data>
  void always(std::string name, std::string symbol, std::function<bool(const Data&)> holds) {
    always(std::move(name), std::move(symbol),
           [holds = std::move(holds)](const void* data) { return holds(*static_cast<const Data*>(data)); });
  }

 private:
  using AnyCheck = std::function<bool(const void*)>;
  void always(std::string name, std::string symbol, AnyCheck holds);

  System* system_;
  loader::DriverRecord* record_;
  std::int32_t status_;
};

}  // namespace fltsim

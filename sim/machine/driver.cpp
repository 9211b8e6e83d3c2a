#include "fltsim/driver.hpp"

#include <functional>
#include <memory>

#include "fltmgr/manager.hpp"
#include "fltsim/machine.hpp"
#include "loader/loader.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

// What `action` returns in a thread of process 4; STATUS_UNSUCCESSFUL while it has not returned. It may still do so when
// the verb has long given up: what it writes to is then its own.
std::int32_t run_in_kernel(System& system, std::string name, std::function<std::int32_t()> action) {
  const auto status = std::make_shared<std::int32_t>(STATUS_UNSUCCESSFUL);
  static_cast<void>(system.run_in(system.nt().system_process(), std::move(name),
                                  [status, action = std::move(action)] { *status = action(); }));
  return *status;
}

std::int32_t load_in(System& system, loader::DriverRecord& record) {
  return run_in_kernel(system, "load " + record.identity->name,
                       [&] { return system.loader().load(nt::current_thread(), record).status; });
}

std::int32_t unload_in(System& system, loader::DriverRecord& record, bool mandatory) {
  const char* verb = mandatory ? "stop " : "unload ";
  return run_in_kernel(system, verb + record.identity->name, [&system, &record, mandatory] {
    return system.loader().unload(nt::current_thread(), record, mandatory);
  });
}

}  // namespace

Driver Machine::load_driver(const std::string& module_path, const DriverOptions& options) {
  loader::DriverRecord& record = system_->loader().add_service(options, module_path, std::nullopt);
  return Driver(*system_, record, load_in(*system_, record));
}

Driver Machine::load_driver(LambdaDriver driver, const DriverOptions& options) {
  loader::DriverRecord& record = system_->loader().add_service(options, {}, std::move(driver));
  return Driver(*system_, record, load_in(*system_, record));
}

std::u16string_view Driver::name() const { return record_->name; }
const std::string& Driver::error() const { return record_->error; }
bool Driver::loaded() const { return record_->loaded(); }

std::int32_t Driver::unload() { return unload_in(*system_, *record_, false); }
std::int32_t Driver::stop() { return unload_in(*system_, *record_, true); }

std::int32_t Driver::reload() {
  status_ = load_in(*system_, *record_);
  return status_;
}

namespace {

// Of a driver that has one; null otherwise, or while it goes.
fltmgr::Filter* filter_of(System& system, const loader::DriverRecord& record) {
  return record.object ? system.fltmgr().filter_of(record.object.get()) : nullptr;
}

using Attaching = NTSTATUS (*)(PFLT_FILTER filter, PFLT_VOLUME volume, PCUNICODE_STRING instance);

std::int32_t attach_or_detach(System& system, const loader::DriverRecord& record, const char* verb,
                              const Volume& volume, std::u16string instance, Attaching routine) {
  return run_in_kernel(system, verb + record.identity->name, [&, instance]() mutable {
    fltmgr::Filter* filter = filter_of(system, record);
    fltmgr::VolumeStack* stack = system.fltmgr().find_volume(volume.drive());
    if (filter == nullptr) return STATUS_FLT_FILTER_NOT_FOUND;
    if (stack == nullptr) return STATUS_FLT_VOLUME_NOT_FOUND;
    const auto size = static_cast<USHORT>(instance.size() * sizeof(WCHAR));
    const UNICODE_STRING name{size, size, reinterpret_cast<PWCH>(instance.data())};
    return routine(filter->handle(), stack->handle(), &name);
  });
}

}  // namespace

std::vector<Driver::InstanceDefinition> Driver::definitions() const {
  std::vector<InstanceDefinition> all;
  if (const fltmgr::Filter* filter = filter_of(*system_, *record_)) {
    for (const fltmgr::InstanceDefinition& known : filter->definitions)
      all.push_back({known.name, known.altitude.text(), known.flags});
  }
  return all;
}

std::vector<Driver::Instance> Driver::instances() const {
  std::vector<Instance> all;
  const fltmgr::Filter* filter = filter_of(*system_, *record_);
  if (filter == nullptr) return all;
  for (fltmgr::VolumeStack* volume : system_->fltmgr().volumes()) {
    for (const fltmgr::Instance* instance : volume->instances()) {
      if (&instance->filter == filter)
        all.push_back({instance->name, instance->altitude.text(), volume->volume().names().drive});
    }
  }
  return all;
}

std::int32_t Driver::attach(const Volume& volume, const std::u16string& instance) {
  return attach_or_detach(*system_, *record_, "fltmc attach ", volume, instance,
                          [](PFLT_FILTER filter, PFLT_VOLUME stack, PCUNICODE_STRING name) {
                            return FltAttachVolume(filter, stack, name, nullptr);
                          });
}

std::int32_t Driver::detach(const Volume& volume, const std::u16string& instance) {
  return attach_or_detach(*system_, *record_, "fltmc detach ", volume, instance, FltDetachVolume);
}

const void* Driver::symbol(const char* name) const {
  return record_->module ? record_->module->symbol(name) : nullptr;
}

void Driver::always(std::string name, std::string symbol, AnyCheck holds) {
  if (record_->lambdas) nt::misuse("a driver made of lambdas exports nothing: use Machine::always()");
  system_->checks().always(std::move(name), std::move(holds), record_, std::move(symbol));
}

}  // namespace fltsim

#include "fltsim/driver.hpp"

#include "fltsim/machine.hpp"
#include "loader/loader.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

Driver load_in(System& system, loader::DriverRecord& record) {
  static_cast<void>(system.run_in(system.nt().system_process(), "load " + record.identity->name, [&] {
    static_cast<void>(system.loader().load(nt::current_thread(), record));
  }));
  return Driver(system, record);
}

}  // namespace

Driver Machine::load_driver(const std::string& module_path, const DriverOptions& options) {
  return load_in(*system_, system_->loader().add_service(options, module_path, std::nullopt));
}

Driver Machine::load_driver(LambdaDriver driver, const DriverOptions& options) {
  return load_in(*system_, system_->loader().add_service(options, {}, std::move(driver)));
}

std::u16string_view Driver::name() const { return record_->name; }
std::int32_t Driver::status() const { return record_->status; }
const std::string& Driver::error() const { return record_->error; }
bool Driver::loaded() const { return record_->loaded(); }

std::int32_t Driver::unload() {
  std::int32_t status = STATUS_UNSUCCESSFUL;
  static_cast<void>(system_->run_in(system_->nt().system_process(), "unload " + record_->identity->name, [&] {
    status = system_->loader().unload(nt::current_thread(), *record_, false);
  }));
  return status;
}

std::int32_t Driver::stop() {
  std::int32_t status = STATUS_UNSUCCESSFUL;
  static_cast<void>(system_->run_in(system_->nt().system_process(), "stop " + record_->identity->name, [&] {
    status = system_->loader().unload(nt::current_thread(), *record_, true);
  }));
  return status;
}

std::int32_t Driver::reload() {
  static_cast<void>(system_->run_in(system_->nt().system_process(), "load " + record_->identity->name, [&] {
    static_cast<void>(system_->loader().load(nt::current_thread(), *record_));
  }));
  return record_->status;
}

}  // namespace fltsim

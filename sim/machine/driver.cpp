#include "fltsim/driver.hpp"

#include "fltsim/machine.hpp"
#include "loader/loader.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

std::int32_t load_in(System& system, loader::DriverRecord& record) {
  std::int32_t status = STATUS_UNSUCCESSFUL;
  static_cast<void>(system.run_in(system.nt().system_process(), "load " + record.identity->name, [&] {
    status = system.loader().load(nt::current_thread(), record).status;
  }));
  return status;
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
  status_ = load_in(*system_, *record_);
  return status_;
}

}  // namespace fltsim

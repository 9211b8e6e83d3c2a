#include "fltsim/driver.hpp"

#include <functional>
#include <memory>

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

const void* Driver::symbol(const char* name) const {
  return record_->module ? record_->module->symbol(name) : nullptr;
}

void Driver::always(std::string name, std::string symbol, AnyCheck holds) {
  if (record_->lambdas) nt::misuse("a driver made of lambdas exports nothing: use Machine::always()");
  system_->checks().always(std::move(name), std::move(holds), record_, std::move(symbol));
}

}  // namespace fltsim

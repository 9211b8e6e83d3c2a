#include "loader/loader.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "fltmgr/manager.hpp"
#include "fs/upcase.hpp"
#include "io/device.hpp"
#include "io/io_manager.hpp"
#include "io/irp.hpp"
#include "machine/system.hpp"
#include "nt/code_place.hpp"
#include "nt/driver_call.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/exports.hpp"
#include "nt/process_notifications.hpp"
#include "nt/text.hpp"

namespace fltsim::loader {
namespace {

constexpr std::u16string_view kServices = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\";

std::u16string decimal(std::uint32_t value) {
  const std::string text = std::to_string(value);
  return {text.begin(), text.end()};
}

UNICODE_STRING counted(std::u16string& text) {
  const auto size = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {size, size, reinterpret_cast<PWCH>(text.data())};
}

}  // namespace

DriverRecord::DriverRecord() {
  nt::Dispatcher::initialize(settled, nt::DispatcherType::kNotificationEvent, 1);
}

const nt::ObjectType kDriverType{.name = u"Driver",
                                 .mapping = {},
                                 .close = nullptr,
                                 .remove = nullptr,
                                 .waitable = nullptr,
                                 .parses = false,
                                 .report_leaks = true};

Loader::Loader(System& system) : system_(system) {
  system_.at_shutdown([this] { unload_all(); });
}

Loader::~Loader() {
  // What could not be unloaded may have a thread in it for ever: in a machine that stopped, or in a loop that only the
  // watchdog ended.
  for (DriverRecord& record : records_) {
    if (record.module) record.module->keep_mapped();
  }
}

DriverRecord* Loader::find(std::u16string_view name) {
  const std::lock_guard lock(mutex_);
  for (DriverRecord& record : records_) {
    if (fs::equal_names(record.name, name)) return &record;
  }
  return nullptr;
}

DriverRecord& Loader::find_or_add(const std::u16string& name) {
  if (DriverRecord* known = find(name)) return *known;
  const nt::DriverIdentity& identity = system_.nt().driver(nt::to_utf8(name));
  const std::lock_guard lock(mutex_);
  DriverRecord& record = records_.emplace_back();
  record.name = name;
  record.identity = &identity;
  return record;
}

DriverRecord& Loader::add_service(DriverOptions options, std::string path,
                                  std::optional<LambdaDriver> lambdas) {
  if (options.name.empty()) {
    options.name = lambdas ? u"lambdas" + decimal(static_cast<std::uint32_t>(records_.size()) + 1)
                           : std::filesystem::path(path).stem().u16string();
  }
  DriverRecord& record = find_or_add(options.name);
  if (record.loaded()) return record;
  record.path = std::move(path);
  record.lambdas = std::move(lambdas);
  write_service_key(options, record);
  return record;
}

void Loader::write_service_key(const DriverOptions& options, const DriverRecord& record) {
  nt::Registry& registry = system_.nt().registry();
  const std::u16string key = std::u16string(kServices) + record.name;
  for (const ServiceValue& value : options.values) {
    const std::u16string below = value.key.empty() ? key : key + u'\\' + value.key;
    registry.create(below);
    if (value.key_only) continue;
    nt::RegistryValue stored{static_cast<nt::ValueType>(value.type), value.data};
    static_cast<void>(registry.set(below, value.name, std::move(stored)));
  }
  if (options.values.empty()) write_default_instance(options, key, record.name);
  registry.create(key + u"\\Parameters");
  for (const DriverParameter& parameter : options.parameters) {
    if (const auto* text = std::get_if<std::u16string>(&parameter.value)) {
      registry.set_string(key + u"\\Parameters", parameter.name, *text);
    } else if (const auto* number = std::get_if<std::uint32_t>(&parameter.value)) {
      registry.set_dword(key + u"\\Parameters", parameter.name, *number);
    } else {
      nt::RegistryValue bytes{nt::ValueType::kBinary, std::get<std::vector<std::uint8_t>>(parameter.value)};
      static_cast<void>(registry.set(key + u"\\Parameters", parameter.name, std::move(bytes)));
    }
  }
}

void Loader::write_default_instance(const DriverOptions& options, const std::u16string& key,
                                    const std::u16string& name) {
  nt::Registry& registry = system_.nt().registry();
  const std::u16string instance = options.instance.empty() ? name + u" Instance" : options.instance;
  const std::u16string altitude = options.altitude.empty() ? decimal(next_altitude_) : options.altitude;
  if (options.altitude.empty()) next_altitude_ += 10;
  registry.set_string(key + u"\\Instances", u"DefaultInstance", instance);
  registry.set_string(key + u"\\Instances\\" + instance, u"Altitude", altitude);
  registry.set_dword(key + u"\\Instances\\" + instance, u"Flags", options.instance_flags);
}

Loader::State Loader::claim(nt::Thread& thread, DriverRecord& record, State from, State to) {
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      const State found = record.state;
      if (found != State::kLoading || record.loading == &thread) {
        if (found != from) return found;
        record.state = to;
        record.loading = &thread;
        if (to == State::kLoading) system_.nt().dispatcher().reset(record.settled);
        return found;
      }
    }
    system_.nt().dispatcher().wait(thread, record.settled,
                                   {.kind = "the end of DriverEntry of", .object = record.identity->name});
  }
}

void Loader::settle(DriverRecord& record, State state) {
  const std::lock_guard lock(mutex_);
  record.state = state;
  record.loading = nullptr;
  system_.nt().dispatcher().set(record.settled);
}

Loader::Loaded Loader::load(nt::Thread& thread, DriverRecord& record) {
  if (claim(thread, record, State::kUnloaded, State::kLoading) != State::kUnloaded) {
    return {STATUS_IMAGE_ALREADY_LOADED, false};
  }
  record.error.clear();
  record.status = STATUS_UNSUCCESSFUL;  // until DriverEntry returns, if it does
  record.status = load_image(thread, record);
  const Loaded loaded{record.status, record.error.empty()};
  settle(record, NT_SUCCESS(loaded.status) ? State::kLoaded : State::kUnloaded);
  return loaded;
}

NTSTATUS Loader::load_image(nt::Thread& thread, DriverRecord& record) {
  if (record.lambdas) return start(thread, record, lambda_driver_entry);
  auto loaded = Module::load(record.path, nt::module_exports(system_));
  if (const auto* failed = std::get_if<Module::LoadError>(&loaded)) {
    record.error = failed->text;
    return STATUS_INVALID_IMAGE_FORMAT;
  }
  record.module = std::move(std::get<0>(loaded));
  const auto* begin = static_cast<const std::byte*>(record.module->begin());
  nt::image_mapped(begin, begin + record.module->size(), record.path, record.identity->name);
  system_.checks().image_comes(record);
  system_.nt().notifications().image_loaded(thread,
                                            u"\\SystemRoot\\System32\\drivers\\" + record.name + u".sys", 0,
                                            record.module->begin(), record.module->size());
  return start(thread, record, record.module->driver_entry());
}

DriverObject* Loader::make_object(DriverRecord& record) {
  auto* object = nt::create_object<DriverObject>(system_, kDriverType);
  object->record = &record;
  object->service_name = record.name;
  object->registry_path = std::u16string(kServices) + record.name;
  object->Type = 4;
  object->Size = sizeof(DRIVER_OBJECT);
  object->DriverExtension = &object->extension;
  object->extension.DriverObject = object;
  object->extension.ServiceKeyName = counted(object->service_name);
  object->DriverName = counted(object->service_name);
  object->DriverStart = record.module ? record.module->begin() : nullptr;
  std::fill(std::begin(object->MajorFunction), std::end(object->MajorFunction), &io::refuse_request);
  object->DriverSize = record.module ? static_cast<ULONG>(record.module->size()) : 0;
  return object;
}

NTSTATUS Loader::start(nt::Thread& thread, DriverRecord& record, Module::DriverEntry entry) {
  DriverObject* object = make_object(record);
  record.object = nt::Ref<DRIVER_OBJECT>::adopt(object);
  UNICODE_STRING registry_path = counted(object->registry_path);
  {
    const nt::DriverScope scope(thread, record.identity);
    record.status = nt::call_driver([&] { return entry(object, &registry_path); });
  }
  if (NT_SUCCESS(record.status)) {
    io::Devices::finish_initializing(*object);
    reinitialize(thread, record, *object);
    return record.status;
  }
  if (fltmgr::Filter* filter = system_.fltmgr().filter_of(object)) {
    system_.verifier().report(
        {"VER-31",
         Severity::kError,
         "DriverEntry failed and left its filter registered: call FltUnregisterFilter on the way out "
         "(LIFE-12).",
         record.identity->name,
         {},
         {}});
    system_.fltmgr().unregister(*filter);
  }
  forget_image(thread, record);
  return record.status;
}

// On Windows this is after the drivers that start with this one; here each driver starts alone.
void Loader::reinitialize(nt::Thread& thread, DriverRecord& record, DriverObject& object) {
  for (ULONG count = 1; !object.reinitializations.empty(); ++count) {
    const auto due = std::exchange(object.reinitializations, {});
    object.extension.Count = count;
    const nt::DriverScope scope(thread, record.identity);
    for (const DriverObject::Reinitialization& again : due) {
      nt::call_driver([&] {
        again.routine(&object, again.context, count);
        return 0;
      });
    }
  }
}

// The driver's code is about to go: whatever of it is still alive is told, and keeps the image mapped if it
// must.
void Loader::forget_image(nt::Thread& thread, DriverRecord& record) {
  if (record.object->DriverUnload != nullptr && NT_SUCCESS(record.status)) {
    const nt::DriverScope scope(thread, record.identity);
    nt::call_driver([&] {
      record.object->DriverUnload(record.object.get());
      return 0;
    });
  }
  if (fltmgr::Filter* filter = system_.fltmgr().filter_of(record.object.get())) {
    system_.verifier().report(
        {"VER-31",
         Severity::kError,
         "DriverUnload returned without FltUnregisterFilter: Windows would call into code that has gone "
         "(LIFE-24).",
         record.identity->name,
         {},
         {}});
    system_.fltmgr().unregister(*filter);
  }
  const bool needed = system_.nt().end_driver(*record.identity);
  if (needed && record.module) record.module->keep_mapped();
  system_.nt().pool().report_leaks(*record.identity);
  system_.nt().crypto().report_leaks(record.identity);
  record.object = {};
  if (threads_are_left(record)) {
    system_.verifier().report(
        {"VER-20",
         Severity::kError,
         "a system thread of the driver still runs after the driver was unloaded: Windows would crash "
         "when it is scheduled next. Signal it and wait for it before FltUnregisterFilter.",
         record.identity->name,
         {},
         {}});
    if (record.module) record.module->keep_mapped();
  }
  system_.checks().image_goes(record);
  if (record.module) nt::image_unmapped(record.module->begin());
  record.module.reset();
}

bool Loader::threads_are_left(const DriverRecord& record) const {
  for (const auto& thread : system_.nt().system_process().threads()) {
    if (thread->started_by == record.identity && !thread->ended) return true;
  }
  return false;
}

NTSTATUS Loader::unload(nt::Thread& thread, DriverRecord& record, bool mandatory) {
  const State found = claim(thread, record, State::kLoaded, State::kUnloading);
  if (found == State::kUnloading) return STATUS_FLT_DELETING_OBJECT;
  if (found != State::kLoaded) return STATUS_FLT_FILTER_NOT_FOUND;
  const NTSTATUS status = ask_to_unload(record, mandatory);
  if (NT_SUCCESS(status)) forget_image(thread, record);
  settle(record, NT_SUCCESS(status) ? State::kUnloaded : State::kLoaded);
  return status;
}

NTSTATUS Loader::ask_to_unload(DriverRecord& record, bool mandatory) {
  if (fltmgr::Filter* filter = system_.fltmgr().filter_of(record.object.get())) {
    // The filter manager has put itself in front of DriverUnload only where it has a FilterUnload to call: otherwise a
    // service stop is the driver's own affair, as that of any driver (LIFE-17).
    const bool own = filter->registration.callbacks.FilterUnloadCallback == nullptr && mandatory &&
                     record.object->DriverUnload != nullptr;
    return own ? STATUS_SUCCESS : system_.fltmgr().unload(*filter, mandatory);
  }
  return record.object->DriverUnload != nullptr ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
}

NTSTATUS Loader::unload(std::u16string_view name, bool mandatory) {
  DriverRecord* record = find(name);
  if (record == nullptr) return STATUS_FLT_FILTER_NOT_FOUND;
  return unload(nt::current_thread("FltUnloadFilter"), *record, mandatory);
}

NTSTATUS Loader::load(std::u16string_view name) {
  DriverRecord* record = find(name);
  if (record == nullptr) return STATUS_OBJECT_NAME_NOT_FOUND;
  const Loaded loaded = load(nt::current_thread("FltLoadFilter"), *record);
  const bool failed = loaded.entry_ran && !NT_SUCCESS(loaded.status);
  return failed ? STATUS_FAILED_DRIVER_ENTRY : loaded.status;  // LIFE-12
}

void Loader::unload_all() {
  if (system_.nt().stopped()) return;
  static_cast<void>(system_.run_in(system_.nt().system_process(), "shutdown",
                                   [&] { system_.io().devices().notify_shutdown(nt::current_thread()); }));
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    if (!record->loaded()) continue;
    static_cast<void>(system_.run_in(system_.nt().system_process(), "unload " + record->identity->name, [&] {
      nt::Thread& thread = nt::current_thread();
      if (!NT_SUCCESS(unload(thread, *record, false))) static_cast<void>(unload(thread, *record, true));
    }));
  }
}

}  // namespace fltsim::loader

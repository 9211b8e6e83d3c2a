#include "io/io_manager.hpp"

#include <algorithm>
#include <fltlink/base/assert.hpp>
#include <string>
#include <utility>

#include "io/file_system_call.hpp"
#include "io/operation_text.hpp"
#include "io/section.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/namespace.hpp"

namespace fltsim::io {

namespace {

std::u16string decimal(std::uint32_t number) {
  const std::string text = std::to_string(number);
  return {text.begin(), text.end()};
}

// Deterministic, and recognisably ours.
std::u16string guid_link(std::uint32_t number) {
  std::u16string digits = decimal(number);
  digits.insert(0, 12 - digits.size(), u'0');
  return u"\\??\\Volume{5eedf117-0000-4000-8000-" + digits + u"}";
}

// The trace node of an operation, and the place below which the thread's next nodes hang.
class TraceScope {
 public:
  TraceScope(System& system, nt::Thread& thread, Operation& operation)
      : trace_(system.trace()), thread_(thread), operation_(operation), before_(thread.trace_node) {
    if (!trace_.enabled()) return;
    operation.trace = trace_.begin(before_, operation_text(operation));
    thread_.trace_node = operation.trace;
  }
  ~TraceScope() {
    if (!trace_.enabled()) return;
    thread_.trace_node = before_;
    trace_.end(operation_.trace, "status", static_cast<std::uint32_t>(operation_.status.Status));
  }
  TraceScope(const TraceScope&) = delete;
  TraceScope& operator=(const TraceScope&) = delete;

 private:
  Trace& trace_;
  nt::Thread& thread_;
  Operation& operation_;
  const Trace::Handle before_;
};

}  // namespace

IoManager::IoManager(System& system)
    : system_(system), sections_(std::make_unique<SectionManager>(system)), devices_(system), irps_(system) {
  system.nt().on_requests_end([this](nt::Thread& thread) { irps_.cancel_all_of(thread); });
  system.nt().on_driver_end([this](const nt::DriverIdentity& driver) { return devices_.end_driver(driver); });
}

IoManager::~IoManager() = default;

Volume* IoManager::mount(std::u16string_view drive, std::unique_ptr<fs::FileSystem> file_system) {
  nt::Namespace& names = system_.nt().names();
  Volume* volume = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const std::uint32_t number = volumes_made_ + 1;
    Volume::Names named{std::u16string(drive), u"\\Device\\HarddiskVolume" + decimal(number),
                        guid_link(number)};
    if (!drive.empty() && !NT_SUCCESS(names.create_link(u"\\??\\" + named.drive, named.device)))
      return nullptr;
    volumes_made_ = number;
    volume = nt::create_object<Volume>(system_, kDeviceType, named, std::move(file_system));
    // Neither can be taken: the number is new.
    FLTLINK_ASSERT(NT_SUCCESS(names.insert(volume, named.device, true, true)));
    FLTLINK_ASSERT(NT_SUCCESS(names.create_link(named.guid, named.device)));
    volumes_.push_back(nt::Ref<Volume>::adopt(volume));
  }
  if (observer_ != nullptr) observer_->volume_mounted(*volume);
  return volume;
}

void IoManager::dismount(Volume& volume) {
  nt::Ref<Volume> kept;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::ranges::find(volumes_, &volume, &nt::Ref<Volume>::get);
    if (found == volumes_.end()) return;
    kept = std::move(*found);
    volumes_.erase(found);
  }
  nt::Namespace& names = system_.nt().names();
  if (!volume.names().drive.empty()) {
    FLTLINK_ASSERT(NT_SUCCESS(names.delete_link(u"\\??\\" + volume.names().drive)));
  }
  FLTLINK_ASSERT(NT_SUCCESS(names.delete_link(volume.names().guid)));
  names.remove(&volume);
  volume.set_dismounted();
  if (observer_ != nullptr) observer_->volume_dismounted(volume);
}

std::vector<nt::Ref<Volume>> IoManager::volumes() const {
  const std::lock_guard lock(mutex_);
  return volumes_;
}

Resolved IoManager::resolve(std::u16string_view name, bool case_insensitive) const {
  nt::Found found;
  Resolved resolved;
  resolved.status = system_.nt().names().lookup(name, case_insensitive, found);
  if (!NT_SUCCESS(resolved.status)) return resolved;
  Volume* volume = nt::as<Volume>(found.object.get(), kDeviceType);
  if (volume == nullptr) {
    resolved.status = STATUS_OBJECT_TYPE_MISMATCH;
    if (auto* device = nt::as<Device>(found.object.get(), kControlDeviceType)) {
      resolved.device = nt::Ref<Device>::retain(device);
      resolved.rest = std::move(found.rest);
    }
    return resolved;
  }
  resolved.volume = nt::Ref<Volume>::retain(volume);
  resolved.rest = std::move(found.rest);
  return resolved;
}

Operation IoManager::make_operation(const Issuer& issuer, FileObject& file, UCHAR major) {
  Operation operation;
  operation.parameters.MajorFunction = major;
  operation.parameters.TargetFileObject = &file;
  operation.requestor_mode = issuer.mode;
  operation.originator = &issuer.thread;
  operation.below = issuer.below != nullptr ? issuer.below : file.below;
  return operation;
}

void IoManager::submit(Operation& operation) {
  const FileObject& target = FileObject::of(*operation.parameters.TargetFileObject);
  if (!target.volume) {  // a request that only file systems know
    operation.status = answer(STATUS_INVALID_DEVICE_REQUEST);
    return;
  }
  Volume& volume = *target.volume;
  const TraceScope scope(system_, nt::current_thread("an I/O request"), operation);
  const FileSystemCall bottom = [&operation](const FLT_IO_PARAMETER_BLOCK& parameters,
                                             IO_STATUS_BLOCK& status) {
    call_file_system(operation, parameters, status);
  };
  if (FilterStack* stack = volume.filter_stack()) {
    stack->run(operation, bottom);
  } else {
    bottom(operation.parameters, operation.status);
  }
}

HANDLE IoManager::make_handle(FileObject& file, bool kernel) {
  // The last handle brings the cleanup; without one, finish_close() does.
  const HANDLE handle = nt::make_handle(&file, file.granted_access, kernel);
  if (handle != nullptr) file.set_flag(FO_HANDLE_CREATED);
  return handle;
}

}  // namespace fltsim::io

#include "io/volume.hpp"

#include <utility>

namespace fltsim::io {

namespace {

constexpr USHORT kDeviceObjectType = 3;  // IO_TYPE_DEVICE

}  // namespace

const nt::ObjectType kDeviceType = {
    .name = u"Device",
    .mapping = {FILE_GENERIC_READ, FILE_GENERIC_WRITE, FILE_GENERIC_EXECUTE, FILE_ALL_ACCESS},
    .close = nullptr,
    .remove = nullptr,
    .waitable = nullptr,
    .parses = true,
    .report_leaks = false,
};

Volume::Volume(Names names, std::unique_ptr<fs::FileSystem> file_system)
    : DEVICE_OBJECT{}, names_(std::move(names)), file_system_(std::move(file_system)) {
  Type = kDeviceObjectType;
  Size = sizeof(DEVICE_OBJECT);
  DeviceType =
      FILE_DEVICE_DISK;  // this is the storage device; the file system's own is FILE_DEVICE_DISK_FILE_SYSTEM
  Characteristics = FILE_DEVICE_IS_MOUNTED;
  StackSize = 1;
  sector_size_ = file_system_->volume_information().bytes_per_sector;
  SectorSize = static_cast<USHORT>(sector_size_);
  file_system_->set_change_observer([this](const fs::Change& change) { watches_.add(change); });
}

Volume::~Volume() = default;

StreamState& Volume::stream_state(const fs::StreamIdentity& identity) {
  const std::lock_guard lock(mutex_);
  std::unique_ptr<StreamState>& state = streams_[identity.stream_id];
  if (state) return *state;
  state = std::make_unique<StreamState>();
  std::weak_ptr<FileState>& known = files_[identity.file_id];
  state->file = known.lock();
  // What was asked for before it was first opened was the name of a path, and holds if no path has changed.
  if (!state->file) known = state->file = std::make_shared<FileState>(identity.file_id, name_stamp_.load());
  return *state;
}

std::shared_ptr<FileState> Volume::forget_stream(const fs::StreamIdentity& identity) {
  const std::lock_guard lock(mutex_);
  const auto found = streams_.find(identity.stream_id);
  if (found == streams_.end()) return nullptr;
  std::shared_ptr<FileState> file = std::move(found->second->file);
  streams_.erase(found);
  if (file.use_count() > 1) return nullptr;
  files_.erase(file->file_id);
  return file;
}

// The stamp comes last: who has taken it finds the new name, and what he keeps holds.
void Volume::renamed(FileState* file) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t stamp = name_stamp_.load() + 1;
  (file != nullptr ? file->renamed : all_renamed_).store(stamp);
  name_stamp_.store(stamp);
}

void Volume::abandon(std::unique_ptr<fs::Open> open) {
  const std::lock_guard lock(mutex_);
  abandoned_.push_back(std::move(open));
}

}  // namespace fltsim::io

// One mounted volume: the device object that paths lead to, the file system below, the filters between, and
// what is known of each open stream above the file system.
#pragma once

#include <fltKernel.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "fs/file_system.hpp"
#include "io/byte_range_locks.hpp"
#include "io/directory_watches.hpp"
#include "nt/object.hpp"

namespace fltsim::io {

class FilterStack;

// Stands for a file of which any stream is open: what file contexts are set on.
struct FileState {
  FileState(std::uint64_t id, std::uint64_t stamp) : file_id(id), renamed(stamp) {}

  const std::uint64_t file_id;
  // The volume's name stamp of its last rename, or of its first open.
  std::atomic<std::uint64_t> renamed;
};

// What the I/O manager keeps per open stream; all its file objects point here. Lives as long as the stream's
// identity.
struct StreamState {
  SECTION_OBJECT_POINTERS section_pointers{};
  std::atomic<std::uint32_t> sections{0};  // sections that can be mapped, and views of them
  ByteRangeLocks locks;
  std::shared_ptr<FileState> file;  // shared by the open streams of the file
};

// The body of kDeviceType: PDEVICE_OBJECT points here.
//
// Threads: any, but for mount and dismount, which the I/O manager does.
class Volume final : public DEVICE_OBJECT {
 public:
  // How the volume is named; fixed while it is mounted.
  struct Names {
    std::u16string drive;   // "C:", empty for none
    std::u16string device;  // "\Device\HarddiskVolume1"
    std::u16string guid;    // "\??\Volume{...}"
  };

  Volume(Names names, std::unique_ptr<fs::FileSystem> file_system);
  ~Volume();
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;

  static Volume& of(DEVICE_OBJECT& device) { return static_cast<Volume&>(device); }

  const Names& names() const { return names_; }
  fs::FileSystem& file_system() { return *file_system_; }
  std::uint32_t sector_size() const { return sector_size_; }

  // Null: requests go to the file system directly. Set by the filter manager while the volume is mounted; the
  // stack must outlive every request, so it is taken away only when no file object is left or at the end.
  FilterStack* filter_stack() const { return filter_stack_.load(std::memory_order_acquire); }
  void set_filter_stack(FilterStack* stack) { filter_stack_.store(stack, std::memory_order_release); }

  // After dismount every request but cleanup and close is STATUS_VOLUME_DISMOUNTED.
  bool mounted() const { return mounted_.load(std::memory_order_acquire); }
  void set_dismounted() { mounted_.store(false, std::memory_order_release); }

  DirectoryWatches& watches() { return watches_; }

  // The state that belongs to the stream of an open which exists. Stays put until forget_stream().
  StreamState& stream_state(const fs::StreamIdentity& identity);
  // Gives the file's state when this was its last open stream: the caller lets it go when nobody names it any more.
  std::shared_ptr<FileState> forget_stream(const fs::StreamIdentity& identity);

  // --- names: any thread ---

  // Counts the renames. Who wants to keep a name takes the stamp before he asks for it.
  std::uint64_t name_stamp() const { return name_stamp_.load(); }
  // Whether a name that was asked for behind `stamp` is still right: one of an open file, or (null) of anything.
  bool name_holds(const FileState* file, std::uint64_t stamp) const {
    return stamp >=
           (file == nullptr ? name_stamp_.load() : std::max(all_renamed_.load(), file->renamed.load()));
  }
  // After the file system has renamed an open file; null: any number of files have other names now.
  void renamed(FileState* file);

  // The file system holds this open although its create was failed above (CB-43): share access and all stay
  // until the volume goes.
  void abandon(std::unique_ptr<fs::Open> open);

 private:
  const Names names_;
  const std::unique_ptr<fs::FileSystem> file_system_;
  std::uint32_t sector_size_ = 0;
  std::atomic<FilterStack*> filter_stack_{nullptr};
  std::atomic<bool> mounted_{true};
  DirectoryWatches watches_;
  std::mutex mutex_;
  std::atomic<std::uint64_t> name_stamp_{
      0};  // written under the lock, as the next one and FileState::renamed are
  std::atomic<std::uint64_t> all_renamed_{0};  // the stamp of the last rename that was not one file's alone
  std::unordered_map<std::uint64_t, std::unique_ptr<StreamState>> streams_;  // by stream id; never iterated
  std::unordered_map<std::uint64_t, std::weak_ptr<FileState>> files_;        // by file id; never iterated
  std::vector<std::unique_ptr<fs::Open>> abandoned_;
};

extern const nt::ObjectType kDeviceType;

}  // namespace fltsim::io

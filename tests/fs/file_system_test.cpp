// The conformance suite on both file systems. The host volume has in its directory what a test lays out, so
// that every rule is tried on files that lie below, too.
#include <algorithm>
#include <fltlink/os/assert.hpp>
#include <functional>

#include "conformance/file_system_conformance.hpp"
#include "fs/host_volume.hpp"
#include "fs/temporary_directory.hpp"

namespace fltsim::fs {
namespace {

class MemoryMaker final : public FileSystemMaker {
 public:
  void add_directory(const std::string& path) override {
    entries_.push_back({path, "", FILE_DIRECTORY_FILE});
  }
  void add_file(const std::string& path, const std::string& bytes) override {
    entries_.push_back({path, bytes, 0});
  }

  std::unique_ptr<FileSystem> mount(VolumeOptions options) override {
    std::unique_ptr<FileSystem> file_system = make_memory_file_system(std::move(options));
    for (const Entry& entry : entries_) {
      std::u16string path = wide(entry.path);
      Handle handle(*file_system, file_system->create({.path = path,
                                                       .desired_access = FILE_WRITE_DATA,
                                                       .disposition = FILE_CREATE,
                                                       .create_options = entry.options}));
      EXPECT_EQ(handle.status, STATUS_SUCCESS) << entry.path;
      EXPECT_EQ(handle.write(entry.bytes),
                entry.options == 0 ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST);
    }
    return file_system;
  }

 private:
  struct Entry {
    std::string path;
    std::string bytes;
    std::uint32_t options;
  };
  std::vector<Entry> entries_;
};

class HostMaker final : public FileSystemMaker {
 public:
  void add_directory(const std::string& path) override { directory_.add_directory(host_path(path)); }
  void add_file(const std::string& path, const std::string& bytes) override {
    directory_.add_file(host_path(path), bytes);
  }
  std::unique_ptr<FileSystem> mount(VolumeOptions options) override {
    return std::move(open_host_volume(directory_.path().string(), std::move(options)).file_system);
  }

 private:
  static std::string host_path(std::string path) {
    std::replace(path.begin(), path.end(), '\\', '/');
    return path.substr(1);
  }
  TemporaryDirectory directory_;
};

template <typename Maker>
std::unique_ptr<FileSystemMaker> make_maker() {
  return std::make_unique<Maker>();
}

const auto kMakers = testing::Values(&make_maker<MemoryMaker>, &make_maker<HostMaker>);

std::string maker_name(const testing::TestParamInfo<MakeMaker>& info) {
  return info.index == 0 ? "MemoryFileSystem" : "HostVolume";
}

INSTANTIATE_TEST_SUITE_P(FileSystem, CreateConformance, kMakers, maker_name);
INSTANTIATE_TEST_SUITE_P(FileSystem, ShareConformance, kMakers, maker_name);
INSTANTIATE_TEST_SUITE_P(FileSystem, DeleteConformance, kMakers, maker_name);
INSTANTIATE_TEST_SUITE_P(FileSystem, RenameConformance, kMakers, maker_name);
INSTANTIATE_TEST_SUITE_P(FileSystem, DataConformance, kMakers, maker_name);
INSTANTIATE_TEST_SUITE_P(FileSystem, DirectoryConformance, kMakers, maker_name);

}  // namespace
}  // namespace fltsim::fs

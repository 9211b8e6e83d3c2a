// What the conformance tests of file systems start from: a way to lay out files before the file system
// exists, and verbs that keep a test to a few lines.
#pragma once

#include <gtest/gtest.h>

#include <ntifs.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/file_system.hpp"
#include "fs/memory_file_system.hpp"

namespace fltsim::fs {

// One implementation under test. Files that are added before mount() are there as the implementation likes
// them best: a host volume has them in its directory.
class FileSystemMaker {
 public:
  virtual ~FileSystemMaker() = default;
  virtual void add_directory(const std::string& path) = 0;  // "\\a\\b", ASCII
  virtual void add_file(const std::string& path, const std::string& bytes) = 0;
  virtual std::unique_ptr<FileSystem> mount(VolumeOptions options) = 0;
};

inline constexpr std::uint32_t kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
inline constexpr std::uint32_t kAllAccess = FILE_ALL_ACCESS;

inline std::u16string wide(std::string_view text) { return {text.begin(), text.end()}; }

// For messages and comparisons: ASCII as it is, the rest as '?'.
inline std::string narrow(std::u16string_view text) {
  std::string result;
  for (char16_t unit : text) result += unit < 0x80 ? static_cast<char>(unit) : '?';
  return result;
}

inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

inline std::string read_all(FileSystem& file_system, Open& open) {
  FileInformation information;
  EXPECT_EQ(file_system.query_information(open, information), STATUS_SUCCESS);
  std::string text(information.end_of_file, '\0');
  if (text.empty()) return text;
  TransferResult result = file_system.read(open, 0, std::as_writable_bytes(std::span(text)));
  EXPECT_EQ(result.status, STATUS_SUCCESS);
  text.resize(result.transferred);
  return text;
}

// An open that ends by itself, or in the two steps when a test looks at them.
class Handle {
 public:
  Handle(FileSystem& file_system, CreateResult result)
      : status(result.status),
        information(result.information),
        file_system_(&file_system),
        open_(std::move(result.open)) {}
  Handle(Handle&& other) = default;
  ~Handle() { close(); }

  CleanupResult cleanup() {
    cleaned_up_ = true;
    return file_system_->cleanup(**this);
  }
  CloseResult close() {
    if (!open_) return {};
    if (!cleaned_up_) cleanup();
    return file_system_->close(std::move(open_));
  }
  // A test that goes on with an open it did not get fails here.
  Open& operator*() const {
    if (!open_) throw std::runtime_error("the open had failed with status " + std::to_string(status));
    return *open_;
  }

  // Shorthand for what most tests do with a handle.
  Status write(std::string_view text, std::int64_t offset = 0) {
    return file_system_->write(**this, offset, bytes_of(text)).status;
  }
  std::string text() { return read_all(*file_system_, **this); }
  FileInformation info() {
    FileInformation result;
    EXPECT_EQ(file_system_->query_information(**this, result), STATUS_SUCCESS);
    return result;
  }
  std::string name() {
    std::u16string result;
    Status answer = file_system_->query_name(**this, result);
    return answer == STATUS_SUCCESS ? narrow(result) : "status " + std::to_string(answer);
  }
  Status remove(std::uint32_t flags = FILE_DISPOSITION_DELETE) {
    return file_system_->set_disposition(**this, flags);
  }
  Status rename(std::u16string_view to, std::uint32_t flags = 0, const Open* directory = nullptr) {
    return file_system_->rename(**this, {to, directory, flags});
  }
  Status link(std::u16string_view to, std::uint32_t flags = 0, const Open* directory = nullptr) {
    return file_system_->link(**this, {to, directory, flags});
  }
  Status set_attributes(std::uint32_t attributes) {
    return file_system_->set_basic(**this, {.attributes = attributes});
  }

  Status status;
  std::uint32_t information;

 private:
  FileSystem* file_system_;
  std::unique_ptr<Open> open_;
  bool cleaned_up_ = false;
};

using MakeMaker = std::unique_ptr<FileSystemMaker> (*)();

class FileSystemConformance : public testing::TestWithParam<MakeMaker> {
 protected:
  // Lay out first, use then: the first use mounts.
  void given_file(const std::string& path, const std::string& bytes = "") { maker_->add_file(path, bytes); }
  void given_directory(const std::string& path) { maker_->add_directory(path); }
  void given_capacity(std::uint64_t bytes) { capacity_ = bytes; }

  FileSystem& fs() {
    if (!file_system_)
      file_system_ = maker_->mount({.clock = [this] { return now_; }, .capacity = capacity_});
    return *file_system_;
  }

  void unmount() { file_system_.reset(); }

  Handle create(const CreateRequest& request) { return {fs(), fs().create(request)}; }

  // Opens what is there, sharing everything.
  Handle open(std::u16string_view path, std::uint32_t access = kAllAccess, std::uint32_t options = 0) {
    return create({.path = path,
                   .desired_access = access,
                   .share_access = kShareAll,
                   .disposition = FILE_OPEN,
                   .create_options = options});
  }
  Handle open(std::u16string_view path, std::uint32_t access, std::uint32_t options,
              std::uint32_t disposition, std::uint32_t attributes = 0) {
    return create({.path = path,
                   .desired_access = access,
                   .share_access = kShareAll,
                   .disposition = disposition,
                   .create_options = options,
                   .file_attributes = attributes});
  }
  Handle open_shared(std::u16string_view path, std::uint32_t access, std::uint32_t share) {
    return create({.path = path, .desired_access = access, .share_access = share, .disposition = FILE_OPEN});
  }
  Handle make(std::u16string_view path, std::uint32_t attributes = 0) {
    return open(path, kAllAccess, 0, FILE_CREATE, attributes);
  }
  Handle make_directory(std::u16string_view path) {
    return open(path, kAllAccess, FILE_DIRECTORY_FILE, FILE_CREATE);
  }

  bool exists(std::u16string_view path) { return open(path, FILE_READ_ATTRIBUTES).status == STATUS_SUCCESS; }
  std::string text_of(std::u16string_view path) {
    Handle handle = open(path, FILE_READ_DATA);
    return handle.status == STATUS_SUCCESS ? handle.text() : "status " + std::to_string(handle.status);
  }

  // The names that one query of `handle` offers.
  std::vector<std::string> list(Handle& handle, std::u16string_view pattern = u"", bool restart = false) {
    std::vector<std::string> names;
    DirectoryQuery query{pattern, restart, [&](const DirectoryEntry& entry) {
                           names.push_back(narrow(entry.name));
                           return Take::kNext;
                         }};
    list_status_ = fs().query_directory(*handle, query);
    return names;
  }
  std::vector<std::string> list(std::u16string_view path, std::u16string_view pattern = u"") {
    Handle handle = open(path, FILE_LIST_DIRECTORY);
    return list(handle, pattern);
  }
  std::vector<std::string> streams_of(Handle& handle) {
    std::vector<StreamEntry> entries;
    EXPECT_EQ(fs().query_streams(*handle, entries), STATUS_SUCCESS);
    std::vector<std::string> names;
    for (const StreamEntry& entry : entries) names.push_back(narrow(entry.name));
    return names;
  }

  Ticks now_ = 133'800'000'000'000'000;
  Status list_status_ = STATUS_SUCCESS;

 private:
  std::uint64_t capacity_ = std::uint64_t{1} << 30;
  std::unique_ptr<FileSystemMaker> maker_ = GetParam()();
  std::unique_ptr<FileSystem> file_system_;
};

}  // namespace fltsim::fs

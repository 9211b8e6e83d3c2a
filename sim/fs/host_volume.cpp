// A host directory as the lower layer of a tree. Every access walks down from the root's descriptor,
// component by component and never through a symbolic link, so what the host renames or links meanwhile
// cannot lead out of the tree.
#include "fs/host_volume.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ntifs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "fs/host_names.hpp"
#include "fs/lower.hpp"
#include "fs/tree.hpp"
#include "fs/upcase.hpp"

namespace fltsim::fs {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int value = -1) : value_(value) {}
  Descriptor(Descriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(value_, other.value_);
    return *this;
  }
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  int get() const { return value_; }
  int release() { return std::exchange(value_, -1); }
  explicit operator bool() const { return value_ >= 0; }

 private:
  int value_;
};

struct HostRoot {
  Descriptor descriptor;
  LowerCounts counts;
};

// A name below the root. The root itself has no parent and the name ".".
struct HostNode {
  std::shared_ptr<const HostNode> parent;
  std::string name;
};

// Opens for reading. O_NOATIME is for the owner and for root only; without it the access time may change.
// O_NONBLOCK because a FIFO may stand by now where a file stood.
Descriptor open_for_reading(int directory, const char* name, int flags) {
  flags |= O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Descriptor result(::openat(directory, name, flags | O_NOATIME));
  if (!result && errno == EPERM) result = Descriptor(::openat(directory, name, flags));
  return result;
}

// On failure errno tells.
Descriptor open_node(const HostRoot& root, const HostNode& node, int flags) {
  std::vector<const HostNode*> chain;
  for (const HostNode* step = &node; step->parent; step = step->parent.get()) chain.push_back(step);
  if (chain.empty()) return open_for_reading(root.descriptor.get(), ".", flags);
  Descriptor directory;
  for (std::size_t i = chain.size(); i-- > 1;) {
    int from = directory ? directory.get() : root.descriptor.get();
    Descriptor next(::openat(from, chain[i]->name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return next;
    directory = std::move(next);
  }
  return open_for_reading(directory ? directory.get() : root.descriptor.get(), node.name.c_str(), flags);
}

enum class Failure {
  kDenied,
  kChanged,
  kOther,
};

Failure failure_of(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return Failure::kDenied;
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENXIO:
    case ESTALE:
      return Failure::kChanged;
    default:
      return Failure::kOther;
  }
}

// The status of a failure; `unreadable` is the file's or directory's mark that it was counted before.
Status refuse(HostRoot& root, Failure failure, bool& unreadable) {
  if (failure == Failure::kDenied) {
    if (!std::exchange(unreadable, true)) ++root.counts.unreadable;
    return STATUS_ACCESS_DENIED;
  }
  if (failure == Failure::kOther) return STATUS_IO_DEVICE_ERROR;
  ++root.counts.changed_below;
  return STATUS_FILE_INVALID;
}

Ticks ticks_of(const timespec& time) {
  constexpr std::int64_t kSecondsFrom1601To1970 = 11'644'473'600;
  constexpr std::int64_t kTicksPerSecond = 10'000'000;
  std::int64_t seconds =
      std::max<std::int64_t>(time.tv_sec, -kSecondsFrom1601To1970 + 1) + kSecondsFrom1601To1970;
  return static_cast<Ticks>(seconds * kTicksPerSecond + time.tv_nsec / 100);
}

bool same_file(const struct stat& left, const struct stat& right) {
  return left.st_dev == right.st_dev && left.st_ino == right.st_ino && left.st_size == right.st_size &&
         left.st_mtim.tv_sec == right.st_mtim.tv_sec && left.st_mtim.tv_nsec == right.st_mtim.tv_nsec;
}

class HostFile final : public LowerFile {
 public:
  HostFile(std::shared_ptr<HostRoot> root, HostNode node, const struct stat& seen)
      : root_(std::move(root)), node_(std::move(node)), seen_(seen) {}

  Status check() override {
    Descriptor descriptor;
    return open(descriptor);
  }

  Status read(std::uint64_t offset, std::span<std::byte> buffer) override {
    Descriptor descriptor;
    if (Status status = open(descriptor); status != STATUS_SUCCESS) return status;
    while (!buffer.empty()) {
      ssize_t count = ::pread(descriptor.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return refuse(*root_, failure_of(errno), unreadable_);
      if (count == 0) return refuse(*root_, Failure::kChanged, unreadable_);
      offset += static_cast<std::uint64_t>(count);
      buffer = buffer.subspan(static_cast<std::size_t>(count));
    }
    return STATUS_SUCCESS;
  }

 private:
  Status open(Descriptor& descriptor) {
    descriptor = open_node(*root_, node_, 0);
    if (!descriptor) return refuse(*root_, failure_of(errno), unreadable_);
    struct stat now;
    if (::fstat(descriptor.get(), &now) != 0) return refuse(*root_, failure_of(errno), unreadable_);
    return same_file(seen_, now) ? STATUS_SUCCESS : refuse(*root_, Failure::kChanged, unreadable_);
  }

  std::shared_ptr<HostRoot> root_;
  HostNode node_;
  struct stat seen_;
  bool unreadable_ = false;
};

class HostDirectory final : public LowerDirectory {
 public:
  HostDirectory(std::shared_ptr<HostRoot> root, std::shared_ptr<const HostNode> node)
      : root_(std::move(root)), node_(std::move(node)) {}

  Status list(std::vector<LowerEntry>& entries) override {
    Descriptor descriptor = open_node(*root_, *node_, O_DIRECTORY);
    if (!descriptor) return refuse(*root_, failure_of(errno), unreadable_);
    std::vector<std::string> names;
    if (!read_names(descriptor, names)) return refuse(*root_, failure_of(errno), unreadable_);
    std::sort(names.begin(),
              names.end());  // by bytes: which of two names wins must not depend on the host's order
    LowerCounts before = root_->counts;
    std::set<std::u16string> upcased_names;
    for (const std::string& name : names) {
      if (add_entry(descriptor, name, upcased_names, entries)) continue;
      int error = errno;
      root_->counts = before;  // a later listing will count again
      return refuse(*root_, failure_of(error), unreadable_);
    }
    return STATUS_SUCCESS;
  }

 private:
  // On failure errno tells.
  static bool read_names(const Descriptor& descriptor, std::vector<std::string>& names) {
    Descriptor copy(::dup(descriptor.get()));
    if (!copy) return false;
    std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(copy.get()), &::closedir);
    if (!stream) return false;
    static_cast<void>(copy.release());  // the stream's now
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
      std::string_view name = entry->d_name;
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    return errno == 0;
  }

  // False: the host refuses to describe the entry, errno tells. An entry that is gone by now is left out.
  bool add_entry(const Descriptor& descriptor, const std::string& host_name,
                 std::set<std::u16string>& upcased_names, std::vector<LowerEntry>& entries) {
    struct stat seen;
    if (::fstatat(descriptor.get(), host_name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) != 0)
      return errno == ENOENT;
    LowerCounts& counts = root_->counts;
    bool directory = S_ISDIR(seen.st_mode);
    if (!directory && !S_ISREG(seen.st_mode)) {
      ++(S_ISLNK(seen.st_mode) ? counts.symbolic_links : counts.special_files);
      return true;
    }
    NtName name = nt_name_of(host_name);
    if (!upcased_names.insert(upcase(name.name)).second) {
      ++counts.case_collisions;
      return true;
    }
    if (name.mapped) ++counts.mapped_names;
    LowerEntry entry{std::move(name.name), ticks_of(seen.st_mtim), 0, nullptr, nullptr};
    if (directory) {
      entry.directory =
          std::make_unique<HostDirectory>(root_, std::make_shared<HostNode>(HostNode{node_, host_name}));
    } else {
      entry.size = static_cast<std::uint64_t>(seen.st_size);
      entry.file = std::make_shared<HostFile>(root_, HostNode{node_, host_name}, seen);
    }
    entries.push_back(std::move(entry));
    return true;
  }

  std::shared_ptr<HostRoot> root_;
  std::shared_ptr<const HostNode> node_;
  bool unreadable_ = false;
};

class HostLower final : public Lower {
 public:
  explicit HostLower(Descriptor descriptor) : root_(std::make_shared<HostRoot>()) {
    root_->descriptor = std::move(descriptor);
  }
  std::unique_ptr<LowerDirectory> root() override {
    return std::make_unique<HostDirectory>(root_, std::make_shared<HostNode>(HostNode{nullptr, "."}));
  }
  LowerCounts counts() const override { return root_->counts; }

 private:
  std::shared_ptr<HostRoot> root_;
};

HostVolumeError error_of(int error) {
  switch (error) {
    case ENOENT:
      return HostVolumeError::kNotFound;
    case ENOTDIR:
      return HostVolumeError::kNotADirectory;
    case EACCES:
      return HostVolumeError::kAccessDenied;
    default:
      return HostVolumeError::kOther;
  }
}

}  // namespace

HostVolume open_host_volume(const std::string& path, VolumeOptions options) {
  HostVolume volume;
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!descriptor) {
    volume.error = error_of(errno);
    volume.message = std::strerror(errno);
    return volume;
  }
  volume.file_system =
      std::make_unique<Tree>(std::move(options), std::make_unique<HostLower>(std::move(descriptor)));
  return volume;
}

}  // namespace fltsim::fs

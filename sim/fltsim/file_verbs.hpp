// What a simulated program does with files; fltsim::Process has these as members.
//
//   process.write(u"C:\\docs\\plan.txt", "text");                  // short: one verb, one path
//   auto opened = process.create({.path = u"C:\\docs\\plan.txt"});  // NT-shaped: by handle, with NT's
//   options EXPECT_EQ(process.read(opened.handle, 100).content, "text");
//
// A path is a DOS path (C:\docs\plan.txt), or an NT name if it begins with a backslash (\??\C:\docs,
// \Device\HarddiskVolume1\docs). Every verb makes the system calls that an ordinary program makes, through
// all filters, in a thread of its process; it returns when they are done. Called by a simulated thread of
// that process it runs in that thread.
//
// `status` is the NTSTATUS of the first call that failed, or that of the verb's main call. It is
// STATUS_THREAD_IS_TERMINATING (0xC000004B) when the verb did not come to its end: the process was killed, or
// the machine stopped or hangs (which is a finding).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fltsim {

namespace nt {
class Process;
}

enum class FileHandle : std::uintptr_t {
  kNone = 0,
};

inline constexpr std::int32_t kVerbDidNotEnd = static_cast<std::int32_t>(0xC000004B);

// FILE_FULL_EA_INFORMATION. Setting an empty value removes the attribute.
struct ExtendedAttribute {
  std::string name;
  std::string value;
  std::uint8_t flags = 0;  // 0 or FILE_NEED_EA

  bool operator==(const ExtendedAttribute&) const = default;
};

// Values are the WDK's: FILE_OPEN, FILE_SHARE_READ ...
struct CreateArguments {
  std::u16string path;                 // with `root`: relative to it, or the 8 bytes of a file id
  std::uint32_t access = 0x8010'0000;  // GENERIC_READ | SYNCHRONIZE
  std::uint32_t disposition = 1;       // FILE_OPEN
  std::uint32_t options = 0x20;        // FILE_SYNCHRONOUS_IO_NONALERT
  std::uint32_t share = 7;             // all
  std::uint32_t attributes = 0x80;     // FILE_ATTRIBUTE_NORMAL
  std::int64_t allocation_size = 0;
  FileHandle root = FileHandle::kNone;
  bool case_insensitive = true;
  std::vector<ExtendedAttribute> extended_attributes{};  // for a file that is made or overwritten
  // Reads, writes and queries on the handle are tried as fast I/O first, as Windows does on cached files.
  bool fast_io = false;
};

struct CreateResult {
  std::int32_t status = kVerbDidNotEnd;
  std::uint64_t information = 0;  // FILE_OPENED, FILE_CREATED ...
  FileHandle handle = FileHandle::kNone;
};

struct IoResult {
  std::int32_t status = kVerbDidNotEnd;
  std::uint64_t information = 0;  // bytes moved
  std::string content;            // what was read or answered
};

struct ListEntry {
  std::u16string name;
  std::uint32_t attributes = 0;
  std::uint64_t size = 0;
};

struct ListResult {
  std::int32_t status = kVerbDidNotEnd;
  std::vector<ListEntry> entries;

  std::vector<std::u16string> names() const;
};

struct MapResult {
  std::int32_t status = kVerbDidNotEnd;
  // The view, in the machine's user range: may be read and written by anybody until it is unmapped.
  std::span<std::byte> view;
};

struct EaResult {
  std::int32_t status = kVerbDidNotEnd;
  std::vector<ExtendedAttribute> attributes;
};

struct LockArguments {
  std::int64_t offset = 0;
  std::int64_t length = 0;
  bool exclusive = true;
  bool wait = false;  // else a lock that cannot be had at once is STATUS_LOCK_NOT_GRANTED
  std::uint32_t key = 0;
};

struct NotifyEntry {
  std::uint32_t action = 0;  // FILE_ACTION_*
  std::u16string name;

  bool operator==(const NotifyEntry&) const = default;
};

struct NotifyResult {
  std::int32_t status = kVerbDidNotEnd;  // STATUS_NOTIFY_ENUM_DIR: too many to tell; STATUS_NOTIFY_CLEANUP
  std::vector<NotifyEntry> entries;
};

// A system call that waits in a thread of its own. Dropping it gives it up: the call goes on.
template <class Result>
class Pending {
 public:
  struct State;
  explicit Pending(std::shared_ptr<State> state) : state_(std::move(state)) {}
  bool done() const;
  // Lets the machine run until the call has returned.
  Result take();

 private:
  std::shared_ptr<State> state_;
};

class FileVerbs {
 public:
  explicit FileVerbs(nt::Process* process) : process_(process) {}

  // --- short ---

  // Replaces or makes the file, as an editor that saves in place does.
  IoResult write(std::u16string_view path, std::string_view text) const;
  IoResult append(std::u16string_view path, std::string_view text) const;
  IoResult read(std::u16string_view path) const;
  // `to` is a path, or a bare name in the same directory.
  IoResult rename(std::u16string_view from, std::u16string_view to, bool replace = false) const;
  // As rename; for what goes to another directory.
  IoResult move(std::u16string_view from, std::u16string_view to, bool replace = false) const;
  // A hard link `path` to the file `existing`.
  IoResult link(std::u16string_view path, std::u16string_view existing) const;
  // A file, or an empty directory.
  IoResult remove(std::u16string_view path) const;
  IoResult mkdir(std::u16string_view path) const;
  IoResult truncate(std::u16string_view path, std::uint64_t size) const;
  bool exists(std::u16string_view path) const;
  // Without . and .. ; in the file system's order.
  ListResult list(std::u16string_view path) const;

  // --- NT-shaped ---
  CreateResult create(const CreateArguments& arguments) const;
  IoResult close(FileHandle handle) const;
  // Without an offset: at the handle's position.
  IoResult read(FileHandle handle, std::uint32_t length, std::optional<std::int64_t> offset = {}) const;
  IoResult write(FileHandle handle, std::string_view bytes, std::optional<std::int64_t> offset = {}) const;
  // The information class as its structure's bytes.
  IoResult query(FileHandle handle, std::uint32_t information_class, std::uint32_t length) const;
  IoResult set(FileHandle handle, std::uint32_t information_class, std::string_view bytes) const;
  IoResult query_volume(FileHandle handle, std::uint32_t information_class, std::uint32_t length) const;
  // One system call; goes on where the last one ended. Entries of `length` bytes of
  // FILE_BOTH_DIR_INFORMATION.
  ListResult query_directory(FileHandle handle, std::u16string_view pattern = {}, bool restart = false,
                             std::uint32_t length = 4096) const;
  IoResult flush(FileHandle handle) const;
  // DeviceIoControl: `content` is what was written of `output_length` bytes. As there, a code of the device type
  // FILE_DEVICE_FILE_SYSTEM is a file-system control. A driver's device is opened by its link, \??\Name.
  IoResult device_control(FileHandle handle, std::uint32_t code, std::string_view input = {},
                          std::uint32_t output_length = 0) const;

  // NtFsControlFile. An open volume is the path \??\C:, for DeviceIoControl too.
  IoResult fs_control(FileHandle handle, std::uint32_t code, std::string_view input = {},
                      std::uint32_t output_length = 0) const;
  IoResult lock(FileHandle handle, const LockArguments& range) const;
  IoResult unlock(FileHandle handle, const LockArguments& range) const;
  // Waits for a lock that somebody else holds. From the control thread the machine runs until nobody can go on.
  Pending<IoResult> start_lock(FileHandle handle, const LockArguments& range) const;
  // All attributes, or those named.
  EaResult query_ea(FileHandle handle, const std::vector<std::string>& names = {}) const;
  // In Information: where in the list it is wrong.
  IoResult set_ea(FileHandle handle, const std::vector<ExtendedAttribute>& attributes) const;
  // A self-relative descriptor of the parts that are asked for (OWNER_SECURITY_INFORMATION ...).
  IoResult query_security(FileHandle handle, std::uint32_t information) const;
  IoResult set_security(FileHandle handle, std::uint32_t information, std::string_view descriptor) const;
  // The next change in an open directory; the first call on a handle begins the watch.
  Pending<NotifyResult> start_notify(FileHandle directory, std::uint32_t filter, bool tree = false,
                                     std::uint32_t length = 4096) const;
  // By the id that FileInternalInformation tells, on the volume of `root`, which is any open file of it.
  CreateResult open_by_id(FileHandle root, std::uint64_t id, CreateArguments arguments = {}) const;
  IoResult set_volume(FileHandle volume, std::uint32_t information_class, std::string_view bytes) const;

  // FILE_RENAME_INFORMATION (classes 10, 65) or FILE_LINK_INFORMATION (11). `target` is a bare name or a
  // path, or relative to `root`; `flags` is ReplaceIfExists, or the flags of class 65.
  IoResult set_name(FileHandle handle, std::uint32_t information_class, std::u16string_view target,
                    std::uint32_t flags, FileHandle root = FileHandle::kNone) const;

  // Makes a section (PAGE_READWRITE unless read-only) and maps all of it.
  MapResult map(FileHandle handle, bool writable = true) const;
  // As FlushViewOfFile: the changed pages are written when it returns.
  IoResult flush_view(std::span<std::byte> view) const;
  // What was changed is written later, by the system.
  IoResult unmap(std::span<std::byte> view) const;

 protected:
  nt::Process* process_;
};

}  // namespace fltsim

// The objects of a tree: files (directories too), their links and their streams, and what holds them open.
// Plain data without rules of its own; tree.hpp has the rules, and its mutex guards all of this.
//
// Who keeps whom alive: a directory its links, a link its file, a file its streams; an open all three, so
// that they outlive their removal. Upward pointers are plain: a link's `directory` is valid while the link is
// not `removed`.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "fs/file_system.hpp"
#include "fs/lower.hpp"
#include "fs/stream_data.hpp"
#include "fs/upcase.hpp"

namespace fltsim::fs {

struct File;
class Tree;

// Orders names by their upcased units, as NTFS orders a directory.
struct NameLess {
  using is_transparent = void;
  template <typename Left, typename Right>
  bool operator()(const Left& left, const Right& right) const {
    return less(name_of(left), name_of(right));
  }

 private:
  static bool less(std::u16string_view left, std::u16string_view right);
  static std::u16string_view name_of(std::u16string_view name) { return name; }
  template <typename Named>
  static std::u16string_view name_of(const std::shared_ptr<Named>& named) {
    return named->name;
  }
};

// What IoCheckShareAccess keeps per stream: opens that asked for reading, writing or deleting, and what they
// share.
struct ShareCounts {
  std::uint32_t opens = 0;
  std::uint32_t readers = 0;
  std::uint32_t writers = 0;
  std::uint32_t deleters = 0;
  std::uint32_t shared_read = 0;
  std::uint32_t shared_write = 0;
  std::uint32_t shared_delete = 0;
};

bool share_allows(const ShareCounts& counts, std::uint32_t access, std::uint32_t share);
void add_share(ShareCounts& counts, std::uint32_t access, std::uint32_t share);
void remove_share(ShareCounts& counts, std::uint32_t access, std::uint32_t share);

struct Stream {
  std::unique_ptr<StreamIdentity> identity;  // exactly while there are opens
  std::u16string name;                       // without colons; empty for the default stream
  StreamData data;
  std::uint64_t allocation_below = 0;  // what the file below takes; not counted against the capacity
  std::uint64_t reserved = 0;          // explicit allocation beyond the size
  std::uint64_t charged = 0;           // counted against the capacity of the volume
  ShareCounts share;
  std::uint32_t handles = 0;  // opens before cleanup
  std::uint32_t opens = 0;    // opens before close
  bool delete_pending = false;
  bool removed = false;
};

struct Link : std::enable_shared_from_this<Link> {
  std::shared_ptr<File> file;
  File* directory = nullptr;  // null for the root
  std::u16string name;        // empty for the root
  std::uint32_t handles = 0;  // opens before cleanup that came through this link
  bool delete_pending = false;
  bool removed = false;
};

struct File {
  std::uint64_t id = 0;
  bool directory = false;
  std::uint32_t attributes = 0;  // without FILE_ATTRIBUTE_DIRECTORY and FILE_ATTRIBUTE_NORMAL
  Ticks creation_time = 0;
  Ticks last_access_time = 0;
  Ticks last_write_time = 0;
  Ticks change_time = 0;
  std::uint32_t opens = 0;  // of all its streams, before close
  std::vector<ExtendedAttribute> extended_attributes;
  std::vector<std::uint8_t> security;    // self-relative; empty: none of its own
  std::vector<std::byte> reparse_point;  // REPARSE_DATA_BUFFER; empty: none
  std::optional<ObjectId> object_id;
  std::vector<Link*> links;                             // oldest first; one for a directory
  std::set<std::shared_ptr<Stream>, NameLess> streams;  // the one with the empty name is always there
  // Directories only.
  std::set<std::shared_ptr<Link>, NameLess> children;
  std::unique_ptr<LowerDirectory> unread;  // entries below that are not in `children` yet
  std::int64_t handles_below = 0;          // opens before cleanup that came through links in it and below it

  Stream& default_stream() const { return **streams.begin(); }
};

std::uint32_t ea_size_of(const File& file);
std::uint32_t reparse_tag_of(const File& file);  // 0: no reparse point
// The path of a link from the root. REQUIRES: it is not removed.
std::u16string path_of(const Link& link);

// How far the scans of one directory open have come.
struct DirectoryScan {
  std::optional<std::u16string> pattern;  // set by the first query
  int dots_taken = 0;                     // of "." and ".."
  std::u16string last_name;               // the last entry that was taken; empty: none
};

// The times whose upkeep an open can stop through FILE_BASIC_INFORMATION.
enum TimeIndex {
  kCreationTime,
  kLastAccessTime,
  kLastWriteTime,
  kChangeTime,
  kTimeCount
};

class TreeOpen final : public Open {
 public:
  StreamIdentity& stream() const override { return *data->identity; }
  OpenKind kind() const override { return open_kind; }

  const Tree* tree = nullptr;
  OpenKind open_kind = OpenKind::kData;
  std::shared_ptr<Link> link;  // null for the volume, as is `file`
  std::shared_ptr<File> file;
  std::shared_ptr<Stream> data;
  std::uint32_t access = 0;
  std::uint32_t share = 0;
  bool opened_delete_on_close = false;
  bool delete_on_close = false;
  bool posix_delete = false;
  bool cleaned_up = false;
  std::array<bool, kTimeCount> upkeep_stopped{};
  DirectoryScan scan;
  std::uint32_t unreported = 0;  // FILE_NOTIFY_CHANGE_* of writes, which are told at flush and cleanup
};

}  // namespace fltsim::fs

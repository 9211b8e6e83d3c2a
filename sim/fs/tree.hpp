// The one implementation of FileSystem: NT's rules over the objects of node.hpp, in memory, above a lower
// layer that is read when first needed (none for a memory file system, a host directory for a host volume).
//
// Thread safety: as FileSystem says; `mutex_` guards everything, public functions take it, private ones hold
// it.
//
// Invariants:
//   1. A link is in its directory's `children` and in its file's `links`, or it is `removed` and in neither.
//   2. A file is in `files_` exactly while it has a link. Its bytes are counted in `used_` until it has
//      neither a link nor an open.
//   3. `handles` of a link and of a stream count the opens before cleanup; at 0 a pending deletion takes
//      effect.
//   4. A directory that is delete-pending or removed has no children, and gets none.
//   5. `handles_` counts the opens before cleanup; `handles_below` of a directory counts those through the links in it
//      and below it, however deep.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fs/file_system.hpp"
#include "fs/lower.hpp"
#include "fs/memory_file_system.hpp"
#include "fs/node.hpp"
#include "fs/path.hpp"

namespace fltsim::fs {

class Tree final : public FileSystem {
 public:
  // `lower` may be null.
  Tree(VolumeOptions options, std::unique_ptr<Lower> lower);

  CreateResult create(const CreateRequest& request) override;
  CleanupResult cleanup(Open& open) override;
  CloseResult close(std::unique_ptr<Open> open) override;
  TransferResult read(Open& open, std::int64_t offset, std::span<std::byte> buffer) override;
  TransferResult write(Open& open, std::int64_t offset, std::span<const std::byte> bytes) override;
  Status flush(Open& open) override;
  Status query_information(const Open& open, FileInformation& information) override;
  Status query_name(const Open& open, std::u16string& name) override;
  Status query_streams(const Open& open, std::vector<StreamEntry>& streams) override;
  Status query_links(const Open& open, std::vector<LinkEntry>& links) override;
  Status set_basic(Open& open, const BasicChange& change) override;
  Status set_disposition(Open& open, std::uint32_t flags) override;
  Status rename(Open& open, const NewName& target) override;
  Status link(Open& open, const NewName& target) override;
  Status set_end_of_file(Open& open, std::int64_t size) override;
  Status set_allocation(Open& open, std::int64_t size) override;
  Status query_directory(Open& open, const DirectoryQuery& query) override;
  Status normalize(std::u16string_view path, std::u16string& normalized) override;
  Status query_extended_attributes(const Open& open, std::vector<ExtendedAttribute>& attributes) override;
  Status set_extended_attributes(Open& open, std::span<const ExtendedAttribute> attributes) override;
  Status query_security(const Open& open, std::vector<std::uint8_t>& descriptor) override;
  Status set_security(Open& open, std::span<const std::uint8_t> descriptor) override;
  Status query_reparse_point(const Open& open, std::vector<std::byte>& data) override;
  Status set_reparse_point(Open& open, std::span<const std::byte> data) override;
  Status delete_reparse_point(Open& open, std::uint32_t tag) override;
  Status query_object_id(const Open& open, ObjectId& id) override;
  Status set_object_id(Open& open, const ObjectId& id) override;
  Status delete_object_id(Open& open) override;
  Status set_sparse(Open& open, bool sparse) override;
  Status set_zero_data(Open& open, std::int64_t from, std::int64_t beyond) override;
  Status lock_volume(Open& open) override;
  Status unlock_volume(Open& open) override;
  void set_change_observer(ChangeObserver observer) override;
  VolumeInformation volume_information() override;
  Status set_volume_label(std::u16string_view label) override;
  Capabilities capabilities() const override;
  LowerCounts lower_counts() override;

 private:
  // What a create request speaks of. `link` is null when the last component does not exist.
  struct Place {
    bool volume = false;
    std::shared_ptr<Link> link;
    std::shared_ptr<Link> directory;  // of the last component; null when there is none
    std::u16string_view name;         // the last component
    ParsedPath path;
    std::shared_ptr<Link> reparse;  // a reparse point in the way: nothing behind it was looked at
    std::size_t unparsed_units = 0;
  };
  struct Target;

  // tree.cpp: objects, space, times
  std::shared_ptr<File> make_file(bool directory, std::uint32_t attributes, Ticks now);
  static std::shared_ptr<Stream> make_stream(std::u16string_view name);
  std::shared_ptr<Link> make_link(std::shared_ptr<File> file, File& directory, std::u16string_view name);
  void insert_link(const std::shared_ptr<Link>& link, File& directory, std::u16string_view name);
  void take_out_link(Link& link);
  static void count_above(const Link& link, std::int64_t handles);
  void remove_link(const std::shared_ptr<Link>& link);
  void remove_stream(File& file, const std::shared_ptr<Stream>& stream);
  void refund_if_gone(File& file);
  void refund(Stream& stream);
  [[nodiscard]] bool reserve(Stream& stream, std::uint64_t size, std::uint64_t reserved);
  Status load(File& directory);
  void adopt(File& directory, LowerEntry& entry);
  Status find_child(File& directory, std::u16string_view name, std::shared_ptr<Link>& link);
  void touch(const TreeOpen* open, File& file, std::initializer_list<TimeIndex> times);
  void touch_directory(File& directory);
  void fill_information(const File& file, const Stream& stream, FileInformation& information) const;
  TreeOpen& own(Open& open) const;
  const TreeOpen& own(const Open& open) const;
  const TreeOpen* own_or_null(const Open* open) const;

  // tree_create.cpp
  Status locate(const CreateRequest& request, Place& place);
  Status locate_by_id(const CreateRequest& request, Place& place);
  Status start_of(const CreateRequest& request, std::shared_ptr<Link>& start,
                  std::u16string_view& rest) const;
  Status walk(std::shared_ptr<Link> start, Place& place, const char16_t* end_of_path);
  CreateResult open_volume(const CreateRequest& request);
  CreateResult open_target_directory(const CreateRequest& request, const Place& place);
  CreateResult open_existing(const CreateRequest& request, const Place& place);
  CreateResult open_directory(const CreateRequest& request, const Place& place);
  CreateResult open_data(const CreateRequest& request, const Place& place,
                         const std::shared_ptr<Stream>& stream);
  CreateResult overwrite(const CreateRequest& request, const Place& place,
                         const std::shared_ptr<Stream>& stream);
  CreateResult create_file(const CreateRequest& request, const Place& place);
  CreateResult create_stream(const CreateRequest& request, const Place& place);
  void drop_other_streams(File& file);
  CreateResult make_open(const CreateRequest& request, std::shared_ptr<Link> link,
                         std::shared_ptr<Stream> stream, OpenKind kind, std::uint32_t information);

  static CreateResult reparse(const File& file, std::size_t unparsed_units);

  // tree_attributes.cpp
  static Status merge(std::vector<ExtendedAttribute>& held, std::span<const ExtendedAttribute> changes);
  void report(const Link& link, const Stream* stream, std::uint32_t filter, std::uint32_t action);
  void report_written(TreeOpen& open);

  // tree_names.cpp
  Status find_target(const TreeOpen& open, const NewName& new_name, Target& target);
  Status check_replacement(const Target& target, const File& source, std::uint32_t flags);
  Status check_rename(const TreeOpen& open, const Target& target) const;
  Status rename_stream(TreeOpen& open, const NewName& target);
  bool is_within(const File& directory, const File& ancestor) const;

  // tree_information.cpp
  struct Step {
    std::u16string_view name;
    const File* file;
    bool delete_pending;
  };
  std::optional<Step> next_step(const TreeOpen& open) const;
  static void advance(DirectoryScan& scan, const Step& step);

  // tree_cleanup.cpp
  void mark_deletion(TreeOpen& open);
  void take_deletion_into_effect(TreeOpen& open, CleanupResult& result);

  const VolumeOptions options_;
  const std::unique_ptr<Lower> lower_;
  std::mutex mutex_;
  std::u16string label_;
  Ticks creation_time_;
  std::uint64_t next_file_number_ = 64;  // smaller ones are NTFS's own files
  std::uint64_t next_stream_id_ = 1;
  std::uint64_t used_ = 0;
  std::map<std::uint64_t, File*> files_;
  std::shared_ptr<Stream> volume_stream_;
  std::shared_ptr<Link> root_;
  std::uint64_t handles_ = 0;
  const TreeOpen* volume_locker_ = nullptr;
  std::map<std::array<std::uint8_t, 16>, File*> object_ids_;  // of files that have a link
  ChangeObserver observer_;
};

}  // namespace fltsim::fs

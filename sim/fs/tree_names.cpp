// Tree: renames, moves and hard links.
#include <ntifs.h>

#include <algorithm>
#include <utility>

#include "fs/tree.hpp"

namespace fltsim::fs {
namespace {

// FILE_LINK_INFORMATION gives these flags the same values.
constexpr std::uint32_t kReplaceIfExists = FILE_RENAME_REPLACE_IF_EXISTS;
constexpr std::uint32_t kPosixSemantics = FILE_RENAME_POSIX_SEMANTICS;
constexpr std::uint32_t kIgnoreReadOnly = FILE_RENAME_IGNORE_READONLY_ATTRIBUTE;
static_assert(kReplaceIfExists == FILE_LINK_REPLACE_IF_EXISTS &&
              kPosixSemantics == FILE_LINK_POSIX_SEMANTICS &&
              kIgnoreReadOnly == FILE_LINK_IGNORE_READONLY_ATTRIBUTE);
constexpr std::size_t kLinkCountMax = 1024;

bool all_share_delete(const File& file) {
  return std::all_of(file.streams.begin(), file.streams.end(), [](const std::shared_ptr<Stream>& stream) {
    return stream->share.shared_delete == stream->share.opens;
  });
}

}  // namespace

struct Tree::Target {
  File* directory = nullptr;
  std::shared_ptr<Link> existing;  // null when the name is free
};

Status Tree::rename(Open& handle, const NewName& new_name) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume || open.link == root_) return STATUS_INVALID_PARAMETER;
  if (!open.data->name.empty()) return rename_stream(open, new_name);
  Target target;
  if (Status status = find_target(open, new_name, target); status != STATUS_SUCCESS) return status;
  if (target.existing == open.link) target.existing = nullptr;  // the same name, perhaps in another case
  if (Status status = check_rename(open, target); status != STATUS_SUCCESS) return status;
  if (target.existing) {
    Status status = check_replacement(target, *open.file, new_name.flags);
    if (status != STATUS_SUCCESS) return status;
    remove_link(target.existing);
  }
  Link& link = *open.link;
  std::u16string name(new_name.name);
  const bool moves = target.directory != link.directory;
  const std::uint32_t filter =
      open.file->directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME;
  report(link, nullptr, filter, moves ? FILE_ACTION_REMOVED : FILE_ACTION_RENAMED_OLD_NAME);
  touch_directory(*link.directory);
  take_out_link(link);
  insert_link(open.link, *target.directory, name);
  touch_directory(*target.directory);
  touch(&open, *open.file, {kChangeTime});
  report(link, nullptr, filter, moves ? FILE_ACTION_ADDED : FILE_ACTION_RENAMED_NEW_NAME);
  return STATUS_SUCCESS;
}

Status Tree::link(Open& handle, const NewName& new_name) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume || !open.data->name.empty()) return STATUS_INVALID_PARAMETER;
  if (open.file->directory) return STATUS_FILE_IS_A_DIRECTORY;
  Target target;
  if (Status status = find_target(open, new_name, target); status != STATUS_SUCCESS) return status;
  if (open.file->links.size() >= kLinkCountMax) return STATUS_TOO_MANY_LINKS;
  if (target.existing == open.link && (new_name.flags & kReplaceIfExists)) return STATUS_SUCCESS;
  if (target.existing) {
    Status status = check_replacement(target, *open.file, new_name.flags);
    if (status != STATUS_SUCCESS) return status;
    remove_link(target.existing);
  }
  const std::shared_ptr<Link> made = make_link(open.file, *target.directory, new_name.name);
  report(*made, nullptr, FILE_NOTIFY_CHANGE_FILE_NAME, FILE_ACTION_ADDED);
  touch_directory(*target.directory);
  touch(&open, *open.file, {kChangeTime});
  return STATUS_SUCCESS;
}

Status Tree::find_target(const TreeOpen& open, const NewName& new_name, Target& target) {
  if (new_name.flags & ~(kReplaceIfExists | kPosixSemantics | kIgnoreReadOnly)) return STATUS_NOT_SUPPORTED;
  if (!is_valid_component(new_name.name)) return STATUS_OBJECT_NAME_INVALID;
  if (open.link->removed) return STATUS_FILE_DELETED;
  if (open.link->delete_pending) return STATUS_DELETE_PENDING;
  const Link* directory_link = nullptr;
  if (new_name.target_directory) {
    const TreeOpen* directory = own_or_null(new_name.target_directory);
    if (!directory) return STATUS_NOT_SAME_DEVICE;
    if (directory->open_kind != OpenKind::kDirectory) return STATUS_INVALID_PARAMETER;
    directory_link = directory->link.get();
  } else {
    directory_link = open.link->directory->links.front();
  }
  if (directory_link->delete_pending || directory_link->removed) return STATUS_DELETE_PENDING;
  target.directory = directory_link->file.get();
  return find_child(*target.directory, new_name.name, target.existing);
}

Status Tree::check_rename(const TreeOpen& open, const Target& target) const {
  if (!open.file->directory) return STATUS_SUCCESS;
  if (is_within(*target.directory, *open.file)) return STATUS_ACCESS_DENIED;
  return open.file->handles_below != 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

// Whether `target.existing` may make room for `source`.
Status Tree::check_replacement(const Target& target, const File& source, std::uint32_t flags) {
  const Link& existing = *target.existing;
  File& victim = *existing.file;
  if (!(flags & kReplaceIfExists)) return STATUS_OBJECT_NAME_COLLISION;
  if (existing.delete_pending) return STATUS_DELETE_PENDING;
  bool posix = (flags & kPosixSemantics) != 0;
  if (victim.directory) {
    if (!posix || !source.directory) return STATUS_ACCESS_DENIED;
    if (Status status = load(victim); status != STATUS_SUCCESS) return status;
    if (!victim.children.empty()) return STATUS_DIRECTORY_NOT_EMPTY;
  } else if (source.directory) {
    return STATUS_ACCESS_DENIED;
  }
  bool read_only = (victim.attributes & FILE_ATTRIBUTE_READONLY) && !(flags & kIgnoreReadOnly);
  if (read_only) return STATUS_ACCESS_DENIED;
  if (existing.handles == 0) return STATUS_SUCCESS;
  if (!posix) return STATUS_ACCESS_DENIED;
  return all_share_delete(victim) ? STATUS_SUCCESS : STATUS_SHARING_VIOLATION;
}

bool Tree::is_within(const File& directory, const File& ancestor) const {
  const File* step = &directory;
  while (step && step != &ancestor) step = step->links.front()->directory;
  return step != nullptr;
}

Status Tree::rename_stream(TreeOpen& open, const NewName& new_name) {
  std::u16string_view name;
  if (new_name.flags & ~(kReplaceIfExists | kPosixSemantics | kIgnoreReadOnly)) return STATUS_NOT_SUPPORTED;
  if (new_name.name.empty() || new_name.name.front() != u':' || new_name.target_directory) {
    return STATUS_INVALID_PARAMETER;
  }
  if (Status status = parse_stream_name(new_name.name, name); status != STATUS_SUCCESS) return status;
  if (open.link->removed || open.data->removed) return STATUS_FILE_DELETED;
  if (open.link->delete_pending || open.data->delete_pending) return STATUS_DELETE_PENDING;
  File& file = *open.file;
  auto found = file.streams.find(name);
  if (found != file.streams.end() && *found != open.data) {
    if (!(new_name.flags & kReplaceIfExists)) return STATUS_OBJECT_NAME_COLLISION;
    if ((*found)->handles > 0) return STATUS_ACCESS_DENIED;
    remove_stream(file, *found);
  }
  report(*open.link, open.data.get(), FILE_NOTIFY_CHANGE_STREAM_NAME, FILE_ACTION_REMOVED_STREAM);
  file.streams.erase(open.data);
  open.data->name = name;
  file.streams.insert(open.data);
  report(*open.link, open.data.get(), FILE_NOTIFY_CHANGE_STREAM_NAME, FILE_ACTION_ADDED_STREAM);
  touch(&open, file, {kChangeTime});
  return STATUS_SUCCESS;
}

}  // namespace fltsim::fs

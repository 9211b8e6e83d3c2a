// Tree: extended attributes, security descriptors, reparse points, object ids, sparse files, the lock of the volume,
// and telling of changes.
#include <ntifs.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "fs/tree.hpp"

namespace fltsim::fs {
namespace {

constexpr std::size_t kEaSizeMax = 64 * 1024;
constexpr std::size_t kEaOverhead = 5;  // flags, two lengths and the null behind the name, as it is stored

std::size_t size_of(std::span<const ExtendedAttribute> attributes) {
  std::size_t size = 0;
  for (const ExtendedAttribute& one : attributes) size += kEaOverhead + one.name.size() + one.value.size();
  return size;
}

std::uint32_t tag_of(std::span<const std::byte> reparse_point) {
  std::uint32_t tag = 0;
  std::memcpy(&tag, reparse_point.data(), sizeof tag);
  return tag;
}

}  // namespace

std::uint32_t ea_size_of(const File& file) {
  return static_cast<std::uint32_t>(size_of(file.extended_attributes));
}

std::uint32_t reparse_tag_of(const File& file) {
  return file.reparse_point.empty() ? 0 : tag_of(file.reparse_point);
}

// --- extended attributes ---

Status Tree::merge(std::vector<ExtendedAttribute>& held, std::span<const ExtendedAttribute> changes) {
  std::vector<ExtendedAttribute> merged = held;
  for (const ExtendedAttribute& change : changes) {
    const auto found = std::ranges::find(merged, change.name, &ExtendedAttribute::name);
    if (change.value.empty()) {
      if (found != merged.end()) merged.erase(found);
    } else if (found != merged.end()) {
      *found = change;
    } else {
      merged.push_back(change);
    }
  }
  if (size_of(merged) > kEaSizeMax) return STATUS_EA_TOO_LARGE;
  held = std::move(merged);
  return STATUS_SUCCESS;
}

Status Tree::query_extended_attributes(const Open& handle, std::vector<ExtendedAttribute>& attributes) {
  std::lock_guard lock(mutex_);
  const TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  attributes = open.file->extended_attributes;
  return STATUS_SUCCESS;
}

Status Tree::set_extended_attributes(Open& handle, std::span<const ExtendedAttribute> attributes) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  if (!open.file->reparse_point.empty()) return STATUS_EAS_NOT_SUPPORTED;
  if (Status status = merge(open.file->extended_attributes, attributes); status != STATUS_SUCCESS)
    return status;
  if (!open.file->directory) open.file->attributes |= FILE_ATTRIBUTE_ARCHIVE;
  touch(&open, *open.file, {kChangeTime});
  report(*open.link, nullptr, FILE_NOTIFY_CHANGE_EA, FILE_ACTION_MODIFIED);
  return STATUS_SUCCESS;
}

// --- security ---

Status Tree::query_security(const Open& handle, std::vector<std::uint8_t>& descriptor) {
  std::lock_guard lock(mutex_);
  const TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  descriptor = open.file->security;
  return STATUS_SUCCESS;
}

Status Tree::set_security(Open& handle, std::span<const std::uint8_t> descriptor) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  open.file->security.assign(descriptor.begin(), descriptor.end());
  touch(&open, *open.file, {kChangeTime});
  report(*open.link, nullptr, FILE_NOTIFY_CHANGE_SECURITY, FILE_ACTION_MODIFIED);
  return STATUS_SUCCESS;
}

// --- reparse points ---

Status Tree::query_reparse_point(const Open& handle, std::vector<std::byte>& data) {
  std::lock_guard lock(mutex_);
  const TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  if (open.file->reparse_point.empty()) return STATUS_NOT_A_REPARSE_POINT;
  data = open.file->reparse_point;
  return STATUS_SUCCESS;
}

Status Tree::set_reparse_point(Open& handle, std::span<const std::byte> data) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  File& file = *open.file;
  if (open.link == root_) return STATUS_ACCESS_DENIED;
  if (!file.reparse_point.empty() && tag_of(file.reparse_point) != tag_of(data)) {
    return STATUS_IO_REPARSE_TAG_MISMATCH;
  }
  if (!file.extended_attributes.empty()) return STATUS_EAS_NOT_SUPPORTED;
  if (file.directory) {
    if (Status status = load(file); status != STATUS_SUCCESS) return status;
    if (!file.children.empty()) return STATUS_DIRECTORY_NOT_EMPTY;
  }
  file.reparse_point.assign(data.begin(), data.end());
  touch(&open, file, {kChangeTime});
  report(*open.link, nullptr, FILE_NOTIFY_CHANGE_ATTRIBUTES, FILE_ACTION_MODIFIED);
  return STATUS_SUCCESS;
}

Status Tree::delete_reparse_point(Open& handle, std::uint32_t tag) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  File& file = *open.file;
  if (file.reparse_point.empty()) return STATUS_NOT_A_REPARSE_POINT;
  if (tag_of(file.reparse_point) != tag) return STATUS_IO_REPARSE_TAG_MISMATCH;
  file.reparse_point.clear();
  touch(&open, file, {kChangeTime});
  report(*open.link, nullptr, FILE_NOTIFY_CHANGE_ATTRIBUTES, FILE_ACTION_MODIFIED);
  return STATUS_SUCCESS;
}

CreateResult Tree::reparse(const File& file, std::size_t unparsed_units) {
  CreateResult result;
  result.status = STATUS_REPARSE;
  result.information = tag_of(file.reparse_point);
  result.reparse_point = file.reparse_point;
  result.unparsed_units = unparsed_units;
  return result;
}

// --- object ids ---

Status Tree::query_object_id(const Open& handle, ObjectId& id) {
  std::lock_guard lock(mutex_);
  const TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  if (!open.file->object_id) return STATUS_OBJECTID_NOT_FOUND;
  id = *open.file->object_id;
  return STATUS_SUCCESS;
}

Status Tree::set_object_id(Open& handle, const ObjectId& id) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume || open.file->links.empty()) return STATUS_INVALID_PARAMETER;
  if (open.file->object_id) return STATUS_OBJECT_NAME_COLLISION;
  if (!object_ids_.emplace(id.id, open.file.get()).second) return STATUS_DUPLICATE_NAME;
  open.file->object_id = id;
  return STATUS_SUCCESS;
}

Status Tree::delete_object_id(Open& handle) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  if (open.file->object_id) object_ids_.erase(open.file->object_id->id);
  open.file->object_id.reset();
  return STATUS_SUCCESS;
}

// --- sparse files ---

Status Tree::set_sparse(Open& handle, bool sparse) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kData) return STATUS_INVALID_PARAMETER;
  constexpr std::uint32_t kSparse = FILE_ATTRIBUTE_SPARSE_FILE;
  open.file->attributes = sparse ? open.file->attributes | kSparse : open.file->attributes & ~kSparse;
  touch(&open, *open.file, {kChangeTime});
  report(*open.link, nullptr, FILE_NOTIFY_CHANGE_ATTRIBUTES, FILE_ACTION_MODIFIED);
  return STATUS_SUCCESS;
}

Status Tree::set_zero_data(Open& handle, std::int64_t from, std::int64_t beyond) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kData || from < 0 || beyond < from) return STATUS_INVALID_PARAMETER;
  StreamData& data = open.data->data;
  constexpr std::size_t kUnit = 64 * 1024;
  static const std::vector<std::byte> kZeroes(kUnit);
  const std::uint64_t end = std::min<std::uint64_t>(static_cast<std::uint64_t>(beyond), data.size());
  for (auto at = static_cast<std::uint64_t>(from); at < end;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(kUnit, end - at));
    if (Status status = data.write(at, std::span(kZeroes).first(size)); status != STATUS_SUCCESS)
      return status;
    at += size;
  }
  touch(&open, *open.file, {kLastWriteTime, kChangeTime});
  open.unreported |= FILE_NOTIFY_CHANGE_LAST_WRITE;
  return STATUS_SUCCESS;
}

// --- the lock of the volume ---

Status Tree::lock_volume(Open& handle) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  if (volume_locker_ != nullptr || handles_ > 1) return STATUS_ACCESS_DENIED;
  volume_locker_ = &open;
  return STATUS_SUCCESS;
}

Status Tree::unlock_volume(Open& handle) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  if (volume_locker_ != &open) return STATUS_NOT_LOCKED;
  volume_locker_ = nullptr;
  return STATUS_SUCCESS;
}

// --- changes ---

void Tree::set_change_observer(ChangeObserver observer) {
  std::lock_guard lock(mutex_);
  observer_ = std::move(observer);
}

// `stream` null or the default one: the change is the file's.
void Tree::report(const Link& link, const Stream* stream, std::uint32_t filter, std::uint32_t action) {
  if (!observer_ || link.removed || link.directory == nullptr) return;
  std::u16string path = path_of(link);
  if (stream != nullptr && !stream->name.empty()) path.append(1, u':').append(stream->name);
  observer_({filter, action, path});
}

// As with the caches of Windows, a write shows when the file is flushed or let go of.
void Tree::report_written(TreeOpen& open) {
  const std::uint32_t filter = std::exchange(open.unreported, 0);
  if (filter == 0) return;
  if (open.data->name.empty()) {
    report(*open.link, nullptr, filter, FILE_ACTION_MODIFIED);
  } else {
    const std::uint32_t size = (filter & FILE_NOTIFY_CHANGE_SIZE) != 0 ? FILE_NOTIFY_CHANGE_STREAM_SIZE : 0;
    report(*open.link, open.data.get(), size | FILE_NOTIFY_CHANGE_STREAM_WRITE, FILE_ACTION_MODIFIED_STREAM);
  }
}

}  // namespace fltsim::fs

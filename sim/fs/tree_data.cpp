// Tree: the bytes of streams, and their sizes.
#include <ntifs.h>

#include <algorithm>

#include "fs/tree.hpp"

namespace fltsim::fs {

TransferResult Tree::read(Open& handle, std::int64_t offset, std::span<std::byte> buffer) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kData) return {STATUS_INVALID_DEVICE_REQUEST, 0};
  if (offset < 0) return {STATUS_INVALID_PARAMETER, 0};
  if (buffer.empty()) return {STATUS_SUCCESS, 0, offset};
  auto start = static_cast<std::uint64_t>(offset);
  const StreamData& data = open.data->data;
  if (start >= data.size()) return {STATUS_END_OF_FILE, 0};
  auto count = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), data.size() - start));
  if (Status status = data.read(start, buffer.first(count)); status != STATUS_SUCCESS) return {status, 0};
  touch(&open, *open.file, {kLastAccessTime});
  return {STATUS_SUCCESS, count, offset};
}

TransferResult Tree::write(Open& handle, std::int64_t offset, std::span<const std::byte> bytes) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kData) return {STATUS_INVALID_DEVICE_REQUEST, 0};
  Stream& stream = *open.data;
  if (offset == kEndOfFileOffset) offset = static_cast<std::int64_t>(stream.data.size());
  if (offset < 0) return {STATUS_INVALID_PARAMETER, 0};
  if (bytes.empty()) return {STATUS_SUCCESS, 0, offset};
  auto start = static_cast<std::uint64_t>(offset);
  if (bytes.size() > INT64_MAX - start) return {STATUS_INVALID_PARAMETER, 0};
  std::uint64_t old_size = stream.data.size();
  std::uint64_t size = std::max<std::uint64_t>(old_size, start + bytes.size());
  std::uint64_t reserved = stream.reserved;
  if (!reserve(stream, size, reserved)) return {STATUS_DISK_FULL, 0};
  if (Status status = stream.data.write(start, bytes); status != STATUS_SUCCESS) {
    static_cast<void>(reserve(stream, old_size, reserved));  // less than was just granted
    return {status, 0};
  }
  if (!open.file->directory) open.file->attributes |= FILE_ATTRIBUTE_ARCHIVE;
  touch(&open, *open.file, {kLastWriteTime, kChangeTime});
  open.unreported |= FILE_NOTIFY_CHANGE_LAST_WRITE | (size != old_size ? FILE_NOTIFY_CHANGE_SIZE : 0);
  return {STATUS_SUCCESS, bytes.size(), offset};
}

Status Tree::flush(Open& handle) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kData) report_written(open);
  return STATUS_SUCCESS;
}

Status Tree::set_end_of_file(Open& handle, std::int64_t size) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kData || size < 0) return STATUS_INVALID_PARAMETER;
  Stream& stream = *open.data;
  auto new_size = static_cast<std::uint64_t>(size);
  std::uint64_t reserved = new_size < stream.data.size() ? 0 : stream.reserved;
  if (!reserve(stream, new_size, reserved)) return STATUS_DISK_FULL;
  stream.data.resize(new_size);
  touch(&open, *open.file, {kLastWriteTime, kChangeTime});
  open.unreported |= FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE;
  return STATUS_SUCCESS;
}

Status Tree::set_allocation(Open& handle, std::int64_t size) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kData || size < 0) return STATUS_INVALID_PARAMETER;
  Stream& stream = *open.data;
  auto allocation = static_cast<std::uint64_t>(size);
  std::uint64_t new_size = std::min(stream.data.size(), allocation);
  if (!reserve(stream, new_size, allocation)) return STATUS_DISK_FULL;
  if (new_size == stream.data.size()) return STATUS_SUCCESS;
  stream.data.resize(new_size);
  touch(&open, *open.file, {kLastWriteTime, kChangeTime});
  open.unreported |= FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE;
  return STATUS_SUCCESS;
}

}  // namespace fltsim::fs

// Tree: deletion, and the two steps in which an open ends.
#include <ntifs.h>

#include <fltlink/base/assert.hpp>
#include <utility>

#include "fs/tree.hpp"

namespace fltsim::fs {
namespace {

constexpr std::uint32_t kKnownFlags = FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |
                                      FILE_DISPOSITION_FORCE_IMAGE_SECTION_CHECK | FILE_DISPOSITION_ON_CLOSE |
                                      FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE;

}  // namespace

Status Tree::set_disposition(Open& handle, std::uint32_t flags) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  if (flags & ~kKnownFlags) return STATUS_NOT_SUPPORTED;
  bool remove = (flags & FILE_DISPOSITION_DELETE) != 0;
  bool on_close = (flags & FILE_DISPOSITION_ON_CLOSE) != 0;
  if (on_close && !open.opened_delete_on_close) return STATUS_NOT_SUPPORTED;
  if (open.link->removed || open.data->removed) return STATUS_FILE_DELETED;
  File& file = *open.file;
  bool named_stream = !open.data->name.empty();
  if (remove) {
    bool read_only = (file.attributes & FILE_ATTRIBUTE_READONLY) != 0;
    if (read_only && !(flags & FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE)) return STATUS_CANNOT_DELETE;
    if (open.link == root_ && !named_stream) return STATUS_CANNOT_DELETE;
    if (file.directory && !named_stream) {
      if (Status status = load(file); status != STATUS_SUCCESS) return status;
      if (!file.children.empty()) return STATUS_DIRECTORY_NOT_EMPTY;
    }
  }
  if (on_close) {
    open.delete_on_close = remove;
    return STATUS_SUCCESS;
  }
  open.posix_delete = remove && (flags & FILE_DISPOSITION_POSIX_SEMANTICS) && !named_stream;
  (named_stream ? open.data->delete_pending : open.link->delete_pending) = remove;
  return STATUS_SUCCESS;
}

CleanupResult Tree::cleanup(Open& handle) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  FLTLINK_ASSERT(!open.cleaned_up);
  open.cleaned_up = true;
  --handles_;
  Stream& stream = *open.data;
  remove_share(stream.share, open.access, open.share);
  --stream.handles;
  CleanupResult result;
  if (volume_locker_ == &open) volume_locker_ = nullptr;
  if (!open.link) return result;
  report_written(open);
  --open.link->handles;
  count_above(*open.link, -1);
  if (open.delete_on_close) mark_deletion(open);
  if (stream.handles == 0) static_cast<void>(reserve(stream, stream.data.size(), 0));  // less than it has
  take_deletion_into_effect(open, result);
  return result;
}

// Delete-on-close becomes a pending deletion, which the other opens of the link now see.
void Tree::mark_deletion(TreeOpen& open) {
  if (!open.data->name.empty()) {
    open.data->delete_pending = true;
  } else if (!open.file->directory || (load(*open.file) == STATUS_SUCCESS && open.file->children.empty())) {
    open.link->delete_pending = true;
  }
}

void Tree::take_deletion_into_effect(TreeOpen& open, CleanupResult& result) {
  File& file = *open.file;
  Link& link = *open.link;
  Stream& stream = *open.data;
  if (stream.delete_pending && !stream.removed && stream.handles == 0) {
    remove_stream(file, open.data);
    result.stream_deleted = true;
  }
  bool now = link.handles == 0 || open.posix_delete;
  if (!link.delete_pending || link.removed || !now) return;
  remove_link(open.link);
  result.link_deleted = true;
  if (file.links.empty()) result.stream_deleted = true;
}

CloseResult Tree::close(std::unique_ptr<Open> handle) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(*handle);
  FLTLINK_ASSERT(open.cleaned_up);
  Stream& stream = *open.data;
  CloseResult result;
  if (--stream.opens == 0) {
    result.ended_stream = std::move(stream.identity);
    if (stream.removed) refund(stream);
  }
  if (open.file) {
    --open.file->opens;
    refund_if_gone(*open.file);
  }
  return result;
}

}  // namespace fltsim::fs

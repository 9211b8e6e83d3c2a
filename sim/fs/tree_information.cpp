// Tree: what is known of an open, the times and attributes that can be set, and directory listings.
#include <ntifs.h>

#include <algorithm>
#include <utility>

#include "fs/name_expression.hpp"
#include "fs/tree.hpp"

namespace fltsim::fs {
namespace {

constexpr std::uint32_t kSettableAttributes =
    FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |
    FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;
constexpr std::int64_t kResumeUpkeep = -2;

}  // namespace

std::u16string path_of(const Link& link) {
  std::vector<const Link*> chain;
  for (const Link* step = &link; step->directory; step = step->directory->links.front())
    chain.push_back(step);
  std::u16string path;
  for (auto step = chain.rbegin(); step != chain.rend(); ++step) path.append(1, u'\\').append((*step)->name);
  return path.empty() ? u"\\" : path;
}

Status Tree::query_information(const Open& handle, FileInformation& information) {
  std::lock_guard lock(mutex_);
  const TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  fill_information(*open.file, *open.data, information);
  bool link_pending = open.link->delete_pending || open.link->removed;
  information.delete_pending = link_pending || open.data->delete_pending || open.data->removed;
  return STATUS_SUCCESS;
}

Status Tree::query_name(const Open& handle, std::u16string& name) {
  std::lock_guard lock(mutex_);
  const TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) {
    name.clear();
    return STATUS_SUCCESS;
  }
  if (open.link->removed || open.data->removed) return STATUS_FILE_DELETED;
  name = path_of(*open.link);
  if (!open.data->name.empty()) name.append(1, u':').append(open.data->name);
  return STATUS_SUCCESS;
}

Status Tree::query_streams(const Open& handle, std::vector<StreamEntry>& streams) {
  std::lock_guard lock(mutex_);
  const TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  streams.clear();
  for (const std::shared_ptr<Stream>& stream : open.file->streams) {
    if (open.file->directory && stream->name.empty()) continue;
    FileInformation information;
    fill_information(*open.file, *stream, information);
    streams.push_back(
        {u":" + stream->name + u":$DATA", information.end_of_file, information.allocation_size});
  }
  return STATUS_SUCCESS;
}

Status Tree::query_links(const Open& handle, std::vector<LinkEntry>& links) {
  std::lock_guard lock(mutex_);
  const TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  links.clear();
  for (const Link* link : open.file->links)
    links.push_back({link->directory ? link->directory->id : 0, link->name});
  return STATUS_SUCCESS;
}

Status Tree::set_basic(Open& handle, const BasicChange& change) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind == OpenKind::kVolume) return STATUS_INVALID_PARAMETER;
  File& file = *open.file;
  const std::int64_t times[kTimeCount] = {change.creation_time, change.last_access_time,
                                          change.last_write_time, change.change_time};
  if (std::any_of(std::begin(times), std::end(times),
                  [](std::int64_t time) { return time < kResumeUpkeep; })) {
    return STATUS_INVALID_PARAMETER;
  }
  if (change.attributes & ~std::uint32_t{FILE_ATTRIBUTE_VALID_FLAGS}) return STATUS_INVALID_PARAMETER;
  if (!file.directory && (change.attributes & FILE_ATTRIBUTE_DIRECTORY)) return STATUS_INVALID_PARAMETER;
  if (file.directory && (change.attributes & FILE_ATTRIBUTE_TEMPORARY)) return STATUS_INVALID_PARAMETER;
  constexpr std::uint32_t kKept = FILE_ATTRIBUTE_SPARSE_FILE;
  if (change.attributes != 0) {
    file.attributes = (change.attributes & kSettableAttributes) | (file.attributes & kKept);
  }
  touch(&open, file, {kChangeTime});
  Ticks* const fields[kTimeCount] = {&file.creation_time, &file.last_access_time, &file.last_write_time,
                                     &file.change_time};
  for (std::size_t i = 0; i < kTimeCount; ++i) {
    if (times[i] > 0) *fields[i] = static_cast<Ticks>(times[i]);
    if (times[i] != 0) open.upkeep_stopped[i] = times[i] != kResumeUpkeep;
  }
  constexpr std::uint32_t kChanges[kTimeCount] = {FILE_NOTIFY_CHANGE_CREATION, FILE_NOTIFY_CHANGE_LAST_ACCESS,
                                                  FILE_NOTIFY_CHANGE_LAST_WRITE, 0};
  std::uint32_t filter = change.attributes != 0 ? FILE_NOTIFY_CHANGE_ATTRIBUTES : 0;
  for (std::size_t i = 0; i < kTimeCount; ++i) filter |= times[i] > 0 ? kChanges[i] : 0;
  if (filter != 0) report(*open.link, nullptr, filter, FILE_ACTION_MODIFIED);
  return STATUS_SUCCESS;
}

// --- listings ---

Status Tree::query_directory(Open& handle, const DirectoryQuery& query) {
  std::lock_guard lock(mutex_);
  TreeOpen& open = own(handle);
  if (open.open_kind != OpenKind::kDirectory) return STATUS_INVALID_PARAMETER;
  File& directory = *open.file;
  if (Status status = load(directory); status != STATUS_SUCCESS) return status;
  DirectoryScan& scan = open.scan;
  bool first = !scan.pattern || query.restart_scan;
  if (!scan.pattern) scan.pattern = query.pattern.empty() ? std::u16string_view(u"*") : query.pattern;
  if (query.restart_scan) {
    scan.dots_taken = 0;
    scan.last_name.clear();
  }
  bool offered = false;
  while (std::optional<Step> step = next_step(open)) {
    if (is_name_in_expression(*scan.pattern, step->name)) {
      DirectoryEntry entry{step->name, {}};
      fill_information(*step->file, step->file->default_stream(), entry.file);
      entry.file.delete_pending = step->delete_pending;
      offered = true;
      Take take = query.take(entry);
      if (take == Take::kRefuse) return STATUS_SUCCESS;
      advance(scan, *step);
      if (take == Take::kLast) return STATUS_SUCCESS;
    } else {
      advance(scan, *step);
    }
  }
  if (offered) return STATUS_SUCCESS;
  return first ? STATUS_NO_SUCH_FILE : STATUS_NO_MORE_FILES;
}

// The entry behind the last one that was taken. Found anew each time, so that changes between queries do no
// harm.
std::optional<Tree::Step> Tree::next_step(const TreeOpen& open) const {
  const File& directory = *open.file;
  const DirectoryScan& scan = open.scan;
  bool has_dots = open.link->directory != nullptr;  // neither the root nor a removed directory has them
  if (has_dots && scan.dots_taken == 0) return Step{u".", &directory, false};
  if (has_dots && scan.dots_taken == 1) return Step{u"..", open.link->directory, false};
  auto next = directory.children.upper_bound(std::u16string_view(scan.last_name));
  if (next == directory.children.end()) return std::nullopt;
  return Step{(*next)->name, (*next)->file.get(), (*next)->delete_pending};
}

void Tree::advance(DirectoryScan& scan, const Step& step) {
  if (step.name == u"." || step.name == u"..") {
    ++scan.dots_taken;
  } else {
    scan.last_name = step.name;
  }
}

}  // namespace fltsim::fs

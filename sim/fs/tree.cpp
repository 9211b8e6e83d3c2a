#include "fs/tree.hpp"

#include <ntifs.h>

#include <algorithm>
#include <fltlink/base/assert.hpp>
#include <iterator>
#include <utility>

namespace fltsim::fs {
namespace {

constexpr std::uint64_t kClusterSize = 4096;
constexpr std::uint32_t kSectorSize = 512;
constexpr std::uint64_t kFileIdSequence = std::uint64_t{1}
                                          << 48;  // the upper 16 bits of an NTFS file reference
constexpr std::uint64_t kRootFileId = (std::uint64_t{5} << 48) | 5;
constexpr std::size_t kLabelLengthMax = 32;

std::uint64_t whole_clusters(std::uint64_t size) {
  return (size + kClusterSize - 1) / kClusterSize * kClusterSize;
}

}  // namespace

Tree::Tree(VolumeOptions options, std::unique_ptr<Lower> lower)
    : options_(std::move(options)),
      lower_(std::move(lower)),
      label_(options_.label),
      creation_time_(options_.clock()),
      volume_stream_(std::make_shared<Stream>()),
      root_(std::make_shared<Link>()) {
  root_->file = std::make_shared<File>();
  File& file = *root_->file;
  file.id = kRootFileId;
  file.directory = true;
  file.attributes = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
  file.creation_time = file.last_access_time = file.last_write_time = file.change_time = creation_time_;
  file.links.push_back(root_.get());
  file.streams.insert(make_stream(u""));
  if (lower_) file.unread = lower_->root();
  files_.emplace(file.id, &file);
}

// --- objects ---

std::shared_ptr<File> Tree::make_file(bool directory, std::uint32_t attributes, Ticks now) {
  auto file = std::make_shared<File>();
  file->id = kFileIdSequence | next_file_number_++;
  file->directory = directory;
  file->attributes = attributes;
  file->creation_time = file->last_access_time = file->last_write_time = file->change_time = now;
  file->streams.insert(make_stream(u""));
  return file;
}

std::shared_ptr<Stream> Tree::make_stream(std::u16string_view name) {
  auto stream = std::make_shared<Stream>();
  stream->name = name;
  return stream;
}

std::shared_ptr<Link> Tree::make_link(std::shared_ptr<File> file, File& directory, std::u16string_view name) {
  auto link = std::make_shared<Link>();
  link->file = std::move(file);
  files_.emplace(link->file->id, link->file.get());
  link->file->links.push_back(link.get());
  insert_link(link, directory, name);
  return link;
}

void Tree::insert_link(const std::shared_ptr<Link>& link, File& directory, std::u16string_view name) {
  link->directory = &directory;
  link->name = name;
  bool inserted = directory.children.insert(link).second;
  FLTLINK_ASSERT(inserted);
  count_above(*link, link->handles);
}

// Out of its directory, but still a link of its file: the first half of a move.
void Tree::take_out_link(Link& link) {
  auto found = link.directory->children.find(std::u16string_view(link.name));
  FLTLINK_ASSERT(found != link.directory->children.end() && found->get() == &link);
  link.directory->children.erase(found);
  count_above(link, -std::int64_t{link.handles});
}

// For each directory above the link that so many handles more came through it.
void Tree::count_above(const Link& link, std::int64_t handles) {
  for (File* above = link.directory; above != nullptr; above = above->links.front()->directory)
    above->handles_below += handles;
}

void Tree::remove_link(const std::shared_ptr<Link>& link) {
  File& file = *link->file;
  report(*link, nullptr, file.directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME,
         FILE_ACTION_REMOVED);
  take_out_link(*link);
  touch_directory(*link->directory);
  link->removed = true;
  link->directory = nullptr;
  std::erase(file.links, link.get());
  touch(nullptr, file, {kChangeTime});
  if (!file.links.empty()) return;
  files_.erase(file.id);
  if (file.object_id) object_ids_.erase(file.object_id->id);
  refund_if_gone(file);
}

void Tree::remove_stream(File& file, const std::shared_ptr<Stream>& stream) {
  std::shared_ptr<Stream> kept = stream;  // the argument may be the set's own element
  if (!file.links.empty()) {
    report(*file.links.front(), kept.get(), FILE_NOTIFY_CHANGE_STREAM_NAME, FILE_ACTION_REMOVED_STREAM);
  }
  file.streams.erase(kept);
  kept->removed = true;
  touch(nullptr, file, {kChangeTime});
  if (kept->opens == 0) refund(*kept);
}

// --- space ---

void Tree::refund(Stream& stream) {
  used_ -= stream.charged;
  stream.charged = 0;
}

void Tree::refund_if_gone(File& file) {
  if (!file.links.empty() || file.opens > 0) return;
  for (const std::shared_ptr<Stream>& stream : file.streams) refund(*stream);
}

// Counts what a stream of `size` bytes with `reserved` bytes of allocation takes. False: the volume is full.
bool Tree::reserve(Stream& stream, std::uint64_t size, std::uint64_t reserved) {
  std::uint64_t room = options_.capacity - (used_ - stream.charged);
  std::uint64_t wanted = std::max(size, reserved);
  if (wanted > stream.allocation_below + room) return false;
  std::uint64_t clusters = whole_clusters(wanted);
  std::uint64_t charge = clusters > stream.allocation_below ? clusters - stream.allocation_below : 0;
  if (charge > room) return false;
  used_ = used_ - stream.charged + charge;
  stream.charged = charge;
  stream.reserved = reserved;
  return true;
}

// --- the layer below ---

Status Tree::load(File& directory) {
  if (!directory.unread) return STATUS_SUCCESS;
  std::vector<LowerEntry> entries;
  if (Status status = directory.unread->list(entries); status != STATUS_SUCCESS) return status;
  directory.unread.reset();
  for (LowerEntry& entry : entries) adopt(directory, entry);
  return STATUS_SUCCESS;
}

void Tree::adopt(File& directory, LowerEntry& entry) {
  bool is_directory = entry.directory != nullptr;
  std::shared_ptr<File> file = make_file(is_directory, is_directory ? 0 : FILE_ATTRIBUTE_ARCHIVE, entry.time);
  if (is_directory) {
    file->unread = std::move(entry.directory);
  } else {
    Stream& stream = file->default_stream();
    stream.data = StreamData(std::move(entry.file), entry.size);
    stream.allocation_below = whole_clusters(entry.size);
  }
  make_link(std::move(file), directory, entry.name);
}

Status Tree::find_child(File& directory, std::u16string_view name, std::shared_ptr<Link>& link) {
  if (Status status = load(directory); status != STATUS_SUCCESS) return status;
  auto found = directory.children.find(name);
  link = found == directory.children.end() ? nullptr : *found;
  return STATUS_SUCCESS;
}

// --- times ---

void Tree::touch(const TreeOpen* open, File& file, std::initializer_list<TimeIndex> times) {
  Ticks now = options_.clock();
  Ticks* const fields[kTimeCount] = {&file.creation_time, &file.last_access_time, &file.last_write_time,
                                     &file.change_time};
  for (TimeIndex time : times) {
    if (!open || !open->upkeep_stopped[time]) *fields[time] = now;
  }
}

void Tree::touch_directory(File& directory) { touch(nullptr, directory, {kLastWriteTime, kChangeTime}); }

// --- opens ---

TreeOpen& Tree::own(Open& open) const {
  auto& result = static_cast<TreeOpen&>(open);
  FLTLINK_ASSERT(result.tree == this);
  return result;
}

const TreeOpen& Tree::own(const Open& open) const {
  auto& result = static_cast<const TreeOpen&>(open);
  FLTLINK_ASSERT(result.tree == this);
  return result;
}

const TreeOpen* Tree::own_or_null(const Open* open) const {
  auto* result = dynamic_cast<const TreeOpen*>(open);
  return result && result->tree == this ? result : nullptr;
}

// --- the volume ---

void Tree::fill_information(const File& file, const Stream& stream, FileInformation& information) const {
  information.creation_time = file.creation_time;
  information.last_access_time = file.last_access_time;
  information.last_write_time = file.last_write_time;
  information.change_time = file.change_time;
  information.directory = file.directory && stream.name.empty();
  information.end_of_file = stream.data.size();
  information.allocation_size = whole_clusters(std::max(stream.data.size(), stream.reserved));
  information.file_id = file.id;
  information.attributes = file.attributes | (file.directory ? FILE_ATTRIBUTE_DIRECTORY : 0);
  if (!file.reparse_point.empty()) information.attributes |= FILE_ATTRIBUTE_REPARSE_POINT;
  if (information.attributes == 0) information.attributes = FILE_ATTRIBUTE_NORMAL;
  information.ea_size = ea_size_of(file);
  information.reparse_tag = reparse_tag_of(file);
  information.number_of_links = static_cast<std::uint32_t>(std::count_if(
      file.links.begin(), file.links.end(), [](const Link* link) { return !link->delete_pending; }));
}

VolumeInformation Tree::volume_information() {
  std::lock_guard lock(mutex_);
  VolumeInformation information;
  information.label = label_;
  information.file_system_name = u"NTFS";
  information.creation_time = creation_time_;
  information.serial_number = options_.serial_number;
  information.attributes = FILE_CASE_PRESERVED_NAMES | FILE_UNICODE_ON_DISK | FILE_NAMED_STREAMS |
                           FILE_SUPPORTS_HARD_LINKS | FILE_SUPPORTS_OPEN_BY_FILE_ID |
                           FILE_SUPPORTS_POSIX_UNLINK_RENAME | FILE_SUPPORTS_REPARSE_POINTS |
                           FILE_SUPPORTS_OBJECT_IDS | FILE_SUPPORTS_EXTENDED_ATTRIBUTES |
                           FILE_SUPPORTS_SPARSE_FILES | FILE_PERSISTENT_ACLS;
  information.maximum_component_length = kComponentLengthMax;
  information.bytes_per_sector = kSectorSize;
  information.sectors_per_allocation_unit = static_cast<std::uint32_t>(kClusterSize / kSectorSize);
  information.total_allocation_units = options_.capacity / kClusterSize;
  information.available_allocation_units = (options_.capacity - used_) / kClusterSize;
  return information;
}

Status Tree::set_volume_label(std::u16string_view label) {
  std::lock_guard lock(mutex_);
  if (label.size() > kLabelLengthMax) return STATUS_INVALID_VOLUME_LABEL;
  label_ = label;
  return STATUS_SUCCESS;
}

Capabilities Tree::capabilities() const { return {.extended_attributes = true, .capacity_limit = true}; }

LowerCounts Tree::lower_counts() {
  std::lock_guard lock(mutex_);
  return lower_ ? lower_->counts() : LowerCounts{};
}

}  // namespace fltsim::fs

// Tree: finding what a create request speaks of, and opening, overwriting or creating it.
#include <ntifs.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "fs/tree.hpp"

namespace fltsim::fs {
namespace {

constexpr std::uint32_t kUnsupportedOptions = FILE_CREATE_TREE_CONNECTION | FILE_RESERVE_OPFILTER;
constexpr std::uint32_t kStoredAttributes =
    FILE_ATTRIBUTE_READONLY | FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM | FILE_ATTRIBUTE_ARCHIVE |
    FILE_ATTRIBUTE_TEMPORARY | FILE_ATTRIBUTE_OFFLINE | FILE_ATTRIBUTE_NOT_CONTENT_INDEXED;
constexpr std::uint32_t kWriteAccess = FILE_WRITE_DATA | FILE_APPEND_DATA;
constexpr std::uint32_t kOverwriteAccess = FILE_WRITE_DATA | FILE_WRITE_EA | FILE_WRITE_ATTRIBUTES;

CreateResult failed(Status status, std::uint32_t information = 0) { return {status, information, nullptr}; }

bool creates(std::uint32_t disposition) { return disposition != FILE_OPEN && disposition != FILE_OVERWRITE; }

bool overwrites(std::uint32_t disposition) {
  return disposition == FILE_SUPERSEDE || disposition == FILE_OVERWRITE || disposition == FILE_OVERWRITE_IF;
}

Status check_parameters(const CreateRequest& request) {
  std::uint32_t options = request.create_options;
  bool directory = (options & FILE_DIRECTORY_FILE) != 0;
  if (request.disposition > FILE_MAXIMUM_DISPOSITION) return STATUS_INVALID_PARAMETER;
  if (request.share_access & ~std::uint32_t{FILE_SHARE_VALID_FLAGS}) return STATUS_INVALID_PARAMETER;
  if (request.file_attributes & ~std::uint32_t{FILE_ATTRIBUTE_VALID_FLAGS}) return STATUS_INVALID_PARAMETER;
  if (directory && (options & FILE_NON_DIRECTORY_FILE)) return STATUS_INVALID_PARAMETER;
  if (directory && overwrites(request.disposition)) return STATUS_INVALID_PARAMETER;
  if (directory && (request.file_attributes & FILE_ATTRIBUTE_TEMPORARY)) return STATUS_INVALID_PARAMETER;
  if ((options & FILE_DELETE_ON_CLOSE) && !(request.desired_access & DELETE)) return STATUS_INVALID_PARAMETER;
  return options & kUnsupportedOptions ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

// The rights that an open uses for a moment, whatever it asks for: they count when share access is checked.
std::uint32_t access_in_use(const CreateRequest& request) {
  switch (request.disposition) {
    case FILE_SUPERSEDE:
      return request.desired_access | DELETE;
    case FILE_OVERWRITE:
    case FILE_OVERWRITE_IF:
      return request.desired_access | kOverwriteAccess;
    default:
      return request.desired_access;
  }
}

Status check_read_only(const CreateRequest& request, const File& file) {
  if (!(file.attributes & FILE_ATTRIBUTE_READONLY)) return STATUS_SUCCESS;
  if (request.create_options & FILE_DELETE_ON_CLOSE) return STATUS_CANNOT_DELETE;
  if (file.directory) return STATUS_SUCCESS;
  bool writes = (request.desired_access & kWriteAccess) || overwrites(request.disposition);
  return writes ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

// A file with an attribute that must be known is not for those who say that they know none.
Status check_ea_knowledge(const CreateRequest& request, const File& file) {
  if ((request.create_options & FILE_NO_EA_KNOWLEDGE) == 0) return STATUS_SUCCESS;
  const bool needed = std::ranges::any_of(
      file.extended_attributes, [](const ExtendedAttribute& one) { return (one.flags & FILE_NEED_EA) != 0; });
  return needed ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

}  // namespace

CreateResult Tree::create(const CreateRequest& request) {
  std::lock_guard lock(mutex_);
  if (Status status = check_parameters(request); status != STATUS_SUCCESS) return failed(status);
  if (volume_locker_ != nullptr) return failed(STATUS_ACCESS_DENIED);
  Place place;
  if (Status status = locate(request, place); status != STATUS_SUCCESS) return failed(status);
  if (place.reparse) return reparse(*place.reparse->file, place.unparsed_units);
  if (place.volume) return open_volume(request);
  if (request.open_target_directory) return open_target_directory(request, place);
  const bool follows = (request.create_options & FILE_OPEN_REPARSE_POINT) == 0;
  if (place.link && follows && !place.link->file->reparse_point.empty()) {
    return reparse(*place.link->file, place.unparsed_units);
  }
  if (place.link) return open_existing(request, place);
  if (!creates(request.disposition)) return failed(STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST);
  return create_file(request, place);
}

// --- finding ---

Status Tree::locate(const CreateRequest& request, Place& place) {
  if (request.create_options & FILE_OPEN_BY_FILE_ID) return locate_by_id(request, place);
  std::shared_ptr<Link> start;
  std::u16string_view rest;
  if (Status status = start_of(request, start, rest); status != STATUS_SUCCESS) return status;
  if (!start) {
    place.volume = true;
    return STATUS_SUCCESS;
  }
  if (Status status = parse_path(rest, place.path); status != STATUS_SUCCESS) return status;
  return walk(std::move(start), place, rest.data() + rest.size());
}

Status Tree::locate_by_id(const CreateRequest& request, Place& place) {
  constexpr std::size_t kFileIdUnits = sizeof(std::uint64_t) / sizeof(char16_t);
  constexpr std::size_t kObjectIdUnits = 2 * kFileIdUnits;
  if (request.related && !own_or_null(request.related)) return STATUS_NOT_SAME_DEVICE;
  if (request.open_target_directory) return STATUS_INVALID_PARAMETER;
  if (request.path.size() == kObjectIdUnits) {
    std::array<std::uint8_t, 16> object_id;
    std::memcpy(object_id.data(), request.path.data(), object_id.size());
    auto known = object_ids_.find(object_id);
    if (known == object_ids_.end()) return STATUS_OBJECT_NAME_NOT_FOUND;
    place.link = known->second->links.front()->shared_from_this();
    return STATUS_SUCCESS;
  }
  if (request.path.size() != kFileIdUnits) return STATUS_INVALID_PARAMETER;
  std::uint64_t id;
  std::memcpy(&id, request.path.data(), sizeof id);
  auto found = files_.find(id);
  if (found == files_.end()) return STATUS_INVALID_PARAMETER;
  place.link = found->second->links.front()->shared_from_this();
  return STATUS_SUCCESS;
}

// Where the walk begins: null for the volume itself.
Status Tree::start_of(const CreateRequest& request, std::shared_ptr<Link>& start,
                      std::u16string_view& rest) const {
  std::u16string_view path = request.path;
  bool rooted = !path.empty() && path.front() == u'\\';
  if (!request.related) {
    if (path.empty()) return STATUS_SUCCESS;
    if (!rooted) return STATUS_OBJECT_NAME_INVALID;
    start = root_;
    rest = path.substr(1);
    return STATUS_SUCCESS;
  }
  const TreeOpen* related = own_or_null(request.related);
  if (!related) return STATUS_NOT_SAME_DEVICE;
  if (related->open_kind == OpenKind::kVolume && rooted) {
    start = root_;
    rest = path.substr(1);
    return STATUS_SUCCESS;
  }
  if (rooted) return STATUS_OBJECT_NAME_INVALID;
  if (related->open_kind == OpenKind::kVolume)
    return path.empty() ? STATUS_SUCCESS : STATUS_OBJECT_NAME_INVALID;
  if (related->link->delete_pending || related->link->removed) return STATUS_DELETE_PENDING;
  start = related->link;
  rest = path;
  return STATUS_SUCCESS;
}

Status Tree::walk(std::shared_ptr<Link> start, Place& place, const char16_t* end_of_path) {
  const std::vector<std::u16string_view>& components = place.path.components;
  place.link = std::move(start);
  for (std::size_t i = 0; i < components.size(); ++i) {
    bool in_the_way = i != 0 && place.link && !place.link->file->reparse_point.empty();
    if (in_the_way) {
      place.reparse = place.link;
      return STATUS_SUCCESS;
    }
    place.unparsed_units =
        static_cast<std::size_t>(end_of_path - components[i].data()) - components[i].size();
    bool related_file = i == 0 && !place.link->file->directory;
    if (related_file) return STATUS_INVALID_PARAMETER;
    if (!place.link || !place.link->file->directory) return STATUS_OBJECT_PATH_NOT_FOUND;
    if (place.link->delete_pending) return STATUS_DELETE_PENDING;
    place.directory = place.link;
    place.name = components[i];
    Status status = find_child(*place.directory->file, place.name, place.link);
    if (status != STATUS_SUCCESS) return status;
    if (!place.link && i + 1 < components.size()) return STATUS_OBJECT_PATH_NOT_FOUND;
  }
  return STATUS_SUCCESS;
}

Status Tree::normalize(std::u16string_view path, std::u16string& normalized) {
  std::lock_guard lock(mutex_);
  if (path.empty() || path.front() != u'\\') return STATUS_OBJECT_NAME_INVALID;
  Place place;
  if (Status status = parse_path(path.substr(1), place.path); status != STATUS_SUCCESS) return status;
  std::u16string result;
  std::shared_ptr<Link> link = root_;
  for (std::size_t i = 0; i < place.path.components.size(); ++i) {
    if (!link || !link->file->directory) return STATUS_OBJECT_PATH_NOT_FOUND;
    std::shared_ptr<Link> directory = std::move(link);
    std::u16string_view name = place.path.components[i];
    if (Status status = find_child(*directory->file, name, link); status != STATUS_SUCCESS) return status;
    result += u'\\';
    result += link ? std::u16string_view(link->name) : name;
  }
  if (result.empty()) result = u"\\";
  if (!place.path.stream.empty()) result.append(1, u':').append(place.path.stream);
  normalized = std::move(result);
  return STATUS_SUCCESS;
}

// --- opening ---

CreateResult Tree::open_volume(const CreateRequest& request) {
  if (request.open_target_directory) return failed(STATUS_INVALID_PARAMETER);
  if (request.create_options & FILE_DIRECTORY_FILE) return failed(STATUS_NOT_A_DIRECTORY);
  if (request.create_options & FILE_DELETE_ON_CLOSE) return failed(STATUS_CANNOT_DELETE);
  if (request.disposition != FILE_OPEN && request.disposition != FILE_OPEN_IF)
    return failed(STATUS_ACCESS_DENIED);
  if (!share_allows(volume_stream_->share, request.desired_access, request.share_access)) {
    return failed(STATUS_SHARING_VIOLATION);
  }
  return make_open(request, nullptr, volume_stream_, OpenKind::kVolume, FILE_OPENED);
}

CreateResult Tree::open_target_directory(const CreateRequest& request, const Place& place) {
  if (!place.directory) return failed(STATUS_INVALID_PARAMETER);
  if (place.directory->delete_pending) return failed(STATUS_DELETE_PENDING);
  std::uint32_t information = place.link ? FILE_EXISTS : FILE_DOES_NOT_EXIST;
  const std::shared_ptr<Stream>& stream = *place.directory->file->streams.begin();
  if (!share_allows(stream->share, request.desired_access, request.share_access)) {
    return failed(STATUS_SHARING_VIOLATION);
  }
  return make_open(request, place.directory, stream, OpenKind::kDirectory, information);
}

CreateResult Tree::open_existing(const CreateRequest& request, const Place& place) {
  File& file = *place.link->file;
  if (place.link->delete_pending) return failed(STATUS_DELETE_PENDING);
  if (!place.path.stream.empty()) {
    if (request.create_options & FILE_DIRECTORY_FILE) return failed(STATUS_NOT_A_DIRECTORY);
    auto found = file.streams.find(place.path.stream);
    if (found != file.streams.end()) return open_data(request, place, *found);
    if (!creates(request.disposition)) return failed(STATUS_OBJECT_NAME_NOT_FOUND, FILE_DOES_NOT_EXIST);
    return create_stream(request, place);
  }
  if (request.disposition == FILE_CREATE) return failed(STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS);
  if (file.directory) return open_directory(request, place);
  if (place.path.trailing_backslash) return failed(STATUS_OBJECT_NAME_INVALID);
  if ((request.create_options & FILE_DIRECTORY_FILE) || place.path.explicit_index) {
    return failed(STATUS_NOT_A_DIRECTORY);
  }
  std::shared_ptr<Stream> stream = *file.streams.begin();
  return open_data(request, place, stream);
}

CreateResult Tree::open_directory(const CreateRequest& request, const Place& place) {
  File& file = *place.link->file;
  bool wants_data = (request.create_options & FILE_NON_DIRECTORY_FILE) || place.path.explicit_data;
  if (wants_data) return failed(STATUS_FILE_IS_A_DIRECTORY);
  if (overwrites(request.disposition)) return failed(STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS);
  if ((request.create_options & FILE_DELETE_ON_CLOSE) && place.link == root_)
    return failed(STATUS_CANNOT_DELETE);
  if (Status status = check_read_only(request, file); status != STATUS_SUCCESS) return failed(status);
  if (request.desired_access & FILE_LIST_DIRECTORY) {
    if (Status status = load(file); status != STATUS_SUCCESS) return failed(status);
  }
  const std::shared_ptr<Stream>& stream = *file.streams.begin();
  if (!share_allows(stream->share, request.desired_access, request.share_access)) {
    return failed(STATUS_SHARING_VIOLATION);
  }
  return make_open(request, place.link, stream, OpenKind::kDirectory, FILE_OPENED);
}

CreateResult Tree::open_data(const CreateRequest& request, const Place& place,
                             const std::shared_ptr<Stream>& stream) {
  if (stream->delete_pending) return failed(STATUS_DELETE_PENDING);
  if (request.disposition == FILE_CREATE) return failed(STATUS_OBJECT_NAME_COLLISION, FILE_EXISTS);
  if (Status status = check_read_only(request, *place.link->file); status != STATUS_SUCCESS)
    return failed(status);
  if (Status status = check_ea_knowledge(request, *place.link->file); status != STATUS_SUCCESS)
    return failed(status);
  if (!share_allows(stream->share, access_in_use(request), request.share_access)) {
    return failed(STATUS_SHARING_VIOLATION);
  }
  if (overwrites(request.disposition)) return overwrite(request, place, stream);
  if (request.desired_access & (FILE_READ_DATA | FILE_EXECUTE | kWriteAccess)) {
    if (Status status = stream->data.check(); status != STATUS_SUCCESS) return failed(status);
  }
  return make_open(request, place.link, stream, OpenKind::kData, FILE_OPENED);
}

CreateResult Tree::overwrite(const CreateRequest& request, const Place& place,
                             const std::shared_ptr<Stream>& stream) {
  File& file = *place.link->file;
  bool whole_file = stream->name.empty();
  constexpr std::uint32_t kGuarding = FILE_ATTRIBUTE_HIDDEN | FILE_ATTRIBUTE_SYSTEM;
  std::uint32_t unnamed = file.attributes & ~request.file_attributes & kGuarding;
  if (whole_file && unnamed != 0) return failed(STATUS_ACCESS_DENIED);
  const bool asks = stream->identity && request.may_truncate;
  if (asks && !request.may_truncate(*stream->identity)) return failed(STATUS_USER_MAPPED_FILE);
  std::vector<ExtendedAttribute> attributes;
  if (Status status = merge(attributes, request.extended_attributes); status != STATUS_SUCCESS)
    return failed(status);
  if (!reserve(*stream, 0, request.allocation_size)) return failed(STATUS_DISK_FULL);
  stream->data.resize(0);
  bool supersede = request.disposition == FILE_SUPERSEDE;
  if (whole_file) {
    drop_other_streams(file);
    file.extended_attributes = std::move(attributes);
    if (supersede) file.attributes = 0;
    file.attributes |= (request.file_attributes & kStoredAttributes) | FILE_ATTRIBUTE_ARCHIVE;
  }
  touch(nullptr, file, {kLastWriteTime, kChangeTime});
  if (whole_file) {
    constexpr std::uint32_t kOverwritten =
        FILE_NOTIFY_CHANGE_SIZE | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_ATTRIBUTES;
    report(*place.link, nullptr, kOverwritten, FILE_ACTION_MODIFIED);
  }
  return make_open(request, place.link, stream, OpenKind::kData,
                   supersede ? FILE_SUPERSEDED : FILE_OVERWRITTEN);
}

// Overwriting the default stream takes the others along; one that is open goes with its last handle.
void Tree::drop_other_streams(File& file) {
  for (auto next = std::next(file.streams.begin()); next != file.streams.end();) {
    std::shared_ptr<Stream> stream = *next++;
    stream->delete_pending = true;
    if (stream->handles == 0) remove_stream(file, stream);
  }
}

// --- creating ---

CreateResult Tree::create_file(const CreateRequest& request, const Place& place) {
  bool directory = (request.create_options & FILE_DIRECTORY_FILE) != 0 || place.path.explicit_index;
  bool named_stream = !place.path.stream.empty();
  std::uint32_t attributes = request.file_attributes & kStoredAttributes;
  if (directory && named_stream) return failed(STATUS_NOT_A_DIRECTORY);
  if (!directory && place.path.trailing_backslash) return failed(STATUS_OBJECT_NAME_INVALID);
  if (directory && overwrites(request.disposition)) return failed(STATUS_INVALID_PARAMETER);
  if ((attributes & FILE_ATTRIBUTE_READONLY) && (request.create_options & FILE_DELETE_ON_CLOSE)) {
    return failed(STATUS_CANNOT_DELETE);
  }
  if (!directory) attributes |= FILE_ATTRIBUTE_ARCHIVE;
  std::vector<ExtendedAttribute> extended;
  if (Status status = merge(extended, request.extended_attributes); status != STATUS_SUCCESS)
    return failed(status);
  std::shared_ptr<File> file = make_file(directory, attributes, options_.clock());
  file->extended_attributes = std::move(extended);
  file->security.assign(request.security.begin(), request.security.end());
  std::shared_ptr<Stream> stream = *file->streams.begin();
  if (named_stream) {
    stream = make_stream(place.path.stream);
    file->streams.insert(stream);
  }
  if (!directory && !reserve(*stream, 0, request.allocation_size)) return failed(STATUS_DISK_FULL);
  File& parent = *place.directory->file;
  std::shared_ptr<Link> link = make_link(std::move(file), parent, place.name);
  touch_directory(parent);
  report(*link, nullptr, directory ? FILE_NOTIFY_CHANGE_DIR_NAME : FILE_NOTIFY_CHANGE_FILE_NAME,
         FILE_ACTION_ADDED);
  OpenKind kind = directory ? OpenKind::kDirectory : OpenKind::kData;
  return make_open(request, std::move(link), std::move(stream), kind, FILE_CREATED);
}

CreateResult Tree::create_stream(const CreateRequest& request, const Place& place) {
  File& file = *place.link->file;
  bool read_only = (file.attributes & FILE_ATTRIBUTE_READONLY) && !file.directory;
  if (read_only) return failed(STATUS_ACCESS_DENIED);
  std::shared_ptr<Stream> stream = make_stream(place.path.stream);
  if (!reserve(*stream, 0, request.allocation_size)) return failed(STATUS_DISK_FULL);
  file.streams.insert(stream);
  if (!file.directory) file.attributes |= FILE_ATTRIBUTE_ARCHIVE;
  touch(nullptr, file, {kLastWriteTime, kChangeTime});
  report(*place.link, stream.get(), FILE_NOTIFY_CHANGE_STREAM_NAME, FILE_ACTION_ADDED_STREAM);
  return make_open(request, place.link, std::move(stream), OpenKind::kData, FILE_CREATED);
}

CreateResult Tree::make_open(const CreateRequest& request, std::shared_ptr<Link> link,
                             std::shared_ptr<Stream> stream, OpenKind kind, std::uint32_t information) {
  auto open = std::make_unique<TreeOpen>();
  open->tree = this;
  open->open_kind = kind;
  open->access = request.desired_access;
  open->share = request.share_access;
  open->opened_delete_on_close = (request.create_options & FILE_DELETE_ON_CLOSE) != 0;
  open->delete_on_close = open->opened_delete_on_close;
  add_share(stream->share, open->access, open->share);
  ++stream->handles;
  if (stream->opens++ == 0) {
    std::uint64_t file_id = link ? link->file->id : 0;
    stream->identity = std::make_unique<StreamIdentity>(StreamIdentity{next_stream_id_++, file_id, nullptr});
  }
  if (link) {
    open->file = link->file;
    ++open->file->opens;
    ++link->handles;
    count_above(*link, 1);
  }
  open->link = std::move(link);
  open->data = std::move(stream);
  ++handles_;
  return {STATUS_SUCCESS, information, std::move(open)};
}

}  // namespace fltsim::fs

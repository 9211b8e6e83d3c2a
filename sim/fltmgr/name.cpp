#include "fltmgr/name.hpp"

#include <utility>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/volume_stack.hpp"
#include "fltmgr/walk.hpp"
#include "fs/upcase.hpp"
#include "io/file_object.hpp"
#include "io/volume.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/text.hpp"

namespace fltsim::fltmgr {
namespace {

constexpr FLT_FILE_NAME_OPTIONS kFormatMask = 0xFF;
constexpr FLT_FILE_NAME_OPTIONS kMethodMask = 0xFF00;

enum class Format {
  kNormalized = 1,
  kOpened = 2,
  kShort = 3
};

bool valid(FLT_FILE_NAME_OPTIONS options) {
  const auto format = options & kFormatMask;
  const auto method = (options & kMethodMask) >> 8;
  return format >= 1 && format <= 3 && method >= 1 && method <= 4;
}

// NAME-2: where the file system must not be asked.
bool unsafe_place(const ActiveOperation& operation, const nt::Thread& thread) {
  const FLT_IO_PARAMETER_BLOCK& parameters = operation.current;
  const bool post = operation.phase == ActiveOperation::Phase::kPost;
  const bool all_apcs_disabled = thread.irql >= nt::kApc || thread.guarded_regions != 0;
  if ((parameters.IrpFlags & IRP_PAGING_IO) != 0 || thread.top_level_irp != nullptr || all_apcs_disabled)
    return true;
  switch (parameters.MajorFunction) {
    case IRP_MJ_CLEANUP:
      return post;
    case IRP_MJ_CLOSE:
    case IRP_MJ_ACQUIRE_FOR_CC_FLUSH:
    case IRP_MJ_RELEASE_FOR_CC_FLUSH:
    case IRP_MJ_ACQUIRE_FOR_MOD_WRITE:
    case IRP_MJ_RELEASE_FOR_MOD_WRITE:
    case IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION:
      return true;
    case IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION:
      return post;
    default:
      return false;
  }
}

// The directory of a path, for SL_OPEN_TARGET_DIRECTORY.
std::u16string parent_of(const std::u16string& path) {
  const std::size_t slash = path.find_last_of(u'\\', path.size() - (path.ends_with(u'\\') ? 2 : 1));
  return slash == std::u16string::npos || slash == 0 ? u"\\" : path.substr(0, slash);
}

// NAME-10: a normalized name has no ":$DATA" or "::$DATA" at its end.
void strip_data_suffix(std::u16string& path) {
  constexpr std::u16string_view kSuffix = u":$DATA";
  if (path.size() < kSuffix.size()) return;
  if (!fs::equal_names(std::u16string_view(path).substr(path.size() - kSuffix.size()), kSuffix)) return;
  path.resize(path.size() - kSuffix.size());
  if (path.ends_with(u':')) path.pop_back();
}

bool same_file_name(std::u16string_view a, std::u16string_view b) {
  std::u16string first(a);
  std::u16string second(b);
  strip_data_suffix(first);
  strip_data_suffix(second);
  return fs::equal_names(first, second);
}

// The current name of a file by its id: opens it for a moment, below all filters. The id may follow the
// volume's root.
NTSTATUS name_by_id(fs::FileSystem& files, std::u16string_view id, std::u16string& path) {
  constexpr std::size_t kIdUnits = 4;
  if (id.size() == 1 + kIdUnits && id.starts_with(u'\\')) id.remove_prefix(1);
  fs::CreateRequest request;
  request.path =
      id.size() == 5 && id.front() == u'\\' ? id.substr(1) : id;  // the volume's root may stand in front
  request.desired_access = FILE_READ_ATTRIBUTES;
  request.share_access = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  request.disposition = FILE_OPEN;
  request.create_options = FILE_OPEN_BY_FILE_ID;
  fs::CreateResult result = files.create(request);
  if (!NT_SUCCESS(result.status)) return result.status;
  const NTSTATUS status = files.query_name(*result.open, path);
  static_cast<void>(files.cleanup(*result.open));
  static_cast<void>(files.close(std::move(result.open)));
  return status;
}

// Where the create leads, from the volume's root, as it was asked for.
NTSTATUS requested_path(VolumeStack& volume, io::FileObject& file, std::u16string& path) {
  path.clear();
  if (file.RelatedFileObject != nullptr) {
    io::FileObject& related = io::FileObject::of(*file.RelatedFileObject);
    if (!related.opened()) return STATUS_FLT_INVALID_NAME_REQUEST;
    const NTSTATUS status = volume.volume().file_system().query_name(*related.open, path);
    if (!NT_SUCCESS(status)) return status;
    const std::u16string_view rest = text_of(file.FileName);
    if (rest.empty()) return STATUS_SUCCESS;
    if (!path.ends_with(u'\\') && !rest.starts_with(u':')) path += u'\\';
    path += rest;
    return STATUS_SUCCESS;
  }
  path = text_of(file.FileName);
  return STATUS_SUCCESS;
}

}  // namespace

// The file system is asked between taking the stamp and sharing the name: what is renamed meanwhile makes it stale.
NameInformation* Names::from_cache(Filter& filter, const VolumeStack& volume, FILE_OBJECT& raw,
                                   bool normalized) {
  const io::FileObject& file = io::FileObject::of(raw);
  Shard& place = shard(raw);
  const std::lock_guard lock(place.mutex);
  const auto found = place.cache.find(&raw);
  if (found == place.cache.end()) return nullptr;
  const Cached& cached = normalized ? found->second.normalized : found->second.opened;
  if (cached.information == nullptr) return nullptr;
  // The state is the stream's, which stays while the file object is open.
  const io::FileState* state = file.opened() ? file.stream->file.get() : nullptr;
  if (!volume.volume().name_holds(state, cached.stamp)) return nullptr;
  informations_.hand_out(*cached.information, filter);
  return cached.information;
}

NameInformation& Names::share(Filter& filter, const VolumeStack& volume, FILE_OBJECT& file, bool normalized,
                              const std::u16string& path, std::uint64_t stamp) {
  Shard& place = shard(file);
  const std::lock_guard lock(place.mutex);
  CachedNames& names = place.cache[&file];
  Cached& cached = normalized ? names.normalized : names.opened;
  if (cached.information != nullptr && informations_.hand_out_if(*cached.information, path, filter)) {
    cached.stamp = std::max(cached.stamp, stamp);
    return *cached.information;
  }
  NameInformation& made = informations_.make(filter, volume.volume().names().device, path, normalized);
  if (cached.information != nullptr && stamp < cached.stamp) return made;
  if (cached.information != nullptr) informations_.let_go(*cached.information);
  informations_.keep(made);
  cached = {&made, stamp};
  return made;
}

void Names::forget(const FILE_OBJECT& file) {
  Shard& place = shard(file);
  const std::lock_guard lock(place.mutex);
  const auto found = place.cache.find(&file);
  if (found == place.cache.end()) return;
  for (const Cached& cached : {found->second.opened, found->second.normalized}) {
    if (cached.information != nullptr) informations_.let_go(*cached.information);
  }
  place.cache.erase(found);
}

void Names::forget_all(const VolumeStack& volume) { volume.volume().renamed(nullptr); }

void Names::renamed(const VolumeStack& volume, const FLT_IO_PARAMETER_BLOCK& parameters) {
  const io::FileObject& file = io::FileObject::of(*parameters.TargetFileObject);
  const auto& set = parameters.Parameters.SetFileInformation;
  // POSIX semantics alone replace a file that is open, whose names then end.
  const bool replaces_open_file =
      set.FileInformationClass == FileRenameInformationEx &&
      (static_cast<const FILE_RENAME_INFORMATION*>(set.InfoBuffer)->Flags & FILE_RENAME_POSIX_SEMANTICS) != 0;
  const bool only_this_file = file.opened() && !file.is_directory() && !replaces_open_file;
  volume.volume().renamed(only_this_file ? file.stream->file.get() : nullptr);
}

NTSTATUS Names::lookup(VolumeStack& volume, FILE_OBJECT& raw, When when, bool normalized,
                       std::u16string& path) {
  io::FileObject& file = io::FileObject::of(raw);
  fs::FileSystem& files = volume.volume().file_system();
  NTSTATUS status = STATUS_SUCCESS;
  if (when == When::kOpen) {
    status = files.query_name(*file.open, path);
    // As it was spelt at the open, while that is still the file's name.
    if (!normalized && same_file_name(text_of(file.FileName), path)) path = text_of(file.FileName);
  } else if (when == When::kBeforeCreateById) {
    status = name_by_id(files, text_of(file.FileName), path);
  } else {
    status = requested_path(volume, file, path);
    if (NT_SUCCESS(status) && normalized && !path.empty()) {
      std::u16string as_on_disk;
      status = files.normalize(path, as_on_disk);
      path = std::move(as_on_disk);
    }
  }
  if (NT_SUCCESS(status) && normalized) strip_data_suffix(path);
  return status;
}

NTSTATUS Names::get(Filter& filter, ActiveOperation& operation, FLT_FILE_NAME_OPTIONS options,
                    NameInformation*& result) {
  if (!valid(options)) return STATUS_INVALID_PARAMETER;
  FILE_OBJECT* file = operation.current.TargetFileObject;
  if (file == nullptr) return STATUS_FLT_INVALID_NAME_REQUEST;
  const auto format = static_cast<Format>(options & kFormatMask);
  const auto method = options & kMethodMask;
  const bool opened = io::FileObject::of(*file).opened();
  const bool before_create = operation.current.MajorFunction == IRP_MJ_CREATE && !opened;
  if (format == Format::kShort) return before_create ? STATUS_FLT_INVALID_NAME_REQUEST : STATUS_NOT_SUPPORTED;
  const bool normalized = format == Format::kNormalized;
  const bool unsafe = unsafe_place(operation, nt::current_thread());
  VolumeStack& volume = *operation.volume;
  const bool look_first = method == FLT_FILE_NAME_QUERY_CACHE_ONLY ||
                          method == FLT_FILE_NAME_QUERY_ALWAYS_ALLOW_CACHE_LOOKUP ||
                          (method == FLT_FILE_NAME_QUERY_DEFAULT && !unsafe);
  if (look_first) {
    result = from_cache(filter, volume, *file, normalized);
    if (result != nullptr) return STATUS_SUCCESS;
  }
  if (method == FLT_FILE_NAME_QUERY_CACHE_ONLY) return STATUS_FLT_NAME_CACHE_MISS;
  if (unsafe) {
    return method == FLT_FILE_NAME_QUERY_ALWAYS_ALLOW_CACHE_LOOKUP ? STATUS_FLT_NAME_CACHE_MISS
                                                                   : STATUS_FLT_INVALID_NAME_REQUEST;
  }
  if (!opened && !before_create) return STATUS_FLT_INVALID_NAME_REQUEST;  // no file system knows the file
  const bool by_id = (operation.current.Parameters.Create.Options & FILE_OPEN_BY_FILE_ID) != 0;
  const When when = !before_create ? When::kOpen : by_id ? When::kBeforeCreateById : When::kBeforeCreate;
  const std::uint64_t stamp = volume.volume().name_stamp();
  std::u16string path;
  const NTSTATUS status = lookup(volume, *file, when, normalized, path);
  if (!NT_SUCCESS(status)) return status;
  const bool target_directory =
      before_create && (operation.current.OperationFlags & SL_OPEN_TARGET_DIRECTORY) != 0;
  if (target_directory && !path.empty()) {
    result = &make(filter, volume, normalized, parent_of(path));
  } else {
    result = &share(filter, volume, *file, normalized, path, stamp);
  }
  return STATUS_SUCCESS;
}

NTSTATUS Names::get_unsafe(Filter& filter, FILE_OBJECT& file, FLT_FILE_NAME_OPTIONS options,
                           NameInformation*& result) {
  if (!valid(options)) return STATUS_INVALID_PARAMETER;
  io::FileObject& object = io::FileObject::of(file);
  if (!object.opened()) return STATUS_FLT_INVALID_NAME_REQUEST;  // NAME-11
  if (static_cast<Format>(options & kFormatMask) == Format::kShort) return STATUS_NOT_SUPPORTED;
  VolumeStack* volume = static_cast<VolumeStack*>(object.filter_stack());
  const bool normalized = static_cast<Format>(options & kFormatMask) == Format::kNormalized;
  std::u16string path;
  const NTSTATUS status = lookup(*volume, file, When::kOpen, normalized, path);
  if (NT_SUCCESS(status)) result = &make(filter, *volume, normalized, path);
  return status;
}

NTSTATUS Names::get_destination(Filter& filter, VolumeStack& volume, FILE_OBJECT& raw, FILE_OBJECT* root,
                                std::u16string_view target, FLT_FILE_NAME_OPTIONS options,
                                NameInformation*& result) {
  if (!valid(options)) return STATUS_INVALID_PARAMETER;
  if (static_cast<Format>(options & kFormatMask) == Format::kShort ||
      nt::current_thread().top_level_irp != nullptr) {
    return STATUS_FLT_INVALID_NAME_REQUEST;
  }
  fs::FileSystem& files = volume.volume().file_system();
  std::u16string path;
  if (root == nullptr && target.starts_with(u'\\')) {
    nt::Found found;
    const NTSTATUS status = volume.system.nt().names().lookup(target, true, found);
    if (!NT_SUCCESS(status)) return status;
    const io::Volume* device = nt::as<io::Volume>(found.object.get(), io::kDeviceType);
    if (device != &volume.volume()) return STATUS_MOUNT_POINT_NOT_RESOLVED;
    path = found.rest;
  } else {
    const io::FileObject& base = io::FileObject::of(root != nullptr ? *root : raw);
    if (!base.opened()) return STATUS_FLT_INVALID_NAME_REQUEST;
    const NTSTATUS status = files.query_name(*base.open, path);
    if (!NT_SUCCESS(status)) return status;
    if (target.starts_with(u':')) {
      path.resize(std::min(path.find(u':'), path.size()));  // a stream of the same file
    } else {
      if (root == nullptr) path = parent_of(path);
      if (!path.ends_with(u'\\')) path += u'\\';
    }
    path += target;
  }
  const bool normalized = static_cast<Format>(options & kFormatMask) == Format::kNormalized;
  if (normalized) {
    std::u16string as_on_disk;
    const NTSTATUS status = files.normalize(path, as_on_disk);
    if (!NT_SUCCESS(status)) return status;
    path = std::move(as_on_disk);
    strip_data_suffix(path);
  }
  result = &make(filter, volume, normalized, path);
  return STATUS_SUCCESS;
}

NameInformation& Names::make(Filter& filter, const VolumeStack& volume, bool normalized,
                             const std::u16string& path) {
  return informations_.make(filter, volume.volume().names().device, path, normalized);
}

}  // namespace fltsim::fltmgr

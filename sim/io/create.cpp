// IoManager::open(): from what NtCreateFile was asked for to an open file object.
#include <array>
#include <utility>

#include "io/device_requests.hpp"
#include "io/file_system_call.hpp"
#include "io/io_manager.hpp"
#include "io/operation_text.hpp"
#include "io/reparse_point.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/security.hpp"

namespace fltsim::io {

namespace {

constexpr int kReparsesMax = 32;  // as the object manager's limit
constexpr std::size_t kNameUnitsMax = 0x7FFF;
constexpr ULONG kCreateOptionsValid = 0x00FFFFFF;
constexpr ULONG kSynchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
// What may accompany FILE_DIRECTORY_FILE.
constexpr ULONG kDirectoryOptions =
    FILE_DIRECTORY_FILE | kSynchronous | FILE_WRITE_THROUGH | FILE_COMPLETE_IF_OPLOCKED |
    FILE_OPEN_FOR_BACKUP_INTENT | FILE_DELETE_ON_CLOSE | FILE_OPEN_FOR_FREE_SPACE_QUERY |
    FILE_OPEN_BY_FILE_ID | FILE_NO_COMPRESSION | FILE_OPEN_REPARSE_POINT | FILE_OPEN_NO_RECALL;

// The combinations that NtCreateFile refuses to user mode before anybody is asked. The rights are those that
// were asked for, generic ones unmapped.
bool options_valid(const OpenRequest& request) {
  const ACCESS_MASK access = request.access;
  const ULONG options = request.options;
  const auto has = [options](ULONG bits) { return (options & bits) != 0; };
  if ((request.attributes & ~FILE_ATTRIBUTE_VALID_FLAGS) != 0) return false;
  if ((request.share & ~FILE_SHARE_VALID_FLAGS) != 0) return false;
  if (request.disposition > FILE_MAXIMUM_DISPOSITION || (options & ~kCreateOptionsValid) != 0) return false;
  if (request.allocation_size < 0) return false;
  if ((options & kSynchronous) == kSynchronous) return false;
  if (has(kSynchronous) && (access & SYNCHRONIZE) == 0) return false;
  if (has(FILE_DELETE_ON_CLOSE) && (access & (DELETE | MAXIMUM_ALLOWED)) == 0) return false;
  if (has(FILE_DIRECTORY_FILE) && has(FILE_NON_DIRECTORY_FILE)) return false;
  if (has(FILE_NO_INTERMEDIATE_BUFFERING) && (access & FILE_APPEND_DATA) != 0) return false;
  if (!has(FILE_DIRECTORY_FILE)) return true;
  const bool opens = request.disposition == FILE_OPEN || request.disposition == FILE_CREATE ||
                     request.disposition == FILE_OPEN_IF;
  return opens && (options & ~kDirectoryOptions) == 0;
}

ULONG file_object_flags(const OpenRequest& request) {
  struct Pair {
    ULONG option;
    ULONG flag;
  };
  constexpr std::array kPairs = {
      Pair{FILE_SYNCHRONOUS_IO_ALERT, FO_SYNCHRONOUS_IO | FO_ALERTABLE_IO},
      Pair{FILE_SYNCHRONOUS_IO_NONALERT, FO_SYNCHRONOUS_IO},
      Pair{FILE_NO_INTERMEDIATE_BUFFERING, FO_NO_INTERMEDIATE_BUFFERING},
      Pair{FILE_WRITE_THROUGH, FO_WRITE_THROUGH},
      Pair{FILE_SEQUENTIAL_ONLY, FO_SEQUENTIAL_ONLY},
      Pair{FILE_RANDOM_ACCESS, FO_RANDOM_ACCESS},
  };
  ULONG flags = request.case_insensitive ? 0 : FO_OPENED_CASE_SENSITIVE;
  for (const Pair& pair : kPairs) {
    if ((request.options & pair.option) != 0) flags |= pair.flag;
  }
  return flags;
}

UCHAR operation_flags(const OpenRequest& request) {
  UCHAR flags = 0;
  if ((request.flags & IO_OPEN_TARGET_DIRECTORY) != 0) flags |= SL_OPEN_TARGET_DIRECTORY;
  if ((request.flags & IO_FORCE_ACCESS_CHECK) != 0) flags |= SL_FORCE_ACCESS_CHECK;
  if (!request.case_insensitive) flags |= SL_CASE_SENSITIVE;
  return flags;
}

// The parts of a create that its parameters point to; they live for the request.
struct SecurityBlocks {
  ACCESS_STATE access{};
  IO_SECURITY_CONTEXT context{};

  SecurityBlocks(ACCESS_MASK desired, ULONG options) {
    access.OriginalDesiredAccess = desired;
    access.RemainingDesiredAccess = desired;
    context.AccessState = &access;
    context.DesiredAccess = desired;
    context.FullCreateOptions = options;
  }
};

// One pass through the stack: IRP_MJ_CREATE for a new file object.
IO_STATUS_BLOCK send_create(IoManager& manager, const Issuer& issuer, const OpenRequest& request,
                            ACCESS_MASK access, FileObject& file, std::vector<std::byte>& tag_data) {
  SecurityBlocks security(access, request.options);
  Operation operation = IoManager::make_operation(issuer, file, IRP_MJ_CREATE);
  operation.extra_create_parameters = request.extra_create_parameters;
  FLT_IO_PARAMETER_BLOCK& block = operation.parameters;
  block.IrpFlags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
  block.OperationFlags = operation_flags(request);
  auto& create = block.Parameters.Create;
  create.SecurityContext = &security.context;
  create.Options = request.disposition << 24 | request.options;
  create.FileAttributes = static_cast<USHORT>(request.attributes);
  create.ShareAccess = static_cast<USHORT>(request.share);
  create.AllocationSize.QuadPart = request.allocation_size;
  create.EaBuffer = request.ea_buffer;
  create.EaLength = request.ea_length;
  security.access.SecurityDescriptor = request.security;
  file.seen_by_filters = file.volume->filter_stack() != nullptr;
  manager.submit(operation);
  tag_data = std::move(operation.tag_data);
  return operation.status;
}

}  // namespace

Resolved IoManager::locate(const OpenRequest& request, std::u16string_view name) const {
  if (request.root == nullptr) return resolve(name, request.case_insensitive);
  Resolved resolved;
  resolved.volume = request.root->volume;
  resolved.device = request.root->device;
  resolved.rest = name;
  return resolved;
}

OpenResult IoManager::open(const Issuer& issuer, const OpenRequest& request) {
  OpenResult result;
  const ACCESS_MASK access = nt::map_generic(request.access, kFileType.mapping);
  const bool from_user = issuer.mode == UserMode && (request.flags & IO_NO_PARAMETER_CHECKING) == 0;
  const bool checked = from_user || (request.flags & IO_CHECK_CREATE_PARAMETERS) != 0;
  if (checked && !options_valid(request)) {
    result.status = STATUS_INVALID_PARAMETER;
    return result;
  }
  OpenRequest asked = request;
  std::u16string name(request.name);
  const Volume* first_volume = nullptr;
  for (int reparses = 0; reparses <= kReparsesMax; ++reparses) {
    Resolved where = locate(asked, name);
    if (where.device) return open_device(issuer, asked, *where.device, where.rest);
    result.status = where.status;
    if (!NT_SUCCESS(where.status)) return result;
    if (where.rest.size() > kNameUnitsMax) {
      result.status = STATUS_OBJECT_NAME_INVALID;
      return result;
    }
    // What starts below an instance cannot go on at another volume, where that instance is not.
    if (first_volume == nullptr) first_volume = where.volume.get();
    if (issuer.below != nullptr && where.volume.get() != first_volume) {
      result.status = STATUS_MOUNT_POINT_NOT_RESOLVED;
      return result;
    }

    auto file = nt::Ref<FileObject>::adopt(nt::create_object<FileObject>(
        system_, kFileType, issuer.thread, *where.volume, where.rest, issuer.below));
    file->Flags = file_object_flags(asked);
    if (asked.root == nullptr && where.rest.empty()) file->Flags |= FO_VOLUME_OPEN;
    file->fast_io = asked.fast_io;
    // Valid while the create is on its way, as on NT.
    file->RelatedFileObject = asked.root;
    if (system_.trace().enabled()) {
      file->trace_name = trace_name(where.rest, asked.root, (asked.options & FILE_OPEN_BY_FILE_ID) != 0);
    }
    std::vector<std::byte> tag_data;
    const IO_STATUS_BLOCK status = send_create(*this, issuer, asked, access, *file, tag_data);
    file->RelatedFileObject = nullptr;

    result.status = status.Status;
    result.information = status.Information;
    if (status.Status == STATUS_REPARSE) {
      if (status.Information == IO_REPARSE) {
        name = file->name();  // what the filter put there: a full name
      } else {
        result.status =
            follow_reparse_point(*file, asked.root, static_cast<ULONG>(status.Information), tag_data, name);
        if (!NT_SUCCESS(result.status)) return result;
      }
      asked.root = nullptr;
      continue;
    }
    if (!NT_SUCCESS(status.Status)) {
      if (file->opened()) file->volume->abandon(std::move(file->open));
      return result;
    }
    file->created = true;
    result.file = std::move(file);
    return result;
  }
  result.status = STATUS_REPARSE_POINT_NOT_RESOLVED;
  return result;
}

OpenResult IoManager::open_device(const Issuer& issuer, const OpenRequest& request, Device& device,
                                  std::u16string_view rest) {
  OpenResult result;
  if (device.deleted() || device.initializing()) {
    result.status = STATUS_NO_SUCH_DEVICE;
    return result;
  }
  // A name below the device is the driver's own business unless the device says otherwise.
  const bool secure = rest.empty() || (device.Characteristics & FILE_DEVICE_SECURE_OPEN) != 0;
  const std::vector<std::uint8_t>& security = nt::ObjectHeader::of(&device).security;
  const bool from_user = issuer.mode == UserMode || (request.flags & IO_FORCE_ACCESS_CHECK) != 0;
  const void* descriptor = from_user && secure && !security.empty() ? security.data() : nullptr;
  ACCESS_MASK granted = 0;
  result.status =
      nt::check_access(descriptor, *issuer.thread.process.token, request.access, kFileType.mapping, granted);
  if (!NT_SUCCESS(result.status)) return result;
  if (!device.count_open()) {
    result.status = STATUS_ACCESS_DENIED;
    return result;
  }
  auto file = nt::Ref<FileObject>::adopt(
      nt::create_object<FileObject>(system_, kFileType, issuer.thread, device, rest));
  file->Flags = file_object_flags(request);
  file->RelatedFileObject = request.root;
  file->granted_access = granted;
  const IO_STATUS_BLOCK status = send_device_create(issuer, request, granted, *file);
  file->RelatedFileObject = nullptr;
  result.status = status.Status;
  result.information = status.Information;
  if (!NT_SUCCESS(status.Status) || status.Status == STATUS_REPARSE) {
    device.uncount_open();
    if (status.Status == STATUS_REPARSE) nt::unsupported("STATUS_REPARSE from the create of a device");
    return result;
  }
  file->created = true;
  result.file = std::move(file);
  return result;
}

void IoManager::cancel_open(const Issuer& issuer, FileObject& file) {
  file.set_flag(FO_FILE_OPEN_CANCELLED);
  cleanup(issuer, file);
  close(issuer, file);
}

}  // namespace fltsim::io

#include "io/file_system_call.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "machine/system.hpp"
#include "nt/descriptor_parts.hpp"
#include "nt/executive.hpp"
#include "nt/user_memory.hpp"

namespace fltsim::io {

namespace {

bool is_end_of_file(LARGE_INTEGER offset) {
  return offset.LowPart == FILE_WRITE_TO_END_OF_FILE && offset.HighPart == -1;
}

// The path as fs::CreateRequest wants it. An id may follow the volume's root: "\" and its 8 or 16 bytes.
std::u16string_view path_below(const FileObject& file, ULONG options) {
  std::u16string_view path = file.name();
  const bool id_below_root = (options & FILE_OPEN_BY_FILE_ID) != 0 &&
                             (path.size() == 5 || path.size() == 9) && path.front() == u'\\';
  return id_below_root ? path.substr(1) : path;
}

void publish_open(FileObject& file, std::unique_ptr<fs::Open> open, ULONG options) {
  fs::StreamIdentity& identity = open->stream();
  file.FsContext = &identity;
  file.FsContext2 = open.get();
  file.stream = &file.volume->stream_state(identity);
  if (open->kind() == fs::OpenKind::kData) file.SectionObjectPointer = &file.stream->section_pointers;
  if (open->kind() == fs::OpenKind::kVolume) file.set_flag(FO_VOLUME_OPEN);
  if (open->kind() == fs::OpenKind::kData && file.is_cached()) file.set_flag(FO_CACHE_SUPPORTED);
  if ((options & FILE_DELETE_ON_CLOSE) != 0) file.set_flag(FO_DELETE_ON_CLOSE);
  file.open = std::move(open);
}

void publish_access(FileObject& file, ACCESS_MASK access, USHORT share) {
  file.granted_access = access;
  file.ReadAccess = (access & (FILE_READ_DATA | FILE_EXECUTE)) != 0;
  file.WriteAccess = (access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0;
  file.DeleteAccess = (access & DELETE) != 0;
  if (!file.ReadAccess && !file.WriteAccess && !file.DeleteAccess) return;
  file.SharedRead = (share & FILE_SHARE_READ) != 0;
  file.SharedWrite = (share & FILE_SHARE_WRITE) != 0;
  file.SharedDelete = (share & FILE_SHARE_DELETE) != 0;
}

// MAXIMUM_ALLOWED takes all rights that the file gives; a read-only one does not give writing.
fs::CreateResult create_with_access(FileObject& file, fs::CreateRequest& request, ACCESS_MASK asked) {
  if ((asked & MAXIMUM_ALLOWED) == 0) {
    request.desired_access = asked;
    return file.file_system().create(request);
  }
  request.desired_access = (asked & ~MAXIMUM_ALLOWED) | FILE_ALL_ACCESS;
  fs::CreateResult result = file.file_system().create(request);
  if (result.status != STATUS_ACCESS_DENIED) return result;
  constexpr ACCESS_MASK kWriting = FILE_WRITE_DATA | FILE_APPEND_DATA;
  request.desired_access = (asked & ~MAXIMUM_ALLOWED) | (FILE_ALL_ACCESS & ~kWriting);
  return file.file_system().create(request);
}

// The reparse point that a create has met, as filters and the I/O manager are shown it.
void publish_tag_data(Operation& operation, fs::CreateResult& result) {
  operation.tag_data = std::move(result.reparse_point);
  const auto unparsed = static_cast<USHORT>(result.unparsed_units * sizeof(char16_t));
  std::memcpy(operation.tag_data.data() + offsetof(FLT_TAG_DATA_BUFFER, UnparsedNameLength), &unparsed,
              sizeof unparsed);
}

IO_STATUS_BLOCK create_below(FileObject& file, Operation& operation, const FLT_IO_PARAMETER_BLOCK& block) {
  const auto& create = block.Parameters.Create;
  fs::CreateRequest request;
  const ULONG options = create.Options & 0x00FFFFFF;
  request.path = path_below(file, options);
  if (file.RelatedFileObject != nullptr) {
    request.related = FileObject::of(*file.RelatedFileObject).open.get();
    if (request.related == nullptr) return answer(STATUS_INVALID_PARAMETER);
  }
  request.share_access = create.ShareAccess;
  request.disposition = create.Options >> 24;
  request.create_options = options;
  request.file_attributes = create.FileAttributes;
  request.allocation_size = static_cast<std::uint64_t>(create.AllocationSize.QuadPart);
  request.open_target_directory = (block.OperationFlags & SL_OPEN_TARGET_DIRECTORY) != 0;
  request.may_truncate = [&file](const fs::StreamIdentity& stream) {
    return file.volume->stream_state(stream).sections.load(std::memory_order_acquire) == 0;
  };
  std::vector<fs::ExtendedAttribute> attributes;
  if (create.EaBuffer != nullptr && create.EaLength != 0) {
    std::size_t wrong_at = 0;
    const NTSTATUS parsed = parse_extended_attributes(create.EaBuffer, create.EaLength, attributes, wrong_at);
    if (!NT_SUCCESS(parsed)) return answer(parsed, wrong_at);
    request.extended_attributes = attributes;
  }
  nt::Descriptor security;
  if (const void* given = create.SecurityContext->AccessState->SecurityDescriptor) {
    security = nt::copy_descriptor(given);
    request.security = security;
  }
  fs::CreateResult result = create_with_access(file, request, create.SecurityContext->DesiredAccess);
  if (result.status == STATUS_REPARSE) publish_tag_data(operation, result);
  if (!NT_SUCCESS(result.status) || result.status == STATUS_REPARSE)
    return answer(result.status, result.information);
  ACCESS_STATE& state = *create.SecurityContext->AccessState;
  state.PreviouslyGrantedAccess |= request.desired_access;
  state.RemainingDesiredAccess = 0;
  publish_access(file, request.desired_access, create.ShareAccess);
  publish_open(file, std::move(result.open), options);
  return answer(result.status, result.information);
}

IO_STATUS_BLOCK read_below(FileObject& file, const Operation& operation,
                           const FLT_IO_PARAMETER_BLOCK& block) {
  const auto& read = block.Parameters.Read;
  auto* buffer = static_cast<std::byte*>(data_buffer(read.MdlAddress, read.ReadBuffer));
  if (!is_present(file, buffer, read.Length)) return answer(STATUS_INVALID_USER_BUFFER);
  const LONGLONG offset = read.ByteOffset.QuadPart;
  const bool paging = (block.IrpFlags & IRP_PAGING_IO) != 0;
  if (!paging && !locks_allow(file, operation, read.Key, offset, read.Length, false)) {
    return answer(STATUS_FILE_LOCK_CONFLICT);
  }
  const fs::TransferResult result = file.file_system().read(*file.open, offset, {buffer, read.Length});
  if (NT_SUCCESS(result.status) && file.is_synchronous() && !paging) {
    file.set_position(offset + static_cast<LONGLONG>(result.transferred));
  }
  return answer(result.status, result.transferred);
}

// Paging I/O never makes a file longer: what lies behind its end is dropped.
std::size_t paging_length(FileObject& file, LONGLONG offset, std::size_t length) {
  fs::FileInformation information;
  if (!NT_SUCCESS(file.file_system().query_information(*file.open, information))) return 0;
  const auto end = static_cast<LONGLONG>(information.end_of_file);
  return offset >= end ? 0 : std::min(length, static_cast<std::size_t>(end - offset));
}

IO_STATUS_BLOCK write_below(FileObject& file, const Operation& operation,
                            const FLT_IO_PARAMETER_BLOCK& block) {
  const auto& write = block.Parameters.Write;
  const auto* buffer = static_cast<const std::byte*>(data_buffer(write.MdlAddress, write.WriteBuffer));
  if (!is_present(file, buffer, write.Length)) return answer(STATUS_INVALID_USER_BUFFER);
  const bool paging = (block.IrpFlags & IRP_PAGING_IO) != 0;
  const LONGLONG offset = is_end_of_file(write.ByteOffset) ? fs::kEndOfFileOffset : write.ByteOffset.QuadPart;
  if (!paging && !locks_allow(file, operation, write.Key, offset, write.Length, true)) {
    return answer(STATUS_FILE_LOCK_CONFLICT);
  }
  const std::size_t length = paging ? paging_length(file, offset, write.Length) : write.Length;
  if (paging && length == 0) return answer(STATUS_SUCCESS, write.Length);
  const fs::TransferResult result = file.file_system().write(*file.open, offset, {buffer, length});
  if (!NT_SUCCESS(result.status)) return answer(result.status);
  if (paging) return answer(result.status, write.Length);
  if (file.is_synchronous()) file.set_position(result.offset + static_cast<LONGLONG>(result.transferred));
  return answer(result.status, result.transferred);
}

// A handle that was made from the object after the last one had closed brings another cleanup; the open has
// one.
IO_STATUS_BLOCK cleanup_below(FileObject& file) {
  if (file.set_flag(FO_CLEANUP_COMPLETE)) return answer(STATUS_SUCCESS);
  file.stream->locks.release(&file);
  file.volume->watches().end(&file);
  file.file_system().cleanup(*file.open);
  return answer(STATUS_SUCCESS);
}

IO_STATUS_BLOCK close_below(FileObject& file) {
  cleanup_below(file);  // a filter may have kept the cleanup to itself (CB-48)
  fs::CloseResult result = file.file_system().close(std::move(file.open));
  file.ended_stream = std::move(result.ended_stream);
  return answer(STATUS_SUCCESS);
}

IO_STATUS_BLOCK dispatch(FileObject& file, const Operation& operation, const FLT_IO_PARAMETER_BLOCK& block) {
  switch (block.MajorFunction) {
    case IRP_MJ_READ:
      return read_below(file, operation, block);
    case IRP_MJ_WRITE:
      return write_below(file, operation, block);
    case IRP_MJ_QUERY_INFORMATION:
      return query_information_below(file, block.Parameters);
    case IRP_MJ_SET_INFORMATION:
      return set_information_below(file, block.Parameters);
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
      return query_volume_below(file, block.Parameters);
    case IRP_MJ_SET_VOLUME_INFORMATION:
      return set_volume_below(file, block.Parameters);
    case IRP_MJ_DIRECTORY_CONTROL:
      return block.MinorFunction == IRP_MN_NOTIFY_CHANGE_DIRECTORY ? notify_below(file, operation, block)
                                                                   : query_directory_below(file, block);
    case IRP_MJ_LOCK_CONTROL:
      return lock_below(file, operation, block);
    case IRP_MJ_FILE_SYSTEM_CONTROL:
      return fs_control_below(file, block);
    case IRP_MJ_DEVICE_CONTROL:
      return device_control_below(file, operation, block);
    case IRP_MJ_QUERY_EA:
      return query_ea_below(file, block);
    case IRP_MJ_SET_EA:
      return set_ea_below(file, block.Parameters);
    case IRP_MJ_QUERY_SECURITY:
      return query_security_below(file, block.Parameters);
    case IRP_MJ_SET_SECURITY:
      return set_security_below(file, block.Parameters);
    case IRP_MJ_FLUSH_BUFFERS:
      return answer(file.file_system().flush(*file.open));
    case IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION:
    case IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION:
      return answer(STATUS_FSFILTER_OP_COMPLETED_SUCCESSFULLY);
    default:
      return answer(STATUS_INVALID_DEVICE_REQUEST);
  }
}

}  // namespace

bool is_present(const FileObject& file, const void* buffer, std::size_t length) {
  return nt::ObjectHeader::of(&file).system->nt().user_space().is_present(buffer, length);
}

void OutputBuffer::append(const void* bytes, std::size_t size) {
  const std::size_t fits = std::min(size, left());
  if (fits != 0) std::memcpy(begin_ + used_, bytes, fits);
  used_ += fits;
  overflowed_ |= fits < size;
}

void OutputBuffer::align(std::size_t boundary) {
  const std::size_t wanted = (used_ + boundary - 1) / boundary * boundary;
  used_ = std::min(wanted, length_);
}

// Kernel and user share one address space here, so that the virtual address of an MDL will do as long as nobody has
// mapped it.
void* data_buffer(PMDL mdl, void* buffer) {
  if (mdl == nullptr) return buffer;
  constexpr CSHORT kMapped = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
  return (mdl->MdlFlags & kMapped) != 0 ? mdl->MappedSystemVa : MmGetMdlVirtualAddress(mdl);
}

void call_file_system(Operation& operation, const FLT_IO_PARAMETER_BLOCK& parameters,
                      IO_STATUS_BLOCK& status) {
  FileObject& file = FileObject::of(*parameters.TargetFileObject);
  const UCHAR major = parameters.MajorFunction;
  if (major == IRP_MJ_CREATE) {
    status =
        file.volume->mounted() ? create_below(file, operation, parameters) : answer(STATUS_VOLUME_DISMOUNTED);
  } else if (!file.opened()) {
    // Nothing of ours is open: a filter completed the create by itself.
    status = answer(major == IRP_MJ_CLEANUP || major == IRP_MJ_CLOSE ? STATUS_SUCCESS
                                                                     : STATUS_INVALID_DEVICE_REQUEST);
  } else if (major == IRP_MJ_CLEANUP) {
    status = cleanup_below(file);
  } else if (major == IRP_MJ_CLOSE) {
    status = close_below(file);
  } else {
    status =
        file.volume->mounted() ? dispatch(file, operation, parameters) : answer(STATUS_VOLUME_DISMOUNTED);
  }
  file.volume->watches().deliver();
}

}  // namespace fltsim::io

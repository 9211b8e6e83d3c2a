// The requests of the I/O manager on open files: parameters, flags, and the fast-I/O attempt before an IRP.
#include <cstring>
#include <string_view>
#include <utility>

#include "io/device_requests.hpp"
#include "io/file_system_call.hpp"
#include "io/information_class.hpp"
#include "io/io_manager.hpp"
#include "io/request_flags.hpp"
#include "machine/system.hpp"

namespace fltsim::io {

namespace {

ULONG transfer_flags(const FileObject& file, const Transfer& transfer, bool write) {
  ULONG flags = transfer.irp_flags;
  if ((flags & IRP_PAGING_IO) == 0) {
    flags |= IRP_DEFER_IO_COMPLETION | (write ? IRP_WRITE_OPERATION : IRP_READ_OPERATION);
  }
  if (!file.is_cached()) flags |= IRP_NOCACHE;
  return flags;
}

struct RenameTarget {
  FILE_RENAME_INFORMATION* information;
  std::u16string_view name;
  // The target names a place of its own: not a bare name in the directory of the file, nor a stream.
  bool elsewhere;
};

RenameTarget rename_target(void* buffer, ULONG length) {
  auto* information = static_cast<FILE_RENAME_INFORMATION*>(buffer);
  constexpr std::size_t kFixed = offsetof(FILE_RENAME_INFORMATION, FileName);
  const std::size_t units = information->FileNameLength / sizeof(WCHAR);
  if (units * sizeof(WCHAR) > length - kFixed) return {information, {}, false};
  const std::u16string_view name(information->FileName, units);
  const bool absolute = !name.empty() && name.front() == u'\\';
  return {information, name, absolute || information->RootDirectory != nullptr};
}

}  // namespace

IO_STATUS_BLOCK IoManager::read(const Issuer& issuer, FileObject& file, const Transfer& transfer) {
  if (file.device) return device_read(issuer, file, transfer);
  Operation operation = make_operation(issuer, file, IRP_MJ_READ);
  operation.parameters.IrpFlags = transfer_flags(file, transfer, false);
  auto& read = operation.parameters.Parameters.Read;
  read.Length = transfer.length;
  read.Key = transfer.key;
  read.ByteOffset.QuadPart = transfer.offset;
  read.ReadBuffer = transfer.buffer;
  IO_STATUS_BLOCK status{};
  submit_fast_or_irp(*this, operation, may_go_fast(file, operation.parameters.IrpFlags), status);
  return status;
}

IO_STATUS_BLOCK IoManager::write(const Issuer& issuer, FileObject& file, const Transfer& transfer) {
  if (file.device) return device_write(issuer, file, transfer);
  Operation operation = make_operation(issuer, file, IRP_MJ_WRITE);
  operation.parameters.IrpFlags = transfer_flags(file, transfer, true);
  if (file.has_flag(FO_WRITE_THROUGH)) operation.parameters.OperationFlags |= SL_WRITE_THROUGH;
  auto& write = operation.parameters.Parameters.Write;
  write.Length = transfer.length;
  write.Key = transfer.key;
  write.ByteOffset.QuadPart = transfer.offset;
  write.WriteBuffer = transfer.buffer;
  IO_STATUS_BLOCK status{};
  submit_fast_or_irp(*this, operation, may_go_fast(file, operation.parameters.IrpFlags), status);
  return status;
}

IO_STATUS_BLOCK IoManager::query_information(const Issuer& issuer, FileObject& file,
                                             FILE_INFORMATION_CLASS which, void* buffer, ULONG length) {
  if (file.device) return device_information(issuer, file, IRP_MJ_QUERY_INFORMATION, which, buffer, length);
  Operation operation = make_operation(issuer, file, IRP_MJ_QUERY_INFORMATION);
  operation.parameters.IrpFlags = buffered_flags(file) | IRP_INPUT_OPERATION;
  auto& query = operation.parameters.Parameters.QueryFileInformation;
  query.Length = length;
  query.FileInformationClass = which;
  query.InfoBuffer = buffer;
  const bool fast_class = which == FileBasicInformation || which == FileStandardInformation;
  IO_STATUS_BLOCK status{};
  submit_fast_or_irp(*this, operation, fast_class && may_go_fast(file, 0), status);
  return status;
}

IO_STATUS_BLOCK IoManager::set_information(const Issuer& issuer, FileObject& file,
                                           FILE_INFORMATION_CLASS which, void* buffer, ULONG length) {
  if (file.device) return device_information(issuer, file, IRP_MJ_SET_INFORMATION, which, buffer, length);
  Operation operation = make_operation(issuer, file, IRP_MJ_SET_INFORMATION);
  operation.parameters.IrpFlags = buffered_flags(file);
  auto& set = operation.parameters.Parameters.SetFileInformation;
  set.Length = length;
  set.FileInformationClass = which;
  set.InfoBuffer = buffer;
  nt::Ref<FileObject> target_directory;
  if (renames_or_links(which)) {
    if (length < offsetof(FILE_RENAME_INFORMATION, FileName)) return answer(STATUS_INFO_LENGTH_MISMATCH);
    const RenameTarget target = rename_target(buffer, length);
    set.ReplaceIfExists = target.information->ReplaceIfExists;
    if (target.elsewhere) {
      OpenResult opened = open_target_directory(issuer, file, target.name, target.information->RootDirectory);
      if (!NT_SUCCESS(opened.status)) return answer(opened.status);
      target_directory = std::move(opened.file);
      set.ParentOfTarget = target_directory.get();
    }
  }
  submit(operation);
  return operation.status;
}

OpenResult IoManager::open_target_directory(const Issuer& issuer, FileObject& file, std::u16string_view name,
                                            HANDLE root) {
  OpenResult refused;
  nt::Ref<void> root_object;
  if (root != nullptr) {
    const auto mode = static_cast<nt::Mode>(issuer.mode);
    refused.status = nt::reference_by_handle(root, 0, &kFileType, mode, root_object);
    if (!NT_SUCCESS(refused.status)) return refused;
  }
  OpenRequest request;
  request.name = name;
  request.root = static_cast<FileObject*>(root_object.get());
  request.access = (file.is_directory() ? FILE_ADD_SUBDIRECTORY : FILE_WRITE_DATA) | SYNCHRONIZE;
  request.share = FILE_SHARE_READ | FILE_SHARE_WRITE;
  request.disposition = FILE_OPEN;
  request.options = FILE_OPEN_FOR_BACKUP_INTENT;
  request.flags = IO_OPEN_TARGET_DIRECTORY | IO_FORCE_ACCESS_CHECK | IO_NO_PARAMETER_CHECKING;
  Issuer opener = issuer;
  if (opener.below == nullptr) opener.below = file.below;
  OpenResult opened = open(opener, request);
  if (!NT_SUCCESS(opened.status) || opened.file->volume.get() == file.volume.get()) return opened;
  refused.status = STATUS_NOT_SAME_DEVICE;
  return refused;
}

IO_STATUS_BLOCK IoManager::query_directory(const Issuer& issuer, FileObject& file,
                                           const DirectoryQuery& asked) {
  Operation operation = make_operation(issuer, file, IRP_MJ_DIRECTORY_CONTROL);
  FLT_IO_PARAMETER_BLOCK& block = operation.parameters;
  block.MinorFunction = IRP_MN_QUERY_DIRECTORY;
  block.IrpFlags = IRP_DEFER_IO_COMPLETION;
  if (asked.restart_scan) block.OperationFlags |= SL_RESTART_SCAN;
  if (asked.single_entry) block.OperationFlags |= SL_RETURN_SINGLE_ENTRY;
  auto& query = block.Parameters.DirectoryControl.QueryDirectory;
  query.Length = asked.length;
  query.FileName = asked.pattern;
  query.FileInformationClass = asked.information_class;
  query.DirectoryBuffer = asked.buffer;
  submit(operation);
  return operation.status;
}

IO_STATUS_BLOCK IoManager::query_volume(const Issuer& issuer, FileObject& file, FS_INFORMATION_CLASS which,
                                        void* buffer, ULONG length) {
  Operation operation = make_operation(issuer, file, IRP_MJ_QUERY_VOLUME_INFORMATION);
  operation.parameters.IrpFlags = buffered_flags(file) | IRP_INPUT_OPERATION;
  auto& query = operation.parameters.Parameters.QueryVolumeInformation;
  query.Length = length;
  query.FsInformationClass = which;
  query.VolumeBuffer = buffer;
  submit(operation);
  return operation.status;
}

IO_STATUS_BLOCK IoManager::set_volume(const Issuer& issuer, FileObject& file, FS_INFORMATION_CLASS which,
                                      void* buffer, ULONG length) {
  if (file.device) return answer(STATUS_INVALID_DEVICE_REQUEST);
  Operation operation = make_operation(issuer, file, IRP_MJ_SET_VOLUME_INFORMATION);
  operation.parameters.IrpFlags = buffered_flags(file);
  auto& set = operation.parameters.Parameters.SetVolumeInformation;
  set.Length = length;
  set.FsInformationClass = which;
  set.VolumeBuffer = buffer;
  submit(operation);
  return operation.status;
}

IO_STATUS_BLOCK IoManager::flush(const Issuer& issuer, FileObject& file) {
  if (file.device) return device_flush(issuer, file);
  Operation operation = make_operation(issuer, file, IRP_MJ_FLUSH_BUFFERS);
  operation.parameters.IrpFlags = file.is_synchronous() ? 0 : IRP_SYNCHRONOUS_API;
  submit(operation);
  return operation.status;
}

}  // namespace fltsim::io

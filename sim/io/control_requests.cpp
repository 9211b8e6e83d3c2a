// The I/O manager's requests beside data and information: controls, locks, extended attributes, security, change
// notification.
#include <cstring>
#include <vector>

#include "io/device_requests.hpp"
#include "io/file_system_call.hpp"
#include "io/io_manager.hpp"
#include "io/request_flags.hpp"
#include "nt/process.hpp"

namespace fltsim::io {

namespace {

ULONG plain_flags(const FileObject& file) { return file.is_synchronous() ? 0 : IRP_SYNCHRONOUS_API; }

// FLT_PARAMETERS has one layout for both kinds of control.
void fill_control(Operation& operation, const DeviceControl& request) {
  auto& common = operation.parameters.Parameters.DeviceIoControl.Common;
  common.InputBufferLength = request.input_length;
  common.OutputBufferLength = request.output_length;
  common.IoControlCode = request.code;
}

// As a file-system or device control is tried before an IRP is made for it: with the caller's buffers.
bool control_fast(IoManager& manager, const Operation& asked, const DeviceControl& request,
                  IO_STATUS_BLOCK& status) {
  Operation attempt = asked;
  attempt.kind = Operation::Kind::kFastIo;
  auto& fast = attempt.parameters.Parameters.DeviceIoControl.FastIo;
  fast.InputBuffer = request.input;
  fast.OutputBuffer = request.output;
  manager.submit(attempt);
  status = attempt.status;
  return status.Status != STATUS_FLT_DISALLOW_FAST_IO;
}

}  // namespace

IO_STATUS_BLOCK IoManager::control(const Issuer& issuer, FileObject& file, const DeviceControl& request) {
  if (file.device) return device_control(issuer, file, request);
  Operation operation =
      make_operation(issuer, file, request.file_system ? IRP_MJ_FILE_SYSTEM_CONTROL : IRP_MJ_DEVICE_CONTROL);
  fill_control(operation, request);
  IO_STATUS_BLOCK status{};
  const bool fast = !request.file_system && may_go_fast(file, 0);
  if (fast && control_fast(*this, operation, request, status)) return status;
  operation.parameters.IrpFlags = plain_flags(file);
  auto& control = operation.parameters.Parameters.DeviceIoControl;
  const ULONG method = METHOD_FROM_CTL_CODE(request.code);
  if (method == METHOD_NEITHER) {
    control.Neither.InputBuffer = request.input;
    control.Neither.OutputBuffer = request.output;
    submit(operation);
    return operation.status;
  }
  if (!io::is_present(file, request.input, request.input_length)) return answer(STATUS_ACCESS_VIOLATION);
  const bool buffered = method == METHOD_BUFFERED;
  std::vector<std::byte> system(buffered ? std::max(request.input_length, request.output_length)
                                         : request.input_length);
  if (request.input_length != 0) std::memcpy(system.data(), request.input, request.input_length);
  if (!buffered) {
    MDL mdl{};
    control.Direct.InputSystemBuffer = system.empty() ? nullptr : system.data();
    if (request.output_length != 0) {
      if (!io::is_present(file, request.output, request.output_length))
        return answer(STATUS_ACCESS_VIOLATION);
      MmInitializeMdl(&mdl, request.output, request.output_length);
      mdl.MdlFlags |= MDL_PAGES_LOCKED;
      control.Direct.OutputBuffer = request.output;
      control.Direct.OutputMdlAddress = &mdl;
    }
    submit(operation);
    return operation.status;
  }
  operation.parameters.IrpFlags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
  if (request.output_length != 0) operation.parameters.IrpFlags |= IRP_INPUT_OPERATION;
  control.Buffered.SystemBuffer = system.empty() ? nullptr : system.data();
  submit(operation);
  const auto size = std::min<std::size_t>(operation.status.Information, request.output_length);
  if (!NT_ERROR(operation.status.Status) && size != 0) {
    if (!io::is_present(file, request.output, size)) return answer(STATUS_ACCESS_VIOLATION);
    std::memcpy(request.output, system.data(), size);
  }
  return operation.status;
}

IO_STATUS_BLOCK IoManager::lock(const Issuer& issuer, FileObject& file, const LockRequest& request) {
  if (file.device) return answer(STATUS_INVALID_DEVICE_REQUEST);
  Operation operation = make_operation(issuer, file, IRP_MJ_LOCK_CONTROL);
  FLT_IO_PARAMETER_BLOCK& block = operation.parameters;
  block.IrpFlags = plain_flags(file);
  block.MinorFunction = request.minor;
  if (request.fail_immediately) block.OperationFlags |= SL_FAIL_IMMEDIATELY;
  if (request.exclusive) block.OperationFlags |= SL_EXCLUSIVE_LOCK;
  LARGE_INTEGER length;
  length.QuadPart = request.length;
  auto& lock = block.Parameters.LockControl;
  lock.Length = &length;
  lock.Key = request.key;
  lock.ByteOffset.QuadPart = request.offset;
  lock.ProcessId = reinterpret_cast<PEPROCESS>(&issuer.thread.process);
  lock.FailImmediately = request.fail_immediately;
  lock.ExclusiveLock = request.exclusive;
  IO_STATUS_BLOCK status{};
  submit_fast_or_irp(*this, operation, may_go_fast(file, 0), status);
  return status;
}

IO_STATUS_BLOCK IoManager::query_ea(const Issuer& issuer, FileObject& file, const EaQuery& asked) {
  if (file.device) return answer(STATUS_INVALID_DEVICE_REQUEST);
  Operation operation = make_operation(issuer, file, IRP_MJ_QUERY_EA);
  FLT_IO_PARAMETER_BLOCK& block = operation.parameters;
  block.IrpFlags = plain_flags(file);
  if (asked.single_entry) block.OperationFlags |= SL_RETURN_SINGLE_ENTRY;
  if (asked.restart_scan) block.OperationFlags |= SL_RESTART_SCAN;
  if (asked.index != nullptr) block.OperationFlags |= SL_INDEX_SPECIFIED;
  auto& query = block.Parameters.QueryEa;
  query.Length = asked.length;
  query.EaList = const_cast<void*>(asked.list);
  query.EaListLength = asked.list_length;
  query.EaIndex = asked.index != nullptr ? *asked.index : 0;
  query.EaBuffer = asked.buffer;
  submit(operation);
  return operation.status;
}

IO_STATUS_BLOCK IoManager::set_ea(const Issuer& issuer, FileObject& file, void* buffer, ULONG length) {
  if (file.device) return answer(STATUS_INVALID_DEVICE_REQUEST);
  Operation operation = make_operation(issuer, file, IRP_MJ_SET_EA);
  operation.parameters.IrpFlags = plain_flags(file);
  auto& set = operation.parameters.Parameters.SetEa;
  set.Length = length;
  set.EaBuffer = buffer;
  submit(operation);
  return operation.status;
}

IO_STATUS_BLOCK IoManager::query_security(const Issuer& issuer, FileObject& file, SECURITY_INFORMATION which,
                                          void* buffer, ULONG length) {
  if (file.device) return answer(STATUS_INVALID_DEVICE_REQUEST);
  Operation operation = make_operation(issuer, file, IRP_MJ_QUERY_SECURITY);
  operation.parameters.IrpFlags = plain_flags(file);
  auto& query = operation.parameters.Parameters.QuerySecurity;
  query.SecurityInformation = which;
  query.Length = length;
  query.SecurityBuffer = buffer;
  submit(operation);
  return operation.status;
}

IO_STATUS_BLOCK IoManager::set_security(const Issuer& issuer, FileObject& file, SECURITY_INFORMATION which,
                                        PSECURITY_DESCRIPTOR descriptor) {
  if (file.device) return answer(STATUS_INVALID_DEVICE_REQUEST);
  Operation operation = make_operation(issuer, file, IRP_MJ_SET_SECURITY);
  operation.parameters.IrpFlags = plain_flags(file);
  auto& set = operation.parameters.Parameters.SetSecurity;
  set.SecurityInformation = which;
  set.SecurityDescriptor = descriptor;
  submit(operation);
  return operation.status;
}

IO_STATUS_BLOCK IoManager::notify(const Issuer& issuer, FileObject& file, const NotifyRequest& request) {
  if (file.device) return answer(STATUS_INVALID_DEVICE_REQUEST);
  Operation operation = make_operation(issuer, file, IRP_MJ_DIRECTORY_CONTROL);
  FLT_IO_PARAMETER_BLOCK& block = operation.parameters;
  block.MinorFunction = IRP_MN_NOTIFY_CHANGE_DIRECTORY;
  block.IrpFlags = file.is_synchronous() ? IRP_DEFER_IO_COMPLETION : 0;
  if (request.tree) block.OperationFlags |= SL_WATCH_TREE;
  auto& notify = block.Parameters.DirectoryControl.NotifyDirectory;
  notify.Length = request.length;
  notify.CompletionFilter = request.filter;
  notify.DirectoryBuffer = request.buffer;
  submit(operation);
  return operation.status;
}

}  // namespace fltsim::io

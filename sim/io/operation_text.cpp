#include "io/operation_text.hpp"

#include <cstdio>

#include "io/file_object.hpp"
#include "nt/text.hpp"

namespace fltsim::io {

namespace {

std::string set_text(ULONG which) {
  switch (which) {
    case FileBasicInformation:
      return "set basic";
    case FileRenameInformation:
    case FileRenameInformationEx:
      return "set rename";
    case FileLinkInformation:
      return "set link";
    case FileDispositionInformation:
    case FileDispositionInformationEx:
      return "set disposition";
    case FileAllocationInformation:
      return "set allocation";
    case FileEndOfFileInformation:
      return "set end-of-file";
    default:
      return "set information " + std::to_string(which);
  }
}

std::string query_text(ULONG which) {
  switch (which) {
    case FileBasicInformation:
      return "query basic";
    case FileStandardInformation:
      return "query standard";
    case FileNameInformation:
      return "query name";
    case FileStreamInformation:
      return "query streams";
    case FileAllInformation:
      return "query all";
    case FileNetworkOpenInformation:
      return "query network-open";
    default:
      return "query information " + std::to_string(which);
  }
}

std::string control_text(const char* kind, ULONG code) {
  char text[12];
  std::snprintf(text, sizeof text, "0x%X", code);
  return std::string(kind) + ' ' + text;
}

std::string major_text(const FLT_IO_PARAMETER_BLOCK& parameters) {
  switch (parameters.MajorFunction) {
    case IRP_MJ_CREATE:
      return (parameters.OperationFlags & SL_OPEN_TARGET_DIRECTORY) != 0 ? "create target directory of"
                                                                         : "create";
    case IRP_MJ_CLOSE:
      return "close";
    case IRP_MJ_READ:
      return "read";
    case IRP_MJ_WRITE:
      return "write";
    case IRP_MJ_CLEANUP:
      return "cleanup";
    case IRP_MJ_FLUSH_BUFFERS:
      return "flush";
    case IRP_MJ_DIRECTORY_CONTROL:
      return parameters.MinorFunction == IRP_MN_NOTIFY_CHANGE_DIRECTORY ? "notify" : "query directory";
    case IRP_MJ_LOCK_CONTROL:
      return parameters.MinorFunction == IRP_MN_LOCK ? "lock" : "unlock";
    case IRP_MJ_FILE_SYSTEM_CONTROL:
      return control_text("fs control", parameters.Parameters.FileSystemControl.Common.FsControlCode);
    case IRP_MJ_DEVICE_CONTROL:
      return control_text("device control", parameters.Parameters.DeviceIoControl.Common.IoControlCode);
    case IRP_MJ_QUERY_EA:
      return "query ea";
    case IRP_MJ_SET_EA:
      return "set ea";
    case IRP_MJ_QUERY_SECURITY:
      return "query security";
    case IRP_MJ_SET_SECURITY:
      return "set security";
    case IRP_MJ_SET_VOLUME_INFORMATION:
      return "set volume";
    case IRP_MJ_SHUTDOWN:
      return "shutdown";
    case IRP_MJ_NETWORK_QUERY_OPEN:
      return "network query open";
    case IRP_MJ_QUERY_INFORMATION:
      return query_text(parameters.Parameters.QueryFileInformation.FileInformationClass);
    case IRP_MJ_SET_INFORMATION:
      return set_text(parameters.Parameters.SetFileInformation.FileInformationClass);
    case IRP_MJ_QUERY_VOLUME_INFORMATION:
      return "query volume";
    case IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION:
      return "acquire for section";
    case IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION:
      return "release for section";
    default:
      return "major " + std::to_string(parameters.MajorFunction);
  }
}

}  // namespace

std::string trace_name(std::u16string_view name, const FileObject* related, bool by_id) {
  std::string text = related != nullptr ? related->trace_name : std::string();
  if (by_id) return text + "<file id>";
  if (related != nullptr && !name.empty() && name.front() != u':') text += '\\';
  text += nt::to_utf8(name);
  return text.empty() ? "<volume>" : text;
}

std::string operation_text(const Operation& operation) {
  std::string text;
  if (operation.kind == Operation::Kind::kFastIo) text = "fast ";
  if (operation.kind == Operation::Kind::kIrp && (operation.parameters.IrpFlags & IRP_PAGING_IO) != 0) {
    text = "paging ";
  }
  text += major_text(operation.parameters);
  const std::string& name = FileObject::of(*operation.parameters.TargetFileObject).trace_name;
  text.reserve(text.size() + 1 + name.size());
  return text.append(1, ' ').append(name);
}

}  // namespace fltsim::io

// What else a filter asks of files and volumes for itself: listings, security, extended attributes, controls, tags
// (CB-50, IRQL-2). Seen only by the instances below the one given.
#include <cstring>
#include <optional>
#include <vector>

#include "fltmgr/api.hpp"
#include "fltmgr/own_request.hpp"
#include "io/io_manager.hpp"

using namespace fltsim;
using namespace fltsim::fltmgr;

namespace {

IO_STATUS_BLOCK refusal(NTSTATUS status) {
  IO_STATUS_BLOCK block{};
  block.Status = status;
  return block;
}

// Runs `request(manager, issuer, file)` below the instance.
template <class Request>
IO_STATUS_BLOCK below(const char* routine, PFLT_INSTANCE handle, PFILE_OBJECT file, Request&& request) {
  nt::Thread& thread = nt::enter(routine, nt::kPassive);
  Instance* instance = thread.system.fltmgr().live(handle, routine);
  if (instance == nullptr) return refusal(STATUS_INVALID_PARAMETER);
  const OwnRequest own(*instance);
  if (!own.begun()) return refusal(STATUS_FLT_DELETING_OBJECT);
  return request(thread.system.io(), io::Issuer{thread, KernelMode, instance}, io::FileObject::of(*file));
}

NTSTATUS told(const IO_STATUS_BLOCK& block, PULONG length) {
  if (length != nullptr) *length = static_cast<ULONG>(block.Information);
  return block.Status;
}

// The buffer of FSCTL_SET_REPARSE_POINT or FSCTL_DELETE_REPARSE_POINT: the owner's GUID belongs to tags that are not
// Microsoft's.
std::vector<std::byte> tag_buffer(ULONG tag, const GUID* guid, const void* data, USHORT length) {
  const bool owned = !IsReparseTagMicrosoft(tag);
  const std::size_t header = REPARSE_DATA_BUFFER_HEADER_SIZE + (owned ? sizeof(GUID) : 0);
  std::vector<std::byte> buffer(header + length);
  std::memcpy(buffer.data(), &tag, sizeof tag);
  std::memcpy(buffer.data() + offsetof(REPARSE_DATA_BUFFER, ReparseDataLength), &length, sizeof length);
  if (owned && guid != nullptr) {
    std::memcpy(buffer.data() + REPARSE_DATA_BUFFER_HEADER_SIZE, guid, sizeof *guid);
  }
  if (length != 0) std::memcpy(buffer.data() + header, data, length);
  return buffer;
}

NTSTATUS control_tag(const char* routine, PFLT_INSTANCE instance, PFILE_OBJECT file, ULONG code,
                     const std::vector<std::byte>& buffer) {
  return below(routine, instance, file,
               [&](io::IoManager& manager, const io::Issuer& issuer, io::FileObject& object) {
                 io::DeviceControl request;
                 request.file_system = true;
                 request.code = code;
                 request.input = const_cast<std::byte*>(buffer.data());
                 request.input_length = static_cast<ULONG>(buffer.size());
                 return manager.control(issuer, object, request);
               })
      .Status;
}

struct Control {
  bool file_system;
  ULONG code;
  PVOID input;
  ULONG input_length;
  PVOID output;
  ULONG output_length;
};

NTSTATUS control(const char* routine, PFLT_INSTANCE instance, PFILE_OBJECT file, const Control& asked,
                 PULONG length) {
  const IO_STATUS_BLOCK block = below(
      routine, instance, file, [&](io::IoManager& manager, const io::Issuer& issuer, io::FileObject& object) {
        return manager.control(issuer, object,
                               {.code = asked.code,
                                .input = asked.input,
                                .input_length = asked.input_length,
                                .output = asked.output,
                                .output_length = asked.output_length,
                                .file_system = asked.file_system});
      });
  return told(block, length);
}

}  // namespace

extern "C" {

NTSTATUS FltQueryDirectoryFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID FileInformation,
                               ULONG Length, FILE_INFORMATION_CLASS FileInformationClass,
                               BOOLEAN ReturnSingleEntry, PUNICODE_STRING FileName, BOOLEAN RestartScan,
                               PULONG LengthReturned) {
  const IO_STATUS_BLOCK block =
      below("FltQueryDirectoryFile", Instance, FileObject,
            [&](io::IoManager& manager, const io::Issuer& issuer, io::FileObject& object) {
              return manager.query_directory(issuer, object,
                                             {.buffer = FileInformation,
                                              .length = Length,
                                              .information_class = FileInformationClass,
                                              .pattern = FileName,
                                              .restart_scan = RestartScan != FALSE,
                                              .single_entry = ReturnSingleEntry != FALSE});
            });
  return told(block, LengthReturned);
}

NTSTATUS FltQuerySecurityObject(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject,
                                SECURITY_INFORMATION SecurityInformation,
                                PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Length, PULONG LengthNeeded) {
  const IO_STATUS_BLOCK block =
      below("FltQuerySecurityObject", Instance, FileObject,
            [&](io::IoManager& manager, const io::Issuer& issuer, io::FileObject& object) {
              return manager.query_security(issuer, object, SecurityInformation, SecurityDescriptor, Length);
            });
  const NTSTATUS status = told(block, LengthNeeded);
  return status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : status;
}

NTSTATUS FltSetSecurityObject(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject,
                              SECURITY_INFORMATION SecurityInformation,
                              PSECURITY_DESCRIPTOR SecurityDescriptor) {
  return below("FltSetSecurityObject", Instance, FileObject,
               [&](io::IoManager& manager, const io::Issuer& issuer, io::FileObject& object) {
                 return manager.set_security(issuer, object, SecurityInformation, SecurityDescriptor);
               })
      .Status;
}

NTSTATUS FltQueryEaFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID ReturnedEaData, ULONG Length,
                        BOOLEAN ReturnSingleEntry, PVOID EaList, ULONG EaListLength, PULONG EaIndex,
                        BOOLEAN RestartScan, PULONG LengthReturned) {
  const IO_STATUS_BLOCK block =
      below("FltQueryEaFile", Instance, FileObject,
            [&](io::IoManager& manager, const io::Issuer& issuer, io::FileObject& object) {
              return manager.query_ea(issuer, object,
                                      {.buffer = ReturnedEaData,
                                       .length = Length,
                                       .list = EaList,
                                       .list_length = EaListLength,
                                       .index = EaIndex,
                                       .single_entry = ReturnSingleEntry != FALSE,
                                       .restart_scan = RestartScan != FALSE});
            });
  return told(block, LengthReturned);
}

NTSTATUS FltSetEaFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, PVOID EaBuffer, ULONG Length) {
  return below("FltSetEaFile", Instance, FileObject,
               [&](io::IoManager& manager, const io::Issuer& issuer, io::FileObject& object) {
                 return manager.set_ea(issuer, object, EaBuffer, Length);
               })
      .Status;
}

NTSTATUS FltFsControlFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, ULONG FsControlCode,
                          PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                          ULONG OutputBufferLength, PULONG LengthReturned) {
  return control("FltFsControlFile", Instance, FileObject,
                 {true, FsControlCode, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength},
                 LengthReturned);
}

NTSTATUS FltDeviceIoControlFile(PFLT_INSTANCE Instance, PFILE_OBJECT FileObject, ULONG IoControlCode,
                                PVOID InputBuffer, ULONG InputBufferLength, PVOID OutputBuffer,
                                ULONG OutputBufferLength, PULONG LengthReturned) {
  return control("FltDeviceIoControlFile", Instance, FileObject,
                 {false, IoControlCode, InputBuffer, InputBufferLength, OutputBuffer, OutputBufferLength},
                 LengthReturned);
}

NTSTATUS FltTagFile(PFLT_INSTANCE InitiatingInstance, PFILE_OBJECT FileObject, ULONG FileTag, GUID* Guid,
                    PVOID DataBuffer, USHORT DataBufferLength) {
  return control_tag("FltTagFile", InitiatingInstance, FileObject, FSCTL_SET_REPARSE_POINT,
                     tag_buffer(FileTag, Guid, DataBuffer, DataBufferLength));
}

NTSTATUS FltUntagFile(PFLT_INSTANCE InitiatingInstance, PFILE_OBJECT FileObject, ULONG FileTag, GUID* Guid) {
  return control_tag("FltUntagFile", InitiatingInstance, FileObject, FSCTL_DELETE_REPARSE_POINT,
                     tag_buffer(FileTag, Guid, nullptr, 0));
}

// Through an open of the volume's root that the routine makes and ends itself.
NTSTATUS FltQueryVolumeInformation(PFLT_INSTANCE Instance, PIO_STATUS_BLOCK Iosb, PVOID FsInformation,
                                   ULONG Length, FS_INFORMATION_CLASS FsInformationClass) {
  nt::Thread& thread = nt::enter("FltQueryVolumeInformation", nt::kPassive);
  auto* instance = thread.system.fltmgr().live(Instance, "FltQueryVolumeInformation");
  if (instance == nullptr) return STATUS_INVALID_PARAMETER;
  const OwnRequest own(*instance);
  if (!own.begun()) return STATUS_FLT_DELETING_OBJECT;
  const io::Issuer issuer{thread, KernelMode, instance};
  io::OpenRequest request;
  request.name = instance->volume.volume().names().device;
  request.access = FILE_READ_ATTRIBUTES | SYNCHRONIZE;
  request.share = FILE_SHARE_VALID_FLAGS;
  request.options = FILE_SYNCHRONOUS_IO_NONALERT;
  io::OpenResult opened = thread.system.io().open(issuer, request);
  *Iosb = refusal(opened.status);
  if (!NT_SUCCESS(opened.status)) return opened.status;
  *Iosb = thread.system.io().query_volume(issuer, *opened.file, FsInformationClass, FsInformation, Length);
  return Iosb->Status;
}

}  // extern "C"

// System calls beside data and information: controls, locks, extended attributes, security, change notification,
// volume labels.
#include "io/file_system_call.hpp"
#include "io/information_class.hpp"
#include "io/service_support.hpp"
#include "nt/descriptor_parts.hpp"
#include "nt/security.hpp"

namespace fltsim::io {

namespace {

constexpr ACCESS_MASK kReadControl = 0x00020000;
constexpr ACCESS_MASK kWriteDac = 0x00040000;
constexpr ACCESS_MASK kWriteOwner = 0x00080000;
constexpr ACCESS_MASK kAccessSystemSecurity = 0x01000000;

ACCESS_MASK access_to_query(SECURITY_INFORMATION which) {
  ACCESS_MASK access = (which & SACL_SECURITY_INFORMATION) != 0 ? kAccessSystemSecurity : 0;
  constexpr SECURITY_INFORMATION kRest =
      OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION;
  return (which & kRest) != 0 ? access | kReadControl : access;
}

ACCESS_MASK access_to_set(SECURITY_INFORMATION which) {
  ACCESS_MASK access = (which & SACL_SECURITY_INFORMATION) != 0 ? kAccessSystemSecurity : 0;
  if ((which & (OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION)) != 0) access |= kWriteOwner;
  return (which & DACL_SECURITY_INFORMATION) != 0 ? access | kWriteDac : access;
}

}  // namespace

NTSTATUS lock_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, const LockRequest& request) {
  OpenFile found = file_by_handle(caller, handle, 0);
  if (!NT_SUCCESS(found.status)) return found.status;
  if (!has_any(caller, found.granted, FILE_READ_DATA | FILE_WRITE_DATA)) return STATUS_ACCESS_DENIED;
  if (request.offset < 0 || request.length < 0) return STATUS_INVALID_PARAMETER;
  return finish(block, manager_of(caller).lock(caller.issuer(), *found.file, request));
}

NTSTATUS query_ea_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, EaQuery query) {
  OpenFile found = file_by_handle(caller, handle, FILE_READ_EA);
  if (!NT_SUCCESS(found.status)) return found.status;
  std::vector<std::byte> list;
  if (query.list != nullptr && !capture(caller, query.list, query.list_length, list))
    return STATUS_ACCESS_VIOLATION;
  if (query.list != nullptr) query.list = list.data();
  return finish(block, manager_of(caller).query_ea(caller.issuer(), *found.file, query));
}

NTSTATUS set_ea_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block, const void* buffer,
                     ULONG length) {
  OpenFile found = file_by_handle(caller, handle, FILE_WRITE_EA);
  if (!NT_SUCCESS(found.status)) return found.status;
  // NtSetEaFile looks at the list before any driver sees it.
  if (!is_present(caller, buffer, length)) return STATUS_ACCESS_VIOLATION;
  std::vector<fs::ExtendedAttribute> attributes;
  std::size_t wrong_at = 0;
  const NTSTATUS status = parse_extended_attributes(buffer, length, attributes, wrong_at);
  if (!NT_SUCCESS(status)) return finish(block, answer(status, wrong_at));
  return finish(block,
                manager_of(caller).set_ea(caller.issuer(), *found.file, const_cast<void*>(buffer), length));
}

NTSTATUS query_security_object(const Caller& caller, HANDLE handle, SECURITY_INFORMATION which, void* buffer,
                               ULONG length, ULONG& needed) {
  OpenFile found = file_by_handle(caller, handle, access_to_query(which));
  if (!NT_SUCCESS(found.status)) return found.status;
  const IO_STATUS_BLOCK result =
      manager_of(caller).query_security(caller.issuer(), *found.file, which, buffer, length);
  needed = static_cast<ULONG>(result.Information);
  return result.Status == STATUS_BUFFER_OVERFLOW ? STATUS_BUFFER_TOO_SMALL : result.Status;
}

NTSTATUS set_security_object(const Caller& caller, HANDLE handle, SECURITY_INFORMATION which,
                             const void* descriptor, ULONG available) {
  OpenFile found = file_by_handle(caller, handle, access_to_set(which));
  if (!NT_SUCCESS(found.status)) return found.status;
  if (!is_present(caller, descriptor, available)) return STATUS_ACCESS_VIOLATION;
  nt::Descriptor captured = nt::copy_descriptor(descriptor, available);
  if (captured.empty()) return STATUS_INVALID_SECURITY_DESCR;
  return manager_of(caller).set_security(caller.issuer(), *found.file, which, captured.data()).Status;
}

NTSTATUS notify_change_directory_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                                      const NotifyRequest& request) {
  OpenFile found = file_by_handle(caller, handle, FILE_LIST_DIRECTORY);
  if (!NT_SUCCESS(found.status)) return found.status;
  if (request.filter == 0 || (request.filter & ~FILE_NOTIFY_VALID_MASK) != 0) return STATUS_INVALID_PARAMETER;
  // The handle may be closed while the call waits: then the cleanup ends the wait, and the object goes with this call.
  return finish(block, manager_of(caller).notify(caller.issuer(), *found.file, request));
}

NTSTATUS set_volume_information_file(const Caller& caller, HANDLE handle, IO_STATUS_BLOCK& block,
                                     const void* buffer, ULONG length, FS_INFORMATION_CLASS which) {
  const std::optional<InformationClassRule> rule = set_volume_rule(which);
  if (!rule) return refuse_class(ClassRole::kSetVolume, which);
  if (length < rule->length_min) return STATUS_INFO_LENGTH_MISMATCH;
  OpenFile found = file_by_handle(caller, handle, rule->access);
  if (!NT_SUCCESS(found.status)) return found.status;
  std::vector<std::byte> buffered;
  if (!capture(caller, buffer, length, buffered)) return STATUS_ACCESS_VIOLATION;
  return finish(block,
                manager_of(caller).set_volume(caller.issuer(), *found.file, which, buffered.data(), length));
}

}  // namespace fltsim::io

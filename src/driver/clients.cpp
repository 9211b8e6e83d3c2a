#include "clients.hpp"

#include "names.hpp"

namespace drmfilter {
namespace {

[[nodiscard]] NTSTATUS check_image(Text allowed_image) {
  if (allowed_image.empty()) return STATUS_ACCESS_DENIED;
  PUNICODE_STRING image = nullptr;
  const NTSTATUS status = SeLocateProcessImageName(PsGetCurrentProcess(), &image);
  if (!NT_SUCCESS(status)) return status;
  const bool allowed = equal_ignoring_case(text_of(*image), allowed_image);
  ExFreePool(image);
  return allowed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

[[nodiscard]] bool is_local_system(PACCESS_TOKEN token) {
  PVOID information = nullptr;
  if (!NT_SUCCESS(SeQueryInformationToken(token, TokenUser, &information))) return false;
  const bool is_system =
      RtlEqualSid(static_cast<PTOKEN_USER>(information)->User.Sid, SeExports->SeLocalSystemSid);
  ExFreePool(information);
  return is_system;
}

}  // namespace

// The primary token: a thread that impersonates an administrator does not make its process one.
NTSTATUS check_current_token() {
  PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
  const bool allowed = SeTokenIsAdmin(token) || is_local_system(token);
  PsDereferencePrimaryToken(token);
  return allowed ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

NTSTATUS check_current_client(Text allowed_image) {
  const NTSTATUS status = check_image(allowed_image);
  return NT_SUCCESS(status) ? check_current_token() : status;
}

}  // namespace drmfilter

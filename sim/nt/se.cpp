// Se: tokens, subjects, the access check, image names.
#include <ntifs.h>

#include "nt/identity.hpp"
#include "nt/security.hpp"
#include "nt/token_information.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

constexpr ULONG kSeTag = 0x20206553;  // 'Se  '

Token& token_of(PACCESS_TOKEN token) { return *static_cast<Token*>(token); }

void* allocate(Thread& thread, std::size_t size) {
  return thread.system.nt().pool().allocate(thread.driver, Pool::Kind::kPaged, Pool::Fill::kZero, size,
                                            kSeTag);
}

NTSTATUS query_user(Thread& thread, const Token& token, PVOID* information) {
  auto* user = static_cast<PTOKEN_USER>(allocate(thread, sizeof(TOKEN_USER) + token.user.size()));
  std::memcpy(user + 1, token.user.data(), token.user.size());
  user->User.Sid = user + 1;
  *information = user;
  return STATUS_SUCCESS;
}

NTSTATUS query_groups(Thread& thread, const Token& token, PVOID* information) {
  constexpr ULONG kEnabled = 7;      // mandatory, enabled by default, enabled
  constexpr ULONG kDenyOnly = 0x10;  // SE_GROUP_USE_FOR_DENY_ONLY
  const std::size_t count = token.groups.size() + token.deny_only_groups.size();
  const std::size_t table = sizeof(TOKEN_GROUPS) + count * sizeof(SID_AND_ATTRIBUTES);
  std::size_t size = table;
  for (const auto* list : {&token.groups, &token.deny_only_groups}) {
    for (const Sid& group : *list) size += group.size();
  }
  auto* groups = static_cast<PTOKEN_GROUPS>(allocate(thread, size));
  groups->GroupCount = static_cast<ULONG>(count);
  auto* at = reinterpret_cast<UCHAR*>(groups) + table;
  SID_AND_ATTRIBUTES* entry = &groups->Groups[0];
  for (const auto* list : {&token.groups, &token.deny_only_groups}) {
    for (const Sid& group : *list) {
      std::memcpy(at, group.data(), group.size());
      *entry++ = {at, list == &token.groups ? kEnabled : kDenyOnly};
      at += group.size();
    }
  }
  *information = groups;
  return STATUS_SUCCESS;
}

Sid administrators() { return make_sid(5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS}); }

LUID luid(ULONG value) { return {value, 0}; }

struct WellKnown {
  Sid null = make_sid(0, {0});
  Sid world = make_sid(1, {0});
  Sid local = make_sid(2, {0});
  Sid creator_owner = make_sid(3, {0});
  Sid creator_group = make_sid(3, {1});
  Sid nt_authority = make_sid(5, {});
  Sid dialup = make_sid(5, {1});
  Sid network = make_sid(5, {2});
  Sid batch = make_sid(5, {3});
  Sid interactive = make_sid(5, {4});
  Sid local_system = make_sid(5, {18});
  Sid admins = administrators();
  Sid users = make_sid(5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS});
  Sid guests = make_sid(5, {SECURITY_BUILTIN_DOMAIN_RID, 546});
  Sid power_users = make_sid(5, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_POWER_USERS});
  Sid account_operators = make_sid(5, {SECURITY_BUILTIN_DOMAIN_RID, 548});
  Sid system_operators = make_sid(5, {SECURITY_BUILTIN_DOMAIN_RID, 549});
  Sid print_operators = make_sid(5, {SECURITY_BUILTIN_DOMAIN_RID, 550});
  Sid backup_operators = make_sid(5, {SECURITY_BUILTIN_DOMAIN_RID, 551});
  Sid authenticated = make_sid(5, {SECURITY_AUTHENTICATED_USER_RID});
  Sid restricted = make_sid(5, {SECURITY_RESTRICTED_CODE_RID});
  Sid anonymous = make_sid(5, {SECURITY_ANONYMOUS_LOGON_RID});
  Sid local_service = make_sid(5, {SECURITY_LOCAL_SERVICE_RID});
  Sid network_service = make_sid(5, {SECURITY_NETWORK_SERVICE_RID});
  Sid iuser = make_sid(5, {17});
  Sid untrusted = make_sid(16, {SECURITY_MANDATORY_UNTRUSTED_RID});
  Sid low = make_sid(16, {SECURITY_MANDATORY_LOW_RID});
  Sid medium = make_sid(16, {SECURITY_MANDATORY_MEDIUM_RID});
  Sid high = make_sid(16, {SECURITY_MANDATORY_HIGH_RID});
  Sid system = make_sid(16, {SECURITY_MANDATORY_SYSTEM_RID});
  Sid owner_rights = make_sid(3, {4});
  SE_EXPORTS exports;

  WellKnown() {
    LUID* privilege = &exports.SeCreateTokenPrivilege;
    for (ULONG value = 2; value <= 24; ++value) *privilege++ = luid(value);
    Sid* const sids[] = {&null,         &world,  &local,   &creator_owner, &creator_group,
                         &nt_authority, &dialup, &network, &batch,         &interactive,
                         &local_system, &admins, &users,   &guests};
    PSID* sid = &exports.SeNullSid;
    for (Sid* known : sids) *sid++ = known->data();
    Sid* const later[] = {&power_users,      &account_operators, &system_operators, &print_operators,
                          &backup_operators, &authenticated,     &restricted,       &anonymous};
    for (Sid* known : later) *sid++ = known->data();
    privilege = &exports.SeUndockPrivilege;
    for (ULONG value = SE_UNDOCK_PRIVILEGE; value <= SE_ENABLE_DELEGATION_PRIVILEGE; ++value)
      *privilege++ = luid(value);
    exports.SeLocalServiceSid = local_service.data();
    exports.SeNetworkServiceSid = network_service.data();
    privilege = &exports.SeManageVolumePrivilege;
    for (ULONG value = SE_MANAGE_VOLUME_PRIVILEGE; value <= SE_CREATE_SYMBOLIC_LINK_PRIVILEGE; ++value)
      *privilege++ = luid(value);
    sid = &exports.SeIUserSid;
    for (Sid* known : {&iuser, &untrusted, &low, &medium, &high, &system, &owner_rights})
      *sid++ = known->data();
  }
};
static_assert(offsetof(SE_EXPORTS, SeNullSid) == 23 * sizeof(LUID));
static_assert(offsetof(SE_EXPORTS, SeUndockPrivilege) == offsetof(SE_EXPORTS, SeNullSid) + 22 * sizeof(PSID));
static_assert(sizeof(SE_EXPORTS) == 23 * sizeof(LUID) + 14 * sizeof(PSID) + 28 * sizeof(PVOID));

}  // namespace

const void* se_exports() {
  static const WellKnown known;
  return &known.exports;
}

}  // namespace fltsim::nt

using namespace fltsim;
using nt::enter;

extern "C" {

BOOLEAN SeSinglePrivilegeCheck(LUID PrivilegeValue, KPROCESSOR_MODE PreviousMode) {
  nt::Thread& thread = enter("SeSinglePrivilegeCheck", nt::kPassive);
  return PreviousMode == KernelMode || thread.process.token->has_privilege(PrivilegeValue.LowPart);
}

BOOLEAN SeAccessCheck(PSECURITY_DESCRIPTOR SecurityDescriptor,
                      PSECURITY_SUBJECT_CONTEXT SubjectSecurityContext, BOOLEAN, ACCESS_MASK DesiredAccess,
                      ACCESS_MASK PreviouslyGrantedAccess, PPRIVILEGE_SET* Privileges,
                      PGENERIC_MAPPING GenericMapping, KPROCESSOR_MODE AccessMode, PACCESS_MASK GrantedAccess,
                      PNTSTATUS AccessStatus) {
  enter("SeAccessCheck", nt::kPassive);
  if (Privileges != nullptr) *Privileges = nullptr;
  if (AccessMode == KernelMode) {
    *GrantedAccess = DesiredAccess | PreviouslyGrantedAccess;
    *AccessStatus = STATUS_SUCCESS;
    return TRUE;
  }
  nt::GenericMapping mapping;
  std::memcpy(&mapping, GenericMapping, sizeof mapping);
  nt::AccessMask granted = 0;
  *AccessStatus = SecurityDescriptor == nullptr
                      ? STATUS_ACCESS_DENIED
                      : nt::check_access(SecurityDescriptor,
                                         nt::token_of(SeQuerySubjectContextToken(SubjectSecurityContext)),
                                         DesiredAccess & ~PreviouslyGrantedAccess, mapping, granted);
  if (*AccessStatus != STATUS_SUCCESS) {
    *GrantedAccess = 0;
    return FALSE;
  }
  *GrantedAccess = granted | PreviouslyGrantedAccess;
  return TRUE;
}

VOID SeCaptureSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
  nt::Thread& thread = enter("SeCaptureSubjectContext", nt::kPassive);
  nt::Process& process = nt::current_process(thread);
  nt::reference(process.token.get());
  *SubjectContext = {nullptr, SecurityAnonymous, process.token.get(), UlongToHandle(process.id)};
}

VOID SeLockSubjectContext(PSECURITY_SUBJECT_CONTEXT) { enter("SeLockSubjectContext", nt::kPassive); }
VOID SeUnlockSubjectContext(PSECURITY_SUBJECT_CONTEXT) { enter("SeUnlockSubjectContext", nt::kPassive); }

VOID SeReleaseSubjectContext(PSECURITY_SUBJECT_CONTEXT SubjectContext) {
  enter("SeReleaseSubjectContext", nt::kPassive);
  nt::release(SubjectContext->PrimaryToken);
  SubjectContext->PrimaryToken = nullptr;
}

NTSTATUS SeQueryInformationToken(PACCESS_TOKEN Token, TOKEN_INFORMATION_CLASS TokenInformationClass,
                                 PVOID* TokenInformation) {
  nt::Thread& thread = enter("SeQueryInformationToken", nt::kPassive);
  if (nt::fails_now(thread, "SeQueryInformationToken")) return STATUS_INSUFFICIENT_RESOURCES;
  switch (TokenInformationClass) {
    case TokenUser:
    case TokenOwner:
      return nt::query_user(thread, nt::token_of(Token), TokenInformation);
    case TokenGroups:
      return nt::query_groups(thread, nt::token_of(Token), TokenInformation);
    case TokenSessionId:
      // The value itself comes back in place of a pointer.
      *reinterpret_cast<PULONG>(TokenInformation) = nt::session_of(nt::token_of(Token));
      return STATUS_SUCCESS;
    case TokenType:
    case TokenPrivileges: {
      const auto information = nt::token_information(nt::token_of(Token), TokenInformationClass);
      *TokenInformation = nt::allocate(thread, information->bytes.size());
      information->place(*TokenInformation);
      return STATUS_SUCCESS;
    }
    default:
      nt::unsupported("SeQueryInformationToken for this class");
  }
}

BOOLEAN SeTokenIsAdmin(PACCESS_TOKEN Token) {
  enter("SeTokenIsAdmin", nt::kPassive);
  return nt::token_of(Token).holds(nt::administrators());
}

// One allocation: the string, and its text behind it. The caller frees it with ExFreePool.
NTSTATUS SeLocateProcessImageName(PEPROCESS Process, PUNICODE_STRING* ImageFileName) {
  nt::Thread& thread = enter("SeLocateProcessImageName", nt::kPassive);
  if (nt::fails_now(thread, "SeLocateProcessImageName")) return STATUS_INSUFFICIENT_RESOURCES;
  const std::u16string& image = nt::from_wdk(Process).device_image;
  const auto bytes = static_cast<USHORT>(image.size() * sizeof(WCHAR));
  auto* string =
      static_cast<PUNICODE_STRING>(nt::allocate(thread, sizeof(UNICODE_STRING) + bytes + sizeof(WCHAR)));
  *string = {bytes, static_cast<USHORT>(bytes + sizeof(WCHAR)), reinterpret_cast<PWCH>(string + 1)};
  std::memcpy(string->Buffer, image.data(), bytes);
  *ImageFileName = string;
  return STATUS_SUCCESS;
}

PACCESS_TOKEN PsReferencePrimaryToken(PEPROCESS Process) {
  enter("PsReferencePrimaryToken", nt::kPassive);
  nt::reference(nt::from_wdk(Process).token.get());
  return nt::from_wdk(Process).token.get();
}

// No thread of the machine impersonates.
PACCESS_TOKEN PsReferenceImpersonationToken(PETHREAD, PBOOLEAN, PBOOLEAN, PSECURITY_IMPERSONATION_LEVEL) {
  enter("PsReferenceImpersonationToken", nt::kPassive);
  return nullptr;
}

VOID PsDereferencePrimaryToken(PACCESS_TOKEN PrimaryToken) {
  enter("PsDereferencePrimaryToken", nt::kPassive);
  nt::release(PrimaryToken);
}

VOID PsDereferenceImpersonationToken(PACCESS_TOKEN ImpersonationToken) {
  enter("PsDereferenceImpersonationToken", nt::kPassive);
  if (ImpersonationToken != nullptr) nt::release(ImpersonationToken);
}

}  // extern "C"

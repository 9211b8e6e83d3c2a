// Rtl: SIDs, access-control lists and security descriptors in a driver's own memory.
#include <cstdarg>

#include "nt/security.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

constexpr ULONG kSidTag = 0x64695352;  // 'RSid'

std::size_t size_of_sid(ULONG sub_authorities) {
  return FIELD_OFFSET(SID, SubAuthority) + sub_authorities * sizeof(ULONG);
}

bool valid_sid(const SID* sid) {
  return sid != nullptr && sid->Revision == SID_REVISION && sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

bool valid_acl(const ACL* acl) {
  return acl->AclRevision >= ACL_REVISION && acl->AclRevision <= 4 && acl->AclSize >= sizeof(ACL);
}

// Where the next entry goes; null when the list is malformed.
UCHAR* end_of_entries(ACL* acl) {
  UCHAR* at = reinterpret_cast<UCHAR*>(acl) + sizeof(ACL);
  const UCHAR* end = reinterpret_cast<UCHAR*>(acl) + acl->AclSize;
  for (USHORT i = 0; i < acl->AceCount; ++i) {
    const auto* ace = reinterpret_cast<const ACE_HEADER*>(at);
    if (at + sizeof(ACE_HEADER) > end || ace->AceSize < sizeof(ACE_HEADER)) return nullptr;
    at += ace->AceSize;
  }
  return at <= end ? at : nullptr;
}

struct DescriptorParts {
  const SID* owner;
  const SID* group;
  ACL* sacl;
  ACL* dacl;
};

DescriptorParts parts_of(SECURITY_DESCRIPTOR& descriptor) {
  if ((descriptor.Control & SE_SELF_RELATIVE) == 0) {
    return {static_cast<SID*>(descriptor.Owner), static_cast<SID*>(descriptor.Group), descriptor.Sacl,
            descriptor.Dacl};
  }
  auto* base = reinterpret_cast<UCHAR*>(&descriptor);
  const auto& relative = *reinterpret_cast<const SECURITY_DESCRIPTOR_RELATIVE*>(base);
  const auto at = [base](ULONG offset) -> void* { return offset != 0 ? base + offset : nullptr; };
  return {static_cast<SID*>(at(relative.Owner)), static_cast<SID*>(at(relative.Group)),
          static_cast<ACL*>(at(relative.Sacl)), static_cast<ACL*>(at(relative.Dacl))};
}

bool valid_descriptor(SECURITY_DESCRIPTOR& descriptor) {
  if (descriptor.Revision != SECURITY_DESCRIPTOR_REVISION) return false;
  const auto fits = [](const SID* sid) { return sid == nullptr || valid_sid(sid); };
  const auto lists = [&](USHORT flag, ACL* acl) {
    const bool present = (descriptor.Control & flag) != 0 && acl != nullptr;
    return !present || (valid_acl(acl) && end_of_entries(acl) != nullptr);
  };
  const DescriptorParts parts = parts_of(descriptor);
  return fits(parts.owner) && fits(parts.group) && lists(SE_SACL_PRESENT, parts.sacl) &&
         lists(SE_DACL_PRESENT, parts.dacl);
}

NTSTATUS add_entry(PACL acl, ULONG revision, UCHAR type, UCHAR flags, ACCESS_MASK mask, PSID sid) {
  touch("RtlAddAccessAllowedAce", kApc);
  if (!valid_sid(static_cast<SID*>(sid))) return STATUS_INVALID_SID;
  if (revision > 4 || acl->AclRevision > 4) return STATUS_REVISION_MISMATCH;
  UCHAR* at = valid_acl(acl) ? end_of_entries(acl) : nullptr;
  if (at == nullptr) return STATUS_INVALID_ACL;
  const std::size_t sid_size = size_of_sid(static_cast<SID*>(sid)->SubAuthorityCount);
  const std::size_t size = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart) + sid_size;
  if (at + size > reinterpret_cast<UCHAR*>(acl) + acl->AclSize) return STATUS_ALLOTTED_SPACE_EXCEEDED;
  auto* ace = reinterpret_cast<ACCESS_ALLOWED_ACE*>(at);
  ace->Header = {type, flags, static_cast<USHORT>(size)};
  ace->Mask = mask;
  std::memcpy(&ace->SidStart, sid, sid_size);
  ++acl->AceCount;
  return STATUS_SUCCESS;
}

}  // namespace
}  // namespace fltsim::nt

using namespace fltsim;
using nt::touch;

extern "C" {

BOOLEAN RtlValidSid(PSID Sid) { return nt::valid_sid(static_cast<SID*>(Sid)); }

BOOLEAN RtlEqualSid(PSID Sid1, PSID Sid2) {
  touch("RtlEqualSid", nt::kApc);
  const ULONG length = RtlLengthSid(Sid1);
  return length == RtlLengthSid(Sid2) && std::memcmp(Sid1, Sid2, length) == 0;
}

ULONG RtlLengthSid(PSID Sid) {
  return static_cast<ULONG>(nt::size_of_sid(static_cast<SID*>(Sid)->SubAuthorityCount));
}

ULONG RtlLengthRequiredSid(ULONG SubAuthorityCount) {
  return static_cast<ULONG>(nt::size_of_sid(SubAuthorityCount));
}

NTSTATUS RtlCopySid(ULONG DestinationSidLength, PSID DestinationSid, PSID SourceSid) {
  touch("RtlCopySid", nt::kApc);
  const ULONG length = RtlLengthSid(SourceSid);
  if (length > DestinationSidLength) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(DestinationSid, SourceSid, length);
  return STATUS_SUCCESS;
}

NTSTATUS RtlInitializeSid(PSID Sid, PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount) {
  touch("RtlInitializeSid", nt::kApc);
  if (SubAuthorityCount > SID_MAX_SUB_AUTHORITIES) return STATUS_INVALID_PARAMETER;
  auto* sid = static_cast<SID*>(Sid);
  sid->Revision = SID_REVISION;
  sid->SubAuthorityCount = SubAuthorityCount;
  sid->IdentifierAuthority = *IdentifierAuthority;
  return STATUS_SUCCESS;
}

PULONG RtlSubAuthoritySid(PSID Sid, ULONG SubAuthority) {
  return reinterpret_cast<PULONG>(static_cast<UCHAR*>(Sid) + nt::size_of_sid(SubAuthority));
}

PUCHAR RtlSubAuthorityCountSid(PSID Sid) { return &static_cast<SID*>(Sid)->SubAuthorityCount; }

NTSTATUS RtlAllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY IdentifierAuthority, UCHAR SubAuthorityCount,
                                     ULONG SubAuthority0, ULONG SubAuthority1, ULONG SubAuthority2,
                                     ULONG SubAuthority3, ULONG SubAuthority4, ULONG SubAuthority5,
                                     ULONG SubAuthority6, ULONG SubAuthority7, PSID* Sid) {
  nt::Thread& thread = nt::enter("RtlAllocateAndInitializeSid", nt::kApc);
  if (SubAuthorityCount > 8) return STATUS_INVALID_SID;
  if (nt::fails_now(thread, "RtlAllocateAndInitializeSid")) return STATUS_NO_MEMORY;
  *Sid = thread.system.nt().pool().allocate(thread.driver, nt::Pool::Kind::kPaged, nt::Pool::Fill::kZero,
                                            nt::size_of_sid(SubAuthorityCount), nt::kSidTag);
  const NTSTATUS status = RtlInitializeSid(*Sid, IdentifierAuthority, SubAuthorityCount);
  const ULONG values[] = {SubAuthority0, SubAuthority1, SubAuthority2, SubAuthority3,
                          SubAuthority4, SubAuthority5, SubAuthority6, SubAuthority7};
  for (UCHAR i = 0; i < SubAuthorityCount; ++i) *RtlSubAuthoritySid(*Sid, i) = values[i];
  return status;
}

PVOID RtlFreeSid(PSID Sid) {
  nt::Thread& thread = nt::enter("RtlFreeSid", nt::kApc);
  thread.system.nt().pool().free(thread, "RtlFreeSid", Sid, nt::kSidTag);
  return nullptr;
}

NTSTATUS RtlConvertSidToUnicodeString(PUNICODE_STRING UnicodeString, PSID Sid,
                                      BOOLEAN AllocateDestinationString) {
  touch("RtlConvertSidToUnicodeString", nt::kApc);
  if (!nt::valid_sid(static_cast<SID*>(Sid))) return STATUS_INVALID_SID;
  const auto* bytes = static_cast<const std::uint8_t*>(Sid);
  const std::string text = nt::to_string(nt::Sid(bytes, bytes + RtlLengthSid(Sid)));
  const ANSI_STRING ansi{static_cast<USHORT>(text.size()), static_cast<USHORT>(text.size()),
                         const_cast<PCHAR>(text.data())};
  return RtlAnsiStringToUnicodeString(UnicodeString, &ansi, AllocateDestinationString);
}

NTSTATUS RtlCreateAcl(PACL Acl, ULONG AclLength, ULONG AclRevision) {
  touch("RtlCreateAcl", nt::kApc);
  if (AclLength < sizeof(ACL)) return STATUS_BUFFER_TOO_SMALL;
  if (AclRevision < ACL_REVISION || AclRevision > 4 || AclLength > MAXUSHORT) return STATUS_INVALID_PARAMETER;
  *Acl = {static_cast<UCHAR>(AclRevision), 0, static_cast<USHORT>(AclLength & ~3u), 0, 0};
  return STATUS_SUCCESS;
}

NTSTATUS RtlAddAccessAllowedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid) {
  return nt::add_entry(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, 0, AccessMask, Sid);
}

NTSTATUS RtlAddAccessAllowedAceEx(PACL Acl, ULONG AceRevision, ULONG AceFlags, ACCESS_MASK AccessMask,
                                  PSID Sid) {
  return nt::add_entry(Acl, AceRevision, ACCESS_ALLOWED_ACE_TYPE, static_cast<UCHAR>(AceFlags), AccessMask,
                       Sid);
}

NTSTATUS RtlAddAccessDeniedAce(PACL Acl, ULONG AceRevision, ACCESS_MASK AccessMask, PSID Sid) {
  return nt::add_entry(Acl, AceRevision, ACCESS_DENIED_ACE_TYPE, 0, AccessMask, Sid);
}

NTSTATUS RtlGetAce(PACL Acl, ULONG AceIndex, PVOID* Ace) {
  touch("RtlGetAce", nt::kApc);
  if (!nt::valid_acl(Acl) || AceIndex >= Acl->AceCount || nt::end_of_entries(Acl) == nullptr) {
    return STATUS_INVALID_PARAMETER;
  }
  UCHAR* at = reinterpret_cast<UCHAR*>(Acl) + sizeof(ACL);
  for (ULONG i = 0; i < AceIndex; ++i) at += reinterpret_cast<ACE_HEADER*>(at)->AceSize;
  *Ace = at;
  return STATUS_SUCCESS;
}

NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, ULONG Revision) {
  touch("RtlCreateSecurityDescriptor", nt::kApc);
  if (Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor) = {};
  static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
  return STATUS_SUCCESS;
}

NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, BOOLEAN DaclPresent, PACL Dacl,
                                      BOOLEAN DaclDefaulted) {
  touch("RtlSetDaclSecurityDescriptor", nt::kApc);
  auto& descriptor = *static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor);
  if (descriptor.Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  if ((descriptor.Control & SE_SELF_RELATIVE) != 0) return STATUS_INVALID_SECURITY_DESCR;
  descriptor.Control = static_cast<USHORT>(descriptor.Control & ~(SE_DACL_PRESENT | SE_DACL_DEFAULTED));
  descriptor.Dacl = nullptr;
  if (DaclPresent == FALSE) return STATUS_SUCCESS;
  descriptor.Control |= SE_DACL_PRESENT;
  if (DaclDefaulted != FALSE) descriptor.Control |= SE_DACL_DEFAULTED;
  descriptor.Dacl = Dacl;
  return STATUS_SUCCESS;
}

NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PBOOLEAN DaclPresent,
                                      PACL* Dacl, PBOOLEAN DaclDefaulted) {
  touch("RtlGetDaclSecurityDescriptor", nt::kApc);
  const auto& descriptor = *static_cast<SECURITY_DESCRIPTOR_RELATIVE*>(SecurityDescriptor);
  if (descriptor.Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  *DaclPresent = (descriptor.Control & SE_DACL_PRESENT) != 0;
  if (*DaclPresent == FALSE) return STATUS_SUCCESS;
  *DaclDefaulted = (descriptor.Control & SE_DACL_DEFAULTED) != 0;
  if ((descriptor.Control & SE_SELF_RELATIVE) == 0) {
    *Dacl = static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor)->Dacl;
  } else {
    *Dacl = descriptor.Dacl == 0
                ? nullptr
                : reinterpret_cast<PACL>(static_cast<UCHAR*>(SecurityDescriptor) + descriptor.Dacl);
  }
  return STATUS_SUCCESS;
}

NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor, PSID Owner,
                                       BOOLEAN OwnerDefaulted) {
  touch("RtlSetOwnerSecurityDescriptor", nt::kApc);
  auto& descriptor = *static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor);
  if (descriptor.Revision != SECURITY_DESCRIPTOR_REVISION) return STATUS_UNKNOWN_REVISION;
  if ((descriptor.Control & SE_SELF_RELATIVE) != 0) return STATUS_INVALID_SECURITY_DESCR;
  descriptor.Owner = Owner;
  descriptor.Control =
      static_cast<USHORT>(OwnerDefaulted != FALSE ? descriptor.Control | SE_OWNER_DEFAULTED
                                                  : descriptor.Control & ~SE_OWNER_DEFAULTED);
  return STATUS_SUCCESS;
}

BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
  touch("RtlValidSecurityDescriptor", nt::kApc);
  return SecurityDescriptor != nullptr &&
         nt::valid_descriptor(*static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor));
}

ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR SecurityDescriptor) {
  touch("RtlLengthSecurityDescriptor", nt::kApc);
  const auto& descriptor = *static_cast<SECURITY_DESCRIPTOR*>(SecurityDescriptor);
  const auto relative = static_cast<ULONG>(nt::capture_descriptor(SecurityDescriptor).size());
  if ((descriptor.Control & SE_SELF_RELATIVE) != 0) return relative;
  // The structure has pointers where the relative form has offsets.
  return relative + static_cast<ULONG>(sizeof(SECURITY_DESCRIPTOR) - sizeof(SECURITY_DESCRIPTOR_RELATIVE));
}

NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR Absolute, PSECURITY_DESCRIPTOR SelfRelative,
                                     PULONG BufferLength) {
  touch("RtlAbsoluteToSelfRelativeSD", nt::kApc);
  if ((static_cast<SECURITY_DESCRIPTOR*>(Absolute)->Control & SE_SELF_RELATIVE) != 0) {
    return STATUS_BAD_DESCRIPTOR_FORMAT;
  }
  const std::vector<std::uint8_t> bytes = nt::capture_descriptor(Absolute);
  const bool fits = bytes.size() <= *BufferLength;
  *BufferLength = static_cast<ULONG>(bytes.size());
  if (!fits) return STATUS_BUFFER_TOO_SMALL;
  std::memcpy(SelfRelative, bytes.data(), bytes.size());
  return STATUS_SUCCESS;
}

}  // extern "C"

#include "nt/security.hpp"

#include <algorithm>
#include <cstring>

#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "wdk/shared/token.h"
#include "wdk/shared/status.h"

namespace fltsim::nt {
namespace {

constexpr std::uint64_t kNtAuthority = 5;
constexpr std::uint64_t kWorldAuthority = 1;
constexpr AccessMask kGenericRead = 0x80000000;
constexpr AccessMask kGenericWrite = 0x40000000;
constexpr AccessMask kGenericExecute = 0x20000000;
constexpr AccessMask kGenericAll = 0x10000000;
constexpr AccessMask kMaximumAllowed = 0x02000000;
constexpr AccessMask kAccessSystemSecurity = 0x01000000;
constexpr AccessMask kReadControl = 0x00020000;
constexpr AccessMask kWriteDac = 0x00040000;
constexpr AccessMask kWriteOwner = 0x00080000;
constexpr AccessMask kEveryBit = 0x001FFFFF;
constexpr std::size_t kSidHeader = offsetof(SID, SubAuthority);

std::span<const std::uint8_t> sid_at(const void* sid) {
  const auto* bytes = static_cast<const std::uint8_t*>(sid);
  return {bytes, kSidHeader + bytes[1] * sizeof(std::uint32_t)};
}

// The parts of a descriptor in either form; null where a part is missing.
struct Parts {
  const void* owner = nullptr;
  const void* group = nullptr;
  const ACL* dacl = nullptr;
  bool dacl_present = false;
};

Parts parts_of(const void* descriptor) {
  const auto* header = static_cast<const SECURITY_DESCRIPTOR_RELATIVE*>(descriptor);
  Parts parts;
  parts.dacl_present = (header->Control & SE_DACL_PRESENT) != 0;
  if ((header->Control & SE_SELF_RELATIVE) != 0) {
    const auto* base = static_cast<const std::uint8_t*>(descriptor);
    const auto at = [&](ULONG offset) -> const void* { return offset == 0 ? nullptr : base + offset; };
    parts.owner = at(header->Owner);
    parts.group = at(header->Group);
    parts.dacl = static_cast<const ACL*>(at(header->Dacl));
  } else {
    const auto* absolute = static_cast<const SECURITY_DESCRIPTOR*>(descriptor);
    parts.owner = absolute->Owner;
    parts.group = absolute->Group;
    parts.dacl = absolute->Dacl;
  }
  if (!parts.dacl_present) parts.dacl = nullptr;
  return parts;
}

// What the list grants: the first entry that names a bit decides it.
AccessMask granted_by(const ACL& dacl, const Token& token, const GenericMapping& mapping) {
  AccessMask allowed = 0;
  AccessMask denied = 0;
  const auto* at = reinterpret_cast<const std::uint8_t*>(&dacl) + sizeof(ACL);
  for (unsigned i = 0; i < dacl.AceCount; ++i) {
    const auto* ace = reinterpret_cast<const ACCESS_ALLOWED_ACE*>(at);
    at += ace->Header.AceSize;
    if ((ace->Header.AceFlags & INHERIT_ONLY_ACE) != 0) continue;
    const AccessMask mask = map_generic(ace->Mask, mapping);
    const auto sid = sid_at(&ace->SidStart);
    if (ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE && token.holds(sid)) allowed |= mask & ~denied;
    if (ace->Header.AceType == ACCESS_DENIED_ACE_TYPE && token.is_denied_by(sid)) denied |= mask & ~allowed;
  }
  return allowed;
}

void append(std::vector<std::uint8_t>& bytes, const void* data, std::size_t size) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  bytes.insert(bytes.end(), from, from + size);
  while (bytes.size() % sizeof(std::uint32_t) != 0) bytes.push_back(0);
}

std::vector<std::uint8_t> build_relative(const void* owner, const void* group, const void* dacl,
                                         std::size_t dacl_size, bool dacl_present) {
  SECURITY_DESCRIPTOR_RELATIVE header{};
  header.Revision = SECURITY_DESCRIPTOR_REVISION;
  header.Control = SE_SELF_RELATIVE | (dacl_present ? SE_DACL_PRESENT : 0);
  std::vector<std::uint8_t> bytes(sizeof header);
  const auto add = [&](const void* part, std::size_t size) -> ULONG {
    if (part == nullptr) return 0;
    const std::size_t offset = bytes.size();
    append(bytes, part, size);
    return static_cast<ULONG>(offset);
  };
  header.Owner = add(owner, owner != nullptr ? sid_at(owner).size() : 0);
  header.Group = add(group, group != nullptr ? sid_at(group).size() : 0);
  header.Dacl = add(dacl, dacl_size);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

std::vector<std::uint8_t> allow(std::span<const Sid> sids, AccessMask mask) {
  std::vector<std::uint8_t> bytes(sizeof(ACL));
  for (const Sid& sid : sids) {
    const auto size = static_cast<USHORT>(offsetof(ACCESS_ALLOWED_ACE, SidStart) + sid.size());
    const ACE_HEADER header{ACCESS_ALLOWED_ACE_TYPE, 0, size};
    append(bytes, &header, sizeof header);
    append(bytes, &mask, sizeof mask);
    append(bytes, sid.data(), sid.size());
  }
  const ACL acl{ACL_REVISION, 0, static_cast<USHORT>(bytes.size()), static_cast<USHORT>(sids.size()), 0};
  std::memcpy(bytes.data(), &acl, sizeof acl);
  return bytes;
}

bool equals(const Sid& mine, std::span<const std::uint8_t> sid) {
  return std::equal(mine.begin(), mine.end(), sid.begin(), sid.end());
}

bool contains(const std::vector<Sid>& groups, std::span<const std::uint8_t> sid) {
  return std::any_of(groups.begin(), groups.end(), [&](const Sid& group) { return equals(group, sid); });
}

constexpr std::uint64_t privilege(std::uint32_t luid) { return std::uint64_t{1} << luid; }

}  // namespace

AccessMask map_generic(AccessMask access, const GenericMapping& mapping) {
  AccessMask mapped = access & ~(kGenericRead | kGenericWrite | kGenericExecute | kGenericAll);
  if ((access & kGenericRead) != 0) mapped |= mapping.read;
  if ((access & kGenericWrite) != 0) mapped |= mapping.write;
  if ((access & kGenericExecute) != 0) mapped |= mapping.execute;
  if ((access & kGenericAll) != 0) mapped |= mapping.all;
  return mapped;
}

Sid make_sid(std::uint64_t authority, std::initializer_list<std::uint32_t> sub_authorities) {
  Sid sid(kSidHeader);
  sid[0] = SID_REVISION;
  sid[1] = static_cast<std::uint8_t>(sub_authorities.size());
  for (int i = 0; i < 6; ++i) sid[2 + i] = static_cast<std::uint8_t>(authority >> (8 * (5 - i)));
  for (const std::uint32_t value : sub_authorities) {
    for (int i = 0; i < 4; ++i) sid.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  return sid;
}

std::string to_string(const Sid& sid) {
  std::uint64_t authority = 0;
  for (int i = 0; i < 6; ++i) authority = authority << 8 | sid[2 + i];
  std::string text = "S-" + std::to_string(sid[0]) + '-' + std::to_string(authority);
  for (std::size_t i = kSidHeader; i + 4 <= sid.size(); i += 4) {
    std::uint32_t value = 0;
    std::memcpy(&value, sid.data() + i, sizeof value);
    text += '-' + std::to_string(value);
  }
  return text;
}

bool Token::holds(std::span<const std::uint8_t> sid) const {
  return equals(user, sid) || contains(groups, sid);
}

bool Token::is_denied_by(std::span<const std::uint8_t> sid) const {
  return holds(sid) || contains(deny_only_groups, sid);
}

Ref<Token> make_token(System& system, User user) {
  const Sid world = make_sid(kWorldAuthority, {SECURITY_WORLD_RID});
  const Sid authenticated = make_sid(kNtAuthority, {SECURITY_AUTHENTICATED_USER_RID});
  const Sid administrators = make_sid(kNtAuthority, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS});
  const Sid users = make_sid(kNtAuthority, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS});
  const Sid local_system = make_sid(kNtAuthority, {SECURITY_LOCAL_SYSTEM_RID});
  const auto account = [](std::uint32_t rid) { return make_sid(kNtAuthority, {21, 1000, 2000, 3000, rid}); };
  Token token;
  switch (user) {
    case User::kSystem:
      token.user = local_system;
      token.groups = {administrators, world, authenticated};
      token.privileges = ~std::uint64_t{0};
      break;
    case User::kAdministrator:
    case User::kSecondAdministrator:
      token.user = account(user == User::kAdministrator ? 500 : 1002);
      token.groups = {administrators, users, world, authenticated};
      token.privileges = privilege(SE_SECURITY_PRIVILEGE) | privilege(SE_TAKE_OWNERSHIP_PRIVILEGE) |
                         privilege(SE_LOAD_DRIVER_PRIVILEGE) | privilege(SE_BACKUP_PRIVILEGE) |
                         privilege(SE_RESTORE_PRIVILEGE) | privilege(SE_DEBUG_PRIVILEGE);
      break;
    case User::kFilteredAdministrator:
      token.user = account(500);
      token.groups = {users, world, authenticated};
      token.deny_only_groups = {administrators};
      break;
    case User::kOrdinary:
      token.user = account(1001);
      token.groups = {users, world, authenticated};
      break;
  }
  const Sid owners[] = {token.holds(administrators) ? administrators : token.user, local_system};
  token.default_dacl = allow(owners, kGenericAll);
  return Ref<Token>::adopt(create_object<Token>(system, kTokenType, std::move(token)));
}

Status check_access(const void* descriptor, const Token& token, AccessMask desired,
                    const GenericMapping& mapping, AccessMask& granted) {
  granted = 0;
  AccessMask wanted = map_generic(desired, mapping);
  AccessMask by_privilege = 0;
  if ((wanted & kAccessSystemSecurity) != 0) {
    if (!token.has_privilege(SE_SECURITY_PRIVILEGE)) return STATUS_PRIVILEGE_NOT_HELD;
    by_privilege = kAccessSystemSecurity;
  }
  if (token.has_privilege(SE_TAKE_OWNERSHIP_PRIVILEGE)) by_privilege |= wanted & kWriteOwner;
  AccessMask allowed = kEveryBit;
  if (descriptor != nullptr) {
    const Parts parts = parts_of(descriptor);
    if (parts.dacl != nullptr) {
      allowed = granted_by(*parts.dacl, token, mapping);
      if (parts.owner != nullptr && token.holds(sid_at(parts.owner))) allowed |= kReadControl | kWriteDac;
    }
  }
  const bool maximum = (wanted & kMaximumAllowed) != 0;
  wanted &= ~kMaximumAllowed;
  const AccessMask all = allowed | by_privilege;
  if ((wanted & ~all) != 0) return STATUS_ACCESS_DENIED;
  granted = maximum ? wanted | (allowed & mapping.all) : wanted;
  return maximum && granted == 0 ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

std::vector<std::uint8_t> capture_descriptor(const void* descriptor) {
  if (static_cast<const SECURITY_DESCRIPTOR_RELATIVE*>(descriptor)->Revision != SECURITY_DESCRIPTOR_REVISION)
    return {};
  const Parts parts = parts_of(descriptor);
  return build_relative(parts.owner, parts.group, parts.dacl, parts.dacl != nullptr ? parts.dacl->AclSize : 0,
                        parts.dacl_present);
}

std::vector<std::uint8_t> default_descriptor(const Token& token) {
  return build_relative(token.user.data(), nullptr, token.default_dacl.data(), token.default_dacl.size(),
                        true);
}

std::vector<std::uint8_t> list_for_system_and_administrators(AccessMask access) {
  const Sid sids[] = {make_sid(kNtAuthority, {SECURITY_LOCAL_SYSTEM_RID}),
                      make_sid(kNtAuthority, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS})};
  return allow(sids, access);
}

bool has_null_dacl(const void* descriptor) {
  const Parts parts = parts_of(descriptor);
  return parts.dacl_present && parts.dacl == nullptr;
}

}  // namespace fltsim::nt

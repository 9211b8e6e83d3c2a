#include "nt/descriptor_parts.hpp"

#include <cstring>
#include <optional>

#include "nt/security.hpp"
#include "wdk/shared/security.h"

namespace fltsim::nt {
namespace {

constexpr std::size_t kSidFixed = offsetof(SID, SubAuthority);
constexpr std::uint16_t kDaclAutoInherited = 0x0400;
constexpr std::uint16_t kSaclAutoInherited = 0x0800;
constexpr std::uint16_t kSaclProtected = 0x2000;
constexpr std::uint16_t kDaclFlags =
    SE_DACL_PRESENT | SE_DACL_DEFAULTED | kDaclAutoInherited | SE_DACL_PROTECTED;
constexpr std::uint16_t kSaclFlags =
    SE_SACL_PRESENT | SE_SACL_DEFAULTED | kSaclAutoInherited | kSaclProtected;

struct DescriptorParts {
  std::uint16_t control = 0;
  Descriptor owner;
  Descriptor group;
  Descriptor dacl;
  Descriptor sacl;
};

// Reads within one buffer; nothing when it would leave it.
class Reader {
 public:
  Reader(const std::uint8_t* base, std::size_t size) : base_(base), size_(size) {}

  std::optional<Descriptor> sid(const void* at) const {
    if (at == nullptr) return Descriptor();
    const auto* bytes = static_cast<const std::uint8_t*>(at);
    if (!holds(bytes, kSidFixed) || bytes[1] > SID_MAX_SUB_AUTHORITIES) return std::nullopt;
    return copy(bytes, kSidFixed + bytes[1] * sizeof(std::uint32_t));
  }
  std::optional<Descriptor> acl(const void* at) const {
    if (at == nullptr) return Descriptor();
    const auto* bytes = static_cast<const std::uint8_t*>(at);
    ACL header;
    if (!holds(bytes, sizeof header)) return std::nullopt;
    std::memcpy(&header, bytes, sizeof header);
    if (header.AclSize < sizeof header) return std::nullopt;
    return copy(bytes, header.AclSize);
  }

 private:
  bool holds(const std::uint8_t* at, std::size_t size) const {
    if (size_ == SIZE_MAX) return true;
    const auto offset = static_cast<std::size_t>(at - base_);
    return offset <= size_ && size <= size_ - offset;
  }
  std::optional<Descriptor> copy(const std::uint8_t* at, std::size_t size) const {
    if (!holds(at, size)) return std::nullopt;
    return Descriptor(at, at + size);
  }

  const std::uint8_t* base_;
  std::size_t size_;
};

std::optional<DescriptorParts> take_apart(const void* descriptor, std::size_t available) {
  const auto* base = static_cast<const std::uint8_t*>(descriptor);
  SECURITY_DESCRIPTOR_RELATIVE header{};
  if (available < sizeof header) return std::nullopt;
  std::memcpy(&header, base, sizeof header);
  if (header.Revision != SECURITY_DESCRIPTOR_REVISION) return std::nullopt;
  const void *owner, *group, *dacl, *sacl;
  const bool relative = (header.Control & SE_SELF_RELATIVE) != 0;
  if (relative) {
    const auto at = [&](ULONG offset) -> const void* { return offset == 0 ? nullptr : base + offset; };
    owner = at(header.Owner);
    group = at(header.Group);
    dacl = at(header.Dacl);
    sacl = at(header.Sacl);
  } else {
    const auto* absolute = static_cast<const SECURITY_DESCRIPTOR*>(descriptor);
    owner = absolute->Owner;
    group = absolute->Group;
    dacl = absolute->Dacl;
    sacl = absolute->Sacl;
  }
  if ((header.Control & SE_DACL_PRESENT) == 0) dacl = nullptr;
  if ((header.Control & SE_SACL_PRESENT) == 0) sacl = nullptr;
  const Reader reader(base, relative ? available : SIZE_MAX);
  const auto owner_copy = reader.sid(owner), group_copy = reader.sid(group);
  const auto dacl_copy = reader.acl(dacl), sacl_copy = reader.acl(sacl);
  if (!owner_copy || !group_copy || !dacl_copy || !sacl_copy) return std::nullopt;
  return DescriptorParts{static_cast<std::uint16_t>(header.Control & (kDaclFlags | kSaclFlags)), *owner_copy,
                         *group_copy, *dacl_copy, *sacl_copy};
}

Descriptor put_together(const DescriptorParts& parts) {
  SECURITY_DESCRIPTOR_RELATIVE header{};
  header.Revision = SECURITY_DESCRIPTOR_REVISION;
  header.Control = static_cast<SECURITY_DESCRIPTOR_CONTROL>(SE_SELF_RELATIVE | parts.control);
  Descriptor bytes(sizeof header);
  const auto add = [&](const Descriptor& part) -> ULONG {
    if (part.empty()) return 0;
    const std::size_t offset = bytes.size();
    bytes.insert(bytes.end(), part.begin(), part.end());
    bytes.resize((bytes.size() + 3) / 4 * 4);
    return static_cast<ULONG>(offset);
  };
  header.Sacl = add(parts.sacl);
  header.Dacl = add(parts.dacl);
  header.Owner = add(parts.owner);
  header.Group = add(parts.group);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

void take(DescriptorParts& to, const DescriptorParts& from, std::uint32_t information) {
  const auto flags = [&](std::uint16_t mask) {
    to.control = static_cast<std::uint16_t>((to.control & ~mask) | (from.control & mask));
  };
  if ((information & OWNER_SECURITY_INFORMATION) != 0) to.owner = from.owner;
  if ((information & GROUP_SECURITY_INFORMATION) != 0) to.group = from.group;
  if ((information & DACL_SECURITY_INFORMATION) != 0) {
    to.dacl = from.dacl;
    flags(kDaclFlags);
  }
  if ((information & SACL_SECURITY_INFORMATION) != 0) {
    to.sacl = from.sacl;
    flags(kSaclFlags);
  }
}

DescriptorParts parts_in(const Descriptor& descriptor) {
  return take_apart(descriptor.data(), descriptor.size()).value_or(DescriptorParts{});
}

void append_allowed(Descriptor& list, const Sid& sid, std::uint32_t mask) {
  const auto size = static_cast<USHORT>(offsetof(ACCESS_ALLOWED_ACE, SidStart) + sid.size());
  constexpr std::uint8_t kInherited = 0x10;
  const ACE_HEADER header{ACCESS_ALLOWED_ACE_TYPE, kInherited, size};
  const auto add = [&](const void* bytes, std::size_t count) {
    const auto* from = static_cast<const std::uint8_t*>(bytes);
    list.insert(list.end(), from, from + count);
  };
  add(&header, sizeof header);
  add(&mask, sizeof mask);
  add(sid.data(), sid.size());
}

}  // namespace

Descriptor copy_descriptor(const void* descriptor, std::size_t available) {
  const std::optional<DescriptorParts> parts = take_apart(descriptor, available);
  return parts ? put_together(*parts) : Descriptor();
}

Descriptor select_parts(const Descriptor& descriptor, std::uint32_t information) {
  DescriptorParts selected;
  take(selected, parts_in(descriptor), information);
  return put_together(selected);
}

Descriptor replace_parts(const Descriptor& descriptor, const Descriptor& changes, std::uint32_t information) {
  DescriptorParts parts = parts_in(descriptor);
  take(parts, parts_in(changes), information);
  return put_together(parts);
}

Descriptor default_file_descriptor() {
  constexpr std::uint64_t kNtAuthority = 5;
  constexpr std::uint32_t kAll = 0x001F01FF;
  constexpr std::uint32_t kModify = 0x001301BF;
  constexpr std::uint32_t kReadAndExecute = 0x001200A9;
  const Sid local_system = make_sid(kNtAuthority, {SECURITY_LOCAL_SYSTEM_RID});
  const Sid administrators = make_sid(kNtAuthority, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS});
  DescriptorParts parts;
  parts.owner = administrators;
  parts.group = local_system;
  parts.control = SE_DACL_PRESENT | kDaclAutoInherited;
  parts.dacl.resize(sizeof(ACL));
  append_allowed(parts.dacl, administrators, kAll);
  append_allowed(parts.dacl, local_system, kAll);
  append_allowed(parts.dacl, make_sid(kNtAuthority, {SECURITY_AUTHENTICATED_USER_RID}), kModify);
  append_allowed(parts.dacl, make_sid(kNtAuthority, {SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS}),
                 kReadAndExecute);
  const ACL header{ACL_REVISION, 0, static_cast<USHORT>(parts.dacl.size()), 4, 0};
  std::memcpy(parts.dacl.data(), &header, sizeof header);
  return put_together(parts);
}

}  // namespace fltsim::nt

// Who may do what: SIDs, tokens, and the access check.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fltsim/user.hpp"
#include "nt/object.hpp"

namespace fltsim::nt {

// A SID in its binary form (SID structure: revision, count, authority, sub-authorities), 8 to 68 bytes.
using Sid = std::vector<std::uint8_t>;

Sid make_sid(std::uint64_t authority, std::initializer_list<std::uint32_t> sub_authorities);
std::string to_string(const Sid& sid);  // "S-1-5-18"

// The body of kTokenType.
struct Token {
  Sid user;
  std::vector<Sid> groups;                 // enabled
  std::vector<Sid> deny_only_groups;       // SE_GROUP_USE_FOR_DENY_ONLY
  std::uint64_t privileges = 0;            // bit n: privilege with LUID n (SE_LOAD_DRIVER_PRIVILEGE is 10)
  std::vector<std::uint8_t> default_dacl;  // what an object gets that is made without a descriptor

  // The user or an enabled group: what an entry that allows can name.
  bool holds(std::span<const std::uint8_t> sid) const;
  // One of these or a group for denying only: what an entry that denies can name.
  bool is_denied_by(std::span<const std::uint8_t> sid) const;
  bool has_privilege(std::uint32_t luid) const { return (privileges >> luid & 1) != 0; }
};

Ref<Token> make_token(System& system, User user);

// Generic rights spelled out.
AccessMask map_generic(AccessMask access, const GenericMapping& mapping);

// What the self-relative or absolute `descriptor` (null: everything) grants a token. MAXIMUM_ALLOWED and
// generic rights are understood. STATUS_ACCESS_DENIED, STATUS_PRIVILEGE_NOT_HELD (ACCESS_SYSTEM_SECURITY).
[[nodiscard]] Status check_access(const void* descriptor, const Token& token, AccessMask desired,
                                  const GenericMapping& mapping, AccessMask& granted);

// What SeExports points to (SE_EXPORTS); constant data, the same for every machine.
const void* se_exports();

// A self-relative copy of any descriptor; empty when it is malformed.
std::vector<std::uint8_t> capture_descriptor(const void* descriptor);
// The descriptor that an object gets which is made without one: owner and default DACL of the token.
std::vector<std::uint8_t> default_descriptor(const Token& token);

// An access-control list: `access` for SYSTEM and Administrators, nothing for anybody else (PORT-13).
std::vector<std::uint8_t> list_for_system_and_administrators(AccessMask access);

// True for a descriptor that has a DACL, and that DACL is NULL: everybody has every access.
bool has_null_dacl(const void* descriptor);

}  // namespace fltsim::nt

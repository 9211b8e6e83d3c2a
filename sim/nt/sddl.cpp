#include "nt/sddl.hpp"

#include <charconv>
#include <cstring>
#include <optional>
#include <string>

#include "nt/security.hpp"
#include "wdk/shared/access.h"
#include "wdk/shared/security.h"

namespace fltsim::nt {
namespace {

struct KnownSid {
  std::string_view letters;
  std::uint64_t authority;
  std::uint32_t first;
  std::uint32_t second;  // 0: none
};
constexpr KnownSid kSids[] = {
    {"SY", 5, 18, 0},   {"BA", 5, 32, 544}, {"BU", 5, 32, 545}, {"BG", 5, 32, 546},
    {"PU", 5, 32, 547}, {"WD", 1, 0, 0},    {"RC", 5, 12, 0},   {"AU", 5, 11, 0},
    {"IU", 5, 4, 0},    {"NU", 5, 2, 0},    {"SU", 5, 6, 0},    {"LS", 5, 19, 0},
    {"NS", 5, 20, 0},   {"CO", 3, 0, 0},    {"AN", 5, 7, 0},    {"UD", 5, 84, 0},
};

struct KnownRight {
  std::string_view letters;
  AccessMask mask;
};
constexpr KnownRight kRights[] = {
    {"GA", GENERIC_ALL},  {"GR", GENERIC_READ}, {"GW", GENERIC_WRITE}, {"GX", GENERIC_EXECUTE},
    {"RC", READ_CONTROL}, {"SD", DELETE},       {"WD", WRITE_DAC},     {"WO", WRITE_OWNER},
    {"FA", 0x001F01FF},   {"FR", 0x00120089},   {"FW", 0x00120116},    {"FX", 0x001200A0},
};

std::optional<std::uint64_t> number(std::string_view text, int base) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

std::string_view take_until(std::string_view& text, char end) {
  const std::size_t at = std::min(text.find(end), text.size());
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return taken;
}

std::optional<AccessMask> rights_of(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) {
    const auto value = number(text.substr(2), 16);
    return value ? std::optional(static_cast<AccessMask>(*value)) : std::nullopt;
  }
  AccessMask mask = 0;
  for (; !text.empty(); text.remove_prefix(2)) {
    bool known = false;
    for (const KnownRight& right : kRights) {
      if (!text.starts_with(right.letters)) continue;
      mask |= right.mask;
      known = true;
    }
    if (!known) return {};
  }
  return mask;
}

Sid sid_of(std::string_view text) {
  for (const KnownSid& known : kSids) {
    if (text != known.letters) continue;
    return known.second != 0 ? make_sid(known.authority, {known.first, known.second})
                             : make_sid(known.authority, {known.first});
  }
  if (!text.starts_with("S-1-")) return {};
  text.remove_prefix(4);
  const auto authority = number(take_until(text, '-'), 10);
  if (!authority || text.empty()) return {};
  Sid sid = make_sid(*authority, {});
  std::uint8_t count = 0;
  while (!text.empty()) {
    const auto part = number(take_until(text, '-'), 10);
    if (!part || *part > 0xFFFFFFFF || count == 15) return {};
    const auto value = static_cast<std::uint32_t>(*part);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    sid.insert(sid.end(), bytes, bytes + sizeof value);
    ++count;
  }
  sid[1] = count;
  return sid;
}

// "A;;GA;;;SY", without its brackets.
bool add_entry(std::vector<std::uint8_t>& list, std::string_view text) {
  const std::string_view type = take_until(text, ';');
  const std::string_view flags = take_until(text, ';');
  const auto mask = rights_of(take_until(text, ';'));
  const std::string_view object = take_until(text, ';');
  const std::string_view inherited = take_until(text, ';');
  const Sid sid = sid_of(text);
  if ((type != "A" && type != "D") || !flags.empty() || !mask || !object.empty() || !inherited.empty() ||
      sid.empty())
    return false;
  const auto size = static_cast<USHORT>(offsetof(ACCESS_ALLOWED_ACE, SidStart) + sid.size());
  const ACE_HEADER header{static_cast<UCHAR>(type == "A" ? ACCESS_ALLOWED_ACE_TYPE : ACCESS_DENIED_ACE_TYPE),
                          0, size};
  const auto append = [&](const void* data, std::size_t bytes) {
    const auto* from = static_cast<const std::uint8_t*>(data);
    list.insert(list.end(), from, from + bytes);
  };
  append(&header, sizeof header);
  append(&*mask, sizeof *mask);
  append(sid.data(), sid.size());
  return true;
}

}  // namespace

std::vector<std::uint8_t> descriptor_from_sddl(std::u16string_view wide) {
  std::string narrow;
  for (const char16_t unit : wide) narrow += unit < 0x80 ? static_cast<char>(unit) : '?';
  std::string_view text = narrow;
  if (!text.starts_with("D:")) return {};
  text.remove_prefix(2);
  while (!text.empty() && (text.front() == 'P' || text.starts_with("AI") || text.starts_with("AR"))) {
    text.remove_prefix(text.front() == 'P' ? 1 : 2);
  }
  std::vector<std::uint8_t> list(sizeof(ACL));
  USHORT count = 0;
  while (!text.empty()) {
    if (text.front() != '(' || text.find(')') == std::string_view::npos) return {};
    text.remove_prefix(1);
    if (!add_entry(list, take_until(text, ')'))) return {};
    ++count;
  }
  const ACL acl{ACL_REVISION, 0, static_cast<USHORT>(list.size()), count, 0};
  std::memcpy(list.data(), &acl, sizeof acl);
  SECURITY_DESCRIPTOR_RELATIVE header{};
  header.Revision = SECURITY_DESCRIPTOR_REVISION;
  header.Control = SE_SELF_RELATIVE | SE_DACL_PRESENT;
  header.Dacl = sizeof header;
  std::vector<std::uint8_t> descriptor(sizeof header);
  std::memcpy(descriptor.data(), &header, sizeof header);
  descriptor.insert(descriptor.end(), list.begin(), list.end());
  return descriptor;
}

}  // namespace fltsim::nt

#include "fs/host_names.hpp"

#include <cstddef>
#include <cstdint>

namespace fltsim::fs {
namespace {

constexpr char16_t kMappedBase = 0xF000;

struct Decoded {
  std::uint32_t code = 0;
  std::size_t length = 0;  // 0: no valid sequence begins here
};

// The number of bytes that follow `lead`, and the smallest code point that needs them.
bool continuation_of(std::uint8_t lead, std::size_t& count, std::uint32_t& smallest, std::uint32_t& bits) {
  if (lead >= 0xC0 && lead < 0xE0) return count = 1, smallest = 0x80, bits = lead & 0x1Fu, true;
  if (lead >= 0xE0 && lead < 0xF0) return count = 2, smallest = 0x800, bits = lead & 0x0Fu, true;
  if (lead >= 0xF0 && lead < 0xF8) return count = 3, smallest = 0x10000, bits = lead & 0x07u, true;
  return false;
}

Decoded decode(std::string_view text) {
  auto lead = static_cast<std::uint8_t>(text.front());
  if (lead < 0x80) return {lead, 1};
  std::size_t count = 0;
  std::uint32_t smallest = 0;
  std::uint32_t code = 0;
  if (!continuation_of(lead, count, smallest, code) || text.size() <= count) return {};
  for (std::size_t i = 1; i <= count; ++i) {
    auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0) != 0x80) return {};
    code = code << 6 | (byte & 0x3Fu);
  }
  bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < smallest || code > 0x10FFFF || surrogate ? Decoded{} : Decoded{code, count + 1};
}

bool is_forbidden(std::uint32_t code) {
  return code < 0x20 || (code < 0x80 && std::string_view("\"*:<>?|\\").find(static_cast<char>(code)) !=
                                            std::string_view::npos);
}

void append(std::u16string& text, std::uint32_t code) {
  if (code >= 0x10000) {
    text += static_cast<char16_t>(0xD800 + ((code - 0x10000) >> 10));
    code = 0xDC00 + ((code - 0x10000) & 0x3FF);
  }
  text += static_cast<char16_t>(code);
}

}  // namespace

NtName nt_name_of(std::string_view host) {
  NtName result;
  while (!host.empty()) {
    Decoded next = decode(host);
    bool valid = next.length > 0;
    if (!valid || is_forbidden(next.code)) {
      std::uint32_t code = valid ? next.code : static_cast<std::uint8_t>(host.front());
      result.name += static_cast<char16_t>(kMappedBase + code);
      result.mapped = true;
    } else {
      append(result.name, next.code);
    }
    host.remove_prefix(valid ? next.length : 1);
  }
  return result;
}

std::optional<std::u16string> text_of_utf8(std::string_view bytes) {
  std::u16string text;
  while (!bytes.empty()) {
    const Decoded next = decode(bytes);
    if (next.length == 0) return std::nullopt;
    append(text, next.code);
    bytes.remove_prefix(next.length);
  }
  return text;
}

}  // namespace fltsim::fs

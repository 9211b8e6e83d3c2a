// Rtl: internet addresses as text.
#include <ntifs.h>

#include <wsk.h>

#include <algorithm>
#include <string>

#include "nt/wdk.hpp"

using namespace fltsim;

namespace {

// What lies in network byte order, as a number.
USHORT host_order(USHORT network) { return static_cast<USHORT>(network << 8 | network >> 8); }

std::string dotted(const UCHAR* bytes) {
  std::string text = std::to_string(bytes[0]);
  for (int i = 1; i < 4; ++i) text += '.' + std::to_string(bytes[i]);
  return text;
}

std::string hex(USHORT word) {
  std::string text;
  int shift = 12;
  while (shift > 0 && (word >> shift) == 0) shift -= 4;
  for (; shift >= 0; shift -= 4) text += "0123456789abcdef"[word >> shift & 15];
  return text;
}

// Whether the last 32 bits are written as an IPv4 address: compatible ones (but not ::1), mapped ones, ISATAP.
bool ends_in_ipv4(const USHORT (&word)[8]) {
  if ((word[4] & 0xFDFF) == 0 && word[5] == 0x5EFE) return true;
  if (std::any_of(word, word + 5, [](USHORT w) { return w != 0; })) return false;
  return word[5] == 0xFFFF || (word[5] == 0 && word[6] != 0);
}

// The longest run of at least two zero words, the first of equals, is the double colon.
std::string text_of(const IN6_ADDR& address) {
  USHORT word[8];
  std::transform(address.u.Word, address.u.Word + 8, word, host_order);
  const bool ipv4 = ends_in_ipv4(word);
  const int count = ipv4 ? 6 : 8;
  int run = 0, length = 1;
  for (int from = 0, to = 0; from < count; from = to + 1) {
    for (to = from; to < count && word[to] == 0;) ++to;
    if (to - from > length) run = from, length = to - from;
  }
  std::string text;
  for (int i = 0; i < count;) {
    if (length > 1 && i == run) {
      text += "::";
      i += length;
      continue;
    }
    if (!text.empty() && text.back() != ':') text += ':';
    text += hex(word[i++]);
  }
  if (ipv4) text += (text.back() == ':' ? "" : ":") + dotted(address.u.Byte + 12);
  return text;
}

// On success the length counts the terminator; where the buffer is too short it is the one that is needed.
NTSTATUS hand_out(const std::string& text, PWSTR buffer, PULONG length) {
  const auto needed = static_cast<ULONG>(text.size() + 1);
  const bool fits = *length >= needed;
  *length = needed;
  if (!fits) return STATUS_INVALID_PARAMETER;
  std::copy_n(text.c_str(), needed, buffer);
  return STATUS_SUCCESS;
}

}  // namespace

extern "C" {

NTSTATUS RtlIpv4AddressToStringExW(const struct in_addr* Address, USHORT Port, PWSTR AddressString,
                                   PULONG AddressStringLength) {
  nt::touch("RtlIpv4AddressToStringExW", nt::kDispatch);
  if (Address == nullptr || AddressString == nullptr || AddressStringLength == nullptr)
    return STATUS_INVALID_PARAMETER;
  std::string text = dotted(&Address->S_un.S_un_b.s_b1);
  if (Port != 0) text += ':' + std::to_string(host_order(Port));
  return hand_out(text, AddressString, AddressStringLength);
}

// The scope is printed as sockaddr_in6 has it, which is a number of this machine.
NTSTATUS RtlIpv6AddressToStringExW(const struct in6_addr* Address, ULONG ScopeId, USHORT Port,
                                   PWSTR AddressString, PULONG AddressStringLength) {
  nt::touch("RtlIpv6AddressToStringExW", nt::kDispatch);
  if (Address == nullptr || AddressString == nullptr || AddressStringLength == nullptr)
    return STATUS_INVALID_PARAMETER;
  std::string text = text_of(*Address);
  if (ScopeId != 0) text += '%' + std::to_string(ScopeId);
  if (Port != 0) text = '[' + text + "]:" + std::to_string(host_order(Port));
  return hand_out(text, AddressString, AddressStringLength);
}

}  // extern "C"

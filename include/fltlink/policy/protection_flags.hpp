// What a policy forbids, and what an operation needs: the same bits, so that one `&` is the decision.
#pragma once

#include <stdint.h>

namespace fltlink {

// 32 bits, as in USER_MESSAGE.Data.PolicyUpdate.PolicyFlags.
enum class ProtectionFlags : uint32_t {
  kNone = 0,
  kRead = 0x01,
  kWrite = 0x02,
  kExecute = 0x04,
  kRename = 0x08,  // within its directory
  kDelete = 0x10,
  kMove = 0x20,  // to another directory
  kStandard = kWrite | kRename | kDelete | kMove,
  kAll = 0x3F,
  kAsk = 0x40,  // no operation: what the others forbid is put to the authorizer first
};

[[nodiscard]] constexpr ProtectionFlags operator|(ProtectionFlags a, ProtectionFlags b) {
  return static_cast<ProtectionFlags>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}

[[nodiscard]] constexpr ProtectionFlags operator&(ProtectionFlags a, ProtectionFlags b) {
  return static_cast<ProtectionFlags>(static_cast<uint32_t>(a) & static_cast<uint32_t>(b));
}

constexpr ProtectionFlags& operator|=(ProtectionFlags& a, ProtectionFlags b) { return a = a | b; }

// True when the two have a bit in common.
[[nodiscard]] constexpr bool overlap(ProtectionFlags a, ProtectionFlags b) {
  return (a & b) != ProtectionFlags::kNone;
}

}  // namespace fltlink

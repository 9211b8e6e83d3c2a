#include "nt/token_information.hpp"

#include <ntifs.h>

#include <cstring>

#include "nt/identity.hpp"

namespace fltsim::nt {
namespace {

class Builder {
 public:
  template <class Value>
  Builder& add(const Value& value) {
    const auto* from = reinterpret_cast<const std::uint8_t*>(&value);
    information_.bytes.insert(information_.bytes.end(), from, from + sizeof value);
    return *this;
  }
  // A SID_AND_ATTRIBUTES whose SID follows later.
  Builder& add_sid(const Sid& sid, ULONG attributes) {
    later_.push_back({information_.bytes.size(), &sid});
    add(std::uint64_t{0});
    add(attributes);
    return add(ULONG{0});
  }
  TokenInformation finish() {
    for (const auto& [at, sid] : later_) {
      const std::uint64_t offset = information_.bytes.size();
      std::memcpy(information_.bytes.data() + at, &offset, sizeof offset);
      information_.pointers.push_back(at);
      information_.bytes.insert(information_.bytes.end(), sid->begin(), sid->end());
    }
    return std::move(information_);
  }

 private:
  struct Later {
    std::size_t at;
    const Sid* sid;
  };
  TokenInformation information_;
  std::vector<Later> later_;
};

constexpr ULONG kEnabled = 7;       // mandatory, enabled by default, enabled
constexpr ULONG kDenyOnly = 0x10;   // SE_GROUP_USE_FOR_DENY_ONLY
constexpr ULONG kIntegrity = 0x60;  // SE_GROUP_INTEGRITY and _ENABLED

bool is_system(const Token& token) { return token.holds(make_sid(5, {18})); }
bool is_elevated(const Token& token) { return token.holds(make_sid(5, {32, 544})); }

}  // namespace

void TokenInformation::place(void* target) const {
  std::memcpy(target, bytes.data(), bytes.size());
  for (const std::size_t at : pointers) {
    std::uint64_t offset = 0;
    std::memcpy(&offset, bytes.data() + at, sizeof offset);
    const std::uint64_t address = reinterpret_cast<std::uint64_t>(target) + offset;
    std::memcpy(static_cast<std::uint8_t*>(target) + at, &address, sizeof address);
  }
}

std::optional<TokenInformation> token_information(const Token& token, int information_class) {
  Builder builder;
  switch (information_class) {
    case TokenUser:
      return builder.add_sid(token.user, 0).finish();
    case TokenOwner: {
      // A pointer alone.
      TokenInformation information = builder.add_sid(token.user, 0).finish();
      information.bytes.erase(information.bytes.begin() + 8, information.bytes.begin() + 16);
      const std::uint64_t offset = 8;
      std::memcpy(information.bytes.data(), &offset, sizeof offset);
      return information;
    }
    case TokenGroups: {
      builder.add(static_cast<ULONG>(token.groups.size() + token.deny_only_groups.size())).add(ULONG{0});
      for (const Sid& group : token.groups) builder.add_sid(group, kEnabled);
      for (const Sid& group : token.deny_only_groups) builder.add_sid(group, kDenyOnly);
      return builder.finish();
    }
    case TokenPrivileges: {
      ULONG count = 0;
      for (ULONG luid = 0; luid < 64; ++luid) count += token.has_privilege(luid);
      builder.add(count);
      for (ULONG luid = 0; luid < 64; ++luid) {
        if (token.has_privilege(luid)) builder.add(LUID{luid, 0}).add(ULONG{3});  // enabled, by default too
      }
      return builder.finish();
    }
    case TokenType:
      return builder.add(static_cast<ULONG>(TokenPrimary)).finish();
    case TokenSessionId:
      return builder.add(ULONG{session_of(token)}).finish();
    case TokenElevation:
      return builder.add(static_cast<ULONG>(is_elevated(token))).finish();
    case TokenElevationType:
      // The system has no other half of its token.
      return builder.add(ULONG{is_system(token) ? 1u : is_elevated(token) ? 2u : 3u}).finish();
    case TokenIsAppContainer:
      return builder.add(ULONG{0}).finish();
    case TokenIntegrityLevel: {
      const Sid level = make_sid(16, {is_system(token) ? 0x4000u : is_elevated(token) ? 0x3000u : 0x2000u});
      return builder.add_sid(level, kIntegrity).finish();
    }
    default:
      return {};
  }
}

}  // namespace fltsim::nt

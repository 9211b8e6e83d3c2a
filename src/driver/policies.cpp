#include "policies.hpp"

#include "lock.hpp"

namespace drmfilter {
namespace {

// Room for about 3000 policies of 40 units.
std::array<uint8_t, 256 * 1024> policy_memory;

constexpr char16_t kDriveTexts[] = u"A:B:C:D:E:F:G:H:I:J:K:L:M:N:O:P:Q:R:S:T:U:V:W:X:Y:Z:";

[[nodiscard]] bool starts_with(Text text, Text prefix) {
  return text.size() >= prefix.size() && text.first(prefix.size()) == prefix;
}

[[nodiscard]] Text without_dos_prefix(Text path) {
  for (const Text prefix : {Text(u"\\\\?\\"), Text(u"\\??\\")}) {
    if (starts_with(path, prefix)) return path.from(prefix.size());
  }
  return path;
}

void append(Verdict& verdict, Text text) {
  for (size_t index = 0; index < text.size() && verdict.reason_units < verdict.reason.size(); ++index)
    verdict.reason[verdict.reason_units++] = text[index];
}

[[nodiscard]] Text word_for(ProtectionFlags operation) {
  switch (operation) {
    case ProtectionFlags::kRead:
      return u"Reading";
    case ProtectionFlags::kWrite:
      return u"Writing";
    case ProtectionFlags::kExecute:
      return u"Executing";
    case ProtectionFlags::kRename:
      return u"Renaming";
    case ProtectionFlags::kDelete:
      return u"Deleting";
    case ProtectionFlags::kMove:
      return u"Moving";
    default:
      return u"This operation";
  }
}

// Several bits: the lowest that the policy forbids names the deed.
[[nodiscard]] ProtectionFlags lowest(ProtectionFlags flags) {
  const auto bits = static_cast<uint32_t>(flags);
  return static_cast<ProtectionFlags>(bits & (~bits + 1));
}

}  // namespace

constinit Policies policies{fltlink::MutableBytes(policy_memory)};

Text drive_text(unsigned index) { return Text(kDriveTexts + size_t{index} * 2, 2); }

PolicyUpdateOutcome Policies::update(Text path, uint32_t version, ProtectionFlags flags) {
  PolicyUpdateOutcome outcome;
  {
    const ExclusiveLock lock(lock_);
    outcome = table_.update(without_dos_prefix(path), version, flags);
    refresh_flags();
  }
  // After the table: whoever sees the new number and asks anew sees the new policies.
  names_changed();
  return outcome;
}

void Policies::refresh_flags() {
  ProtectionFlags all = ProtectionFlags::kNone;
  table_.for_each([&](const fltlink::Policy& policy) { all |= policy.flags; });
  all_flags_.store(static_cast<uint32_t>(all), MemoryOrder::kRelease);
}

uint32_t Policies::count() {
  const SharedLock lock(lock_);
  return static_cast<uint32_t>(table_.count());
}

ProtectionFlags Policies::forbidden_on(const FilePath& file) {
  ProtectionFlags forbidden = ProtectionFlags::kNone;
  const SharedLock lock(lock_);
  table_.for_each([&](const fltlink::Policy& policy) {
    if ((policy.flags & forbidden) == policy.flags) return;
    for_each_name(file, [&](const fltlink::PathName& name) {
      if (fltlink::pattern_matches(policy.pattern, name, &upcase)) forbidden |= policy.flags;
    });
  });
  return forbidden;
}

bool Policies::forbids(const FilePath& file, ProtectionFlags operation, Where where, Verdict& verdict) {
  const SharedLock lock(lock_);
  for_each_name(file, [&](const fltlink::PathName& name) {
    if (verdict.forbidden) return;
    const fltlink::PolicyDecision decision =
        where == Where::kFile ? table_.decide(name, operation) : table_.decide_below(name, operation);
    if (!decision.forbidden) return;
    verdict.forbidden = true;
    verdict.reason_units = 0;
    append(verdict, word_for(lowest(decision.policy.flags & operation)));
    append(verdict, where == Where::kFile ? Text(u" is forbidden by the policy ")
                                          : Text(u" a file below is forbidden by the policy "));
    append(verdict, decision.policy.pattern);
  });
  return verdict.forbidden;
}

}  // namespace drmfilter

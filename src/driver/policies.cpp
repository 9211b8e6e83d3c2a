#include "policies.hpp"

#include "lock.hpp"

namespace drmfilter {
namespace {

constexpr char16_t kDriveTexts[] = u"A:B:C:D:E:F:G:H:I:J:K:L:M:N:O:P:Q:R:S:T:U:V:W:X:Y:Z:";

[[nodiscard]] bool starts_with(Text text, Text prefix) {
  return text.size() >= prefix.size() && text.first(prefix.size()) == prefix;
}

// What may stand in front of a DOS path, all for the same.
[[nodiscard]] Text without_dos_prefix(Text path) {
  for (const Text prefix : {Text(u"\\\\?\\"), Text(u"\\\\.\\"), Text(u"\\??\\"), Text(u"\\DOSDEVICES\\"),
                            Text(u"\\GLOBAL??\\")}) {
    if (starts_with(path, prefix)) return path.from(prefix.size());
  }
  return path;
}

// The pattern of a policy's path, in upper case.
class PolicyPattern {
 public:
  // A path that ends in a backslash means what lies below it.
  explicit PolicyPattern(Text path) {
    if (path.empty() || path.size() >= units_.size()) return;
    for (size_t index = 0; index < path.size(); ++index) units_[size_++] = upcase(path[index]);
    if (units_[size_ - 1] == u'\\') units_[size_++] = u'*';
  }
  PolicyPattern(const PolicyPattern&) = delete;
  PolicyPattern& operator=(const PolicyPattern&) = delete;

  [[nodiscard]] Text text() const { return without_dos_prefix(Text(units_.data(), size_)); }

  // Whether it can be the name of any file: a policy that protects nothing by its spelling is refused, and not
  // taken in silence.
  [[nodiscard]] bool can_match() const {
    const Text pattern = text();
    for (size_t index = 0; index < pattern.size(); ++index) {
      const char16_t unit = pattern[index];
      const bool drive_colon = unit == u':' && index == 1;
      if (unit < u' ' || unit == u'/' || unit == u'|' || (unit == u':' && !drive_colon)) return false;
    }
    if (fltlink::pattern_matches_below(pattern, Text(u"\\DEVICE"), &upcase)) return true;
    for (unsigned letter = 0; letter < 26; ++letter) {
      if (fltlink::pattern_matches_below(pattern, drive_text(letter), &upcase)) return true;
    }
    return false;
  }

 private:
  // The longest path of a message, and the star.
  std::array<char16_t, FLTLINK_PATH_FIELD_UNITS + 1> units_;
  size_t size_ = 0;
};

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

constinit Policies policies;

Text drive_text(unsigned index) { return Text(kDriveTexts + size_t{index} * 2, 2); }

NTSTATUS Policies::start(ULONG memory_size) {
  FltInitializePushLock(&lock_);
  memory_ = ExAllocatePool2(POOL_FLAG_PAGED | POOL_FLAG_UNINITIALIZED, memory_size, kPoolTag);
  if (memory_ == nullptr) return STATUS_INSUFFICIENT_RESOURCES;
  table_ = fltlink::PolicyTable({static_cast<uint8_t*>(memory_), memory_size}, &upcase);
  return STATUS_SUCCESS;
}

void Policies::stop() {
  table_ = fltlink::PolicyTable();
  if (memory_ != nullptr) ExFreePoolWithTag(memory_, kPoolTag);
  memory_ = nullptr;
  FltDeletePushLock(&lock_);
}

PolicyUpdateOutcome Policies::update(Text path, uint32_t version, ProtectionFlags flags) {
  const PolicyPattern pattern(path);
  if (flags != ProtectionFlags::kNone && !pattern.can_match()) return PolicyUpdateOutcome::kRefusedBadPattern;
  PolicyUpdateOutcome outcome;
  {
    const ExclusiveLock lock(lock_);
    outcome = table_.update(pattern.text(), version, flags);
    all_flags_.store(static_cast<uint32_t>(table_.flags()), MemoryOrder::kRelease);
  }
  // After the table: whoever sees the new number and asks anew sees the new policies.
  names_changed();
  return outcome;
}

uint32_t Policies::count() {
  const SharedLock lock(lock_);
  return static_cast<uint32_t>(table_.count());
}

ProtectionFlags Policies::forbidden_on(const FilePath& file) {
  ProtectionFlags forbidden = ProtectionFlags::kNone;
  const SharedLock lock(lock_);
  for_each_name(file, [&](const fltlink::PathName& name) { forbidden |= table_.flags_on(name); });
  return forbidden;
}

bool Policies::forbids(const FilePath& file, ProtectionFlags operation, Where where, Verdict& verdict) {
  const SharedLock lock(lock_);
  for_each_name(file, [&](const fltlink::PathName& name) {
    if (verdict.final()) return;
    const fltlink::PolicyDecision decision =
        where == Where::kFile ? table_.decide(name, operation) : table_.decide_below(name, operation);
    if (!decision.forbidden || (verdict.forbidden && decision.asks())) return;
    verdict.forbidden = true;
    verdict.asks = decision.asks();
    verdict.reason_units = 0;
    append(verdict, word_for(lowest(decision.policy.flags & operation)));
    append(verdict, where == Where::kFile ? Text(u" is forbidden by the policy ")
                                          : Text(u" a file below is forbidden by the policy "));
    append(verdict, decision.policy.pattern);
  });
  return verdict.forbidden;
}

}  // namespace drmfilter

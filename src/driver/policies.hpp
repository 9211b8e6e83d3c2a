// Policies: the policies in force, under a push lock, and the question whether one forbids an operation on a
// file.
#pragma once

#include <fltKernel.h>

#include <array>

#include <fltlink/wire/limits.h>
#include <fltlink/policy/policy_table.hpp>

#include "state.hpp"

namespace drmfilter {

using fltlink::PolicyUpdateOutcome;
using fltlink::ProtectionFlags;

// Every name that a policy can mean when it means this file: the path below the volume, behind the volume's
// device name or behind any of its drive letters. Streams are cut off: a policy on a file covers them. The
// texts belong to whoever made the name.
struct FilePath {
  Text device;           // \Device\HarddiskVolume1
  Text path;             // \ProtectedDocs\plan.docx
  uint32_t letters = 0;  // bit n: the drive letter 'A' + n
};

// The drive letter `index`, as "C:".
[[nodiscard]] Text drive_text(unsigned index);

// Calls visit(PathName) for each name of `file`.
template <typename Visit>
void for_each_name(const FilePath& file, Visit&& visit) {
  for (unsigned index = 0; index < 26; ++index) {
    if ((file.letters >> index & 1) != 0) visit(fltlink::PathName(drive_text(index), file.path));
  }
  visit(fltlink::PathName(file.device, file.path));
}

// Whether something is forbidden and, if so, why, in words for a block notice.
struct Verdict {
  bool forbidden = false;
  bool asks = false;  // by policies alone that let the authorizer be asked
  size_t reason_units = 0;
  std::array<char16_t, FLTLINK_REASON_UNITS_MAX> reason;

  [[nodiscard]] Text reason_text() const { return Text(reason.data(), reason_units); }
  // Nothing that another policy says would change it.
  [[nodiscard]] bool final() const { return forbidden && !asks; }
};

// What a decision that was kept for later depends on. It changes with every policy and with every name that
// is changed on any volume.
using Generation = uint64_t;

// IRQL <= APC_LEVEL everywhere; nobody calls out with the lock held, and nothing allocates.
class Policies {
 public:
  // Before any other call; STATUS_INSUFFICIENT_RESOURCES when there is no paged pool for the policies, whom
  // `memory_size` bounds. And after the last one, whatever start() returned. PASSIVE_LEVEL.
  [[nodiscard]] NTSTATUS start(ULONG memory_size);
  void stop();

  // `path` as in a POLICY_UPDATE: a DOS path, with or without \\?\ or \??\ in front, or a device path. With a
  // backslash at its end it means everything below. What can be no file's name is kRefusedBadPattern.
  [[nodiscard]] PolicyUpdateOutcome update(Text path, uint32_t version, ProtectionFlags flags);

  [[nodiscard]] uint32_t count();

  // Whether any policy at all forbids one of the bits: the question that most operations end with. No lock.
  [[nodiscard]] bool concern(ProtectionFlags operation) const {
    return fltlink::overlap(static_cast<ProtectionFlags>(all_flags_.load(MemoryOrder::kAcquire)), operation);
  }

  // All that any policy forbids on `file`.
  [[nodiscard]] ProtectionFlags forbidden_on(const FilePath& file);

  // Whether a policy forbids any bit of `operation` on `file`; with `kBelow`, on any path below it instead. What
  // `verdict` says of another name of the file stands, unless this name has a policy that does not ask.
  enum class Where {
    kFile,
    kBelow
  };
  [[nodiscard]] bool forbids(const FilePath& file, ProtectionFlags operation, Where where, Verdict& verdict);

  [[nodiscard]] Generation generation() const { return generation_.load(MemoryOrder::kAcquire); }
  void names_changed() { generation_.fetch_add(1, MemoryOrder::kAcqRel); }

 private:
  EX_PUSH_LOCK lock_ = 0;
  void* memory_ = nullptr;
  fltlink::PolicyTable table_;  // under lock_
  Atomic<uint32_t> all_flags_{0};
  Atomic<Generation> generation_{1};
};

extern Policies policies;

}  // namespace drmfilter

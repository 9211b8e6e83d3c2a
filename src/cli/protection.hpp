// How real files come under the policies, and the proof afterwards that nothing got at them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/applications.hpp"
#include "fltsim/volume.hpp"

namespace fltlink::cli {

// Every so-many-th file of the directory is put under protection.
inline constexpr std::size_t kProtectedShare = 10;

// Gives every tenth of `files` a name in C:\ProtectedDocs (as .docx or .xlsx) or C:\Confidential, where the
// default policies apply, by renaming it in memory before the driver is there: it is the same file, whose
// bytes still come from the directory. Their new paths go into `files`. What a policy covers already, and
// what cannot be renamed, stays where it is. `installer` is the process that does it. A sentence when the
// folders cannot be made.
[[nodiscard]] std::optional<std::string> move_under_protection(fltsim::Process installer,
                                                               std::vector<TargetFile>& files,
                                                               const std::vector<std::u16string>& policies);

// The first of `policies` (paths with NT's wildcards) that matches `path`.
[[nodiscard]] std::optional<std::size_t> policy_for(std::u16string_view path,
                                                    const std::vector<std::u16string>& policies);

// What a file is, as the file system below all filters knows it.
struct Fingerprint {
  std::int32_t status = 0;  // why its bytes could not be read; success if they could
  std::uint64_t size = 0;
  std::uint64_t hash = 0;  // of the bytes that the programs look at, FNV-1a

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Nothing when there is no such file. `path` is a path on the volume, with its drive letter.
[[nodiscard]] std::optional<Fingerprint> fingerprint(const fltsim::Volume& volume, std::u16string_view path);

// The protected files as they were, by path. `progress` is told how many of `files` it is through with. An
// interrupt ends it early.
using Fingerprints = std::map<std::u16string, Fingerprint>;
[[nodiscard]] Fingerprints fingerprint_protected(const fltsim::Volume& volume,
                                                 const std::vector<TargetFile>& files,
                                                 const std::vector<std::u16string>& policies,
                                                 const std::function<void(std::size_t done)>& progress);

// The paths of those that have changed since, or are gone. `progress` is told how many it is through with. What
// somebody else has changed in the directory itself meanwhile reads as unreadable, and is passed over: no
// program of the demo can have done that.
[[nodiscard]] std::vector<std::u16string> changed_since(
    const fltsim::Volume& volume, const Fingerprints& before,
    const std::function<void(std::size_t done)>& progress);

}  // namespace fltlink::cli

// How real files come under the policies, and the proof afterwards that nothing got at them.
#pragma once

#include <cstddef>
#include <cstdint>
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
  bool readable = false;
  std::uint64_t size = 0;
  std::uint64_t hash = 0;  // of the bytes, FNV-1a

  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

// Nothing when there is no such file. `path` is a path on the volume, with its drive letter.
[[nodiscard]] std::optional<Fingerprint> fingerprint(const fltsim::Volume& volume, std::u16string_view path);

// The protected files as they were, by path.
using Fingerprints = std::map<std::u16string, Fingerprint>;
[[nodiscard]] Fingerprints fingerprint_protected(const fltsim::Volume& volume,
                                                 const std::vector<TargetFile>& files,
                                                 const std::vector<std::u16string>& policies);

// The paths of those that have changed since, or are gone.
[[nodiscard]] std::vector<std::u16string> changed_since(const fltsim::Volume& volume,
                                                        const Fingerprints& before);

}  // namespace fltlink::cli

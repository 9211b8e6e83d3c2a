#include "cli/protection.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fltlink/policy/pattern.hpp>

#include "cli/interrupt.hpp"
#include "cli/statuses.hpp"
#include "cli/text.hpp"
#include "fs/file_system.hpp"
#include "fs/upcase.hpp"
#include "io/volume.hpp"

namespace fltlink::cli {

namespace {

constexpr std::u16string_view kDocuments = u"C:\\ProtectedDocs";
constexpr std::u16string_view kConfidential = u"C:\\Confidential";
// With a number in front and an ending behind it, a name stays below NT's 255 units.
constexpr std::size_t kNameUnitsMax = 200;

std::u16string protected_path(const TargetFile& file, std::size_t number) {
  std::u16string name = decimal(number) + u'-' + file.path.substr(file.path.rfind(u'\\') + 1);
  name.resize(std::min(name.size(), kNameUnitsMax));
  switch (number % 3) {
    case 0:
      return std::u16string(kDocuments) + u'\\' + name + u".docx";
    case 1:
      return std::u16string(kDocuments) + u'\\' + name + u".xlsx";
    default:
      return std::u16string(kConfidential) + u'\\' + name;
  }
}

// An open of our own below the filters, shared with everybody.
class BareOpen {
 public:
  BareOpen(fltsim::fs::FileSystem& file_system, std::u16string_view path, std::uint32_t access)
      : file_system_(file_system) {
    constexpr std::uint32_t kShareWithAll = 7;
    constexpr std::uint32_t kOpenExisting = 1;
    fltsim::fs::CreateRequest request;
    request.path = path;
    request.desired_access = access;
    request.share_access = kShareWithAll;
    request.disposition = kOpenExisting;
    result_ = file_system.create(request);
  }
  ~BareOpen() {
    if (!opened()) return;
    file_system_.cleanup(*result_.open);
    file_system_.close(std::move(result_.open));
  }
  BareOpen(const BareOpen&) = delete;
  BareOpen& operator=(const BareOpen&) = delete;

  [[nodiscard]] std::int32_t status() const { return static_cast<std::int32_t>(result_.status); }
  [[nodiscard]] bool opened() const { return result_.open != nullptr; }

  // The file's size, and a hash of its first `size_max` bytes.
  [[nodiscard]] Fingerprint read(std::uint64_t size_max) {
    constexpr std::uint64_t kOffsetBasis = 0xcbf29ce484222325;
    constexpr std::uint64_t kPrime = 0x100000001b3;
    fltsim::fs::FileInformation information;
    Fingerprint print{
        .status = static_cast<std::int32_t>(file_system_.query_information(*result_.open, information)),
        .size = information.end_of_file,
        .hash = kOffsetBasis};
    std::array<std::byte, 64 * 1024> buffer;
    const std::uint64_t end = std::min(print.size, size_max);
    for (std::uint64_t at = 0; at < end && print.status == kStatusSuccess;) {
      const auto wanted = std::span(buffer).first(std::min<std::uint64_t>(buffer.size(), end - at));
      const auto read = file_system_.read(*result_.open, static_cast<std::int64_t>(at), wanted);
      print.status = static_cast<std::int32_t>(read.status);
      for (const std::byte byte : wanted.first(read.transferred)) {
        print.hash = (print.hash ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
      }
      at += read.transferred;
    }
    if (print.status != kStatusSuccess) return {.status = print.status};
    return print;
  }

 private:
  fltsim::fs::FileSystem& file_system_;
  fltsim::fs::CreateResult result_;
};

bool made(const fltsim::IoResult& result) {
  return result.status == kStatusSuccess || result.status == kStatusNameCollision;
}

}  // namespace

std::optional<std::string> move_under_protection(fltsim::Process installer, std::vector<TargetFile>& files,
                                                 const std::vector<std::u16string>& policies) {
  for (const std::u16string_view folder : {kDocuments, kConfidential}) {
    const fltsim::IoResult result = installer.mkdir(folder);
    if (!made(result))
      return "the folder " + printable(folder) + " cannot be made: " + status_word(result.status);
  }
  for (std::size_t index = 0; index < files.size(); index += kProtectedShare) {
    TargetFile& file = files[index];
    if (policy_for(file.path, policies)) continue;
    std::u16string path = protected_path(file, index / kProtectedShare + 1);
    if (installer.move(file.path, path).status == kStatusSuccess) file.path = std::move(path);
  }
  return std::nullopt;
}

std::optional<std::size_t> policy_for(std::u16string_view path, const std::vector<std::u16string>& policies) {
  for (std::size_t index = 0; index < policies.size(); ++index) {
    const std::u16string pattern = fltsim::fs::upcase(policies[index]);
    const PathName name(drmservice::as_text(path));
    if (pattern_matches(drmservice::as_text(pattern), name, &fltsim::fs::upcase)) return index;
  }
  return std::nullopt;
}

std::optional<Fingerprint> fingerprint(const fltsim::Volume& volume, std::u16string_view path) {
  constexpr std::uint32_t kReadData = 1;
  BareOpen file(volume.volume().file_system(), path.substr(volume.drive().size()), kReadData);
  if (file.opened()) return file.read(kBytesOfAFileMax);
  if (file.status() == kStatusNameNotFound || file.status() == kStatusPathNotFound) return std::nullopt;
  // A file that the host does not let us read is still there.
  return Fingerprint{.status = file.status()};
}

Fingerprints fingerprint_protected(const fltsim::Volume& volume, const std::vector<TargetFile>& files,
                                   const std::vector<std::u16string>& policies,
                                   const std::function<void(std::size_t done)>& progress) {
  Fingerprints prints;
  for (std::size_t index = 0; index < files.size() && !interrupted(); ++index) {
    progress(index);
    const TargetFile& file = files[index];
    if (!policy_for(file.path, policies)) continue;
    if (const auto print = fingerprint(volume, file.path)) prints.emplace(file.path, *print);
  }
  return prints;
}

std::vector<std::u16string> changed_since(const fltsim::Volume& volume, const Fingerprints& before,
                                          const std::function<void(std::size_t done)>& progress) {
  std::vector<std::u16string> changed;
  std::size_t done = 0;
  for (const auto& [path, print] : before) {
    progress(done++);
    const auto now = fingerprint(volume, path);
    const bool changed_below = now && now->status == kStatusFileInvalid;
    if (!changed_below && now != print) changed.push_back(path);
  }
  return changed;
}

}  // namespace fltlink::cli

#include "cli/protection.hpp"

#include <algorithm>
#include <array>
#include <span>

#include <fltlink/policy/pattern.hpp>

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
    constexpr std::uint32_t kShareAll = 7;
    constexpr std::uint32_t kFileOpen = 1;
    fltsim::fs::CreateRequest request;
    request.path = path;
    request.desired_access = access;
    request.share_access = kShareAll;
    request.disposition = kFileOpen;
    result_ = file_system.create(request);
  }
  ~BareOpen() {
    if (!opened()) return;
    file_system_.cleanup(*result_.open);
    file_system_.close(std::move(result_.open));
  }
  BareOpen(const BareOpen&) = delete;
  BareOpen& operator=(const BareOpen&) = delete;

  [[nodiscard]] bool opened() const { return result_.open != nullptr; }

  [[nodiscard]] Fingerprint read_all() {
    constexpr std::uint64_t kOffsetBasis = 0xcbf29ce484222325;
    constexpr std::uint64_t kPrime = 0x100000001b3;
    Fingerprint print{.readable = true, .size = 0, .hash = kOffsetBasis};
    std::array<std::byte, 64 * 1024> buffer;
    for (;;) {
      const auto read = file_system_.read(*result_.open, static_cast<std::int64_t>(print.size), buffer);
      for (const std::byte byte : std::span(buffer).first(read.transferred)) {
        print.hash = (print.hash ^ std::to_integer<std::uint64_t>(byte)) * kPrime;
      }
      print.size += read.transferred;
      if (static_cast<std::int32_t>(read.status) == kStatusEndOfFile) return print;
      if (static_cast<std::int32_t>(read.status) != kStatusSuccess) return {};
    }
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
  constexpr std::uint32_t kReadAttributes = 0x80;
  fltsim::fs::FileSystem& file_system = volume.volume().file_system();
  const std::u16string_view on_volume = path.substr(volume.drive().size());
  if (BareOpen file(file_system, on_volume, kReadData); file.opened()) return file.read_all();
  // A file that the host does not let us read is still there.
  if (BareOpen file(file_system, on_volume, kReadAttributes); file.opened()) return Fingerprint{};
  return std::nullopt;
}

Fingerprints fingerprint_protected(const fltsim::Volume& volume, const std::vector<TargetFile>& files,
                                   const std::vector<std::u16string>& policies) {
  Fingerprints prints;
  for (const TargetFile& file : files) {
    if (!policy_for(file.path, policies)) continue;
    if (const auto print = fingerprint(volume, file.path)) prints.emplace(file.path, *print);
  }
  return prints;
}

std::vector<std::u16string> changed_since(const fltsim::Volume& volume, const Fingerprints& before) {
  std::vector<std::u16string> changed;
  for (const auto& [path, print] : before) {
    if (fingerprint(volume, path) != print) changed.push_back(path);
  }
  return changed;
}

}  // namespace fltlink::cli

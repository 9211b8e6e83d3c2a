// fltsim::Volume: straight to the file system, past every filter.
#include <span>

#include "fltsim/volume.hpp"
#include "io/volume.hpp"
#include "nt/enter.hpp"
#include "nt/text.hpp"

namespace fltsim {

namespace {

constexpr std::uint32_t kShareAll = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;

[[noreturn]] void refuse(const char* verb, std::u16string_view path, NTSTATUS status) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string code = "0x";
  for (int shift = 28; shift >= 0; shift -= 4) code += kDigits[static_cast<ULONG>(status) >> shift & 0xF];
  nt::misuse(std::string("Volume::") + verb + " " + nt::to_utf8(path) + ": the file system says " + code);
}

// An open of the test's own, which nobody above the file system knows.
class BareOpen {
 public:
  BareOpen(fs::FileSystem& file_system, std::u16string_view path, ACCESS_MASK access, ULONG disposition,
           ULONG options)
      : file_system_(file_system) {
    fs::CreateRequest request;
    request.path = path;
    request.desired_access = access;
    request.share_access = kShareAll;
    request.disposition = disposition;
    request.create_options = options;
    result_ = file_system.create(request);
  }
  ~BareOpen() {
    if (!result_.open) return;
    file_system_.cleanup(*result_.open);
    file_system_.close(std::move(result_.open));
  }
  BareOpen(const BareOpen&) = delete;
  BareOpen& operator=(const BareOpen&) = delete;

  NTSTATUS status() const { return result_.status; }
  fs::Open& open() { return *result_.open; }

 private:
  fs::FileSystem& file_system_;
  fs::CreateResult result_;
};

bool is_missing(NTSTATUS status) {
  return status == STATUS_OBJECT_NAME_NOT_FOUND || status == STATUS_OBJECT_PATH_NOT_FOUND;
}

NTSTATUS make_one_directory(fs::FileSystem& file_system, std::u16string_view path) {
  const BareOpen made(file_system, path, FILE_READ_ATTRIBUTES, FILE_OPEN_IF, FILE_DIRECTORY_FILE);
  return made.status();
}

// All directories on the way to `path`, which itself is left alone.
void make_parents(fs::FileSystem& file_system, std::u16string_view path) {
  for (std::size_t slash = path.find(u'\\', 1); slash != std::u16string_view::npos;
       slash = path.find(u'\\', slash + 1)) {
    const NTSTATUS status = make_one_directory(file_system, path.substr(0, slash));
    if (!NT_SUCCESS(status)) refuse("make_directory", path.substr(0, slash), status);
  }
}

}  // namespace

std::u16string Volume::drive() const { return volume_->names().drive; }
std::u16string Volume::device_name() const { return volume_->names().device; }
std::u16string Volume::guid_name() const { return volume_->names().guid; }
std::uint32_t Volume::serial_number() const {
  return volume_->file_system().volume_information().serial_number;
}

void Volume::write_file(std::u16string_view path, std::string_view text) {
  fs::FileSystem& file_system = volume_->file_system();
  make_parents(file_system, path);
  BareOpen file(file_system, path, FILE_WRITE_DATA, FILE_OVERWRITE_IF, FILE_NON_DIRECTORY_FILE);
  if (!NT_SUCCESS(file.status())) refuse("write_file", path, file.status());
  const fs::TransferResult written = file_system.write(file.open(), 0, std::as_bytes(std::span(text)));
  if (!NT_SUCCESS(written.status)) refuse("write_file", path, written.status);
}

void Volume::make_directory(std::u16string_view path) {
  make_parents(volume_->file_system(), path);
  const NTSTATUS status = make_one_directory(volume_->file_system(), path);
  if (!NT_SUCCESS(status)) refuse("make_directory", path, status);
}

void Volume::remove(std::u16string_view path) {
  fs::FileSystem& file_system = volume_->file_system();
  BareOpen found(file_system, path, DELETE, FILE_OPEN, 0);
  if (is_missing(found.status())) return;
  NTSTATUS status = found.status();
  if (NT_SUCCESS(status)) status = file_system.set_disposition(found.open(), FILE_DISPOSITION_DELETE);
  if (!NT_SUCCESS(status)) refuse("remove", path, status);
}

std::optional<std::string> Volume::read_file(std::u16string_view path) const {
  fs::FileSystem& file_system = volume_->file_system();
  BareOpen file(file_system, path, FILE_READ_DATA, FILE_OPEN, FILE_NON_DIRECTORY_FILE);
  if (is_missing(file.status())) return std::nullopt;
  if (!NT_SUCCESS(file.status())) refuse("read_file", path, file.status());
  fs::FileInformation information;
  if (const NTSTATUS status = file_system.query_information(file.open(), information); !NT_SUCCESS(status)) {
    refuse("read_file", path, status);
  }
  std::string text(information.end_of_file, '\0');
  if (text.empty()) return text;
  const fs::TransferResult read = file_system.read(file.open(), 0, std::as_writable_bytes(std::span(text)));
  if (!NT_SUCCESS(read.status)) refuse("read_file", path, read.status);
  text.resize(read.transferred);
  return text;
}

bool Volume::exists(std::u16string_view path) const {
  const BareOpen looked(volume_->file_system(), path, FILE_READ_ATTRIBUTES, FILE_OPEN, 0);
  return NT_SUCCESS(looked.status());
}

}  // namespace fltsim

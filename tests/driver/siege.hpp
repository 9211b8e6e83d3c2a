// A vault under siege: a directory of protected files on a volume in memory or on one over a directory of the
// host, a program that wants at them, and a picture of all that must stay as it is.
//
//   Siege siege(VolumeKind::kMemory);
//   siege.protect(u"C:\\Vault\\*", ProtectionFlags::kStandard);
//   siege.attack([&] { siege.app.remove(kPlan); });
//   siege.expect_nothing_changed();
#pragma once

#include "driver/drm_machine.hpp"
#include "fs/temporary_directory.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace drmfilter::test {

enum class VolumeKind {
  kMemory,
  kHost
};

// An open file cannot be replaced, nor a directory above it be renamed: the file system itself refuses. So
// what may be tried depends on whether the program holds handles from before the policy.
enum class OldHandles {
  kNone,
  kOpen
};

inline void PrintTo(VolumeKind kind, std::ostream* out) {
  *out << (kind == VolumeKind::kHost ? "host" : "memory");
}

template <class Structure>
std::string_view bytes_of(const Structure& structure) {
  return {reinterpret_cast<const char*>(&structure), sizeof structure};
}

class Siege {
 public:
  using Picture = std::map<std::u16string, std::string>;

  static constexpr const char16_t* kSecret = u"C:\\Vault\\plan.docx";

  explicit Siege(VolumeKind kind, OldHandles handles = OldHandles::kOpen, uint64_t seed = 1)
      : machine(options(seed)) {
    lay_out(kind);
    driver.emplace(machine.load_driver(FLTLINK_DRIVER("drmfilter"), driver_options()));
    EXPECT_EQ(driver->status(), STATUS_SUCCESS);
    service = std::make_unique<RecordingService>(
        machine, machine.start_process({.image = kServiceImage, .user = fltsim::User::kSystem}));
    service->configure(false, true);
    EXPECT_EQ(app.link(u"C:\\Free\\link.docx", kSecret).status, STATUS_SUCCESS);
    if (handles == OldHandles::kOpen) open_handles();
  }
  ~Siege() {
    if (!app.ended()) static_cast<void>(app.kill());
  }

  void protect(std::u16string_view pattern, ProtectionFlags flags) {
    service->protect(pattern, flags);
    before_ = picture();
  }
  // A letter for a directory, as subst makes it.
  void make_drive_letter(std::u16string_view letter, std::u16string_view path) {
    const std::u16string link = u"\\??\\" + std::u16string(letter);
    EXPECT_EQ(machine.system().nt().names().create_link(link, c->device_name() + std::u16string(path)),
              STATUS_SUCCESS);
  }
  // Runs in one thread of the program.
  void attack(std::function<void()> code) { EXPECT_EQ(app.run(std::move(code)), fltsim::Outcome::kDone); }
  // The program ends first: what hangs on its handles happens then.
  void expect_nothing_changed() {
    EXPECT_EQ(app.kill(), fltsim::Outcome::kDone);
    EXPECT_EQ(machine.run_to_quiescence(), fltsim::Outcome::kDone);
    const Picture after = picture();
    for (const auto& [name, file] : before_) {
      const auto found = after.find(name);
      ASSERT_NE(found, after.end()) << "gone: " << narrow(name);
      EXPECT_EQ(found->second, file) << narrow(name);
    }
    for (const auto& [name, file] : after) EXPECT_TRUE(before_.contains(name)) << "new: " << narrow(name);
    EXPECT_TRUE(machine.verifier().clean());
  }

  // Everything that can be done with a handle to harm its file.
  void do_everything_with(fltsim::FileHandle handle) const {
    for (const std::optional<int64_t> offset : {std::optional<int64_t>(0), std::optional<int64_t>(-1)})
      app.write(handle, "evil", offset);
    app.set(handle, FileEndOfFileInformation, bytes_of(FILE_END_OF_FILE_INFORMATION{}));
    app.set(handle, FileAllocationInformation, bytes_of(FILE_ALLOCATION_INFORMATION{}));
    app.set(handle, FileValidDataLengthInformation,
            bytes_of(FILE_VALID_DATA_LENGTH_INFORMATION{{.QuadPart = 3}}));
    const auto mapped = app.map(handle, true);
    if (NT_SUCCESS(mapped.status)) {
      mapped.view[0] = std::byte{'E'};
      app.flush_view(mapped.view);
      app.unmap(mapped.view);
    }
    for (const uint32_t which : {FileLinkInformation, FileRenameInformation, FileRenameInformationEx}) {
      app.set_name(handle, which, u"other.docx", 1);
      app.set_name(handle, which, u"\\??\\C:\\Free\\taken.docx", 3);
      app.set_name(handle, which, u"taken.docx", 1, free_directory);
      app.set_name(handle, which, u":other", 0);
    }
    app.set(handle, FileDispositionInformation, bytes_of(FILE_DISPOSITION_INFORMATION{TRUE}));
    app.set(
        handle, FileDispositionInformationEx,
        bytes_of(FILE_DISPOSITION_INFORMATION_EX{FILE_DISPOSITION_DELETE | FILE_DISPOSITION_POSIX_SEMANTICS |
                                                 FILE_DISPOSITION_IGNORE_READONLY_ATTRIBUTE}));
  }

  fltsim::CreateResult open(std::u16string path, uint32_t access, uint32_t disposition = FILE_OPEN,
                            uint32_t create_options = 0,
                            fltsim::FileHandle below = fltsim::FileHandle::kNone) const {
    return app.create({.path = std::move(path),
                       .access = access | SYNCHRONIZE,
                       .disposition = disposition,
                       .options = create_options | FILE_SYNCHRONOUS_IO_NONALERT,
                       .root = below});
  }

  static std::string narrow(std::u16string_view text) {
    std::string out;
    for (const char16_t unit : text) out += unit < 128 ? static_cast<char>(unit) : '?';
    return out;
  }

  fltsim::fs::TemporaryDirectory directory;  // of the host volume
  fltsim::Machine machine;
  fltsim::Volume* c = nullptr;
  std::optional<fltsim::Driver> driver;
  std::unique_ptr<RecordingService> service;
  fltsim::Process app = machine.start_process({.image = u"C:\\Office\\winword.exe"});
  fltsim::Process auditor = machine.start_process({.image = u"C:\\Windows\\auditor.exe"});

  // Opened before any policy, if at all.
  fltsim::FileHandle everything_on_plan{};
  fltsim::FileHandle root{};
  fltsim::FileHandle vault{};
  fltsim::FileHandle free_directory{};
  std::u16string plan_id;  // as the name of an open by id

 private:
  static fltsim::Options options(uint64_t seed) {
    fltsim::Options options;
    options.seed = seed;
    options.trace = false;
    return options;
  }
  static fltsim::DriverOptions driver_options() {
    fltsim::DriverOptions options;
    options.name = u"drmfilter";
    options.parameters = {{u"AllowedImage", std::u16string(kServiceDevicePath)}};
    return options;
  }

  // Hard links and streams are made above the host's directory: below it, two names are two files.
  void lay_out(VolumeKind kind) {
    const std::pair<const char*, const char*> files[] = {
        {"Vault/plan.docx", "secret"},
        {"Vault/Gr\xC3\xB6\xC3\x9F"
         "e.docx",
         "secret"},
        {"Vault/sub/deep.docx", "secret"},
        {"Free/evil.docx", "evil"},
        {"Free/sub/evil.docx", "evil"},
        {"Stage/plan.docx", "evil"},
    };
    if (kind == VolumeKind::kHost) {
      for (const char* folder : {"Vault/sub/empty", "Free/sub", "Free/empty", "Stage"})
        directory.add_directory(folder);
      for (const auto& [name, text] : files) directory.add_file(name, text);
      c = machine.mount(u"C:", directory.path().string()).volume;
      ASSERT_NE(c, nullptr);
    } else {
      c = &machine.add_volume(u"C:");
      for (const char16_t* folder : {u"\\Vault\\sub\\empty", u"\\Free\\empty"}) c->make_directory(folder);
      for (const auto& [name, text] : files) c->write_file(volume_path(name), text);
    }
    c->write_file(u"\\Vault\\plan.docx:note", "inside");
  }
  static std::u16string volume_path(std::string_view name) {
    std::u16string path = u"\\";
    const std::u16string wide = std::filesystem::path(name).u16string();
    for (const char16_t unit : wide) path += unit == u'/' ? u'\\' : unit;
    return path;
  }

  void open_handles() {
    everything_on_plan = open(kSecret, GENERIC_READ | GENERIC_WRITE | GENERIC_EXECUTE | DELETE).handle;
    const auto directory_of = [&](const char16_t* path) {
      return open(path, FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE).handle;
    };
    root = directory_of(u"C:\\");
    vault = directory_of(u"C:\\Vault");
    free_directory = directory_of(u"C:\\Free");
    const std::string id = app.query(everything_on_plan, FileInternalInformation, 8).content;
    plan_id.assign(4, u'\0');
    memcpy(plan_id.data(), id.data(), 8);
  }

  // What a protected directory holds: names, bytes, streams, attributes, times and the number of links.
  Picture picture() {
    Picture picture;
    add_directory(picture, u"\\Vault");
    return picture;
  }
  void add_directory(Picture& picture, const std::u16string& path) {
    for (const auto& entry : auditor.list(u"C:" + path).entries) {
      const std::u16string name = path + u"\\" + entry.name;
      picture[name] = told_of(name);
      if ((entry.attributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
        add_directory(picture, name);
      } else {
        for (const char16_t* stream : {u"", u":note"})
          picture[name] += c->read_file(name + stream).value_or("-");
      }
    }
  }
  std::string told_of(const std::u16string& path) {
    const auto opened = auditor.create({.path = u"C:" + path, .access = FILE_READ_ATTRIBUTES | SYNCHRONIZE});
    EXPECT_EQ(opened.status, STATUS_SUCCESS) << narrow(path);
    FILE_BASIC_INFORMATION basic{};
    const std::string bytes = auditor.query(opened.handle, FileBasicInformation, sizeof basic).content;
    memcpy(&basic, bytes.data(), std::min(bytes.size(), sizeof basic));
    basic.LastAccessTime.QuadPart = 0;  // reading is allowed
    std::string told(bytes_of(basic));
    told += auditor.query(opened.handle, FileStreamInformation, 1024).content;
    told += auditor.query(opened.handle, FileStandardInformation, sizeof(FILE_STANDARD_INFORMATION)).content;
    EXPECT_EQ(auditor.close(opened.handle).status, STATUS_SUCCESS);
    return told;
  }

  Picture before_;
};

}  // namespace drmfilter::test

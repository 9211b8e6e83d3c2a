// Goal: no spelling of a name, no option of an open and no use of a handle gets around a policy. Method: each
// attack of the tables runs on a fresh vault, in memory and over a directory of the host; afterwards names,
// bytes, streams, attributes and times of everything protected must be what they were.
#include <cstdlib>

#include "driver/siege.hpp"

namespace drmfilter::test {
namespace {

using fltsim::CreateArguments;
using fltsim::FileHandle;

constexpr const char16_t* kAll = u"C:\\Vault\\*";

// --- ways to name the protected file ---

struct Spelling {
  const char* what;
  std::u16string path;
  FileHandle root = FileHandle::kNone;
  uint32_t options = 0;
  bool case_insensitive = true;
};

std::vector<Spelling> spellings(const Siege& siege) {
  return {
      {"plain", u"C:\\Vault\\plan.docx"},
      {"other case", u"c:\\vAULT\\PLAN.DocX"},
      {"case-sensitive open", u"C:\\VAULT\\plan.docx", {}, 0, false},
      {"other case outside ASCII", u"C:\\VAULT\\GR\u00D6\u00DFE.DOCX"},
      {"\\??", u"\\??\\C:\\Vault\\plan.docx"},
      {"\\DosDevices", u"\\DosDevices\\C:\\Vault\\plan.docx"},
      {"\\GLOBAL??", u"\\GLOBAL??\\C:\\Vault\\plan.docx"},
      {"device", u"\\Device\\HarddiskVolume1\\Vault\\plan.docx"},
      {"device in another case", u"\\DEVICE\\harddiskvolume1\\VAULT\\plan.docx"},
      {"volume GUID", siege.c->guid_name() + u"\\Vault\\plan.docx"},
      {"own drive letter for the directory", u"X:\\plan.docx"},
      {"default stream", u"C:\\Vault\\plan.docx::$DATA"},
      {"default stream in another case", u"C:\\Vault\\plan.docx::$data"},
      {"named stream", u"C:\\Vault\\plan.docx:note"},
      {"named stream with its type", u"C:\\Vault\\plan.docx:NOTE:$Data"},
      {"new stream", u"C:\\Vault\\plan.docx:new"},
      {"new stream of a directory below", u"C:\\Vault\\sub:new"},
      {"directory as its index", u"C:\\Vault\\sub\\empty::$INDEX_ALLOCATION"},
      {"directory below", u"C:\\Vault\\sub\\empty"},
      {"directory below with a backslash", u"C:\\Vault\\sub\\empty\\"},
      {"new name", u"C:\\Vault\\new.docx"},
      {"trailing dot", u"C:\\Vault\\plan.docx."},
      {"trailing space", u"C:\\Vault\\plan.docx "},
      {"trailing backslash", u"C:\\Vault\\plan.docx\\"},
      {"double backslash", u"C:\\Vault\\\\plan.docx"},
      {"dot", u"C:\\Vault\\.\\plan.docx"},
      {"dot dot", u"C:\\Free\\..\\Vault\\plan.docx"},
      {"slash", u"C:\\Vault/plan.docx"},
      {"hard link", u"C:\\Free\\link.docx"},
      {"default stream of a hard link", u"C:\\Free\\LINK.docx::$DATA"},
      {"stream of a hard link", u"C:\\Free\\link.docx:note"},
      {"new stream of a hard link", u"C:\\Free\\link.docx:new"},
      {"relative to its directory", u"plan.docx", siege.vault},
      {"relative to the root", u"Vault\\plan.docx", siege.root},
      {"relative to itself", u"", siege.everything_on_plan},
      {"stream relative to the file", u":note", siege.everything_on_plan},
      {"new stream relative to the file", u":new", siege.everything_on_plan},
      {"hard link relative to its directory", u"link.docx", siege.free_directory},
      {"id under the root", siege.plan_id, siege.root, FILE_OPEN_BY_FILE_ID},
      {"id under another directory", siege.plan_id, siege.free_directory, FILE_OPEN_BY_FILE_ID},
      {"id under itself", siege.plan_id, siege.everything_on_plan, FILE_OPEN_BY_FILE_ID},
  };
}

// --- ways to open it ---

constexpr uint32_t kDispositions[] = {FILE_SUPERSEDE, FILE_OPEN,      FILE_CREATE,
                                      FILE_OPEN_IF,   FILE_OVERWRITE, FILE_OVERWRITE_IF};
constexpr uint32_t kRights[] = {FILE_READ_ATTRIBUTES, FILE_READ_DATA, FILE_WRITE_DATA, FILE_APPEND_DATA,
                                FILE_WRITE_EA,        DELETE,         GENERIC_ALL,     MAXIMUM_ALLOWED};
constexpr uint32_t kOptions[] = {0,
                                 FILE_DELETE_ON_CLOSE,
                                 FILE_DIRECTORY_FILE,
                                 FILE_DELETE_ON_CLOSE | FILE_DIRECTORY_FILE,
                                 FILE_NO_INTERMEDIATE_BUFFERING | FILE_WRITE_THROUGH,
                                 FILE_OPEN_REPARSE_POINT | FILE_OPEN_FOR_BACKUP_INTENT};

// Unusual options go with a few rights only, and under a sanitizer one in seven of all openings will do.
std::vector<CreateArguments> openings(const Spelling& spelling) {
  static const size_t stride = std::getenv("FLTLINK_TEST_SCALE") != nullptr ? 7 : 1;
  std::vector<CreateArguments> openings;
  size_t number = 0;
  for (const uint32_t disposition : kDispositions) {
    for (const uint32_t access : kRights) {
      const bool plain = access != FILE_READ_ATTRIBUTES && access != DELETE && access != GENERIC_ALL;
      for (const uint32_t options : kOptions) {
        if ((plain && options != 0) || number++ % stride != 0) continue;
        openings.push_back({.path = spelling.path,
                            .access = access | SYNCHRONIZE,
                            .disposition = disposition,
                            .options = options | spelling.options | FILE_SYNCHRONOUS_IO_NONALERT,
                            .root = spelling.root,
                            .case_insensitive = spelling.case_insensitive});
      }
    }
  }
  return openings;
}

void open_in_every_way(const Siege& siege, const Spelling& spelling) {
  for (const CreateArguments& opening : openings(spelling)) {
    const auto opened = siege.app.create(opening);
    if (!NT_SUCCESS(opened.status)) continue;
    siege.do_everything_with(opened.handle);
    siege.app.close(opened.handle);
  }
}

// --- other attacks ---

struct Attack {
  const char* what;
  void (*run)(const Siege&);
  ProtectionFlags flags = ProtectionFlags::kStandard;
};

void rename_handle(const Siege& siege, const char16_t* path, const char16_t* target, uint32_t flags = 3) {
  for (const uint32_t which : {FileRenameInformation, FileRenameInformationEx}) {
    const auto opened = siege.open(path, DELETE);
    siege.app.set_name(opened.handle, which, target, flags);
    siege.app.close(opened.handle);
  }
}

const Attack kAttacks[] = {
    {"everything with an old handle", [](const Siege& s) { s.do_everything_with(s.everything_on_plan); }},
    {"old handle, fast I/O",
     [](const Siege& s) {
       s.app.write(s.app.create({.path = Siege::kSecret, .access = MAXIMUM_ALLOWED, .fast_io = true}).handle,
                   "x", 0);
     }},
    {"rename", [](const Siege& s) { rename_handle(s, Siege::kSecret, u"other.docx"); }},
    {"rename to the same name in another case",
     [](const Siege& s) { rename_handle(s, Siege::kSecret, u"PLAN.docx"); }},
    {"rename to its own default stream",
     [](const Siege& s) { rename_handle(s, Siege::kSecret, u"x.docx::$DATA"); }},
    {"move out", [](const Siege& s) { rename_handle(s, Siege::kSecret, u"\\??\\C:\\Free\\plan.docx"); }},
    {"move out by device name",
     [](const Siege& s) { rename_handle(s, Siege::kSecret, u"\\Device\\HarddiskVolume1\\Free\\plan.docx"); }},
    {"move over",
     [](const Siege& s) { rename_handle(s, u"C:\\Free\\evil.docx", u"\\??\\C:\\Vault\\plan.docx"); }},
    {"move over in another case",
     [](const Siege& s) { rename_handle(s, u"C:\\Free\\evil.docx", u"\\??\\c:\\VAULT\\PLAN.DOCX"); }},
    {"move over by an own drive letter",
     [](const Siege& s) { rename_handle(s, u"C:\\Free\\evil.docx", u"\\??\\X:\\plan.docx"); }},
    {"move over by volume GUID",
     [](const Siege& s) {
       rename_handle(s, u"C:\\Free\\evil.docx", (s.c->guid_name() + u"\\Vault\\plan.docx").c_str());
     }},
    {"move over with a stream's name",
     [](const Siege& s) { rename_handle(s, u"C:\\Free\\evil.docx", u"\\??\\C:\\Vault\\plan.docx::$DATA"); }},
    {"move over relative to an old handle",
     [](const Siege& s) {
       for (const uint32_t which : {FileRenameInformation, FileRenameInformationEx, FileLinkInformation}) {
         const auto evil = s.open(u"C:\\Free\\evil.docx", DELETE);
         s.app.set_name(evil.handle, which, u"plan.docx", 1, s.vault);
         s.app.set_name(evil.handle, which, u"new.docx", 1, s.vault);
         s.app.set_name(evil.handle, which, u"sub\\deep.docx", 1, s.vault);
         s.app.close(evil.handle);
       }
     }},
    {"move over relative to the root",
     [](const Siege& s) {
       const auto evil = s.open(u"C:\\Free\\evil.docx", DELETE);
       s.app.set_name(evil.handle, FileRenameInformation, u"Vault\\plan.docx", 1, s.root);
     }},
    {"move a new file in",
     [](const Siege& s) { rename_handle(s, u"C:\\Free\\evil.docx", u"\\??\\C:\\Vault\\new"); }},
    {"link over",
     [](const Siege& s) {
       const auto evil = s.open(u"C:\\Free\\evil.docx", FILE_WRITE_ATTRIBUTES);
       s.app.set_name(evil.handle, FileLinkInformation, u"\\??\\C:\\Vault\\plan.docx", 1);
     }},
    {"link in", [](const Siege& s) { s.app.link(u"C:\\Vault\\new.docx", u"C:\\Free\\evil.docx"); }},
    {"link out and write",
     [](const Siege& s) {
       s.app.link(u"C:\\Free\\second.docx", Siege::kSecret);
       s.app.write(u"C:\\Free\\second.docx", "evil");
     }},
    {"link a link and write",
     [](const Siege& s) {
       s.app.link(u"C:\\Free\\second.docx", u"C:\\Free\\link.docx");
       s.app.write(u"C:\\Free\\second.docx", "evil");
     }},
    {"link out under a policy that only forbids reading",
     [](const Siege& s) {
       s.app.link(u"C:\\Free\\second.docx", Siege::kSecret);
       EXPECT_NE(s.app.read(u"C:\\Free\\second.docx").content, "secret");
     },
     ProtectionFlags::kRead},
    {"move the other link over the free file",
     [](const Siege& s) { rename_handle(s, u"C:\\Free\\link.docx", u"evil.docx"); }},
    {"replace the other link",
     [](const Siege& s) { rename_handle(s, u"C:\\Free\\evil.docx", u"link.docx"); }},
    {"rename the directory", [](const Siege& s) { rename_handle(s, u"C:\\Vault", u"Vault2"); }},
    {"rename the directory as its index",
     [](const Siege& s) { rename_handle(s, u"C:\\Vault::$INDEX_ALLOCATION", u"Vault2"); }},
    {"rename the directory by an own drive letter",
     [](const Siege& s) { rename_handle(s, u"\\??\\X:\\", u"\\??\\C:\\Vault2"); }},
    {"rename the directory in case only", [](const Siege& s) { rename_handle(s, u"C:\\Vault", u"VAULT"); }},
    {"move the directory", [](const Siege& s) { rename_handle(s, u"C:\\Vault", u"\\??\\C:\\Free\\Vault"); }},
    {"move a directory below",
     [](const Siege& s) { rename_handle(s, u"C:\\Vault\\sub", u"\\??\\C:\\Free\\sub2"); }},
    {"move an empty directory below",
     [](const Siege& s) { rename_handle(s, u"C:\\Vault\\sub\\empty", u"\\??\\C:\\Free\\e"); }},
    {"move a directory over an empty one",
     [](const Siege& s) { rename_handle(s, u"C:\\Free\\sub", u"\\??\\C:\\Vault\\sub\\empty"); }},
    {"move a directory in",
     [](const Siege& s) { rename_handle(s, u"C:\\Stage", u"\\??\\C:\\Vault\\Stage"); }},
    {"make a directory", [](const Siege& s) { s.app.mkdir(u"C:\\Vault\\new"); }},
    {"make a directory relative to an old handle",
     [](const Siege& s) { s.open(u"new", FILE_LIST_DIRECTORY, FILE_CREATE, FILE_DIRECTORY_FILE, s.vault); }},
    {"open the directory to be deleted",
     [](const Siege& s) {
       s.open(u"C:\\Vault\\sub\\empty", DELETE, FILE_OPEN, FILE_DELETE_ON_CLOSE | FILE_DIRECTORY_FILE);
     }},
    {"delete the stream", [](const Siege& s) { s.app.remove(u"C:\\Vault\\plan.docx:note"); }},
    {"stream onto the content",
     [](const Siege& s) {
       const auto stream = s.open(u"C:\\Vault\\plan.docx:note", DELETE);
       s.app.set_name(stream.handle, FileRenameInformation, u"::$DATA", 1);
       s.app.set_name(stream.handle, FileRenameInformation, u":other", 1);
     }},
    {"undelete flags",
     [](const Siege& s) {
       const auto opened = s.open(Siege::kSecret, DELETE);
       for (uint32_t flags = 0; flags < 0x40; ++flags)
         s.app.set(opened.handle, FileDispositionInformationEx,
                   bytes_of(FILE_DISPOSITION_INFORMATION_EX{flags}));
     }},
    {"supersede with an allocation",
     [](const Siege& s) {
       s.app.create({.path = Siege::kSecret,
                     .access = SYNCHRONIZE,
                     .disposition = FILE_SUPERSEDE,
                     .allocation_size = 1});
     }},
    {"overwrite while nobody shares",
     [](const Siege& s) {
       s.app.create(
           {.path = Siege::kSecret, .access = SYNCHRONIZE, .disposition = FILE_OVERWRITE, .share = 0});
     }},
};

class BypassTest : public testing::TestWithParam<VolumeKind> {};

TEST_P(BypassTest, NoSpellingOfAnOpenGetsAtAProtectedFile) {
  const size_t count = spellings(Siege(GetParam())).size();
  for (size_t index = 0; index < 2 * count; ++index) {
    Siege siege(GetParam(), index < count ? OldHandles::kOpen : OldHandles::kNone);
    siege.make_drive_letter(u"X:", u"\\Vault");
    const Spelling spelling = spellings(siege)[index % count];
    SCOPED_TRACE(spelling.what);
    siege.protect(kAll, ProtectionFlags::kStandard);
    siege.attack([&] { open_in_every_way(siege, spelling); });
    siege.expect_nothing_changed();
  }
}

TEST_P(BypassTest, NoAttackGetsAtAProtectedFile) {
  for (const OldHandles handles : {OldHandles::kNone, OldHandles::kOpen}) {
    for (const Attack& attack : kAttacks) {
      SCOPED_TRACE(attack.what);
      Siege siege(GetParam(), handles);
      siege.make_drive_letter(u"X:", u"\\Vault");
      siege.protect(kAll, attack.flags);
      siege.attack([&] { attack.run(siege); });
      siege.expect_nothing_changed();
    }
  }
}

// Each pattern covers the file, so each must stop what the first one stops.
TEST_P(BypassTest, EveryPatternThatCoversTheFileProtectsIt) {
  for (const char16_t* pattern :
       {u"C:\\Vault\\plan.docx", u"c:\\vault\\PLAN.DOCX", u"C:\\Vault\\*", u"C:\\Vault\\*.docx",
        u"C:\\Vault\\????.docx", u"C:\\*\\plan.docx", u"C:\\V*\\p*n.d?cx", u"*", u"*\\plan.docx", u"*.docx",
        u"\\??\\C:\\Vault\\plan.docx", u"\\\\?\\C:\\Vault\\*", u"\\Device\\HarddiskVolume1\\Vault\\*",
        u"\\device\\HARDDISKVOLUME1\\vault\\plan.docx", u"C:\\Vault\\<.docx", u"C:\\Vault\\plan\"docx",
        u"C:\\Vault\\", u"\\DosDevices\\C:\\Vault\\*", u"\\GLOBAL??\\C:\\Vault\\*"}) {
    SCOPED_TRACE(Siege::narrow(pattern));
    Siege siege(GetParam(), OldHandles::kNone);
    const FileHandle old = siege.open(Siege::kSecret, GENERIC_WRITE | DELETE).handle;
    siege.protect(pattern, ProtectionFlags::kStandard);
    siege.attack([&] {
      siege.do_everything_with(old);
      siege.app.close(old);
      for (const char16_t* path : {Siege::kSecret, u"C:\\Free\\link.docx", u"C:\\Vault\\plan.docx:note"})
        open_in_every_way(siege, {"", path});
      rename_handle(siege, u"C:\\Free\\evil.docx", u"\\??\\C:\\Vault\\plan.docx");
      rename_handle(siege, u"C:\\Vault", u"Vault2");
    });
    EXPECT_EQ(siege.c->read_file(u"\\Vault\\plan.docx"), "secret");
    EXPECT_EQ(siege.c->read_file(u"\\Vault\\plan.docx:note"), "inside");
  }
}

TEST_P(BypassTest, ContentThatMayNotBeReadIsReadByNoName) {
  const size_t count = spellings(Siege(GetParam())).size();
  Siege siege(GetParam());
  siege.make_drive_letter(u"X:", u"\\Vault");
  siege.protect(kAll, ProtectionFlags::kRead);
  siege.attack([&] {
    for (size_t index = 0; index < count; ++index) {
      const Spelling spelling = spellings(siege)[index];
      SCOPED_TRACE(spelling.what);
      for (const uint32_t access :
           {GENERIC_READ, GENERIC_EXECUTE, MAXIMUM_ALLOWED, GENERIC_ALL, FILE_READ_EA}) {
        const auto opened = siege.app.create({.path = spelling.path,
                                              .access = access | SYNCHRONIZE,
                                              .options = spelling.options | FILE_SYNCHRONOUS_IO_NONALERT,
                                              .root = spelling.root,
                                              .fast_io = true});
        EXPECT_EQ(siege.app.read(opened.handle, 6, 0).content, "");
        EXPECT_FALSE(NT_SUCCESS(siege.app.map(opened.handle, false).status));
        siege.app.close(opened.handle);
      }
    }
    EXPECT_EQ(siege.app.read(siege.everything_on_plan, 6, 0).content, "");
  });
}

INSTANTIATE_TEST_SUITE_P(Volumes, BypassTest, testing::Values(VolumeKind::kMemory, VolumeKind::kHost),
                         testing::PrintToStringParamName());

}  // namespace
}  // namespace drmfilter::test

// File names for filters (NAME-1 to NAME-11).
#include <atomic>
#include <cstring>
#include <map>
#include <utility>

#include "fltmgr/filter_test.hpp"
#include "nt/poison.hpp"
#include "support/scale.hpp"

namespace fltsim::fltmgr {
namespace {

using fltlink::test::scaled;

using testing::ElementsAre;
using testing::HasSubstr;

constexpr FLT_FILE_NAME_OPTIONS kNormalized = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT;
constexpr FLT_FILE_NAME_OPTIONS kOpened = FLT_FILE_NAME_OPENED | FLT_FILE_NAME_QUERY_DEFAULT;

std::u16string text(const UNICODE_STRING& string) {
  return {string.Buffer, string.Buffer + string.Length / sizeof(WCHAR)};
}

struct Name {
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  std::u16string text = {};
};

class NameTest : public FilterTest {
 protected:
  static Name name_of(PFLT_CALLBACK_DATA data, FLT_FILE_NAME_OPTIONS options) {
    PFLT_FILE_NAME_INFORMATION information = nullptr;
    Name name{FltGetFileNameInformation(data, options, &information)};
    if (!NT_SUCCESS(name.status)) {
      EXPECT_EQ(information, nullptr);
      return name;
    }
    name.text = fltmgr::text(information->Name);
    FltReleaseFileNameInformation(information);
    return name;
  }

  static PFLT_FILE_NAME_INFORMATION get(PFLT_CALLBACK_DATA data, FLT_FILE_NAME_OPTIONS options) {
    PFLT_FILE_NAME_INFORMATION information = nullptr;
    EXPECT_EQ(FltGetFileNameInformation(data, options, &information), STATUS_SUCCESS);
    return information;
  }

  // Calls `see` in the pre and then in the post callback of every `major`.
  LambdaDriver seeing(UCHAR major, std::function<void(PFLT_CALLBACK_DATA, bool post)> see) {
    LambdaDriver driver = noting();
    std::erase_if(driver.operations, [&](const auto& operation) { return operation.major == major; });
    driver.operations.push_back({.major = major,
                                 .pre =
                                     [see](PFLT_CALLBACK_DATA data, auto, auto) {
                                       see(data, false);
                                       return FLT_PREOP_SUCCESS_WITH_CALLBACK;
                                     },
                                 .post =
                                     [see](PFLT_CALLBACK_DATA data, auto, auto, auto) {
                                       see(data, true);
                                       return FLT_POSTOP_FINISHED_PROCESSING;
                                     }});
    return driver;
  }
  // Asks for one name in the pre (false) and the post callback of the last `major`.
  std::map<bool, Name>& asking(UCHAR major, FLT_FILE_NAME_OPTIONS options) {
    load(seeing(major, [this, options](PFLT_CALLBACK_DATA data, bool post) {
      names[post] = name_of(data, options);
    }));
    return names;
  }

  std::map<bool, Name> names;
};

constexpr std::uint32_t kReadAndDelete = FILE_GENERIC_READ | DELETE;
const std::u16string kVolume = u"\\Device\\HarddiskVolume1";

// --- options ---

TEST_F(NameTest, OptionsNeedOneKnownFormatAndOneKnownMethod) {  // NAME-1
  std::vector<NTSTATUS> statuses;
  load(seeing(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    for (FLT_FILE_NAME_OPTIONS options : {0x000u, 0x001u, 0x100u, 0x104u, 0x501u, 0x101u})
      statuses.push_back(name_of(data, options).status);
  }));
  app.write(u"C:\\plan.txt", "new");
  EXPECT_THAT(statuses,
              ElementsAre(STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER,
                          STATUS_INVALID_PARAMETER, STATUS_INVALID_PARAMETER, STATUS_SUCCESS));
}

TEST_F(NameTest, ShortNameIsNotAvailableInPreCreate) {  // NAME-4
  asking(IRP_MJ_CREATE, FLT_FILE_NAME_SHORT | FLT_FILE_NAME_QUERY_DEFAULT);
  app.read(u"C:\\plan.txt");
  EXPECT_EQ(names[false].status, STATUS_FLT_INVALID_NAME_REQUEST);
}

// --- create ---

TEST_F(NameTest, OpenedNameIsAsAskedForAndNormalizedAsOnDisk) {  // NAME-10
  disk.write_file(u"\\Docs\\Report.txt", "");
  std::vector<std::u16string> seen;
  load(seeing(IRP_MJ_CREATE, [&](PFLT_CALLBACK_DATA data, bool) {
    seen.push_back(name_of(data, kOpened).text);
    seen.push_back(name_of(data, kNormalized).text);
  }));
  seen.clear();
  open(u"C:\\dOCS\\rePORT.txt");
  const std::u16string opened_name = kVolume + u"\\dOCS\\rePORT.txt";
  const std::u16string normalized = kVolume + u"\\Docs\\Report.txt";
  EXPECT_THAT(seen, ElementsAre(opened_name, normalized, opened_name, normalized));
}

TEST_F(NameTest, PreCreateKnowsANameWhoseLastPartIsMissing) {  // NAME-5
  disk.make_directory(u"\\Docs");
  asking(IRP_MJ_CREATE, kNormalized);
  app.read(u"C:\\DOCS\\new.txt");
  EXPECT_EQ(names[false].text, kVolume + u"\\Docs\\new.txt");
  app.read(u"C:\\nowhere\\new.txt");
  EXPECT_FALSE(NT_SUCCESS(names[false].status));
}

TEST_F(NameTest, PreCreateKnowsAnOpenedNameThatDoesNotExist) {  // NAME-5
  asking(IRP_MJ_CREATE, kOpened);
  app.read(u"C:\\nowhere\\new.txt");
  EXPECT_EQ(names[false].text, kVolume + u"\\nowhere\\new.txt");
}

TEST_F(NameTest, OpenOfATargetDirectoryHasTheParentsName) {  // NAME-5
  disk.make_directory(u"\\Docs");
  std::vector<std::u16string> seen;
  load(seeing(IRP_MJ_CREATE, [&](PFLT_CALLBACK_DATA data, bool) {
    if ((data->Iopb->OperationFlags & SL_OPEN_TARGET_DIRECTORY) == 0) return;
    seen.push_back(name_of(data, kNormalized).text);
    seen.push_back(name_of(data, kOpened).text);
  }));
  EXPECT_EQ(app.move(u"C:\\plan.txt", u"C:\\Docs\\moved.txt").status, STATUS_SUCCESS);
  const std::u16string parent = kVolume + u"\\Docs";
  EXPECT_THAT(seen, ElementsAre(parent, parent, parent, parent));
}

TEST_F(NameTest, RelativeOpenHasTheFullName) {  // NAME-10
  disk.write_file(u"\\Docs\\a.txt", "");
  asking(IRP_MJ_CREATE, kNormalized);
  const CreateResult root = app.create({.path = u"C:\\Docs", .options = 0x21});
  EXPECT_EQ(app.create({.path = u"A.txt", .root = root.handle}).status, STATUS_SUCCESS);
  EXPECT_EQ(names[false].text, kVolume + u"\\Docs\\a.txt");
  EXPECT_EQ(names[true].text, kVolume + u"\\Docs\\a.txt");
}

TEST_F(NameTest, OpenById) {  // NAME-5
  disk.write_file(u"\\Docs\\a.txt", "");
  asking(IRP_MJ_CREATE, kNormalized);
  const FileHandle known = open(u"C:\\Docs\\a.txt");
  constexpr std::uint32_t kFileInternalInformation = 6;
  const std::string id = app.query(known, kFileInternalInformation, 8).content;
  ASSERT_EQ(id.size(), 8u);
  std::u16string path(4, u'\0');
  std::memcpy(path.data(), id.data(), id.size());
  const CreateResult root = app.create({.path = u"C:\\", .options = 0x21});
  names.clear();
  EXPECT_EQ(app.create({.path = path, .options = FILE_OPEN_BY_FILE_ID | 0x20, .root = root.handle}).status,
            STATUS_SUCCESS);
  EXPECT_EQ(names[false].text, kVolume + u"\\Docs\\a.txt");
  EXPECT_EQ(names[true].text, kVolume + u"\\Docs\\a.txt");
}

TEST_F(NameTest, NormalizedNameKeepsAStreamAndDropsTheDefaultOne) {  // NAME-10
  asking(IRP_MJ_CREATE, kNormalized);
  app.write(u"C:\\plan.txt:notes", "x");
  EXPECT_EQ(names[true].text, kVolume + u"\\plan.txt:notes");
  app.read(u"C:\\plan.txt::$DATA");
  EXPECT_EQ(names[false].text, kVolume + u"\\plan.txt");
  EXPECT_EQ(names[true].text, kVolume + u"\\plan.txt");
  app.read(u"C:\\plan.txt:notes:$DATA");
  EXPECT_EQ(names[false].text, kVolume + u"\\plan.txt:notes");
}

// --- the cache, and places where the file system must not be asked ---

TEST_F(NameTest, CacheOnlyMissesUntilSomebodyHasAsked) {  // NAME-3
  std::vector<NTSTATUS> statuses;
  load(seeing(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    const auto cache_only = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_CACHE_ONLY;
    statuses.push_back(name_of(data, cache_only).status);
    statuses.push_back(name_of(data, kNormalized).status);
    statuses.push_back(name_of(data, cache_only).status);
  }));
  app.write(u"C:\\plan.txt", "new");
  EXPECT_THAT(statuses, ElementsAre(STATUS_FLT_NAME_CACHE_MISS, STATUS_SUCCESS, STATUS_SUCCESS));
}

TEST_F(NameTest, AfterCleanupOnlyTheCacheMayBeAsked) {  // NAME-2, NAME-3
  const auto look_up = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_ALWAYS_ALLOW_CACHE_LOOKUP;
  std::vector<NTSTATUS> statuses;
  LambdaDriver driver = seeing(IRP_MJ_CLOSE, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    statuses.push_back(name_of(data, kNormalized).status);
    statuses.push_back(name_of(data, look_up).status);
  });
  load(std::move(driver));
  statuses.clear();
  app.read(u"C:\\plan.txt");
  EXPECT_THAT(statuses, ElementsAre(STATUS_FLT_INVALID_NAME_REQUEST, STATUS_FLT_NAME_CACHE_MISS));
}

TEST_F(NameTest, CachedNameIsThereAfterCleanup) {  // NAME-3
  const auto look_up = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_ALWAYS_ALLOW_CACHE_LOOKUP;
  LambdaDriver driver =
      seeing(IRP_MJ_CLOSE, [&](PFLT_CALLBACK_DATA data, bool post) { names[post] = name_of(data, look_up); });
  driver.operations.push_back({.major = IRP_MJ_READ, .pre = [](PFLT_CALLBACK_DATA data, auto, auto) {
                                 name_of(data, kNormalized);
                                 return FLT_PREOP_SUCCESS_NO_CALLBACK;
                               }});
  load(std::move(driver));
  app.read(u"C:\\plan.txt");
  EXPECT_EQ(names[false].text, kVolume + u"\\plan.txt");
  EXPECT_EQ(names[true].text, kVolume + u"\\plan.txt");
}

TEST_F(NameTest, CleanupIsSafeBeforeAndUnsafeAfter) {  // NAME-2
  asking(IRP_MJ_CLEANUP, kNormalized);
  app.read(u"C:\\plan.txt");
  EXPECT_EQ(names[false].status, STATUS_SUCCESS);
  EXPECT_EQ(names[true].status, STATUS_FLT_INVALID_NAME_REQUEST);
}

TEST_F(NameTest, TopLevelIrpAndDisabledApcsAreUnsafe) {  // NAME-2
  std::vector<NTSTATUS> statuses;
  load(seeing(IRP_MJ_WRITE, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    KeEnterGuardedRegion();
    statuses.push_back(name_of(data, kNormalized).status);
    KeLeaveGuardedRegion();
    IoSetTopLevelIrp(reinterpret_cast<PIRP>(1));
    statuses.push_back(name_of(data, kNormalized).status);
    IoSetTopLevelIrp(nullptr);
    KeEnterCriticalRegion();  // special kernel APCs still run
    statuses.push_back(name_of(data, kNormalized).status);
    KeLeaveCriticalRegion();
  }));
  app.write(u"C:\\plan.txt", "new");
  EXPECT_THAT(statuses,
              ElementsAre(STATUS_FLT_INVALID_NAME_REQUEST, STATUS_FLT_INVALID_NAME_REQUEST, STATUS_SUCCESS));
}

TEST_F(NameTest, DisabledApcsAreUnsafeWhereThePlaceIsSafe) {  // NAME-2
  Name name;
  load(seeing(IRP_MJ_CLEANUP, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    KeEnterGuardedRegion();
    name = name_of(data, kNormalized);
    KeLeaveGuardedRegion();
  }));
  app.read(u"C:\\plan.txt");
  EXPECT_EQ(name.status, STATUS_FLT_INVALID_NAME_REQUEST);
}

TEST_F(NameTest, RenameMakesNamesStaleBeforeItsPostCallback) {  // NAME-6
  disk.write_file(u"\\Docs\\a.txt", "");
  std::vector<std::u16string> seen;
  load(seeing(IRP_MJ_SET_INFORMATION, [&](PFLT_CALLBACK_DATA data, bool) {
    seen.push_back(name_of(data, kNormalized).text);
    seen.push_back(name_of(data, kOpened).text);
  }));
  EXPECT_EQ(app.rename(u"C:\\Docs\\a.txt", u"b.txt").status, STATUS_SUCCESS);
  const std::u16string before = kVolume + u"\\Docs\\a.txt";
  const std::u16string after = kVolume + u"\\Docs\\b.txt";
  EXPECT_THAT(seen, ElementsAre(before, before, after, after));
}

TEST_F(NameTest, RefusedRenameLeavesNamesAlone) {
  disk.write_file(u"\\Docs\\a.txt", "");
  disk.write_file(u"\\Docs\\b.txt", "");
  const auto cache_only = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_CACHE_ONLY;
  load(seeing(IRP_MJ_SET_INFORMATION, [&](PFLT_CALLBACK_DATA data, bool post) {
    names[post] = name_of(data, post ? cache_only : kNormalized);
  }));
  EXPECT_EQ(app.rename(u"C:\\Docs\\a.txt", u"b.txt").status, STATUS_OBJECT_NAME_COLLISION);
  EXPECT_EQ(names[true].text, kVolume + u"\\Docs\\a.txt");
}

TEST_F(NameTest, RenamedFileHasAnotherStructureAndOtherFilesKeepTheirs) {  // NAME-7
  disk.write_file(u"\\Docs\\a.txt", "");
  std::vector<PFLT_FILE_NAME_INFORMATION> held;
  load(seeing(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (!post) held.push_back(get(data, kNormalized));
  }));
  const FileHandle renamed = app.create({.path = u"C:\\Docs\\a.txt", .access = kReadAndDelete}).handle;
  const FileHandle other = open();
  const auto read_both = [&] {
    app.read(renamed, 1);
    app.read(other, 1);
  };
  read_both();
  constexpr std::uint32_t kRename = 10;
  ASSERT_EQ(app.set_name(renamed, kRename, u"b.txt", 0).status, STATUS_SUCCESS);
  read_both();
  ASSERT_EQ(held.size(), 4u);
  EXPECT_EQ(held[3], held[1]);
  EXPECT_NE(held[2], held[0]);
  EXPECT_EQ(text(held[0]->Name), kVolume + u"\\Docs\\a.txt") << "as it was";
  EXPECT_EQ(text(held[2]->Name), kVolume + u"\\Docs\\b.txt");
  kernel([&] {
    for (PFLT_FILE_NAME_INFORMATION each : held) FltReleaseFileNameInformation(each);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(NameTest, RenamedDirectoryMakesAllNamesOfTheVolumeStale) {  // NAME-3
  disk.write_file(u"\\Docs\\a.txt", "");
  std::vector<NTSTATUS> statuses;
  FLT_FILE_NAME_OPTIONS options = kNormalized;
  load(seeing(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (!post) statuses.push_back(name_of(data, options).status);
  }));
  const FileHandle handle = open();
  app.read(handle, 1);
  options = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_CACHE_ONLY;
  app.read(handle, 1);
  ASSERT_EQ(app.rename(u"C:\\Docs", u"Papers").status, STATUS_SUCCESS);
  app.read(handle, 1);
  EXPECT_THAT(statuses, ElementsAre(STATUS_SUCCESS, STATUS_SUCCESS, STATUS_FLT_NAME_CACHE_MISS));
}

TEST_F(NameTest, NameOfAnOpenFileThatIsReplacedIsStale) {  // NAME-3
  disk.write_file(u"\\new.txt", "");
  std::vector<NTSTATUS> statuses;
  load(seeing(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (!post) statuses.push_back(name_of(data, kNormalized).status);
  }));
  const FileHandle replaced = open();
  app.read(replaced, 1);
  const FileHandle source = app.create({.path = u"C:\\new.txt", .access = kReadAndDelete}).handle;
  constexpr std::uint32_t kRenameEx = 65;
  ASSERT_EQ(app.set_name(source, kRenameEx, u"plan.txt",
                         FILE_RENAME_REPLACE_IF_EXISTS | FILE_RENAME_POSIX_SEMANTICS)
                .status,
            STATUS_SUCCESS);
  app.read(replaced, 1);
  EXPECT_THAT(statuses, ElementsAre(STATUS_SUCCESS, STATUS_FILE_DELETED));
}

TEST_F(NameTest, NameAskedForBeforeTheCreateDoesNotOutliveARename) {  // NAME-6
  disk.write_file(u"\\PLAN.bak", "");
  std::vector<std::u16string> seen;
  bool first = true;
  load(seeing(IRP_MJ_CREATE, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (data->Iopb->TargetFileObject->FileName.Length != sizeof u"\\plan.bak" - sizeof(WCHAR)) return;
    seen.push_back(name_of(data, kNormalized).text);
    // Who comes first finds the file gone when he goes on, and another one of that name in its place.
    if (post || !std::exchange(first, false)) return;
    app.rename(u"C:\\PLAN.bak", u"away.txt");
    app.rename(u"C:\\plan.txt", u"Plan.bak");
  }));
  seen.clear();
  first = true;
  open(u"C:\\plan.bak");
  ASSERT_GE(seen.size(), 2u);
  EXPECT_EQ(seen.front(), kVolume + u"\\PLAN.bak");
  EXPECT_EQ(seen.back(), kVolume + u"\\Plan.bak");
}

// --- one structure for all ---

TEST_F(NameTest, AllWhoAskForTheNameOfAFileObjectShareTheStructure) {  // NAME-7
  std::vector<PFLT_FILE_NAME_INFORMATION> held;
  const auto ask = [&](PFLT_CALLBACK_DATA data, bool post) {
    if (!post) held.push_back(get(data, kOpened));
  };
  load(seeing(IRP_MJ_READ, ask), {.name = u"first"});
  load(seeing(IRP_MJ_READ, ask), {.name = u"second", .altitude = u"100000"});
  const FileHandle handle = open();
  app.read(handle, 1);
  app.read(handle, 1);
  ASSERT_EQ(held.size(), 4u);
  EXPECT_THAT(held, testing::Each(held.front()));
  kernel([&] {
    for (int i = 0; i < 3; ++i) FltReleaseFileNameInformation(held.front());
    EXPECT_EQ(text(held.front()->Name), kVolume + u"\\plan.txt") << "one reference is left";
    FltReleaseFileNameInformation(held.front());
  });
  app.close(handle);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(NameTest, FileSystemIsAskedAgainAndTheStructureStaysWhileTheNameDoes) {  // NAME-7
  std::vector<PFLT_FILE_NAME_INFORMATION> held;
  load(seeing(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (!post) held.push_back(get(data, FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_FILESYSTEM_ONLY));
  }));
  const FileHandle handle = open();
  app.read(handle, 1);
  app.read(handle, 1);
  ASSERT_EQ(held.size(), 2u);
  EXPECT_EQ(held[0], held[1]);
  kernel([&] {
    for (PFLT_FILE_NAME_INFORMATION each : held) FltReleaseFileNameInformation(each);
  });
}

TEST_F(NameTest, StructureOutlivesItsFileObjectWhileADriverHoldsIt) {  // NAME-7
  PFLT_FILE_NAME_INFORMATION held = nullptr;
  load(seeing(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (!post) held = get(data, kOpened);
  }));
  const FileHandle handle = open();
  app.read(handle, 1);
  app.close(handle);
  kernel([&] {
    EXPECT_EQ(FltParseFileNameInformation(held), STATUS_SUCCESS);
    EXPECT_EQ(text(held->Extension), u"txt");
    FltReleaseFileNameInformation(held);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

// A driver that forgets to parse in one place is not saved by another place where it did.
TEST_F(NameTest, PartsAreEmptyAgainWhenNobodyHoldsTheName) {  // NAME-9
  std::vector<std::u16string> parents;
  load(seeing(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, bool post) {
    PFLT_FILE_NAME_INFORMATION name = get(data, kOpened);
    if (!post) {
      EXPECT_EQ(FltParseFileNameInformation(name), STATUS_SUCCESS);
    }
    parents.push_back(text(name->ParentDir));
    FltReleaseFileNameInformation(name);
  }));
  app.read(open(), 1);
  EXPECT_THAT(parents, ElementsAre(u"\\", u""));
}

#if defined(__SANITIZE_ADDRESS__) || (defined(__has_feature) && __has_feature(address_sanitizer))
TEST_F(NameTest, ReleasedNameMustNotBeReadThoughItIsCached) {  // NAME-7, BAD-22
  bool poisoned = false;
  load(seeing(IRP_MJ_READ, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    PFLT_FILE_NAME_INFORMATION name = get(data, kOpened);
    const WCHAR* buffer = name->Name.Buffer;
    FltReleaseFileNameInformation(name);
    poisoned = __asan_address_is_poisoned(&name->Name) != 0 && __asan_address_is_poisoned(buffer) != 0;
  }));
  app.read(open(), 1);
  EXPECT_TRUE(poisoned);
}
#endif

// --- parsing ---

TEST_F(NameTest, PartsOfANameAreThereAfterParsing) {  // NAME-8, NAME-9
  disk.make_directory(u"\\Docume~1\\U\\My Documents");
  std::vector<std::u16string> before;
  std::vector<std::u16string> after;
  USHORT parsed = 0;
  load(seeing(IRP_MJ_CREATE, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    ASSERT_EQ(FltGetFileNameInformation(data, kOpened, &name), STATUS_SUCCESS);
    before = {text(name->ParentDir), text(name->FinalComponent), text(name->Extension)};
    EXPECT_EQ(FltParseFileNameInformation(name), STATUS_SUCCESS);
    after = {text(name->Volume),         text(name->Share),  text(name->ParentDir),
             text(name->FinalComponent), text(name->Stream), text(name->Extension)};
    parsed = name->NamesParsed;
    FltReleaseFileNameInformation(name);
  }));
  app.read(u"C:\\Docume~1\\U\\My Documents\\TestRe~1.txt:stream1:$DATA");
  EXPECT_THAT(before, ElementsAre(u"", u"", u""));
  EXPECT_THAT(after, ElementsAre(u"\\Device\\HarddiskVolume1", u"", u"\\Docume~1\\U\\My Documents\\",
                                 u"TestRe~1.txt:stream1:$DATA", u":stream1:$DATA", u"txt"));
  EXPECT_EQ(parsed, 15u);
}

TEST_F(NameTest, NameWithoutPathOrExtensionParsesToEmptyParts) {  // NAME-8
  kernel([] {
    Counted name(u"README");
    UNICODE_STRING extension{};
    UNICODE_STRING stream{};
    UNICODE_STRING final{};
    EXPECT_EQ(FltParseFileName(&name, &extension, &stream, &final), STATUS_SUCCESS);
    EXPECT_EQ(text(extension), u"");
    EXPECT_EQ(text(stream), u"");
    EXPECT_EQ(text(final), u"README");
  });
}

// --- files and destinations ---

TEST_F(NameTest, UnsafeRoutineNamesAnOpenFileOnly) {  // NAME-11
  LambdaDriver driver = noting();
  NTSTATUS before_open = STATUS_SUCCESS;
  driver.operations[0].pre = [&](auto, PCFLT_RELATED_OBJECTS objects, auto) {
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    before_open = FltGetFileNameInformationUnsafe(objects->FileObject, objects->Instance, kNormalized, &name);
    return FLT_PREOP_SUCCESS_WITH_CALLBACK;
  };
  load(std::move(driver));
  open();
  EXPECT_EQ(before_open, STATUS_FLT_INVALID_NAME_REQUEST);
  kernel([&] {
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    ASSERT_EQ(FltGetFileNameInformationUnsafe(opened, instance, kNormalized, &name), STATUS_SUCCESS);
    EXPECT_EQ(text(name->Name), kVolume + u"\\plan.txt");
    FltReleaseFileNameInformation(name);
  });
}

class DestinationTest : public NameTest {
 protected:
  Name destination(std::u16string target, HANDLE root = nullptr,
                   FLT_FILE_NAME_OPTIONS options = kNormalized) {
    PFLT_FILE_NAME_INFORMATION information = nullptr;
    Name name{FltGetDestinationFileNameInformation(
        instance, opened, root, reinterpret_cast<PWSTR>(target.data()),
        static_cast<ULONG>(target.size() * sizeof(WCHAR)), options, &information)};
    if (!NT_SUCCESS(name.status)) return name;
    name.text = fltmgr::text(information->Name);
    FltReleaseFileNameInformation(information);
    return name;
  }
};

TEST_F(DestinationTest, BareNameStaysInTheDirectory) {  // NAME-11
  disk.write_file(u"\\Docs\\a.txt", "");
  load(noting());
  open(u"C:\\Docs\\a.txt");
  kernel([&] {
    EXPECT_EQ(destination(u"b.txt").text, kVolume + u"\\Docs\\b.txt");
    EXPECT_EQ(destination(u":stream").text, kVolume + u"\\Docs\\a.txt:stream");
  });
}

TEST_F(DestinationTest, FullNameLeadsAnywhereOnTheVolume) {  // NAME-11
  disk.make_directory(u"\\Papers");
  load(noting());
  open();
  kernel([&] { EXPECT_EQ(destination(u"\\??\\c:\\PAPERS\\b.txt").text, kVolume + u"\\Papers\\b.txt"); });
}

TEST_F(DestinationTest, OtherVolumeIsNotResolved) {  // NAME-11
  load(noting());
  machine.add_volume(u"D:");
  open();
  kernel([&] {
    EXPECT_EQ(destination(u"\\??\\D:\\b.txt").status, STATUS_MOUNT_POINT_NOT_RESOLVED);
    EXPECT_EQ(destination(u"\\??\\X:\\b.txt").status, STATUS_OBJECT_PATH_NOT_FOUND);
    EXPECT_EQ(destination(u"b.txt", nullptr, FLT_FILE_NAME_SHORT | FLT_FILE_NAME_QUERY_DEFAULT).status,
              STATUS_FLT_INVALID_NAME_REQUEST);
  });
}

TEST_F(DestinationTest, RenameShowsWhereItLeads) {
  disk.make_directory(u"\\Papers");
  Name target;
  load(seeing(IRP_MJ_SET_INFORMATION, [&](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    auto& set = data->Iopb->Parameters.SetFileInformation;
    auto* rename = static_cast<FILE_RENAME_INFORMATION*>(set.InfoBuffer);
    opened = data->Iopb->TargetFileObject;
    target = destination({rename->FileName, rename->FileName + rename->FileNameLength / sizeof(WCHAR)},
                         rename->RootDirectory);
  }));
  EXPECT_EQ(app.move(u"C:\\plan.txt", u"C:\\papers\\new.txt").status, STATUS_SUCCESS);
  EXPECT_EQ(target.text, kVolume + u"\\Papers\\new.txt");
}

// --- mistakes ---

TEST_F(NameTest, TunnelledNameIsForPostCreateOnly) {  // NAME-6, VER-19
  load(seeing(IRP_MJ_CREATE, [&](PFLT_CALLBACK_DATA data, bool) {
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    PFLT_FILE_NAME_INFORMATION tunnelled = nullptr;
    ASSERT_EQ(FltGetFileNameInformation(data, kNormalized, &name), STATUS_SUCCESS);
    const bool post = (data->Flags & FLTFL_CALLBACK_DATA_POST_OPERATION) != 0;
    EXPECT_EQ(FltGetTunneledName(data, name, &tunnelled), post ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
    EXPECT_EQ(tunnelled, nullptr);
    FltReleaseFileNameInformation(name);
  }));
  app.read(u"C:\\plan.txt");
  EXPECT_THAT(finding("VER-19"), HasSubstr("FltGetTunneledName"));
}

TEST_F(NameTest, NameThatIsNotReleasedIsReported) {  // NAME-7, VER-18, BAD-22
  LambdaDriver driver = seeing(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, bool post) {
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    if (post) return;
    EXPECT_EQ(FltGetFileNameInformation(data, kOpened, &name), STATUS_SUCCESS);
  });
  Driver loaded = load(std::move(driver));
  app.write(u"C:\\plan.txt", "new");
  EXPECT_EQ(loaded.unload(), STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-18"), HasSubstr("never released"));
  EXPECT_THAT(machine.verifier().findings().back().object, HasSubstr("plan.txt"));
}

TEST_F(NameTest, NameThatAnotherFilterReleasesIsNoLeak) {  // NAME-7
  PFLT_FILE_NAME_INFORMATION handed_on = nullptr;
  Driver first = load(seeing(IRP_MJ_READ,
                             [&](PFLT_CALLBACK_DATA data, bool post) {
                               if (!post) handed_on = get(data, kOpened);
                             }),
                      {.name = u"first"});
  Driver second = load(seeing(IRP_MJ_READ,
                              [&](PFLT_CALLBACK_DATA, bool post) {
                                if (!post) FltReleaseFileNameInformation(handed_on);
                              }),
                       {.name = u"second", .altitude = u"100000"});
  app.read(u"C:\\plan.txt");
  EXPECT_EQ(first.unload(), STATUS_SUCCESS);
  EXPECT_EQ(second.unload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(NameTest, EachReferenceThatIsLeftIsALeakOfItsFilterAlone) {  // NAME-7, VER-18
  const auto leak = [](PFLT_CALLBACK_DATA data, bool post) {
    if (!post) get(data, kOpened);
  };
  Driver first = load(seeing(IRP_MJ_READ, leak), {.name = u"first"});
  Driver second = load(seeing(IRP_MJ_READ, leak), {.name = u"second", .altitude = u"100000"});
  const FileHandle handle = open();
  app.read(handle, 1);
  app.read(handle, 1);
  machine.verifier().expect("VER-18");
  EXPECT_EQ(first.unload(), STATUS_SUCCESS);
  EXPECT_EQ(machine.verifier().count("VER-18"), 2u);
  EXPECT_EQ(second.unload(), STATUS_SUCCESS);
  EXPECT_EQ(machine.verifier().count("VER-18"), 4u);
  EXPECT_EQ(machine.verifier().findings().size(), 2u) << "one for each driver";
}

TEST_F(NameTest, ReleaseOnceTooOftenStopsTheMachine) {  // NAME-7, VER-18
  load(seeing(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, bool) {
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    ASSERT_EQ(FltGetFileNameInformation(data, kOpened, &name), STATUS_SUCCESS);
    FltReferenceFileNameInformation(name);
    FltReleaseFileNameInformation(name);
    FltReleaseFileNameInformation(name);
    FltReleaseFileNameInformation(name);
  }));
  app.write(u"C:\\plan.txt", "new");
  EXPECT_TRUE(machine.stopped());
  EXPECT_THAT(finding("VER-18"), HasSubstr("0xF5/0x68"));
}

TEST_F(NameTest, NameAtDispatchLevelIsReported) {  // NAME-2, VER-23
  load(seeing(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, bool post) {
    if (post) return;
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    EXPECT_EQ(FltGetFileNameInformation(data, kOpened, &name), STATUS_FLT_INVALID_NAME_REQUEST);
    KeLowerIrql(before);
  }));
  app.write(u"C:\\plan.txt", "new");
  EXPECT_THAT(finding("VER-23"), HasSubstr("FltGetFileNameInformation"));
}

// --- many at once ---

class SharedNameTest : public testing::TestWithParam<SchedulerKind> {
 protected:
  static Options options() {
    Options options;
    options.scheduler = GetParam();
    options.trace = false;
    return options;
  }
  Machine machine{options()};
};

// Two filters ask in two threads for the names of the same file objects, while the files are renamed and closed.
TEST_P(SharedNameTest, NameIsAlwaysOneThatItsFileHasHad) {  // NAME-7
  machine.add_volume(u"C:").write_file(u"\\Docs\\still.txt", "text");
  std::atomic<int> wrong{0};
  const auto ask = [&](PFLT_CALLBACK_DATA data, auto, auto) {
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    const NTSTATUS status = FltGetFileNameInformation(data, kNormalized, &name);
    if (!NT_SUCCESS(status)) {
      ++wrong;
      return FLT_PREOP_SUCCESS_NO_CALLBACK;
    }
    FltParseFileNameInformation(name);
    const std::u16string last = text(name->FinalComponent);
    if (last != u"still.txt" && last != u"a.txt" && last != u"b.txt") ++wrong;
    FltReleaseFileNameInformation(name);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  };
  Driver first = machine.load_driver(on(IRP_MJ_READ, ask), {.name = u"first"});
  Driver second = machine.load_driver(on(IRP_MJ_READ, ask), {.name = u"second", .altitude = u"100000"});
  Process app = machine.start_process(kApp);
  app.write(u"C:\\Docs\\a.txt", "text");
  const FileHandle still = app.create({.path = u"C:\\Docs\\still.txt"}).handle;
  const FileHandle moving = app.create({.path = u"C:\\Docs\\a.txt", .access = kReadAndDelete}).handle;
  std::vector<ThreadHandle> threads;
  const auto times = scaled<std::size_t>(100, 5);
  for (int i = 0; i < 2; ++i) {
    threads.push_back(app.start_thread("reader", [&, times] {
      for (std::size_t round = 0; round < times; ++round) {
        app.read(still, 1, 0);
        app.read(moving, 1, 0);
        app.read(u"C:\\Docs\\still.txt");
      }
    }));
  }
  threads.push_back(app.start_thread("renamer", [&, times] {
    constexpr std::uint32_t kRename = 10;
    for (std::size_t round = 0; round < times; ++round) {
      app.set_name(moving, kRename, round % 2 == 0 ? u"b.txt" : u"a.txt", 0);
    }
  }));
  for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(first.unload(), STATUS_SUCCESS);
  EXPECT_EQ(second.unload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

INSTANTIATE_TEST_SUITE_P(Schedulers, SharedNameTest,
                         testing::Values(SchedulerKind::kSeeded, SchedulerKind::kHost),
                         [](const auto& scheduler) {
                           return scheduler.param == SchedulerKind::kSeeded ? "Seeded" : "Host";
                         });

}  // namespace
}  // namespace fltsim::fltmgr

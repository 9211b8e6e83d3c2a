// Goal: nobody gets at a protected file by moving names around while the driver decides. Method: a filter
// below, which is slow as a scanner may be, swaps two directories at the n-th open that it sees, for each n
// there is. The one name of a protected file that lies outside the vault, a hard link from before the policy,
// so slips under the name of a harmless file, or the other way round, between any two steps of the driver.
#include "driver/drm_machine.hpp"
#include "driver/siege.hpp"
#include "fltsim/lambda_driver.hpp"
#include "support/scale.hpp"

namespace drmfilter::test {
namespace {

class RaceTest : public testing::Test {
 protected:
  // A machine in which \Vault\linked.docx and \Free\link.docx are one file, and \Decoy has files of the same
  // names.
  struct Stage {
    explicit Stage(int moment) : swap_at(moment) {
      siege.c->write_file(u"\\Free\\original.docx", "secret");
      EXPECT_EQ(siege.app.link(u"C:\\Vault\\linked.docx", u"C:\\Free\\original.docx").status, STATUS_SUCCESS);
      for (const char16_t* name : {u"\\Decoy\\link.docx", u"\\Decoy\\original.docx"})
        siege.c->write_file(name, "harmless");
      root = siege.open(u"C:\\", FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE).handle;
      directory = siege.open(u"C:\\Free", FILE_LIST_DIRECTORY, FILE_OPEN, FILE_DIRECTORY_FILE).handle;
      siege.machine.load_driver(slow_filter(), {.name = u"slow", .altitude = u"20000"});
      siege.protect(u"C:\\Vault\\*", ProtectionFlags::kStandard);
    }
    fltsim::LambdaDriver slow_filter() {
      return {.operations = {{.major = IRP_MJ_CREATE, .pre = [this](auto, auto, auto) {
                                if (armed && opens++ == swap_at) swap();
                                return FLT_PREOP_SUCCESS_NO_CALLBACK;
                              }}}};
    }
    void swap() {
      armed = false;
      siege.app.rename(u"C:\\Decoy", u"Away");
      siege.app.rename(u"C:\\Free", target);
      siege.app.rename(u"C:\\Away", u"Free");
    }

    Siege siege{VolumeKind::kMemory, OldHandles::kNone};
    fltsim::FileHandle root{};
    fltsim::FileHandle directory{};
    const char16_t* target = u"Decoy";
    bool armed = false;
    int opens = 0;
    const int swap_at;
  };

  // Runs the attempt with the swap at each moment, until there are none left.
  static void at_each_moment(void (*attempt)(Stage&)) {
    bool swapped = true;
    for (int moment = 0; swapped; ++moment) {
      SCOPED_TRACE(moment);
      Stage stage(moment);
      stage.siege.attack([&] {
        stage.armed = true;
        attempt(stage);
        swapped = !stage.armed;
        stage.armed = false;
      });
      stage.siege.expect_nothing_changed();
    }
  }
  static std::u16string id_of(const Siege& siege, const char16_t* path) {
    const auto opened = siege.open(path, FILE_READ_ATTRIBUTES);
    const std::string id = siege.app.query(opened.handle, FileInternalInformation, 8).content;
    siege.app.close(opened.handle);
    std::u16string name(4, u'\0');
    memcpy(name.data(), id.data(), std::min<size_t>(id.size(), 8));
    return name;
  }
};

TEST_F(RaceTest, AHardLinkSlipsUnderNoNameThatIsOverwritten) {
  at_each_moment(
      [](Stage& stage) { stage.siege.open(u"C:\\Decoy\\link.docx", FILE_READ_DATA, FILE_OVERWRITE); });
  at_each_moment(
      [](Stage& stage) { stage.siege.open(u"C:\\Decoy\\link.docx", FILE_READ_DATA, FILE_SUPERSEDE); });
}

TEST_F(RaceTest, AHardLinkComesIntoNoDirectoryThatWasNotThere) {
  at_each_moment([](Stage& stage) {
    stage.target = u"New";
    stage.siege.open(u"C:\\New\\link.docx", FILE_READ_DATA, FILE_OVERWRITE_IF);
  });
}

TEST_F(RaceTest, AHardLinkSlipsUnderNoNewStream) {
  at_each_moment(
      [](Stage& stage) { stage.siege.open(u"C:\\Decoy\\link.docx:new", FILE_READ_DATA, FILE_CREATE); });
}

TEST_F(RaceTest, ADirectoryIsNoOtherOneForAnOpenRelativeToIt) {
  at_each_moment([](Stage& stage) {
    stage.siege.open(u"link.docx", FILE_READ_DATA, FILE_OVERWRITE, 0, stage.directory);
  });
}

TEST_F(RaceTest, AFileIdIsNoOtherFileThanItsNameSays) {
  at_each_moment([](Stage& stage) {
    stage.armed = false;
    const std::u16string id = id_of(stage.siege, u"C:\\Free\\original.docx");
    stage.armed = true;
    stage.siege.open(id, FILE_READ_DATA, FILE_OVERWRITE, FILE_OPEN_BY_FILE_ID, stage.root);
  });
}

class RenameRace : public DrmMachine {
 public:
  explicit RenameRace(const fltsim::Options& options) : DrmMachine(options) {
    c.write_file(u"\\free.tmp", "evil");
    start();
    protect_documents();
  }
  void TestBody() override {}

  void run() {
    auto first = word.start_thread("renames", [this] { word.rename(u"C:\\free.tmp", u"plan.docx", true); });
    auto second = word.start_thread(
        "moves", [this] { word.move(u"C:\\free.tmp", u"C:\\ProtectedDocs\\free.tmp", true); });
    EXPECT_EQ(first.join(), fltsim::Outcome::kDone);
    EXPECT_EQ(second.join(), fltsim::Outcome::kDone);
    expect_plan_unharmed();
  }
};

// By seeds instead of moments: what comes in between is a rename of the very file, which carries it away.
TEST(RenameRaceTest, FileThatIsMovedWhileItIsRenamedDoesNotArriveUnderAProtectedName) {
  for (uint64_t seed = 1; seed <= fltlink::test::scaled(uint64_t{200}); ++seed) {
    SCOPED_TRACE(seed);
    fltsim::Options options;
    options.seed = seed;
    RenameRace(options).run();
  }
}

}  // namespace
}  // namespace drmfilter::test

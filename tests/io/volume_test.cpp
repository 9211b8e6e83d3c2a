// Volumes: names, mounting and dismounting, and the set-up verbs that no filter sees.
#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(VolumeTest, NamesFollowTheOrderOfMounting) {
  Machine machine;
  fltsim::Volume& c = machine.add_volume(u"C:");
  fltsim::Volume& unnamed = machine.add_volume(u"");
  EXPECT_EQ(c.device_name(), u"\\Device\\HarddiskVolume1");
  EXPECT_EQ(unnamed.device_name(), u"\\Device\\HarddiskVolume2");
  EXPECT_EQ(c.drive(), u"C:");
  EXPECT_NE(c.guid_name(), unnamed.guid_name());
}

TEST(VolumeTest, EveryNameOfAVolumeLeadsToIt) {
  Machine machine;
  fltsim::Volume& c = machine.add_volume(u"C:");
  c.write_file(u"\\a.txt", "text");
  const Process app = machine.start_process({.image = u"C:\\app.exe"});
  for (const std::u16string& name :
       {std::u16string(u"C:"), std::u16string(u"c:"), std::u16string(u"\\??\\C:"),
        std::u16string(u"\\DosDevices\\C:"), c.device_name(), c.guid_name()}) {
    EXPECT_EQ(app.read(name + u"\\a.txt").content, "text");
  }
}

TEST(VolumeTest, SetUpVerbsPassTheFiltersBy) {
  RecordingStack stack;
  Machine machine;
  fltsim::Volume& c = stack.add_volume(machine, u"C:");
  c.write_file(u"\\x\\y\\a.txt", "text");
  c.make_directory(u"\\x\\z\\deep");
  EXPECT_EQ(c.read_file(u"\\x\\y\\a.txt"), "text");
  EXPECT_EQ(c.read_file(u"\\x\\y\\b.txt"), std::nullopt);
  EXPECT_TRUE(c.exists(u"\\x\\z\\deep"));
  EXPECT_FALSE(c.exists(u"\\x\\q"));
  EXPECT_THAT(stack.seen(), IsEmpty());
}

TEST(VolumeTest, RemovedFileAndEmptyDirectoryAreGoneAndOthersAreNotMissed) {
  RecordingStack stack;
  Machine machine;
  fltsim::Volume& c = stack.add_volume(machine, u"C:");
  c.write_file(u"\\x\\a.txt", "text");
  c.remove(u"\\x\\a.txt");
  EXPECT_FALSE(c.exists(u"\\x\\a.txt"));
  c.remove(u"\\x");
  EXPECT_FALSE(c.exists(u"\\x"));
  c.remove(u"\\x\\a.txt");
  EXPECT_THAT(stack.seen(), IsEmpty());
}

TEST(VolumeTest, DismountedVolumeRefusesEverythingButTheEnd) {
  RecordingStack stack;
  Machine machine;
  fltsim::Volume& c = stack.add_volume(machine, u"C:");
  c.write_file(u"\\a.txt", "text");
  const Process app = machine.start_process({.image = u"C:\\app.exe"});
  const FileHandle file = app.create({.path = u"C:\\a.txt"}).handle;
  EXPECT_EQ(machine.dismount(c), Outcome::kDone);
  EXPECT_EQ(app.read(file, 1).status, STATUS_VOLUME_DISMOUNTED);
  EXPECT_EQ(app.create({.path = u"C:\\a.txt"}).status, STATUS_OBJECT_PATH_NOT_FOUND);
  EXPECT_EQ(app.create({.path = u"", .root = file}).status, STATUS_VOLUME_DISMOUNTED);
  app.close(file);
  EXPECT_EQ(stack.count(IRP_MJ_CLOSE), 1u);
  EXPECT_EQ(machine.add_volume(u"C:").device_name(), u"\\Device\\HarddiskVolume2");
}

class Observer final : public MountObserver {
 public:
  void volume_mounted(Volume& volume) override { mounted.push_back(volume.names().device); }
  void volume_dismounted(Volume& volume) override { dismounted.push_back(volume.names().device); }

  std::vector<std::u16string> mounted;
  std::vector<std::u16string> dismounted;
};

TEST(VolumeTest, ObserverHearsOfEachVolume) {
  Observer observer;
  Machine machine;
  machine.system().io().set_mount_observer(&observer);
  fltsim::Volume& c = machine.add_volume(u"C:");
  machine.add_volume(u"D:");
  EXPECT_EQ(machine.dismount(c), Outcome::kDone);
  EXPECT_EQ(machine.dismount(c), Outcome::kDone);  // nothing is left to do
  EXPECT_THAT(observer.mounted, ElementsAre(u"\\Device\\HarddiskVolume1", u"\\Device\\HarddiskVolume2"));
  EXPECT_THAT(observer.dismounted, ElementsAre(u"\\Device\\HarddiskVolume1"));
}

TEST(VolumeTest, HostDirectoryThatIsMissingIsAnErrorForPeople) {
  Machine machine;
  const MountResult missing = machine.mount(u"C:", "/nonexistent/directory");
  EXPECT_EQ(missing.volume, nullptr);
  EXPECT_THAT(missing.error, testing::HasSubstr("/nonexistent/directory"));
}

TEST(VolumeTest, HostDirectoryIsReadAsAVolume) {
  Machine machine;
  const MountResult mounted = machine.mount(u"C:", FLTLINK_SOURCE_DIR "/tests/io");
  ASSERT_NE(mounted.volume, nullptr) << mounted.error;
  const Process app = machine.start_process({.image = u"C:\\app.exe"});
  EXPECT_THAT(app.read(u"C:\\volume_test.cpp").content, testing::HasSubstr("HostDirectoryIsReadAsAVolume"));
  EXPECT_EQ(app.remove(u"C:\\volume_test.cpp").status, STATUS_SUCCESS);
  EXPECT_FALSE(app.exists(u"C:\\volume_test.cpp"));
}

TEST(VolumeTest, FullVolumeSaysSo) {
  Machine machine;
  machine.add_volume(u"C:", {.label = u"small", .capacity = 64 * 1024});
  const Process app = machine.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.write(u"C:\\big", std::string(1 << 20, 'x')).status, STATUS_DISK_FULL);
}

}  // namespace
}  // namespace fltsim::io

// Byte-range locks, controls, extended attributes, security and change notification: what programs get, and the IRPs
// that filters see.
#include <ntdddisk.h>
#include <ntddstor.h>

#include <algorithm>
#include <ctime>
#include <random>
#include <vector>

#include "io/byte_range_locks.hpp"
#include "io/io_test_support.hpp"
#include "nt/descriptor_parts.hpp"

namespace fltsim::io {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;

class ControlTest : public IoTest {
 protected:
  ControlTest() {
    c.write_file(u"\\docs\\plan.txt", "0123456789");
    c.write_file(u"\\other.txt", "other");
  }
  FileHandle open_directory(std::u16string path) {
    return app.create({.path = std::move(path), .access = FILE_LIST_DIRECTORY | SYNCHRONIZE}).handle;
  }
  FileHandle open_volume() {
    const CreateResult opened =
        app.create({.path = u"\\??\\C:", .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE});
    EXPECT_EQ(opened.status, STATUS_SUCCESS);
    return opened.handle;
  }
  // The end of the first path component's reparse point: a symbolic link with that substitute name.
  static std::string symbolic_link(const std::u16string& target, bool relative) {
    const auto size = static_cast<USHORT>(target.size() * sizeof(char16_t));
    std::string bytes(20 + size, '\0');
    const ULONG tag = IO_REPARSE_TAG_SYMLINK, flags = relative ? SYMLINK_FLAG_RELATIVE : 0;
    const auto data = static_cast<USHORT>(12 + size);
    std::memcpy(bytes.data(), &tag, 4);
    std::memcpy(bytes.data() + 4, &data, 2);
    std::memcpy(bytes.data() + 10, &size, 2);
    std::memcpy(bytes.data() + 16, &flags, 4);
    std::memcpy(bytes.data() + 20, target.data(), size);
    return bytes;
  }
  FileHandle make_directory(std::u16string path) {
    return app
        .create({.path = std::move(path),
                 .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
                 .disposition = FILE_CREATE,
                 .options = FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT})
        .handle;
  }
};

// --- byte-range locks ---

TEST_F(ControlTest, WriteOfARangeThatSomebodyElseLockedIsFileLockConflict) {
  const FileHandle mine = open(u"C:\\docs\\plan.txt");
  const FileHandle theirs = open(u"C:\\docs\\plan.txt");
  EXPECT_EQ(app.lock(mine, {.offset = 2, .length = 3}).status, STATUS_SUCCESS);
  EXPECT_EQ(app.write(theirs, "x", 4).status, STATUS_FILE_LOCK_CONFLICT);
  EXPECT_EQ(app.read(theirs, 1, 2).status, STATUS_FILE_LOCK_CONFLICT);
  EXPECT_EQ(app.read(theirs, 2, 5).content, "56");
  EXPECT_EQ(app.write(mine, "x", 4).status, STATUS_SUCCESS);
  EXPECT_EQ(app.unlock(mine, {.offset = 2, .length = 3}).status, STATUS_SUCCESS);
  EXPECT_EQ(app.write(theirs, "y", 4).status, STATUS_SUCCESS);
}

TEST_F(ControlTest, SharedLockLetsEverybodyReadAndNobodyWrite) {
  const FileHandle mine = open(u"C:\\docs\\plan.txt");
  const FileHandle theirs = open(u"C:\\docs\\plan.txt");
  EXPECT_EQ(app.lock(mine, {.offset = 0, .length = 4, .exclusive = false}).status, STATUS_SUCCESS);
  EXPECT_EQ(app.lock(theirs, {.offset = 2, .length = 4, .exclusive = false}).status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(theirs, 4, 0).content, "0123");
  EXPECT_EQ(app.write(mine, "x", 1).status, STATUS_FILE_LOCK_CONFLICT);
}

TEST_F(ControlTest, LockThatCannotBeHadAtOnceIsNotGranted) {
  const FileHandle mine = open(u"C:\\docs\\plan.txt");
  const FileHandle theirs = open(u"C:\\docs\\plan.txt");
  app.lock(mine, {.offset = 0, .length = 4});
  EXPECT_EQ(app.lock(theirs, {.offset = 3, .length = 1}).status, STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(app.lock(mine, {.offset = 3, .length = 1}).status, STATUS_LOCK_NOT_GRANTED);
  EXPECT_EQ(app.lock(mine, {.offset = 3, .length = 1, .exclusive = false}).status, STATUS_SUCCESS);
}

TEST_F(ControlTest, LockThatWaitsIsGrantedWhenTheOtherUnlocks) {
  const FileHandle mine = open(u"C:\\docs\\plan.txt");
  const FileHandle theirs = open(u"C:\\docs\\plan.txt");
  app.lock(mine, {.offset = 0, .length = 4});
  auto waiting = app.start_lock(theirs, {.offset = 3, .length = 1});
  EXPECT_FALSE(waiting.done());
  app.unlock(mine, {.offset = 0, .length = 4});
  EXPECT_EQ(waiting.take().status, STATUS_SUCCESS);
  EXPECT_EQ(app.write(mine, "x", 3).status, STATUS_FILE_LOCK_CONFLICT);
}

TEST_F(ControlTest, ClosingTheHandleGivesItsLocksUp) {
  const FileHandle mine = open(u"C:\\docs\\plan.txt");
  const FileHandle theirs = open(u"C:\\docs\\plan.txt");
  app.lock(mine, {.offset = 0, .length = 4});
  app.close(mine);
  EXPECT_EQ(app.write(theirs, "x", 1).status, STATUS_SUCCESS);
}

TEST_F(ControlTest, LockThatWaitsEndsWithItsProcess) {
  const FileHandle mine = open(u"C:\\docs\\plan.txt");
  app.lock(mine, {.offset = 0, .length = 4});
  Process other = machine.start_process({.image = u"C:\\other.exe"});
  const CreateResult theirs = other.create({.path = u"C:\\docs\\plan.txt"});
  auto waiting = other.start_lock(theirs.handle, {.offset = 0, .length = 1});
  EXPECT_EQ(other.kill(), Outcome::kDone);
  static_cast<void>(machine.run_to_quiescence());
  EXPECT_TRUE(waiting.done());
  EXPECT_EQ(stack.first(IRP_MJ_LOCK_CONTROL).status, STATUS_SUCCESS);
}

TEST_F(ControlTest, UnlockOfAnotherRangeIsRangeNotLocked) {
  const FileHandle mine = open(u"C:\\docs\\plan.txt");
  app.lock(mine, {.offset = 0, .length = 4});
  EXPECT_EQ(app.unlock(mine, {.offset = 0, .length = 3}).status, STATUS_RANGE_NOT_LOCKED);
  EXPECT_EQ(app.unlock(mine, {.offset = 0, .length = 4, .key = 7}).status, STATUS_RANGE_NOT_LOCKED);
}

// Against a walk over all that are held.
TEST(ByteRangeLocksTest, LocksAreGrantedAndHonouredWhereverTheyLie) {
  const auto may_lock = [](const ByteRange& range, const ByteRange& held) {
    return !held.overlaps(range) || (!range.exclusive && (!held.exclusive || held.same_owner(range)));
  };
  const auto may_read = [](const ByteRange& range, const ByteRange& held) {
    return !held.overlaps(range) || !held.exclusive || held.same_owner(range);
  };
  const auto may_write = [](const ByteRange& range, const ByteRange& held) {
    return !held.overlaps(range) || (held.exclusive && held.same_owner(range));
  };
  std::minstd_rand random(7);
  const auto below = [&](std::uint64_t end) { return static_cast<std::uint64_t>(random()) % end; };
  const int owners[3] = {};
  ByteRangeLocks locks;
  std::vector<ByteRange> held;
  const auto all_let = [&](auto may, const ByteRange& range) {
    return std::ranges::all_of(held, [&](const ByteRange& one) { return may(range, one); });
  };
  for (int i = 0; i < 4000; ++i) {
    ByteRange range{.offset = below(400), .length = below(8) == 0 ? below(300) : below(9)};
    if (below(50) == 0) range.offset = UINT64_MAX - below(4);
    if (below(100) == 0) range.length = UINT64_MAX - below(500);
    range.exclusive = below(2) == 0;
    range.file = &owners[below(3)];
    ASSERT_EQ(locks.allows_read(range), all_let(may_read, range)) << i;
    ASSERT_EQ(locks.allows_write(range), all_let(may_write, range)) << i;
    if (below(3) == 0 && !held.empty()) {
      auto gone = held.begin() + static_cast<std::ptrdiff_t>(below(held.size()));
      // An exclusive lock goes before a shared one of the same bytes.
      const auto twin = std::ranges::find_if(held, [&](const ByteRange& one) {
        return one.exclusive && one.same_owner(*gone) && one.offset == gone->offset &&
               one.length == gone->length;
      });
      if (twin != held.end()) gone = twin;
      ASSERT_EQ(locks.unlock(*gone), STATUS_SUCCESS) << i;
      held.erase(gone);
      continue;
    }
    if (range.length != 0 && range.length - 1 > UINT64_MAX - range.offset) continue;
    const bool granted = all_let(may_lock, range);
    ByteRangeLocks::Ticket ticket = 0;
    ASSERT_EQ(locks.lock(range, true, {}, ticket), granted ? STATUS_SUCCESS : STATUS_LOCK_NOT_GRANTED) << i;
    if (granted) held.push_back(range);
  }
}

TEST_F(ControlTest, LockIsSeenWithItsMinorCodeAndParameters) {
  const FileHandle mine = open(u"C:\\docs\\plan.txt");
  app.lock(mine, {.offset = 2, .length = 3, .key = 9});
  const Seen seen = stack.first(IRP_MJ_LOCK_CONTROL);
  EXPECT_EQ(seen.minor, IRP_MN_LOCK);
  EXPECT_EQ(seen.operation_flags, SL_FAIL_IMMEDIATELY | SL_EXCLUSIVE_LOCK);
  EXPECT_EQ(seen.parameters.LockControl.ByteOffset.QuadPart, 2);
  EXPECT_EQ(seen.parameters.LockControl.Key, 9u);
}

TEST_F(ControlTest, LockOnAFastHandleIsFastIoAndOneThatMustWaitComesBackAsIrp) {  // CB-4
  const CreateArguments arguments{
      .path = u"C:\\docs\\plan.txt", .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE, .fast_io = true};
  const FileHandle mine = app.create(arguments).handle;
  const FileHandle theirs = app.create(arguments).handle;
  app.lock(mine, {.offset = 0, .length = 1});
  EXPECT_EQ(stack.first(IRP_MJ_LOCK_CONTROL).kind, Operation::Kind::kFastIo);
  auto waiting = app.start_lock(theirs, {.offset = 0, .length = 1});
  EXPECT_EQ(stack.count(IRP_MJ_LOCK_CONTROL), 3u);
  EXPECT_EQ(stack.seen().back().kind, Operation::Kind::kIrp);
  app.close(mine);
  EXPECT_EQ(waiting.take().status, STATUS_SUCCESS);
}

// Of the processor's time for many short locks, with or without a long one elsewhere.
double seconds_for_short_locks(bool with_long_one) {
  const auto of = [](std::uint64_t offset, std::uint64_t length) {
    return ByteRange{.offset = offset, .length = length, .exclusive = true};
  };
  const auto seconds = [] {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
  };
  ByteRangeLocks locks;
  ByteRangeLocks::Ticket ticket = 0;
  const std::uint64_t length = with_long_one ? std::uint64_t{1} << 39 : 1;
  EXPECT_EQ(locks.lock(of(std::uint64_t{1} << 40, length), true, {}, ticket), STATUS_SUCCESS);
  const double start = seconds();
  for (std::uint64_t i = 0; i < 4000; ++i)
    EXPECT_EQ(locks.lock(of(2 * i, 1), true, {}, ticket), STATUS_SUCCESS);
  return seconds() - start;
}

TEST(ByteRangeLocksTest,
     LongLockElsewhereDoesNotMakeShortOnesSlow) {  // a look at all that are held: 100 times
  double ratio = 1000;
  for (int round = 0; round < 3; ++round)
    ratio = std::min(ratio, seconds_for_short_locks(true) / seconds_for_short_locks(false));
  EXPECT_LT(ratio, 10);
}

// --- extended attributes ---

TEST_F(ControlTest, ExtendedAttributesAreSetReadAndRemoved) {
  const FileHandle file = open(u"C:\\docs\\plan.txt");
  EXPECT_EQ(app.query_ea(file).status, STATUS_NO_EAS_ON_FILE);
  EXPECT_EQ(app.set_ea(file, {{"Author", "me"}, {"TYPE", "text"}}).status, STATUS_SUCCESS);
  EXPECT_THAT(app.query_ea(file).attributes,
              ElementsAre(ExtendedAttribute{"AUTHOR", "me"}, ExtendedAttribute{"TYPE", "text"}));
  EXPECT_THAT(app.query_ea(file, {"type", "none"}).attributes,
              ElementsAre(ExtendedAttribute{"TYPE", "text"}, ExtendedAttribute{"NONE", ""}));
  EXPECT_EQ(app.set_ea(file, {{"author", ""}}).status, STATUS_SUCCESS);
  EXPECT_THAT(app.query_ea(file).attributes, ElementsAre(ExtendedAttribute{"TYPE", "text"}));
  EXPECT_NE(
      from_bytes<FILE_EA_INFORMATION>(app.query(file, FileEaInformation, sizeof(FILE_EA_INFORMATION)).content)
          .EaSize,
      0u);
}

TEST_F(ControlTest, ExtendedAttributeWithAForbiddenNameIsRefusedBeforeDriversSeeIt) {
  const FileHandle file = open(u"C:\\docs\\plan.txt");
  EXPECT_EQ(app.set_ea(file, {{"good", "1"}, {"bad*", "2"}}).status, STATUS_INVALID_EA_NAME);
  EXPECT_EQ(stack.count(IRP_MJ_SET_EA), 0u);
}

TEST_F(ControlTest, FileIsCreatedWithExtendedAttributes) {
  const CreateResult made = app.create({.path = u"C:\\new.txt",
                                        .access = GENERIC_READ | SYNCHRONIZE,
                                        .disposition = FILE_CREATE,
                                        .extended_attributes = {{"KIND", "new", FILE_NEED_EA}}});
  EXPECT_THAT(app.query_ea(made.handle).attributes,
              ElementsAre(ExtendedAttribute{"KIND", "new", FILE_NEED_EA}));
  EXPECT_EQ(
      app.create({.path = u"C:\\new.txt", .options = FILE_NO_EA_KNOWLEDGE | FILE_SYNCHRONOUS_IO_NONALERT})
          .status,
      STATUS_ACCESS_DENIED);
}

// --- security ---

TEST_F(ControlTest, FileHasADescriptorAndAChangeOfItsOwnerStays) {
  const FileHandle file =
      app.create({.path = u"C:\\docs\\plan.txt", .access = READ_CONTROL | WRITE_OWNER | SYNCHRONIZE}).handle;
  const IoResult before = app.query_security(file, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION);
  EXPECT_EQ(before.status, STATUS_SUCCESS);
  const nt::Descriptor whole = nt::default_file_descriptor();
  const std::string group(whole.begin(), whole.end());
  EXPECT_EQ(app.set_security(file, OWNER_SECURITY_INFORMATION | GROUP_SECURITY_INFORMATION, group).status,
            STATUS_SUCCESS);
  EXPECT_EQ(app.query_security(file, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION).content,
            before.content);
  EXPECT_EQ(app.set_security(file, DACL_SECURITY_INFORMATION, group).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.set_security(file, OWNER_SECURITY_INFORMATION, "nonsense").status,
            STATUS_INVALID_SECURITY_DESCR);
  EXPECT_EQ(stack.count(IRP_MJ_QUERY_SECURITY), 2u);
  EXPECT_EQ(stack.count(IRP_MJ_SET_SECURITY), 1u);
}

// --- change notification ---

TEST_F(ControlTest, NotificationTellsOfChangesInTheDirectory) {
  const FileHandle docs = open_directory(u"C:\\docs");
  auto waiting = app.start_notify(docs, FILE_NOTIFY_CHANGE_FILE_NAME);
  EXPECT_FALSE(waiting.done());
  app.write(u"C:\\elsewhere.txt", "x");
  EXPECT_FALSE(waiting.done());
  app.rename(u"C:\\docs\\plan.txt", u"done.txt");
  const NotifyResult told = waiting.take();
  EXPECT_EQ(told.status, STATUS_SUCCESS);
  EXPECT_THAT(told.entries, ElementsAre(NotifyEntry{FILE_ACTION_RENAMED_OLD_NAME, u"plan.txt"},
                                        NotifyEntry{FILE_ACTION_RENAMED_NEW_NAME, u"done.txt"}));
}

TEST_F(ControlTest, ChangesBetweenTwoNotificationsAreKept) {
  const FileHandle root = open_directory(u"C:\\");
  auto first = app.start_notify(root, FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_LAST_WRITE, true);
  app.write(u"C:\\a.txt", "x");
  EXPECT_THAT(first.take().entries, ElementsAre(NotifyEntry{FILE_ACTION_ADDED, u"a.txt"}));
  app.remove(u"C:\\docs\\plan.txt");
  auto second = app.start_notify(root, 1, true);
  EXPECT_THAT(second.take().entries, ElementsAre(NotifyEntry{FILE_ACTION_MODIFIED, u"a.txt"},
                                                 NotifyEntry{FILE_ACTION_REMOVED, u"docs\\plan.txt"}));
}

TEST_F(ControlTest, ChangeIsToldToItsDirectoryAndToTreesAboveIt) {
  app.mkdir(u"C:\\docs\\deep");
  const FileHandle root = open_directory(u"C:\\");
  const FileHandle docs = open_directory(u"C:\\DOCS");
  const FileHandle again = open_directory(u"C:\\docs");
  const FileHandle deep = open_directory(u"C:\\docs\\Deep");
  auto tree = app.start_notify(root, FILE_NOTIFY_CHANGE_FILE_NAME, true);
  auto flat = app.start_notify(docs, FILE_NOTIFY_CHANGE_FILE_NAME);
  auto other = app.start_notify(again, FILE_NOTIFY_CHANGE_DIR_NAME, true);
  auto close_by = app.start_notify(deep, FILE_NOTIFY_CHANGE_FILE_NAME);
  app.write(u"C:\\docs\\deep\\a.txt", "x");
  EXPECT_THAT(tree.take().entries, ElementsAre(NotifyEntry{FILE_ACTION_ADDED, u"docs\\deep\\a.txt"}));
  EXPECT_THAT(close_by.take().entries, ElementsAre(NotifyEntry{FILE_ACTION_ADDED, u"a.txt"}));
  EXPECT_FALSE(flat.done());
  EXPECT_FALSE(other.done());
  app.write(u"C:\\docs\\b.txt", "x");
  EXPECT_THAT(flat.take().entries, ElementsAre(NotifyEntry{FILE_ACTION_ADDED, u"b.txt"}));
  EXPECT_FALSE(other.done());
  app.mkdir(u"C:\\docs\\c");
  EXPECT_THAT(other.take().entries, ElementsAre(NotifyEntry{FILE_ACTION_ADDED, u"c"}));
}

TEST_F(ControlTest, MoreChangesThanFitAreNotifyEnumDir) {
  const FileHandle root = open_directory(u"C:\\");
  auto waiting = app.start_notify(root, FILE_NOTIFY_CHANGE_FILE_NAME, false, 16);
  app.write(u"C:\\a-long-name.txt", "x");
  const NotifyResult told = waiting.take();
  EXPECT_EQ(told.status, STATUS_NOTIFY_ENUM_DIR);
  EXPECT_TRUE(told.entries.empty());
}

TEST_F(ControlTest, NotificationEndsWithItsHandle) {
  const FileHandle docs = open_directory(u"C:\\docs");
  auto waiting = app.start_notify(docs, FILE_NOTIFY_CHANGE_FILE_NAME);
  app.close(docs);
  EXPECT_EQ(waiting.take().status, STATUS_NOTIFY_CLEANUP);
}

TEST_F(ControlTest, NotificationIsSeenWithItsFilterAndTree) {
  const FileHandle root = open_directory(u"C:\\");
  auto waiting = app.start_notify(root, FILE_NOTIFY_CHANGE_SIZE, true, 512);
  const Seen seen = stack.first(IRP_MJ_DIRECTORY_CONTROL);
  EXPECT_EQ(seen.minor, IRP_MN_NOTIFY_CHANGE_DIRECTORY);
  EXPECT_EQ(seen.operation_flags, SL_WATCH_TREE);
  EXPECT_EQ(seen.parameters.DirectoryControl.NotifyDirectory.CompletionFilter, FILE_NOTIFY_CHANGE_SIZE);
  app.close(root);
  waiting.take();
}

// --- controls ---

TEST_F(ControlTest, BufferedControlIsSeenWithASystemBuffer) {  // CB-2
  const FileHandle file = open(u"C:\\docs\\plan.txt");
  const IoResult answer = app.fs_control(file, FSCTL_GET_COMPRESSION, {}, 2);
  EXPECT_EQ(answer.status, STATUS_SUCCESS);
  EXPECT_EQ(answer.content, std::string(2, '\0'));
  const Seen seen = stack.first(IRP_MJ_FILE_SYSTEM_CONTROL);
  EXPECT_EQ(seen.minor, IRP_MN_USER_FS_REQUEST);
  EXPECT_NE(seen.irp_flags & IRP_BUFFERED_IO, 0u);
  EXPECT_NE(seen.parameters.FileSystemControl.Buffered.SystemBuffer, nullptr);
}

TEST_F(ControlTest, ControlThatNobodyKnowsIsInvalidDeviceRequest) {
  const FileHandle file = open(u"C:\\docs\\plan.txt");
  EXPECT_EQ(app.fs_control(file, CTL_CODE(FILE_DEVICE_FILE_SYSTEM, 0x7FF, METHOD_BUFFERED, 0)).status,
            STATUS_INVALID_DEVICE_REQUEST);
  EXPECT_EQ(app.fs_control(file, FSCTL_REQUEST_BATCH_OPLOCK).status, STATUS_OPLOCK_NOT_GRANTED);
  EXPECT_EQ(app.device_control(file, IOCTL_DISK_IS_WRITABLE).status, STATUS_INVALID_PARAMETER);
}

TEST_F(ControlTest, ControlThatIsNotSimulatedStopsTheMachineByName) {  // SIM-1
  machine.verifier().expect("SIM-1");
  const FileHandle file = open(u"C:\\docs\\plan.txt");
  EXPECT_EQ(app.fs_control(file, FSCTL_GET_RETRIEVAL_POINTERS, std::string(8, '\0'), 64).status,
            kVerbDidNotEnd);
  EXPECT_EQ(machine.verifier().count("SIM-1"), 1u);
}

TEST_F(ControlTest, ControlWithWriteAccessNeedsTheRight) {
  const FileHandle file = app.create({.path = u"C:\\docs\\plan.txt"}).handle;
  EXPECT_EQ(app.fs_control(file, FSCTL_SET_ZERO_DATA, std::string(16, '\0')).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(stack.count(IRP_MJ_FILE_SYSTEM_CONTROL), 0u);
}

TEST_F(ControlTest, DeviceControlOfTheVolumeIsAnsweredByItsDisk) {
  const FileHandle volume = open_volume();
  const IoResult length = app.device_control(volume, IOCTL_DISK_GET_LENGTH_INFO, {}, 8);
  EXPECT_EQ(length.status, STATUS_SUCCESS);
  EXPECT_EQ(from_bytes<LONGLONG>(length.content), LONGLONG{64} << 30);
  EXPECT_EQ(app.device_control(volume, IOCTL_DISK_IS_WRITABLE).status, STATUS_SUCCESS);
  EXPECT_EQ(app.device_control(volume, IOCTL_STORAGE_EJECT_MEDIA).status, STATUS_INVALID_DEVICE_REQUEST);
}

TEST_F(ControlTest, DeviceControlOnAFastHandleIsTriedAsFastIoFirst) {  // CB-4, CB-16
  const CreateResult volume = app.create({.path = u"\\??\\C:", .fast_io = true});
  EXPECT_EQ(app.device_control(volume.handle, IOCTL_DISK_IS_WRITABLE).status, STATUS_SUCCESS);
  EXPECT_EQ(stack.count(IRP_MJ_DEVICE_CONTROL), 2u);
  EXPECT_EQ(stack.first(IRP_MJ_DEVICE_CONTROL).kind, Operation::Kind::kFastIo);
}

TEST_F(ControlTest, LockedVolumeOpensForNobodyUntilItIsUnlocked) {
  const FileHandle volume = open_volume();
  const FileHandle file = open(u"C:\\other.txt");
  EXPECT_EQ(app.fs_control(volume, FSCTL_LOCK_VOLUME).status, STATUS_ACCESS_DENIED);
  app.close(file);
  EXPECT_EQ(app.fs_control(volume, FSCTL_LOCK_VOLUME).status, STATUS_SUCCESS);
  EXPECT_EQ(app.create({.path = u"C:\\other.txt"}).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(app.fs_control(volume, FSCTL_UNLOCK_VOLUME).status, STATUS_SUCCESS);
  EXPECT_TRUE(app.exists(u"C:\\other.txt"));
  EXPECT_EQ(app.fs_control(volume, FSCTL_UNLOCK_VOLUME).status, STATUS_NOT_LOCKED);
}

TEST_F(ControlTest, VolumeLabelIsSetThroughTheVolume) {
  const FileHandle volume = open_volume();
  const std::u16string label = u"DISK";
  std::string bytes(4 + 8, '\0');
  bytes[0] = 8;
  std::memcpy(bytes.data() + 4, label.data(), 8);
  EXPECT_EQ(app.set_volume(volume, FileFsLabelInformation, bytes).status, STATUS_SUCCESS);
  EXPECT_EQ(c.volume().file_system().volume_information().label, label);
  EXPECT_EQ(stack.count(IRP_MJ_SET_VOLUME_INFORMATION), 1u);
}

// --- reparse points, object ids, sparse files ---

TEST_F(ControlTest, SymbolicLinkLeadsToItsTarget) {
  const FileHandle link = make_directory(u"C:\\link");
  EXPECT_EQ(app.fs_control(link, FSCTL_SET_REPARSE_POINT, symbolic_link(u"\\??\\C:\\docs", false)).status,
            STATUS_SUCCESS);
  app.close(link);
  EXPECT_EQ(app.read(u"C:\\link\\plan.txt").content, "0123456789");
  const FileHandle relative = make_directory(u"C:\\docs\\up");
  app.fs_control(relative, FSCTL_SET_REPARSE_POINT, symbolic_link(u"..\\other.txt", true));
  app.close(relative);
  EXPECT_EQ(app.read(u"C:\\docs\\up").content, "other");
}

TEST_F(ControlTest, ReparsePointItselfIsOpenedReadAndTakenAway) {
  const FileHandle link = make_directory(u"C:\\link");
  const std::string data = symbolic_link(u"\\??\\C:\\docs", false);
  app.fs_control(link, FSCTL_SET_REPARSE_POINT, data);
  app.close(link);
  const CreateResult opened = app.create({.path = u"C:\\link",
                                          .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
                                          .options = FILE_OPEN_REPARSE_POINT | FILE_SYNCHRONOUS_IO_NONALERT});
  EXPECT_EQ(app.fs_control(opened.handle, FSCTL_GET_REPARSE_POINT, {}, 512).content, data);
  const auto tag = from_bytes<FILE_ATTRIBUTE_TAG_INFORMATION>(
      app.query(opened.handle, FileAttributeTagInformation, sizeof(FILE_ATTRIBUTE_TAG_INFORMATION)).content);
  EXPECT_EQ(tag.ReparseTag, IO_REPARSE_TAG_SYMLINK);
  EXPECT_NE(tag.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT, 0u);
  std::string header = data.substr(0, 8);
  header[4] = header[5] = '\0';
  EXPECT_EQ(app.fs_control(opened.handle, FSCTL_DELETE_REPARSE_POINT, header).status, STATUS_SUCCESS);
  EXPECT_EQ(app.fs_control(opened.handle, FSCTL_GET_REPARSE_POINT, {}, 512).status,
            STATUS_NOT_A_REPARSE_POINT);
}

TEST_F(ControlTest, ReparseTagThatNobodyHandlesFailsTheOpen) {
  const FileHandle file = open(u"C:\\other.txt");
  std::string data(8 + 4, 'd');
  const ULONG tag = IO_REPARSE_TAG_NFS;
  const USHORT length = 4;
  std::memcpy(data.data(), &tag, 4);
  std::memcpy(data.data() + 4, &length, 2);
  EXPECT_EQ(app.fs_control(file, FSCTL_SET_REPARSE_POINT, data).status, STATUS_SUCCESS);
  app.close(file);
  EXPECT_EQ(app.create({.path = u"C:\\other.txt"}).status, STATUS_IO_REPARSE_TAG_NOT_HANDLED);
}

TEST_F(ControlTest, FileIsOpenedByItsIdAndByItsObjectId) {
  const FileHandle file = open(u"C:\\docs\\plan.txt");
  const auto id = from_bytes<std::uint64_t>(app.query(file, FileInternalInformation, 8).content);
  const CreateResult by_id = app.open_by_id(open_volume(), id);
  EXPECT_EQ(by_id.status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(by_id.handle, 3, 0).content, "012");
  const IoResult object =
      app.fs_control(file, FSCTL_CREATE_OR_GET_OBJECT_ID, {}, sizeof(FILE_OBJECTID_BUFFER));
  EXPECT_EQ(object.status, STATUS_SUCCESS);
  std::u16string path(8, u'\0');
  std::memcpy(path.data(), object.content.data(), 16);
  const CreateResult by_object = app.create(
      {.path = path, .options = FILE_OPEN_BY_FILE_ID | FILE_SYNCHRONOUS_IO_NONALERT, .root = open_volume()});
  EXPECT_EQ(app.read(by_object.handle, 3, 0).content, "012");
}

TEST_F(ControlTest, SparseFileSaysSoAndZeroDataZeroes) {
  const FileHandle file = open(u"C:\\docs\\plan.txt");
  EXPECT_EQ(app.fs_control(file, FSCTL_SET_SPARSE).status, STATUS_SUCCESS);
  FILE_ZERO_DATA_INFORMATION zero{};
  zero.FileOffset.QuadPart = 2;
  zero.BeyondFinalZero.QuadPart = 5;
  EXPECT_EQ(app.fs_control(file, FSCTL_SET_ZERO_DATA, bytes_of(zero)).status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(file, 6, 0).content, std::string("01\0\0\0"
                                                      "5",
                                                      6));
  FILE_ALLOCATED_RANGE_BUFFER asked{};
  asked.Length.QuadPart = 100;
  const IoResult ranges = app.fs_control(file, FSCTL_QUERY_ALLOCATED_RANGES, bytes_of(asked), 64);
  EXPECT_EQ(from_bytes<FILE_ALLOCATED_RANGE_BUFFER>(ranges.content).Length.QuadPart, 10);
}

// --- the classes that came with them ---

TEST_F(ControlTest, FileTellsItsIdsLinksAndState) {
  const FileHandle file = open(u"C:\\docs\\plan.txt");
  app.link(u"C:\\second.txt", u"C:\\docs\\plan.txt");
  const auto id = from_bytes<std::uint64_t>(app.query(file, FileInternalInformation, 8).content);
  const auto wide = from_bytes<FILE_ID_INFORMATION>(app.query(file, FileIdInformation, 24).content);
  EXPECT_EQ(std::memcmp(&wide.FileId, &id, sizeof id), 0);
  EXPECT_EQ(wide.VolumeSerialNumber, c.serial_number());
  const auto stat = from_bytes<FILE_STAT_INFORMATION>(
      app.query(file, FileStatInformation, sizeof(FILE_STAT_INFORMATION)).content);
  EXPECT_EQ(stat.EndOfFile.QuadPart, 10);
  EXPECT_EQ(stat.NumberOfLinks, 2u);
  EXPECT_EQ(app.query(file, FileAlternateNameInformation, 64).status, STATUS_OBJECT_NAME_NOT_FOUND);
  EXPECT_EQ(app.query(file, FileCaseSensitiveInformation, 4).status, STATUS_NOT_A_DIRECTORY);
}

}  // namespace
}  // namespace fltsim::io

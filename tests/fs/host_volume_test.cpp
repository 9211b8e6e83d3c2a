// What only a volume above a host directory has to prove: that the directory stays as it was, and what
// becomes of entries that NT has no place for.
#include "fs/host_volume.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <map>

#include "conformance/file_system_environment.hpp"
#include "fs/temporary_directory.hpp"

namespace fltsim::fs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HostVolumeTest : public testing::Test {
 protected:
  FileSystem& fs() {
    if (!volume_.file_system) volume_ = open_host_volume(root().string(), {.clock = [] { return Ticks{1}; }});
    return *volume_.file_system;
  }
  const std::filesystem::path& root() const { return directory_.path(); }
  Handle open(std::u16string_view path, std::uint32_t access = kAllAccess,
              std::uint32_t disposition = FILE_OPEN) {
    CreateRequest request{
        .path = path, .desired_access = access, .share_access = kShareAll, .disposition = disposition};
    return {fs(), fs().create(request)};
  }
  std::vector<std::u16string> list(std::u16string_view path) {
    std::vector<std::u16string> names;
    Handle handle = open(path, FILE_LIST_DIRECTORY);
    DirectoryQuery query{u"", false, [&](const DirectoryEntry& entry) {
                           if (entry.name != u"." && entry.name != u"..") names.emplace_back(entry.name);
                           return Take::kNext;
                         }};
    static_cast<void>(fs().query_directory(*handle, query));
    return names;
  }

  TemporaryDirectory directory_;
  HostVolume volume_;
};

// Everything that must not change, per path: kind, mode, links, size, times and bytes.
struct Seen {
  struct stat status;
  std::string bytes;
};

// Describes each directory before it lists it, so that the listing does not disturb what is described.
std::map<std::string, Seen> look_at(const std::filesystem::path& root) {
  std::map<std::string, Seen> tree;
  auto add = [&](const std::filesystem::path& path) {
    Seen seen{};
    EXPECT_EQ(::lstat(path.c_str(), &seen.status), 0);
    tree.emplace(path.string(), seen);
  };
  add(root);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) add(entry.path());
  return tree;
}

// Reading the bytes changes access times, so they are read after the times were compared.
void read_bytes(std::map<std::string, Seen>& tree) {
  for (auto& [path, seen] : tree) {
    if (!S_ISREG(seen.status.st_mode)) continue;
    std::ifstream file(path, std::ios::binary);
    seen.bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
}

bool same_time(const timespec& left, const timespec& right) {
  return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

// Access times long before the modification: the next ordinary read would move them, with relatime too.
void age_access_times(const std::filesystem::path& root) {
  const timespec times[2] = {{1'000'000'000, 5}, {1'100'000'000, 7}};
  for (const auto& [path, seen] : look_at(root)) {
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
  }
}

TEST_F(HostVolumeTest, NothingDoneAboveChangesTheTreeBelow) {
  directory_.add_directory("dir/sub");
  for (const char* name :
       {"read", "written", "deleted", "renamed", "target", "dir/sub/moved", "dir/linked"}) {
    directory_.add_file(name, std::string("bytes of ") + name);
  }
  std::filesystem::create_symlink("read", root() / "symlink");
  std::map<std::string, Seen> expected = look_at(root());
  read_bytes(expected);
  age_access_times(root());
  for (auto& [path, seen] : expected) ASSERT_EQ(::lstat(path.c_str(), &seen.status), 0);

  EXPECT_EQ(open(u"\\read").text(), "bytes of read");
  EXPECT_EQ(open(u"\\written").write("new"), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\written", kAllAccess, FILE_OVERWRITE).status, STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\deleted").remove(), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\renamed").rename(u"target", 1), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\dir").rename(u"other"), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\other\\linked").link(u"second"), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\other\\sub\\moved").text(), "bytes of dir/sub/moved");
  EXPECT_EQ(open(u"\\new", kAllAccess, FILE_CREATE).write("new"), STATUS_SUCCESS);
  EXPECT_THAT(list(u"\\"), ElementsAre(u"new", u"other", u"read", u"target", u"written"));

  std::map<std::string, Seen> actual = look_at(root());
  for (const auto& [path, seen] : expected) {
    ASSERT_TRUE(actual.contains(path)) << path;
    const struct stat& now = actual[path].status;
    EXPECT_TRUE(same_time(now.st_mtim, seen.status.st_mtim)) << path;
    EXPECT_TRUE(same_time(now.st_ctim, seen.status.st_ctim)) << path;
    EXPECT_TRUE(same_time(now.st_atim, seen.status.st_atim)) << path;
    EXPECT_EQ(now.st_ino, seen.status.st_ino) << path;
    EXPECT_EQ(now.st_nlink, seen.status.st_nlink) << path;
  }
  read_bytes(actual);
  EXPECT_EQ(actual.size(), expected.size());
  for (const auto& [path, seen] : expected) EXPECT_EQ(actual[path].bytes, seen.bytes) << path;
}

TEST_F(HostVolumeTest, ListingLeavesTheAccessTimesOfDirectories) {
  directory_.add_directory("dir");
  directory_.add_file("dir/file", "x");
  age_access_times(root());
  EXPECT_THAT(list(u"\\dir"), ElementsAre(u"file"));
  for (const std::filesystem::path& path : {root(), root() / "dir"}) {
    struct stat now;
    ASSERT_EQ(::stat(path.c_str(), &now), 0);
    EXPECT_EQ(now.st_atim.tv_sec, 1'000'000'000) << path;
  }
}

TEST_F(HostVolumeTest, LinksAndSpecialFilesAreNotShownAndCounted) {
  directory_.add_file("file", "x");
  directory_.add_directory("dir");
  std::filesystem::create_symlink("file", root() / "link");
  std::filesystem::create_symlink("dir", root() / "dirlink");
  std::filesystem::create_symlink("missing", root() / "dangling");
  ASSERT_EQ(::mkfifo((root() / "fifo").c_str(), 0600), 0);
  int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT((root() / "socket").string().size(), sizeof address.sun_path);
  std::strcpy(address.sun_path, (root() / "socket").c_str());
  ASSERT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_THAT(list(u"\\"), ElementsAre(u"dir", u"file"));
  EXPECT_EQ(fs().lower_counts().symbolic_links, 3u);
  EXPECT_EQ(fs().lower_counts().special_files, 2u);
  EXPECT_EQ(open(u"\\dirlink\\file").status, STATUS_OBJECT_PATH_NOT_FOUND);
  ::close(socket);
}

TEST_F(HostVolumeTest, OfNamesThatDifferByCaseOnlyTheFirstByBytesIsShown) {
  for (const char* name : {"readme", "README", "Readme", "other"}) directory_.add_file(name, name);
  EXPECT_THAT(list(u"\\"), ElementsAre(u"other", u"README"));
  EXPECT_EQ(open(u"\\readme").text(), "README");
  EXPECT_EQ(fs().lower_counts().case_collisions, 2u);
}

TEST_F(HostVolumeTest, NamesThatNtForbidsAreShownMappedAndOpenByThat) {
  directory_.add_file("a:b", "colon");
  directory_.add_file("bad\xFF", "byte");
  EXPECT_THAT(list(u"\\"), ElementsAre(u"a\uF03Ab", u"bad\uF0FF"));
  EXPECT_EQ(open(u"\\a\uF03Ab").text(), "colon");
  EXPECT_EQ(open(u"\\bad\uF0FF").text(), "byte");
  EXPECT_EQ(fs().lower_counts().mapped_names, 2u);
}

TEST_F(HostVolumeTest, HostLinksAreSeparateFiles) {
  directory_.add_file("one", "same");
  std::filesystem::create_hard_link(root() / "one", root() / "two");
  ASSERT_EQ(open(u"\\one").write("SAME"), STATUS_SUCCESS);
  EXPECT_EQ(open(u"\\two").text(), "same");
  EXPECT_EQ(open(u"\\two").info().number_of_links, 1u);
}

TEST_F(HostVolumeTest, ModificationTimeStandsForAllTimes) {
  directory_.add_file("file", "x");
  age_access_times(root());
  FileInformation information = open(u"\\file", FILE_READ_ATTRIBUTES).info();
  EXPECT_EQ(information.last_write_time, (1'100'000'000 + 11'644'473'600) * 10'000'000ull);
  EXPECT_EQ(information.creation_time, information.last_write_time);
  EXPECT_EQ(information.last_access_time, information.last_write_time);
}

TEST_F(HostVolumeTest, FileIdsDoNotDependOnTheOrderOfTheHost) {
  TemporaryDirectory other;
  for (const char* name : {"a", "b", "c", "d"}) directory_.add_file(name, "");
  for (const char* name : {"d", "b", "a", "c"}) other.add_file(name, "");
  HostVolume second = open_host_volume(other.path().string(), {.clock = [] { return Ticks{1}; }});
  for (const char16_t* path : {u"\\a", u"\\b", u"\\c", u"\\d"}) {
    CreateRequest request{.path = path, .share_access = kShareAll, .disposition = FILE_OPEN};
    Handle there(*second.file_system, second.file_system->create(request));
    EXPECT_EQ(open(path).info().file_id, there.info().file_id);
  }
}

// --- the host changes meanwhile ---

TEST_F(HostVolumeTest, FileThatChangedBelowIsInvalid) {
  directory_.add_file("file", "before");
  Handle handle = open(u"\\file");
  directory_.add_file("file", "after that");
  std::byte byte;
  EXPECT_EQ(fs().read(*handle, 0, std::span(&byte, 1)).status, STATUS_FILE_INVALID);
  EXPECT_EQ(handle.write("x"), STATUS_FILE_INVALID);
  EXPECT_EQ(open(u"\\file").status, STATUS_FILE_INVALID);
  EXPECT_EQ(fs().lower_counts().changed_below, 3u);
  EXPECT_EQ(open(u"\\file", kAllAccess, FILE_OVERWRITE).status, STATUS_SUCCESS);
}

TEST_F(HostVolumeTest, FileThatVanishedOrBecameALinkIsInvalid) {
  for (const char* name : {"gone", "link", "fifo"}) directory_.add_file(name, "x");
  directory_.add_file("secret", "x");
  EXPECT_EQ(list(u"\\").size(), 4u);
  for (const char* name : {"gone", "link", "fifo"}) std::filesystem::remove(root() / name);
  std::filesystem::create_symlink("secret", root() / "link");
  ASSERT_EQ(::mkfifo((root() / "fifo").c_str(), 0600), 0);
  for (const char16_t* path : {u"\\gone", u"\\link", u"\\fifo"}) {
    EXPECT_EQ(open(path, FILE_READ_DATA).status, STATUS_FILE_INVALID);
  }
  EXPECT_EQ(open(u"\\gone", DELETE).remove(), STATUS_SUCCESS);
}

TEST_F(HostVolumeTest, DirectoryThatVanishedIsInvalid) {
  directory_.add_directory("dir");
  EXPECT_THAT(list(u"\\"), ElementsAre(u"dir"));
  std::filesystem::remove(root() / "dir");
  EXPECT_EQ(open(u"\\dir\\file").status, STATUS_FILE_INVALID);
}

TEST_F(HostVolumeTest, WrittenFileDoesNotNeedTheHostAnyMore) {
  directory_.add_file("file", "bytes");
  Handle handle = open(u"\\file");
  ASSERT_EQ(handle.write("B"), STATUS_SUCCESS);
  std::filesystem::remove(root() / "file");
  EXPECT_EQ(handle.text(), "Bytes");
}

// --- what the host denies ---

// Root reads everything; these tests then act as somebody else for a while.
class AsOrdinaryUser {
 public:
  AsOrdinaryUser() : was_root_(::geteuid() == 0) {
    if (was_root_) {
      EXPECT_EQ(::seteuid(65534), 0);
    }
  }
  ~AsOrdinaryUser() {
    if (was_root_) {
      EXPECT_EQ(::seteuid(0), 0);
    }
  }

 private:
  bool was_root_;
};

TEST_F(HostVolumeTest, WhatTheHostDeniesIsAccessDeniedAndCountedOnce) {
  directory_.add_file("open", "x");
  directory_.add_file("closed", "x");
  directory_.add_directory("dir");
  ASSERT_EQ(::chmod(root().c_str(), 0755), 0);
  ASSERT_EQ(::chmod((root() / "closed").c_str(), 0), 0);
  ASSERT_EQ(::chmod((root() / "dir").c_str(), 0), 0);
  {
    AsOrdinaryUser ordinary;
    EXPECT_EQ(open(u"\\open", FILE_READ_DATA).text(), "x");
    EXPECT_EQ(open(u"\\closed", FILE_READ_DATA).status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(open(u"\\closed", FILE_READ_DATA).status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(open(u"\\closed", FILE_READ_ATTRIBUTES).status, STATUS_SUCCESS);
    EXPECT_EQ(open(u"\\dir", FILE_LIST_DIRECTORY).status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(open(u"\\dir\\file").status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(fs().lower_counts().unreadable, 2u);
    EXPECT_EQ(open(u"\\closed", kAllAccess, FILE_OVERWRITE).status, STATUS_SUCCESS);
  }
  ASSERT_EQ(::chmod((root() / "dir").c_str(), 0700), 0);
}

TEST_F(HostVolumeTest, WrongDirectoriesAreToldApart) {
  directory_.add_file("file", "");
  VolumeOptions options{.clock = [] { return Ticks{1}; }};
  EXPECT_EQ(open_host_volume((root() / "missing").string(), options).error, HostVolumeError::kNotFound);
  HostVolume file = open_host_volume((root() / "file").string(), options);
  EXPECT_EQ(file.error, HostVolumeError::kNotADirectory);
  EXPECT_FALSE(file.message.empty());
  EXPECT_EQ(file.file_system, nullptr);
}

// --- size ---

TEST_F(HostVolumeTest, WritingOneByteOfALargeFileCopiesNoMoreThanAPage) {
  directory_.add_file("large", "");
  std::filesystem::resize_file(root() / "large", std::uintmax_t{1} << 40);
  Handle handle = open(u"\\large");
  ASSERT_EQ(handle.write("x", std::int64_t{1} << 39), STATUS_SUCCESS);
  std::array<std::byte, 3> bytes;
  ASSERT_EQ(fs().read(*handle, (std::int64_t{1} << 39) - 1, bytes).transferred, 3u);
  EXPECT_EQ(bytes[0], std::byte{0});
  EXPECT_EQ(bytes[1], std::byte{'x'});
  VolumeInformation volume = fs().volume_information();
  EXPECT_EQ(volume.available_allocation_units, volume.total_allocation_units);
}

TEST_F(HostVolumeTest, ManyOpensNeedFewDescriptors) {
  for (int i = 0; i < 200; ++i) directory_.add_file("file" + std::to_string(i), std::to_string(i));
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(list(u"\\").size(), 200u);
  rlimit few{64, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<Handle> handles;
  for (int i = 0; i < 200; ++i) {
    handles.push_back(open(wide("\\file" + std::to_string(i))));
    EXPECT_EQ(handles.back().text(), std::to_string(i));
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace fltsim::fs

// The steps of the smoke workload that one program does.
#include <array>
#include <cstring>

#include "cli/smoke.hpp"
#include "cli/smoke_values.hpp"
#include "cli/text.hpp"

namespace fltlink::cli {

using fltsim::FileHandle;
using namespace smoke;

namespace {

template <class Value>
std::string bytes_of(Value value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

}  // namespace

void Smoke::make_folder() {
  told_.answer("mkdir", app_.mkdir(drive_ + u"\\fltlink smoke"));
  told_.answer("mkdir", app_.mkdir(in_folder(u"inner")));
}

void Smoke::make_and_change() {
  const std::u16string path = in_folder(u"plan.txt");
  write(path, "the first words");
  write(path, "other words, and more of them");  // overwrites
  if (told_.answer("append", app_.append(path, " at the end")).status == kSuccess)
    expect_content(path, "other words, and more of them at the end");
  for (const std::uint32_t disposition : {kSupersede, kOverwrite, kOverwriteIf, kOpenIf}) {
    const auto file = open(path, kGenericRead | kGenericWrite, disposition, kNonDirectoryFile);
    if (file.handle == FileHandle::kNone) continue;
    const std::string text(3000, static_cast<char>('a' + disposition));
    const auto written = told_.answer("write", app_.write(file.handle, text, 0));
    const auto read = told_.answer("read", app_.read(file.handle, 3000, 0));
    if (written.status == kSuccess && read.status == kSuccess && read.content != text)
      report_difference(path, text, read.content);
    told_.answer("flush", app_.flush(file.handle));
    close(file.handle);
  }
  // Straight to the disk, in whole sectors.
  const auto raw = open(in_folder(u"raw.bin"), kGenericRead | kGenericWrite, kOpenIf,
                        kNonDirectoryFile | kNoIntermediateBuffering | kWriteThrough);
  if (raw.handle != FileHandle::kNone) {
    const std::string sectors(4096, '\x5A');
    const auto written = told_.answer("write", app_.write(raw.handle, sectors, 0));
    const auto read = told_.answer("read", app_.read(raw.handle, 4096, 0));
    if (written.status == kSuccess && read.status == kSuccess && read.content != sectors)
      report_difference(in_folder(u"raw.bin"), sectors, read.content);
    close(raw.handle);
  }
}

void Smoke::rename_and_link() {
  const std::u16string path = in_folder(u"draft.txt");
  write(path, "a draft");
  told_.answer("rename", app_.rename(path, u"final.txt"));
  told_.answer("rename", app_.rename(in_folder(u"final.txt"), in_folder(u"inner\\final.txt")));
  told_.answer("move", app_.move(in_folder(u"inner\\final.txt"), in_folder(u"moved.txt")));
  told_.answer("link", app_.link(in_folder(u"linked.txt"), in_folder(u"moved.txt")));
  write(path, "in the way");
  told_.answer("rename", app_.rename(path, u"moved.txt"));        // collides
  told_.answer("rename", app_.rename(path, u"moved.txt", true));  // replaces
  told_.answer("rename", app_.rename(in_folder(u"inner"), u"inside"));
  told_.answer("rename", app_.rename(in_folder(u"inside"), u"inner"));
  remove(in_folder(u"linked.txt"));
  remove(in_folder(u"moved.txt"));
}

void Smoke::remove_in_every_way() {
  const std::u16string path = in_folder(u"to go.txt");
  write(path, "by its disposition");
  if (const auto file = open(path, kDelete, kOpen); file.handle != FileHandle::kNone) {
    told_.answer("delete", app_.set(file.handle, kDisposition, std::string("\1", 1)));
    told_.answer("delete", app_.set(file.handle, kDisposition, std::string("\0", 1)));  // stays after all
    told_.answer("delete", app_.set(file.handle, kDisposition, std::string("\1", 1)));
    close(file.handle);
  }
  close(open(path, kGenericWrite | kDelete, kOpenIf, kDeleteOnClose).handle);
  write(path, "as POSIX does");
  if (const auto file = open(path, kDelete, kOpen); file.handle != FileHandle::kNone) {
    told_.answer("delete", app_.set(file.handle, kDispositionEx, bytes_of<std::uint32_t>(1 | 2)));
    close(open(path, kGenericRead, kOpen).handle);  // gone by name, open by handle
    close(file.handle);
  }
  remove(in_folder(u"never there.txt"));
  remove(in_folder(u""));  // not empty
}

void Smoke::use_streams() {
  const std::u16string path = in_folder(u"streams.txt");
  write(path, "the default stream");
  write(path + u":side", "another stream");
  if (const auto file = open(path, kReadAttributes, kOpen); file.handle != FileHandle::kNone) {
    told_.answer("query streams", app_.query(file.handle, kStream, 1024));
    close(file.handle);
  }
  expect_content(path, "the default stream");
  remove(path + u":side");
  remove(path);
}

void Smoke::look_into_folders() {
  for (int number = 0; number < 12; ++number)
    write(in_folder(u"entry " + decimal(static_cast<std::uint64_t>(number)) +
                    (number % 2 == 0 ? u".txt" : u".doc")),
          "x");
  for (const char16_t* pattern : {u"", u"*.txt", u"entry ?.doc", u"none.*"}) {
    const auto folder = open(in_folder(u""), kListDirectory, kOpen, kDirectoryFile);
    if (folder.handle == FileHandle::kNone) continue;
    for (int call = 0; call < 40; ++call) {
      const auto listed =
          told_.answer("list", app_.query_directory(folder.handle, call == 0 ? pattern : u"", false, 512));
      if (listed.status != kSuccess) break;
    }
    told_.answer("list", app_.query_directory(folder.handle, u"", true));
    close(folder.handle);
  }
  told_.answer("list", app_.list(drive_ + u"\\"));
}

void Smoke::ask_and_set() {
  const std::u16string path = in_folder(u"asked.txt");
  write(path, "ask me");
  const auto file =
      open(path, kGenericRead | kGenericWrite | kReadAttributes | kWriteAttributes, kOpen, kNonDirectoryFile);
  if (file.handle == FileHandle::kNone) return;
  for (const std::uint32_t which :
       {kBasic, kStandard, kInternal, kEa, kAccess, kName, kPosition, kAll, kNetworkOpen, kAttributeTag})
    told_.answer("query", app_.query(file.handle, which, 1024));
  // Creation, access, write and change time: the last one as it is; read-only and hidden.
  struct Basic {
    std::array<std::int64_t, 4> times;
    std::uint32_t attributes;
    std::uint32_t padding;
  };
  constexpr std::int64_t kSomeDay = 132'000'000'000'000'000;
  told_.answer("set times", app_.set(file.handle, kBasic,
                                     bytes_of(Basic{{kSomeDay, kSomeDay, kSomeDay, 0}, 0x01 | 0x02, 0})));
  told_.answer("set times", app_.set(file.handle, kBasic, bytes_of(Basic{{0, 0, 0, 0}, 0x80, 0})));
  told_.answer("set size", app_.set(file.handle, kEndOfFile, bytes_of<std::int64_t>(100)));
  told_.answer("set size", app_.set(file.handle, kAllocation, bytes_of<std::int64_t>(8192)));
  told_.answer("set size", app_.set(file.handle, kEndOfFile, bytes_of<std::int64_t>(3)));
  told_.answer("set position", app_.set(file.handle, kPosition, bytes_of<std::int64_t>(1)));
  told_.answer("read", app_.read(file.handle, 2));
  close(file.handle);
  told_.answer("truncate", app_.truncate(path, 0));
}

void Smoke::share_and_collide() {
  const std::u16string path = in_folder(u"mine.txt");
  write(path, "mine alone");
  const auto alone = open(path, kGenericRead | kGenericWrite, kOpen, 0, 0);
  close(open(path, kGenericRead, kOpen).handle);  // sharing violation
  close(open(path, kDelete, kOpen).handle);
  remove(path);
  close(alone.handle);
  close(open(path, kGenericWrite, kCreate).handle);  // is there
  close(open(in_folder(u"nowhere\\x.txt"), kGenericRead, kOpen).handle);
  close(open(path, kGenericRead, kOpen, kDirectoryFile).handle);
  close(open(in_folder(u"inner"), kGenericRead, kOpen, kNonDirectoryFile).handle);
}

void Smoke::open_by_id() {
  const std::u16string path = in_folder(u"by id.txt");
  write(path, "found by its number");
  const auto file = open(path, kReadAttributes, kOpen);
  if (file.handle == FileHandle::kNone) return;
  const auto id = told_.answer("query", app_.query(file.handle, kInternal, 8));
  if (id.status == kSuccess && id.content.size() == 8) {
    std::u16string number(4, u'\0');
    std::memcpy(number.data(), id.content.data(), 8);
    const auto again = told_.answer("create by id", app_.create({.path = number,
                                                                 .access = kGenericRead | kSynchronize,
                                                                 .options = kSynchronousIo | kOpenByFileId,
                                                                 .root = file.handle}));
    if (again.handle != FileHandle::kNone) {
      told_.answer("read", app_.read(again.handle, 100, 0));
      close(again.handle);
    }
  }
  close(file.handle);
}

void Smoke::map() {
  const std::u16string path = in_folder(u"mapped.bin");
  const std::string before(10'000, 'm');
  write(path, before);
  const auto file = open(path, kGenericRead | kGenericWrite, kOpen);
  if (file.handle == FileHandle::kNone) return;
  const auto mapped = told_.answer("map", app_.map(file.handle));
  if (mapped.status == kSuccess) {
    if (std::memcmp(mapped.view.data(), before.data(), std::min(before.size(), mapped.view.size())) != 0)
      report_difference(path, before,
                        {reinterpret_cast<const char*>(mapped.view.data()), mapped.view.size()});
    std::string after = before;
    after[5000] = '!';
    const bool room = mapped.view.size() > 5000;
    if (room) mapped.view[5000] = std::byte{'!'};
    const auto flushed = told_.answer("flush view", app_.flush_view(mapped.view));
    told_.answer("unmap", app_.unmap(mapped.view));
    if (room && flushed.status == kSuccess) expect_content(path, after);
  }
  close(file.handle);
}

void Smoke::reach_for_the_edges() {
  const std::u16string path = in_folder(u"edges.bin");
  write(path, "0123456789");
  const auto file = open(path, kGenericRead | kGenericWrite, kOpen);
  if (file.handle == FileHandle::kNone) return;
  told_.answer("read", app_.read(file.handle, 100, 5));    // over the end
  told_.answer("read", app_.read(file.handle, 10, 10));    // at the end
  told_.answer("read", app_.read(file.handle, 10, 5000));  // far behind it
  told_.answer("read", app_.read(file.handle, 0, 0));
  told_.answer("write", app_.write(file.handle, "", 0));
  told_.answer("write", app_.write(file.handle, "far", 100'000));  // leaves a hole
  told_.answer("read", app_.read(file.handle, 16, 50'000));
  const std::string big(300'000, 'B');
  const auto written = told_.answer("write", app_.write(file.handle, big, 1));
  const auto read = told_.answer("read", app_.read(file.handle, 300'000, 1));
  if (written.status == kSuccess && read.status == kSuccess && read.content != big)
    report_difference(path, big, read.content);
  close(file.handle);
}

void Smoke::use_names() {
  write(in_folder(u"\u00E4\u4E2D\u6587 \U0001F4C4.txt"), "a name of many scripts");
  write(in_folder(std::u16string(240, u'n') + u".txt"), "a long name");
  std::u16string deep = in_folder(u"inner");
  std::vector<std::u16string> folders;
  for (int level = 0; level < 12; ++level) {
    deep += u"\\a folder with a name of some length";
    told_.answer("mkdir", app_.mkdir(deep));
    folders.push_back(deep);
  }
  write(deep + u"\\leaf.txt", "longer than 260");
  remove(deep + u"\\leaf.txt");
  while (!folders.empty()) {
    remove(folders.back());
    folders.pop_back();
  }
}

void Smoke::go_the_fast_way() {
  const std::u16string path = in_folder(u"fast.txt");
  write(path, "by fast I/O, where it is allowed");
  const auto file = told_.answer(
      "create",
      app_.create({.path = path, .access = kGenericRead | kGenericWrite | kSynchronize, .fast_io = true}));
  if (file.handle == FileHandle::kNone) return;
  told_.answer("read", app_.read(file.handle, 100, 0));
  told_.answer("write", app_.write(file.handle, "fast", 0));
  told_.answer("query", app_.query(file.handle, kBasic, 40));
  told_.answer("query", app_.query(file.handle, kStandard, 24));
  close(file.handle);
}

void Smoke::ask_the_volume() {
  const auto root = open(drive_ + u"\\", kListDirectory, kOpen, kDirectoryFile);
  if (root.handle == FileHandle::kNone) return;
  for (const std::uint32_t which : {kFsVolume, kFsSize, kFsDevice, kFsAttribute, kFsFullSize})
    told_.answer("query volume", app_.query_volume(root.handle, which, 512));
  close(root.handle);
}

// The first files of the root, and of one folder below it.
void Smoke::read_what_is_there() {
  std::size_t left = 20;
  std::vector<std::u16string> folders{drive_};
  for (std::size_t next = 0; next < folders.size() && next < 2; ++next) {
    const std::u16string folder = folders[next];
    for (const fltsim::ListEntry& entry : told_.answer("list", app_.list(folder + u"\\")).entries) {
      const std::u16string path = folder + u'\\' + entry.name;
      if ((entry.attributes & 0x10) != 0) {
        if (entry.name != u"fltlink smoke") folders.push_back(path);
      } else if (left > 0 && entry.size < 1'000'000) {
        told_.answer("read", app_.read(path));
        --left;
      }
    }
  }
}

void Smoke::leave_nothing() {
  for (const std::u16string& folder : {in_folder(u"inner"), drive_ + u"\\fltlink smoke"}) {
    for (const fltsim::ListEntry& entry : told_.answer("list", app_.list(folder)).entries)
      remove(folder + u'\\' + entry.name);
    remove(folder);
  }
}

}  // namespace fltlink::cli

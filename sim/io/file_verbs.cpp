// fltsim::FileVerbs: the system calls of an ordinary program.
#include "fltsim/file_verbs.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "io/verb_support.hpp"

namespace fltsim {

namespace {

constexpr std::uint32_t kSynchronous = FILE_SYNCHRONOUS_IO_NONALERT;
constexpr std::uint32_t kReadUnit = 64 * 1024;

std::u16string nt_name(const CreateArguments& arguments) {
  const std::u16string& path = arguments.path;
  const bool is_relative = arguments.root != FileHandle::kNone;
  if (is_relative || (!path.empty() && path.front() == u'\\')) return path;
  return u"\\??\\" + path;
}

// --- single system calls, in the calling thread ---

CreateResult nt_create(const CreateArguments& arguments) {
  CreateResult result;
  result.status = system_call("NtCreateFile", [&](const Caller& caller) {
    const std::u16string name = nt_name(arguments);
    io::CreateCall call;
    call.root_directory = to_handle(arguments.root);
    call.request.name = name;
    call.request.case_insensitive = arguments.case_insensitive;
    call.request.access = arguments.access;
    call.request.allocation_size = arguments.allocation_size;
    call.request.attributes = arguments.attributes;
    call.request.share = arguments.share;
    call.request.disposition = arguments.disposition;
    call.request.options = arguments.options;
    call.request.fast_io = arguments.fast_io;
    const std::string attributes = pack_extended_attributes(arguments.extended_attributes);
    const UserBuffer ea_buffer(caller.thread, attributes.data(), attributes.size(), UserBuffer::Use::kInput);
    if (!attributes.empty()) call.ea_buffer = ea_buffer.address();
    call.ea_length = static_cast<ULONG>(attributes.size());
    HANDLE handle = nullptr;
    IO_STATUS_BLOCK block{};
    const NTSTATUS status = io::create_file(caller, handle, block, call);
    result.information = block.Information;
    result.handle = static_cast<FileHandle>(reinterpret_cast<std::uintptr_t>(handle));
    return status;
  });
  return result;
}

IoResult nt_close(FileHandle handle) {
  IoResult result;
  result.status = system_call(
      "NtClose", [&](const Caller& caller) { return nt::close_handle(to_handle(handle), caller.mode); });
  return result;
}

LARGE_INTEGER* large(const std::optional<std::int64_t>& offset, LARGE_INTEGER& storage) {
  if (!offset) return nullptr;
  storage.QuadPart = *offset;
  return &storage;
}

IoResult nt_read(FileHandle handle, std::uint32_t length, std::optional<std::int64_t> offset) {
  IoResult result;
  std::string bytes(length, '\0');
  result.status = system_call("NtReadFile", [&](const Caller& caller) {
    const UserBuffer buffer(caller.thread, bytes.data(), length, UserBuffer::Use::kOutput);
    IO_STATUS_BLOCK block{};
    LARGE_INTEGER start;
    const NTSTATUS status =
        io::read_file(caller, to_handle(handle), block, buffer.address(), length, large(offset, start));
    result.information = block.Information;
    return status;
  });
  bytes.resize(std::min<std::size_t>(result.information, length));
  result.content = std::move(bytes);
  return result;
}

IoResult nt_write(FileHandle handle, std::string_view bytes, std::optional<std::int64_t> offset) {
  IoResult result;
  result.status = system_call("NtWriteFile", [&](const Caller& caller) {
    const UserBuffer buffer(caller.thread, bytes.data(), bytes.size(), UserBuffer::Use::kInput);
    IO_STATUS_BLOCK block{};
    LARGE_INTEGER start;
    const NTSTATUS status = io::write_file(caller, to_handle(handle), block, buffer.address(),
                                           static_cast<ULONG>(bytes.size()), large(offset, start));
    result.information = block.Information;
    return status;
  });
  return result;
}

IoResult nt_query(FileHandle handle, std::uint32_t which, std::uint32_t length) {
  return call_with_output(
      "NtQueryInformationFile", length, [&](const Caller& caller, IO_STATUS_BLOCK& block, void* buffer) {
        return io::query_information_file(caller, to_handle(handle), block, buffer, length,
                                          static_cast<FILE_INFORMATION_CLASS>(which));
      });
}

IoResult nt_query_volume(FileHandle handle, std::uint32_t which, std::uint32_t length) {
  return call_with_output("NtQueryVolumeInformationFile", length,
                          [&](const Caller& caller, IO_STATUS_BLOCK& block, void* buffer) {
                            return io::query_volume_information_file(
                                caller, to_handle(handle), block, buffer, length,
                                static_cast<FS_INFORMATION_CLASS>(which));
                          });
}

IoResult nt_set(FileHandle handle, std::uint32_t which, std::string_view bytes) {
  IoResult result;
  result.status = system_call("NtSetInformationFile", [&](const Caller& caller) {
    const UserBuffer buffer(caller.thread, bytes.data(), bytes.size(), UserBuffer::Use::kInput);
    IO_STATUS_BLOCK block{};
    const NTSTATUS status = io::set_information_file(caller, to_handle(handle), block, buffer.address(),
                                                     static_cast<ULONG>(bytes.size()),
                                                     static_cast<FILE_INFORMATION_CLASS>(which));
    result.information = block.Information;
    return status;
  });
  return result;
}

IoResult nt_flush(FileHandle handle) {
  IoResult result;
  result.status = system_call("NtFlushBuffersFile", [&](const Caller& caller) {
    IO_STATUS_BLOCK block{};
    return io::flush_buffers_file(caller, to_handle(handle), block);
  });
  return result;
}

IoResult nt_control(FileHandle handle, std::uint32_t code, std::string_view input,
                    std::uint32_t output_length) {
  return call_with_output("NtDeviceIoControlFile", output_length,
                          [&](const Caller& caller, IO_STATUS_BLOCK& block, void* buffer) {
                            const UserBuffer sent(caller.thread, input.empty() ? nullptr : input.data(),
                                                  input.size(), UserBuffer::Use::kInput);
                            io::DeviceControl control;
                            control.code = code;
                            control.input = sent.address();
                            control.input_length = static_cast<ULONG>(input.size());
                            control.output = output_length != 0 ? buffer : nullptr;
                            control.output_length = output_length;
                            control.file_system = DEVICE_TYPE_FROM_CTL_CODE(code) == FILE_DEVICE_FILE_SYSTEM;
                            return io::device_control_file(caller, to_handle(handle), block, control);
                          });
}

template <class Structure>
std::string bytes_of(const Structure& structure) {
  return {reinterpret_cast<const char*>(&structure), sizeof structure};
}

IoResult nt_set_name(FileHandle handle, std::uint32_t which, std::u16string_view target, std::uint32_t flags,
                     FileHandle root) {
  constexpr std::size_t kFixed = offsetof(FILE_RENAME_INFORMATION, FileName);
  FILE_RENAME_INFORMATION information{};
  if (which == FileRenameInformationEx) {
    information.Flags = flags;
  } else {
    information.ReplaceIfExists = flags != 0;
  }
  information.RootDirectory = to_handle(root);
  information.FileNameLength = static_cast<ULONG>(target.size() * sizeof(char16_t));
  std::string bytes(std::max(sizeof information, kFixed + information.FileNameLength), '\0');
  std::memcpy(bytes.data(), &information, sizeof information);
  std::memcpy(bytes.data() + kFixed, target.data(), information.FileNameLength);
  return nt_set(handle, which, bytes);
}

std::vector<ListEntry> parse_listing(std::string_view bytes) {
  std::vector<ListEntry> entries;
  constexpr std::size_t kFixed = offsetof(FILE_BOTH_DIR_INFORMATION, FileName);
  // What a filter has made of the entries may lead anywhere.
  for (std::size_t at = 0; at < bytes.size() && bytes.size() - at >= kFixed;) {
    FILE_BOTH_DIR_INFORMATION entry{};
    std::memcpy(&entry, bytes.data() + at, std::min(sizeof entry, bytes.size() - at));
    ListEntry listed;
    const std::size_t room = bytes.size() - at - kFixed;
    listed.name.resize(std::min<std::size_t>(entry.FileNameLength, room) / sizeof(char16_t));
    std::memcpy(listed.name.data(), bytes.data() + at + kFixed, listed.name.size() * sizeof(char16_t));
    listed.attributes = entry.FileAttributes;
    listed.size = static_cast<std::uint64_t>(entry.EndOfFile.QuadPart);
    entries.push_back(std::move(listed));
    if (entry.NextEntryOffset == 0) break;
    at += entry.NextEntryOffset;
  }
  return entries;
}

ListResult nt_query_directory(FileHandle handle, std::u16string_view pattern, bool restart,
                              std::uint32_t length) {
  std::u16string text(pattern);
  UNICODE_STRING name{};
  name.Length = name.MaximumLength = static_cast<USHORT>(text.size() * sizeof(char16_t));
  name.Buffer = text.data();
  const IoResult answered = call_with_output(
      "NtQueryDirectoryFile", length, [&](const Caller& caller, IO_STATUS_BLOCK& block, void* buffer) {
        io::DirectoryQuery query;
        query.buffer = buffer;
        query.length = length;
        query.pattern = text.empty() ? nullptr : &name;
        query.restart_scan = restart;
        return io::query_directory_file(caller, to_handle(handle), block, query);
      });
  ListResult result;
  result.status = answered.status;
  result.entries = parse_listing(answered.content);
  return result;
}

MapResult nt_map(FileHandle handle, bool writable) {
  MapResult result;
  HANDLE section = nullptr;
  result.status = system_call("NtCreateSection", [&](const Caller& caller) {
    return io::create_section(caller, section, to_handle(handle), writable ? PAGE_READWRITE : PAGE_READONLY);
  });
  if (!NT_SUCCESS(result.status)) return result;
  result.status = system_call("NtMapViewOfSection", [&](const Caller& caller) {
    void* base = nullptr;
    std::size_t size = 0;
    const NTSTATUS status = io::map_view(caller, section, base, size);
    result.view = {static_cast<std::byte*>(base), size};
    return status;
  });
  nt_close(static_cast<FileHandle>(reinterpret_cast<std::uintptr_t>(section)));
  return result;
}

// --- programs made of them ---

// Opens, does one thing, closes: the status is that of the open if it failed, else that of the thing.
template <class Body>
IoResult with_file(const CreateArguments& arguments, Body&& body) {
  const CreateResult opened = nt_create(arguments);
  IoResult result;
  result.status = opened.status;
  if (!NT_SUCCESS(opened.status)) return result;
  result = body(opened.handle);
  nt_close(opened.handle);
  return result;
}

IoResult read_to_end(FileHandle handle) {
  IoResult all;
  for (;;) {
    IoResult part = nt_read(handle, kReadUnit, std::nullopt);
    const bool ended = part.status == STATUS_END_OF_FILE;
    all.status = ended ? STATUS_SUCCESS : part.status;
    if (!NT_SUCCESS(part.status)) return all;
    all.content += part.content;
    all.information = all.content.size();
  }
}

ListResult list_all(const std::u16string& path) {
  ListResult all;
  const CreateResult opened = nt_create({.path = path,
                                         .access = FILE_LIST_DIRECTORY | SYNCHRONIZE,
                                         .options = kSynchronous | FILE_DIRECTORY_FILE});
  all.status = opened.status;
  if (!NT_SUCCESS(opened.status)) return all;
  for (;;) {
    const ListResult part = nt_query_directory(opened.handle, {}, false, 4096);
    all.status = part.status == STATUS_NO_MORE_FILES ? STATUS_SUCCESS : part.status;
    if (part.status != STATUS_SUCCESS) break;
    for (const ListEntry& entry : part.entries) {
      if (entry.name != u"." && entry.name != u"..") all.entries.push_back(entry);
    }
  }
  nt_close(opened.handle);
  return all;
}

// A bare name stays one; anything else becomes a full NT name.
std::u16string target_name(std::u16string_view to) {
  const bool is_bare = to.find(u'\\') == std::u16string_view::npos;
  if (is_bare || to.front() == u'\\') return std::u16string(to);
  return u"\\??\\" + std::u16string(to);
}

IoResult rename_file(const std::u16string& from, const std::u16string& to, bool replace) {
  return with_file(
      {.path = from, .access = DELETE | SYNCHRONIZE, .options = kSynchronous}, [&](FileHandle handle) {
        return nt_set_name(handle, FileRenameInformation, target_name(to), replace, FileHandle::kNone);
      });
}

}  // namespace

std::vector<std::u16string> ListResult::names() const {
  std::vector<std::u16string> names;
  for (const ListEntry& entry : entries) names.push_back(entry.name);
  return names;
}

IoResult FileVerbs::write(std::u16string_view path, std::string_view text) const {
  return run(*process_, "write", [path = std::u16string(path), text = std::string(text)] {
    const CreateArguments arguments{.path = path,
                                    .access = GENERIC_WRITE | SYNCHRONIZE,
                                    .disposition = FILE_OVERWRITE_IF,
                                    .options = kSynchronous | FILE_NON_DIRECTORY_FILE,
                                    .share = FILE_SHARE_READ};
    return with_file(arguments, [&](FileHandle handle) { return nt_write(handle, text, std::nullopt); });
  });
}

IoResult FileVerbs::append(std::u16string_view path, std::string_view text) const {
  return run(*process_, "append", [path = std::u16string(path), text = std::string(text)] {
    const CreateArguments arguments{.path = path,
                                    .access = FILE_APPEND_DATA | SYNCHRONIZE,
                                    .disposition = FILE_OPEN_IF,
                                    .options = kSynchronous | FILE_NON_DIRECTORY_FILE};
    return with_file(arguments, [&](FileHandle handle) { return nt_write(handle, text, std::nullopt); });
  });
}

IoResult FileVerbs::read(std::u16string_view path) const {
  return run(*process_, "read", [path = std::u16string(path)] {
    return with_file({.path = path, .options = kSynchronous | FILE_NON_DIRECTORY_FILE}, read_to_end);
  });
}

IoResult FileVerbs::rename(std::u16string_view from, std::u16string_view to, bool replace) const {
  return run(*process_, "rename", [from = std::u16string(from), to = std::u16string(to), replace] {
    return rename_file(from, to, replace);
  });
}

IoResult FileVerbs::move(std::u16string_view from, std::u16string_view to, bool replace) const {
  return run(*process_, "move", [from = std::u16string(from), to = std::u16string(to), replace] {
    return rename_file(from, to, replace);
  });
}

IoResult FileVerbs::link(std::u16string_view path, std::u16string_view existing) const {
  return run(*process_, "link", [path = std::u16string(path), existing = std::u16string(existing)] {
    return with_file(
        {.path = existing, .access = FILE_WRITE_ATTRIBUTES | SYNCHRONIZE, .options = kSynchronous},
        [&](FileHandle handle) {
          return nt_set_name(handle, FileLinkInformation, target_name(path), 0, FileHandle::kNone);
        });
  });
}

IoResult FileVerbs::remove(std::u16string_view path) const {
  return run(*process_, "remove", [path = std::u16string(path)] {
    return with_file(
        {.path = path, .access = DELETE | SYNCHRONIZE, .options = kSynchronous}, [](FileHandle handle) {
          return nt_set(handle, FileDispositionInformation, bytes_of(FILE_DISPOSITION_INFORMATION{TRUE}));
        });
  });
}

IoResult FileVerbs::mkdir(std::u16string_view path) const {
  return run(*process_, "mkdir", [path = std::u16string(path)] {
    const CreateArguments arguments{.path = path,
                                    .access = FILE_LIST_DIRECTORY | SYNCHRONIZE,
                                    .disposition = FILE_CREATE,
                                    .options = kSynchronous | FILE_DIRECTORY_FILE};
    return with_file(arguments, [](FileHandle) { return IoResult{.status = STATUS_SUCCESS, .content = {}}; });
  });
}

IoResult FileVerbs::truncate(std::u16string_view path, std::uint64_t size) const {
  return run(*process_, "truncate", [path = std::u16string(path), size] {
    FILE_END_OF_FILE_INFORMATION end{};
    end.EndOfFile.QuadPart = static_cast<LONGLONG>(size);
    return with_file(
        {.path = path, .access = FILE_WRITE_DATA | SYNCHRONIZE, .options = kSynchronous},
        [&](FileHandle handle) { return nt_set(handle, FileEndOfFileInformation, bytes_of(end)); });
  });
}

bool FileVerbs::exists(std::u16string_view path) const {
  const IoResult looked = run(*process_, "exists", [path = std::u16string(path)] {
    const CreateArguments arguments{
        .path = path, .access = FILE_READ_ATTRIBUTES | SYNCHRONIZE, .options = kSynchronous};
    return with_file(arguments, [](FileHandle) { return IoResult{.status = STATUS_SUCCESS, .content = {}}; });
  });
  return NT_SUCCESS(looked.status);
}

ListResult FileVerbs::list(std::u16string_view path) const {
  return run(*process_, "list", [path = std::u16string(path)] { return list_all(path); });
}

CreateResult FileVerbs::create(const CreateArguments& arguments) const {
  return run(*process_, "create", [arguments] { return nt_create(arguments); });
}

CreateResult FileVerbs::open_by_id(FileHandle root, std::uint64_t id, CreateArguments arguments) const {
  arguments.path.resize(sizeof id / sizeof(char16_t));
  std::memcpy(arguments.path.data(), &id, sizeof id);
  arguments.root = root;
  arguments.options |= FILE_OPEN_BY_FILE_ID;
  return create(arguments);
}

IoResult FileVerbs::close(FileHandle handle) const {
  return run(*process_, "close", [handle] { return nt_close(handle); });
}

IoResult FileVerbs::read(FileHandle handle, std::uint32_t length, std::optional<std::int64_t> offset) const {
  return run(*process_, "read", [=] { return nt_read(handle, length, offset); });
}

IoResult FileVerbs::write(FileHandle handle, std::string_view bytes,
                          std::optional<std::int64_t> offset) const {
  return run(*process_, "write",
             [handle, bytes = std::string(bytes), offset] { return nt_write(handle, bytes, offset); });
}

IoResult FileVerbs::query(FileHandle handle, std::uint32_t information_class, std::uint32_t length) const {
  return run(*process_, "query", [=] { return nt_query(handle, information_class, length); });
}

IoResult FileVerbs::set(FileHandle handle, std::uint32_t information_class, std::string_view bytes) const {
  return run(*process_, "set", [handle, information_class, bytes = std::string(bytes)] {
    return nt_set(handle, information_class, bytes);
  });
}

IoResult FileVerbs::query_volume(FileHandle handle, std::uint32_t information_class,
                                 std::uint32_t length) const {
  return run(*process_, "query volume", [=] { return nt_query_volume(handle, information_class, length); });
}

ListResult FileVerbs::query_directory(FileHandle handle, std::u16string_view pattern, bool restart,
                                      std::uint32_t length) const {
  return run(*process_, "query directory", [=, pattern = std::u16string(pattern)] {
    return nt_query_directory(handle, pattern, restart, length);
  });
}

IoResult FileVerbs::flush(FileHandle handle) const {
  return run(*process_, "flush", [handle] { return nt_flush(handle); });
}

IoResult FileVerbs::device_control(FileHandle handle, std::uint32_t code, std::string_view input,
                                   std::uint32_t output_length) const {
  return run(*process_, "device control",
             [=, sent = std::string(input)] { return nt_control(handle, code, sent, output_length); });
}

IoResult FileVerbs::set_name(FileHandle handle, std::uint32_t information_class, std::u16string_view target,
                             std::uint32_t flags, FileHandle root) const {
  return run(*process_, "set name", [=, target = std::u16string(target)] {
    return nt_set_name(handle, information_class, root == FileHandle::kNone ? target_name(target) : target,
                       flags, root);
  });
}

MapResult FileVerbs::map(FileHandle handle, bool writable) const {
  return run(*process_, "map", [=] { return nt_map(handle, writable); });
}

IoResult FileVerbs::flush_view(std::span<std::byte> view) const {
  return run(*process_, "flush view", [view] {
    IoResult result;
    result.status = system_call("NtFlushVirtualMemory",
                                [&](const Caller& caller) { return io::flush_view(caller, view.data()); });
    return result;
  });
}

IoResult FileVerbs::unmap(std::span<std::byte> view) const {
  return run(*process_, "unmap", [view] {
    IoResult result;
    result.status = system_call("NtUnmapViewOfSection",
                                [&](const Caller& caller) { return io::unmap_view(caller, view.data()); });
    return result;
  });
}

}  // namespace fltsim

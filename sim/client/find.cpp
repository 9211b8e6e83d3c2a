// Enumerating directories from user mode, and what volumes there are.
#include <algorithm>
#include <cstring>
#include <optional>

#include "client/file_call.hpp"
#include "client/file_path.hpp"
#include "client/process_state.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

// Behind the handle of FindFirstFile: a directory that is being read.
struct DirectorySearch {
  HANDLE handle = nullptr;
  std::vector<std::byte> entries;
  std::size_t at = SIZE_MAX;  // of the next entry; SIZE_MAX: none is left in the buffer
};

void on_close(void* body, nt::Process&, std::uint64_t handles_left) {
  auto& search = *static_cast<DirectorySearch*>(body);
  if (handles_left == 0 && search.handle != nullptr)
    static_cast<void>(nt::close_handle(search.handle, nt::Mode::kUser));
  search.handle = nullptr;
}

const nt::ObjectType kDirectorySearchType{.name = u"DirectorySearch",
                                          .mapping = {1, 0, 0, 1},
                                          .close = &on_close,
                                          .remove = nullptr,
                                          .waitable = nullptr,
                                          .parses = false,
                                          .report_leaks = false};

constexpr ULONG kBuffer = 4096;

// As FindFirstFile translates what people type: *.* is everything, ? matches an absent character.
std::u16string pattern_of(std::u16string_view name) {
  if (name == u"*.*") return u"*";
  std::u16string pattern(name);
  std::replace(pattern.begin(), pattern.end(), u'?', u'>');
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == u'.' && i + 1 < pattern.size() && (pattern[i + 1] == u'*' || pattern[i + 1] == u'>'))
      pattern[i] = u'"';
  }
  return pattern;
}

NTSTATUS next(nt::Thread& thread, DirectorySearch& search, const std::u16string* pattern,
              WIN32_FIND_DATAW& found) {
  if (search.at == SIZE_MAX) {
    search.entries.assign(kBuffer, std::byte{0});
    UNICODE_STRING name{};
    if (pattern != nullptr) {
      name.Length = name.MaximumLength = static_cast<USHORT>(pattern->size() * sizeof(WCHAR));
      name.Buffer = const_cast<WCHAR*>(reinterpret_cast<const WCHAR*>(pattern->data()));
    }
    const nt::UserBuffer buffer(thread, search.entries.data(), kBuffer, nt::UserBuffer::Use::kOutput);
    io::DirectoryQuery query;
    query.buffer = buffer.address();
    query.length = kBuffer;
    query.pattern = pattern != nullptr ? &name : nullptr;
    IO_STATUS_BLOCK block{};
    if (const NTSTATUS status = io::query_directory_file(user(thread), search.handle, block, query);
        status != STATUS_SUCCESS)
      return status == STATUS_NO_SUCH_FILE && pattern == nullptr ? STATUS_NO_MORE_FILES : status;
    search.at = 0;
  }
  // What a filter has made of the entries may lead anywhere.
  constexpr std::size_t kFixed = offsetof(FILE_BOTH_DIR_INFORMATION, FileName);
  if (search.at + kFixed > search.entries.size()) return STATUS_NO_MORE_FILES;
  FILE_BOTH_DIR_INFORMATION entry{};
  std::memcpy(&entry, search.entries.data() + search.at, kFixed);
  found = {};
  found.dwFileAttributes = entry.FileAttributes;
  found.ftCreationTime = file_time(entry.CreationTime);
  found.ftLastAccessTime = file_time(entry.LastAccessTime);
  found.ftLastWriteTime = file_time(entry.LastWriteTime);
  found.nFileSizeHigh = static_cast<DWORD>(entry.EndOfFile.HighPart);
  found.nFileSizeLow = entry.EndOfFile.LowPart;
  const std::size_t room = search.entries.size() - search.at - kFixed;
  const std::size_t length =
      std::min({static_cast<std::size_t>(entry.FileNameLength), room, (MAX_PATH - 1) * sizeof(WCHAR)});
  std::memcpy(found.cFileName, search.entries.data() + search.at + kFixed, length);
  const std::size_t short_length =
      std::min<std::size_t>(static_cast<std::size_t>(entry.ShortNameLength), 12 * sizeof(WCHAR));
  std::memcpy(found.cAlternateFileName, entry.ShortName, short_length);
  search.at = entry.NextEntryOffset != 0 ? search.at + entry.NextEntryOffset : SIZE_MAX;
  return STATUS_SUCCESS;
}

HANDLE find_first(nt::Thread& thread, std::u16string_view path, WIN32_FIND_DATAW& found) {
  ProcessState& state = state_of(thread.process);
  std::u16string full(path);
  if (!path.starts_with(u"\\\\")) {
    const std::lock_guard lock(state.mutex);
    full = full_path(path, state.current_directory);
  }
  const std::size_t slash = full.find_last_of(u'\\');
  if (slash == std::u16string::npos || slash + 1 == full.size()) {
    thread.last_error = ERROR_FILE_NOT_FOUND;
    return INVALID_HANDLE_VALUE;
  }
  const auto search = nt::Ref<DirectorySearch>::adopt(
      nt::create_object<DirectorySearch>(thread.system, kDirectorySearchType));
  NTSTATUS status =
      open_file(thread, full.substr(0, slash + 1),
                {.access = FILE_LIST_DIRECTORY,
                 .options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT},
                search->handle);
  if (!NT_SUCCESS(status)) {
    static_cast<void>(win32_result(thread, status));
    if (status == STATUS_OBJECT_NAME_NOT_FOUND) thread.last_error = ERROR_PATH_NOT_FOUND;
    return INVALID_HANDLE_VALUE;
  }
  const std::u16string pattern = pattern_of(full.substr(slash + 1));
  status = next(thread, *search, &pattern, found);
  // The handle closes the directory with it.
  const HANDLE handle = nt::make_handle(search.get(), kDirectorySearchType.mapping.all, false);
  if (status == STATUS_SUCCESS && handle != nullptr) return handle;
  if (handle != nullptr) static_cast<void>(nt::close_handle(handle, nt::Mode::kUser));
  static_cast<void>(win32_result(thread, status == STATUS_SUCCESS ? STATUS_PROCESS_IS_TERMINATING : status));
  return INVALID_HANDLE_VALUE;
}

BOOL find_next(nt::Thread& thread, HANDLE handle, WIN32_FIND_DATAW& found) {
  nt::Ref<DirectorySearch> search;
  NTSTATUS status = open_handle(handle, kDirectorySearchType, search);
  if (status == STATUS_SUCCESS) status = next(thread, *search, nullptr, found);
  return win32_result(thread, status);
}

void narrow(const WIN32_FIND_DATAW& from, WIN32_FIND_DATAA& to) {
  std::memset(&to, 0, sizeof to);
  std::memcpy(&to, &from, offsetof(WIN32_FIND_DATAA, cFileName));
  const std::string name = nt::to_utf8(view_of(from.cFileName));
  std::memcpy(to.cFileName, name.data(), std::min<std::size_t>(name.size(), MAX_PATH - 1));
}

// --- volumes ---

constexpr char16_t kLinks[] = u"\\??\\";

std::optional<std::u16string> device_of(nt::Thread& thread, std::u16string_view name) {
  return thread.system.nt().names().link_target(kLinks + std::u16string(name));
}

// "C:" of C:\, C:\dir and C:.
std::u16string drive_of(nt::Thread& thread, LPCWSTR root) {
  std::u16string_view path = view_of(root);
  ProcessState& state = state_of(thread.process);
  const std::lock_guard lock(state.mutex);
  if (root == nullptr || path.size() < 2 || path[1] != u':') return state.current_directory.substr(0, 2);
  return std::u16string(path.substr(0, 2));
}

std::u16string letters(nt::Thread& thread) {
  std::u16string found;
  for (char16_t letter = u'A'; letter <= u'Z'; ++letter) {
    if (device_of(thread, std::u16string{letter, u':'})) found += letter;
  }
  return found;
}

// A list of texts with one more null behind.
template <class Unit>
DWORD put_list(nt::Thread& thread, const std::basic_string<Unit>& list, Unit* buffer, DWORD room) {
  if (list.size() > room) {
    thread.last_error = ERROR_INSUFFICIENT_BUFFER;
    return 0;
  }
  std::memcpy(buffer, list.data(), list.size() * sizeof(Unit));
  return static_cast<DWORD>(list.size());
}

bool query_dos_device(nt::Thread& thread, const std::u16string* name, std::u16string& list) {
  if (name == nullptr) {
    for (const char16_t letter : letters(thread)) list += std::u16string{letter, u':', u'\0'};
  } else {
    const auto device = device_of(thread, *name);
    if (!device) {
      thread.last_error = ERROR_FILE_NOT_FOUND;
      return false;
    }
    list = *device + u'\0';
  }
  list += u'\0';
  return true;
}

}  // namespace

extern "C" {

HANDLE FindFirstFileW(LPCWSTR FileName, LPWIN32_FIND_DATAW FindFileData) {
  touch_text(FileName);
  touch_output(FindFileData);
  return nt::client_call("FindFirstFileW", INVALID_HANDLE_VALUE, [&](nt::Thread& thread) -> HANDLE {
    return find_first(thread, view_of(FileName), *FindFileData);
  });
}

HANDLE FindFirstFileA(LPCSTR FileName, LPWIN32_FIND_DATAA FindFileData) {
  touch_text(FileName);
  touch_output(FindFileData);
  return nt::client_call("FindFirstFileA", INVALID_HANDLE_VALUE, [&](nt::Thread& thread) -> HANDLE {
    WIN32_FIND_DATAW found;
    const HANDLE handle = find_first(thread, wide(FileName), found);
    if (handle != INVALID_HANDLE_VALUE) narrow(found, *FindFileData);
    return handle;
  });
}

BOOL FindNextFileW(HANDLE FindFile, LPWIN32_FIND_DATAW FindFileData) {
  touch_output(FindFileData);
  return nt::client_call("FindNextFileW", FALSE, [&](nt::Thread& thread) -> BOOL {
    return find_next(thread, FindFile, *FindFileData);
  });
}

BOOL FindNextFileA(HANDLE FindFile, LPWIN32_FIND_DATAA FindFileData) {
  touch_output(FindFileData);
  return nt::client_call("FindNextFileA", FALSE, [&](nt::Thread& thread) -> BOOL {
    WIN32_FIND_DATAW found;
    if (!find_next(thread, FindFile, found)) return FALSE;
    narrow(found, *FindFileData);
    return TRUE;
  });
}

BOOL FindClose(HANDLE FindFile) {
  return nt::client_release("FindClose", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<DirectorySearch> search;
    NTSTATUS status = open_handle(FindFile, kDirectorySearchType, search);
    if (status == STATUS_SUCCESS) status = nt::close_handle(FindFile, nt::Mode::kUser);
    return win32_result(thread, status);
  });
}

DWORD GetLogicalDrives(VOID) {
  return nt::client_call("GetLogicalDrives", DWORD{0}, [](nt::Thread& thread) -> DWORD {
    DWORD drives = 0;
    for (const char16_t letter : letters(thread)) drives |= 1u << (letter - u'A');
    return drives;
  });
}

UINT GetDriveTypeW(LPCWSTR RootPathName) {
  touch_text(RootPathName);
  return nt::client_call("GetDriveTypeW", UINT{DRIVE_UNKNOWN}, [&](nt::Thread& thread) -> UINT {
    return device_of(thread, drive_of(thread, RootPathName)) ? DRIVE_FIXED : DRIVE_NO_ROOT_DIR;
  });
}

UINT GetDriveTypeA(LPCSTR RootPathName) {
  touch_text(RootPathName);
  return nt::client_call("GetDriveTypeA", UINT{DRIVE_UNKNOWN}, [&](nt::Thread&) -> UINT {
    const std::u16string root = wide(RootPathName);
    return GetDriveTypeW(RootPathName != nullptr ? reinterpret_cast<LPCWSTR>(root.c_str()) : nullptr);
  });
}

DWORD QueryDosDeviceW(LPCWSTR DeviceName, LPWSTR TargetPath, DWORD Max) {
  touch_text(DeviceName);
  touch_output(TargetPath, Max * sizeof(WCHAR));
  return nt::client_call("QueryDosDeviceW", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    const std::u16string name(view_of(DeviceName));
    std::u16string list;
    if (!query_dos_device(thread, DeviceName != nullptr ? &name : nullptr, list)) return 0;
    return put_list(thread, list, reinterpret_cast<char16_t*>(TargetPath), Max);
  });
}

DWORD QueryDosDeviceA(LPCSTR DeviceName, LPSTR TargetPath, DWORD Max) {
  touch_text(DeviceName);
  touch_output(TargetPath, Max);
  return nt::client_call("QueryDosDeviceA", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    const std::u16string name = wide(DeviceName);
    std::u16string list;
    if (!query_dos_device(thread, DeviceName != nullptr ? &name : nullptr, list)) return 0;
    return put_list(thread, nt::to_utf8(list), TargetPath, Max);
  });
}

BOOL GetVolumePathNameW(LPCWSTR FileName, LPWSTR VolumePathName, DWORD BufferLength) {
  touch_text(FileName);
  touch_output(VolumePathName, BufferLength * sizeof(WCHAR));
  return nt::client_call("GetVolumePathNameW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const std::u16string root = drive_of(thread, FileName) + u"\\";
    if (put_text(root, VolumePathName, BufferLength) < BufferLength) return TRUE;
    thread.last_error = ERROR_FILENAME_EXCED_RANGE;
    return FALSE;
  });
}

BOOL GetVolumeInformationW(LPCWSTR RootPathName, LPWSTR VolumeNameBuffer, DWORD VolumeNameSize,
                           LPDWORD VolumeSerialNumber, LPDWORD MaximumComponentLength,
                           LPDWORD FileSystemFlags, LPWSTR FileSystemNameBuffer, DWORD FileSystemNameSize) {
  touch_text(RootPathName);
  if (VolumeNameBuffer != nullptr) touch_output(VolumeNameBuffer, VolumeNameSize * sizeof(WCHAR));
  if (FileSystemNameBuffer != nullptr) touch_output(FileSystemNameBuffer, FileSystemNameSize * sizeof(WCHAR));
  for (LPDWORD number : {VolumeSerialNumber, MaximumComponentLength, FileSystemFlags}) {
    if (number != nullptr) touch_output(number);
  }
  return nt::client_call("GetVolumeInformationW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const OpenFile root(
        thread, drive_of(thread, RootPathName) + u"\\",
        {.access = FILE_READ_ATTRIBUTES,
         .options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT});
    struct {
      FILE_FS_VOLUME_INFORMATION information;
      WCHAR rest[260];
    } volume{};
    struct {
      FILE_FS_ATTRIBUTE_INFORMATION information;
      WCHAR rest[260];
    } attributes{};
    NTSTATUS status = root.status();
    if (NT_SUCCESS(status))
      status = query_volume(thread, root.handle(), FileFsVolumeInformation, &volume, sizeof volume);
    if (NT_SUCCESS(status))
      status =
          query_volume(thread, root.handle(), FileFsAttributeInformation, &attributes, sizeof attributes);
    if (!NT_SUCCESS(status)) return win32_result(thread, status);
    const std::u16string_view label(reinterpret_cast<const char16_t*>(volume.information.VolumeLabel),
                                    volume.information.VolumeLabelLength / sizeof(WCHAR));
    const std::u16string_view name(reinterpret_cast<const char16_t*>(attributes.information.FileSystemName),
                                   attributes.information.FileSystemNameLength / sizeof(WCHAR));
    const bool fits =
        (VolumeNameBuffer == nullptr || put_text(label, VolumeNameBuffer, VolumeNameSize) < VolumeNameSize) &&
        (FileSystemNameBuffer == nullptr ||
         put_text(name, FileSystemNameBuffer, FileSystemNameSize) < FileSystemNameSize);
    if (!fits) {
      thread.last_error = ERROR_BAD_LENGTH;
      return FALSE;
    }
    if (VolumeSerialNumber != nullptr) *VolumeSerialNumber = volume.information.VolumeSerialNumber;
    if (MaximumComponentLength != nullptr)
      *MaximumComponentLength = static_cast<DWORD>(attributes.information.MaximumComponentNameLength);
    if (FileSystemFlags != nullptr) *FileSystemFlags = attributes.information.FileSystemAttributes;
    return TRUE;
  });
}

BOOL GetDiskFreeSpaceExW(LPCWSTR DirectoryName, PULARGE_INTEGER FreeBytesAvailable,
                         PULARGE_INTEGER TotalBytes, PULARGE_INTEGER TotalFreeBytes) {
  touch_text(DirectoryName);
  for (PULARGE_INTEGER number : {FreeBytesAvailable, TotalBytes, TotalFreeBytes}) {
    if (number != nullptr) touch_output(number);
  }
  return nt::client_call("GetDiskFreeSpaceExW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const std::u16string path =
        DirectoryName != nullptr ? std::u16string(view_of(DirectoryName)) : drive_of(thread, nullptr) + u"\\";
    const OpenFile directory(
        thread, path,
        {.access = FILE_LIST_DIRECTORY, .options = FILE_SYNCHRONOUS_IO_NONALERT | FILE_DIRECTORY_FILE});
    FILE_FS_FULL_SIZE_INFORMATION size{};
    NTSTATUS status = directory.status();
    if (NT_SUCCESS(status))
      status = query_volume(thread, directory.handle(), FileFsFullSizeInformation, &size, sizeof size);
    if (!NT_SUCCESS(status)) return win32_result(thread, status);
    const auto unit = static_cast<ULONGLONG>(size.SectorsPerAllocationUnit) * size.BytesPerSector;
    const auto bytes = [&](const LARGE_INTEGER& units) {
      return static_cast<ULONGLONG>(units.QuadPart) * unit;
    };
    if (FreeBytesAvailable != nullptr)
      FreeBytesAvailable->QuadPart = bytes(size.CallerAvailableAllocationUnits);
    if (TotalBytes != nullptr) TotalBytes->QuadPart = bytes(size.TotalAllocationUnits);
    if (TotalFreeBytes != nullptr) TotalFreeBytes->QuadPart = bytes(size.ActualAvailableAllocationUnits);
    return TRUE;
  });
}

}  // extern "C"

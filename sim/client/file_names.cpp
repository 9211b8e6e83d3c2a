// Files of user mode by name: deleting, moving, copying, attributes, directories.
#include <algorithm>
#include <cstring>

#include "client/file_call.hpp"
#include "client/file_path.hpp"
#include "client/process_state.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

constexpr ULONG kSynchronous = FILE_SYNCHRONOUS_IO_NONALERT;

BOOL result(nt::Thread& thread, NTSTATUS status) {
  return NT_SUCCESS(status) ? TRUE : win32_result(thread, status);
}

NTSTATUS remove(nt::Thread& thread, std::u16string_view path, ULONG kind) {
  const OpenFile file(thread, path,
                      {.access = DELETE, .options = kSynchronous | kind | FILE_OPEN_REPARSE_POINT});
  if (!NT_SUCCESS(file.status())) return file.status();
  FILE_DISPOSITION_INFORMATION disposition{};
  disposition.DeleteFile = TRUE;
  return set(thread, file.handle(), FileDispositionInformation, &disposition, sizeof disposition);
}

BOOL delete_file(nt::Thread& thread, std::u16string_view path) {
  const NTSTATUS status = remove(thread, path, FILE_NON_DIRECTORY_FILE);
  if (status == STATUS_FILE_IS_A_DIRECTORY) {
    thread.last_error = ERROR_ACCESS_DENIED;
    return FALSE;
  }
  return result(thread, status);
}

NTSTATUS set_name(nt::Thread& thread, HANDLE file, FILE_INFORMATION_CLASS which, std::u16string_view to,
                  bool replace) {
  const std::u16string name = nt_name(thread, to);
  constexpr std::size_t kFixed = offsetof(FILE_RENAME_INFORMATION, FileName);
  FILE_RENAME_INFORMATION information{};
  information.ReplaceIfExists = replace;
  information.FileNameLength = static_cast<ULONG>(name.size() * sizeof(WCHAR));
  std::vector<std::byte> bytes(std::max(sizeof information, kFixed + information.FileNameLength));
  std::memcpy(bytes.data(), &information, sizeof information);
  std::memcpy(bytes.data() + kFixed, name.data(), information.FileNameLength);
  return set(thread, file, which, bytes.data(), static_cast<ULONG>(bytes.size()));
}

NTSTATUS copy(nt::Thread& thread, std::u16string_view from, std::u16string_view to, bool only_new);

BOOL move(nt::Thread& thread, std::u16string_view from, std::u16string_view to, DWORD flags) {
  if ((flags & MOVEFILE_DELAY_UNTIL_REBOOT) != 0)
    nt::unsupported("MoveFileEx with MOVEFILE_DELAY_UNTIL_REBOOT");
  NTSTATUS status = STATUS_SUCCESS;
  {
    const OpenFile file(
        thread, from,
        {.access = DELETE, .options = kSynchronous | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT});
    status = file.status();
    if (NT_SUCCESS(status))
      status = set_name(thread, file.handle(), FileRenameInformation, to,
                        (flags & MOVEFILE_REPLACE_EXISTING) != 0);
  }
  if (status == STATUS_NOT_SAME_DEVICE && (flags & MOVEFILE_COPY_ALLOWED) != 0) {
    status = copy(thread, from, to, (flags & MOVEFILE_REPLACE_EXISTING) == 0);
    if (NT_SUCCESS(status)) return delete_file(thread, from);
  }
  return result(thread, status);
}

NTSTATUS copy(nt::Thread& thread, std::u16string_view from, std::u16string_view to, bool only_new) {
  const OpenFile source(thread, from,
                        {.access = GENERIC_READ,
                         .options = kSynchronous | FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY,
                         .share = FILE_SHARE_READ});
  if (!NT_SUCCESS(source.status())) return source.status();
  FILE_BASIC_INFORMATION basic{};
  NTSTATUS status = query(thread, source.handle(), FileBasicInformation, &basic, sizeof basic);
  if (!NT_SUCCESS(status)) return status;
  const OpenFile target(thread, to,
                        {.access = GENERIC_READ | GENERIC_WRITE | DELETE,
                         .disposition = only_new ? FILE_CREATE : FILE_OVERWRITE_IF,
                         .options = kSynchronous | FILE_NON_DIRECTORY_FILE | FILE_SEQUENTIAL_ONLY,
                         .attributes = basic.FileAttributes,
                         .share = 0});
  if (!NT_SUCCESS(target.status())) return target.status();
  std::vector<std::byte> bytes(64 * 1024);
  const nt::UserBuffer buffer(thread, bytes.data(), bytes.size(), nt::UserBuffer::Use::kInput);
  for (;;) {
    IO_STATUS_BLOCK block{};
    status = io::read_file(user(thread), source.handle(), block, buffer.address(),
                           static_cast<ULONG>(bytes.size()), nullptr);
    if (status == STATUS_END_OF_FILE) break;
    if (!NT_SUCCESS(status)) return status;
    status = io::write_file(user(thread), target.handle(), block, buffer.address(),
                            static_cast<ULONG>(block.Information), nullptr);
    if (!NT_SUCCESS(status)) return status;
  }
  FILE_BASIC_INFORMATION times{};
  times.LastWriteTime = basic.LastWriteTime;
  return set(thread, target.handle(), FileBasicInformation, &times, sizeof times);
}

BOOL copy_file(nt::Thread& thread, std::u16string_view from, std::u16string_view to, BOOL only_new) {
  const NTSTATUS status = copy(thread, from, to, only_new != FALSE);
  if (status != STATUS_OBJECT_NAME_COLLISION) return result(thread, status);
  thread.last_error = ERROR_FILE_EXISTS;
  return FALSE;
}

BOOL make_directory(nt::Thread& thread, std::u16string_view path, const SECURITY_ATTRIBUTES* attributes) {
  if (attributes != nullptr && attributes->lpSecurityDescriptor != nullptr)
    nt::unsupported("CreateDirectory with a security descriptor");
  const OpenFile file(thread, path,
                      {.access = FILE_LIST_DIRECTORY,
                       .disposition = FILE_CREATE,
                       .options = kSynchronous | FILE_DIRECTORY_FILE | FILE_OPEN_FOR_BACKUP_INTENT});
  return result(thread, file.status());
}

DWORD attributes_of(nt::Thread& thread, std::u16string_view path) {
  const OpenFile file(thread, path,
                      {.access = FILE_READ_ATTRIBUTES,
                       .options = kSynchronous | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT});
  FILE_BASIC_INFORMATION basic{};
  NTSTATUS status = file.status();
  if (NT_SUCCESS(status)) status = query(thread, file.handle(), FileBasicInformation, &basic, sizeof basic);
  return result(thread, status) ? basic.FileAttributes : INVALID_FILE_ATTRIBUTES;
}

BOOL set_attributes(nt::Thread& thread, std::u16string_view path, DWORD attributes) {
  const OpenFile file(thread, path,
                      {.access = FILE_WRITE_ATTRIBUTES,
                       .options = kSynchronous | FILE_OPEN_FOR_BACKUP_INTENT | FILE_OPEN_REPARSE_POINT});
  FILE_BASIC_INFORMATION basic{};
  basic.FileAttributes = attributes & FILE_ATTRIBUTE_VALID_SET_FLAGS;
  if (basic.FileAttributes == 0) basic.FileAttributes = FILE_ATTRIBUTE_NORMAL;
  NTSTATUS status = file.status();
  if (NT_SUCCESS(status)) status = set(thread, file.handle(), FileBasicInformation, &basic, sizeof basic);
  return result(thread, status);
}

std::u16string current_directory(nt::Thread& thread) {
  ProcessState& state = state_of(thread.process);
  const std::lock_guard lock(state.mutex);
  return state.current_directory;
}

}  // namespace

// A function in its two forms: `body` has the thread, and `path` as a view of UTF-16.
#define BY_NAME(name, parameters_w, parameters_a, path, ...)                   \
  BOOL name##W parameters_w {                                                  \
    touch_text(path);                                                          \
    return nt::client_call(#name "W", FALSE, [&](nt::Thread& thread) -> BOOL { \
      const std::u16string_view given = view_of(path);                         \
      return __VA_ARGS__;                                                      \
    });                                                                        \
  }                                                                            \
  BOOL name##A parameters_a {                                                  \
    touch_text(path);                                                          \
    return nt::client_call(#name "A", FALSE, [&](nt::Thread& thread) -> BOOL { \
      const std::u16string given = wide(path);                                 \
      return __VA_ARGS__;                                                      \
    });                                                                        \
  }

extern "C" {

BY_NAME(DeleteFile, (LPCWSTR FileName), (LPCSTR FileName), FileName, delete_file(thread, given))
BY_NAME(RemoveDirectory, (LPCWSTR PathName), (LPCSTR PathName), PathName,
        result(thread, remove(thread, given, FILE_DIRECTORY_FILE)))
BY_NAME(CreateDirectory, (LPCWSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes),
        (LPCSTR PathName, LPSECURITY_ATTRIBUTES SecurityAttributes), PathName,
        make_directory(thread, given, SecurityAttributes))
BY_NAME(SetFileAttributes, (LPCWSTR FileName, DWORD FileAttributes), (LPCSTR FileName, DWORD FileAttributes),
        FileName, set_attributes(thread, given, FileAttributes))

DWORD GetFileAttributesW(LPCWSTR FileName) {
  touch_text(FileName);
  return nt::client_call("GetFileAttributesW", INVALID_FILE_ATTRIBUTES, [&](nt::Thread& thread) -> DWORD {
    return attributes_of(thread, view_of(FileName));
  });
}

DWORD GetFileAttributesA(LPCSTR FileName) {
  touch_text(FileName);
  return nt::client_call("GetFileAttributesA", INVALID_FILE_ATTRIBUTES,
                         [&](nt::Thread& thread) -> DWORD { return attributes_of(thread, wide(FileName)); });
}

BOOL MoveFileExW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, DWORD Flags) {
  touch_text(ExistingFileName);
  touch_text(NewFileName);
  return nt::client_call("MoveFileExW", FALSE, [&](nt::Thread& thread) -> BOOL {
    return move(thread, view_of(ExistingFileName), view_of(NewFileName), Flags);
  });
}

BOOL MoveFileExA(LPCSTR ExistingFileName, LPCSTR NewFileName, DWORD Flags) {
  touch_text(ExistingFileName);
  touch_text(NewFileName);
  return nt::client_call("MoveFileExA", FALSE, [&](nt::Thread& thread) -> BOOL {
    return move(thread, wide(ExistingFileName), wide(NewFileName), Flags);
  });
}

BOOL MoveFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName) {
  return MoveFileExW(ExistingFileName, NewFileName, MOVEFILE_COPY_ALLOWED);
}

BOOL MoveFileA(LPCSTR ExistingFileName, LPCSTR NewFileName) {
  return MoveFileExA(ExistingFileName, NewFileName, MOVEFILE_COPY_ALLOWED);
}

BOOL CopyFileW(LPCWSTR ExistingFileName, LPCWSTR NewFileName, BOOL FailIfExists) {
  touch_text(ExistingFileName);
  touch_text(NewFileName);
  return nt::client_call("CopyFileW", FALSE, [&](nt::Thread& thread) -> BOOL {
    return copy_file(thread, view_of(ExistingFileName), view_of(NewFileName), FailIfExists);
  });
}

BOOL CopyFileA(LPCSTR ExistingFileName, LPCSTR NewFileName, BOOL FailIfExists) {
  touch_text(ExistingFileName);
  touch_text(NewFileName);
  return nt::client_call("CopyFileA", FALSE, [&](nt::Thread& thread) -> BOOL {
    return copy_file(thread, wide(ExistingFileName), wide(NewFileName), FailIfExists);
  });
}

BOOL CreateHardLinkW(LPCWSTR FileName, LPCWSTR ExistingFileName, LPSECURITY_ATTRIBUTES) {
  touch_text(FileName);
  touch_text(ExistingFileName);
  return nt::client_call("CreateHardLinkW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const OpenFile file(thread, view_of(ExistingFileName),
                        {.access = FILE_WRITE_ATTRIBUTES, .options = kSynchronous | FILE_OPEN_REPARSE_POINT});
    NTSTATUS status = file.status();
    if (NT_SUCCESS(status))
      status = set_name(thread, file.handle(), FileLinkInformation, view_of(FileName), false);
    return result(thread, status);
  });
}

DWORD GetFullPathNameW(LPCWSTR FileName, DWORD BufferLength, LPWSTR Buffer, LPWSTR* FilePart) {
  touch_text(FileName);
  touch_output(Buffer, BufferLength * sizeof(WCHAR));
  return nt::client_call("GetFullPathNameW", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    const std::u16string full = full_path(view_of(FileName), current_directory(thread));
    const DWORD length = put_text(full, Buffer, BufferLength);
    if (FilePart != nullptr && length < BufferLength) {
      const std::size_t slash = full.find_last_of(u'\\');
      *FilePart = slash + 1 < full.size() ? Buffer + slash + 1 : nullptr;
    }
    return length;
  });
}

DWORD GetFullPathNameA(LPCSTR FileName, DWORD BufferLength, LPSTR Buffer, LPSTR* FilePart) {
  touch_text(FileName);
  touch_output(Buffer, BufferLength);
  return nt::client_call("GetFullPathNameA", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    const std::u16string full = full_path(wide(FileName), current_directory(thread));
    const DWORD length = put_text(full, Buffer, BufferLength);
    if (FilePart != nullptr && length < BufferLength) {
      char* const slash = std::strrchr(Buffer, '\\');
      *FilePart = slash != nullptr && slash[1] != 0 ? slash + 1 : nullptr;
    }
    return length;
  });
}

DWORD GetCurrentDirectoryW(DWORD BufferLength, LPWSTR Buffer) {
  touch_output(Buffer, BufferLength * sizeof(WCHAR));
  return nt::client_call("GetCurrentDirectoryW", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    return put_text(current_directory(thread), Buffer, BufferLength);
  });
}

BOOL SetCurrentDirectoryW(LPCWSTR PathName) {
  touch_text(PathName);
  return nt::client_call("SetCurrentDirectoryW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const std::u16string full = full_path(view_of(PathName), current_directory(thread));
    const OpenFile directory(thread, full,
                             {.access = FILE_LIST_DIRECTORY, .options = kSynchronous | FILE_DIRECTORY_FILE});
    if (!result(thread, directory.status())) return FALSE;
    ProcessState& state = state_of(thread.process);
    const std::lock_guard lock(state.mutex);
    state.current_directory = full;
    return TRUE;
  });
}

DWORD GetTempPathW(DWORD BufferLength, LPWSTR Buffer) {
  touch_output(Buffer, BufferLength * sizeof(WCHAR));
  return nt::client_call("GetTempPathW", DWORD{0}, [&](nt::Thread&) -> DWORD {
    return put_text(u"C:\\Windows\\Temp\\", Buffer, BufferLength);
  });
}

}  // extern "C"

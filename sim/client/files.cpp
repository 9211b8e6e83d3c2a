// Files of user mode: opening, reading and writing, places, and what an open file is.
#include <algorithm>
#include <optional>

#include "client/console.hpp"
#include "client/file_call.hpp"
#include "client/file_path.hpp"
#include "client/process_state.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace fltsim::client {

std::u16string nt_name(nt::Thread& thread, std::u16string_view path) {
  ProcessState& state = state_of(thread.process);
  const std::lock_guard lock(state.mutex);
  return nt_path(path, state.current_directory);
}

NTSTATUS open_file(nt::Thread& thread, std::u16string_view path, const Opening& opening, HANDLE& handle) {
  const std::u16string name = nt_name(thread, path);
  io::CreateCall call;
  call.request.name = name;
  call.request.access = opening.access | SYNCHRONIZE;
  call.request.attributes = opening.attributes;
  call.request.share = opening.share;
  call.request.disposition = opening.disposition;
  call.request.options = opening.options;
  IO_STATUS_BLOCK block{};
  const NTSTATUS status = io::create_file(user(thread), handle, block, call);
  if (NT_SUCCESS(status) && opening.inheritable)
    static_cast<void>(thread.process.handles.set_inheritable(handle, true));
  const bool was_there = block.Information == FILE_OPENED || block.Information == FILE_OVERWRITTEN ||
                         block.Information == FILE_SUPERSEDED;
  const bool tells = opening.disposition == FILE_OPEN_IF || opening.disposition == FILE_OVERWRITE_IF;
  if (NT_SUCCESS(status)) thread.last_error = was_there && tells ? ERROR_ALREADY_EXISTS : ERROR_SUCCESS;
  return status;
}

NTSTATUS query(nt::Thread& thread, HANDLE file, FILE_INFORMATION_CLASS which, void* to, ULONG size) {
  const nt::UserBuffer buffer(thread, to, size, nt::UserBuffer::Use::kOutput);
  IO_STATUS_BLOCK block{};
  return io::query_information_file(user(thread), file, block, buffer.address(), size, which);
}

NTSTATUS set(nt::Thread& thread, HANDLE file, FILE_INFORMATION_CLASS which, const void* from, ULONG size) {
  const nt::UserBuffer buffer(thread, from, size, nt::UserBuffer::Use::kInput);
  IO_STATUS_BLOCK block{};
  return io::set_information_file(user(thread), file, block, buffer.address(), size, which);
}

NTSTATUS query_volume(nt::Thread& thread, HANDLE file, FS_INFORMATION_CLASS which, void* to, ULONG size) {
  const nt::UserBuffer buffer(thread, to, size, nt::UserBuffer::Use::kOutput);
  IO_STATUS_BLOCK block{};
  return io::query_volume_information_file(user(thread), file, block, buffer.address(), size, which);
}

}  // namespace fltsim::client

namespace {

ULONG disposition_of(DWORD creation) {
  switch (creation) {
    case CREATE_NEW:
      return FILE_CREATE;
    case CREATE_ALWAYS:
      return FILE_OVERWRITE_IF;
    case OPEN_ALWAYS:
      return FILE_OPEN_IF;
    case TRUNCATE_EXISTING:
      return FILE_OVERWRITE;
    default:
      return FILE_OPEN;
  }
}

ULONG options_of(DWORD flags) {
  ULONG options = 0;
  const auto add = [&](DWORD flag, ULONG option) {
    if ((flags & flag) != 0) options |= option;
  };
  if ((flags & FILE_FLAG_OVERLAPPED) == 0) options |= FILE_SYNCHRONOUS_IO_NONALERT;
  if ((flags & FILE_FLAG_BACKUP_SEMANTICS) == 0) options |= FILE_NON_DIRECTORY_FILE;
  add(FILE_FLAG_BACKUP_SEMANTICS, FILE_OPEN_FOR_BACKUP_INTENT);
  add(FILE_FLAG_WRITE_THROUGH, FILE_WRITE_THROUGH);
  add(FILE_FLAG_NO_BUFFERING, FILE_NO_INTERMEDIATE_BUFFERING);
  add(FILE_FLAG_RANDOM_ACCESS, FILE_RANDOM_ACCESS);
  add(FILE_FLAG_SEQUENTIAL_SCAN, FILE_SEQUENTIAL_ONLY);
  add(FILE_FLAG_DELETE_ON_CLOSE, FILE_DELETE_ON_CLOSE);
  add(FILE_FLAG_OPEN_REPARSE_POINT, FILE_OPEN_REPARSE_POINT);
  return options;
}

HANDLE create(nt::Thread& thread, std::u16string_view path, DWORD access, DWORD share,
              const SECURITY_ATTRIBUTES* attributes, DWORD creation, DWORD flags) {
  if (path.empty()) {
    thread.last_error = ERROR_PATH_NOT_FOUND;
    return INVALID_HANDLE_VALUE;
  }
  if (creation < CREATE_NEW || creation > TRUNCATE_EXISTING) {
    thread.last_error = ERROR_INVALID_PARAMETER;
    return INVALID_HANDLE_VALUE;
  }
  if (attributes != nullptr && attributes->lpSecurityDescriptor != nullptr)
    nt::unsupported("CreateFile with a security descriptor");
  if (path == u"CONIN$" || path == u"CONOUT$") {
    HANDLE handle = INVALID_HANDLE_VALUE;
    const DWORD which = path == u"CONIN$" ? STD_INPUT_HANDLE : STD_OUTPUT_HANDLE;
    static_cast<void>(win32_result(thread, state_of(thread.process).console.standard_handle(which, handle)));
    return handle;
  }
  Opening opening{.access = access | FILE_READ_ATTRIBUTES,
                  .disposition = disposition_of(creation),
                  .options = options_of(flags),
                  .attributes = flags & FILE_ATTRIBUTE_VALID_FLAGS & ~FILE_ATTRIBUTE_DIRECTORY,
                  .share = share,
                  .inheritable = attributes != nullptr && attributes->bInheritHandle};
  if ((flags & FILE_FLAG_DELETE_ON_CLOSE) != 0) opening.access |= DELETE;
  HANDLE handle = nullptr;
  const NTSTATUS status = open_file(thread, path, opening, handle);
  if (NT_SUCCESS(status)) return handle;
  static_cast<void>(win32_result(thread, status));
  if (status == STATUS_OBJECT_NAME_COLLISION) thread.last_error = ERROR_FILE_EXISTS;
  if (status == STATUS_FILE_IS_A_DIRECTORY)
    thread.last_error = path.ends_with(u'\\') ? ERROR_PATH_NOT_FOUND : ERROR_ACCESS_DENIED;
  return INVALID_HANDLE_VALUE;
}

// --- reading and writing ---

bool is_console(HANDLE handle, nt::Ref<ConsoleFile>& file) {
  return open_handle(handle, kConsoleType, file) == STATUS_SUCCESS;
}

// The request is complete: what its OVERLAPPED says, and its event.
NTSTATUS complete(nt::Thread& thread, OVERLAPPED& overlapped, NTSTATUS status, ULONG_PTR count) {
  overlapped.Internal = static_cast<ULONG>(status);
  overlapped.InternalHigh = count;
  const auto named = reinterpret_cast<std::uintptr_t>(overlapped.hEvent) & ~std::uintptr_t{1};
  if (named == 0 || NT_ERROR(status)) return status;
  nt::Ref<nt::Event> event;
  if (open_handle(reinterpret_cast<HANDLE>(named), nt::kEventType, event) != STATUS_SUCCESS)
    return STATUS_INVALID_HANDLE;
  thread.system.nt().dispatcher().set(event->header);
  return status;
}

template <class Service>
BOOL transfer(nt::Thread& thread, void* memory, DWORD size, nt::UserBuffer::Use use, LPDWORD moved,
              LPOVERLAPPED overlapped, Service service) {
  IO_STATUS_BLOCK block{};
  LARGE_INTEGER offset{};
  if (overlapped != nullptr) {
    offset.LowPart = overlapped->Offset;
    offset.HighPart = static_cast<LONG>(overlapped->OffsetHigh);
  }
  NTSTATUS status = STATUS_SUCCESS;
  {
    const nt::UserBuffer buffer(thread, memory, size, use);
    status = service(block, buffer.address(), overlapped != nullptr ? &offset : nullptr);
  }
  if (overlapped != nullptr) status = complete(thread, *overlapped, status, block.Information);
  if (moved != nullptr) *moved = NT_ERROR(status) ? 0 : static_cast<DWORD>(block.Information);
  if (status == STATUS_END_OF_FILE && overlapped == nullptr) return TRUE;
  return NT_SUCCESS(status) ? TRUE : win32_result(thread, status);
}

BOOL read_console(nt::Thread& thread, const ConsoleFile& file, void* to, DWORD size, LPDWORD count) {
  if (file.kind != ConsoleFile::Kind::kInput) return win32_result(thread, STATUS_ACCESS_DENIED);
  std::size_t read = 0;
  if (!state_of(thread.process).console.read(thread, static_cast<char*>(to), size, false, read)) return FALSE;
  if (count != nullptr) *count = static_cast<DWORD>(read);
  return TRUE;
}

// --- places ---

BOOL move_to(nt::Thread& thread, HANDLE file, LONGLONG distance, DWORD method, LONGLONG& place) {
  LONGLONG base = 0;
  if (method == FILE_CURRENT) {
    FILE_POSITION_INFORMATION position{};
    const NTSTATUS status = query(thread, file, FilePositionInformation, &position, sizeof position);
    if (!NT_SUCCESS(status)) return win32_result(thread, status);
    base = position.CurrentByteOffset.QuadPart;
  } else if (method == FILE_END) {
    FILE_STANDARD_INFORMATION standard{};
    const NTSTATUS status = query(thread, file, FileStandardInformation, &standard, sizeof standard);
    if (!NT_SUCCESS(status)) return win32_result(thread, status);
    base = standard.EndOfFile.QuadPart;
  } else if (method != FILE_BEGIN) {
    return win32_result(thread, STATUS_INVALID_PARAMETER);
  }
  if (base + distance < 0) {
    thread.last_error = ERROR_NEGATIVE_SEEK;
    return FALSE;
  }
  place = base + distance;
  FILE_POSITION_INFORMATION position{};
  position.CurrentByteOffset.QuadPart = place;
  const NTSTATUS status = set(thread, file, FilePositionInformation, &position, sizeof position);
  return NT_SUCCESS(status) ? TRUE : win32_result(thread, status);
}

template <class Information>
BOOL ask(nt::Thread& thread, HANDLE file, FILE_INFORMATION_CLASS which, Information& information) {
  const NTSTATUS status = query(thread, file, which, &information, sizeof information);
  return NT_SUCCESS(status) ? TRUE : win32_result(thread, status);
}

}  // namespace

extern "C" {

HANDLE CreateFileW(LPCWSTR FileName, DWORD DesiredAccess, DWORD ShareMode,
                   LPSECURITY_ATTRIBUTES SecurityAttributes, DWORD CreationDisposition,
                   DWORD FlagsAndAttributes, HANDLE) {
  touch_text(FileName);
  return nt::client_call("CreateFileW", INVALID_HANDLE_VALUE, [&](nt::Thread& thread) -> HANDLE {
    return create(thread, view_of(FileName), DesiredAccess, ShareMode, SecurityAttributes,
                  CreationDisposition, FlagsAndAttributes);
  });
}

HANDLE CreateFileA(LPCSTR FileName, DWORD DesiredAccess, DWORD ShareMode,
                   LPSECURITY_ATTRIBUTES SecurityAttributes, DWORD CreationDisposition,
                   DWORD FlagsAndAttributes, HANDLE) {
  touch_text(FileName);
  return nt::client_call("CreateFileA", INVALID_HANDLE_VALUE, [&](nt::Thread& thread) -> HANDLE {
    return create(thread, wide(FileName), DesiredAccess, ShareMode, SecurityAttributes, CreationDisposition,
                  FlagsAndAttributes);
  });
}

BOOL ReadFile(HANDLE File, LPVOID Buffer, DWORD NumberOfBytesToRead, LPDWORD NumberOfBytesRead,
              LPOVERLAPPED Overlapped) {
  touch_output(Buffer, NumberOfBytesToRead);
  if (NumberOfBytesRead != nullptr) touch_output(NumberOfBytesRead);
  return nt::client_call("ReadFile", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<ConsoleFile> console;
    if (is_console(File, console))
      return read_console(thread, *console, Buffer, NumberOfBytesToRead, NumberOfBytesRead);
    return transfer(thread, Buffer, NumberOfBytesToRead, nt::UserBuffer::Use::kOutput, NumberOfBytesRead,
                    Overlapped, [&](IO_STATUS_BLOCK& block, void* buffer, const LARGE_INTEGER* offset) {
                      return io::read_file(user(thread), File, block, buffer, NumberOfBytesToRead, offset);
                    });
  });
}

BOOL WriteFile(HANDLE File, LPCVOID Buffer, DWORD NumberOfBytesToWrite, LPDWORD NumberOfBytesWritten,
               LPOVERLAPPED Overlapped) {
  touch_input(Buffer, NumberOfBytesToWrite);
  if (NumberOfBytesWritten != nullptr) touch_output(NumberOfBytesWritten);
  return nt::client_call("WriteFile", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<ConsoleFile> console;
    if (is_console(File, console))
      return WriteConsoleA(File, Buffer, NumberOfBytesToWrite, NumberOfBytesWritten, nullptr);
    return transfer(thread, const_cast<LPVOID>(Buffer), NumberOfBytesToWrite, nt::UserBuffer::Use::kInput,
                    NumberOfBytesWritten, Overlapped,
                    [&](IO_STATUS_BLOCK& block, void* buffer, const LARGE_INTEGER* offset) {
                      return io::write_file(user(thread), File, block, buffer, NumberOfBytesToWrite, offset);
                    });
  });
}

BOOL FlushFileBuffers(HANDLE File) {
  return nt::client_call("FlushFileBuffers", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<ConsoleFile> console;
    if (is_console(File, console)) return TRUE;
    IO_STATUS_BLOCK block{};
    const NTSTATUS status = io::flush_buffers_file(user(thread), File, block);
    return NT_SUCCESS(status) ? TRUE : win32_result(thread, status);
  });
}

BOOL SetFilePointerEx(HANDLE File, LARGE_INTEGER DistanceToMove, PLARGE_INTEGER NewFilePointer,
                      DWORD MoveMethod) {
  if (NewFilePointer != nullptr) touch_output(NewFilePointer);
  return nt::client_call("SetFilePointerEx", FALSE, [&](nt::Thread& thread) -> BOOL {
    LONGLONG place = 0;
    if (!move_to(thread, File, DistanceToMove.QuadPart, MoveMethod, place)) return FALSE;
    if (NewFilePointer != nullptr) NewFilePointer->QuadPart = place;
    return TRUE;
  });
}

DWORD SetFilePointer(HANDLE File, LONG DistanceToMove, PLONG DistanceToMoveHigh, DWORD MoveMethod) {
  if (DistanceToMoveHigh != nullptr) touch_output(DistanceToMoveHigh);
  return nt::client_call("SetFilePointer", INVALID_SET_FILE_POINTER, [&](nt::Thread& thread) -> DWORD {
    LARGE_INTEGER distance{};
    distance.QuadPart = DistanceToMove;
    if (DistanceToMoveHigh != nullptr) {
      distance.LowPart = static_cast<ULONG>(DistanceToMove);
      distance.HighPart = *DistanceToMoveHigh;
    }
    LONGLONG place = 0;
    if (!move_to(thread, File, distance.QuadPart, MoveMethod, place)) return INVALID_SET_FILE_POINTER;
    thread.last_error = ERROR_SUCCESS;
    if (DistanceToMoveHigh != nullptr) *DistanceToMoveHigh = static_cast<LONG>(place >> 32);
    return static_cast<DWORD>(place);
  });
}

BOOL SetEndOfFile(HANDLE File) {
  return nt::client_call("SetEndOfFile", FALSE, [&](nt::Thread& thread) -> BOOL {
    FILE_POSITION_INFORMATION position{};
    if (!ask(thread, File, FilePositionInformation, position)) return FALSE;
    FILE_END_OF_FILE_INFORMATION end{};
    end.EndOfFile = position.CurrentByteOffset;
    const NTSTATUS status = set(thread, File, FileEndOfFileInformation, &end, sizeof end);
    return NT_SUCCESS(status) ? TRUE : win32_result(thread, status);
  });
}

BOOL GetFileSizeEx(HANDLE File, PLARGE_INTEGER FileSize) {
  touch_output(FileSize);
  return nt::client_call("GetFileSizeEx", FALSE, [&](nt::Thread& thread) -> BOOL {
    FILE_STANDARD_INFORMATION standard{};
    if (!ask(thread, File, FileStandardInformation, standard)) return FALSE;
    *FileSize = standard.EndOfFile;
    return TRUE;
  });
}

DWORD GetFileSize(HANDLE File, LPDWORD FileSizeHigh) {
  if (FileSizeHigh != nullptr) touch_output(FileSizeHigh);
  return nt::client_call("GetFileSize", INVALID_FILE_SIZE, [&](nt::Thread& thread) -> DWORD {
    FILE_STANDARD_INFORMATION standard{};
    if (!ask(thread, File, FileStandardInformation, standard)) return INVALID_FILE_SIZE;
    thread.last_error = ERROR_SUCCESS;
    if (FileSizeHigh != nullptr) *FileSizeHigh = static_cast<DWORD>(standard.EndOfFile.HighPart);
    return standard.EndOfFile.LowPart;
  });
}

BOOL GetFileTime(HANDLE File, LPFILETIME CreationTime, LPFILETIME LastAccessTime, LPFILETIME LastWriteTime) {
  for (LPFILETIME time : {CreationTime, LastAccessTime, LastWriteTime}) {
    if (time != nullptr) touch_output(time);
  }
  return nt::client_call("GetFileTime", FALSE, [&](nt::Thread& thread) -> BOOL {
    FILE_BASIC_INFORMATION basic{};
    if (!ask(thread, File, FileBasicInformation, basic)) return FALSE;
    if (CreationTime != nullptr) *CreationTime = file_time(basic.CreationTime);
    if (LastAccessTime != nullptr) *LastAccessTime = file_time(basic.LastAccessTime);
    if (LastWriteTime != nullptr) *LastWriteTime = file_time(basic.LastWriteTime);
    return TRUE;
  });
}

BOOL GetFileInformationByHandle(HANDLE File, LPBY_HANDLE_FILE_INFORMATION FileInformation) {
  touch_output(FileInformation);
  return nt::client_call("GetFileInformationByHandle", FALSE, [&](nt::Thread& thread) -> BOOL {
    FILE_BASIC_INFORMATION basic{};
    FILE_STANDARD_INFORMATION standard{};
    FILE_INTERNAL_INFORMATION internal{};
    struct {
      FILE_FS_VOLUME_INFORMATION information;
      WCHAR label[64];
    } volume{};
    if (!ask(thread, File, FileBasicInformation, basic) ||
        !ask(thread, File, FileStandardInformation, standard) ||
        !ask(thread, File, FileInternalInformation, internal))
      return FALSE;
    const NTSTATUS status = query_volume(thread, File, FileFsVolumeInformation, &volume, sizeof volume);
    if (NT_ERROR(status)) return win32_result(thread, status);
    *FileInformation = {.dwFileAttributes = basic.FileAttributes,
                        .ftCreationTime = file_time(basic.CreationTime),
                        .ftLastAccessTime = file_time(basic.LastAccessTime),
                        .ftLastWriteTime = file_time(basic.LastWriteTime),
                        .dwVolumeSerialNumber = volume.information.VolumeSerialNumber,
                        .nFileSizeHigh = static_cast<DWORD>(standard.EndOfFile.HighPart),
                        .nFileSizeLow = standard.EndOfFile.LowPart,
                        .nNumberOfLinks = standard.NumberOfLinks,
                        .nFileIndexHigh = static_cast<DWORD>(internal.IndexNumber.HighPart),
                        .nFileIndexLow = internal.IndexNumber.LowPart};
    return TRUE;
  });
}

DWORD GetFileType(HANDLE File) {
  return nt::client_call("GetFileType", DWORD{FILE_TYPE_UNKNOWN}, [&](nt::Thread& thread) -> DWORD {
    nt::Ref<void> found;
    const NTSTATUS status = nt::reference_by_handle(File, 0, nullptr, nt::Mode::kUser, found);
    if (!win32_result(thread, status)) return FILE_TYPE_UNKNOWN;
    thread.last_error = ERROR_SUCCESS;
    if (&nt::type_of(found.get()) == &kConsoleType) return FILE_TYPE_CHAR;
    return &nt::type_of(found.get()) == &io::kFileType ? FILE_TYPE_DISK : FILE_TYPE_UNKNOWN;
  });
}

BOOL DeviceIoControl(HANDLE Device, DWORD IoControlCode, LPVOID InBuffer, DWORD InBufferSize,
                     LPVOID OutBuffer, DWORD OutBufferSize, LPDWORD BytesReturned, LPOVERLAPPED Overlapped) {
  // Without an OVERLAPPED the count has to go somewhere.
  if (Overlapped == nullptr || BytesReturned != nullptr) touch_output(BytesReturned);
  if (Overlapped != nullptr) touch_output(Overlapped);
  return nt::client_call("DeviceIoControl", FALSE, [&](nt::Thread& thread) -> BOOL {
    IO_STATUS_BLOCK block{};
    NTSTATUS status = STATUS_SUCCESS;
    {
      const nt::UserBuffer input(thread, InBuffer, InBufferSize, nt::UserBuffer::Use::kInput);
      const nt::UserBuffer output(thread, OutBuffer, OutBufferSize, nt::UserBuffer::Use::kOutput);
      io::DeviceControl control;
      control.code = IoControlCode;
      control.input = InBufferSize != 0 ? input.address() : nullptr;
      control.input_length = InBufferSize;
      control.output = OutBufferSize != 0 ? output.address() : nullptr;
      control.output_length = OutBufferSize;
      control.file_system = DEVICE_TYPE_FROM_CTL_CODE(IoControlCode) == FILE_DEVICE_FILE_SYSTEM;
      status = io::device_control_file(user(thread), Device, block, control);
    }
    if (Overlapped != nullptr) status = complete(thread, *Overlapped, status, block.Information);
    if (BytesReturned != nullptr)
      *BytesReturned = NT_ERROR(status) ? 0 : static_cast<DWORD>(block.Information);
    return NT_SUCCESS(status) ? TRUE : win32_result(thread, status);
  });
}

}  // extern "C"

// Text of kernel32: code pages, and the words for errors.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "client/client.hpp"
#include "client/process_state.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

bool is_utf8(UINT code_page) {
  return code_page == CP_ACP || code_page == CP_OEMCP || code_page == CP_UTF8 || code_page == 3;
}

struct Message {
  DWORD code;
  const char16_t* text;
};

// As Windows words them. The HRESULTs are those of the filter manager's own messages.
constexpr Message kMessages[] = {
    {ERROR_SUCCESS, u"The operation completed successfully."},
    {ERROR_INVALID_FUNCTION, u"Incorrect function."},
    {ERROR_FILE_NOT_FOUND, u"The system cannot find the file specified."},
    {ERROR_PATH_NOT_FOUND, u"The system cannot find the path specified."},
    {ERROR_ACCESS_DENIED, u"Access is denied."},
    {ERROR_INVALID_HANDLE, u"The handle is invalid."},
    {ERROR_NOT_ENOUGH_MEMORY, u"Not enough memory resources are available to process this command."},
    {ERROR_SHARING_VIOLATION,
     u"The process cannot access the file because it is being used by another process."},
    {ERROR_HANDLE_EOF, u"Reached the end of the file."},
    {ERROR_NOT_SUPPORTED, u"The request is not supported."},
    {ERROR_FILE_EXISTS, u"The file exists."},
    {ERROR_INVALID_PARAMETER, u"The parameter is incorrect."},
    {ERROR_CALL_NOT_IMPLEMENTED, u"This function is not supported on this system."},
    {ERROR_INSUFFICIENT_BUFFER, u"The data area passed to a system call is too small."},
    {ERROR_INVALID_NAME, u"The filename, directory name, or volume label syntax is incorrect."},
    {ERROR_MOD_NOT_FOUND, u"The specified module could not be found."},
    {ERROR_PROC_NOT_FOUND, u"The specified procedure could not be found."},
    {ERROR_BUSY, u"The requested resource is in use."},
    {ERROR_ALREADY_EXISTS, u"Cannot create a file when that file already exists."},
    {ERROR_MORE_DATA, u"More data is available."},
    {WAIT_TIMEOUT, u"The wait operation timed out."},
    {ERROR_NO_MORE_ITEMS, u"No more data is available."},
    {ERROR_OPERATION_ABORTED,
     u"The I/O operation has been aborted because of either a thread exit or an application request."},
    {ERROR_IO_INCOMPLETE, u"Overlapped I/O event is not in a signaled state."},
    {ERROR_IO_PENDING, u"Overlapped I/O operation is in progress."},
    {ERROR_NOACCESS, u"Invalid access to memory location."},
    {ERROR_SERVICE_ALREADY_RUNNING, u"An instance of the service is already running."},
    {ERROR_SERVICE_DOES_NOT_EXIST, u"The specified service does not exist as an installed service."},
    {ERROR_NOT_FOUND, u"Element not found."},
    {ERROR_CONNECTION_COUNT_LIMIT,
     u"A connection to the server could not be made because the limit on the number of concurrent "
     u"connections for this account has been reached."},
    {ERROR_PRIVILEGE_NOT_HELD, u"A required privilege is not held by the client."},
    {ERROR_NO_SYSTEM_RESOURCES, u"Insufficient system resources exist to complete the requested service."},
    {ERROR_TIMEOUT, u"This operation returned because the timeout period expired."},
    {static_cast<DWORD>(ERROR_FLT_INSTANCE_ALTITUDE_COLLISION),
     u"An instance already exists at this altitude on the volume specified."},
    {static_cast<DWORD>(ERROR_FLT_INSTANCE_NAME_COLLISION),
     u"An instance already exists with this name on the volume specified."},
    {static_cast<DWORD>(ERROR_FLT_FILTER_NOT_FOUND), u"The system could not find the filter specified."},
    {static_cast<DWORD>(ERROR_FLT_VOLUME_NOT_FOUND), u"The system could not find the volume specified."},
    {static_cast<DWORD>(ERROR_FLT_INSTANCE_NOT_FOUND), u"The system could not find the instance specified."},
    {static_cast<DWORD>(ERROR_FLT_DO_NOT_ATTACH), u"Do not attach the filter to the volume at this time."},
    {static_cast<DWORD>(ERROR_FLT_DO_NOT_DETACH), u"Do not detach the filter from the volume at this time."},
    {static_cast<DWORD>(ERROR_FLT_NO_WAITER_FOR_REPLY),
     u"No waiter is present for the filter's reply to this message."},
};

// A HRESULT of Win32 has the text of its code.
const char16_t* message_of(DWORD code) {
  if ((code & 0xFFFF0000u) == 0x80070000u) code &= 0xFFFF;
  const auto found = std::find_if(std::begin(kMessages), std::end(kMessages),
                                  [&](const Message& message) { return message.code == code; });
  return found != std::end(kMessages) ? found->text : nullptr;
}

template <class Unit>
DWORD format_message(nt::Thread& thread, DWORD flags, DWORD code, Unit* buffer, DWORD size) {
  if ((flags & FORMAT_MESSAGE_FROM_STRING) != 0)
    nt::unsupported("FormatMessage with FORMAT_MESSAGE_FROM_STRING");
  const char16_t* known = message_of(code);
  if ((flags & (FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_FROM_HMODULE)) == 0 || known == nullptr) {
    thread.last_error = known == nullptr ? ERROR_MR_MID_NOT_FOUND : ERROR_INVALID_PARAMETER;
    return 0;
  }
  std::u16string text = known;
  text += (flags & FORMAT_MESSAGE_MAX_WIDTH_MASK) == FORMAT_MESSAGE_MAX_WIDTH_MASK ? u" " : u"\r\n";
  if ((flags & FORMAT_MESSAGE_ALLOCATE_BUFFER) != 0) {
    size = std::max<DWORD>(size, static_cast<DWORD>(text.size() * 3 + 1));
    auto* made = static_cast<Unit*>(state_of(thread.process).heap.allocate(size * sizeof(Unit)));
    *reinterpret_cast<Unit**>(buffer) = made;
    if (made == nullptr) {
      thread.last_error = ERROR_NOT_ENOUGH_MEMORY;
      return 0;
    }
    buffer = made;
  }
  const DWORD length =
      put_text(text, reinterpret_cast<std::conditional_t<sizeof(Unit) == 1, LPSTR, LPWSTR>>(buffer), size);
  if (length < size) return length;
  thread.last_error = ERROR_INSUFFICIENT_BUFFER;
  return 0;
}

}  // namespace

extern "C" {

UINT GetACP(VOID) { return CP_UTF8; }

int MultiByteToWideChar(UINT CodePage, DWORD Flags, LPCSTR MultiByteStr, int MultiByteCount,
                        LPWSTR WideCharStr, int WideCharCount) {
  if (MultiByteCount < 0) {
    touch_text(MultiByteStr);
  } else {
    touch_input(MultiByteStr, static_cast<std::size_t>(MultiByteCount));
  }
  return nt::client_call("MultiByteToWideChar", 0, [&](nt::Thread& thread) -> int {
    if (!is_utf8(CodePage) || MultiByteCount == 0 || MultiByteStr == nullptr) {
      thread.last_error = ERROR_INVALID_PARAMETER;
      return 0;
    }
    const std::string_view bytes =
        MultiByteCount < 0 ? std::string_view(MultiByteStr, std::strlen(MultiByteStr) + 1)
                           : std::string_view(MultiByteStr, static_cast<std::size_t>(MultiByteCount));
    const std::u16string text = nt::from_utf8(bytes);
    if ((Flags & MB_ERR_INVALID_CHARS) != 0 && nt::to_utf8(text) != bytes) {
      thread.last_error = ERROR_NO_UNICODE_TRANSLATION;
      return 0;
    }
    if (WideCharCount == 0) return static_cast<int>(text.size());
    if (static_cast<std::size_t>(WideCharCount) < text.size()) {
      thread.last_error = ERROR_INSUFFICIENT_BUFFER;
      return 0;
    }
    std::memcpy(WideCharStr, text.data(), text.size() * sizeof(WCHAR));
    return static_cast<int>(text.size());
  });
}

int WideCharToMultiByte(UINT CodePage, DWORD, LPCWSTR WideCharStr, int WideCharCount, LPSTR MultiByteStr,
                        int MultiByteCount, LPCSTR, LPBOOL UsedDefaultChar) {
  if (WideCharCount < 0) {
    touch_text(WideCharStr);
  } else {
    touch_input(WideCharStr, static_cast<std::size_t>(WideCharCount) * sizeof(WCHAR));
  }
  return nt::client_call("WideCharToMultiByte", 0, [&](nt::Thread& thread) -> int {
    if (!is_utf8(CodePage) || WideCharCount == 0 || WideCharStr == nullptr) {
      thread.last_error = ERROR_INVALID_PARAMETER;
      return 0;
    }
    const auto* units = reinterpret_cast<const char16_t*>(WideCharStr);
    const std::size_t length =
        WideCharCount < 0 ? std::u16string_view(units).size() + 1 : static_cast<std::size_t>(WideCharCount);
    const std::string bytes = nt::to_utf8({units, length});
    if (UsedDefaultChar != nullptr) *UsedDefaultChar = FALSE;
    if (MultiByteCount == 0) return static_cast<int>(bytes.size());
    if (static_cast<std::size_t>(MultiByteCount) < bytes.size()) {
      thread.last_error = ERROR_INSUFFICIENT_BUFFER;
      return 0;
    }
    std::memcpy(MultiByteStr, bytes.data(), bytes.size());
    return static_cast<int>(bytes.size());
  });
}

DWORD FormatMessageW(DWORD Flags, LPCVOID, DWORD MessageId, DWORD, LPWSTR Buffer, DWORD Size, va_list*) {
  touch_output(Buffer, sizeof(WCHAR));
  return nt::client_call("FormatMessageW", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    return format_message(thread, Flags, MessageId, Buffer, Size);
  });
}

DWORD FormatMessageA(DWORD Flags, LPCVOID, DWORD MessageId, DWORD, LPSTR Buffer, DWORD Size, va_list*) {
  touch_output(Buffer, 1);
  return nt::client_call("FormatMessageA", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    return format_message(thread, Flags, MessageId, Buffer, Size);
  });
}

}  // extern "C"

// The console of user mode: standard handles, printing and Ctrl-C.
#include "client/client.hpp"
#include "client/process_state.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

Console& console(nt::Thread& thread) { return state_of(thread.process).console; }

NTSTATUS open_output(HANDLE handle, nt::Ref<ConsoleFile>& file) {
  const NTSTATUS status = open_handle(handle, kConsoleType, file);
  if (status != STATUS_SUCCESS) return status;
  return file->kind == ConsoleFile::Kind::kInput ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
}

BOOL print(nt::Thread& thread, HANDLE handle, std::string_view text, DWORD count, LPDWORD written) {
  nt::Ref<ConsoleFile> file;
  const NTSTATUS status = open_output(handle, file);
  if (status == STATUS_SUCCESS) {
    console(thread).write(file->kind, text);
    if (written != nullptr) *written = count;
  }
  return win32_result(thread, status);
}

// There is one code page.
BOOL accept_code_page(const char* routine, UINT code_page) {
  return nt::client_call(routine, FALSE, [&](nt::Thread& thread) -> BOOL {
    return win32_result(thread, code_page == CP_UTF8 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
  });
}

// What the console is told and has no use for.
BOOL accept(const char* routine, HANDLE handle) {
  return nt::client_call(routine, FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<ConsoleFile> file;
    return win32_result(thread, open_handle(handle, kConsoleType, file));
  });
}

}  // namespace

extern "C" {

// Of the program's runtime: _kbhit.
int fltsim_console_readable(void) {
  return nt::client_call("_kbhit", 1,
                         [](nt::Thread& thread) -> int { return console(thread).readable() ? 1 : 0; });
}

HANDLE GetStdHandle(DWORD StdHandle) {
  return nt::client_call("GetStdHandle", INVALID_HANDLE_VALUE, [&](nt::Thread& thread) -> HANDLE {
    HANDLE handle = INVALID_HANDLE_VALUE;
    static_cast<void>(win32_result(thread, console(thread).standard_handle(StdHandle, handle)));
    return handle;
  });
}

BOOL SetStdHandle(DWORD StdHandle, HANDLE Handle) {
  return nt::client_call("SetStdHandle", FALSE, [&](nt::Thread& thread) -> BOOL {
    const bool known = console(thread).set_standard_handle(StdHandle, Handle);
    return win32_result(thread, known ? STATUS_SUCCESS : STATUS_INVALID_HANDLE);
  });
}

BOOL SetConsoleCtrlHandler(PHANDLER_ROUTINE HandlerRoutine, BOOL Add) {
  return nt::client_call("SetConsoleCtrlHandler", FALSE, [&](nt::Thread& thread) -> BOOL {
    const auto handler = reinterpret_cast<Console::Handler>(HandlerRoutine);
    if (handler == nullptr) {
      console(thread).ignore_interrupts(Add != FALSE);
    } else if (Add != FALSE) {
      console(thread).add_handler(handler);
    } else if (!console(thread).remove_handler(handler)) {
      return win32_result(thread, STATUS_INVALID_PARAMETER);
    }
    return TRUE;
  });
}

BOOL WriteConsoleW(HANDLE ConsoleOutput, const VOID* Buffer, DWORD NumberOfCharsToWrite,
                   LPDWORD NumberOfCharsWritten, LPVOID) {
  touch_input(Buffer, NumberOfCharsToWrite * sizeof(WCHAR));
  if (NumberOfCharsWritten != nullptr) touch_output(NumberOfCharsWritten);
  return nt::client_call("WriteConsoleW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const std::string text = nt::to_utf8({static_cast<const char16_t*>(Buffer), NumberOfCharsToWrite});
    return print(thread, ConsoleOutput, text, NumberOfCharsToWrite, NumberOfCharsWritten);
  });
}

BOOL WriteConsoleA(HANDLE ConsoleOutput, const VOID* Buffer, DWORD NumberOfCharsToWrite,
                   LPDWORD NumberOfCharsWritten, LPVOID) {
  touch_input(Buffer, NumberOfCharsToWrite);
  if (NumberOfCharsWritten != nullptr) touch_output(NumberOfCharsWritten);
  return nt::client_call("WriteConsoleA", FALSE, [&](nt::Thread& thread) -> BOOL {
    const std::string_view text(static_cast<const char*>(Buffer), NumberOfCharsToWrite);
    return print(thread, ConsoleOutput, text, NumberOfCharsToWrite, NumberOfCharsWritten);
  });
}

BOOL GetConsoleMode(HANDLE ConsoleHandle, LPDWORD Mode) {
  touch_output(Mode);
  return nt::client_call("GetConsoleMode", FALSE, [&](nt::Thread& thread) -> BOOL {
    nt::Ref<ConsoleFile> file;
    const NTSTATUS status = open_handle(ConsoleHandle, kConsoleType, file);
    if (status == STATUS_SUCCESS) {
      *Mode = file->kind == ConsoleFile::Kind::kInput
                  ? ENABLE_PROCESSED_INPUT | ENABLE_LINE_INPUT | ENABLE_ECHO_INPUT
                  : ENABLE_PROCESSED_OUTPUT | ENABLE_WRAP_AT_EOL_OUTPUT;
    }
    return win32_result(thread, status);
  });
}

BOOL SetConsoleMode(HANDLE ConsoleHandle, DWORD) { return accept("SetConsoleMode", ConsoleHandle); }
BOOL SetConsoleTextAttribute(HANDLE ConsoleOutput, WORD) {
  return accept("SetConsoleTextAttribute", ConsoleOutput);
}
BOOL SetConsoleTitleW(LPCWSTR) { return TRUE; }
BOOL SetConsoleOutputCP(UINT CodePageId) { return accept_code_page("SetConsoleOutputCP", CodePageId); }
BOOL SetConsoleCP(UINT CodePageId) { return accept_code_page("SetConsoleCP", CodePageId); }
UINT GetConsoleOutputCP(VOID) { return CP_UTF8; }
UINT GetConsoleCP(VOID) { return CP_UTF8; }

}  // extern "C"

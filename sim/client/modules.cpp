// The program itself and what is around it: its name, its command line, its environment, the machine.
#include <algorithm>
#include <cstring>
#include <mutex>
#include <optional>
#include <utility>

#include "client/client.hpp"
#include "client/process_state.hpp"
#include "client/program.hpp"
#include "nt/seh.hpp"
#include "nt/text.hpp"

using namespace fltsim;
using namespace fltsim::client;

namespace {

const HMODULE kProgram = reinterpret_cast<HMODULE>(ULONG_PTR{0x140000000});  // where the linker puts programs

// No library is simulated but the program itself.
HMODULE module_named(nt::Thread& thread, std::u16string_view name, bool given) {
  const std::u16string& image = thread.process.dos_image;
  if (!given || name == image || name == image.substr(image.find_last_of(u'\\') + 1)) return kProgram;
  thread.last_error = ERROR_MOD_NOT_FOUND;
  return nullptr;
}

template <class Unit>
DWORD module_file_name(nt::Thread& thread, HMODULE module, Unit* buffer, DWORD size) {
  if (module != nullptr && module != kProgram) {
    thread.last_error = ERROR_MOD_NOT_FOUND;
    return 0;
  }
  const DWORD length = put_text(thread.process.dos_image, buffer, size);
  if (length < size || size == 0) return length < size ? length : 0;
  // As much as fits.
  std::u16string cut = thread.process.dos_image.substr(0, size - 1);
  thread.last_error = ERROR_INSUFFICIENT_BUFFER;
  static_cast<void>(put_text(cut, buffer, size));
  return size;
}

std::u16string upper(std::u16string_view name) {
  std::u16string text(name);
  for (char16_t& unit : text) {
    if (unit >= u'a' && unit <= u'z') unit = static_cast<char16_t>(unit - u'a' + u'A');
  }
  return text;
}

std::optional<std::u16string> variable(nt::Thread& thread, std::u16string_view name) {
  ProcessState& state = state_of(thread.process);
  const std::lock_guard lock(state.mutex);
  const auto found = state.environment.find(upper(name));
  if (found == state.environment.end()) return std::nullopt;
  return found->second;
}

template <class Unit>
DWORD environment_variable(nt::Thread& thread, std::u16string_view name, Unit* buffer, DWORD size) {
  const auto value = variable(thread, name);
  if (!value) {
    thread.last_error = ERROR_ENVVAR_NOT_FOUND;
    return 0;
  }
  return put_text(*value, buffer, size);
}

// As the C runtime and CommandLineToArgvW split a command line.
std::vector<std::u16string> split(std::u16string_view line) {
  std::vector<std::u16string> words;
  std::size_t at = 0;
  for (bool first = true; at < line.size(); first = false) {
    std::u16string word;
    bool quoted = false;
    for (; at < line.size() && (quoted || (line[at] != u' ' && line[at] != u'\t')); ++at) {
      std::size_t slashes = 0;
      while (!first && at < line.size() && line[at] == u'\\') ++slashes, ++at;
      const bool quote = at < line.size() && line[at] == u'"';
      word.append(quote ? slashes / 2 : slashes, u'\\');
      if (quote && slashes % 2 == 0) {
        quoted = !quoted;
      } else if (at < line.size() && (quote || quoted || (line[at] != u' ' && line[at] != u'\t'))) {
        word += line[at];
      } else {
        break;
      }
    }
    words.push_back(std::move(word));
    while (at < line.size() && (line[at] == u' ' || line[at] == u'\t')) ++at;
  }
  return words;
}

template <class Unit>
DWORD put_directory(std::u16string_view path, Unit* buffer, UINT size) {
  return put_text(path, buffer, size);
}

// A text that lives as long as the process.
template <class Unit>
Unit* keep(nt::Thread& thread, std::basic_string_view<Unit> text) {
  auto* memory = static_cast<Unit*>(state_of(thread.process).heap.allocate((text.size() + 1) * sizeof(Unit)));
  if (memory == nullptr) return nullptr;
  std::memcpy(memory, text.data(), text.size() * sizeof(Unit));
  memory[text.size()] = 0;
  return memory;
}

std::u16string command_line(nt::Thread& thread) {
  const Program* program = program_of(thread.process);
  return program != nullptr ? program->command_line() : u"\"" + thread.process.dos_image + u"\"";
}

}  // namespace

extern "C" {

DWORD GetModuleFileNameW(HMODULE Module, LPWSTR FileName, DWORD Size) {
  touch_output(FileName, Size * sizeof(WCHAR));
  return nt::client_call("GetModuleFileNameW", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    return module_file_name(thread, Module, FileName, Size);
  });
}

DWORD GetModuleFileNameA(HMODULE Module, LPSTR FileName, DWORD Size) {
  touch_output(FileName, Size);
  return nt::client_call("GetModuleFileNameA", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    return module_file_name(thread, Module, FileName, Size);
  });
}

HMODULE GetModuleHandleW(LPCWSTR ModuleName) {
  touch_text(ModuleName);
  return nt::client_call("GetModuleHandleW", HMODULE{nullptr}, [&](nt::Thread& thread) -> HMODULE {
    return module_named(thread, view_of(ModuleName), ModuleName != nullptr);
  });
}

HMODULE GetModuleHandleA(LPCSTR ModuleName) {
  touch_text(ModuleName);
  return nt::client_call("GetModuleHandleA", HMODULE{nullptr}, [&](nt::Thread& thread) -> HMODULE {
    return module_named(thread, wide(ModuleName), ModuleName != nullptr);
  });
}

HMODULE LoadLibraryW(LPCWSTR FileName) { return GetModuleHandleW(FileName); }
HMODULE LoadLibraryA(LPCSTR FileName) { return GetModuleHandleA(FileName); }
HMODULE LoadLibraryExW(LPCWSTR FileName, HANDLE, DWORD) { return GetModuleHandleW(FileName); }
BOOL FreeLibrary(HMODULE Module) {
  return nt::client_call("FreeLibrary", FALSE, [&](nt::Thread& thread) -> BOOL {
    return win32_result(thread, Module == kProgram ? STATUS_SUCCESS : STATUS_INVALID_HANDLE);
  });
}

// A program exports nothing.
FARPROC GetProcAddress(HMODULE, LPCSTR ProcName) {
  touch_text(ProcName);
  return nt::client_call("GetProcAddress", FARPROC{nullptr}, [](nt::Thread& thread) -> FARPROC {
    thread.last_error = ERROR_PROC_NOT_FOUND;
    return nullptr;
  });
}

LPWSTR GetCommandLineW(VOID) {
  return nt::client_call("GetCommandLineW", LPWSTR{nullptr}, [](nt::Thread& thread) -> LPWSTR {
    return reinterpret_cast<LPWSTR>(keep<char16_t>(thread, command_line(thread)));
  });
}

LPSTR GetCommandLineA(VOID) {
  return nt::client_call("GetCommandLineA", LPSTR{nullptr}, [](nt::Thread& thread) -> LPSTR {
    return keep<char>(thread, nt::to_utf8(command_line(thread)));
  });
}

// One block, which LocalFree gives back.
LPWSTR* CommandLineToArgvW(LPCWSTR CommandLine, int* Count) {
  touch_text(CommandLine);
  touch_output(Count);
  return nt::client_call(
      "CommandLineToArgvW", static_cast<LPWSTR*>(nullptr), [&](nt::Thread& thread) -> LPWSTR* {
        std::vector<std::u16string> words = split(view_of(CommandLine));
        if (words.empty()) words.push_back(thread.process.dos_image);
        std::size_t size = (words.size() + 1) * sizeof(LPWSTR);
        for (const std::u16string& word : words) size += (word.size() + 1) * sizeof(WCHAR);
        auto* block = static_cast<std::byte*>(state_of(thread.process).heap.allocate(size));
        if (block == nullptr) {
          thread.last_error = ERROR_NOT_ENOUGH_MEMORY;
          return nullptr;
        }
        auto** const pointers = reinterpret_cast<LPWSTR*>(block);
        auto* text = reinterpret_cast<LPWSTR>(block + (words.size() + 1) * sizeof(LPWSTR));
        for (std::size_t i = 0; i < words.size(); ++i) {
          pointers[i] = text;
          std::memcpy(text, words[i].c_str(), (words[i].size() + 1) * sizeof(WCHAR));
          text += words[i].size() + 1;
        }
        pointers[words.size()] = nullptr;
        *Count = static_cast<int>(words.size());
        return pointers;
      });
}

DWORD GetEnvironmentVariableW(LPCWSTR Name, LPWSTR Buffer, DWORD Size) {
  touch_text(Name);
  if (Buffer != nullptr) touch_output(Buffer, Size * sizeof(WCHAR));
  return nt::client_call("GetEnvironmentVariableW", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    return environment_variable(thread, view_of(Name), Buffer, Size);
  });
}

DWORD GetEnvironmentVariableA(LPCSTR Name, LPSTR Buffer, DWORD Size) {
  touch_text(Name);
  if (Buffer != nullptr) touch_output(Buffer, Size);
  return nt::client_call("GetEnvironmentVariableA", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    return environment_variable(thread, wide(Name), Buffer, Size);
  });
}

BOOL SetEnvironmentVariableW(LPCWSTR Name, LPCWSTR Value) {
  touch_text(Name);
  touch_text(Value);
  return nt::client_call("SetEnvironmentVariableW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const std::u16string_view name = view_of(Name);
    if (name.empty() || name.find(u'=') != std::u16string_view::npos)
      return win32_result(thread, STATUS_INVALID_PARAMETER);
    ProcessState& state = state_of(thread.process);
    const std::lock_guard lock(state.mutex);
    if (Value != nullptr) {
      state.environment[upper(name)] = view_of(Value);
    } else {
      state.environment.erase(upper(name));
    }
    return TRUE;
  });
}

DWORD ExpandEnvironmentStringsW(LPCWSTR Source, LPWSTR Buffer, DWORD Size) {
  touch_text(Source);
  if (Buffer != nullptr) touch_output(Buffer, Size * sizeof(WCHAR));
  return nt::client_call("ExpandEnvironmentStringsW", DWORD{0}, [&](nt::Thread& thread) -> DWORD {
    const std::u16string_view source = view_of(Source);
    std::u16string text;
    for (std::size_t at = 0; at < source.size();) {
      const std::size_t end = source[at] == u'%' ? source.find(u'%', at + 1) : std::u16string_view::npos;
      const auto value = end != std::u16string_view::npos
                             ? variable(thread, source.substr(at + 1, end - at - 1))
                             : std::nullopt;
      if (value) {
        text += *value;
        at = end + 1;
      } else {
        text += source[at++];
      }
    }
    const DWORD length = put_text(text, Buffer, Size);
    return length < Size ? length + 1 : length;
  });
}

VOID OutputDebugStringW(LPCWSTR OutputString) {
  touch_text(OutputString);
  static_cast<void>(nt::client_call("OutputDebugStringW", 0, [&](nt::Thread& thread) {
    thread.system.nt().debug_log().append(nt::to_utf8(view_of(OutputString)));
    return 0;
  }));
}

VOID OutputDebugStringA(LPCSTR OutputString) {
  touch_text(OutputString);
  static_cast<void>(nt::client_call("OutputDebugStringA", 0, [&](nt::Thread& thread) {
    if (OutputString != nullptr) thread.system.nt().debug_log().append(OutputString);
    return 0;
  }));
}

BOOL IsDebuggerPresent(VOID) { return FALSE; }
VOID DebugBreak(VOID) { nt::raise_exception(STATUS_BREAKPOINT, __builtin_return_address(0)); }

UINT SetErrorMode(UINT Mode) {
  return nt::client_call("SetErrorMode", UINT{0}, [&](nt::Thread& thread) -> UINT {
    ProcessState& state = state_of(thread.process);
    const std::lock_guard lock(state.mutex);
    return std::exchange(state.error_mode, Mode);
  });
}

VOID RaiseException(DWORD ExceptionCode, DWORD, DWORD NumberOfArguments, const ULONG_PTR* Arguments) {
  const DWORD count = Arguments != nullptr ? NumberOfArguments : 0;
  if (count > 2) nt::unsupported("RaiseException with more than two arguments");
  touch_input(Arguments, count * sizeof *Arguments);
  // Bit 28 is the system's, which takes it out.
  nt::raise_exception(static_cast<NTSTATUS>(ExceptionCode & ~0x10000000u), __builtin_return_address(0), count,
                      count > 0 ? Arguments[0] : 0, count > 1 ? Arguments[1] : 0);
}

UINT GetSystemDirectoryW(LPWSTR Buffer, UINT Size) {
  touch_output(Buffer, Size * sizeof(WCHAR));
  return put_directory(u"C:\\Windows\\System32", Buffer, Size);
}

UINT GetSystemDirectoryA(LPSTR Buffer, UINT Size) {
  touch_output(Buffer, Size);
  return put_directory(u"C:\\Windows\\System32", Buffer, Size);
}

UINT GetWindowsDirectoryW(LPWSTR Buffer, UINT Size) {
  touch_output(Buffer, Size * sizeof(WCHAR));
  return put_directory(u"C:\\Windows", Buffer, Size);
}

BOOL GetComputerNameW(LPWSTR Buffer, LPDWORD Size) {
  touch_output(Size);
  touch_output(Buffer, *Size * sizeof(WCHAR));
  return nt::client_call("GetComputerNameW", FALSE, [&](nt::Thread& thread) -> BOOL {
    const DWORD length = put_text(u"FLTSIM", Buffer, *Size);
    const bool fits = length < *Size;
    *Size = length;
    if (!fits) thread.last_error = ERROR_BUFFER_OVERFLOW;
    return fits;
  });
}

VOID GetSystemInfo(LPSYSTEM_INFO SystemInfo) {
  touch_output(SystemInfo);
  static_cast<void>(nt::client_call("GetSystemInfo", 0, [&](nt::Thread& thread) {
    const nt::UserSpace& space = thread.system.nt().user_space();
    *SystemInfo = {};
    SystemInfo->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
    SystemInfo->dwPageSize = 4096;
    SystemInfo->dwAllocationGranularity = 4096;
    SystemInfo->lpMinimumApplicationAddress = const_cast<std::byte*>(space.begin());
    SystemInfo->lpMaximumApplicationAddress = const_cast<std::byte*>(space.end() - 1);
    // One thread runs at a time in a seeded machine; on the host's threads programs get two workers all the same.
    SystemInfo->dwNumberOfProcessors = 2;
    SystemInfo->dwActiveProcessorMask = 3;
    SystemInfo->dwProcessorType = 8664;
    return 0;
  }));
}

VOID GetNativeSystemInfo(LPSYSTEM_INFO SystemInfo) { GetSystemInfo(SystemInfo); }

}  // extern "C"

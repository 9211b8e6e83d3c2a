#include "cli/sanitizer_runtime.hpp"

#include <dlfcn.h>
#include <elf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string_view>

namespace fltlink::cli {

namespace {

constexpr const char* kMark = "FLTLINK_SANITIZER_RUNTIME";

// Empty for what cannot be read.
std::string content_of(const std::string& path) {
  std::string bytes;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return bytes;
  std::array<char, 65536> part;
  for (std::size_t size = 0; (size = std::fread(part.data(), 1, part.size(), file)) > 0;)
    bytes.append(part.data(), size);
  std::fclose(file);
  return bytes;
}

// The names of what a shared object imports, each behind a blank; empty for anything else.
std::string imports_of(std::string_view bytes) {
  const auto read = [&](auto& value, std::uint64_t offset) {
    if (offset > bytes.size() || bytes.size() - offset < sizeof value) return false;
    std::memcpy(&value, bytes.data() + offset, sizeof value);
    return true;
  };
  Elf64_Ehdr header{};
  if (!bytes.starts_with(ELFMAG) || !read(header, 0) || header.e_ident[EI_CLASS] != ELFCLASS64) return {};
  std::string names;
  for (std::uint64_t index = 0; index < header.e_shnum; ++index) {
    Elf64_Shdr table{};
    Elf64_Shdr texts{};
    if (!read(table, header.e_shoff + index * sizeof table) || table.sh_type != SHT_DYNSYM) continue;
    if (!read(texts, header.e_shoff + table.sh_link * sizeof texts)) continue;
    for (std::uint64_t at = 0; at + sizeof(Elf64_Sym) <= table.sh_size; at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol{};
      if (!read(symbol, table.sh_offset + at)) break;
      const std::uint64_t name = texts.sh_offset + symbol.st_name;
      if (symbol.st_shndx != SHN_UNDEF || name >= bytes.size()) continue;
      const std::string_view text = bytes.substr(name);
      names += ' ';
      names += text.substr(0, text.find('\0'));
    }
  }
  return names;
}

bool holds(std::string_view bytes, std::string_view text) { return bytes.find(text) != bytes.npos; }

// "14" of "clang version 14.0.6", behind `words`.
std::string version_behind(std::string_view bytes, std::string_view words) {
  std::size_t at = bytes.find(words);
  if (at == bytes.npos) return {};
  std::string digits;
  for (at += words.size(); at < bytes.size() && std::isdigit(static_cast<unsigned char>(bytes[at])) != 0;
       ++at)
    digits += bytes[at];
  return digits;
}

// What the compiler says of its file; empty unless the file is there.
std::string asked(const std::string& compiler, const std::string& library) {
  const std::string command = compiler + " -print-file-name=" + library + " 2>/dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return {};
  std::array<char, 4096> text{};
  const std::size_t size = std::fread(text.data(), 1, text.size() - 1, pipe);
  ::pclose(pipe);
  std::string path(text.data(), size);
  while (path.ends_with('\n')) path.pop_back();
  std::error_code error;
  return path.find('/') != path.npos && std::filesystem::exists(path, error) ? path : std::string();
}

void put_first(const char* variable, const std::string& text, char separator) {
  const char* before = std::getenv(variable);
  const bool has = before != nullptr && *before != '\0';
  ::setenv(variable, (has ? text + separator + before : text).c_str(), 1);
}

// A default that the user's own options override.
void put_default(const char* variable, const std::string& text) {
  const char* before = std::getenv(variable);
  const bool has = before != nullptr && *before != '\0';
  ::setenv(variable, (has ? text + ':' + before : text).c_str(), 1);
}

[[noreturn]] void begin_anew() {
  const std::string line = content_of("/proc/self/cmdline");
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < line.size();) {
    const std::size_t end = std::min(line.find('\0', begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    begin = end + 1;
  }
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  ::execv("/proc/self/exe", arguments.data());
  std::perror("fltlink: it cannot be started again");
  std::_Exit(2);
}

}  // namespace

SanitizerNeeds sanitizer_needs(const std::string& module) {
  const std::string bytes = content_of(module);
  return sanitizer_needs(imports_of(bytes), bytes);
}

SanitizerNeeds sanitizer_needs(std::string_view imports, std::string_view bytes) {
  SanitizerNeeds needs;
  const std::string clang = version_behind(bytes, "clang version ");
  const bool address = holds(imports, " __asan_");
  const bool thread = holds(imports, " __tsan_");
  const bool undefined = holds(imports, " __ubsan_handle_");
  if (!address && !thread && !undefined) return {};
  needs.whole_program = thread;
  if (!clang.empty()) {
    needs.compilers = {"clang-" + clang, "clang"};
    // Clang's runtimes for addresses and threads have the one for undefined behaviour in them.
    needs.libraries = {address  ? "libclang_rt.asan-x86_64.so"
                       : thread ? "libclang_rt.tsan-x86_64.so"
                                : "libclang_rt.ubsan_standalone-x86_64.so"};
    return needs;
  }
  std::string gcc;
  if (const std::size_t at = bytes.find("GCC: ("); at != bytes.npos)
    gcc = version_behind(bytes.substr(at), ") ");
  if (!gcc.empty()) needs.compilers.push_back("gcc-" + gcc);
  needs.compilers.emplace_back("gcc");
  if (address) needs.libraries.emplace_back("libasan.so");
  if (thread) needs.libraries.emplace_back("libtsan.so");
  if (undefined) needs.libraries.emplace_back("libubsan.so");
  return needs;
}

std::string start_again_with_sanitizers(const std::vector<std::string>& modules) {
  const bool built_in =
      ::dlsym(RTLD_DEFAULT, "__asan_init") != nullptr || ::dlsym(RTLD_DEFAULT, "__tsan_init") != nullptr;
  if (built_in || std::getenv(kMark) != nullptr) return {};
  std::string preload;
  for (const std::string& module : modules) {
    const SanitizerNeeds needs = sanitizer_needs(module);
    if (needs.whole_program) {
      return module +
             ": was built with --sanitize=thread, which sees no order in what an ordinary simulator does: it "
             "needs one "
             "that was built with it too";
    }
    for (const std::string& library : needs.libraries) {
      std::string path;
      for (const std::string& compiler : needs.compilers) {
        if (path.empty()) path = asked(compiler, library);
      }
      if (path.empty()) {
        return module + ": was built with a sanitizer, whose runtime " + library + " neither " +
               needs.compilers.front() + " nor " + needs.compilers.back() +
               " has here: install it, or build the driver without --sanitize";
      }
      if (!holds(preload, path)) preload += (preload.empty() ? "" : ":") + path;
    }
  }
  if (preload.empty()) return {};
  put_first("LD_PRELOAD", preload, ':');
  ::setenv(kMark, "1", 1);
  // The program and the simulator are not instrumented, and leave without looking for leaks.
  put_default("ASAN_OPTIONS", "detect_leaks=0:exitcode=3");
  put_default("UBSAN_OPTIONS", "exitcode=3:print_stacktrace=1");
  begin_anew();
}

}  // namespace fltlink::cli

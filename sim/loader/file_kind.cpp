#include "loader/file_kind.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

namespace fltsim::loader {
namespace {

constexpr const char* kBuildIt = "build its source with fltlink-cc";

bool is_program(int file, const Elf64_Ehdr& header) {
  if (header.e_type == ET_EXEC) return true;
  std::vector<Elf64_Phdr> segments(header.e_phnum);
  const std::size_t size = segments.size() * sizeof(Elf64_Phdr);
  if (pread(file, segments.data(), size, static_cast<off_t>(header.e_phoff)) != static_cast<ssize_t>(size))
    return false;
  for (const Elf64_Phdr& segment : segments) {
    if (segment.p_type == PT_INTERP) return true;
  }
  return false;
}

}  // namespace

std::string why_no_module(int file, const std::string& kind) {
  struct stat entry {};
  if (fstat(file, &entry) == 0 && S_ISDIR(entry.st_mode)) return "is a directory, no " + kind;
  Elf64_Ehdr header{};
  const ssize_t size = pread(file, &header, sizeof header, 0);
  if (size < 0) return std::string("cannot be read: ") + std::strerror(errno);
  if (size >= 2 && std::memcmp(header.e_ident, "MZ", 2) == 0)
    return std::string("is a file for Windows itself (a PE file), which cannot run here: ") + kBuildIt;
  if (size < static_cast<ssize_t>(sizeof header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return "is no " + kind + ": " + kBuildIt;
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64)
    return "is no " + kind + " for 64-bit x86";
  if (header.e_type == ET_REL) return "is an object file, no " + kind + ": link it with fltlink-cc";
  if (is_program(file, header)) return "is a program of this system, no " + kind + ": " + kBuildIt;
  if (header.e_type != ET_DYN) return "is no " + kind + " (no shared object)";
  return {};
}

std::string why_not_linked(std::string linker_error, const std::string& path) {
  constexpr std::string_view kUndefined = "undefined symbol: ";
  const std::size_t at = linker_error.find(kUndefined);
  if (at == linker_error.npos) return linker_error;
  std::string symbol = linker_error.substr(at + kUndefined.size());
  symbol.resize(std::min(symbol.find_first_of(" ,\n("), symbol.size()));
  for (const std::string_view sanitizer : {"__asan_", "__ubsan_", "__tsan_", "__sanitizer_"}) {
    if (!symbol.starts_with(sanitizer)) continue;
    return path + ": was built with a sanitizer whose runtime is not in this process (" + symbol +
           " is missing): `fltlink run` preloads it where the compiler is installed; a test program is built "
           "with the "
           "same sanitizer";
  }
  return path + ": imports " + symbol + ", which no routine of the simulated kernel is called";
}

}  // namespace fltsim::loader

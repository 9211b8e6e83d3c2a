#include "cc/elf_file.hpp"

#include <elf.h>

#include <cstring>
#include <string_view>

#include "cc/files.hpp"

namespace fltsim::cc {
namespace {

constexpr std::string_view kRefusals = "fltsim_refusals";

// Reads that lie outside the file give zeros, so that a damaged file has no sections or no symbols.
class Elf {
 public:
  explicit Elf(std::string bytes) : bytes_(std::move(bytes)) {
    header_ = at<Elf64_Ehdr>(0);
    is_valid_ = std::memcmp(header_.e_ident, ELFMAG, SELFMAG) == 0 &&
                header_.e_ident[EI_CLASS] == ELFCLASS64 && header_.e_machine == EM_X86_64;
    if (!is_valid_) return;
    for (std::size_t i = 0; i < header_.e_shnum; ++i) {
      sections_.push_back(at<Elf64_Shdr>(header_.e_shoff + i * sizeof(Elf64_Shdr)));
    }
  }

  bool is_valid(Elf64_Half type) const { return is_valid_ && header_.e_type == type; }
  const std::vector<Elf64_Shdr>& sections() const { return sections_; }

  std::string section_name(std::size_t index) const {
    if (index >= sections_.size() || header_.e_shstrndx >= sections_.size()) return "";
    return text_at(sections_[header_.e_shstrndx], sections_[index].sh_name);
  }

  std::string text_at(const Elf64_Shdr& table, std::uint64_t offset) const {
    if (offset >= table.sh_size || table.sh_offset >= bytes_.size()) return "";
    const std::size_t begin = table.sh_offset + offset;
    if (begin >= bytes_.size()) return "";
    return bytes_.substr(begin, bytes_.find('\0', begin) - begin);
  }

  template <class T>
  std::vector<T> entries(const Elf64_Shdr& section) const {
    std::vector<T> result;
    if (section.sh_offset > bytes_.size() || section.sh_size > bytes_.size() - section.sh_offset)
      return result;
    for (std::uint64_t i = 0; i + sizeof(T) <= section.sh_size; i += sizeof(T)) {
      result.push_back(at<T>(section.sh_offset + i));
    }
    return result;
  }

 private:
  template <class T>
  T at(std::uint64_t offset) const {
    T value{};
    if (offset <= bytes_.size() && sizeof(T) <= bytes_.size() - offset) {
      std::memcpy(&value, bytes_.data() + offset, sizeof(T));
    }
    return value;
  }

  std::string bytes_;
  Elf64_Ehdr header_{};
  bool is_valid_ = false;
  std::vector<Elf64_Shdr> sections_;
};

bool is_constructor_runner(std::string_view name) {
  return name.starts_with("_GLOBAL__sub_I_") || name.starts_with("_GLOBAL__sub_D_") ||
         name.find("__static_initialization_and_destruction_0") != std::string_view::npos ||
         name.starts_with("__cxx_global_var_init") || name.starts_with("__cxx_global_array_dtor");
}

class ObjectReader {
 public:
  explicit ObjectReader(const Elf& elf) : elf_(elf) {}

  ObjectFile run() {
    for (const Elf64_Shdr& section : elf_.sections()) {
      if (section.sh_type == SHT_SYMTAB) read_symbols(section);
    }
    for (const Elf64_Shdr& section : elf_.sections()) {
      if (section.sh_type == SHT_RELA) read_relocations(section);
    }
    return std::move(result_);
  }

 private:
  void read_symbols(const Elf64_Shdr& section) {
    if (section.sh_link >= elf_.sections().size()) return;
    symbols_ = elf_.entries<Elf64_Sym>(section);
    for (const Elf64_Sym& symbol : symbols_) {
      names_.push_back(elf_.text_at(elf_.sections()[section.sh_link], symbol.st_name));
      if (ELF64_ST_TYPE(symbol.st_info) == STT_FILE && result_.source.empty()) result_.source = names_.back();
      if (symbol.st_shndx != SHN_UNDEF && ELF64_ST_BIND(symbol.st_info) != STB_LOCAL) {
        result_.defined.insert(names_.back());
      }
    }
  }

  // The function or variable that has this place.
  std::size_t holder(std::size_t section, std::uint64_t offset, unsigned type) const {
    for (std::size_t i = 0; i < symbols_.size(); ++i) {
      const Elf64_Sym& symbol = symbols_[i];
      if (ELF64_ST_TYPE(symbol.st_info) == type && symbol.st_shndx == section && offset >= symbol.st_value &&
          offset < symbol.st_value + symbol.st_size) {
        return i;
      }
    }
    return symbols_.size();
  }

  void read_relocations(const Elf64_Shdr& section) {
    const std::string name = elf_.section_name(section.sh_info);
    if (name.starts_with(".debug") || name.starts_with(".eh_frame")) return;
    if (name == ".init_array") result_.has_constructors = true;
    if (name.starts_with(".init_array") || name.starts_with(".fini_array")) return;
    for (const Elf64_Rela& relocation : elf_.entries<Elf64_Rela>(section)) {
      const std::size_t index = ELF64_R_SYM(relocation.r_info);
      if (index >= symbols_.size()) continue;
      const std::size_t function = holder(section.sh_info, relocation.r_offset, STT_FUNC);
      const bool runs_constructors = function < names_.size() && is_constructor_runner(names_[function]);
      if (runs_constructors) note_constructed(index, relocation);
      if (symbols_[index].st_shndx != SHN_UNDEF || names_[index].empty()) continue;
      Reference reference{names_[index], name, relocation.r_offset, false, "", runs_constructors};
      const auto type = ELF64_R_TYPE(relocation.r_info);
      reference.is_call = type == R_X86_64_PLT32 || type == R_X86_64_PC32;
      if (const std::size_t object = holder(section.sh_info, relocation.r_offset, STT_OBJECT);
          object < names_.size()) {
        reference.object = names_[object];
      }
      result_.references.push_back(std::move(reference));
    }
  }

  void note_constructed(std::size_t index, const Elf64_Rela& relocation) {
    const Elf64_Sym& symbol = symbols_[index];
    std::size_t variable = index;
    if (ELF64_ST_TYPE(symbol.st_info) == STT_SECTION) {
      // The processor counts from behind the four bytes.
      variable = holder(symbol.st_shndx, static_cast<std::uint64_t>(relocation.r_addend + 4), STT_OBJECT);
      if (variable >= symbols_.size()) return;
    }
    if (ELF64_ST_TYPE(symbols_[variable].st_info) != STT_OBJECT || symbols_[variable].st_shndx == SHN_UNDEF)
      return;
    if (elf_.section_name(symbols_[variable].st_shndx).starts_with(".rodata")) return;
    result_.constructed.insert(names_[variable]);
  }

  const Elf& elf_;
  ObjectFile result_;
  std::vector<Elf64_Sym> symbols_;
  std::vector<std::string> names_;
};

}  // namespace

std::optional<ObjectFile> read_object(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return std::nullopt;
  const Elf elf(std::move(*bytes));
  if (!elf.is_valid(ET_REL)) return std::nullopt;
  return ObjectReader(elf).run();
}

// The first member of an archive lists its symbols: how many as four bytes, the highest first, as many places, then the names.
std::optional<std::set<std::string>> read_archive_symbols(const std::string& path) {
  const auto bytes = read_file(path);
  constexpr std::string_view kMagic = "!<arch>\n";
  constexpr std::size_t kMemberHeader = 60;
  if (!bytes || !bytes->starts_with(kMagic)) return std::nullopt;
  std::set<std::string> symbols;
  std::size_t at = kMagic.size();
  if (bytes->compare(at, 2, "/ ") != 0 || bytes->size() < at + kMemberHeader + 4) return symbols;
  at += kMemberHeader;
  std::size_t count = 0;
  for (std::size_t i = 0; i < 4; ++i) count = count << 8 | static_cast<unsigned char>((*bytes)[at + i]);
  at += 4 + 4 * count;
  for (; count != 0 && at < bytes->size(); --count) {
    const std::size_t end = bytes->find('\0', at);
    if (end == std::string::npos) break;
    symbols.insert(bytes->substr(at, end - at));
    at = end + 1;
  }
  return symbols;
}

std::optional<LibraryExports> read_library(const std::string& path) {
  auto bytes = read_file(path);
  if (!bytes) return std::nullopt;
  const Elf elf(std::move(*bytes));
  if (!elf.is_valid(ET_DYN)) return std::nullopt;
  LibraryExports exports;
  for (const Elf64_Shdr& section : elf.sections()) {
    if (section.sh_type != SHT_DYNSYM || section.sh_link >= elf.sections().size()) continue;
    for (const Elf64_Sym& symbol : elf.entries<Elf64_Sym>(section)) {
      if (symbol.st_shndx == SHN_UNDEF) continue;
      const std::string name = elf.text_at(elf.sections()[section.sh_link], symbol.st_name);
      (elf.section_name(symbol.st_shndx) == kRefusals ? exports.refusals : exports.routines).insert(name);
    }
  }
  return exports;
}

}  // namespace fltsim::cc

#include "cc/imports.hpp"

#include <cxxabi.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string_view>

#include "cc/elf_file.hpp"
#include "cc/files.hpp"
#include "cc/process.hpp"

namespace fltsim::cc {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPlacesMax = 8;

// What the compilers themselves ask for. Everything else that the C library has is nothing for a driver.
bool is_compilers_own(const std::string& symbol) {
  constexpr std::array<std::string_view, 5> kPrefixes{"__asan_", "__ubsan_", "__tsan_", "__sanitizer_",
                                                      "__sancov_"};
  // Of libgcc: arithmetic that the processor has no instruction for.
  constexpr std::array<std::string_view, 6> kArithmetic{"di2", "ti2", "si2", "di3", "ti3", "oti4"};
  const auto ends = [&](std::string_view ending) { return symbol.ends_with(ending); };
  if (symbol.starts_with("__") && std::any_of(kArithmetic.begin(), kArithmetic.end(), ends)) return true;
  constexpr std::array<std::string_view, 4> kNames{"_setjmp", "_GLOBAL_OFFSET_TABLE_",
                                                   "__start___sancov_guards", "__stop___sancov_guards"};
  const auto starts = [&](std::string_view prefix) { return symbol.starts_with(prefix); };
  return std::any_of(kPrefixes.begin(), kPrefixes.end(), starts) ||
         std::find(kNames.begin(), kNames.end(), symbol) != kNames.end() ||
         symbol.starts_with("__start___sancov") || symbol.starts_with("__stop___sancov") ||
         symbol == "__start_asan_globals" || symbol == "__stop_asan_globals";
}

std::string shortened(const std::string& path) {
  std::error_code error;
  const std::string folder = fs::current_path(error).string() + '/';
  return path.starts_with(folder) ? path.substr(folder.size()) : path;
}

// "file:line" of each offset; empty where nothing is known.
std::vector<std::string> places_of(const std::string& file, const std::string& section,
                                   const std::vector<const Reference*>& references) {
  std::vector<std::string> words{"addr2line", "-e", file, "-j", section};
  for (const Reference* reference : references) {
    std::ostringstream offset;
    offset << "0x" << std::hex << reference->offset;
    words.push_back(offset.str());
  }
  std::istringstream lines(run(words).output);
  std::vector<std::string> places;
  for (std::string line; std::getline(lines, line);) {
    line = line.substr(0, line.find(" ("));  // (discriminator 3)
    const bool is_known =
        line.find("??") == std::string::npos && !line.ends_with(":?") && !line.ends_with(":0");
    places.push_back(is_known ? shortened(line) : "");
  }
  places.resize(references.size());
  return places;
}

// `name(`, or `CRT(type, name, ...)` of the C runtime's headers; not the word in a comment.
bool declares(const std::string& text, const std::string& name) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if (at == 0 || is_word(text[at - 1]) || end == text.size()) continue;
    if (text[end] == '(' || (text[end] == ',' && text[at - 1] == ' ' && text.compare(end, 3, ", (") == 0))
      return true;
  }
  return false;
}

// Programs have headers that drivers do not see.
bool is_in_headers(const std::string& symbol, const std::string& folder, bool for_programs) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!for_programs && (name == "um" || name == "client")) at.disable_recursion_pending();
    if (!at->is_regular_file(error)) continue;
    const auto text = read_file(at->path().string());
    if (text && declares(*text, symbol)) return true;
  }
  return false;
}

std::string list(const std::vector<std::string>& places) {
  std::string text;
  for (std::size_t i = 0; i < std::min(places.size(), kPlacesMax); ++i)
    text += (i == 0 ? "" : ", ") + places[i];
  if (places.size() > kPlacesMax)
    text += " and " + std::to_string(places.size() - kPlacesMax) + " more places";
  return text;
}

class Search {
 public:
  Search(const Target& target, const std::vector<std::string>& files)
      : target_(target), installation_(target.installation), files_(files) {}

  std::vector<MissingImport> run() {
    const auto library = read_library(installation_.simulator);
    if (!library) return {};  // the linker says so, too
    exports_ = *library;
    // Our own C++ is no routine of Windows.
    std::erase_if(exports_.routines, [](const std::string& name) { return name.starts_with("_Z"); });
    if (target_.arguments.client) {
      add(read_archive_symbols(installation_.client_runtime));
      for (const char* const name : {"libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "ld-linux-x86-64.so.2"})
        add_library(name);
    } else {
      add(read_archive_symbols(installation_.driver_runtime));
      add(read_archive_symbols(installation_.watched_driver_runtime));
    }
    for (const std::string& file : files_) {
      add(read_archive_symbols(file));
      auto object = read_object(file);
      if (!object) continue;
      own_.insert(object->defined.begin(), object->defined.end());
      defined_.insert(object->defined.begin(), object->defined.end());
      objects_.emplace_back(file, std::move(*object));
    }
    for (const auto& [file, object] : objects_) look_at(file, object);
    return std::move(missing_);
  }

 private:
  void add(const std::optional<std::set<std::string>>& symbols) {
    if (symbols) defined_.insert(symbols->begin(), symbols->end());
  }

  // One of the machine's that programs are linked with.
  void add_library(const char* name) {
    std::string path = cc::run({target_.toolchain.compiler, std::string("-print-file-name=") + name}).output;
    while (path.ends_with('\n')) path.pop_back();
    if (const auto library = read_library(path))
      defined_.insert(library->routines.begin(), library->routines.end());
  }

  bool is_there(const std::string& symbol) const {
    return defined_.contains(symbol) || exports_.routines.contains(symbol) || is_compilers_own(symbol) ||
           (refers_to_types() && symbol.starts_with("_ZTVN10__cxxabiv1")) ||
           (target_.arguments.client && symbol == kEndOfFailedCleanUp);
  }

  // Code that throws and catches, and the undefined-behaviour sanitizer where it calls through a pointer, name the
  // types of libstdc++, which is in every program that loads a module.
  bool refers_to_types() const {
    return target_.arguments.client || target_.arguments.sanitizers.find("undefined") != std::string::npos;
  }

  // clang's, in C with exceptions. A program's own abort() has another symbol.
  static constexpr std::string_view kEndOfFailedCleanUp = "abort";

  void look_at(const std::string& file, const ObjectFile& object) {
    std::map<std::string, std::vector<const Reference*>, std::greater<>> by_section;  // .text first
    for (const Reference& reference : object.references) {
      // The runtime has a delete with a size, which calls the driver's own without.
      const bool is_sized =
          !target_.arguments.client && (reference.symbol == "_ZdlPvm" || reference.symbol == "_ZdaPvm");
      if (is_sized && !own_.contains(reference.symbol) && !is_there(reference.symbol.substr(0, 6))) {
        by_section[reference.section].push_back(&reference);
      }
      if (!reference.is_dead && !is_there(reference.symbol))
        by_section[reference.section].push_back(&reference);
    }
    for (const auto& [section, references] : by_section) {
      const std::vector<std::string> places = places_of(file, section, references);
      for (std::size_t i = 0; i < references.size(); ++i) {
        const std::string source = object.source.empty() ? file : object.source;
        std::string place = places[i];
        if (place.empty())
          place = references[i]->object.empty() ? source : references[i]->object + " in " + source;
        note(*references[i], place);
      }
    }
  }

  void note(const Reference& reference, const std::string& place) {
    auto found = std::find_if(missing_.begin(), missing_.end(),
                              [&](const MissingImport& import) { return import.symbol == reference.symbol; });
    if (found == missing_.end()) {
      missing_.push_back({kind_of(reference.symbol), reference.symbol, false, {}});
      found = missing_.end() - 1;
    }
    found->is_called = found->is_called || reference.is_call;
    if (std::find(found->places.begin(), found->places.end(), place) == found->places.end()) {
      found->places.push_back(place);
    }
  }

  MissingImport::Kind kind_of(const std::string& symbol) const {
    if (exports_.refusals.contains(symbol)) return MissingImport::kRefused;
    return is_in_headers(symbol, installation_.wdk, target_.arguments.client) ? MissingImport::kUnsimulated
                                                                              : MissingImport::kUnknown;
  }

  const Target& target_;
  const Installation& installation_;
  const std::vector<std::string>& files_;
  LibraryExports exports_;
  std::set<std::string> defined_;
  std::set<std::string> own_;  // of `defined_`, what the driver's objects define
  std::vector<std::pair<std::string, ObjectFile>> objects_;
  std::vector<MissingImport> missing_;
};

}  // namespace

std::vector<MissingImport> missing_imports(const Target& target, const std::vector<std::string>& files) {
  return Search(target, files).run();
}

std::string describe(const MissingImport& import) {
  if (import.symbol == "__cxa_atexit") {
    return "a static object with a destructor needs atexit, which no kernel has; used in " +
           list(import.places);
  }
  std::string text = source_name(import.symbol);
  text += import.kind == MissingImport::kUnknown ? " is not known here; used in "
                                                 : " is declared but not simulated; used in ";
  return text + list(import.places);
}

std::string source_name(const std::string& symbol) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> name(
      abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status), std::free);
  return status == 0 && name ? name.get() : symbol;
}

}  // namespace fltsim::cc

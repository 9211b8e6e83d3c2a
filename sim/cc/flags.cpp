#include "cc/flags.hpp"

#include <algorithm>

namespace fltsim::cc {
namespace {

using Words = std::vector<std::string>;

void append(Words& to, const Words& more) { to.insert(to.end(), more.begin(), more.end()); }

// What the compiler would assume and a driver's author does not.
const Words kMeaning{"-fPIC",
                     "-fvisibility=hidden",
                     "-fshort-wchar",
                     "-fno-builtin",
                     "-fno-strict-aliasing",
                     "-fwrapv",
                     "-fno-delete-null-pointer-checks",
                     "-fno-stack-protector"};

// By which a compiler calls the hooks of loader/watch: as for the kernel's address sanitizer, by calls alone, and without
// its treatment of the stack and of globals. Unoptimised, so that what the source does is what is told.
Words watch(bool is_clang) {
  Words flags{"-O0", "-fno-omit-frame-pointer", "-finstrument-functions", "-fsanitize=kernel-address"};
  for (const char* const setting :
       {"asan-instrumentation-with-call-threshold=0", "asan-stack=0", "asan-globals=0"}) {
    if (is_clang) {
      append(flags, {"-mllvm", std::string("-") + setting});
    } else {
      flags.push_back(std::string("--param=") + setting);
    }
  }
  return flags;
}

// Null pointers, misaligned ones and a division by zero are structured exceptions here, so the sanitizer leaves them
// to the machine; vptr needs RTTI.
Words sanitize(const std::string& list) {
  return {"-fsanitize=" + list, "-fno-sanitize=null,alignment,integer-divide-by-zero,vptr",
          "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"};
}

// What MSVC accepts with a warning, and these compilers not.
Words tolerant(bool is_clang, Language language) {
  Words flags{"-fms-extensions", "-mms-bitfields"};
  if (language == Language::kCxx) {
    append(flags, {"-fno-operator-names", "-fcheck-new", "-Wno-narrowing"});
    if (!is_clang) append(flags, {"-fpermissive", "-Wno-literal-suffix"});
    if (is_clang)
      append(flags, {"-fdelayed-template-parsing", "-Wno-c++11-narrowing",
                     "-Wno-error=reserved-user-defined-literal"});
  } else {
    append(flags, {"-fcommon", "-Wno-error=int-conversion", "-Wno-error=implicit-int",
                   "-Wno-error=incompatible-pointer-types"});
    if (is_clang)
      append(flags, {"-Wno-error=incompatible-function-pointer-types", "-Wno-error=return-type",
                     "-Wno-error=return-mismatch"});
  }
  return flags;
}

// What an author can do nothing about: the dialect itself.
Words quiet(bool is_clang, Language language) {
  Words flags{"-Wno-unknown-pragmas", "-Wno-multichar", "-Wno-missing-field-initializers",
              "-Wno-unused-parameter"};
  if (is_clang) append(flags, {"-Wno-unknown-warning-option", "-Wno-unused-command-line-argument"});
  if (language == Language::kC) append(flags, {"-Wno-incompatible-pointer-types", "-Wno-pragmas"});
  return flags;
}

bool defines(const Words& preprocessor, const std::string& name) {
  for (std::size_t i = 0; i + 1 < preprocessor.size(); i += 2) {
    if (preprocessor[i] != "-D" && preprocessor[i] != "-U") continue;
    if (preprocessor[i + 1].substr(0, preprocessor[i + 1].find('=')) == name) return true;
  }
  return false;
}

}  // namespace

Words Target::common(Language language) const {
  Words words{toolchain.compiler, "-g", "-O1"};
  append(words, kMeaning);
  // A program has a main, and may throw.
  words.push_back(arguments.client ? "-fexceptions" : "-ffreestanding");
  if (!toolchain.is_clang) words.push_back("-fno-gnu-unique");
  std::string standard = arguments.standard;
  const bool standard_is_cxx = standard.find("++") != std::string::npos;
  if (standard.empty() || standard_is_cxx != (language == Language::kCxx)) {
    standard = language == Language::kC ? "gnu17" : "c++20";
  }
  words.push_back("-std=" + standard);
  if (language == Language::kC) {
    words.push_back("-Werror=implicit-function-declaration");
  } else if (arguments.client) {
    words.push_back("-fno-threadsafe-statics");
  } else {
    // Drivers are built as C++14, where new and delete know of no alignment: theirs are the plain ones.
    append(words, {"-fno-exceptions", "-fno-rtti", "-fno-threadsafe-statics", "-fno-aligned-new"});
  }
  append(words, tolerant(toolchain.is_clang, language));
  if (arguments.watched) append(words, watch(toolchain.is_clang));
  if (!arguments.sanitizers.empty()) append(words, sanitize(arguments.sanitizers));
  append(words, arguments.compiler);
  append(words, arguments.warnings);
  append(words, quiet(toolchain.is_clang, language));
  return words;
}

Words Target::preprocess(Language language, const Words& users) const {
  Words words = common(language);
  append(words, {"-nostdinc", "-U_FORTIFY_SOURCE", "-Ulinux", "-Uunix", "-D_WIN32", "-D_WIN64", "-D_AMD64_",
                 "-DFLTSIM_DRIVER_UNIT"});
  if (language == Language::kCxx) words.push_back("-nostdinc++");
  if (arguments.client) words.push_back("-DFLTSIM_CLIENT_UNIT");
  for (const std::string name : {"UNICODE", "_UNICODE"}) {
    if (arguments.client && !defines(users, name)) words.push_back("-D" + name);
  }
  if (!arguments.client && !defines(users, "DBG")) words.push_back("-DDBG=1");
  if (arguments.watched) words.push_back("-DFLTSIM_WATCHED");
  if (!arguments.sanitizers.empty()) words.push_back("-DFLTSIM_SANITIZED");
  append(words, users);
  if (arguments.client && language == Language::kCxx)
    append(words, {"-isystem", installation.client + "/cxx"});
  if (arguments.client) append(words, {"-isystem", installation.client, "-isystem", installation.um});
  append(words, {"-isystem", installation.wdk, "-isystem", installation.crt});
  for (const std::string& folder : language == Language::kC ? toolchain.c_headers : toolchain.cxx_headers) {
    append(words, {"-isystem", folder});
  }
  // The library comes last: installed, its folder may be that of a whole system.
  append(words, {"-idirafter", installation.headers});
  append(words, {"-x", language == Language::kC ? "c" : "c++", "-E"});
  return words;
}

Words Target::compile(Language language) const {
  Words words;
  if (!arguments.launcher.empty()) words.push_back(arguments.launcher);
  append(words, common(language));
  words.push_back("-c");
  return words;
}

// -z defs makes an unresolved import an error of the build. The sanitizers' runtime is in the program and resolves
// at load, so there it is the loader that names what is missing. There is no path to the simulator's library in a
// module: whoever loads it has the library in memory already.
Words Target::link(const std::string& output, const Words& objects) const {
  Words words{toolchain.compiler, "-shared", "-nostdlib", "-o", output};
  append(words, objects);
  if (arguments.client) {
    append(words, {installation.client_runtime, "-Wl,-u,fltsim_program_start"});
  } else {
    words.push_back(arguments.watched ? installation.watched_driver_runtime : installation.driver_runtime);
    words.push_back("-Wl,-u,fltsim_module_exports_table");
  }
  // gcc gives a driver's own operator delete the default visibility: the program's must not take its place.
  append(words, {"-Wl,-Bsymbolic", "-Wl,--hash-style=gnu", installation.simulator});
  if (arguments.sanitizers.empty()) words.push_back("-Wl,-z,defs");
  append(words, arguments.linker);
  if (arguments.client) append(words, {"-lstdc++", "-lm", "-lgcc_s"});
  append(words, {"-lgcc", "-lc"});
  return words;
}

std::string Target::unoptimised() const {
  return toolchain.is_clang ? "__attribute__((optnone, noinline))"
                            : "__attribute__((optimize(\"O0\"), noinline))";
}

}  // namespace fltsim::cc

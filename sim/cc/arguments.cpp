#include "cc/arguments.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>

namespace fltsim::cc {
namespace {

constexpr const char* kHelp =
    R"(usage: fltlink-cc [options] -o DRIVER.sys SOURCE...
       fltlink-cc [options] --client -o PROGRAM SOURCE...
       fltlink-cc [options] -c SOURCE [-o OBJECT]

Builds minifilter source, C (.c) and C++ (.cpp .cc .cxx), into a driver module for `fltlink run`, and a program of user
mode into a client of it.

  --client                  the sources are a program's: <windows.h>, <fltUser.h>, a C runtime and a main; Unicode
                            unless -UUNICODE -U_UNICODE
  -o FILE                   what is written; a.sys or a.out, or with -c the source's name with .o
  -c                        compile, do not link
  -I -isystem -iquote -idirafter FOLDER, -include FILE, -D NAME[=VALUE], -U NAME
  -O* -g* -f* -m* -std=* -W* -w     as the compiler's; without any -W nothing but errors is shown
  -MD [-MF FILE] [-MT TARGET]       write the files that a unit depends on, for make and ninja
  --cc NAME                 gcc, clang, clang-19, or a path
  --launcher PROGRAM        put in front of the compiler: ccache
  --sanitize=LIST           address, undefined, thread
  --watched                 tell the machine of each load and store (findings VER-48, VER-49)
  --allow-unsupported       link what is not simulated to a stop with its name
  --source-charset NAME     of sources and headers without a byte order mark; else found out
  --no-long32               leave `long` 64 bits wide; Windows has 32
  --save-temps              keep the files in between, and say where
  --verbose --help --version
  @FILE                     more arguments, from a file

Exit status: 0 built, 1 it does not compile or link, 2 wrong usage.
)";

bool starts_with(const std::string& text, std::string_view prefix) { return text.starts_with(prefix); }

std::string lower_extension(const std::string& input) {
  const std::size_t dot = input.find_last_of("./");
  if (dot == std::string::npos || input[dot] == '/') return "";
  std::string extension = input.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return extension;
}

// The words of a response file: separated by white space, quoted by ' or ", with \ in front of any character.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      word += text[++i];
      in_word = true;
    } else if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

constexpr int kResponseDepthMax = 8;

std::optional<std::string> expand(const std::vector<std::string>& arguments, int depth,
                                  std::vector<std::string>& to) {
  for (const std::string& argument : arguments) {
    if (argument.size() < 2 || argument.front() != '@') {
      to.push_back(argument);
      continue;
    }
    std::ifstream in(argument.substr(1), std::ios::binary);
    if (!in) return "cannot read the response file " + argument.substr(1);
    if (depth == kResponseDepthMax) return "response files name each other: " + argument.substr(1);
    std::stringstream text;
    text << in.rdbuf();
    if (auto wrong = expand(words_of(text.str()), depth + 1, to)) return wrong;
  }
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::vector<std::string> words) : words_(std::move(words)) {}

  Parsed run() {
    for (; at_ < words_.size(); ++at_) {
      const std::string& word = words_[at_];
      if (word == "--help" || word == "-h") return Answer{kHelp};
      if (word == "--version") return Answer{"fltlink-cc " FLTLINK_VERSION_TEXT "\n"};
      if (!take(word)) return WrongUsage{wrong_.empty() ? "unknown option " + word : wrong_};
    }
    if (result_.inputs.empty()) return WrongUsage{"no source was given"};
    return check();
  }

 private:
  bool take(const std::string& word) {
    if (word.empty()) return wrong("an empty argument");
    if (word.front() != '-') {
      result_.inputs.push_back(word);
      return true;
    }
    return take_switch(word) || (wrong_.empty() && (take_value(word) || (wrong_.empty() && pass_on(word))));
  }

  bool take_switch(const std::string& word) {
    const std::map<std::string_view, bool*> switches{
        {"--client", &result_.client},       {"-c", &result_.compile_only},
        {"-MD", &result_.dependencies},      {"-MMD", &result_.dependencies},
        {"--watched", &result_.watched},     {"--allow-unsupported", &result_.allow_unsupported},
        {"--no-long32", &result_.keep_long}, {"--save-temps", &result_.save_temporaries},
        {"--verbose", &result_.verbose},     {"-v", &result_.verbose},
    };
    if (word == "--long32") {
      result_.keep_long = false;
      return true;
    }
    const auto found = switches.find(word);
    if (found == switches.end()) return false;
    *found->second = true;
    return true;
  }

  // Options with a value: behind `=`, glued, or as the next word.
  bool take_value(const std::string& word) {
    const std::map<std::string_view, std::string*> values{
        {"--cc", &result_.compiler_name},    {"--launcher", &result_.launcher},
        {"--sanitize", &result_.sanitizers}, {"--source-charset", &result_.source_charset},
        {"-MF", &result_.dependency_file},   {"-MT", &result_.dependency_target},
        {"-std", &result_.standard},
    };
    const std::size_t equals = word.find('=');
    const auto found = values.find(std::string_view(word).substr(0, equals));
    if (found != values.end()) {
      if (equals != std::string::npos) {
        *found->second = word.substr(equals + 1);
        return true;
      }
      return word != "-std" && next(word, *found->second);
    }
    if (starts_with(word, "-o")) return glued_or_next(word, 2, result_.output);
    for (const std::string_view option : {"-isystem", "-iquote", "-idirafter", "-include", "-imacros"}) {
      if (starts_with(word, option)) return add_preprocessor(word, option);
    }
    for (const std::string_view option : {"-I", "-D", "-U"}) {
      if (starts_with(word, option)) return add_preprocessor(word, option);
    }
    return false;
  }

  bool pass_on(const std::string& word) {
    if (starts_with(word, "-Wl,")) {
      result_.linker.push_back(word);
      return true;
    }
    if (starts_with(word, "-W") || word == "-w") {
      result_.warnings.push_back(word);
      return true;
    }
    if (word == "--param" || word == "-mllvm") {
      std::string value;
      if (!next(word, value)) return false;
      result_.compiler.insert(result_.compiler.end(), {word, value});
      return true;
    }
    for (const std::string_view prefix : {"-O", "-g", "-f", "-m", "--param="}) {
      if (starts_with(word, prefix)) {
        result_.compiler.push_back(word);
        return true;
      }
    }
    return false;
  }

  bool add_preprocessor(const std::string& word, std::string_view option) {
    std::string value;
    if (!glued_or_next(word, option.size(), value)) return false;
    result_.preprocessor.insert(result_.preprocessor.end(), {std::string(option), value});
    return true;
  }

  bool glued_or_next(const std::string& word, std::size_t size, std::string& value) {
    if (word.size() == size) return next(word, value);
    value = word.substr(size);
    return true;
  }

  bool next(const std::string& word, std::string& value) {
    if (at_ + 1 >= words_.size()) return wrong(word + " needs a value");
    value = words_[++at_];
    return true;
  }

  bool wrong(std::string text) {
    wrong_ = std::move(text);
    return false;
  }

  Parsed check() {
    static const std::set<std::string> kSanitizers{
        "", "address", "undefined", "address,undefined", "thread", "undefined,address"};
    const Arguments& a = result_;
    if (!kSanitizers.contains(a.sanitizers)) {
      return WrongUsage{"--sanitize takes address, undefined, both with a comma, or thread; not " +
                        a.sanitizers};
    }
    if (a.watched && !a.sanitizers.empty()) return WrongUsage{"--watched and --sanitize exclude each other"};
    if (a.watched && a.client) return WrongUsage{"--watched is for drivers"};
    if (a.compile_only && a.inputs.size() > 1 && !a.output.empty()) {
      return WrongUsage{"-c with -o takes one source"};
    }
    if (!a.dependency_file.empty() && a.inputs.size() > 1) return WrongUsage{"-MF takes one source"};
    for (const std::string& input : a.inputs) {
      const std::string extension = lower_extension(input);
      const bool is_linked = extension == "o" || extension == "obj" || extension == "a";
      if (is_c_source(input) || is_cxx_source(input) || (is_linked && !a.compile_only)) continue;
      return WrongUsage{input + ": neither C nor C++ source (.c .cpp .cc .cxx) nor an object (.o .obj .a)"};
    }
    return std::move(result_);
  }

  std::vector<std::string> words_;
  std::size_t at_ = 0;
  Arguments result_;
  std::string wrong_;
};

}  // namespace

bool is_c_source(const std::string& input) { return lower_extension(input) == "c"; }

bool is_cxx_source(const std::string& input) {
  const std::string extension = lower_extension(input);
  return extension == "cpp" || extension == "cc" || extension == "cxx" || extension == "c++";
}

Parsed parse(const std::vector<std::string>& arguments) {
  std::vector<std::string> words;
  if (auto wrong = expand(arguments, 0, words)) return WrongUsage{*wrong};
  return Parser(std::move(words)).run();
}

}  // namespace fltsim::cc

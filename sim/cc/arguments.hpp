// The command line of fltlink-cc: that of a compiler, and a few long options of its own.
#pragma once

#include <string>
#include <variant>
#include <vector>

namespace fltsim::cc {

struct Arguments {
  std::vector<std::string> inputs;        // sources, objects and archives, in their order
  std::string output;                     // empty: a.sys or a.out, or the source's name with .o
  std::vector<std::string> preprocessor;  // -I, -D, -U, -include and the like, each in one or two elements
  std::vector<std::string> compiler;      // -O, -g, -f, -m: to the compiler as they are
  std::vector<std::string> warnings;      // -W and -w
  std::vector<std::string> linker;        // -Wl, and --param's like
  std::string standard;                   // of -std=
  std::string compiler_name;              // of --cc; empty: the default
  std::string launcher;                   // a program in front of the compiler, such as ccache
  std::string sanitizers;                 // of --sanitize
  std::string dependency_file;            // empty: none is written, unless `dependencies`
  std::string dependency_target;
  std::string source_charset;  // empty: found out for each file
  bool client = false;         // --client: programs of user mode, not drivers
  bool compile_only = false;   // -c
  bool dependencies = false;   // -MD
  bool watched = false;
  bool allow_unsupported = false;
  bool keep_long = false;  // --no-long32
  bool save_temporaries = false;
  bool verbose = false;
};

// What the command line is: work to do, a text that was asked for, or wrong.
struct Answer {
  std::string text;
};
struct WrongUsage {
  std::string text;
};
using Parsed = std::variant<Arguments, Answer, WrongUsage>;

// `arguments` without the program's name. @FILE is replaced by the words in the file.
Parsed parse(const std::vector<std::string>& arguments);

bool is_c_source(const std::string& input);
bool is_cxx_source(const std::string& input);

}  // namespace fltsim::cc

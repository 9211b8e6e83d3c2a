// fltsim-lower-seh: turns __try, __except, __finally and __leave of a preprocessed C or C++ unit into plain
// GNU C.
//
//   fltsim-lower-seh INPUT OUTPUT ATTRIBUTE
//
// ATTRIBUTE is put in front of every function that holds a __try.
//
// What the lowered code means is in sim/nt/seh.hpp and docs/adr/0007-structured-exceptions.md. In short:
//
//   __try { A } __except (F) { B }    { frame; if (_setjmp(frame) == 0) { A leave: exit(frame); }
//                                       else if (filter(frame, F)) { B } else continue(frame); }
//   __try { A } __finally { B }       the same frame, then B on every way out of A. A `return`, `break`,
//                                     `continue` or `goto` that leaves A sets a code, goes to the leave
//                                     label, and is carried out after B.
//
// A function that holds a __try is compiled unoptimised: its locals must be in memory when an exception comes
// back to its frame. Everything else is copied to the letter, line by line, so that line numbers stay.
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "loader/tool/lowerer.hpp"
#include "loader/tool/tokens.hpp"
#include "loader/tool/unit.hpp"

namespace {

std::string lower(const std::string& source, const char* attribute) {
  if (source.find("__try") == std::string::npos) return source;
  std::vector<fltsim::lower_seh::Token> tokens = fltsim::lower_seh::tokenize(source);
  fltsim::lower_seh::give_back_library_tries(tokens);
  const fltsim::lower_seh::Unit unit(tokens);
  // The compiler cannot see that the lowered ways out of a function are all there are.
  return "#pragma GCC diagnostic ignored \"-Wreturn-type\"\n" +
         fltsim::lower_seh::Lowerer(unit, attribute).run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: fltsim-lower-seh INPUT OUTPUT ATTRIBUTE\n";
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  if (!in) {
    std::cerr << "fltsim-lower-seh: cannot read " << argv[1] << '\n';
    return 1;
  }
  std::stringstream source;
  source << in.rdbuf();
  std::ofstream out(argv[2], std::ios::binary);
  out << lower(source.str(), argv[3]);
  out.close();
  if (!out) {
    std::cerr << "fltsim-lower-seh: cannot write " << argv[2] << '\n';
    return 1;
  }
  return 0;
}

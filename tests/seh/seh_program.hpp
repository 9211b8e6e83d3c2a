// Random programs of nested __try statements, as C text for a driver unit, and what Windows makes of them: an interpreter
// of the same tree. Equal seeds give equal programs.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "seh_programs.h"

namespace fltsim::test {

struct Statement;
using Statements = std::vector<std::unique_ptr<Statement>>;

enum class Filter {
  kTakesAll,
  kSearches,
  kByCode,        // takes ACCESS_DENIED and access violations
  kNotes,         // a function that is given GetExceptionInformation()
  kChangesLocal,  // a comma expression on a local of the function
  kCalls,         // calls another function of the program the first times; that may raise
  kRaises,        // raises the first times
};

struct Statement {
  enum class Kind {
    kNote,
    kAdd,
    kNoteLocal,
    kRaise,
    kFault,
    kCall,
    kIf,
    kLoop,
    kSwitch,
    kTryExcept,
    kTryFinally,
    kLeave,
    kReturn,
    kBreak,
    kContinue,
    kGoto,
    kLabel
  } kind;
  int number = 0;  // unique in the program: what is noted, a label's name, a loop's counter
  int value = 0;   // of a raise, a return, an addition; a goto's label, a call's function, a loop's bound
  Filter filter = Filter::kTakesAll;
  std::vector<Statements> parts;  // the blocks: arms of an if and a switch, body and clause of a __try
};

// Function 0 is the program; each calls only those behind it.
struct Program {
  std::vector<Statements> functions;
};

Program make_program(std::uint64_t seed);

// A definition of `void program_<number>(struct SehTrace*)` and of what it calls.
std::string source_of(const Program& program, int number);

// What the program writes to its trace on Windows.
void interpret(const Program& program, SehTrace& trace);

}  // namespace fltsim::test

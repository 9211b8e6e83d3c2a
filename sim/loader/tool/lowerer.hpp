// Lowers one unit: copies it token by token, and rewrites the functions that hold a __try.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "loader/tool/unit.hpp"

namespace fltsim::lower_seh {

// A __finally block that encloses the statement being lowered, and how control leaves it.
struct Finally {
  int number;
  std::set<std::string> labels;      // inside its __try block: a goto to one of these stays inside
  std::vector<std::string> gotos{};  // labels outside that the block goes to
  bool returns = false;
  bool breaks = false;
  bool continues = false;
};

// How control leaves a __try block that has a __finally: the value of fltsim_go_<number>, 0 for its end.
enum Way {
  kReturn = 1,
  kBreak,
  kContinue,
  kFirstGoto,  // the others follow, in the order of Finally::gotos
};

struct Context {
  Finally* enclosing = nullptr;  // the innermost __finally, or null
  bool break_stays = false;      // a loop or switch stands between here and it
  bool continue_stays = false;   // a loop does
  int leave = 0;                 // the innermost __try's number
};

class Lowerer {
 public:
  // `attribute` goes in front of every function that holds a __try.
  Lowerer(const Unit& unit, std::string attribute);

  std::string run();

 private:
  // --- copying ---
  void copy() { out_ += unit_[at_++].text; }
  void copy_space();
  std::string_view peek() const;
  int line() const { return at_ < unit_.size() ? unit_[at_].line : 0; }
  // Keeps the line count where tokens are replaced.
  void skip_to(std::size_t end);

  // --- functions ---
  void function(std::size_t declaration);
  void mark_unoptimised(std::size_t declaration);

  // --- statements: each lowers one, from at_, leading space included ---
  void block(Context context);
  void parenthesis();
  void statement(Context context);
  void if_statement(Context context);
  void loop(Context context);
  void do_loop(Context context);
  void switch_statement(Context context);
  void label(Context context);
  void simple_statement();

  // --- leaving a __try block (leaving.cpp) ---
  void leave(const Context& context);
  void return_statement(const Context& context);
  void jump(const Context& context, Way way, const char* plain);
  void goto_statement(const Context& context);
  void carry_out(const Context& context, const Finally& leaving);

  // --- __try (try_block.cpp) ---
  void try_statement(const Context& context);
  void open_frame(const std::string& number, bool is_finally);
  void guarded_block(const std::string& number, const Context& context);
  void except_clause(const Context& context, const std::string& frame);
  void finally_clause(const Context& context, const Finally& leaving, const std::string& frame);
  std::set<std::string> labels_between(std::size_t begin, std::size_t end) const;

  const Unit& unit_;
  const std::string attribute_;
  std::size_t at_ = 0;
  std::string out_;
  std::string return_type_;  // of the function being lowered; empty for void
  int tries_ = 0;
};

}  // namespace fltsim::lower_seh

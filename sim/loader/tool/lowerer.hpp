// Lowers one unit: copies it token by token, and rewrites the functions that hold a __try.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "loader/tool/unit.hpp"

namespace fltsim::lower_seh {

struct FunctionHead;
struct LambdaHead;

// A __finally block that encloses the statement being lowered, and how control leaves it.
struct Finally {
  int number;
  std::set<std::string> labels;      // inside its __try block: a goto to one of these stays inside
  std::vector<std::string> gotos{};  // labels outside that the block goes to
  bool returns = false;
  bool returns_value = false;
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

// Numbers of __try statements, 0 for none.
struct Context {
  Finally* enclosing = nullptr;   // the innermost __finally, or null
  bool break_stays = false;       // a loop or switch stands between here and it
  bool continue_stays = false;    // a loop does
  int leave = 0;                  // the innermost __try
  int filter = 0;                 // whose filter this is
  int handler = 0;                // the innermost one whose handler this is in
  int finally = 0;                // the innermost one whose __finally block this is in
  std::size_t region = 0;         // the innermost block of a __try statement: an index of regions_
  std::size_t switch_region = 0;  // the one in which the innermost switch begins
};

class Lowerer {
 public:
  // `attribute` goes in front of every function that holds a __try. Throws Refused.
  Lowerer(const Unit& unit, std::string attribute);

  std::string run();
  const std::vector<Remark>& warnings() const { return warnings_; }

 private:
  // What is known of the function that is being lowered.
  struct Function {
    std::string return_type;  // empty for void, "auto" when it is deduced
    std::size_t body = 0;     // where it begins in out_
    bool has_filter = false;  // one that must be asked
    std::vector<std::size_t> regions{
        0};  // the blocks of its __try statements, by what each lies in; 0: the body
    struct Goto {
      std::string label;
      std::size_t token;
      std::size_t region;
    };
    std::vector<Goto> gotos{};
    std::vector<Goto> labels{};
  };

  // --- copying ---
  void copy();
  void copy_space();
  void copy_until(std::size_t end) {
    while (at_ < end) copy();
  }
  std::string_view peek() const { return unit_.text(unit_.after_space(at_)); }
  // Keeps the line count where tokens are replaced.
  void skip_to(std::size_t end);
  [[noreturn]] void fail_here(const std::string& message) const;

  // --- functions (functions.cpp) ---
  void declaration();
  void function(const FunctionHead& head);
  void lambda(const LambdaHead& head);
  void copy_head(std::size_t end);
  void function_body(std::string return_type);
  void check_gotos() const;

  // --- statements: each lowers one, from at_, leading space included ---
  void block(Context context);
  void parenthesis(const Context& context);
  void statement(Context context);
  void if_statement(Context context);
  void loop(Context context);
  void do_loop(Context context);
  void switch_statement(Context context);
  void label(Context context);
  void simple_statement(const Context& context);
  // Up to `end`, with what may stand in an expression: lambdas, statement expressions, GetExceptionCode() and its kin.
  void expression(std::size_t end, const Context& context);
  bool intrinsic(const Context& context);

  // --- leaving a __try block (leaving.cpp) ---
  void leave(const Context& context);
  void return_statement(const Context& context);
  void jump(const Context& context, Way way, const char* plain);
  void goto_statement(const Context& context);
  void carry_out(const Context& context, const Finally& leaving);

  // --- __try (try_block.cpp) ---
  void try_statement(const Context& context);
  void guarded_block(const std::string& number, const char* kind, const Context& context);
  void except_clause(const Context& context, int number);
  void finally_clause(const Context& context, const Finally& leaving);
  std::set<std::string> labels_between(std::size_t begin, std::size_t end) const;
  std::size_t new_region(const Context& context);
  bool takes_all(std::size_t parenthesis) const;
  void check_filter(std::size_t parenthesis);

  const Unit& unit_;
  const std::string attribute_;
  const bool is_cxx_;
  std::size_t at_ = 0;
  std::string out_;
  std::vector<Remark> warnings_;
  Function function_;
  int tries_ = 0;
};

}  // namespace fltsim::lower_seh

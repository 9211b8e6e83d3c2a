// Functions and lambdas that hold a __try.
#include <algorithm>
#include <utility>

#include "loader/tool/function_head.hpp"
#include "loader/tool/lowerer.hpp"

namespace fltsim::lower_seh {
namespace {

// Contrary to what a function with a __try is compiled as.
bool is_inlining(std::string_view word) { return word == "always_inline" || word == "__always_inline__"; }

}  // namespace

// One that begins at at_, or as much of it as is not the inside of its braces.
void Lowerer::declaration() {
  if (const auto head = function_at(unit_, at_)) {
    const std::size_t end = unit_.closing(head->body);
    if (unit_.contains_try(head->begin, end)) {
      function(*head);
    } else {
      copy_until(end + 1);
    }
    return;
  }
  std::size_t words = 0;
  bool is_access = false;
  while (at_ < unit_.size()) {
    const std::string_view text = unit_[at_].text;
    if (text == "[") {
      const auto head = lambda_at(unit_, at_);
      if (head && unit_.contains_try(head->body, unit_.closing(head->body))) {
        lambda(*head);
        continue;
      }
    }
    if (text == "__try") {
      fail_here("__try outside a function, or in one whose head is not understood");
    }
    if (!unit_.is_space(at_)) {
      if (words++ == 0) is_access = text == "public" || text == "protected" || text == "private";
    }
    copy();
    if (text == ";" || text == "}" || text == "{" || (text == ":" && is_access && words == 2)) return;
  }
}

// Nothing is inlined here; a function of other units is left what it is.
void Lowerer::copy_head(std::size_t end) {
  bool is_static = false;
  for (std::size_t i = at_; i < end; ++i) is_static = is_static || unit_[i].text == "static";
  while (at_ < end) {
    if (is_static &&
        (unit_[at_].text == "inline" || unit_[at_].text == "__inline" || unit_[at_].text == "__inline__")) {
      ++at_;
      continue;
    }
    if (is_inlining(unit_[at_].text)) {
      out_ += "__noinline__";
      ++at_;
    } else if (unit_[at_].text == "register") {
      ++at_;
    } else {
      copy();
    }
  }
}

void Lowerer::function(const FunctionHead& head) {
  copy_until(head.begin);
  out_ += attribute_ + ' ';
  copy_head(head.body);
  function_body(return_type(unit_, head));
}

void Lowerer::lambda(const LambdaHead& head) {
  copy_until((head.parameters_end != 0 ? head.parameters_end : head.introducer_end) + 1);
  out_ += (head.parameters_end != 0 ? " " : " () ") + attribute_ + ' ';
  copy_until(head.body);
  function_body(return_type(unit_, head));
}

// Locals are found by the frame pointer, also when a filter runs far below them on the stack (sim/nt/seh.cpp): memory
// of a size that the compiler cannot know is what makes it so.
void Lowerer::function_body(std::string return_type) {
  Function outer = std::exchange(function_, Function{});
  function_.return_type = std::move(return_type);
  function_.body = out_.size() + 1;
  block({});
  check_gotos();
  if (function_.has_filter) {
    out_.insert(function_.body, " void* fltsim_stack_" + std::to_string(tries_) +
                                    " __attribute__((unused)) = __builtin_alloca(fltsim_seh_nothing);");
  }
  function_ = std::move(outer);
}

void Lowerer::check_gotos() const {
  for (const Function::Goto& jump : function_.gotos) {
    for (const Function::Goto& label : function_.labels) {
      if (label.label != jump.label) continue;
      std::size_t region = jump.region;
      while (region != 0 && region != label.region) region = function_.regions[region];
      if (region != label.region) {
        fail(unit_[jump.token],
             "goto " + jump.label +
                 " enters a block of a __try statement, or goes from one of its blocks to another");
      }
    }
  }
}

}  // namespace fltsim::lower_seh

#include "loader/tool/lowerer.hpp"

#include <utility>

#include "loader/tool/function_head.hpp"

namespace fltsim::lower_seh {

namespace {

// wdk/km/seh.h declares it for C++ only.
bool is_cxx(const Unit& unit) {
  for (std::size_t i = 0; i < unit.size(); ++i) {
    if (unit[i].text == "fltsim_seh_result") return true;
  }
  return false;
}

}  // namespace

Lowerer::Lowerer(const Unit& unit, std::string attribute)
    : unit_(unit), attribute_(std::move(attribute)), is_cxx_(is_cxx(unit)) {}

std::string Lowerer::run() {
  while (at_ < unit_.size()) declaration();
  return std::move(out_);
}

void Lowerer::copy() {
  const std::string_view text = unit_[at_].text;
  if (text == "__try" || text == "__except" || text == "__finally" || text == "__leave") {
    fail_here(std::string(text) + " where it cannot stand");
  }
  out_ += text;
  ++at_;
}

void Lowerer::copy_space() {
  while (at_ < unit_.size() && unit_.is_space(at_)) copy();
}

void Lowerer::skip_to(std::size_t end) {
  for (; at_ < end; ++at_) {
    if (unit_.is_space(at_)) out_ += unit_[at_].text;
  }
}

void Lowerer::fail_here(const std::string& message) const {
  fail(unit_[at_ < unit_.size() ? at_ : unit_.size() - 1], message);
}

void Lowerer::block(Context context) {
  copy_space();
  if (unit_.text(at_) != "{") fail_here("expected {");
  const std::size_t end = unit_.closing(at_);
  copy();
  while (unit_.after_space(at_) < end) statement(context);
  copy_space();
  copy();
}

void Lowerer::parenthesis(const Context& context) {
  copy_space();
  if (unit_.text(at_) != "(") fail_here("expected (");
  expression(unit_.closing(at_) + 1, context);
}

void Lowerer::statement(Context context) {
  copy_space();
  if (at_ >= unit_.size()) return;
  const std::string_view word = unit_[at_].text;
  if (word == "{") return block(context);
  if (word == "__try") return try_statement(context);
  if (word == "if") return if_statement(context);
  if (word == "for" || word == "while") return loop(context);
  if (word == "do") return do_loop(context);
  if (word == "switch") return switch_statement(context);
  if (word == "__leave") return leave(context);
  if (word == "__except" || word == "__finally") fail_here(std::string(word) + " where it cannot stand");
  if (word == "return") return return_statement(context);
  if (word == "break" && !context.break_stays) return jump(context, kBreak, "break;");
  if (word == "continue" && !context.continue_stays) return jump(context, kContinue, "continue;");
  if (word == "goto") return goto_statement(context);
  if (word == "[" && unit_.text(unit_.next(at_)) == "[") {
    copy_until(unit_.closing(at_) + 1);
    return statement(context);
  }
  if (unit_.is_label(at_)) return label(context);
  simple_statement(context);
}

void Lowerer::if_statement(Context context) {
  while (unit_.text(at_) != "(" && unit_.text(at_) != "{") copy();  // if constexpr
  if (unit_.text(at_) == "(") parenthesis(context);                 // none behind `if consteval`
  statement(context);
  if (peek() != "else") return;
  copy_space();
  copy();
  statement(context);
}

void Lowerer::loop(Context context) {
  copy();
  parenthesis(context);
  context.break_stays = context.continue_stays = true;
  statement(context);
}

void Lowerer::do_loop(Context context) {
  Context inside = context;
  inside.break_stays = inside.continue_stays = true;
  copy();
  statement(inside);
  copy_space();
  if (unit_.text(at_) != "while") fail_here("expected while");
  copy();
  parenthesis(context);
  simple_statement(context);
}

void Lowerer::switch_statement(Context context) {
  copy();
  parenthesis(context);
  context.break_stays = true;
  context.switch_region = context.region;
  statement(context);
}

void Lowerer::label(Context context) {
  const std::string_view word = unit_[at_].text;
  if (word == "case" || word == "default") {
    if (context.region != context.switch_region) {
      fail_here("a " + std::string(word) +
                " inside a block of a __try statement, whose switch is outside it");
    }
  } else {
    function_.labels.push_back({std::string(word), at_, context.region});
  }
  int conditional = 0;  // `case a ? b : c:`
  std::size_t colon = at_;
  while (unit_.text(colon) != ":" || conditional != 0) {
    if (unit_.text(colon) == "(") colon = unit_.closing(colon);
    conditional += unit_.text(colon) == "?";
    conditional -= unit_.text(colon) == ":";
    ++colon;
    if (colon >= unit_.size()) fail_here("a label without its colon");
  }
  expression(colon + 1, context);
  while (peek() == "__attribute__") {
    copy_space();
    copy_until(unit_.closing(unit_.next(at_)) + 1);
  }
  if (peek() != "}") statement(context);
}

void Lowerer::simple_statement(const Context& context) { expression(unit_.end_of_simple(at_) + 1, context); }

void Lowerer::expression(std::size_t end, const Context& context) {
  while (at_ < end) {
    const std::string_view text = unit_[at_].text;
    if (text == "register" && unit_.is_word(at_)) {
      ++at_;  // its value would not be in memory when an exception comes back
    } else if (text == "(" && unit_.text(unit_.next(at_)) == "{") {
      copy();
      block(context);
    } else if (text == "[") {
      const auto head = lambda_at(unit_, at_);
      if (!head) {
        copy();
      } else if (const std::size_t last = unit_.closing(head->body); unit_.contains_try(head->body, last)) {
        lambda(*head);
      } else {
        copy_until(last + 1);
      }
    } else if (text == "__try") {
      fail_here("__try inside an expression, or in a member function of a local class");
    } else if (!intrinsic(context)) {
      copy();
    }
  }
}

// What GetExceptionCode(), GetExceptionInformation() and AbnormalTermination() expand to (wdk/km/seh.h).
bool Lowerer::intrinsic(const Context& context) {
  const std::string_view word = unit_[at_].text;
  const auto frame = [](int number) { return "fltsim_frame_" + std::to_string(number); };
  if (word == "__exception_code") {
    if (context.filter == 0 && context.handler == 0) {
      fail_here("GetExceptionCode() outside a filter and a handler");
    }
    out_ += context.filter != 0 ? '(' + frame(context.filter) + ".pointers->ExceptionRecord->ExceptionCode)"
                                : '(' + frame(context.handler) + ".record.ExceptionCode)";
  } else if (word == "__exception_info") {
    if (context.filter == 0) fail_here("GetExceptionInformation() outside a filter");
    out_ += '(' + frame(context.filter) + ".pointers)";
  } else if (word == "__abnormal_termination") {
    if (context.finally == 0) fail_here("AbnormalTermination() outside a __finally block");
    out_ += "fltsim_abnormal_" + std::to_string(context.finally);
  } else {
    return false;
  }
  ++at_;
  return true;
}

}  // namespace fltsim::lower_seh

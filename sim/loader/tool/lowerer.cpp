#include "loader/tool/lowerer.hpp"

#include <utility>

#include "loader/tool/function_head.hpp"

namespace fltsim::lower_seh {

Lowerer::Lowerer(const Unit& unit, std::string attribute) : unit_(unit), attribute_(std::move(attribute)) {}

std::string Lowerer::run() {
  std::size_t declaration = 0;  // where the current declaration begins
  while (at_ < unit_.size()) {
    const std::string_view text = unit_[at_].text;
    if (text == "{" && follows_parameters(unit_, declaration, at_)) {
      function(declaration);
      declaration = at_;
      continue;
    }
    if (text == "__try") fail(line(), "__try outside a function, or in one whose head is not understood");
    const bool ends_access = text == ":" && ends_access_specifier(unit_, declaration, at_);
    copy();
    if (text == ";" || text == "}" || text == "{" || ends_access) declaration = at_;
  }
  return std::move(out_);
}

void Lowerer::copy_space() {
  while (at_ < unit_.size() && unit_.is_space(at_)) copy();
}

std::string_view Lowerer::peek() const {
  const std::size_t next = unit_.after_space(at_);
  return next < unit_.size() ? unit_[next].text : std::string_view();
}

void Lowerer::skip_to(std::size_t end) {
  for (; at_ < end; ++at_) {
    if (unit_.is_space(at_)) out_ += unit_[at_].text;
  }
}

void Lowerer::function(std::size_t declaration) {
  const std::size_t end = unit_.closing(at_, "{", "}");
  if (!unit_.contains_try(at_, end)) {
    while (at_ <= end) copy();
    return;
  }
  const std::size_t head = after_prefixes(unit_, declaration);
  return_type_ = return_type(unit_, head, at_);
  mark_unoptimised(head);
  block({});
}

// The attribute goes in front of the declaration, which is in out_ already.
void Lowerer::mark_unoptimised(std::size_t declaration) {
  std::size_t size = 0;
  for (std::size_t i = declaration; i < at_; ++i) size += unit_[i].text.size();
  out_.insert(out_.size() - size, attribute_ + ' ');
}

void Lowerer::block(Context context) {
  copy_space();
  if (at_ >= unit_.size() || unit_[at_].text != "{") fail(line(), "expected {");
  const std::size_t end = unit_.closing(at_, "{", "}");
  copy();
  while (unit_.after_space(at_) < end) statement(context);
  copy_space();
  copy();
}

void Lowerer::parenthesis() {
  copy_space();
  const std::size_t end = unit_.closing(at_, "(", ")");
  if (unit_.contains_try(at_, end)) fail(line(), "__try inside parentheses");
  while (at_ <= end) copy();
}

void Lowerer::statement(Context context) {
  copy_space();
  const std::string_view word = unit_[at_].text;
  if (word == "{") return block(context);
  if (word == "__try") return try_statement(context);
  if (word == "if") return if_statement(context);
  if (word == "for" || word == "while") return loop(context);
  if (word == "do") return do_loop(context);
  if (word == "switch") return switch_statement(context);
  if (word == "__leave") return leave(context);
  if (word == "return") return return_statement(context);
  if (word == "break" && !context.break_stays) return jump(context, kBreak, "break;");
  if (word == "continue" && !context.continue_stays) return jump(context, kContinue, "continue;");
  if (word == "goto") return goto_statement(context);
  if (unit_.is_label(at_)) return label(context);
  simple_statement();
}

void Lowerer::if_statement(Context context) {
  copy();
  parenthesis();
  statement(context);
  if (peek() != "else") return;
  copy_space();
  copy();
  statement(context);
}

void Lowerer::loop(Context context) {
  copy();
  parenthesis();
  context.break_stays = context.continue_stays = true;
  statement(context);
}

void Lowerer::do_loop(Context context) {
  copy();
  context.break_stays = context.continue_stays = true;
  statement(context);
  copy_space();
  copy();  // while
  parenthesis();
  simple_statement();
}

void Lowerer::switch_statement(Context context) {
  copy();
  parenthesis();
  context.break_stays = true;
  statement(context);
}

void Lowerer::label(Context context) {
  int conditional = 0;  // `case a ? b : c:`
  while (unit_[at_].text != ":" || conditional != 0) {
    conditional += unit_[at_].text == "?";
    conditional -= unit_[at_].text == ":";
    copy();
  }
  copy();
  if (peek() != "}") statement(context);
}

void Lowerer::simple_statement() {
  const std::size_t end = unit_.end_of_simple(at_);
  if (unit_.contains_try(at_, end)) fail(line(), "__try inside an expression");
  while (at_ <= end) copy();
}

}  // namespace fltsim::lower_seh

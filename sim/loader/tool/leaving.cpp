// What leaves a __try block on its own: __leave, return, break, continue and goto.
#include "loader/tool/lowerer.hpp"

namespace fltsim::lower_seh {
namespace {

std::string go_to_end(const Finally& block, int code) {
  const std::string n = std::to_string(block.number);
  return "fltsim_go_" + n + " = " + std::to_string(code) + "; goto fltsim_leave_" + n + ";";
}

int goto_code(Finally& block, const std::string& name) {
  for (std::size_t i = 0; i < block.gotos.size(); ++i) {
    if (block.gotos[i] == name) return kFirstGoto + static_cast<int>(i);
  }
  block.gotos.push_back(name);
  return kFirstGoto + static_cast<int>(block.gotos.size()) - 1;
}

std::string passed_on(Finally* outer, bool stays, Way way, const std::string& plain) {
  if (outer == nullptr || stays) return plain;
  (way == kBreak ? outer->breaks : outer->continues) = true;
  return go_to_end(*outer, way);
}

}  // namespace

void Lowerer::leave(const Context& context) {
  if (context.leave == 0) fail_here("__leave outside a __try block");
  skip_to(unit_.end_of_simple(at_) + 1);
  out_ += "goto fltsim_leave_" + std::to_string(context.leave) + ";";
}

void Lowerer::return_statement(const Context& context) {
  if (context.enclosing == nullptr) return simple_statement(context);
  const std::size_t end = unit_.end_of_simple(at_);
  Finally& block = *context.enclosing;
  const bool has_value = unit_.next(at_) < end;
  const bool keeps_value = has_value && !function_.return_type.empty();
  if (keeps_value && function_.return_type.find("auto") != std::string::npos) {
    fail_here(
        "return of a value out of a __try with __finally, in a function whose type is deduced: write the "
        "type");
  }
  ++at_;
  block.returns = true;
  block.returns_value = block.returns_value || keeps_value;
  out_ += "{ ";
  if (keeps_value) out_ += "fltsim_value_" + std::to_string(block.number) + " =";
  expression(end, context);
  ++at_;
  out_ += (has_value ? "; " : "") + go_to_end(block, kReturn) + " }";
}

void Lowerer::jump(const Context& context, Way way, const char* plain) {
  skip_to(unit_.end_of_simple(at_) + 1);
  if (context.enclosing == nullptr) {
    out_ += plain;
    return;
  }
  (way == kBreak ? context.enclosing->breaks : context.enclosing->continues) = true;
  out_ += "{ " + go_to_end(*context.enclosing, way) + " }";
}

void Lowerer::goto_statement(const Context& context) {
  const std::string name(unit_.text(unit_.next(at_)));
  function_.gotos.push_back({name, at_, context.region});
  if (context.enclosing == nullptr || context.enclosing->labels.contains(name))
    return simple_statement(context);
  skip_to(unit_.end_of_simple(at_) + 1);
  out_ += "{ " + go_to_end(*context.enclosing, goto_code(*context.enclosing, name)) + " }";
}

// After the __finally block: what the __try block was about to do, now in the outer context.
void Lowerer::carry_out(const Context& context, const Finally& leaving) {
  const std::string n = std::to_string(leaving.number);
  const auto when = [&](int code, const std::string& action) {
    out_ += " if (fltsim_go_" + n + " == " + std::to_string(code) + ") { " + action + " }";
  };
  const std::string value = leaving.returns_value ? "fltsim_value_" + n + (is_cxx_ ? ".take()" : "") : "";
  Finally* outer = context.enclosing;
  if (leaving.returns && outer == nullptr) when(kReturn, "return " + value + ";");
  if (leaving.returns && outer != nullptr) {
    outer->returns = true;
    outer->returns_value = outer->returns_value || leaving.returns_value;
    const std::string keep =
        value.empty() ? "" : "fltsim_value_" + std::to_string(outer->number) + " = " + value + "; ";
    when(kReturn, keep + go_to_end(*outer, kReturn));
  }
  if (leaving.breaks) when(kBreak, passed_on(outer, context.break_stays, kBreak, "break;"));
  if (leaving.continues) when(kContinue, passed_on(outer, context.continue_stays, kContinue, "continue;"));
  for (std::size_t i = 0; i < leaving.gotos.size(); ++i) {
    const std::string& name = leaving.gotos[i];
    const bool stays = outer == nullptr || outer->labels.contains(name);
    when(kFirstGoto + static_cast<int>(i),
         stays ? "goto " + name + ";" : go_to_end(*outer, goto_code(*outer, name)));
  }
}

}  // namespace fltsim::lower_seh

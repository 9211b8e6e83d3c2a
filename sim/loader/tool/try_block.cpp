// __try with its __except or __finally.
#include "loader/tool/lowerer.hpp"

namespace fltsim::lower_seh {

std::set<std::string> Lowerer::labels_between(std::size_t begin, std::size_t end) const {
  std::set<std::string> labels;
  bool statement_start = true;
  for (std::size_t i = begin; i < end; ++i) {
    if (unit_.is_space(i)) continue;
    const std::string_view text = unit_[i].text;
    if (statement_start && unit_.is_label(i)) labels.insert(std::string(text));
    statement_start = text == ";" || text == "{" || text == "}" || text == ":";
  }
  return labels;
}

void Lowerer::try_statement(const Context& context) {
  const int try_line = line();
  const int number = ++tries_;
  ++at_;
  const std::size_t body = unit_.after_space(at_);
  const std::size_t body_end = unit_.closing(body, "{", "}");
  const std::size_t clause = unit_.after_space(body_end + 1);
  const std::string_view word = clause < unit_.size() ? unit_[clause].text : std::string_view();
  const bool is_finally = word == "__finally";
  if (!is_finally && word != "__except") fail(try_line, "__try without __except or __finally");

  Finally leaving{number, {}};
  Context inner = context;
  inner.leave = number;
  if (is_finally) {
    leaving.labels = labels_between(body, body_end);
    inner.enclosing = &leaving;
    inner.break_stays = inner.continue_stays = false;
  }
  open_frame(std::to_string(number), is_finally);
  guarded_block(std::to_string(number), inner);
  copy_space();
  ++at_;  // __except or __finally
  if (is_finally) {
    finally_clause(context, leaving, "fltsim_frame_" + std::to_string(number));
  } else {
    except_clause(context, "fltsim_frame_" + std::to_string(number));
  }
  out_ += " }";
}

void Lowerer::open_frame(const std::string& number, bool is_finally) {
  out_ += "{ struct fltsim_seh_frame fltsim_frame_" + number + " __attribute__((cleanup(fltsim_seh_exit)));";
  if (!is_finally) return;
  out_ += " int fltsim_go_" + number + " = 0;";
  if (!return_type_.empty()) {
    out_ += " __attribute__((unused)) " + return_type_ + " fltsim_value_" + number + ";";
  }
}

void Lowerer::guarded_block(const std::string& number, const Context& context) {
  const std::string frame = "fltsim_frame_" + number;
  out_ += " fltsim_seh_enter(&" + frame + "); if (_setjmp(" + frame + ".jump_buffer) == 0) {";
  block(context);
  out_ += " fltsim_leave_" + number + ": __attribute__((unused)); fltsim_seh_exit(&" + frame + "); }";
}

void Lowerer::except_clause(const Context& context, const std::string& frame) {
  out_ += "else { NTSTATUS __exception_code __attribute__((unused)) = " + frame +
          ".record.ExceptionCode; PEXCEPTION_POINTERS __exception_info __attribute__((unused)) = &" + frame +
          ".pointers; if (fltsim_seh_filter(&" + frame + ",";
  parenthesis();
  out_ += "))";
  block(context);
  out_ += "else fltsim_seh_continue(&" + frame + "); }";
}

void Lowerer::finally_clause(const Context& context, const Finally& leaving, const std::string& frame) {
  const std::string n = std::to_string(leaving.number);
  out_ += "{ int __abnormal_termination __attribute__((unused)) = " + frame + ".raised || fltsim_go_" + n +
          " != 0;";
  block(context);
  out_ += " } if (" + frame + ".raised) fltsim_seh_continue(&" + frame + ");";
  carry_out(context, leaving);
}

}  // namespace fltsim::lower_seh

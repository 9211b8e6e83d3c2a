// __try with its __except or __finally.
#include "loader/tool/lowerer.hpp"

namespace fltsim::lower_seh {
namespace {

std::string frame_of(int number) { return "fltsim_frame_" + std::to_string(number); }

}  // namespace

std::set<std::string> Lowerer::labels_between(std::size_t begin, std::size_t end) const {
  std::set<std::string> labels;
  bool statement_start = true;
  for (std::size_t i = begin; i < end; ++i) {
    if (unit_.is_space(i)) continue;
    const std::string_view text = unit_[i].text;
    if (statement_start && unit_.is_label(i)) labels.insert(std::string(text));
    statement_start = text == ";" || text == "{" || text == "}" || text == ":" || text == ")" ||
                      text == "else" || text == "do";
  }
  return labels;
}

std::size_t Lowerer::new_region(const Context& context) {
  function_.regions.push_back(context.region);
  return function_.regions.size() - 1;
}

void Lowerer::try_statement(const Context& context) {
  const std::size_t try_token = at_;
  const int number = ++tries_;
  ++at_;
  const std::size_t body = unit_.after_space(at_);
  if (unit_.text(body) != "{") fail(unit_[try_token], "__try without a block");
  const std::size_t body_end = unit_.closing(body);
  const std::size_t clause = unit_.next(body_end);
  const bool is_finally = unit_.text(clause) == "__finally";
  if (!is_finally && unit_.text(clause) != "__except")
    fail(unit_[try_token], "__try without __except or __finally");
  const std::size_t filter = unit_.next(clause);
  if (!is_finally && unit_.text(filter) != "(") fail(unit_[clause], "__except without a filter");

  Finally leaving{number, {}};
  Context inner = context;
  inner.leave = number;
  inner.region = new_region(context);
  if (is_finally) {
    leaving.labels = labels_between(body, body_end);
    inner.enclosing = &leaving;
    inner.break_stays = inner.continue_stays = false;
  }
  out_ += "{ struct fltsim_seh_frame " + frame_of(number) + " __attribute__((cleanup(fltsim_seh_exit)));";
  if (is_finally) out_ += " int fltsim_go_" + std::to_string(number) + " = 0;";
  const std::size_t declarations = out_.size();
  const char* kind = is_finally          ? "FLTSIM_SEH_FINALLY"
                     : takes_all(filter) ? "FLTSIM_SEH_TAKES_ALL"
                                         : "FLTSIM_SEH_ASKS";
  guarded_block(std::to_string(number), kind, inner);
  copy_space();
  ++at_;  // __except or __finally
  if (is_finally) {
    finally_clause(context, leaving);
  } else {
    except_clause(context, number);
  }
  out_ += " }";
  if (leaving.returns_value) {
    const std::string& type = function_.return_type;
    out_.insert(declarations, ' ' + (is_cxx_ ? "fltsim_seh_result<" + type + '>' : type) + " fltsim_value_" +
                                  std::to_string(number) + ';');
  }
}

void Lowerer::guarded_block(const std::string& number, const char* kind, const Context& context) {
  const std::string frame = "fltsim_frame_" + number;
  out_ += " fltsim_seh_enter(&" + frame + ", " + kind + "); if (_setjmp(" + frame + ".jump_buffer) == 0) {";
  block(context);
  out_ += " fltsim_leave_" + number + ": __attribute__((unused)); fltsim_seh_exit(&" + frame + "); }";
}

// The filter is EXCEPTION_EXECUTE_HANDLER alone: nobody has to be asked.
bool Lowerer::takes_all(std::size_t parenthesis) const {
  const std::size_t value = unit_.next(parenthesis);
  return unit_.text(value) == "1" && unit_.next(value) == unit_.closing(parenthesis);
}

// -1 as an answer: not an argument, and no operand.
void Lowerer::check_filter(std::size_t parenthesis) {
  const auto is_one_of = [](std::string_view text, std::string_view which) {
    return text.size() == 1 && which.find(text) != std::string_view::npos;
  };
  const std::size_t end = unit_.closing(parenthesis);
  for (std::size_t i = unit_.next(parenthesis); i < end; i = unit_.next(i)) {
    const std::size_t before = unit_.previous(i);
    if (unit_.text(i) == "(" && unit_.is_word(before)) i = unit_.closing(i);
    const std::size_t one = unit_.next(i);
    if (unit_.text(i) == "-" && unit_.text(one) == "1" && is_one_of(unit_.text(before), "(?:,") &&
        is_one_of(unit_.text(unit_.next(one)), "):,")) {
      warnings_.push_back(
          {unit_[i].line,
           "a filter that answers EXCEPTION_CONTINUE_EXECUTION stops the machine: that is not simulated"});
      return;
    }
  }
}

void Lowerer::except_clause(const Context& context, int number) {
  const std::string frame = '&' + frame_of(number);
  const std::size_t filter = unit_.after_space(at_);
  out_ += " else ";
  if (takes_all(filter)) {
    skip_to(unit_.closing(filter) + 1);
  } else {
    check_filter(filter);
    function_.has_filter = true;
    Context asked = context;
    asked.filter = number;
    asked.region = new_region(context);
    out_ += "if (fltsim_seh_asked(" + frame + ")) { int fltsim_answer_" + std::to_string(number) + " =";
    parenthesis(asked);
    out_ += "; fltsim_seh_answer(fltsim_answer_" + std::to_string(number) + "); } else ";
  }
  Context handler = context;
  handler.handler = number;
  handler.region = new_region(context);
  block(handler);
}

void Lowerer::finally_clause(const Context& context, const Finally& leaving) {
  const std::string n = std::to_string(leaving.number);
  const std::string raised = "fltsim_seh_raised(&" + frame_of(leaving.number) + ')';
  Context inner = context;
  inner.finally = leaving.number;
  inner.region = new_region(context);
  out_ +=
      "{ int fltsim_abnormal_" + n + " __attribute__((unused)) = " + raised + " || fltsim_go_" + n + " != 0;";
  block(inner);
  out_ += " } if (" + raised + ") fltsim_seh_continue(&" + frame_of(leaving.number) + ");";
  carry_out(context, leaving);
}

}  // namespace fltsim::lower_seh

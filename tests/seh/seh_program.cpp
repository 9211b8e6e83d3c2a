#include "seh_program.hpp"

#include <random>

namespace fltsim::test {
namespace {

using Kind = Statement::Kind;

constexpr int kFunctions = 4;
constexpr int kDepthMax = 5;
constexpr int kLocals = 3;

class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}

  Program run() {
    Program program;
    for (function_ = 0; function_ < kFunctions; ++function_) {
      budget_ = 60;
      Scope scope;
      program.functions.push_back(list(scope, 0));
    }
    return program;
  }

 private:
  struct Scope {
    bool can_break = false;
    bool can_continue = false;
    bool can_leave = false;
    std::vector<int> labels;  // at the ends of the lists around
  };

  int draw(int below) { return static_cast<int>(random_() % static_cast<std::uint64_t>(below)); }

  std::unique_ptr<Statement> make(Kind kind, int value = 0) {
    auto statement = std::make_unique<Statement>();
    statement->kind = kind;
    statement->number = ++numbers_;
    statement->value = value;
    return statement;
  }

  Statements list(Scope scope, int depth) {
    Statements result;
    std::unique_ptr<Statement> label;
    if (draw(3) == 0) {
      label = make(Kind::kLabel);
      scope.labels.push_back(label->number);
    }
    for (int count = 1 + draw(4); count > 0 && budget_ > 0; --count) {
      --budget_;
      result.push_back(statement(scope, depth));
      if (draw(3) == 0) result.push_back(make(Kind::kNote));
    }
    if (label) result.push_back(std::move(label));
    return result;
  }

  std::unique_ptr<Statement> statement(const Scope& scope, int depth) {
    if (depth < kDepthMax && draw(10) < 6) return compound(scope, depth);
    auto result = simple(scope);
    if (depth == 0 && result->kind == Kind::kReturn) return make(Kind::kNote);
    const bool leaves =
        result->kind >= Kind::kLeave || result->kind == Kind::kRaise || result->kind == Kind::kFault;
    if (!leaves || draw(4) == 0) return result;
    auto condition = make(Kind::kIf, draw(3));
    condition->parts.emplace_back();
    condition->parts[0].push_back(std::move(result));
    return condition;
  }

  // One that leaves stands behind a condition mostly, so that what follows it is reached too.
  std::unique_ptr<Statement> simple(const Scope& scope) {
    switch (draw(14)) {
      case 0:
        return make(Kind::kAdd, 1 + draw(9));
      case 1:
        return make(Kind::kNoteLocal);
      case 2:
        return make(Kind::kCall, function_ + 1 + draw(kFunctions));
      case 3:
      case 4:
        return scope.can_leave || draw(5) == 0 ? make(Kind::kRaise, draw(3)) : make(Kind::kAdd, 1);
      case 5:
        return scope.can_leave || draw(5) == 0 ? make(Kind::kFault) : make(Kind::kNoteLocal);
      case 6:
        return make(Kind::kReturn, draw(100));
      case 7:
      case 8:
        return scope.can_leave ? make(Kind::kLeave) : make(Kind::kNote);
      case 9:
        return scope.can_break ? make(Kind::kBreak) : make(Kind::kNote);
      case 10:
        return scope.can_continue ? make(Kind::kContinue) : make(Kind::kNote);
      case 11:
      case 12:
        if (!scope.labels.empty())
          return make(Kind::kGoto, scope.labels[draw(static_cast<int>(scope.labels.size()))]);
        [[fallthrough]];
      default:
        return make(Kind::kNote);
    }
  }

  std::unique_ptr<Statement> compound(const Scope& scope, int depth) {
    Scope inner = scope;
    switch (draw(9)) {
      case 0:
      case 1: {
        auto result = make(Kind::kIf, draw(5));
        result->parts.push_back(list(inner, depth + 1));
        if (draw(2) == 0) result->parts.push_back(list(inner, depth + 1));
        return result;
      }
      case 2: {
        auto result = make(Kind::kLoop, 1 + draw(3));
        inner.can_break = inner.can_continue = true;
        result->parts.push_back(list(inner, depth + 1));
        return result;
      }
      case 3: {
        auto result = make(Kind::kSwitch);
        inner.can_break = true;
        for (int arms = 2 + draw(2); arms > 0; --arms) result->parts.push_back(list(inner, depth + 1));
        return result;
      }
      default: {
        auto result = make(draw(2) == 0 ? Kind::kTryExcept : Kind::kTryFinally);
        result->filter = static_cast<Filter>(draw(7));
        result->value = function_ + 1 + draw(kFunctions);
        inner.can_leave = true;
        result->parts.push_back(list(inner, depth + 1));
        result->parts.push_back(list(scope, depth + 1));
        return result;
      }
    }
  }

  std::mt19937_64 random_;
  int numbers_ = 0;
  int budget_ = 0;
  int function_ = 0;
};

const char* const kCodes[] = {"STATUS_ACCESS_DENIED", "STATUS_NO_MEMORY", "STATUS_DATATYPE_MISALIGNMENT"};

class Writer {
 public:
  Writer(const Program& program, int number)
      : program_(program), prefix_("p" + std::to_string(number) + "_") {
    for (std::size_t f = program.functions.size(); f-- > 0;) function(f);
    out_ += "__attribute__((visibility(\"default\"))) void program_" + std::to_string(number) +
            "(struct SehTrace* trace) {\n  __try { seh_note(trace, " + prefix_ +
            "0(trace)); } __except (EXCEPTION_EXECUTE_HANDLER) { seh_note(trace, (int)GetExceptionCode()); "
            "}\n}\n";
  }
  std::string take() { return std::move(out_); }

 private:
  std::string call(int function) const {
    const bool exists = function < static_cast<int>(program_.functions.size());
    return exists ? prefix_ + std::to_string(function) + "(trace)" : "0";
  }

  void function(std::size_t f) {
    out_ += "static int " + prefix_ + std::to_string(f) + "(struct SehTrace* trace) {\n";
    out_ += "int v0 = 0, v1 = 1, v2 = 2; (void)v0; (void)v1; (void)v2;\n";
    list(program_.functions[f]);
    out_ += "return v0 + v1 + v2;\n}\n";
  }

  void list(const Statements& statements) {
    for (const auto& statement : statements) write(*statement);
  }

  void block(const Statements& statements) {
    out_ += "{\n";
    list(statements);
    out_ += "}\n";
  }

  void write(const Statement& s) {
    const std::string n = std::to_string(s.number);
    const std::string local = "v" + std::to_string(s.number % kLocals);
    switch (s.kind) {
      case Kind::kNote:
        out_ += "seh_note(trace, " + n + ");\n";
        break;
      case Kind::kAdd:
        out_ += local + " += " + std::to_string(s.value) + ";\n";
        break;
      case Kind::kNoteLocal:
        out_ += "seh_note(trace, " + local + ");\n";
        break;
      case Kind::kRaise:
        out_ += "seh_raise(" + std::string(kCodes[s.value]) + ");\n";
        break;
      case Kind::kFault:
        out_ += "*(volatile int*)trace->bad_address = v0;\n";
        break;
      case Kind::kCall:
        out_ += local + " += " + call(s.value) + ";\n";
        break;
      case Kind::kReturn:
        out_ += "return " + local + " + " + std::to_string(s.value) + ";\n";
        break;
      case Kind::kLeave:
        out_ += "__leave;\n";
        break;
      case Kind::kBreak:
        out_ += "break;\n";
        break;
      case Kind::kContinue:
        out_ += "continue;\n";
        break;
      case Kind::kGoto:
        out_ += "goto L" + std::to_string(s.value) + ";\n";
        break;
      case Kind::kLabel:
        out_ += "L" + n + ": __attribute__((unused)); seh_note(trace, " + n + ");\n";
        break;
      case Kind::kIf:
        out_ += "if (seh_tick(trace) <= " + std::to_string(s.value) + ")\n";
        block(s.parts[0]);
        if (s.parts.size() > 1) {
          out_ += "else\n";
          block(s.parts[1]);
        }
        break;
      case Kind::kLoop:
        loop(s);
        break;
      case Kind::kSwitch:
        out_ += "switch (seh_tick(trace)) {\n";
        for (std::size_t arm = 0; arm < s.parts.size(); ++arm) {
          out_ += arm + 1 < s.parts.size() ? "case " + std::to_string(arm) + ":\n" : "default:\n";
          block(s.parts[arm]);
        }
        out_ += "}\n";
        break;
      case Kind::kTryExcept:
        out_ += "__try\n";
        block(s.parts[0]);
        out_ += "__except (" + filter(s) + ") {\nseh_note(trace, (int)GetExceptionCode());\n";
        list(s.parts[1]);
        out_ += "}\n";
        break;
      case Kind::kTryFinally:
        out_ += "__try\n";
        block(s.parts[0]);
        out_ += "__finally {\nseh_note(trace, AbnormalTermination() ? -" + n + " : " + n + ");\n";
        list(s.parts[1]);
        out_ += "}\n";
        break;
    }
  }

  void loop(const Statement& s) {
    const std::string i = "i" + std::to_string(s.number);
    const std::string bound = std::to_string(s.value);
    switch (s.number % 3) {
      case 0:
        out_ += "for (int " + i + " = 0; " + i + " < " + bound + "; " + i + "++)\n";
        return block(s.parts[0]);
      case 1:
        out_ += "{ int " + i + " = 0; while (" + i + "++ < " + bound + ")\n";
        block(s.parts[0]);
        out_ += "}\n";
        return;
      default:
        out_ += "{ int " + i + " = 0; do\n";
        block(s.parts[0]);
        out_ += "while (++" + i + " < " + bound + "); }\n";
    }
  }

  std::string filter(const Statement& s) const {
    const std::string n = std::to_string(s.number);
    const std::string local = "v" + std::to_string(s.number % kLocals);
    switch (s.filter) {
      case Filter::kTakesAll:
        return "EXCEPTION_EXECUTE_HANDLER";
      case Filter::kSearches:
        return "EXCEPTION_CONTINUE_SEARCH";
      case Filter::kByCode:
        return "seh_by_code(GetExceptionCode())";
      case Filter::kNotes:
        return "seh_noting_filter(trace, GetExceptionInformation(), " + n + ")";
      case Filter::kChangesLocal:
        return local + " += 7, seh_note(trace, " + local + "), seh_by_code(GetExceptionCode())";
      case Filter::kCalls:
        return "seh_note(trace, " + n + "), trace->raising_filters-- > 0 && " + call(s.value) + " % 2";
      case Filter::kRaises:
        return "seh_raising_filter(trace, " + n + ")";
    }
    return "";
  }

  const Program& program_;
  const std::string prefix_;
  std::string out_;
};

struct Frame;

struct Outcome {
  enum class Way {
    kNormal,
    kBreak,
    kContinue,
    kLeave,
    kReturn,
    kGoto,
    kUnwind
  } way = Way::kNormal;
  int value = 0;                  // of a return; a goto's label, an exception's code
  const Frame* target = nullptr;  // whose handler takes the exception
};
using Way = Outcome::Way;

struct Locals {
  int v[kLocals] = {0, 1, 2};
};

// A __try statement that runs; the outermost takes all and is the program's.
struct Frame {
  const Statement* statement;
  Locals* locals;
  Frame* outer;
};

class Interpreter {
 public:
  Interpreter(const Program& program, SehTrace& trace) : program_(program), trace_(trace) {}

  void run() {
    Frame outermost{nullptr, nullptr, nullptr};
    chain_ = &outermost;
    int result = 0;
    const Outcome outcome = call(0, result);
    seh_note(&trace_, outcome.way == Way::kUnwind ? outcome.value : result);
  }

 private:
  Outcome call(int f, int& result) {
    if (f >= static_cast<int>(program_.functions.size())) return result = 0, Outcome{};
    Locals locals;
    Outcome outcome = list(program_.functions[static_cast<std::size_t>(f)], locals);
    if (outcome.way == Way::kUnwind) return outcome;
    result = outcome.way == Way::kReturn ? outcome.value : locals.v[0] + locals.v[1] + locals.v[2];
    return {};
  }

  // A goto to a label of this list goes on behind it; the label is its end.
  Outcome list(const Statements& statements, Locals& locals) {
    Outcome outcome;
    for (const auto& s : statements) {
      if (s->kind == Kind::kLabel && outcome.way == Way::kGoto && outcome.value == s->number) outcome = {};
      if (outcome.way == Way::kNormal) outcome = run(*s, locals);
    }
    return outcome;
  }

  Outcome run(const Statement& s, Locals& locals) {
    int& local = locals.v[s.number % kLocals];
    switch (s.kind) {
      case Kind::kLabel:
      case Kind::kNote:
        seh_note(&trace_, s.number);
        return {};
      case Kind::kAdd:
        local += s.value;
        return {};
      case Kind::kNoteLocal:
        seh_note(&trace_, local);
        return {};
      case Kind::kRaise:
        return raise(code(s.value));
      case Kind::kFault:
        return raise(static_cast<int>(STATUS_ACCESS_VIOLATION));
      case Kind::kCall: {
        int result = 0;
        const Outcome outcome = call(s.value, result);
        if (outcome.way == Way::kNormal) local += result;
        return outcome;
      }
      case Kind::kReturn:
        return {Way::kReturn, local + s.value};
      case Kind::kLeave:
        return {Way::kLeave};
      case Kind::kBreak:
        return {Way::kBreak};
      case Kind::kContinue:
        return {Way::kContinue};
      case Kind::kGoto:
        return {Way::kGoto, s.value};
      case Kind::kIf:
        if (seh_tick(&trace_) <= s.value) return list(s.parts[0], locals);
        return s.parts.size() > 1 ? list(s.parts[1], locals) : Outcome{};
      case Kind::kLoop:
        return loop(s, locals);
      case Kind::kSwitch:
        return choose(s, locals);
      case Kind::kTryExcept:
        return try_except(s, locals);
      case Kind::kTryFinally:
        return try_finally(s, locals);
    }
    return {};
  }

  Outcome loop(const Statement& s, Locals& locals) {
    for (int i = 0; i < s.value; ++i) {
      const Outcome outcome = list(s.parts[0], locals);
      if (outcome.way == Way::kBreak) return {};
      if (outcome.way != Way::kNormal && outcome.way != Way::kContinue) return outcome;
    }
    return {};
  }

  Outcome choose(const Statement& s, Locals& locals) {
    const auto last = s.parts.size() - 1;
    for (std::size_t arm = std::min(static_cast<std::size_t>(seh_tick(&trace_)), last); arm <= last; ++arm) {
      const Outcome outcome = list(s.parts[arm], locals);
      if (outcome.way == Way::kBreak) return {};
      if (outcome.way != Way::kNormal) return outcome;
    }
    return {};
  }

  Outcome body_of(const Statement& s, Locals& locals, Frame& frame) {
    frame = {&s, &locals, chain_};
    chain_ = &frame;
    const Outcome outcome = list(s.parts[0], locals);
    chain_ = frame.outer;
    return outcome.way == Way::kLeave ? Outcome{} : outcome;
  }

  Outcome try_except(const Statement& s, Locals& locals) {
    Frame frame{};
    const Outcome outcome = body_of(s, locals, frame);
    if (outcome.way != Way::kUnwind || outcome.target != &frame) return outcome;
    seh_note(&trace_, outcome.value);
    return list(s.parts[1], locals);
  }

  Outcome try_finally(const Statement& s, Locals& locals) {
    Frame frame{};
    const Outcome outcome = body_of(s, locals, frame);
    seh_note(&trace_, outcome.way == Way::kNormal ? s.number : -s.number);
    const Outcome replacing = list(s.parts[1], locals);
    return replacing.way == Way::kNormal ? outcome : replacing;
  }

  static int code(int which) {
    const NTSTATUS codes[] = {STATUS_ACCESS_DENIED, STATUS_NO_MEMORY, STATUS_DATATYPE_MISALIGNMENT};
    return static_cast<int>(codes[which]);
  }

  // The first pass: an exception of a filter takes the place of this one.
  Outcome raise(int raised) {
    for (Frame* frame = chain_;; frame = frame->outer) {
      if (frame->statement == nullptr) return {Way::kUnwind, raised, frame};
      if (frame->statement->kind != Kind::kTryExcept) continue;
      bool takes = false;
      const Outcome nested = ask(*frame, raised, takes);
      if (nested.way != Way::kNormal) return nested;
      if (takes) return {Way::kUnwind, raised, frame};
    }
  }

  static bool by_code(int raised) {
    return raised == static_cast<int>(STATUS_ACCESS_DENIED) ||
           raised == static_cast<int>(STATUS_ACCESS_VIOLATION);
  }

  Outcome ask(const Frame& frame, int raised, bool& takes) {
    const Statement& s = *frame.statement;
    int& local = frame.locals->v[s.number % kLocals];
    int result = 0;
    switch (s.filter) {
      case Filter::kTakesAll:
        takes = true;
        return {};
      case Filter::kSearches:
        return {};
      case Filter::kByCode:
        takes = by_code(raised);
        return {};
      case Filter::kNotes:
        seh_note(&trace_, s.number);
        seh_note(&trace_, raised);
        takes = s.number % 2 == 0;
        return {};
      case Filter::kChangesLocal:
        local += 7;
        seh_note(&trace_, local);
        takes = by_code(raised);
        return {};
      case Filter::kCalls: {
        seh_note(&trace_, s.number);
        if (trace_.raising_filters-- <= 0) return {};
        const Outcome outcome = call(s.value, result);
        takes = result % 2 != 0;
        return outcome;
      }
      case Filter::kRaises:
        seh_note(&trace_, s.number);
        if (trace_.raising_filters-- > 0) return raise(static_cast<int>(STATUS_NO_MEMORY));
        takes = s.number % 2 == 0;
        return {};
    }
    return {};
  }

  const Program& program_;
  SehTrace& trace_;
  Frame* chain_ = nullptr;
};

}  // namespace

Program make_program(std::uint64_t seed) { return Maker(seed).run(); }

std::string source_of(const Program& program, int number) { return Writer(program, number).take(); }

void interpret(const Program& program, SehTrace& trace) { Interpreter(program, trace).run(); }

}  // namespace fltsim::test

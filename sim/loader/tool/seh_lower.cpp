// fltsim-lower-seh: turns __try, __except, __finally and __leave of a preprocessed C or C++ unit into plain
// GNU C.
//
//   fltsim-lower-seh INPUT OUTPUT ATTRIBUTE
//
// ATTRIBUTE is put in front of every function that holds a __try.
//
// What the lowered code means is in sim/nt/seh.hpp and docs/adr/0007-structured-exceptions.md. In short:
//
//   __try { A } __except (F) { B }    { frame; if (_setjmp(frame) == 0) { A leave: exit(frame); }
//                                       else if (filter(frame, F)) { B } else continue(frame); }
//   __try { A } __finally { B }       the same frame, then B on every way out of A. A `return`, `break`,
//                                     `continue` or `goto` that leaves A sets a code, goes to the leave
//                                     label, and is carried out after B.
//
// A function that holds a __try is compiled unoptimised: its locals must be in memory when an exception comes
// back to its frame. Everything else is copied to the letter, line by line, so that line numbers stay.
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

struct Token {
  enum class Kind {
    kSpace,
    kWord,
    kOther
  } kind;  // line markers and comments count as space
  std::string_view text;
  int line;
};

[[noreturn]] void fail(int line, const std::string& message) {
  std::cerr << "fltsim-lower-seh: line " << line << " of the preprocessed unit: " << message << '\n';
  std::exit(1);
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }

// --- tokens
// --------------------------------------------------------------------------------------------------------

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    std::vector<Token> tokens;
    bool line_start = true;
    while (at_ < source_.size()) {
      const std::size_t begin = at_;
      const int line = line_;
      const Token::Kind kind = next(line_start);
      const std::string_view text = source_.substr(begin, at_ - begin);
      for (const char c : text) line_ += c == '\n';
      line_start = text.find('\n') != std::string_view::npos || (line_start && kind == Token::Kind::kSpace);
      tokens.push_back({kind, text, line});
    }
    return tokens;
  }

 private:
  Token::Kind next(bool line_start) {
    const char c = source_[at_];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      while (at_ < source_.size() && std::isspace(static_cast<unsigned char>(source_[at_])) != 0) ++at_;
      return Token::Kind::kSpace;
    }
    if (c == '#' && line_start) {
      while (at_ < source_.size() && source_[at_] != '\n') ++at_;
      return Token::Kind::kSpace;
    }
    if (c == '"' || c == '\'') {
      quoted(c);
      return Token::Kind::kOther;
    }
    if (is_word(c)) {
      while (at_ < source_.size() && is_word(source_[at_])) ++at_;
      return Token::Kind::kWord;
    }
    ++at_;
    return Token::Kind::kOther;
  }

  void quoted(char quote) {
    if (quote == '"' && at_ > 0 && source_[at_ - 1] == 'R') return raw();
    for (++at_; at_ < source_.size() && source_[at_] != quote; ++at_) {
      if (source_[at_] == '\\') ++at_;
    }
    ++at_;
  }

  void raw() {
    const std::size_t open = source_.find('(', at_);
    const std::string end = ')' + std::string(source_.substr(at_ + 1, open - at_ - 1)) + '"';
    at_ = source_.find(end, open) + end.size();
  }

  std::string_view source_;
  std::size_t at_ = 0;
  int line_ = 1;
};

// libstdc++ spells its own try blocks `__try {...} __catch(x) {...}`; without exceptions the second word is
// an `if (false)` (wdk/crt/bits/exception_defines.h). The first becomes `if (true)`.
void give_back_library_tries(std::vector<Token>& tokens) {
  const auto after_space = [&](std::size_t i) {
    while (i < tokens.size() && tokens[i].kind == Token::Kind::kSpace) ++i;
    return i;
  };
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (tokens[i].text != "__try") continue;
    std::size_t end = after_space(i + 1);
    for (int depth = 0; end < tokens.size(); ++end) {
      if (tokens[end].text == "{") ++depth;
      if (tokens[end].text == "}" && --depth == 0) break;
    }
    end = after_space(end + 1);
    if (end < tokens.size() && tokens[end].text == "if") tokens[i].text = "if (true)";
  }
}

// --- statements
// ------------------------------------------------------------------------------------------------------

// A __finally block that encloses the statement being lowered, and how control leaves it.
struct Finally {
  int number;
  const Finally* outer;
  std::set<std::string> labels;      // inside its __try block: a goto to one of these stays inside
  std::vector<std::string> gotos{};  // labels outside that the block goes to
  bool returns = false;
  bool breaks = false;
  bool continues = false;
};

struct Context {
  Finally* enclosing = nullptr;  // the innermost __finally, or null
  bool break_stays = false;      // a loop or switch stands between here and it
  bool continue_stays = false;   // a loop does
  int leave = 0;                 // the innermost __try's number
};

class Lowerer {
 public:
  Lowerer(const std::vector<Token>& tokens, std::string attribute)
      : tokens_(tokens), attribute_(std::move(attribute)) {}

  std::string run() {
    std::size_t declaration = 0;  // where the current declaration begins
    while (at_ < tokens_.size()) {
      const std::string_view text = tokens_[at_].text;
      if (text == "{" && follows_parameters(declaration)) {
        function(declaration);
        declaration = at_;
        continue;
      }
      if (text == "__try") fail(line(), "__try outside a function, or in one whose head is not understood");
      const bool ends_access = text == ":" && ends_access_specifier(declaration);
      copy();
      if (text == ";" || text == "}" || text == "{" || ends_access) declaration = at_;
    }
    return std::move(out_);
  }

 private:
  // --- reading ---
  bool done() const { return at_ >= tokens_.size(); }
  void copy() { out_ += tokens_[at_++].text; }
  void copy_space() {
    while (!done() && tokens_[at_].kind == Token::Kind::kSpace) copy();
  }
  std::size_t after_space(std::size_t index) const {
    while (index < tokens_.size() && tokens_[index].kind == Token::Kind::kSpace) ++index;
    return index;
  }
  std::string_view peek() const {
    const std::size_t next = after_space(at_);
    return next < tokens_.size() ? tokens_[next].text : std::string_view();
  }
  int line() const { return at_ < tokens_.size() ? tokens_[at_].line : 0; }
  // Keeps the line count where tokens are replaced.
  void skip_to(std::size_t end) {
    for (; at_ < end; ++at_) {
      if (tokens_[at_].kind == Token::Kind::kSpace) out_ += tokens_[at_].text;
    }
  }
  std::size_t closing(std::size_t open, std::string_view left, std::string_view right) const {
    int depth = 0;
    for (std::size_t i = open; i < tokens_.size(); ++i) {
      if (tokens_[i].text == left) ++depth;
      if (tokens_[i].text == right && --depth == 0) return i;
    }
    fail(tokens_[open].line, "no matching " + std::string(right));
  }
  std::string text_between(std::size_t begin, std::size_t end) const {
    std::string text;
    for (std::size_t i = begin; i < end; ++i) text += tokens_[i].text;
    return text;
  }

  // --- functions ---

  // The brace at at_ opens a function body: a parameter list stands before it, perhaps with qualifiers
  // between.
  bool follows_parameters(std::size_t declaration) const {
    static const std::set<std::string_view> kQualifiers{"const", "noexcept", "override", "final", "volatile"};
    for (std::size_t i = at_; i-- > declaration;) {
      if (tokens_[i].kind == Token::Kind::kSpace || kQualifiers.contains(tokens_[i].text)) continue;
      return tokens_[i].text == ")";
    }
    return false;
  }

  // The colon at at_ stands behind `public` and the like.
  bool ends_access_specifier(std::size_t declaration) const {
    static const std::set<std::string_view> kAccess{"public", "protected", "private"};
    const std::size_t first = after_space(declaration);
    return first < at_ && kAccess.contains(tokens_[first].text) && after_space(first + 1) == at_;
  }

  // Behind `template <...>` and `extern "C"`: nothing may stand in front of those.
  std::size_t after_prefixes(std::size_t declaration) const {
    std::size_t i = after_space(declaration);
    for (;;) {
      if (tokens_[i].text == "template") {
        i = after_space(closing(after_space(i + 1), "<", ">") + 1);
      } else if (tokens_[i].text == "extern" && tokens_[after_space(i + 1)].text.front() == '"') {
        i = after_space(after_space(i + 1) + 1);
      } else {
        return i;
      }
    }
  }

  bool contains_try(std::size_t begin, std::size_t end) const {
    for (std::size_t i = begin; i < end; ++i) {
      if (tokens_[i].text == "__try") return true;
    }
    return false;
  }

  void function(std::size_t declaration) {
    const std::size_t end = closing(at_, "{", "}");
    if (!contains_try(at_, end)) {
      while (at_ <= end) copy();
      return;
    }
    const std::size_t head = after_prefixes(declaration);
    return_type_ = return_type(head);
    mark_unoptimised(head);
    block({});
  }

  // The attribute goes in front of the declaration, which is in out_ already.
  void mark_unoptimised(std::size_t declaration) {
    std::size_t size = 0;
    for (std::size_t i = declaration; i < at_; ++i) size += tokens_[i].text.size();
    out_.insert(out_.size() - size, attribute_ + ' ');
  }

  // The words of the declaration in front of the function's name, less storage classes and attributes.
  std::string return_type(std::size_t declaration) const {
    static const std::set<std::string_view> kDropped{"static",     "extern",        "inline",  "__inline",
                                                     "__inline__", "__extension__", "virtual", "constexpr"};
    std::size_t open = declaration;
    std::vector<std::size_t> words;
    for (; open < at_; ++open) {
      if (tokens_[open].text == "__attribute__") {
        open = closing(after_space(open + 1), "(", ")");
      } else if (tokens_[open].text == "[") {
        open = closing(open, "[", "]");
      } else if (tokens_[open].text == "(") {
        break;
      } else if (tokens_[open].kind != Token::Kind::kSpace) {
        words.push_back(open);
      }
    }
    if (!words.empty()) words.pop_back();  // the function's name, and the class in front of it
    const auto is_colon = [&](std::size_t i) { return tokens_[words[i]].text == ":"; };
    while (words.size() >= 3 && is_colon(words.size() - 1) && is_colon(words.size() - 2))
      words.resize(words.size() - 3);
    std::string type;
    for (const std::size_t index : words) {
      const std::string_view word = tokens_[index].text;
      if (!kDropped.contains(word) && word.front() != '"') type += std::string(word) + ' ';
    }
    while (!type.empty() && type.back() == ' ') type.pop_back();
    return type == "void" ? "" : type;
  }

  // --- statements: each lowers one, from at_, leading space included ---

  void block(Context context) {
    copy_space();
    if (done() || tokens_[at_].text != "{") fail(line(), "expected {");
    const std::size_t end = closing(at_, "{", "}");
    copy();
    while (after_space(at_) < end) statement(context);
    copy_space();
    copy();
  }

  void parenthesis() {
    copy_space();
    const std::size_t end = closing(at_, "(", ")");
    if (contains_try(at_, end)) fail(line(), "__try inside parentheses");
    while (at_ <= end) copy();
  }

  void statement(Context context) {
    copy_space();
    const std::string_view word = tokens_[at_].text;
    if (word == "{") return block(context);
    if (word == "__try") return try_statement(context);
    if (word == "if") return if_statement(context);
    if (word == "for" || word == "while") return loop(context);
    if (word == "do") return do_loop(context);
    if (word == "switch") return switch_statement(context);
    if (word == "__leave") return leave(context);
    if (word == "return") return return_statement(context);
    if (word == "break" && !context.break_stays) return jump(context, 2, "break;");
    if (word == "continue" && !context.continue_stays) return jump(context, 3, "continue;");
    if (word == "goto") return goto_statement(context);
    if (is_label()) return label(context);
    simple_statement();
  }

  void if_statement(Context context) {
    copy();
    parenthesis();
    statement(context);
    if (peek() != "else") return;
    copy_space();
    copy();
    statement(context);
  }

  void loop(Context context) {
    copy();
    parenthesis();
    context.break_stays = context.continue_stays = true;
    statement(context);
  }

  void do_loop(Context context) {
    copy();
    context.break_stays = context.continue_stays = true;
    statement(context);
    copy_space();
    copy();  // while
    parenthesis();
    simple_statement();
  }

  void switch_statement(Context context) {
    copy();
    parenthesis();
    context.break_stays = true;
    statement(context);
  }

  bool is_label() const {
    if (tokens_[at_].kind != Token::Kind::kWord) return false;
    if (tokens_[at_].text == "case" || tokens_[at_].text == "default") return true;
    const std::size_t next = after_space(at_ + 1);
    return next + 1 < tokens_.size() && tokens_[next].text == ":" && tokens_[next + 1].text != ":";
  }

  void label(Context context) {
    int conditional = 0;  // `case a ? b : c:`
    while (tokens_[at_].text != ":" || conditional != 0) {
      conditional += tokens_[at_].text == "?";
      conditional -= tokens_[at_].text == ":";
      copy();
    }
    copy();
    if (peek() != "}") statement(context);
  }

  // An expression or a declaration, up to its semicolon.
  std::size_t end_of_simple() const {
    int depth = 0;
    for (std::size_t i = at_; i < tokens_.size(); ++i) {
      const std::string_view text = tokens_[i].text;
      if (text == "(" || text == "[" || text == "{") ++depth;
      if (text == ")" || text == "]" || text == "}") --depth;
      if (text == ";" && depth == 0) return i;
    }
    fail(line(), "a statement without its semicolon");
  }

  void simple_statement() {
    const std::size_t end = end_of_simple();
    if (contains_try(at_, end)) fail(line(), "__try inside an expression");
    while (at_ <= end) copy();
  }

  // --- leaving ---

  static std::string go_to_end(const Finally& block, int code) {
    const std::string n = std::to_string(block.number);
    return "fltsim_go_" + n + " = " + std::to_string(code) + "; goto fltsim_leave_" + n + ";";
  }

  void leave(const Context& context) {
    if (context.leave == 0) fail(line(), "__leave outside a __try");
    skip_to(end_of_simple() + 1);
    out_ += "goto fltsim_leave_" + std::to_string(context.leave) + ";";
  }

  void return_statement(const Context& context) {
    if (context.enclosing == nullptr) return simple_statement();
    const std::size_t end = end_of_simple();
    const std::string value = text_between(at_ + 1, end);
    const bool has_value = after_space(at_ + 1) < end;
    at_ = end + 1;  // the value was taken as text, with its line ends
    context.enclosing->returns = true;
    const std::string n = std::to_string(context.enclosing->number);
    out_ += "{ ";
    if (has_value) out_ += (return_type_.empty() ? "" : "fltsim_value_" + n + " =") + value + "; ";
    out_ += go_to_end(*context.enclosing, 1) + " }";
  }

  void jump(const Context& context, int code, const char* plain) {
    skip_to(end_of_simple() + 1);
    if (context.enclosing == nullptr) {
      out_ += plain;
      return;
    }
    (code == 2 ? context.enclosing->breaks : context.enclosing->continues) = true;
    out_ += "{ " + go_to_end(*context.enclosing, code) + " }";
  }

  void goto_statement(const Context& context) {
    const std::size_t target = after_space(at_ + 1);
    const std::string name(tokens_[target].text);
    if (context.enclosing == nullptr || context.enclosing->labels.contains(name)) return simple_statement();
    skip_to(end_of_simple() + 1);
    out_ += "{ " + go_to_end(*context.enclosing, goto_code(*context.enclosing, name)) + " }";
  }

  static int goto_code(Finally& block, const std::string& name) {
    for (std::size_t i = 0; i < block.gotos.size(); ++i) {
      if (block.gotos[i] == name) return 4 + static_cast<int>(i);
    }
    block.gotos.push_back(name);
    return 3 + static_cast<int>(block.gotos.size());
  }

  // --- __try ---

  std::set<std::string> labels_between(std::size_t begin, std::size_t end) {
    std::set<std::string> labels;
    const std::size_t saved = at_;
    bool statement_start = true;
    for (at_ = begin; at_ < end; ++at_) {
      const Token& token = tokens_[at_];
      if (token.kind == Token::Kind::kSpace) continue;
      if (statement_start && is_label()) labels.insert(std::string(token.text));
      statement_start = token.text == ";" || token.text == "{" || token.text == "}" || token.text == ":";
    }
    at_ = saved;
    return labels;
  }

  void try_statement(const Context& context) {
    const int try_line = line();
    const int number = ++tries_;
    const std::string n = std::to_string(number);
    const std::string frame = "fltsim_frame_" + n;
    ++at_;
    const std::size_t body = after_space(at_);
    const std::size_t body_end = closing(body, "{", "}");
    const std::size_t clause = after_space(body_end + 1);
    const bool is_finally = clause < tokens_.size() && tokens_[clause].text == "__finally";
    if (!is_finally && (clause >= tokens_.size() || tokens_[clause].text != "__except")) {
      fail(try_line, "__try without __except or __finally");
    }
    out_ += "{ struct fltsim_seh_frame " + frame + " __attribute__((cleanup(fltsim_seh_exit)));";
    if (is_finally) {
      out_ += " int fltsim_go_" + n + " = 0;";
      if (!return_type_.empty())
        out_ += " __attribute__((unused)) " + return_type_ + " fltsim_value_" + n + ";";
    }
    out_ += " fltsim_seh_enter(&" + frame + "); if (_setjmp(" + frame + ".jump_buffer) == 0) {";

    Finally leaving{number, context.enclosing, {}};
    Context inner = context;
    inner.leave = number;
    if (is_finally) {
      leaving.labels = labels_between(body, body_end);
      inner.enclosing = &leaving;
      inner.break_stays = inner.continue_stays = false;
    }
    block(inner);
    out_ += " fltsim_leave_" + n + ": __attribute__((unused)); fltsim_seh_exit(&" + frame + "); }";
    copy_space();
    ++at_;  // __except or __finally
    if (is_finally) {
      finally_clause(context, leaving, frame);
    } else {
      except_clause(context, frame);
    }
    out_ += " }";
  }

  void except_clause(const Context& context, const std::string& frame) {
    out_ += "else { NTSTATUS __exception_code __attribute__((unused)) = " + frame +
            ".record.ExceptionCode; PEXCEPTION_POINTERS __exception_info __attribute__((unused)) = &" +
            frame + ".pointers; if (fltsim_seh_filter(&" + frame + ",";
    parenthesis();
    out_ += "))";
    block(context);
    out_ += "else fltsim_seh_continue(&" + frame + "); }";
  }

  void finally_clause(const Context& context, const Finally& leaving, const std::string& frame) {
    const std::string n = std::to_string(leaving.number);
    out_ += "{ int __abnormal_termination __attribute__((unused)) = " + frame + ".raised || fltsim_go_" + n +
            " != 0;";
    block(context);
    out_ += " } if (" + frame + ".raised) fltsim_seh_continue(&" + frame + ");";
    carry_out(context, leaving);
  }

  // After the __finally block: what the __try block was about to do, now in the outer context.
  void carry_out(const Context& context, const Finally& leaving) {
    const std::string n = std::to_string(leaving.number);
    const auto when = [&](int code, const std::string& action) {
      out_ += " if (fltsim_go_" + n + " == " + std::to_string(code) + ") { " + action + " }";
    };
    const std::string value = return_type_.empty() ? "" : "fltsim_value_" + n;
    Finally* outer = context.enclosing;
    if (leaving.returns && outer == nullptr) when(1, "return " + value + ";");
    if (leaving.returns && outer != nullptr) {
      outer->returns = true;
      const std::string m = std::to_string(outer->number);
      when(1, (value.empty() ? "" : "fltsim_value_" + m + " = " + value + "; ") + go_to_end(*outer, 1));
    }
    if (leaving.breaks) when(2, passed_on(outer, context.break_stays, 2, "break;"));
    if (leaving.continues) when(3, passed_on(outer, context.continue_stays, 3, "continue;"));
    for (std::size_t i = 0; i < leaving.gotos.size(); ++i) {
      const std::string& name = leaving.gotos[i];
      const bool stays = outer == nullptr || outer->labels.contains(name);
      when(4 + static_cast<int>(i),
           stays ? "goto " + name + ";" : go_to_end(*outer, goto_code(*outer, name)));
    }
  }

  static std::string passed_on(Finally* outer, bool stays, int code, const std::string& plain) {
    if (outer == nullptr || stays) return plain;
    (code == 2 ? outer->breaks : outer->continues) = true;
    return go_to_end(*outer, code);
  }

  const std::vector<Token>& tokens_;
  const std::string attribute_;
  std::size_t at_ = 0;
  std::string out_;
  std::string return_type_;  // of the function being lowered; empty for void
  int tries_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: fltsim-lower-seh INPUT OUTPUT ATTRIBUTE\n";
    return 2;
  }
  std::ifstream in(argv[1], std::ios::binary);
  if (!in) {
    std::cerr << "fltsim-lower-seh: cannot read " << argv[1] << '\n';
    return 1;
  }
  std::stringstream buffer;
  buffer << in.rdbuf();
  const std::string source = buffer.str();
  const bool has_try = source.find("__try") != std::string::npos;
  std::vector<Token> tokens = has_try ? Lexer(source).run() : std::vector<Token>();
  give_back_library_tries(tokens);
  std::ofstream out(argv[2], std::ios::binary);
  // The compiler cannot see that the lowered ways out of a function are all there are.
  if (has_try) out << "#pragma GCC diagnostic ignored \"-Wreturn-type\"\n";
  out << (has_try ? Lowerer(tokens, argv[3]).run() : source);
  out.close();
  if (!out) {
    std::cerr << "fltsim-lower-seh: cannot write " << argv[2] << '\n';
    return 1;
  }
  return 0;
}

#include "cc/unit.hpp"

#include "cc/elf_file.hpp"
#include "cc/files.hpp"
#include "cc/imports.hpp"
#include "cc/messages.hpp"
#include "cc/preprocessed.hpp"
#include "cc/process.hpp"
#include "cc/source_view.hpp"
#include "cc/tolerance/tolerance.hpp"
#include "loader/tool/lower.hpp"

namespace fltsim::cc {
namespace {

constexpr int kMendingsMax = 2;

// Mends what the messages name, as far as MSVC would accept it. False when there is nothing.
bool mend(std::string& unit, Language language, const std::string& messages) {
  Text text(unit);
  bool is_mended = false;
  if (language == Language::kC) {
    const bool are_reconciled = reconcile_prototypes(text, names_behind(messages, "conflicting types for '"));
    is_mended = make_static(text, names_behind(messages, "static declaration of '")) || are_reconciled;
  } else {
    is_mended = split_passed_declarations(text, messages);
  }
  const bool has_flexible = messages.find("flexible array member") != std::string::npos;
  if (has_flexible && size_flexible_arrays(text)) is_mended = true;
  if (is_mended) unit = text.to_string();
  return is_mended;
}

class UnitBuild {
 public:
  UnitBuild(const Target& target, const std::string& source) : target_(target), source_(source) {}

  UnitResult run(const std::string& object, const std::string& base) {
    const Language language = is_c_source(source_) ? Language::kC : Language::kCxx;
    const std::string ending = language == Language::kC ? ".i" : ".ii";
    view_folder_ = base + ".view";
    const SourceView view = view_source(target_, language, source_, view_folder_);
    if (target_.arguments.verbose) result_.messages += view.notes;
    if (!view.problem.empty()) {
      say("fltlink-cc: " + view.problem);
      return std::move(result_);
    }
    std::vector<std::string> words = target_.preprocess(language, view.preprocessor);
    words.insert(words.end(), {view.source, "-o", base + ending});
    if (!step(words)) return std::move(result_);
    auto unit = read_file(base + ending);
    if (!unit) {
      say("cannot read " + base + ending);
      return std::move(result_);
    }
    if (!write_dependencies(*unit, object)) return std::move(result_);

    if (view.source != source_) name_original(*unit, view.source);
    tolerate(*unit, language);
    if (!lower(*unit)) return std::move(result_);
    const std::string lowered = base + ".lowered" + ending;
    compile(*unit, language, lowered, object);
    return std::move(result_);
  }

 private:
  void say(const std::string& text) { result_.messages += text + '\n'; }

  // The copy says whose it is on its first line; before that, the compiler has named the unit by the copy.
  void name_original(std::string& unit, const std::string& copy) const {
    const std::string from = '"' + copy + '"';
    const std::string to = '"' + source_ + '"';
    for (std::size_t at = unit.find(from); at != std::string::npos; at = unit.find(from, at + to.size()))
      unit.replace(at, from.size(), to);
  }

  bool step(const std::vector<std::string>& words) {
    if (target_.arguments.verbose) result_.messages += command_text(words) + '\n';
    const ProcessResult done = cc::run(words);
    add_messages(done);
    return done.status == 0;
  }

  // Warnings are for those who asked for them.
  void add_messages(const ProcessResult& done) {
    result_.messages += target_.arguments.warnings.empty() ? errors_alone(done.errors) : done.errors;
    if (done.status != 0) result_.messages += about_undeclared(done.errors);
  }

  void tolerate(std::string& unit, Language language) const {
    Text text(unit);
    drop_pragmas(text);
    replace_suffixes(text);
    if (!target_.arguments.keep_long) make_long_32_bits(text);
    replace_declspec(text);
    drop_trailing_commas(text);
    name_functions(text);
    replace_noop(text);
    if (language == Language::kCxx) {
      drop_first_annotations(text);
      declare_enums(text);
      give_operators_their_size(text);
    } else {
      share_inlines(text);
    }
    unit = text.to_string();
  }

  bool lower(std::string& unit) {
    const auto text = [&](const char* what, const lower_seh::Remark& remark) {
      const Place place = place_of(unit, remark.line);
      return place.file + ':' + std::to_string(place.line) + what + remark.message;
    };
    try {
      std::vector<lower_seh::Remark> warnings;
      std::string lowered = lower_seh::lower(unit, target_.unoptimised(), warnings);
      for (const lower_seh::Remark& warning : warnings) say(text(": warning: ", warning));
      unit = std::move(lowered);
      return true;
    } catch (const lower_seh::Refused& refused) {
      say(text(": error: ", refused));
      return false;
    }
  }

  // What MSVC accepts and this compiler calls an error is mended where its message says so, and the unit compiled anew.
  void compile(std::string& unit, Language language, const std::string& path, const std::string& object) {
    std::vector<std::string> words = target_.compile(language);
    words.insert(words.end(), {path, "-o", object});
    for (int round = 0;; ++round) {
      if (!write_file(path, unit)) {
        say("cannot write " + path);
        return;
      }
      if (target_.arguments.verbose) result_.messages += command_text(words) + '\n';
      const ProcessResult done = cc::run(words);
      result_.is_built = done.status == 0;
      if (result_.is_built && !target_.arguments.client) drop_constructors(object);
      if (result_.is_built || round == kMendingsMax || !mend(unit, language, done.errors)) {
        add_messages(done);
        return;
      }
    }
  }

  // Nobody runs constructors in a kernel, so the loader must not find them either.
  void drop_constructors(const std::string& object) {
    const auto file = read_object(object);
    if (!file || !file->has_constructors) return;
    std::string names;
    for (const std::string& name : file->constructed) {
      if (!name.starts_with("_ZGV")) names += (names.empty() ? "" : ", ") + source_name(name);
    }
    say(source_ +
        ": warning: nobody runs constructors in a kernel, as on Windows; these variables stay zero: " +
        (names.empty() ? "of unknown name" : names));
    const ProcessResult done =
        cc::run({"objcopy", "--remove-section=.init_array", "--remove-section=.rela.init_array", object});
    result_.messages += done.errors;
    result_.is_built = done.status == 0;
  }

  bool write_dependencies(const std::string& unit, const std::string& object) {
    const Arguments& arguments = target_.arguments;
    if (!arguments.dependencies) return true;
    std::string file = arguments.dependency_file;
    if (file.empty()) file = object.substr(0, object.rfind('.')) + ".d";
    std::vector<std::string> files = files_of(unit);
    std::erase_if(files, [&](const std::string& name) { return name.starts_with(view_folder_ + '/'); });
    const std::string rule =
        make_rule(arguments.dependency_target.empty() ? object : arguments.dependency_target, files);
    if (write_file(file, rule)) return true;
    say("cannot write " + file);
    return false;
  }

  const Target& target_;
  const std::string& source_;
  std::string view_folder_;  // of copies, which nobody depends on
  UnitResult result_;
};

}  // namespace

UnitResult build_unit(const Target& target, const std::string& source, const std::string& object,
                      const std::string& base) {
  return UnitBuild(target, source).run(object, base);
}

}  // namespace fltsim::cc

#include "cc/unit.hpp"

#include "cc/files.hpp"
#include "cc/preprocessed.hpp"
#include "cc/process.hpp"
#include "loader/tool/lower.hpp"

namespace fltsim::cc {
namespace {

class UnitBuild {
 public:
  UnitBuild(const Target& target, const std::string& source) : target_(target), source_(source) {}

  UnitResult run(const std::string& object, const std::string& base) {
    const Language language = is_c_source(source_) ? Language::kC : Language::kCxx;
    const std::string ending = language == Language::kC ? ".i" : ".ii";
    std::vector<std::string> words = target_.preprocess(language);
    words.insert(words.end(), {source_, "-o", base + ending});
    if (!step(words)) return std::move(result_);
    auto unit = read_file(base + ending);
    if (!unit) return fail("cannot read " + base + ending);
    if (!write_dependencies(*unit, object)) return std::move(result_);

    std::string lowered;
    try {
      lowered = lower_seh::lower(*unit, target_.unoptimised());
    } catch (const lower_seh::Refused& refused) {
      const Place place = place_of(*unit, refused.line);
      return fail(place.file + ':' + std::to_string(place.line) + ": error: " + refused.message);
    }
    const std::string lowered_path = base + ".lowered" + ending;
    if (!write_file(lowered_path, lowered)) return fail("cannot write " + lowered_path);
    words = target_.compile(language);
    words.insert(words.end(), {lowered_path, "-o", object});
    result_.is_built = step(words);
    return std::move(result_);
  }

 private:
  UnitResult fail(const std::string& text) {
    result_.messages += text + '\n';
    return std::move(result_);
  }

  bool step(const std::vector<std::string>& words) {
    if (target_.arguments.verbose) result_.messages += command_text(words) + '\n';
    const ProcessResult done = cc::run(words);
    result_.messages += done.errors;
    return done.status == 0;
  }

  bool write_dependencies(const std::string& unit, const std::string& object) {
    const Arguments& arguments = target_.arguments;
    if (!arguments.dependencies) return true;
    std::string file = arguments.dependency_file;
    if (file.empty()) file = object.substr(0, object.rfind('.')) + ".d";
    const std::string rule =
        make_rule(arguments.dependency_target.empty() ? object : arguments.dependency_target, files_of(unit));
    if (write_file(file, rule)) return true;
    fail("cannot write " + file);
    return false;
  }

  const Target& target_;
  const std::string& source_;
  UnitResult result_;
};

}  // namespace

UnitResult build_unit(const Target& target, const std::string& source, const std::string& object,
                      const std::string& base) {
  return UnitBuild(target, source).run(object, base);
}

}  // namespace fltsim::cc

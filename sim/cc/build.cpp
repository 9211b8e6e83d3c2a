#include "cc/build.hpp"

#include <algorithm>
#include <atomic>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "cc/files.hpp"
#include "cc/flags.hpp"
#include "cc/imports.hpp"
#include "cc/process.hpp"
#include "cc/stops.hpp"
#include "cc/unit.hpp"

namespace fltsim::cc {
namespace {

struct Unit {
  std::string source;
  std::string object;
  std::string base;
  UnitResult result{};
};

std::string stem_of(const std::string& path) {
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.rfind('.'));
}

bool is_source(const std::string& input) { return is_c_source(input) || is_cxx_source(input); }

// As many at once as there are processors. What they have to say comes in the order of the command line.
void build_units(const Target& target, std::vector<Unit>& units) {
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < units.size(); i = next++) {
      units[i].result = build_unit(target, units[i].source, units[i].object, units[i].base);
    }
  };
  std::vector<std::jthread> others;
  const std::size_t workers =
      std::min<std::size_t>(units.size(), std::max(1U, std::thread::hardware_concurrency()));
  for (std::size_t i = 1; i < workers; ++i) others.emplace_back(work);
  work();
}

// Says what is missing. Where that is allowed, adds an object to `objects` that has a stop for each. False when the link
// cannot go on.
bool settle_imports(const Target& target, const std::string& folder, std::vector<std::string>& objects,
                    std::ostream& errors) {
  const std::vector<MissingImport> missing = missing_imports(target, objects);
  bool can_go_on = true;
  for (const MissingImport& import : missing) {
    const bool stops = target.arguments.allow_unsupported && can_be_a_stop(import);
    errors << "fltlink-cc: " << (stops ? "warning: " : "error: ") << describe(import);
    if (stops) errors << "; the machine stops there";
    if (target.arguments.allow_unsupported && !stops)
      errors << ", and not called: no stop can stand for data";
    errors << '\n';
    can_go_on = can_go_on && stops;
  }
  const std::string source = stops_for(missing);
  if (!can_go_on || source.empty()) return can_go_on;
  if (!write_file(folder + "/stops.i", source)) {
    errors << "fltlink-cc: cannot write " << folder << "/stops.i\n";
    return false;
  }
  std::vector<std::string> words = target.compile(Language::kC);
  words.insert(words.end(), {folder + "/stops.i", "-o", folder + "/stops.o"});
  const ProcessResult done = run(words);
  errors << done.errors;
  objects.push_back(folder + "/stops.o");
  return done.status == 0;
}

bool link(const Target& target, const std::string& folder, const std::string& output,
          std::vector<std::string> objects, std::ostream& errors) {
  if (!settle_imports(target, folder, objects, errors)) return false;
  const std::vector<std::string> words = target.link(output, objects);
  if (target.arguments.verbose) errors << command_text(words) << '\n';
  const ProcessResult done = run(words);
  errors << done.errors;
  return done.status == 0;
}

}  // namespace

bool build(const Arguments& arguments, std::ostream& errors) {
  const auto installation = find_installation(own_path());
  if (!installation) {
    errors << "fltlink-cc: this program is not where it belongs, in the bin of a package\n";
    return false;
  }
  const bool with_cxx = std::any_of(arguments.inputs.begin(), arguments.inputs.end(), is_cxx_source);
  const auto found = find_toolchain(
      arguments.compiler_name.empty() ? default_compiler() : arguments.compiler_name, with_cxx);
  if (const auto* none = std::get_if<NoToolchain>(&found)) {
    errors << "fltlink-cc: " << none->text << '\n';
    return false;
  }
  const Target target{arguments, *installation, std::get<Toolchain>(found)};

  TemporaryFolder folder;
  if (folder.path().empty()) {
    errors << "fltlink-cc: cannot make a temporary folder\n";
    return false;
  }
  if (arguments.save_temporaries) {
    folder.keep();
    errors << "fltlink-cc: the files in between are in " << folder.path() << '\n';
  }
  std::vector<Unit> units;
  std::vector<std::string> objects;
  for (const std::string& input : arguments.inputs) {
    if (!is_source(input)) {
      objects.push_back(input);
      continue;
    }
    const std::string base = folder.path() + '/' + std::to_string(units.size()) + '_' + stem_of(input);
    std::string object = base + ".o";
    if (arguments.compile_only) object = arguments.output.empty() ? stem_of(input) + ".o" : arguments.output;
    objects.push_back(object);
    units.push_back({input, object, base});
  }
  build_units(target, units);
  bool is_built = true;
  for (const Unit& unit : units) {
    errors << unit.result.messages;
    is_built = is_built && unit.result.is_built;
  }
  if (!is_built || arguments.compile_only) return is_built;
  const std::string unnamed = arguments.client ? "a.out" : "a.sys";
  return link(target, folder.path(), arguments.output.empty() ? unnamed : arguments.output, objects, errors);
}

}  // namespace fltsim::cc

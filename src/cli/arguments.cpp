#include "cli/arguments.hpp"

#include <algorithm>
#include <charconv>

#include <CLI/CLI.hpp>

#include "cli/exit_codes.hpp"

namespace fltlink::cli {

namespace {

constexpr char kAfterwards[] =
    "Exit codes: 0 done, and every check held; 1 the events, the protected files or the verifier say no;\n"
    "2 wrong arguments, or a DIR that is no directory one may read; 3 something is missing or the disk is "
    "full;\n"
    "130 interrupted.";

// Decimal digits and nothing else; CLI11 alone would also take 0x7, 1e3 and wrap a minus.
std::optional<std::uint64_t> parse_seed(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string check_seed(const std::string& text) {
  return parse_seed(text) ? std::string() : "a seed is a whole number from 0 to 18446744073709551615";
}

}  // namespace

std::variant<DemoArguments, Answer> parse_arguments(const std::vector<std::string>& words) {
  CLI::App app("fltlink: Windows minifilters and their services, tested without Windows.", "fltlink");
  app.set_version_flag("--version", "fltlink " FLTLINK_VERSION_TEXT);
  app.require_subcommand(1);
  app.footer(kAfterwards);

  DemoArguments demo;
  std::string directory;
  std::string seed;
  std::string trace_file;
  CLI::App* demo_verb = app.add_subcommand(
      "demo",
      "Mount DIR as C:, protect some of its files with DrmFilter and its service, let programs loose on\n"
      "all of them, and say what happened. DIR itself is only read.");
  demo_verb->add_option("DIR", directory,
                        "a directory of real files; without it, some are copied from this machine");
  demo_verb
      ->add_option("--seed", seed, "one thread at a time in an order drawn from N, in virtual time: replays")
      ->type_name("N")
      ->check(CLI::Validator(check_seed, ""));
  demo_verb->add_flag("--json", demo.json, "print one JSON object instead of the table");
  demo_verb
      ->add_option("--trace", trace_file, "write every I/O as a tree, for Chrome's and Perfetto's viewers")
      ->type_name("FILE");
  CLI::App* help_verb = app.add_subcommand("help", "Show this text");

  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Answer{kExitDone, demo_verb->parsed() ? demo_verb->help() : app.help()};
  } catch (const CLI::CallForVersion& version) {
    return Answer{kExitDone, std::string(version.what()) + '\n'};
  } catch (const CLI::ParseError& error) {
    return Answer{kExitUsage,
                  std::string("fltlink: ") + error.what() + "\nfltlink help shows what there is.\n"};
  }
  // app.help() would describe the verb that was given, which is help.
  if (help_verb->parsed())
    return Answer{kExitDone, app.get_formatter()->make_help(&app, "fltlink", CLI::AppFormatMode::All)};
  if (demo_verb->count("DIR") != 0) demo.directory = directory;
  if (demo_verb->count("--seed") != 0) demo.seed = parse_seed(seed);
  if (demo_verb->count("--trace") != 0) demo.trace_file = trace_file;
  return demo;
}

}  // namespace fltlink::cli

#include "cli/arguments.hpp"

#include <algorithm>

#include <CLI/CLI.hpp>

#include "cli/exit_codes.hpp"

namespace fltlink::cli {

namespace {

constexpr char kAfterwards[] =
    "Exit codes: 0 done, and every check held; 2 wrong arguments; 130 interrupted.\n"
    "demo: 1 the events, the protected files or the verifier say no; 2 a DIR that is no directory one may\n"
    "read; 3 something is missing or the disk is full.\n"
    "run: 2 a driver, its .inf file or a script cannot be loaded, the reason is said first; 3 there are "
    "error\n"
    "findings.";

}  // namespace

std::variant<DemoArguments, RunArguments, Answer> parse_arguments(const std::vector<std::string>& words) {
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
  const auto [run_verb, make_run] = add_run_verb(app);
  CLI::App* help_verb = app.add_subcommand("help", "Show this text");

  try {
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return Answer{kExitDone, demo_verb->parsed()  ? demo_verb->help()
                             : run_verb->parsed() ? run_verb->help()
                                                  : app.help()};
  } catch (const CLI::CallForVersion& version) {
    return Answer{kExitDone, std::string(version.what()) + '\n'};
  } catch (const CLI::ParseError& error) {
    return Answer{kExitUsage,
                  std::string("fltlink: ") + error.what() + "\nfltlink help shows what there is.\n"};
  }
  // app.help() would describe the verb that was given, which is help.
  if (help_verb->parsed())
    return Answer{kExitDone, app.get_formatter()->make_help(&app, "fltlink", CLI::AppFormatMode::All)};
  if (run_verb->parsed()) {
    auto run = make_run();
    if (auto* arguments = std::get_if<RunArguments>(&run)) return std::move(*arguments);
    return Answer{kExitUsage,
                  "fltlink: " + std::get<std::string>(run) + "\nfltlink help shows what there is.\n"};
  }
  if (demo_verb->count("DIR") != 0) demo.directory = directory;
  if (demo_verb->count("--seed") != 0) demo.seed = parse_whole_number(seed);
  if (demo_verb->count("--trace") != 0) demo.trace_file = trace_file;
  return demo;
}

}  // namespace fltlink::cli

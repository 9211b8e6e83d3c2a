#include "cli/run_arguments.hpp"

#include <charconv>
#include <memory>

#include <CLI/CLI.hpp>

namespace fltlink::cli {

namespace {

struct Words {
  std::vector<std::string> drivers;
  std::vector<std::string> infs;
  std::vector<std::string> services;
  std::vector<std::string> parameters;
  std::vector<std::string> clients;
  std::vector<std::string> volumes;
  std::string workload = "smoke";
  std::string script;
  std::string seed = "1";
  std::string scheduler = "seeded";
  double watchdog_s = 10;
  bool json = false;
  std::string trace_file;
};

// "[DRIVER:]NAME=VALUE"; a value of decimal or 0x digits is a DWORD, anything else, or what is in quotes, a string.
std::optional<RunArguments::Parameter> parse_parameter(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  RunArguments::Parameter parameter;
  parameter.name = text.substr(0, equals);
  if (const std::size_t colon = parameter.name.find(':'); colon != std::string::npos) {
    parameter.driver = parameter.name.substr(0, colon);
    parameter.name.erase(0, colon + 1);
  }
  if (parameter.name.empty()) return std::nullopt;
  std::string value = text.substr(equals + 1);
  const bool hexadecimal = value.starts_with("0x") || value.starts_with("0X");
  const char* digits = value.data() + (hexadecimal ? 2 : 0);
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(digits, value.data() + value.size(), number, hexadecimal ? 16 : 10);
  if (error == std::errc() && end == value.data() + value.size()) {
    parameter.value = number;
  } else {
    if (value.size() >= 2 && value.front() == '"' && value.back() == '"')
      value = value.substr(1, value.size() - 2);
    parameter.value = value;
  }
  return parameter;
}

// "C:" or "D:=DIRECTORY".
std::optional<RunArguments::Volume> parse_volume(const std::string& text) {
  if (text.size() < 2 || text[1] != ':') return std::nullopt;
  const char letter = static_cast<char>(text[0] >= 'a' && text[0] <= 'z' ? text[0] - 'a' + 'A' : text[0]);
  if (letter < 'A' || letter > 'Z') return std::nullopt;
  RunArguments::Volume volume{std::string(1, letter) + ':', {}};
  if (text.size() == 2) return volume;
  if (text[2] != '=' || text.size() == 3) return std::nullopt;
  volume.directory = text.substr(3);
  return volume;
}

// The words of a command line: separated by spaces, quoted by ' or ". Nothing for a quote without its end.
std::optional<std::vector<std::string>> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (const char c : text) {
    if (c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
      in_word = true;
    } else if (quote == 0 && c == ' ') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  if (quote != 0) return std::nullopt;
  return words;
}

// "PROGRAM [ARGUMENT...] [< FILE]"
std::optional<RunArguments::Client> parse_client(const std::string& text) {
  const auto words = words_of(text);
  if (!words || words->empty()) return std::nullopt;
  RunArguments::Client client{words->front(), {}, {}};
  for (std::size_t i = 1; i < words->size(); ++i) {
    const std::string& word = (*words)[i];
    if (!word.starts_with('<')) {
      client.arguments.push_back(word);
      continue;
    }
    client.input = word.substr(1);
    if (client.input.empty() && i + 1 < words->size()) client.input = (*words)[++i];
    if (client.input.empty()) return std::nullopt;
  }
  return client;
}

std::variant<RunArguments, std::string> make(const Words& words, const CLI::App& verb) {
  RunArguments result;
  for (const std::string& path : words.drivers) result.drivers.push_back({path, {}, {}});
  if (words.infs.size() > result.drivers.size()) return "there are more --inf than drivers";
  if (words.services.size() > result.drivers.size()) return "there are more --service than drivers";
  for (std::size_t i = 0; i < words.infs.size(); ++i) result.drivers[i].inf = words.infs[i];
  for (std::size_t i = 0; i < words.services.size(); ++i) result.drivers[i].service = words.services[i];
  for (const std::string& text : words.parameters) {
    const auto parameter = parse_parameter(text);
    if (!parameter) return "--registry " + text + " is not [DRIVER:]NAME=VALUE";
    result.parameters.push_back(*parameter);
  }
  for (const std::string& text : words.clients) {
    const auto client = parse_client(text);
    if (!client) return "--client " + text + " is not PROGRAM [ARGUMENT...] [< FILE]";
    result.clients.push_back(*client);
  }
  for (const std::string& text : words.volumes) {
    const auto volume = parse_volume(text);
    if (!volume) return "--volume " + text + " is neither LETTER: nor LETTER:=DIR";
    for (const RunArguments::Volume& other : result.volumes) {
      if (other.drive == volume->drive) return "--volume " + volume->drive + " is named twice";
    }
    result.volumes.push_back(*volume);
  }
  if (result.volumes.empty()) result.volumes.push_back({"C:", {}});
  if (verb.count("--script") != 0) {
    result.script = words.script;
  } else if (words.workload != "smoke") {
    result.script = words.workload;
  }
  result.seed = parse_whole_number(words.seed).value_or(1);
  result.host_threads = words.scheduler == "host";
  result.watchdog_s = words.watchdog_s;
  result.json = words.json;
  if (verb.count("--trace") != 0) result.trace_file = words.trace_file;
  return result;
}

}  // namespace

std::optional<std::uint64_t> parse_whole_number(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string check_seed(const std::string& text) {
  return parse_whole_number(text) ? std::string() : "a seed is a whole number from 0 to 18446744073709551615";
}

std::pair<CLI::App*, std::function<std::variant<RunArguments, std::string>()>> add_run_verb(CLI::App& app) {
  auto words = std::make_shared<Words>();
  CLI::App* verb = app.add_subcommand(
      "run",
      "Load drivers built by fltlink-cc into a simulated machine, let programs work on its volumes, detach,\n"
      "attach again, unload, and say what the drivers did and what they did wrong.");
  verb->add_option("DRIVER", words->drivers, "a driver module: x.sys")->required();
  verb->add_option(
          "--inf", words->infs,
          "the driver's .inf file, with its altitude; the first of these belongs to the first driver.\n"
          "Without it: the file beside x.sys that is called x.inf")
      ->type_name("FILE")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--service", words->services, "which of several services of its .inf file a driver is")
      ->type_name("NAME")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--registry", words->parameters,
                   "a value below the Parameters key, a DWORD if it is a number: [DRIVER:]NAME=VALUE")
      ->type_name("NAME=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option(
          "--client", words->clients,
          "a program built by fltlink-cc --client, with its arguments, that runs beside the drivers;\n"
          "the text of FILE is typed at its console")
      ->type_name("\"PROGRAM [ARGUMENT...] [< FILE]\"")
      ->take_all()
      ->allow_extra_args(false);
  verb->add_option("--volume", words->volumes,
                   "C: is an empty volume in memory; D:=DIR shows a directory, which is only read.\n"
                   "Without any: C:")
      ->type_name("C:[=DIR]")
      ->take_all()
      ->allow_extra_args(false);
  CLI::Option* workload =
      verb->add_option("--workload", words->workload,
                       "smoke, an application's life (the default), or a script: see --script")
          ->type_name("smoke|FILE");
  verb->add_option("--script", words->script, "what the programs do, one operation a line (docs/RUN.md)")
      ->type_name("FILE")
      ->excludes(workload);
  verb->add_option("--seed", words->seed, "the order in which threads run is drawn from N (1)")
      ->type_name("N")
      ->check(CLI::Validator(check_seed, ""));
  verb->add_option("--scheduler", words->scheduler,
                   "seeded: one thread at a time, in virtual time, replays; host: the system's threads")
      ->type_name("seeded|host")
      ->check(CLI::IsMember({"seeded", "host"}));
  verb->add_option("--watchdog", words->watchdog_s,
                   "processor seconds after which a loop that calls nothing counts as endless (10)")
      ->type_name("S")
      ->check(CLI::Range(0.01, 3600.0));
  verb->add_flag("--json", words->json, "print one JSON object instead of the tables");
  verb->add_option("--trace", words->trace_file,
                   "write every I/O as a tree, for Chrome's and Perfetto's viewers")
      ->type_name("FILE");
  return {verb, [words, verb] { return make(*words, *verb); }};
}

}  // namespace fltlink::cli

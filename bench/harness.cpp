#include "harness.hpp"

#include <sched.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string_view>
#include <thread>

#include "regime.hpp"

namespace fltlink::bench {
namespace {

constexpr std::uint64_t kQuickOperations = 2'000;
constexpr int kLeastRounds = 3;  // of a regime that is reported, where a case has so many
constexpr int kMoreRounds = 2;   // times as many as a case wants, where the regime does not hold still

// One regime of one case: the figures of every candidate, and of every comparison the ratios of single rounds.
struct Seen {
  int rounds = 0;
  std::map<std::string, std::vector<double>> ns;
  std::vector<std::vector<double>> ratios;
};

struct Options {
  bool json = false;
  bool quick = false;
  // With --count alone: what, and how often.
  const Counted* counted = nullptr;
  std::uint64_t operations = 0;
};

const Counted* find_counted(const Question& question, std::string_view what) {
  const auto found = std::find_if(question.counted.begin(), question.counted.end(),
                                  [&](const Counted& one) { return one.what == what; });
  return found == question.counted.end() ? nullptr : &*found;
}

std::optional<Options> parse(int argc, char** argv, const Question& question) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--json") {
      options.json = true;
    } else if (argument == "--quick") {
      options.quick = true;
    } else if (argument == "--count" && i + 2 < argc) {
      options.counted = find_counted(question, argv[++i]);
      const std::string_view text = argv[++i];
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), options.operations);
      if (options.counted == nullptr || error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    } else {
      return std::nullopt;
    }
  }
  return options;
}

// A candidate that ran in this thread may have bound it.
void unpin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (unsigned i = 0; i < std::thread::hardware_concurrency(); ++i) CPU_SET(i, &set);
  sched_setaffinity(0, sizeof set, &set);
}

double ratio_of(const Comparison& comparison, double ours, double peer) {
  return comparison.relation == Relation::kTimesAsFast ? peer / ours : ours / peer;
}

bool meets(const Comparison& comparison, double ratio, double bar) {
  return comparison.relation == Relation::kTimesAsFast ? ratio >= bar : ratio <= bar;
}

class Report {
 public:
  Report(const Question& question, const Options& options) : question_(question), options_(options) {
    if (!options.json) std::printf("%s: %s\n", question.name, question.text);
  }

  void add(const Case& one, Regime regime, const Seen& seen) {
    if (!options_.json) print_times(one, regime, seen);
    for (std::size_t i = 0; i < one.comparisons.size(); ++i) {
      add(one, one.comparisons[i], regime, seen, seen.ratios[i]);
    }
  }

  void finish(Regime regime) const {
    const Machine machine = describe_machine();
    if (options_.json) {
      const nlohmann::json whole = {{"regime", regime_name(regime)},
                                    {"machine",
                                     {{"processor", machine.processor},
                                      {"processors", machine.processors},
                                      {"compiler", machine.compiler},
                                      {"stolen", machine.stolen},
                                      {"used_by_others", machine.foreign}}},
                                    {"results", results_}};
      std::printf("%s\n", whole.dump(2).c_str());
    } else {
      std::printf(
          "  %u x %s, %s; of the processors' time %.0f %% went to other programs, %.0f %% to the host\n",
          machine.processors, machine.processor.c_str(), machine.compiler.c_str(), machine.foreign * 100,
          machine.stolen * 100);
    }
  }

 private:
  static void print_times(const Case& one, Regime regime, const Seen& seen) {
    std::printf("\n  %s%s%s\n", one.name.c_str(), one.crosses_processors ? ", processors " : "",
                one.crosses_processors ? regime_name(regime) : "");
    for (const Candidate& candidate : one.candidates) {
      const auto found = seen.ns.find(candidate.name);
      if (found == seen.ns.end()) continue;
      const std::vector<double>& ns = found->second;
      std::printf("    %-48s %10.1f ns  (%.1f .. %.1f, %zu rounds)\n", candidate.name.c_str(), median(ns),
                  quantile(ns, 0.25), quantile(ns, 0.75), ns.size());
    }
  }

  void add(const Case& one, const Comparison& comparison, Regime regime, const Seen& seen,
           const std::vector<double>& ratios) {
    const double bar = one.crosses_processors && regime == Regime::kFar ? comparison.far_bar : comparison.bar;
    if (ratios.empty()) return add_unmeasured(one, comparison, bar);
    const double ratio = median(ratios);
    const bool ok = bar == 0 || meets(comparison, ratio, bar);
    const bool faster = comparison.relation == Relation::kTimesAsFast;
    if (!options_.json) {
      std::string verdict;
      if (bar != 0) {
        char text[64];
        std::snprintf(text, sizeof text, "   bar %s %.2f: %s", faster ? ">=" : "<=", bar,
                      ok ? "reached" : "MISSED");
        verdict = text;
      }
      std::printf("    %s is x %.2f [%.2f .. %.2f] as %s as %s%s\n", comparison.ours.c_str(), ratio,
                  quantile(ratios, 0.25), quantile(ratios, 0.75), faster ? "fast" : "long",
                  comparison.peer.c_str(), verdict.c_str());
      return;
    }
    results_.push_back(
        {{"question", question_.name},
         {"case", one.name + ": " + comparison.ours +
                      (faster ? ", times as fast as " : ", times as long as ") + comparison.peer},
         {"ours", median(seen.ns.at(comparison.ours))},
         {"peer", median(seen.ns.at(comparison.peer))},
         {"ratio", ratio},
         {"quartiles", {quantile(ratios, 0.25), quantile(ratios, 0.75)}},
         {"rounds", ratios.size()},
         {"regime", one.crosses_processors ? nlohmann::json(regime_name(regime)) : nlohmann::json()},
         {"bar", bar == 0 ? nlohmann::json() : nlohmann::json(bar)},
         {"ok", ok}});
  }

  // A peer that is not installed, or was wrong in every round, leaves its bar open.
  void add_unmeasured(const Case& one, const Comparison& comparison, double bar) {
    if (bar == 0) return;
    if (!options_.json) {
      std::printf("    %s beside %s   bar %.2f: NOT MEASURED\n", comparison.ours.c_str(),
                  comparison.peer.c_str(), bar);
      return;
    }
    results_.push_back({{"question", question_.name},
                        {"case", one.name + ": " + comparison.ours + ", beside " + comparison.peer},
                        {"ours", nullptr},
                        {"peer", nullptr},
                        {"ratio", nullptr},
                        {"bar", bar},
                        {"ok", false}});
  }

  const Question& question_;
  const Options& options_;
  nlohmann::json results_ = nlohmann::json::array();
};

class Runner {
 public:
  Runner(const Options& options, Report& report) : options_(options), report_(report) {}

  // False: a candidate was wrong.
  bool run(const Case& one) {
    std::map<Regime, Seen> seen;
    const int rounds = options_.quick ? 1 : one.rounds;
    for (int round = 0; round < rounds || (round < kMoreRounds * rounds && !settled(one, seen)); ++round) {
      if (!run_round(one, round, seen)) return false;
    }
    if (!settled(one, seen)) {
      std::fprintf(stderr, "%s: the processors were in no regime for long enough\n", one.name.c_str());
      return false;
    }
    for (const auto& [regime, figures] : seen) {
      if (one.crosses_processors) rounds_[regime] += figures.rounds;
      if (is_enough(one, figures)) report_.add(one, regime, figures);
    }
    return true;
  }

  // The one that most rounds were in.
  Regime regime() {
    if (rounds_.empty()) return regime_of(ping_pong_ns());
    return rounds_[Regime::kNear] >= rounds_[Regime::kFar] ? Regime::kNear : Regime::kFar;
  }

 private:
  bool is_enough(const Case& one, const Seen& figures) const {
    return options_.quick || figures.rounds >= std::min(kLeastRounds, one.rounds);
  }
  bool settled(const Case& one, const std::map<Regime, Seen>& seen) const {
    return std::any_of(seen.begin(), seen.end(),
                       [&](const auto& regime) { return is_enough(one, regime.second); });
  }

  bool run_round(const Case& one, int round, std::map<Regime, Seen>& seen) {
    const Regime before = one.crosses_processors ? regime_of(ping_pong_ns()) : Regime::kNear;
    std::vector<const Candidate*> order;
    for (const Candidate& candidate : one.candidates) order.push_back(&candidate);
    std::shuffle(order.begin(), order.end(), random_);
    std::map<std::string, double> ns;
    for (const Candidate* candidate : order) {
      const Sample sample =
          candidate->run(options_.quick ? std::min(one.operations, kQuickOperations) : one.operations);
      unpin();
      if (!sample.right && candidate->foreign) {
        std::fprintf(stderr, "%s: %s lost, changed or reordered something in round %d\n", one.name.c_str(),
                     candidate->name.c_str(), round);
        continue;
      }
      if (!sample.right) {
        std::fprintf(stderr, "%s: %s lost, changed or reordered something\n", one.name.c_str(),
                     candidate->name.c_str());
        return false;
      }
      ns[candidate->name] = sample.ns;
    }
    // A round during which the host has moved a processor belongs to neither regime.
    if (one.crosses_processors && regime_of(ping_pong_ns()) != before && !options_.quick) return true;
    Seen& figures = seen[before];
    ++figures.rounds;
    for (const auto& [name, time] : ns) figures.ns[name].push_back(time);
    figures.ratios.resize(one.comparisons.size());
    for (std::size_t i = 0; i < one.comparisons.size(); ++i) {
      const Comparison& comparison = one.comparisons[i];
      const auto ours = ns.find(comparison.ours);
      const auto peer = ns.find(comparison.peer);
      // A peer that is not installed is not there.
      if (ours == ns.end() || peer == ns.end()) continue;
      figures.ratios[i].push_back(ratio_of(comparison, ours->second, peer->second));
    }
    return true;
  }

  const Options& options_;
  Report& report_;
  std::map<Regime, int> rounds_;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace

double thread_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

void pin_to(int processor) {
  if (std::thread::hardware_concurrency() < 2) return;
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor, &set);
  sched_setaffinity(0, sizeof set, &set);
}

int run_question(int argc, char** argv, const Question& question) {
  const std::optional<Options> options = parse(argc, argv, question);
  if (!options) {
    std::fprintf(stderr, "usage: %s [--json] [--quick]\n", argv[0]);
    for (const Counted& one : question.counted)
      std::fprintf(stderr, "       %s --count %s N\n", argv[0], one.what);
    return 2;
  }
  if (options->counted != nullptr) {
    options->counted->run(options->operations);
    return 0;
  }
  Report report(question, *options);
  Runner runner(*options, report);
  for (const Case& one : question.cases(options->quick)) {
    if (!runner.run(one)) return 1;
  }
  report.finish(runner.regime());
  return 0;
}

}  // namespace fltlink::bench

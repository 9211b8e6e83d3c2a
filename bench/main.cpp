// fltlink_bench [--quick] [QUESTION]: answers one question, or all. --quick does just enough to show that the
// benchmark itself works; its figures mean nothing.
#include <cstdio>
#include <string_view>

#include "bench.hpp"

namespace {

struct Question {
  std::string_view name;
  const char* text;
  bool (*answer)(const fltlink::bench::Effort&);
  fltlink::bench::Effort effort;
};

constexpr Question kQuestions[] = {
    {"queue",
     "What does a message of 560 bytes cost from producer to consumer?",
     fltlink::bench::queue_throughput,
     {.rounds = 15, .operations = 200'000}},
};

constexpr fltlink::bench::Effort kQuick = {.rounds = 1, .operations = 2'000};

int usage() {
  std::fprintf(stderr, "usage: fltlink_bench [--quick] [QUESTION]\n");
  for (const Question& question : kQuestions)
    std::fprintf(stderr, "  %-10s %s\n", question.name.data(), question.text);
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view wanted;
  bool quick = false;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--quick")
      quick = true;
    else if (wanted.empty())
      wanted = argument;
    else
      return usage();
  }
  bool found = false;
  bool right = true;
  for (const Question& question : kQuestions) {
    if (!wanted.empty() && wanted != question.name) continue;
    found = true;
    std::printf("%s: %s\n", question.name.data(), question.text);
    right = question.answer(quick ? kQuick : question.effort) && right;
  }
  if (!found) return usage();
  return right ? 0 : 1;
}

// fltlink_bench [--json] [--quick] [QUESTION]: runs the programs of this folder, all or those whose name begins with
// QUESTION, one after the other, because each wants the machine for itself.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::string_view kQuestions[] = {FLTLINK_BENCH_QUESTIONS};

std::string program_of(std::string_view question) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / ("bench_" + std::string(question));
}

int run(std::string_view question, const char* option) {
  const std::string program = program_of(question);
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    execl(program.c_str(), program.c_str(), option, nullptr);
    std::perror(program.c_str());
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

// Appends the program's results, and takes its machine and regime where they are the first. False: it failed.
bool collect(std::string_view question, nlohmann::json& whole) {
  FILE* pipe = popen(("'" + program_of(question) + "' --json").c_str(), "r");
  if (pipe == nullptr) return false;
  std::string text;
  char part[4096];
  for (std::size_t size; (size = std::fread(part, 1, sizeof part, pipe)) != 0;) text.append(part, size);
  if (pclose(pipe) != 0) return false;
  nlohmann::json answer = nlohmann::json::parse(text);
  for (const char* key : {"regime", "machine"}) {
    if (!whole.contains(key)) whole[key] = answer[key];
  }
  for (nlohmann::json& result : answer["results"]) whole["results"].push_back(std::move(result));
  return true;
}

int usage() {
  std::fprintf(stderr, "usage: fltlink_bench [--json | --quick] [QUESTION]\nquestions:");
  for (const std::string_view question : kQuestions) std::fprintf(stderr, " %s", question.data());
  std::fprintf(stderr, "\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view wanted;
  const char* option = nullptr;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if ((argument == "--json" || argument == "--quick") && option == nullptr) {
      option = argv[i];
    } else if (!argument.starts_with('-') && wanted.empty()) {
      wanted = argument;
    } else {
      return usage();
    }
  }
  std::vector<std::string_view> asked;
  for (const std::string_view question : kQuestions) {
    if (question.starts_with(wanted)) asked.push_back(question);
  }
  if (asked.empty()) return usage();

  const bool json = option != nullptr && std::string_view(option) == "--json";
  nlohmann::json whole = {{"results", nlohmann::json::array()}};
  int result = 0;
  for (const std::string_view question : asked) {
    if (json) {
      if (!collect(question, whole)) result = 1;
    } else if (const int exit_code = run(question, option)) {
      result = exit_code;
    }
  }
  if (json) std::printf("%s\n", whole.dump(2).c_str());
  return result;
}

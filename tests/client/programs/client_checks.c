// Runs the checks that its arguments name; the exit code is the number of those that failed.
#include <string.h>

#include "checks.h"

int failures;

int wmain(int argc, wchar_t* argv[]) {
  static const struct {
    const wchar_t* name;
    void (*run)(void);
  } kChecks[] = {{L"sync", check_sync},         {L"threads", check_threads}, {L"files", check_files},
                 {L"memory", check_memory},     {L"time", check_time},       {L"text", check_text},
                 {L"process", check_process},   {L"stdio", check_stdio},     {L"locks", check_locks},
                 {L"services", check_services}, {L"system", check_system},   {L"device", check_device}};
  int found = 0;
  for (int i = 1; i < argc; ++i) {
    for (size_t k = 0; k < ARRAYSIZE(kChecks); ++k) {
      if (wcscmp(argv[i], kChecks[k].name) != 0) continue;
      kChecks[k].run();
      ++found;
    }
  }
  return found == argc - 1 ? failures : 100;
}

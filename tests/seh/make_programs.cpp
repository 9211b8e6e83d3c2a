// Writes a driver unit of random programs:  seh_make_programs FIRST_SEED COUNT OUTPUT
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "seh_program.hpp"

namespace {

constexpr const char* kHead = R"(#include "seh_programs.h"
#ifdef __cplusplus
extern "C" {
#endif
__attribute__((visibility("default"))) NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  (void)driver;
  (void)path;
  return STATUS_SUCCESS;
}
__attribute__((noinline)) static void seh_raise(NTSTATUS code) {
  volatile int kept = 0;
  kept = kept + 1;
  ExRaiseStatus(code);
}
static int seh_by_code(NTSTATUS code) { return code == STATUS_ACCESS_DENIED || code == STATUS_ACCESS_VIOLATION; }
static int seh_noting_filter(struct SehTrace* trace, PEXCEPTION_POINTERS pointers, int number) {
  seh_note(trace, number);
  seh_note(trace, (int)pointers->ExceptionRecord->ExceptionCode);
  return number % 2 == 0 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}
static int seh_raising_filter(struct SehTrace* trace, int number) {
  seh_note(trace, number);
  if (trace->raising_filters-- > 0) seh_raise(STATUS_NO_MEMORY);
  return number % 2 == 0 ? EXCEPTION_EXECUTE_HANDLER : EXCEPTION_CONTINUE_SEARCH;
}
int (*seh_all_filters[])(struct SehTrace*, int) = {seh_raising_filter};
)";

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const int first = std::atoi(argv[1]);
  const int count = std::atoi(argv[2]);
  std::ofstream out(argv[3]);
  out << kHead;
  for (int i = 0; i < count; ++i) {
    out << fltsim::test::source_of(fltsim::test::make_program(static_cast<std::uint64_t>(first + i)),
                                   first + i);
  }
  out << "#ifdef __cplusplus\n}\n#endif\n";
  out.close();
  return out ? 0 : 1;
}

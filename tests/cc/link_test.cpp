// What a module needs that nobody here has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program.hpp"

namespace fltsim::cc {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kDriver = R"(
#include <fltKernel.h>
VOID NobodyHasThis(ULONG number);
extern ULONG NobodysData;
static VOID first(VOID) {
  NobodyHasThis(1);
}
static PVOID table[] = {(PVOID)NobodyHasThis};
NTSTATUS DriverEntry(PDRIVER_OBJECT driver, PUNICODE_STRING path) {
  UNREFERENCED_PARAMETER(driver); UNREFERENCED_PARAMETER(path);
  first();
  NobodyHasThis(table[0] != NULL);
  FltCancelIo(NULL);
#ifdef WITH_DATA
  NobodysData = 1;
#endif
  return STATUS_SUCCESS;
}
)";

TEST(LinkTest, MissingRoutinesAreNamedWithTheirPlaces) {
  for (const std::string& compiler : compilers()) {
    const Program program(compiler);
    program.write("foo.c", kDriver);
    const ProcessResult result = program.run({"foo.c", "-o", "foo.sys", "-O0"});
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.errors, HasSubstr("NobodyHasThis is not known here; used in "));
    EXPECT_THAT(result.errors, HasSubstr("foo.c:6"));
    EXPECT_THAT(result.errors, HasSubstr("foo.c:12"));
    EXPECT_THAT(result.errors, AnyOf(HasSubstr(", table in foo.c"), HasSubstr("foo.c:8")));
    EXPECT_THAT(result.errors, HasSubstr("FltCancelIo is declared but not simulated; used in "));
    EXPECT_THAT(result.errors, HasSubstr("foo.c:13\n"));
    EXPECT_THAT(result.errors, Not(HasSubstr("undefined reference")));
  }
}

TEST(LinkTest, ProgramsHaveWhatCompilersCallForObjectsAndExceptions) {
  FLTLINK_NEEDS_A_PLAIN_RUNTIME();
  for (const std::string& compiler : compilers()) {
    const Program program(compiler);
    program.write("objects.cpp", R"(
#include <windows.h>
#include <stdio.h>
struct Base { virtual ~Base() {} virtual int number() { return 1; } };
struct Derived : Base { int number() override { return 2; } };
struct Guard { ~Guard() { puts("left"); } };
int main() {
  Guard guard;
  Base* base = new Derived;
  printf("%d", base->number());
  delete base;
  try { throw 3; } catch (int number) { printf("%d", number); }
  return 0;
}
)");
    program.write("finally.c", R"(
#include <windows.h>
void work(void);
void finish(void);
void guarded(void) { __try { work(); } __finally { finish(); } }
void work(void) { Sleep(1); }
void finish(void) { Sleep(2); }
int main(void) { guarded(); return 0; }
)");
    for (const char* source : {"objects.cpp", "finally.c"}) {
      const ProcessResult result = program.run({"--client", "-O0", source, "-o", "program.sys"});
      EXPECT_EQ(result.status, 0) << compiler << ' ' << source << '\n' << result.errors;
    }
  }
}

TEST(LinkTest, ClassOfAlignedMembersIsFreedByTheDriversPlainDelete) {
  FLTLINK_NEEDS_A_PLAIN_RUNTIME();
  for (const std::string& compiler : compilers()) {
    const Program program(compiler);
    program.write("aligned.cpp", R"(
#include <fltKernel.h>
void* operator new(size_t size, POOL_TYPE type) { return ExAllocatePoolWithTag(type, size, 'tset'); }
void operator delete(void* object) { ExFreePool(object); }
struct Globals { PAGED_LOOKASIDE_LIST list; };
extern "C" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) {
  Globals* globals = new (NonPagedPool) Globals;
  delete globals;
  return STATUS_SUCCESS;
}
)");
    const ProcessResult result = program.run({"-O0", "aligned.cpp", "-o", "aligned.sys"});
    EXPECT_EQ(result.status, 0) << compiler << '\n' << result.errors;
    // Else the program's operator delete would take the place of the driver's.
    EXPECT_THAT(cc::run({"objdump", "-p", program.path("aligned.sys")}).output, HasSubstr("SYMBOLIC"));
  }
}

TEST(LinkTest, AllowedRoutinesLinkToAStopAndDataDoesNot) {
  FLTLINK_NEEDS_A_PLAIN_RUNTIME();
  const Program program;
  program.write("foo.c", kDriver);
  ProcessResult result = program.run({"foo.c", "-o", "foo.sys", "--allow-unsupported"});
  EXPECT_EQ(result.status, 0);
  EXPECT_THAT(result.errors, HasSubstr("warning: NobodyHasThis is not known here"));
  EXPECT_THAT(result.errors, HasSubstr("warning: FltCancelIo is declared but not simulated"));
  EXPECT_NE(program.load("foo.sys"), nullptr);
  result = program.run({"foo.c", "-o", "foo.sys", "--allow-unsupported", "-DWITH_DATA"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("error: NobodysData is not known here"));
  EXPECT_THAT(result.errors, HasSubstr("no stop can stand for data"));
}

TEST(LinkTest, FunctionsOfTheCLibraryUnderneathAreNotKnown) {
  const Program program;
  program.write(
      "foo.c",
      "#include <fltKernel.h>\nint puts(const char*);\n"
      "NTSTATUS DriverEntry(PDRIVER_OBJECT d, PUNICODE_STRING p) {\n  return puts(\"\") + !d + !p;\n}\n");
  const ProcessResult result = program.run({"foo.c", "-o", "foo.sys"});
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.errors, HasSubstr("puts is not known here; used in "));
  EXPECT_THAT(result.errors, HasSubstr("foo.c:4\n"));
}

TEST(LinkTest, NamesOfCxxAreShownAsTheyAreWritten) {
  const Program program;
  program.write("foo.cpp",
                "#include <fltKernel.h>\nvoid missing(int*);\n"
                "extern \"C\" NTSTATUS DriverEntry(PDRIVER_OBJECT, PUNICODE_STRING) {\n  missing(nullptr);\n "
                " return 0;\n}\n");
  EXPECT_THAT(program.run({"foo.cpp", "-o", "foo.sys"}).errors, HasSubstr("missing(int*) is not known here"));
}

}  // namespace
}  // namespace fltsim::cc

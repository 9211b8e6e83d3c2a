// Random nests of __try statements do what Windows would: every way out of every block, filters before inner __finally
// blocks, exceptions in filters, handlers and __finally blocks (design decision 7). A unit of programs is compiled with
// each level of optimisation.
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <memory>
#include <string>
#include <vector>

#include "fltsim/machine.hpp"
#include "loader/module.hpp"
#include "nt/driver_call.hpp"
#include "seh_program.hpp"
#include "support/driver.hpp"

namespace fltsim {
namespace {

struct Unit {
  const char* name;
  const char* module;
  int first;
};

void PrintTo(const Unit& unit, std::ostream* out) { *out << unit.name; }

const Unit kUnits[] = {
    {"C_O0", FLTLINK_DRIVER("seh_programs_o0"), 1},
    {"C_O1", FLTLINK_DRIVER("seh_programs_o1"), 1 + SEH_PROGRAMS},
    {"C_O2", FLTLINK_DRIVER("seh_programs_o2"), 1 + 2 * SEH_PROGRAMS},
    {"Cxx_O3", FLTLINK_DRIVER("seh_programs_o3"), 1 + 3 * SEH_PROGRAMS},
};

// Each begins its conditions elsewhere.
constexpr int kRuns = 5;

class SehProgramTest : public testing::TestWithParam<Unit> {};

std::vector<int> notes_of(const SehTrace& trace) {
  return {trace.notes, trace.notes + std::min(trace.count, SEH_TRACE_MAX)};
}

TEST_P(SehProgramTest, RandomProgramsTakeTheWayThatWindowsTakes) {
  auto loaded = loader::Module::load(GetParam().module, {});
  ASSERT_TRUE(std::holds_alternative<std::unique_ptr<loader::Module>>(loaded));
  const auto module = std::move(std::get<std::unique_ptr<loader::Module>>(loaded));
  void* hole = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  Machine machine;
  const auto expected = std::make_unique<SehTrace>();
  const auto actual = std::make_unique<SehTrace>();
  int notes = 0;
  for (int i = GetParam().first; i < GetParam().first + SEH_PROGRAMS; ++i) {
    const test::Program tree = test::make_program(static_cast<std::uint64_t>(i));
    const auto program =
        reinterpret_cast<void (*)(SehTrace*)>(module->symbol(("program_" + std::to_string(i)).c_str()));
    ASSERT_NE(program, nullptr);
    for (int run = 0; run < kRuns; ++run) {
      *expected =
          *actual = {.count = 0, .notes = {}, .ticks = run, .raising_filters = 2, .bad_address = hole};
      test::interpret(tree, *expected);
      ASSERT_EQ(machine.system_process().run([&] { nt::call_driver([&] { program(actual.get()); }); }),
                Outcome::kDone);
      ASSERT_EQ(notes_of(*actual), notes_of(*expected)) << "program " << i << ", run " << run;
      ASSERT_EQ(actual->count, expected->count) << "program " << i << ", run " << run;
      notes += actual->count;
    }
  }
  RecordProperty("notes", notes);
  EXPECT_GT(notes, 5 * kRuns * SEH_PROGRAMS) << "the programs do next to nothing";
  munmap(hole, 4096);
}

INSTANTIATE_TEST_SUITE_P(Units, SehProgramTest, testing::ValuesIn(kUnits),
                         [](const testing::TestParamInfo<Unit>& unit) { return unit.param.name; });

}  // namespace
}  // namespace fltsim

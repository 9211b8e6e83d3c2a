// The C runtime that is linked into every driver module, in C and in C++ units.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fltsim/machine.hpp"
#include "loader/module.hpp"
#include "nt/driver_call.hpp"
#include "support/driver.hpp"

namespace fltsim {
namespace {

using testing::Combine;
using testing::StartsWith;
using testing::Values;

std::unique_ptr<loader::Module> load(const std::string& path) {
  auto loaded = loader::Module::load(path, {});
  if (const auto* error = std::get_if<loader::Module::LoadError>(&loaded)) {
    ADD_FAILURE() << error->text;
    return nullptr;
  }
  return std::move(std::get<std::unique_ptr<loader::Module>>(loaded));
}

class DriverRuntimeTest : public testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(DriverRuntimeTest, HoldsEveryCheck) {
  const auto& [path, check] = GetParam();
  const auto module = load(path);
  Machine machine;
  int line = -1;
  const auto function = reinterpret_cast<int (*)()>(module->symbol(check));
  EXPECT_EQ(machine.system_process().run([&] { line = nt::call_driver(function); }), Outcome::kDone);
  EXPECT_EQ(line, 0) << "the check in that line of runtime_checks.c fails";
}

INSTANTIATE_TEST_SUITE_P(
    Modules, DriverRuntimeTest,
    Combine(Values(FLTLINK_DRIVER("runtime_checks_c"), FLTLINK_DRIVER("runtime_checks_cpp")),
            Values("wide_strings", "narrow_strings", "printf_family", "strsafe", "narrow_strsafe",
                   "safe_integers", "sorting", "counted_strings", "numbers_as_text", "wide_memory",
                   "random_numbers_are_microsofts", "mathematics", "interlocked_operations", "intrinsics",
                   "lists", "kernel_macros", "faults_are_the_drivers")));

TEST(DebugOutputTest, DbgPrintReachesTheMachinesLogAsUtf8) {
  const auto module = load(FLTLINK_DRIVER("runtime_checks_c"));
  Machine machine;
  const auto print = [&] { nt::call_driver([&] { return module->driver_entry()(nullptr, nullptr); }); };
  EXPECT_EQ(machine.system_process().run(print), Outcome::kDone);
  EXPECT_EQ(machine.debug_output(), "runtime says h\xc3\xa9\xe4\xb8\xad (null)\n7");
}

}  // namespace
}  // namespace fltsim

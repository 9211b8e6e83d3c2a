#include "loader/module.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "support/driver.hpp"
#include "support/resident_memory.hpp"
#include "support/sanitizers.hpp"

namespace fltsim::loader {
namespace {

using testing::HasSubstr;

std::unique_ptr<Module> load(const std::string& path, const fltsim_module_exports& exports = {}) {
  auto loaded = Module::load(path, exports);
  if (const auto* error = std::get_if<Module::LoadError>(&loaded)) {
    ADD_FAILURE() << error->text;
    return nullptr;
  }
  return std::move(std::get<std::unique_ptr<Module>>(loaded));
}

std::string load_error(const std::string& path) {
  auto loaded = Module::load(path, {});
  const auto* error = std::get_if<Module::LoadError>(&loaded);
  return error != nullptr ? error->text : "it was loaded";
}

template <class Value>
Value call(const Module& module, const char* name) {
  return reinterpret_cast<Value (*)()>(module.symbol(name))();
}

std::string counter() { return FLTLINK_DRIVER("module_counter"); }

TEST(ModuleTest, LoadedImageHasItsEntryInItsRange) {
  const auto module = load(counter());
  EXPECT_TRUE(module->contains(reinterpret_cast<const void*>(module->driver_entry())));
  EXPECT_FALSE(module->contains(counter().data()));
  EXPECT_EQ(module->driver_entry()(nullptr, nullptr), STATUS_SUCCESS);
}

TEST(ModuleTest, WideTextHasSixteenBitsAndLongHasThirtyTwo) {
  const auto module = load(counter());
  EXPECT_EQ(call<ULONG>(*module, "wide_literal_bytes"), 8u);
  EXPECT_EQ(call<ULONG>(*module, "long_bytes"), 8u);
}

TEST(ModuleTest, DataIsFreshAfterReload) {
  for (int round = 0; round < 3; ++round) EXPECT_EQ(call<ULONG>(*load(counter()), "count_call"), 11u);
}

TEST(ModuleTest, TwoCopiesHaveDataOfTheirOwn) {
  const auto one = load(counter());
  const auto two = load(counter());
  EXPECT_NE(one->begin(), two->begin());
  EXPECT_EQ(call<ULONG>(*one, "count_call"), 11u);
  EXPECT_EQ(call<ULONG>(*one, "count_call"), 12u);
  EXPECT_EQ(call<ULONG>(*two, "count_call"), 11u);
}

TEST(ModuleTest, KernelExportsAreThoseOfTheLoad) {
  int one_process = 0;
  int two_process = 0;
  fltsim_module_exports exports{};
  exports.PsInitialSystemProcess_ = reinterpret_cast<PEPROCESS>(&one_process);
  const auto one = load(counter(), exports);
  exports.PsInitialSystemProcess_ = reinterpret_cast<PEPROCESS>(&two_process);
  const auto two = load(counter(), exports);
  EXPECT_EQ(call<void*>(*one, "kernel_export"), &one_process);
  EXPECT_EQ(call<void*>(*two, "kernel_export"), &two_process);
}

// The sanitizers keep shadow memory and freed blocks for each address that ever was in use.
constexpr bool kIsSanitized = fltlink::test::kAddressSanitized || fltlink::test::kThreadSanitized;

TEST(ModuleTest, ThousandCyclesKeepMemoryFlat) {
  if (kIsSanitized) GTEST_SKIP() << "resident memory says nothing under a sanitizer";
  const auto cycle = [] { EXPECT_EQ(call<ULONG>(*load(counter()), "count_call"), 11u); };
  for (int i = 0; i < 100; ++i) cycle();
  const std::size_t before = fltlink::test::resident_kilobytes();
  for (int i = 0; i < 1000; ++i) cycle();
  // One leaked data segment a cycle would be 68,000.
  EXPECT_LT(fltlink::test::resident_kilobytes(), before + 2'000);
}

TEST(ModuleTest, UnloadUnmapsTheImage) {
  auto module = load(counter());
  const void* const begin = module->begin();
  const std::size_t size = module->size();
  module.reset();
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long long from = 0;
    unsigned long long to = 0;
    ASSERT_EQ(std::sscanf(line.c_str(), "%llx-%llx", &from, &to), 2);
    const auto image = reinterpret_cast<unsigned long long>(begin);
    if (line.find("memfd:driver") == std::string::npos) continue;
    EXPECT_TRUE(to <= image || from >= image + size) << line;
  }
}

TEST(ModuleTest, MissingFileIsNamed) {
  EXPECT_THAT(load_error("/nowhere/x.sys"), HasSubstr("/nowhere/x.sys: cannot be read"));
}

TEST(ModuleTest, FileThatIsNoModuleIsRefused) {
  EXPECT_THAT(load_error(FLTLINK_DRIVER_FOLDER "../CMakeCache.txt"), HasSubstr("is no driver module"));
}

TEST(ModuleTest, SharedObjectWithoutDriverEntryIsRefused) {
  EXPECT_THAT(load_error(FLTLINK_DRIVER("module_no_entry")), HasSubstr("has no DriverEntry"));
}

// The import's name is changed in a copy of the file: the build refuses to make such a module.
TEST(ModuleTest, UnresolvedImportIsNamed) {
  std::ifstream original(counter(), std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(original), {}};
  const std::string name = "ExRaiseDatatypeMisalignment";
  for (std::size_t at = 0; (at = bytes.find(name, at)) != std::string::npos;)
    bytes.replace(at, name.size(), "ExRaiseDatatypeMisalignmenT");
  const std::string path = testing::TempDir() + "fltlink_unresolved_" + std::to_string(getpid()) + ".sys";
  std::ofstream(path, std::ios::binary) << bytes;
  const std::string text = load_error(path);
  EXPECT_THAT(text, HasSubstr(path));
  EXPECT_THAT(text, HasSubstr("ExRaiseDatatypeMisalignmenT"));
  std::remove(path.c_str());
}

}  // namespace
}  // namespace fltsim::loader

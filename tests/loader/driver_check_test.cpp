// Checks that read a driver's own memory: asked as long as the module is there, and no longer.
#include <fltKernel.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fltsim/lambda_driver.hpp"
#include "fltsim/machine.hpp"
#include "support/driver.hpp"
#include "support/sanitizers.hpp"

namespace fltsim {
namespace {

class DriverCheckTest : public testing::Test {
 protected:
  Driver load() { return machine.load_driver(FLTLINK_DRIVER("small_filter")); }
  void open_a_file() { c.write_file(u"\\a.txt", "x"); }

  int asked = 0;  // outlives the machine, whose end asks once more
  Machine machine;
  Volume& c = machine.add_volume(u"C:");
};

TEST_F(DriverCheckTest, AnExportedVariableCanBeReadAsADebuggerDoes) {
  Driver driver = load();
  const auto* creates = driver.data<volatile LONG>("creates");
  ASSERT_NE(creates, nullptr);
  const LONG before = *creates;
  Process app = machine.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.write(u"C:\\b.txt", "x").status, STATUS_SUCCESS);
  EXPECT_GT(*creates, before);
  EXPECT_EQ(driver.symbol("no_such_name"), nullptr);
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(driver.symbol("creates"), nullptr);
  EXPECT_EQ(machine.load_driver(LambdaDriver{}).symbol("creates"), nullptr);
}

TEST_F(DriverCheckTest, ADriversCheckIsAskedWhileItsModuleIsThere) {
  Driver driver = load();
  driver.always<LONG>("asked", "creates", [this](const LONG&) { return ++asked > 0; });
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_GT(asked, 0);
  const int while_loaded = asked;
  open_a_file();
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(asked, while_loaded) << "there is nothing to look at";
  EXPECT_EQ(driver.reload(), STATUS_SUCCESS);
  EXPECT_GT(asked, while_loaded);
}

TEST_F(DriverCheckTest, ADriverThatBreaksItsCheckIsNamed) {
  Driver driver = load();
  driver.always<LONG>("no creates", "creates", [](const LONG& creates) { return creates == 0; });
  Process app = machine.start_process({.image = u"C:\\app.exe"});
  EXPECT_EQ(app.write(u"C:\\b.txt", "x").status, STATUS_SUCCESS);
  machine.verifier().expect("VER-47");
  ASSERT_EQ(machine.verifier().count("VER-47"), 1u);
  EXPECT_EQ(machine.verifier().findings()[0].driver, "small_filter");
}

using DriverCheckDeathTest = DriverCheckTest;

TEST_F(DriverCheckDeathTest, ACheckOfWhatIsNotExportedEndsTheProgramByName) {
  Driver driver = load();
  EXPECT_DEATH(driver.always<LONG>("x", "no_such_name", [](const LONG&) { return true; }),
               "reads no_such_name, which the driver small_filter does not export");
}

// The pointer is good until the unload; who keeps it longer is told what crashed.
TEST_F(DriverCheckDeathTest, ACheckThatCrashesOnMemoryOfAnUnloadedDriverIsNamed) {
  if (fltlink::test::kThreadSanitized || fltlink::test::kAddressSanitized)
    GTEST_SKIP() << "the sanitizers keep the memory or take the signal";
  Driver driver = load();
  const auto* creates = driver.data<volatile LONG>("creates");
  ASSERT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_DEATH(
      {
        machine.always("late", [creates] { return *creates >= 0; });
        open_a_file();
        static_cast<void>(machine.run_to_quiescence());
      },
      "a crash in the check \"late\"");
}

}  // namespace
}  // namespace fltsim

// The driver and the service that docs/PORT.md shows do what the page says, and the page shows them as they are.
#include <fltKernel.h>

#include <gtest/gtest.h>

#include <string>

#include "fltsim/driver.hpp"
#include "fltsim/machine.hpp"
#include "port_page/answering.h"
#include "support/driver.hpp"
#include "support/source_text.hpp"

namespace {

using fltlink::test::source_text;
using fltsim::Outcome;

TEST(PortPageTest, CodeOfThePageIsTheCodeThatIsTested) {
  const std::string code =
      source_text("tests/port_page/asking.c") + source_text("tests/port_page/answering.c");
  const std::string page = source_text("docs/PORT.md");
  int blocks = 0;
  for (std::size_t at = page.find("```c\n"); at != std::string::npos; at = page.find("```c\n", at)) {
    at += 5;
    const std::size_t end = page.find("```", at);
    const std::string block = page.substr(at, end - at);
    EXPECT_NE(code.find(block), std::string::npos) << block;
    ++blocks;
    at = end + 3;
  }
  EXPECT_GE(blocks, 4);
}

fltsim::Options under(fltsim::SchedulerKind scheduler) {
  fltsim::Options options;
  options.scheduler = scheduler;
  return options;
}

class PortPage : public testing::TestWithParam<fltsim::SchedulerKind> {
 protected:
  PortPage() : machine(under(GetParam())) {
    machine.add_volume(u"C:").write_file(u"\\plan.txt", "secret");
    driver.emplace(machine.load_driver(FLTLINK_DRIVER("asking")));
  }
  // A service of two threads that answers `allow`.
  void serve(unsigned allow) {
    verdict = allow;
    EXPECT_EQ(service_process.run([this] {
      started = service_start(
          &service, [](const QUESTION*, void* argument) { return *static_cast<unsigned*>(argument); },
          &verdict);
    }),
              Outcome::kDone);
    ASSERT_EQ(started, S_OK);
    for (int i = 0; i < 2; ++i) {
      workers.push_back(service_process.start_thread("worker", [this] { ended = service_run(&service); }));
    }
  }
  std::int32_t open() { return app.read(u"C:\\plan.txt").status; }

  fltsim::Machine machine;
  std::optional<fltsim::Driver> driver;
  fltsim::Process app = machine.start_process({.image = u"C:\\App\\app.exe"});
  fltsim::Process service_process =
      machine.start_process({.image = u"C:\\Ask\\service.exe", .user = fltsim::User::kSystem});
  SERVICE service{};
  unsigned verdict = 0;
  HRESULT started = E_FAIL;
  std::atomic<HRESULT> ended = S_OK;
  std::vector<fltsim::ThreadHandle> workers;
};

TEST_P(PortPage, AnswerOfTheServiceDecides) {
  serve(1);
  EXPECT_EQ(open(), STATUS_SUCCESS);
  verdict = 0;
  EXPECT_EQ(open(), STATUS_ACCESS_DENIED);
  EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
  for (auto& worker : workers) EXPECT_EQ(worker.join(), Outcome::kDone);
  EXPECT_EQ(ended, HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE)) << "PUNL-3";
  EXPECT_EQ(service_process.run([this] { service_stop(&service); }), Outcome::kDone);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_P(PortPage, NobodyToAskIsADenialAtOnce) { EXPECT_EQ(open(), STATUS_ACCESS_DENIED); }

TEST_P(PortPage, ServiceReadsWithoutAskingItself) {
  serve(0);
  EXPECT_EQ(service_process.read(u"C:\\plan.txt").status, STATUS_SUCCESS);
}

TEST_P(PortPage, ServiceThatIsKilledLeavesADenial) {
  serve(1);
  EXPECT_EQ(service_process.kill(), Outcome::kDone);
  EXPECT_EQ(open(), STATUS_ACCESS_DENIED);
  EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

INSTANTIATE_TEST_SUITE_P(EveryScheduler, PortPage,
                         testing::Values(fltsim::SchedulerKind::kSeeded, fltsim::SchedulerKind::kHost));

// Only in virtual time: it waits two seconds.
TEST(PortPageTest, LateAnswerIsNoAnswerAndDoesNotEndTheService) {
  fltsim::Machine machine;
  machine.add_volume(u"C:").write_file(u"\\plan.txt", "secret");
  fltsim::Driver driver = machine.load_driver(FLTLINK_DRIVER("asking"));
  auto process = machine.start_process({.image = u"C:\\Ask\\service.exe", .user = fltsim::User::kSystem});
  auto app = machine.start_process({.image = u"C:\\App\\app.exe"});
  SERVICE service{};
  DWORD delay = 3'000;
  auto worker = process.start_thread("worker", [&] {
    const auto decide = [](const QUESTION*, void* argument) {
      Sleep(*static_cast<DWORD*>(argument));
      return 1u;
    };
    ASSERT_EQ(service_start(&service, decide, &delay), S_OK);
    static_cast<void>(service_run(&service));
  });
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(app.read(u"C:\\plan.txt").status, STATUS_ACCESS_DENIED);
  ASSERT_EQ(machine.advance(std::chrono::seconds(2)), Outcome::kDone);
  delay = 0;
  EXPECT_EQ(app.read(u"C:\\plan.txt").status, STATUS_SUCCESS);
  EXPECT_EQ(process.kill(), Outcome::kDone);
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

}  // namespace

// Goal: whoever ends first, the authorizer, the driver or the program, every question ends with what the fail
// policy says, nobody hangs, and the books balance. Method: programs ask at once, and the end comes after each
// number of steps, under many seeds and once on real threads.
#include "client/port_machine.hpp"
#include "driver/asking_machine.hpp"

namespace drmfilter::test {
namespace {

using fltsim::Options;
using fltsim::Semantics;
using fltsim::under_every_scheduler;

// A file for each program, so that none is in another's way.
constexpr const char16_t* kPaths[] = {u"C:\\ProtectedDocs\\a.docx", u"C:\\ProtectedDocs\\b.docx", kPlan};

class AskingStorm : public AskingMachine {
 public:
  explicit AskingStorm(const Options& options, std::optional<uint32_t> timeout_ms = {})
      : AskingMachine(options, timeout_ms) {
    start();
  }

  void start_writers() {
    for (const char16_t* path : kPaths) writers.push_back(start_writer(path));
  }
  // Lets the others run for a number of steps.
  void pass(int steps) {
    auto bystander = machine.start_process({.image = u"C:\\App\\bystander.exe"});
    EXPECT_EQ(bystander.run([steps] {
      for (int i = 0; i < steps; ++i) Sleep(0);
    }),
              Outcome::kDone);
  }
  void expect_each_ends_with(int32_t status) {
    for (auto& writer : writers) EXPECT_EQ(writer->join(), status);
  }

  std::vector<std::unique_ptr<Writer>> writers;
};

std::pair<Options, bool> variant(const Options& options, int run) {
  Options chosen = options;
  if (run % 2 == 0) chosen.semantics.disconnect_order = Semantics::DisconnectOrder::kNotifyFirst;
  return {chosen, run % 4 < 2};
}

// DISC-9 in both orders, DISC-11, SEND-14, P-3.
TEST(AuthorizeStormTest, AKilledAuthorizerLeavesNobodyWaiting) {
  under_every_scheduler([run = 0](const Options& given) mutable {
    const auto [options, opens] = variant(given, ++run);
    AskingStorm s(options);
    s.authorizer.serve(ScriptedAuthorizer::always(std::nullopt),
                       {.fail_open = opens ? uint32_t{FLTLINK_FAIL_OPEN_DISCONNECT} : 0u});
    s.start_writers();
    s.pass(run % 67);
    EXPECT_EQ(s.authorizer.process().kill(), Outcome::kDone);
    uint64_t allowed = 0;
    for (auto& writer : s.writers) allowed += writer->join() == STATUS_SUCCESS;
    const QuestionCounters books = s.questions();
    EXPECT_TRUE(books.balanced());
    EXPECT_EQ(books.pending, 0u);
    EXPECT_EQ(books.asked, std::size(kPaths));
    EXPECT_EQ(allowed, opens ? books.unanswered[static_cast<size_t>(NoVerdict::kDisconnected)] : 0u)
        << "who found nobody any more is denied";
    EXPECT_EQ(s.driver->unload(), STATUS_SUCCESS);
    EXPECT_TRUE(s.machine.verifier().clean());
  });
}

// PUNL-2, PUNL-4: the unload does not wait for verdicts that never come.
TEST(AuthorizeStormTest, AnUnloadEndsEveryQuestion) {
  under_every_scheduler([run = 0](const Options& given) mutable {
    const auto [options, opens] = variant(given, ++run);
    AskingStorm s(options);
    s.authorizer.serve(ScriptedAuthorizer::always(std::nullopt));
    s.start_writers();
    s.pass(run % 67);
    const int64_t before = s.now();
    EXPECT_EQ(s.driver->unload(), STATUS_SUCCESS);
    if (options.scheduler == fltsim::SchedulerKind::kSeeded) {
      EXPECT_LT(s.now() - before, 50'000'000) << "a verdict was waited for";
    }
    for (auto& writer : s.writers) {
      const int32_t status = writer->join();
      EXPECT_TRUE(status == STATUS_ACCESS_DENIED || status == STATUS_SUCCESS) << std::hex << status;
    }
    EXPECT_TRUE(s.machine.verifier().clean());
  });
}

// Verdicts, timeouts and reconnects at full rate: what was allowed was allowed by somebody.
TEST(AuthorizeStormTest, AuthorizersComeAndGoWhileProgramsAsk) {
  under_every_scheduler([](const Options& options) {
    AskingStorm s(options);
    s.start_writers();
    for (int round = 0; round < 4; ++round) {
      ScriptedAuthorizer passing(s.service_process());
      passing.serve(ScriptedAuthorizer::always(round % 2 == 0 ? ScriptedAuthorizer::allow()
                                                              : ScriptedAuthorizer::deny()));
      s.pass(3 * round);
      EXPECT_EQ(passing.process().kill(), Outcome::kDone);
    }
    uint64_t allowed = 0;
    for (auto& writer : s.writers) allowed += writer->join() == STATUS_SUCCESS;
    const QuestionCounters books = s.questions();
    EXPECT_TRUE(books.balanced());
    EXPECT_EQ(books.pending, 0u);
    EXPECT_EQ(books.allowed, allowed);
    EXPECT_EQ(s.driver->unload(), STATUS_SUCCESS);
    EXPECT_TRUE(s.machine.verifier().clean());
  });
}

// The bound is exact whoever comes at once.
TEST(AuthorizeStormTest, NeverMoreAskThanWereGranted) {
  under_every_scheduler(
      [](const Options& options) {
        AskingStorm s(options, 500);
        ASSERT_EQ(s.authorizer.connect({.queue_messages_max = 2}), S_OK);
        s.start_writers();
        s.expect_each_ends_with(STATUS_ACCESS_DENIED);
        EXPECT_EQ(s.unanswered(NoVerdict::kOverloaded), 1u);
        EXPECT_EQ(s.unanswered(NoVerdict::kTimedOut), 2u);
      },
      50);
}

}  // namespace
}  // namespace drmfilter::test

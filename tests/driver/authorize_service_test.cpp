// Both ends as they ship: the driver asks, and the receive loop of a service answers, in time or not.
#include "client/port_machine.hpp"
#include "driver/asking_machine.hpp"
#include "service_page/drafts_service.hpp"
#include "support/service_messages.hpp"

namespace drmfilter::test {
namespace {

using namespace std::chrono_literals;
using fltlink::FailAction;
using fltlink::FailPolicy;
using fltlink::LoopOptions;
using fltlink::ReplyTokenOutcome;
using fltlink::Trouble;
using fltlink::VerdictToken;
using fltsim::Options;

LoopOptions authorizer_with(const FailPolicy& policy) {
  LoopOptions options;
  options.context = fltlink::ConnectContext{.role = FLTLINK_ROLE_AUTHORIZER};
  options.fail.authorize = policy;
  return options;
}

class AuthorizeServiceTest : public testing::TestWithParam<FailAction> {
 protected:
  AuthorizeServiceTest() { m.start(); }

  // What becomes of an operation that the policy decides.
  static int32_t expected() {
    return GetParam() == FailAction::kAllow ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
  }
  void expect_balanced() {
    EXPECT_TRUE(m.questions().balanced());
    EXPECT_EQ(m.questions().pending, 0u);
    fltlink::expect_balanced(service->counters());
  }

  AskingMachine m;
  fltsim::Process process = m.service_process();
  std::optional<RecordingService> service;
};

// SEND-8: the driver waits five seconds, the loop answers 20 ms before.
TEST_P(AuthorizeServiceTest, AHandlerThatIsTooSlowIsAnsweredForBeforeTheDriverGivesUp) {
  service.emplace(m.machine, process, authorizer_with({.timeout = GetParam()}));
  auto outcome = ReplyTokenOutcome::kFailed;
  service->when_asked = [&outcome](const auto&, VerdictToken& owed) {
    Sleep(10'000);
    outcome = owed.allow();
  };
  const int64_t before = m.now();
  EXPECT_EQ(m.word.write(kPlan, "evil").status, expected());
  EXPECT_EQ(m.now() - before, 49'800'000);
  EXPECT_EQ(m.machine.advance(10s), Outcome::kDone);
  EXPECT_EQ(outcome, ReplyTokenOutcome::kTooLate);
  EXPECT_EQ(m.unanswered(NoVerdict::kTimedOut), 0u) << "it got a verdict";
  std::vector<std::pair<Trouble, uint32_t>> troubles;
  for (const auto& report : service->troubles()) troubles.emplace_back(report.trouble, report.code);
  EXPECT_THAT(troubles,
              ElementsAre(std::pair(Trouble::kReplyDueSoon, 3750u), std::pair(Trouble::kReplyTimedOut, 4980u),
                          std::pair(Trouble::kHandlerLate, 10'000u)));
  expect_balanced();
}

// SEND-14: nobody is left to answer, so the driver does, as the service told it when it connected.
TEST_P(AuthorizeServiceTest, AServiceThatDiesWhileItIsAskedLeavesItsPolicyBehind) {
  service.emplace(m.machine, process, authorizer_with({.disconnect = GetParam()}));
  service->when_asked = [](const auto&, VerdictToken&) { Sleep(1'000); };
  const auto writer = m.start_writer();
  EXPECT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(process.kill(), Outcome::kDone);
  EXPECT_EQ(writer->join(), expected());
  EXPECT_EQ(m.unanswered(NoVerdict::kDisconnected), 1u);
}

TEST_P(AuthorizeServiceTest, AQuestionThatIsOneTooManyIsAnsweredAtOnce) {
  m.c.make_directory(u"\\ProtectedDocs\\Other");
  LoopOptions options = authorizer_with({.overload = GetParam()});
  options.workers = 1;
  options.questions_waiting_max = 0;
  service.emplace(m.machine, process, options);
  service->when_asked = [](const auto&, VerdictToken& owed) {
    Sleep(1'000);
    owed.deny();
  };
  const auto first = m.start_writer();
  EXPECT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  const int64_t before = m.now();
  EXPECT_EQ(m.word.write(u"C:\\ProtectedDocs\\Other\\b.docx", "evil").status, expected());
  EXPECT_EQ(m.now(), before);
  EXPECT_EQ(first->join(), STATUS_ACCESS_DENIED);
  EXPECT_EQ(service->counters()[fltlink::LoopCounter::kTurnedAway], 1u);
  expect_balanced();
}

TEST_P(AuthorizeServiceTest, AHandlerThatSaysNothingLeavesItToThePolicy) {
  service.emplace(m.machine, process, authorizer_with({.protocol_error = GetParam()}));
  EXPECT_EQ(m.word.write(kPlan, "evil").status, expected());
  EXPECT_EQ(m.unanswered(NoVerdict::kProtocolError), 0u) << "it got a verdict";
  expect_balanced();
}

INSTANTIATE_TEST_SUITE_P(BothActions, AuthorizeServiceTest,
                         testing::Values(FailAction::kDeny, FailAction::kAllow));

// The handler answers at the very moment at which the loop does. Whoever is first, the driver gets one
// verdict, and the handler is told whether it was its own.
TEST(AuthorizeServiceRaceTest, HandlerAndDeadlineAgreeOnTheOneVerdict) {
  size_t by_handler = 0;
  size_t runs = 0;
  fltsim::under_every_scheduler([&](const Options& options) {
    AskingMachine m(options, 80);
    m.start();
    auto outcome = ReplyTokenOutcome::kFailed;
    RecordingService service(m.machine, m.service_process(), authorizer_with({}));
    service.when_asked = [&outcome](const auto&, VerdictToken& owed) {
      Sleep(70);
      outcome = owed.allow();
    };
    const int32_t status = m.word.write(kPlan, "evil").status;
    service.stop();
    EXPECT_EQ(status == STATUS_SUCCESS, outcome == ReplyTokenOutcome::kReplied);
    EXPECT_TRUE(m.questions().balanced());
    fltlink::expect_balanced(service.counters());
    ++runs;
    if (outcome == ReplyTokenOutcome::kReplied) ++by_handler;
  });
  EXPECT_GT(by_handler, 0u);
  EXPECT_LT(by_handler, runs);
}

TEST(AuthorizePageTest, TheServiceOfThePageAllowsDraftsAndNothingElse) {
  AskingMachine m;
  m.start();
  m.c.make_directory(u"\\Drafts");
  m.control->protect(u"C:\\Drafts\\*", ProtectionFlags::kWrite | ProtectionFlags::kAsk);
  fltsim::Process process = m.service_process();
  const auto host = fltsim::make_process_host(process);
  std::unique_ptr<fltlink::FilterPort> port;
  std::optional<DraftsService> service;
  EXPECT_EQ(process.run([&] {
    port = fltlink::FilterPort::open(*host, u"\\DrmFilterPort");
    service.emplace(*host, *port);
    EXPECT_TRUE(service->start());
  }),
            Outcome::kDone);
  EXPECT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(m.word.write(u"C:\\Drafts\\plan.docx", "new").status, STATUS_SUCCESS);
  m.violate();
  EXPECT_EQ(process.run([&] {
    service->stop();
    port->finish();
  }),
            Outcome::kDone);
  EXPECT_EQ(process.exit(0), Outcome::kDone);
}

}  // namespace
}  // namespace drmfilter::test

// The authorizer: who is asked about what, what a verdict does, and what becomes of an operation without one.
#include "driver/asking_machine.hpp"
#include "fltsim/lambda_driver.hpp"

namespace drmfilter::test {
namespace {

using namespace std::chrono_literals;

TEST(AuthorizeTest, AVerdictOfAllowLetsTheOperationHappen) {
  AskingMachine m;
  m.start(true);
  RecordingService drm(m.machine, m.service_process());
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  EXPECT_EQ(m.word.write(kPlan, "new").status, STATUS_SUCCESS);
  EXPECT_EQ(m.c.read_file(u"\\ProtectedDocs\\plan.docx"), "new");
  EXPECT_THAT(drm.blocked(), IsEmpty());
  EXPECT_THAT(drm.events(), Contains(BlockedPath(kPlan))) << "a file event as of any other";
  EXPECT_EQ(drm.status().blocked_operations, 0);
  m.expect_asked(1);
}

TEST(AuthorizeTest, AVerdictOfDenyDeniesWithANotice) {
  AskingMachine m;
  m.start();
  RecordingService drm(m.machine, m.service_process());
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::deny()));
  EXPECT_EQ(m.word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(drm.blocked(), ElementsAre(BlockedPath(kPlan)));
  m.expect_plan_unharmed();
  EXPECT_EQ(m.questions().denied, 1u);
}

TEST(AuthorizeTest, AQuestionSaysWhatABlockNoticeWould) {
  AskingMachine m;
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::deny()));
  EXPECT_EQ(m.word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  const auto asked = m.authorizer.questions();
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].path, kPlan);
  EXPECT_EQ(asked[0].operation, static_cast<uint32_t>(IRP_MJ_CREATE));
  EXPECT_EQ(asked[0].status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(asked[0].process_id, m.word.id());
  EXPECT_EQ(asked[0].reason, u"Writing is forbidden by the policy C:\\PROTECTEDDOCS\\*");
}

TEST(AuthorizeTest, NobodyToAskMeansDenied) {
  AskingMachine m;
  m.start();
  m.violate();
  EXPECT_EQ(m.unanswered(NoVerdict::kNobody), 1u);
  EXPECT_TRUE(m.questions().balanced());
}

// Roles decide who is asked.
TEST(AuthorizeTest, TheOldestAuthorizerIsAskedAndNobodyElse) {
  AskingMachine m;
  m.start();
  RecordingService drm(m.machine, m.service_process());
  ScriptedAuthorizer younger(m.service_process());
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::deny()));
  younger.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  m.violate();
  EXPECT_THAT(younger.questions(), IsEmpty());
  EXPECT_EQ(m.authorizer.process().kill(), Outcome::kDone);
  EXPECT_EQ(m.word.write(kPlan, "new").status, STATUS_SUCCESS);
  EXPECT_THAT(younger.questions(), SizeIs(1));
  EXPECT_EQ(drm.counters()[fltlink::LoopCounter::kRepliesOwed], 0u) << "a subscriber is never asked";
}

// What was asked at the open is not asked again; what was not asked there, is.
TEST(AuthorizeTest, AnAllowedOpenIsNotAskedAgainForWhatItWasOpenedFor) {
  AskingMachine m;
  m.start();
  m.control->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kStandard | ProtectionFlags::kAsk);
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  const auto opened = m.open(kPlan, FILE_WRITE_DATA | DELETE);
  ASSERT_EQ(opened.status, STATUS_SUCCESS);
  m.expect_asked(1);
  for (int round = 0; round < 3; ++round)
    EXPECT_EQ(m.word.write(opened.handle, "x", 0).status, STATUS_SUCCESS);
  m.expect_asked(1);
  EXPECT_EQ(m.word.set(opened.handle, FileDispositionInformation, std::string(1, '\1')).status,
            STATUS_SUCCESS);
  m.expect_asked(2);
}

TEST(AuthorizeTest, AnAllowedOpenThatMakesOrEmptiesIsNotAskedAgainEither) {
  AskingMachine m;
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  uint64_t asked = 0;
  for (const auto& [path, disposition] :
       {std::pair{kPlan, FILE_OVERWRITE}, std::pair{u"C:\\ProtectedDocs\\new.docx", FILE_CREATE}}) {
    const auto opened = m.open(path, FILE_WRITE_DATA, static_cast<uint32_t>(disposition));
    ASSERT_EQ(opened.status, STATUS_SUCCESS);
    EXPECT_EQ(m.word.write(opened.handle, "x", 0).status, STATUS_SUCCESS);
    m.expect_asked(++asked);
  }
}

TEST(AuthorizeTest, AHandleFromBeforeThePolicyIsAskedForEachOperation) {
  AskingMachine m;
  const auto opened = m.open(kPlan, FILE_WRITE_DATA);
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  for (uint64_t round = 1; round <= 3; ++round) {
    EXPECT_EQ(m.word.write(opened.handle, "x", 0).status, STATUS_SUCCESS);
    m.expect_asked(round);
  }
}

TEST(AuthorizeTest, WhatAlsoAPolicyForbidsThatDoesNotAskIsDenied) {
  AskingMachine m;
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  const auto opened = m.open(kPlan, FILE_WRITE_DATA);
  m.expect_asked(1);
  m.control->protect(u"C:\\*\\plan.docx", ProtectionFlags::kWrite);
  m.violate();
  EXPECT_EQ(m.word.write(opened.handle, "x", 0).status, STATUS_ACCESS_DENIED) << "allowed or not";
  m.expect_asked(1);
  m.expect_plan_unharmed();
}

TEST(AuthorizeTest, APolicyThatComesWhileTheAuthorizerThinksCounts) {
  AskingMachine m;
  m.start();
  m.authorizer.serve([&](uint64_t) {
    Sleep(1000);
    return std::optional(ScriptedAuthorizer::allow());
  });
  auto writer = m.start_writer();
  EXPECT_EQ(m.machine.advance(500ms), Outcome::kDone);
  m.control->protect(u"C:\\*\\plan.docx", ProtectionFlags::kWrite);
  EXPECT_EQ(writer->join(), STATUS_ACCESS_DENIED);
  EXPECT_EQ(m.questions().allowed, 1u) << "and yet";
  m.expect_plan_unharmed();
}

TEST(AuthorizeTest, WithBlockingOffNobodyIsAsked) {
  AskingMachine m;
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::deny()));
  m.control->configure(false, false);
  EXPECT_EQ(m.word.write(kPlan, "new").status, STATUS_SUCCESS);
  m.expect_asked(0);
}

// SEND-18: it would wait for itself.
TEST(AuthorizeTest, AnAuthorizersOwnOperationsAreAllowedUnasked) {
  AskingMachine m;
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::deny()));
  EXPECT_EQ(m.authorizer.process().write(kPlan, "mine").status, STATUS_SUCCESS);
  m.expect_asked(0);
  EXPECT_EQ(m.machine.verifier().count("VER-27"), 0u);
}

TEST(AuthorizeTest, TheOperationsOfOtherClientsAreDeniedUnasked) {
  AskingMachine m;
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  auto client = m.control->process();
  EXPECT_EQ(client.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(m.unanswered(NoVerdict::kNobody), 1u);
  EXPECT_THAT(m.authorizer.questions(), IsEmpty());
}

// BAD-15, NAME-2: there is no name in such a place, so there is nothing to ask about.
TEST(AuthorizeTest, NobodyIsAskedWhereTheAnswerMayNeedWhatTheThreadHolds) {
  AskingMachine m;
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  auto kernel = m.machine.system_process();
  EXPECT_EQ(kernel.run([&] {
    IRP outer{};
    IoSetTopLevelIrp(&outer);
    EXPECT_EQ(kernel.write(kPlan, "x").status, STATUS_FLT_INVALID_NAME_REQUEST);
    IoSetTopLevelIrp(nullptr);
    KeEnterGuardedRegion();
    EXPECT_EQ(kernel.write(kPlan, "x").status, STATUS_FLT_INVALID_NAME_REQUEST);
    KeLeaveGuardedRegion();
  }),
            Outcome::kDone);
  EXPECT_THAT(m.authorizer.questions(), IsEmpty());
  EXPECT_EQ(m.word.write(kPlan, "new").status, STATUS_SUCCESS) << "elsewhere it is asked";
}

TEST(AuthorizeTest, PagingIoIsNeverAsked) {  // BAD-15, NAME-2
  AskingMachine m;
  const auto opened = m.open(kPlan, FILE_WRITE_DATA);
  const auto mark_as_paging = [](PFLT_CALLBACK_DATA data, auto, auto) {
    data->Iopb->IrpFlags |= IRP_PAGING_IO;
    FltSetCallbackDataDirty(data);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  };
  fltsim::LambdaDriver pager;
  pager.operations = {{.major = IRP_MJ_SET_INFORMATION, .pre = mark_as_paging}};
  m.machine.load_driver(std::move(pager), {.name = u"pager", .altitude = u"380000"});
  m.start();
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()));
  const LONGLONG size = 1;
  const std::string_view bytes(reinterpret_cast<const char*>(&size), sizeof size);
  EXPECT_EQ(m.word.set(opened.handle, FileEndOfFileInformation, bytes).status,
            STATUS_FLT_INVALID_NAME_REQUEST);
  EXPECT_THAT(m.authorizer.questions(), IsEmpty());
}

// Both ends as they ship: the receive loop with its verdict token, and its fail policy in the connect context.
TEST(AuthorizeTest, AServiceAnswersThroughItsReceiveLoop) {
  AskingMachine m;
  m.start();
  fltlink::LoopOptions options;
  options.context = fltlink::ConnectContext{.role = FLTLINK_ROLE_AUTHORIZER};
  options.fail.authorize.protocol_error = fltlink::FailAction::kAllow;
  RecordingService service(m.machine, m.service_process(), options);
  EXPECT_EQ(service.terms().fail_open, static_cast<uint32_t>(FLTLINK_FAIL_OPEN_PROTOCOL_ERROR));
  service.when_asked = [](const auto&, fltlink::VerdictToken& owed) { owed.deny(); };
  m.violate();
  service.when_asked = [](const auto&, fltlink::VerdictToken& owed) { owed.allow(); };
  EXPECT_EQ(m.word.write(kPlan, "new").status, STATUS_SUCCESS);
  service.when_asked = nullptr;
  EXPECT_EQ(m.word.write(kPlan, "newer").status, STATUS_SUCCESS) << "by the policy of the loop";
  EXPECT_EQ(m.questions().allowed, 2u);
  EXPECT_EQ(m.questions().denied, 1u);
}

TEST(AuthorizeTest, TheTermsSayHowLongTheDriverWaitsAndWhatWasGranted) {
  AskingMachine m;
  m.start();
  ASSERT_EQ(m.authorizer.connect({.fail_open = FLTLINK_FAIL_OPEN_TIMEOUT}), S_OK);
  EXPECT_EQ(m.authorizer.terms().reply_timeout_ms, 5000u);
  EXPECT_EQ(m.authorizer.terms().fail_open, static_cast<uint32_t>(FLTLINK_FAIL_OPEN_TIMEOUT));
  EXPECT_EQ(m.authorizer.terms().queue_messages_max, 64u);
  EXPECT_EQ(m.control->terms().reply_timeout_ms, 0u);
}

TEST(AuthorizeTest, TheTimeoutIsASettingWithBounds) {
  for (const auto& [setting, granted] : {std::pair{50u, 50u}, {0u, 10u}, {600'000u, 60'000u}}) {
    AskingMachine m({}, setting);
    m.start();
    m.authorizer.serve(ScriptedAuthorizer::always(std::nullopt));
    EXPECT_EQ(m.authorizer.terms().reply_timeout_ms, granted);
    const int64_t before = m.now();
    m.violate();
    EXPECT_EQ(m.now() - before, int64_t{granted} * 10'000);
  }
}

}  // namespace
}  // namespace drmfilter::test

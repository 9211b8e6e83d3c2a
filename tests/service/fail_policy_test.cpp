#include <fltlink/service/fail_policy.hpp>

#include <gtest/gtest.h>

#include "service/receive_loop_fixture.hpp"

namespace fltlink {
namespace {

constexpr FailPolicy kAllowAll{.timeout = FailAction::kAllow,
                               .disconnect = FailAction::kAllow,
                               .overload = FailAction::kAllow,
                               .protocol_error = FailAction::kAllow};

static_assert(fail_open_flags(FailPolicy{}) == 0);
static_assert(fail_open_flags({.disconnect = FailAction::kAllow}) == FLTLINK_FAIL_OPEN_DISCONNECT);
static_assert(fail_open_flags({.overload = FailAction::kAllow}) == FLTLINK_FAIL_OPEN_OVERLOAD);
static_assert(fail_open_flags(kAllowAll) == FLTLINK_FAIL_OPEN_FLAGS_ALL);

TEST(FailPolicyTest, EachTypeHasItsOwnAndAnUnknownOneIsDenied) {
  const FailPolicies policies{.file_event = {}, .block_notice = {}, .authorize = kAllowAll};
  for (uint8_t cause = 0; cause < kFailCauses; ++cause) {
    EXPECT_EQ(policies.of(FLTLINK_MSG_TYPE_AUTHORIZE).on(static_cast<FailCause>(cause)), FailAction::kAllow);
    EXPECT_EQ(policies.of(MSG_TYPE_FILE_EVENT).on(static_cast<FailCause>(cause)), FailAction::kDeny);
    EXPECT_EQ(policies.of(0x999).on(static_cast<FailCause>(cause)), FailAction::kDeny);
  }
}

// What only the driver can act on is told to it, from the same policy.
TEST_F(AuthorizerLoopTest, ContextOfAnAuthorizerCarriesItsFailPolicy) {
  options_.fail.authorize = {.timeout = FailAction::kAllow, .disconnect = FailAction::kAllow};
  start();
  const auto context = decode_connect_context(port_.contexts().at(0));
  ASSERT_TRUE(context.ok());
  EXPECT_EQ(context->fail_open, FLTLINK_FAIL_OPEN_TIMEOUT | FLTLINK_FAIL_OPEN_DISCONNECT);
}

TEST_F(ReceiveLoopTest, ContextOfASubscriberCarriesNoFailPolicy) {
  options_.fail.authorize = kAllowAll;
  start();
  EXPECT_EQ(decode_connect_context(port_.contexts().at(0))->fail_open, 0u);
}

TEST_F(AuthorizerLoopTest, UnansweredQuestionIsAnsweredWithTheVerdictOfItsPolicy) {
  for (const FailAction action : {FailAction::kDeny, FailAction::kAllow}) {
    loop_.reset();
    options_.fail.authorize.protocol_error = action;
    start();
    ask();
    host_.settle();
    EXPECT_EQ(*verdict(port_.replies().size() - 1),
              action == FailAction::kAllow ? Verdict::kAllow : Verdict::kDeny);
    EXPECT_EQ(count(LoopCounter::kFailedOpen), action == FailAction::kAllow ? 1u : 0u);
    EXPECT_EQ(loop_->counters().defaulted(FailCause::kProtocolError), 1u);
    loop_->stop();
  }
}

// Its type can be read, though the rest cannot.
TEST_F(AuthorizerLoopTest, MalformedQuestionIsAnsweredWithTheVerdictOfItsPolicy) {
  options_.fail.authorize.protocol_error = FailAction::kAllow;
  start();
  ByteVector cut = question(u"C:\\a.docx");
  cut.resize(cut.size() - 1);
  deliver(cut, FLTLINK_VERDICT_SIZE);
  EXPECT_EQ(*verdict(0), Verdict::kAllow);
  EXPECT_EQ(count(LoopCounter::kMalformed), 1u);
  EXPECT_EQ(count(LoopCounter::kQuestions), 0u);
}

TEST_F(ReceiveLoopTest, UnansweredEventIsAllowedWithSuccessWhereItsPolicySaysSo) {
  options_.fail.file_event.protocol_error = FailAction::kAllow;
  start();
  deliver(file_event(u"C:\\a.txt"), 4);
  deliver(block_notice(u"C:\\a.txt", u""), 4);
  ASSERT_EQ(port_.replies().size(), 2u);
  EXPECT_EQ(port_.replies()[0].header.status, 0);
  EXPECT_TRUE(port_.replies()[0].payload.empty());
  EXPECT_EQ(port_.replies()[1].header.status, kStatusUnsuccessful);
}

}  // namespace
}  // namespace fltlink

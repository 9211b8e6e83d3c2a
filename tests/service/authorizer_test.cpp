#include "service/authorizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>

#include <optional>
#include <sstream>

#include "support/fake_host.hpp"
#include "support/scripted_port.hpp"
#include "support/service_messages.hpp"

namespace drmservice {
namespace {

using fltlink::Verdict;
using testing::HasSubstr;
using testing::Not;

class AuthorizerTest : public testing::Test {
 protected:
  AuthorizerTest() {
    fltlink::ConnectionTerms terms;
    terms.version = FLTLINK_VERSION_1_1;
    terms.role = FLTLINK_ROLE_AUTHORIZER;
    terms.reply_timeout_ms = 1000;
    port_.on_request = fltlink::negotiating_driver(terms);
  }
  void start(const Settings& settings) {
    authorizer_.emplace(host_, port_, log_, settings);
    ASSERT_EQ(authorizer_->start(), fltlink::StartOutcome::kStarted);
    host_.settle();
  }
  void TearDown() override {
    if (!authorizer_) return;
    authorizer_->stop();
    fltlink::expect_balanced(authorizer_->counters());
  }
  Verdict answer_to(fltlink::ByteVector question) {
    port_.deliver(std::move(question), FLTLINK_VERDICT_SIZE);
    host_.settle();
    const auto verdict = fltlink::decode_verdict(port_.replies().back().payload);
    EXPECT_TRUE(verdict.ok());
    return *verdict;
  }
  Verdict answer_about(fltlink::Text path) { return answer_to(fltlink::question(path)); }

  fltlink::FakeHost host_;
  fltlink::ScriptedPort port_{host_};
  std::ostringstream lines_;
  EventLog log_{
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines_)),
      LogLevel::kInfo};
  std::optional<Authorizer> authorizer_;
};

TEST_F(AuthorizerTest, ItAsksForItsRoleAndTellsItsFailPolicy) {
  Settings settings;
  settings.fail_policy.disconnect = fltlink::FailAction::kAllow;
  start(settings);
  const auto context = fltlink::decode_connect_context(port_.contexts().at(0));
  ASSERT_TRUE(context.ok());
  EXPECT_EQ(context->role, uint32_t{FLTLINK_ROLE_AUTHORIZER});
  EXPECT_EQ(context->fail_open, uint32_t{FLTLINK_FAIL_OPEN_DISCONNECT});
  EXPECT_THAT(lines_.str(), HasSubstr("\"id\":1002"));
}

TEST_F(AuthorizerTest, WhatTheSettingsNameIsAllowedAndTheRestDenied) {
  Settings settings;
  settings.allowed = {u"C:\\Drafts\\*", u"*.tmp"};
  start(settings);
  EXPECT_EQ(answer_about(u"c:\\drafts\\Plan.docx"), Verdict::kAllow);
  EXPECT_EQ(answer_about(u"D:\\a.TMP"), Verdict::kAllow);
  EXPECT_EQ(answer_about(u"C:\\Drafts"), Verdict::kDeny);
  EXPECT_EQ(answer_about(u"C:\\Confidential\\plan.docx"), Verdict::kDeny);
  EXPECT_THAT(lines_.str(), HasSubstr("\"event\":\"denied on request\",\"path\":\"C:\\\\Confidential"));
  EXPECT_EQ(authorizer_->counters()[fltlink::LoopCounter::kReplied], 4u);
}

TEST_F(AuthorizerTest, NothingIsAllowedUnlessTheSettingsSaySo) {
  start({});
  EXPECT_EQ(answer_about(u"C:\\Drafts\\plan.docx"), Verdict::kDeny);
}

// Its end could lie anywhere.
TEST_F(AuthorizerTest, CutPathIsDeniedWhateverItsBeginningIs) {
  Settings settings;
  settings.allowed = {u"*"};
  start(settings);
  fltlink::DriverMessage question;
  question.type = FLTLINK_MSG_TYPE_AUTHORIZE;
  question.path = u"C:\\Drafts\\a";
  question.path_cut = true;
  EXPECT_EQ(answer_to(fltlink::encoded(question, {.version = FLTLINK_VERSION_1_1})), Verdict::kDeny);
}

// A sender that has given up was not told the verdict, so it is not logged as one.
TEST_F(AuthorizerTest, VerdictThatNobodyTookIsNotLogged) {
  start({});
  port_.deliver(fltlink::question(u"C:\\a.txt"), FLTLINK_VERDICT_SIZE);
  port_.expire(1);
  host_.settle();
  EXPECT_THAT(lines_.str(), Not(HasSubstr("on request")));
}

TEST_F(AuthorizerTest, TroubleIsLogged) {
  start({});
  port_.hang_up();
  host_.settle();
  EXPECT_THAT(lines_.str(), HasSubstr("\"id\":2003"));
}

}  // namespace
}  // namespace drmservice

#include "service/drm_service.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <sqlite3.h>

#include <cstdio>
#include <optional>
#include <sstream>

#include "service/text.hpp"
#include "support/fake_host.hpp"
#include "support/scripted_port.hpp"
#include "support/service_messages.hpp"

namespace drmservice {
namespace {

using fltlink::Bytes;
using fltlink::ByteVector;
using fltlink::kTicksPerSecond;
using fltlink::MutableBytes;
using fltlink::SendOutcome;
using fltlink::SendResult;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// A driver that keeps what it is told, and refuses what the test says.
struct FakeDriver {
  struct Policy {
    std::u16string path;
    uint32_t flags;
    uint32_t version;
    bool operator==(const Policy&) const = default;
  };
  std::vector<Policy> policies;  // in the order in which they came
  std::vector<fltlink::ConfigChange> configs;
  std::optional<uint32_t> refuse_policies_with;

  SendResult operator()(Bytes request, MutableBytes answer) {
    if (fltlink::decode_negotiate_request(request).ok())
      return fltlink::negotiating_driver()(request, answer);
    const auto message = fltlink::decode_user_message(request, FLTLINK_VERSION_NEWEST);
    EXPECT_TRUE(message.ok());
    if (message->type == MSG_TYPE_CONFIG_CHANGE) configs.push_back(message->config_change);
    if (message->type != MSG_TYPE_POLICY_UPDATE) return {SendOutcome::kAnswered, 0, 0};
    if (refuse_policies_with)
      return {fltlink::classify_send(*refuse_policies_with), *refuse_policies_with, 0};
    const fltlink::PolicyUpdate& update = message->policy_update;
    policies.push_back({fltlink::to_string(update.path), update.flags, update.version});
    return {SendOutcome::kAnswered, 0, 0};
  }
};

class RecordingObserver final : public Observer {
 public:
  void on_file_event(const fltlink::DriverMessage& event) override {
    paths.push_back(fltlink::to_string(event.path));
  }
  void on_block(const fltlink::DriverMessage& notice) override {
    paths.push_back(fltlink::to_string(notice.path));
  }
  std::vector<std::u16string> paths;
};

class DrmServiceTest : public testing::Test {
 protected:
  DrmServiceTest() {
    port_.on_request = [this](Bytes request, MutableBytes answer) { return driver_(request, answer); };
    auto opened = PolicyStore::open(":memory:");
    store_ = std::move(std::get<std::unique_ptr<PolicyStore>>(opened));
  }
  void start(const Settings& settings = {}) {
    service_.emplace(host_, port_, *store_, log_, settings, &observer_);
    ASSERT_EQ(service_->start(), fltlink::StartOutcome::kStarted);
    host_.settle();
  }
  void TearDown() override {
    if (!service_) return;
    service_->stop();
    fltlink::expect_balanced(service_->counters());
  }
  fltlink::Ticks in_a_minute() { return host_.now() + 60 * kTicksPerSecond; }

  fltlink::FakeHost host_;
  fltlink::ScriptedPort port_{host_};
  FakeDriver driver_;
  std::unique_ptr<PolicyStore> store_;
  std::ostringstream lines_;
  EventLog log_{
      std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(lines_)),
      LogLevel::kInfo};
  RecordingObserver observer_;
  std::optional<DrmService> service_;
};

TEST_F(DrmServiceTest, StartSendsTheSettingsAndThePolicies) {
  Settings settings;
  settings.blocking = false;
  settings.log_level = LogLevel::kDebug;
  start(settings);
  ASSERT_THAT(driver_.configs, SizeIs(1));
  EXPECT_TRUE(driver_.configs[0].enable_monitoring);
  EXPECT_FALSE(driver_.configs[0].enable_blocking);
  EXPECT_EQ(driver_.configs[0].log_level, 3u) << "the driver's own scale";
  ASSERT_THAT(driver_.policies, SizeIs(3));
  EXPECT_EQ(driver_.policies[2], (FakeDriver::Policy{u"C:\\Confidential\\*", 0x12, 1}));
}

TEST_F(DrmServiceTest, AddedPolicyIsStoredAndSentAlone) {
  start();
  ASSERT_TRUE(std::holds_alternative<Done>(service_->add_policy(u"C:\\New\\*", 2)));
  EXPECT_TRUE(service_->wait_until_applied(in_a_minute()));
  ASSERT_THAT(driver_.policies, SizeIs(4));
  EXPECT_EQ(driver_.policies[3], (FakeDriver::Policy{u"C:\\New\\*", 2, 1}));
  EXPECT_THAT(std::get<std::vector<Policy>>(store_->list()), SizeIs(4));
}

// Those that stay follow: the driver may have taken one of them for the removed one, by another spelling.
TEST_F(DrmServiceTest, RemovedPolicyIsSentOnceAndForgottenAndTheOthersFollow) {
  start();
  const std::vector<FakeDriver::Policy> first = driver_.policies;
  ASSERT_TRUE(std::holds_alternative<Done>(service_->remove_policy(u"C:\\Confidential\\*")));
  EXPECT_TRUE(service_->wait_until_applied(in_a_minute()));
  driver_.policies.erase(driver_.policies.begin(), driver_.policies.begin() + 3);
  EXPECT_THAT(driver_.policies,
              ElementsAre(FakeDriver::Policy{u"C:\\Confidential\\*", 0, 2}, first[0], first[1]));
  EXPECT_THAT(std::get<std::vector<Policy>>(store_->list_to_apply()), SizeIs(2));
}

// The versions of a path start again behind its removal, and may reach the number that was told before it.
TEST_F(DrmServiceTest, PolicyThatComesAgainAfterItsRemovalIsSent) {
  start();
  ASSERT_TRUE(std::holds_alternative<Done>(service_->remove_policy(u"C:\\Confidential\\*")));
  EXPECT_TRUE(service_->wait_until_applied(in_a_minute()));
  for (const uint32_t flags : {1u, 2u})
    ASSERT_TRUE(std::holds_alternative<Done>(service_->add_policy(u"C:\\Confidential\\*", flags)));
  EXPECT_TRUE(service_->wait_until_applied(in_a_minute()));
  EXPECT_EQ(driver_.policies.back(), (FakeDriver::Policy{u"C:\\Confidential\\*", 2, 2}));
}

TEST_F(DrmServiceTest, StopIsLoggedOnceAndOnlyBehindAStart) {
  service_.emplace(host_, port_, *store_, log_, Settings{}, &observer_);
  service_->stop();
  EXPECT_EQ(lines_.str(), "");
  start();
  service_->stop();
  service_->stop();
  const std::string lines = lines_.str();
  EXPECT_EQ(lines.find("\"id\":1003"), lines.rfind("\"id\":1003"));
  EXPECT_THAT(lines, HasSubstr("\"id\":1003"));
}

TEST_F(DrmServiceTest, InvalidPolicyIsRefusedBeforeTheDriverHearsOfIt) {
  start();
  EXPECT_EQ(std::get<StoreError>(service_->add_policy(u"", 2)).kind, StoreErrorKind::kInvalidPath);
  host_.settle();
  EXPECT_THAT(driver_.policies, SizeIs(3));
}

// A driver that was restarted knows nothing, so it is told everything.
TEST_F(DrmServiceTest, ReconnectSendsEverythingAgain) {
  start();
  driver_.policies.clear();
  driver_.configs.clear();
  port_.hang_up();
  host_.advance(kTicksPerSecond);
  EXPECT_THAT(driver_.policies, SizeIs(3));
  EXPECT_THAT(driver_.configs, SizeIs(1));
}

TEST_F(DrmServiceTest, ChangesMadeWhileDisconnectedArriveWithTheNextConnection) {
  port_.script_connects({fltlink::kHresultFileNotFound});
  start();
  ASSERT_TRUE(std::holds_alternative<Done>(service_->remove_policy(u"C:\\Confidential\\*")));
  EXPECT_FALSE(service_->wait_until_applied(host_.now()));
  EXPECT_TRUE(service_->wait_until_applied(in_a_minute()));
  ASSERT_THAT(driver_.policies, SizeIs(3));
  EXPECT_EQ(driver_.policies.front().flags, 0u);
}

// STATUS_QUOTA_EXCEEDED, when the driver's memory for policies is used up.
TEST_F(DrmServiceTest, PolicyTooManyIsLoggedAndTheConnectionKept) {
  driver_.refuse_policies_with = 0x80070718;
  start();
  EXPECT_TRUE(service_->connected());
  EXPECT_EQ(service_->counters()[fltlink::LoopCounter::kConnectionsLost], 0u);
  EXPECT_THAT(lines_.str(), HasSubstr("\"code\":\"0x80070718\""));
}

TEST_F(DrmServiceTest, DatabaseThatSomebodyWritesToIsReadLaterOverTheSameConnection) {
  const std::string path = testing::TempDir() + "drm_service_test_busy.db";
  std::remove(path.c_str());
  store_ = std::move(std::get<std::unique_ptr<PolicyStore>>(PolicyStore::open(path)));
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(path.c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr), SQLITE_OK);
  start();
  EXPECT_TRUE(service_->connected());
  EXPECT_THAT(driver_.policies, IsEmpty());
  EXPECT_THAT(lines_.str(), HasSubstr("\"id\":3002"));
  sqlite3_close(other);
  host_.advance(kTicksPerSecond);
  EXPECT_THAT(driver_.policies, SizeIs(3));
  EXPECT_EQ(service_->counters()[fltlink::LoopCounter::kConnectionsLost], 0u);
}

TEST_F(DrmServiceTest, RefusedPolicyIsLoggedAndTheOthersStand) {
  driver_.refuse_policies_with = 0x80070057;
  start();
  EXPECT_TRUE(service_->connected());
  EXPECT_TRUE(service_->wait_until_applied(in_a_minute()));
  EXPECT_THAT(lines_.str(), HasSubstr("\"id\":3001"));
  EXPECT_THAT(lines_.str(), HasSubstr("\"code\":\"0x80070057\""));
}

// A removal that the driver did not take is not forgotten.
TEST_F(DrmServiceTest, RefusedRemovalIsTriedAgainWithTheNextConnection) {
  start();
  driver_.refuse_policies_with = 0x80070057;
  ASSERT_TRUE(std::holds_alternative<Done>(service_->remove_policy(u"C:\\Confidential\\*")));
  EXPECT_TRUE(service_->wait_until_applied(in_a_minute()));
  driver_.refuse_policies_with.reset();
  driver_.policies.clear();
  port_.hang_up();
  host_.advance(kTicksPerSecond);
  ASSERT_THAT(driver_.policies, SizeIs(3));
  EXPECT_EQ(driver_.policies.front(), (FakeDriver::Policy{u"C:\\Confidential\\*", 0, 2}));
}

TEST_F(DrmServiceTest, PortThatFailsWhilePoliciesAreSentIsLeft) {
  driver_.refuse_policies_with = fltlink::kHresultNoResources;
  start();
  EXPECT_EQ(service_->counters()[fltlink::LoopCounter::kConnectionsLost], 1u);
  driver_.refuse_policies_with.reset();
  host_.advance(kTicksPerSecond);
  EXPECT_TRUE(service_->connected());
  EXPECT_THAT(driver_.policies, SizeIs(3));
}

TEST_F(DrmServiceTest, ConfigureSendsTheNewSettingsAlone) {
  start();
  service_->configure(true, false);
  EXPECT_TRUE(service_->wait_until_applied(in_a_minute()));
  ASSERT_THAT(driver_.configs, SizeIs(2));
  EXPECT_FALSE(driver_.configs[1].enable_blocking);
  EXPECT_THAT(driver_.policies, SizeIs(3));
}

TEST_F(DrmServiceTest, MessagesReachTheObserverAndTheLog) {
  start();
  port_.deliver(fltlink::file_event(u"C:\\a.txt"));
  port_.deliver(fltlink::block_notice(u"C:\\b.docx", u"Write is protected"));
  host_.settle();
  EXPECT_THAT(observer_.paths, ElementsAre(u"C:\\a.txt", u"C:\\b.docx"));
  EXPECT_THAT(lines_.str(), HasSubstr("\"id\":1001,\"event\":\"file event\",\"path\":\"C:\\\\a.txt\""));
  EXPECT_THAT(lines_.str(), HasSubstr("\"reason\":\"Write is protected\""));
}

TEST_F(DrmServiceTest, LifeIsLoggedFromStartToStop) {
  start();
  port_.hang_up();
  host_.advance(kTicksPerSecond);
  service_->stop();
  std::vector<std::string> ids;
  std::istringstream lines(lines_.str());
  for (std::string line; std::getline(lines, line);) {
    if (line.find("\"id\":1004") == std::string::npos)
      ids.push_back(line.substr(line.find("\"id\":") + 5, 4));
  }
  EXPECT_THAT(ids, ElementsAre("1000", "1002", "2003", "1002", "1003"));
  service_.reset();
}

TEST_F(DrmServiceTest, ShortageOfReceivesIsLoggedWhenItBeginsAndWhenItIsOver) {
  Settings settings;
  settings.receives = 1;
  start(settings);
  for (int i = 0; i < 3; ++i) port_.deliver(fltlink::file_event(u"C:\\a.txt"));
  host_.settle();
  EXPECT_THAT(lines_.str(), HasSubstr("\"id\":2013"));
  EXPECT_THAT(lines_.str(), testing::Not(HasSubstr("\"id\":1007")));
  host_.advance(2 * kTicksPerSecond);
  EXPECT_THAT(lines_.str(), HasSubstr("\"id\":1007"));
}

TEST_F(DrmServiceTest, StatusIsAskedOfTheDriver) {
  start();
  port_.on_request = [](Bytes, MutableBytes answer) -> SendResult {
    const auto size = fltlink::encode_status_reply({.active_policies = 3, .blocked_operations = 8}, answer);
    return {SendOutcome::kAnswered, 0, *size};
  };
  EXPECT_EQ(service_->driver_status().value.blocked_operations, 8);
}

}  // namespace
}  // namespace drmservice

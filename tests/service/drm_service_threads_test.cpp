// The service on the operating system's threads, for the thread sanitizer: whatever the order of changes,
// hang-ups and messages, the driver ends up with the store's policies.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/null_sink.h>

#include <map>
#include <mutex>
#include <thread>

#include <fltlink/os/os_host.hpp>

#include "service/drm_service.hpp"
#include "support/scripted_port.hpp"
#include "support/service_messages.hpp"

namespace drmservice {
namespace {

using Policies = std::map<std::u16string, uint32_t>;

class ModelDriver {
 public:
  fltlink::SendResult operator()(fltlink::Bytes request, fltlink::MutableBytes answer) {
    if (fltlink::decode_negotiate_request(request).ok())
      return fltlink::negotiating_driver()(request, answer);
    const auto message = fltlink::decode_user_message(request, FLTLINK_VERSION_NEWEST);
    if (message.ok() && message->type == MSG_TYPE_POLICY_UPDATE) take(message->policy_update);
    return {fltlink::SendOutcome::kAnswered, 0, 0};
  }
  Policies policies() const {
    const std::lock_guard lock(mutex_);
    return policies_;
  }

 private:
  void take(const fltlink::PolicyUpdate& update) {
    const std::lock_guard lock(mutex_);
    if (update.flags == 0) {
      policies_.erase(fltlink::to_string(update.path));
    } else {
      policies_[fltlink::to_string(update.path)] = update.flags;
    }
  }

  mutable std::mutex mutex_;
  Policies policies_;
};

Policies policies_in(PolicyStore& store) {
  const auto listed = store.list();
  Policies policies;
  for (const Policy& policy : std::get<std::vector<Policy>>(listed)) policies[policy.path] = policy.flags;
  return policies;
}

// Adds and removes policies of its own names.
void change_policies(DrmService& service, char16_t name) {
  for (uint32_t i = 0; i < 20; ++i) {
    const std::u16string path{u'C', u':', u'\\', name, static_cast<char16_t>(u'a' + i % 5)};
    EXPECT_TRUE(std::holds_alternative<Done>(service.add_policy(path, 1 + i)));
    if (i % 3 == 0) {
      EXPECT_TRUE(std::holds_alternative<Done>(service.remove_policy(path)));
    }
  }
  EXPECT_TRUE(service.wait_until_applied(fltlink::kForever));
}

TEST(DrmServiceThreadsTest, DriverEndsUpWithTheStoresPolicies) {
  fltlink::OsHost host;
  fltlink::ScriptedPort port(host);
  ModelDriver driver;
  port.on_request = [&driver](fltlink::Bytes request, fltlink::MutableBytes answer) {
    return driver(request, answer);
  };
  auto opened = PolicyStore::open(":memory:");
  const auto& store = std::get<std::unique_ptr<PolicyStore>>(opened);
  EventLog log(std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>()),
               LogLevel::kInfo);
  DrmService service(host, port, *store, log, Settings{});
  ASSERT_EQ(service.start(), fltlink::StartOutcome::kStarted);

  std::thread first([&service] { change_policies(service, u'x'); });
  std::thread second([&service] { change_policies(service, u'y'); });
  for (int i = 0; i < 50; ++i) port.deliver(fltlink::block_notice(u"C:\\a", u"reason"));
  port.hang_up();
  first.join();
  second.join();
  EXPECT_EQ(driver.policies(), policies_in(*store));
  service.stop();
  fltlink::expect_balanced(service.counters());
}

}  // namespace
}  // namespace drmservice

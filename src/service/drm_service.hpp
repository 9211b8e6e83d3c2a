// DrmService: the service program's life cycle. It keeps the driver's policies and settings equal to its own,
// and logs what the driver reports.
//
// Policies reach the driver from one thread only, the loop's connection thread: after each connect all of
// them, and after each change those that changed. So a change can never be overtaken by an older one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <fltlink/base/host.hpp>
#include <fltlink/service/receive_loop.hpp>

#include "service/event_log.hpp"
#include "service/policy_store.hpp"
#include "service/settings.hpp"

namespace drmservice {

// Somebody who watches the messages beside the log: a test, a table on the screen. Called by any worker,
// several at once, before the message is logged.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_file_event(const fltlink::DriverMessage& event) = 0;
  virtual void on_block(const fltlink::DriverMessage& notice) = 0;
};

class DrmService final : private fltlink::Handlers {
 public:
  // Everything referred to outlives the service; `observer` may be null, and so may `authenticator`, where the
  // driver has no key.
  DrmService(fltlink::Host& host, fltlink::Port& port, PolicyStore& policies, EventLog& log,
             const Settings& settings, Observer* observer = nullptr,
             const fltlink::Authenticator* authenticator = nullptr);

  // Starts the threads; the driver may come later. Once.
  [[nodiscard]] fltlink::StartOutcome start();

  // Any thread, a handler included; never blocks.
  void request_stop() { loop_.request_stop(); }

  // Ends the service: every message that was received has been handled. Any number of times, one thread at a
  // time.
  void stop();

  // Change a policy in the store, and tell the driver soon. Any thread.
  [[nodiscard]] StoreResult<Done> add_policy(std::u16string_view path, uint32_t flags);
  [[nodiscard]] StoreResult<Done> remove_policy(std::u16string_view path);

  // Changes what the driver does, until the service ends. Any thread.
  void configure(bool monitoring, bool blocking);

  // Blocks until the driver has been told of every change that was made before this call, or until `deadline`
  // (a point of the host's clock) has passed. Any thread but the loop's own.
  [[nodiscard]] bool wait_until_applied(fltlink::Ticks deadline);

  // Asks the driver. Any thread but the loop's own; blocks while the driver answers.
  [[nodiscard]] fltlink::Answered<fltlink::StatusReply> driver_status() { return driver_.status(); }

  // The same, for the books of the whole driver.
  [[nodiscard]] fltlink::Answered<fltlink::CountersReply> driver_counters() { return driver_.counters(0); }

  [[nodiscard]] const fltlink::LoopCounters& counters() const { return loop_.counters(); }
  [[nodiscard]] bool connected() const { return loop_.connected(); }

 private:
  // Somebody in wait_until_applied(). Shared, because the wake may still be under way when the waiter is
  // gone.
  struct Waiter {
    fltlink::ParkingSpot spot;
  };

  void on_file_event(const fltlink::DriverMessage& event, fltlink::ReplyToken* owed) override;
  void on_block(const fltlink::DriverMessage& notice, fltlink::ReplyToken* owed) override;
  fltlink::ConnectionUse on_connected(fltlink::DriverClient& driver,
                                      const fltlink::ConnectionTerms& terms) override;
  fltlink::ConnectionUse on_attention(fltlink::DriverClient& driver) override;
  void on_trouble(const fltlink::TroubleReport& report) override;

  fltlink::ConnectionUse apply_changes(fltlink::DriverClient& driver);
  fltlink::ConnectionUse apply_config(fltlink::DriverClient& driver);
  fltlink::ConnectionUse apply_policies(fltlink::DriverClient& driver);
  fltlink::ConnectionUse apply_policy(fltlink::DriverClient& driver, const Policy& policy);
  void forget(const Policy& policy);
  void announce_change();
  void announce_applied(uint64_t change);

  fltlink::Host& host_;
  PolicyStore& policies_;
  EventLog& log_;
  Observer* const observer_;
  fltlink::DriverClient driver_;
  bool running_ = false;  // between start() and stop()

  // The connection thread's own: what the driver on this connection has been told.
  std::map<std::u16string, uint32_t> told_versions_;
  uint64_t told_config_ = 0;

  mutable std::mutex mutex_;
  // Guarded by mutex_. Changes are numbered; the driver knows all up to applied_.
  fltlink::ConfigChange config_;
  uint64_t config_number_ = 1;
  uint64_t changes_ = 1;
  uint64_t applied_ = 0;
  std::vector<std::shared_ptr<Waiter>> waiters_;

  // Last: its threads use everything above.
  fltlink::ReceiveLoop loop_;
};

}  // namespace drmservice

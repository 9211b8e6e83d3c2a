// Authorizer: the part of the service that answers questions. What a policy with ASK forbids, the driver puts
// to it over a connection of its own, with the role of an authorizer, so that questions do not queue behind
// reports. It allows what the settings name, denies everything else, and logs each verdict.
#pragma once

#include <string>
#include <vector>

#include <fltlink/base/host.hpp>
#include <fltlink/service/receive_loop.hpp>

#include "service/event_log.hpp"
#include "service/settings.hpp"

namespace drmservice {

class Authorizer final : private fltlink::Handlers {
 public:
  // Everything referred to outlives the authorizer. `port` is for it alone.
  Authorizer(fltlink::Host& host, fltlink::Port& port, EventLog& log, const Settings& settings,
             const fltlink::Authenticator* authenticator = nullptr);

  // Starts the threads; the driver may come later. Once.
  [[nodiscard]] fltlink::StartOutcome start() { return loop_.start(); }

  // Every question that was received has been answered. Any number of times, one thread at a time.
  void stop() { loop_.stop(); }

  [[nodiscard]] const fltlink::LoopCounters& counters() const { return loop_.counters(); }
  [[nodiscard]] bool connected() const { return loop_.connected(); }

 private:
  void on_authorize(const fltlink::DriverMessage& question, fltlink::VerdictToken& owed) override;
  void on_file_event(const fltlink::DriverMessage& event, fltlink::ReplyToken* owed) override;
  void on_block(const fltlink::DriverMessage& notice, fltlink::ReplyToken* owed) override;
  fltlink::ConnectionUse on_connected(fltlink::DriverClient& driver,
                                      const fltlink::ConnectionTerms& terms) override;
  fltlink::ConnectionUse on_attention(fltlink::DriverClient& driver) override;
  void on_trouble(const fltlink::TroubleReport& report) override;

  [[nodiscard]] bool may(const fltlink::DriverMessage& question) const;

  fltlink::Host& host_;
  EventLog& log_;
  std::vector<std::u16string> allowed_;  // patterns, in upper case

  // Last: its threads use everything above.
  fltlink::ReceiveLoop loop_;
};

}  // namespace drmservice

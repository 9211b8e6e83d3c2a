// The DrmFilter service as a process of the simulated machine: its policies in a SQLite file, its log beside
// it, and an account of what reached it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <fltlink/codec/counters.hpp>

#include <fltlink/port/filter_port.hpp>
#include "cli/latency.hpp"
#include "fltsim/machine.hpp"
#include "fltsim/process_host.hpp"
#include "service/program.hpp"

namespace fltlink::cli {

inline constexpr std::u16string_view kServiceImage = u"C:\\Program Files\\DrmService\\drmservice.exe";

// What the service's handlers saw. Any thread.
class Witness final : public drmservice::Observer {
 public:
  // `host` tells the time. `policies` are paths with NT's wildcards.
  Witness(Host& host, std::vector<std::u16string> policies)
      : host_(host), policies_(std::move(policies)), blocked_(policies_.size() + 1) {}

  void on_file_event(const DriverMessage& event) override { add_latency(event); }
  void on_block(const DriverMessage& notice) override;

  [[nodiscard]] const std::vector<std::u16string>& policies() const { return policies_; }
  // Block notices by policy, in the order of policies(); behind them those that none of them explains.
  [[nodiscard]] std::vector<std::uint64_t> blocked() const;
  // From the time stamp that the driver put on a message to the handler.
  [[nodiscard]] const LatencyHistogram& latency() const { return latency_; }

 private:
  void add_latency(const DriverMessage& message);

  Host& host_;
  const std::vector<std::u16string> policies_;
  LatencyHistogram latency_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> blocked_;  // under mutex_
};

// What driver and service say of the messages between them.
struct Books {
  CountersReply driver;
  std::uint64_t blocked_operations = 0;  // by the driver's own count
  std::uint64_t received = 0;            // messages that came to the service
  std::uint64_t handled = 0;             // and were given to a handler

  [[nodiscard]] MessageCounters events() const;  // both message types together
  // Each type balances, nothing is on its way, what the driver calls delivered is what the service handled, and
  // each denied operation made one block notice.
  [[nodiscard]] bool balance() const;
};

// The control thread, but for witness(). A failure is a sentence.
class ServiceProcess {
 public:
  // Makes the database with the default policies and the log in `directory`, an existing directory of the
  // host. The service does not run yet.
  [[nodiscard]] static std::variant<std::unique_ptr<ServiceProcess>, std::string> create(
      fltsim::Machine& machine, const std::string& directory);

  // Its image as the driver sees it, for AllowedImage.
  [[nodiscard]] std::u16string device_image() const { return process_.device_image(); }
  [[nodiscard]] Witness& witness() { return *witness_; }

  // Starts the service and waits until the driver has its policies.
  [[nodiscard]] std::optional<std::string> start();
  // Lets everything that is on its way arrive, and asks driver and service.
  [[nodiscard]] std::variant<Books, std::string> settle_books();
  // Disconnects and ends the process. A sentence when the log could not be written.
  [[nodiscard]] std::optional<std::string> stop();

 private:
  explicit ServiceProcess(fltsim::Machine& machine);

  [[nodiscard]] std::optional<std::string> open_files(const std::string& directory);
  [[nodiscard]] bool start_inside();
  [[nodiscard]] bool all_policies_are_active();
  [[nodiscard]] bool ask(Books& books);

  fltsim::Machine& machine_;
  fltsim::Process process_;
  const std::shared_ptr<Host> host_;
  std::optional<Witness> witness_;
  std::unique_ptr<FilterPort> port_;
  std::unique_ptr<drmservice::Program> program_;  // last: it uses the two
};

}  // namespace fltlink::cli

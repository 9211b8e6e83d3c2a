// FilterPort in a simulated process, and a driver of the simulated filter manager.
#pragma once

#include "client/port_machine.hpp"
#include "conformance/port_environment.hpp"
#include "fltsim/process_host.hpp"
#include <fltlink/port/filter_port.hpp>

namespace fltlink::test {

class SimulatedEnvironment final : public PortEnvironment {
 public:
  template <uint64_t kSeed>
  static std::unique_ptr<PortEnvironment> make_seeded() {
    fltsim::Options options;
    options.seed = kSeed;
    return std::make_unique<SimulatedEnvironment>(options);
  }
  static std::unique_ptr<PortEnvironment> make_host() {
    fltsim::Options options;
    options.scheduler = fltsim::SchedulerKind::kHost;
    return std::make_unique<SimulatedEnvironment>(options);
  }

  explicit SimulatedEnvironment(const fltsim::Options& options)
      : machine_(options), host_(fltsim::make_process_host(machine_.client)) {
    machine_.driver.on_connect = [this](auto&, const void*, ULONG) {
      return refusing_ ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
    };
    machine_.driver.on_message = [this](const void* in, ULONG in_size, void* out, ULONG out_size,
                                        ULONG* returned) {
      return take_request(in, in_size, out, out_size, returned);
    };
    as_client([this] { port_ = FilterPort::open(*host_, fltsim::kPortName); });
  }

  ~SimulatedEnvironment() override {
    give_up_sending();
    as_client([this] { port_->finish(); });
    for (fltsim::ThreadHandle& thread : threads_) EXPECT_EQ(thread.join(), fltsim::Outcome::kDone);
  }

  Port& port() override { return *port_; }
  Host& host() override { return *host_; }
  void as_client(const std::function<void()>& code) override {
    EXPECT_EQ(machine_.client.run(code), fltsim::Outcome::kDone);
    machine_.settle();
  }
  void start_client_thread(std::function<void()> code) override {
    threads_.push_back(machine_.client.start_thread("client", std::move(code)));
    machine_.settle();
  }

  void send(PortBytes message, std::optional<size_t> reply_room) override {
    const auto room = reply_room ? std::optional<ULONG>(static_cast<ULONG>(*reply_room)) : std::nullopt;
    // The test says when a sender gives up, not the clock.
    sent_with_room_.push_back(reply_room.has_value());
    machine_.start_send(message, room, fltsim::kNoTimeout, machine_.driver.slots.size() - 1);
    machine_.settle();
  }
  void give_up_sending() override {
    for (fltsim::Sending& sending : machine_.sends) sending.thread.terminate();
    machine_.settle();
  }
  std::vector<Replied> replied() override {
    std::vector<Replied> result;
    for (std::size_t index = 0; index < machine_.sends.size(); ++index) {
      const fltsim::Sending& sending = machine_.sends[index];
      if (!sent_with_room_[index] || !sending.done() || sending.status != STATUS_SUCCESS) continue;
      result.push_back(
          {sending.status, {sending.reply.begin(), sending.reply.begin() + sending.reply_length}});
    }
    return result;
  }
  void refuse_connects(bool refuse) override { refusing_ = refuse; }
  void occupy(bool taken) override {
    if (!taken) {
      EXPECT_EQ(other_->kill(), fltsim::Outcome::kDone);
      return;
    }
    other_ = machine_.machine.start_process({.image = u"C:\\App\\other.exe", .user = fltsim::User::kSystem});
    EXPECT_EQ(machine_.try_connect(*other_).result, S_OK);
  }
  void deny_access() override {
    close_server_port();
    machine_.driver.settings.access = FLT_PORT_CONNECT;  // PORT-14: a connect asks for all of it
    EXPECT_EQ(machine_.in_kernel([this] { return machine_.driver.create_port(&machine_.driver.server); }),
              STATUS_SUCCESS);
  }
  void answer_requests(PortBytes answer) override { answer_ = std::move(answer); }
  void refuse_requests() override { answer_.reset(); }
  std::vector<PortBytes> requests() override { return requests_; }
  void hang_up() override {
    machine_.in_kernel([this] {
      FltCloseClientPort(machine_.driver.filter, &machine_.driver.slots.back().port);
      return 0;
    });
    machine_.settle();
  }
  void close_server_port() override {
    machine_.in_kernel([this] {
      FltCloseCommunicationPort(std::exchange(machine_.driver.server, nullptr));
      return 0;
    });
  }
  void unload() override {
    EXPECT_EQ(machine_.loaded->unload(), STATUS_SUCCESS);
    machine_.settle();
  }

 private:
  // In MessageNotify: the client's memory is there, this client does not take it away.
  NTSTATUS take_request(const void* in, ULONG in_size, void* out, ULONG out_size, ULONG* returned) {
    const auto* bytes = static_cast<const uint8_t*>(in);
    requests_.emplace_back(bytes, bytes + in_size);
    if (!answer_) return STATUS_INVALID_PARAMETER;
    if (answer_->size() > out_size) return STATUS_BUFFER_TOO_SMALL;
    std::copy(answer_->begin(), answer_->end(), static_cast<uint8_t*>(out));
    *returned = static_cast<ULONG>(answer_->size());
    return STATUS_SUCCESS;
  }

  bool refusing_ = false;
  std::optional<PortBytes> answer_ = PortBytes{};
  std::vector<PortBytes> requests_;
  std::vector<bool> sent_with_room_;
  fltsim::PortMachine machine_;
  std::optional<fltsim::Process> other_;
  std::shared_ptr<Host> host_;
  std::unique_ptr<FilterPort> port_;
  std::vector<fltsim::ThreadHandle> threads_;
};

}  // namespace fltlink::test

// The driver that a ScriptedPort has built in.
#pragma once

#include <fltlink/port/classify.hpp>

#include "conformance/port_environment.hpp"
#include "support/fake_host.hpp"
#include "support/scripted_port.hpp"

namespace fltlink::test {

class ScriptedEnvironment final : public PortEnvironment {
 public:
  static std::unique_ptr<PortEnvironment> make() { return std::make_unique<ScriptedEnvironment>(); }

  ~ScriptedEnvironment() override {
    for (void* thread : threads_) host_.join(thread);
  }

  Port& port() override { return port_; }
  Host& host() override { return host_; }
  void as_client(const std::function<void()>& code) override {
    code();
    host_.settle();
  }
  void start_client_thread(std::function<void()> code) override {
    auto* kept = &code_.emplace_back(std::move(code));
    threads_.push_back(host_.spawn(
        "client", [](void* context) { (*static_cast<std::function<void()>*>(context))(); }, kept));
    host_.settle();
  }

  void send(PortBytes message, std::optional<size_t> reply_room) override {
    const uint64_t id = port_.deliver(std::move(message), reply_room);
    if (id != 0) waiting_.push_back(id);
    host_.settle();
  }
  void give_up_sending() override {
    for (const uint64_t id : waiting_) port_.expire(id);
    waiting_.clear();
  }
  std::vector<Replied> replied() override {
    std::vector<Replied> result;
    for (const ScriptedPort::Reply& reply : port_.replies())
      result.push_back({reply.header.status, reply.payload});
    return result;
  }
  void refuse_connects(bool refuse) override {
    port_.script_connects(refuse ? std::vector<uint32_t>{kHresultAccessDenied} : std::vector<uint32_t>{});
  }
  void occupy(bool taken) override {
    port_.script_connects(taken ? std::vector<uint32_t>{kHresultConnectionCount} : std::vector<uint32_t>{});
  }
  void deny_access() override { port_.script_connects({kHresultAccessDenied}); }
  void answer_requests(PortBytes answer) override {
    port_.on_request = [answer](std::span<const uint8_t>, std::span<uint8_t> room) {
      std::copy(answer.begin(), answer.end(), room.begin());
      return SendResult{SendOutcome::kAnswered, kHresultOk, answer.size()};
    };
  }
  void refuse_requests() override {
    port_.on_request = [](std::span<const uint8_t>, std::span<uint8_t>) {
      return SendResult{SendOutcome::kRefused, kHresultInvalidParameter, 0};
    };
  }
  std::vector<PortBytes> requests() override { return port_.requests(); }
  void hang_up() override {
    port_.hang_up();
    host_.settle();
  }
  void close_server_port() override { port_.script_connects({kHresultFileNotFound}); }
  void unload() override {
    hang_up();
    close_server_port();
  }

 private:
  FakeHost host_;
  ScriptedPort port_{host_};
  std::deque<std::function<void()>> code_;
  std::vector<void*> threads_;
  std::vector<uint64_t> waiting_;
};

}  // namespace fltlink::test

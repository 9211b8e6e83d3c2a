// FilterPort: Port over the Windows client API (fltlib, completion ports). It is linked: fltlink::filter_port, whose
// src/port/filter_port.cpp is the only file of ours that names that API. Which fltlib it runs on, the real or the
// simulated one, is decided by linking.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include <fltlink/base/host.hpp>
#include <fltlink/port/port.hpp>

namespace fltlink {

// Holds one completion port for its lifetime and at most one connection at a time. Each handle is closed by
// an explicit call, never by a destructor: such a call may leave by the exception that unwinds a killed
// process, whose handles the system closes anyway.
class FilterPort final : public Port {
 public:
  // `name` is the port's, with a leading backslash (BAD-26), e.g. u"\\DrmFilterPort". `host` tells the time
  // for the deadlines of wait(), and outlives the port. Null when the system has no completion port to give.
  [[nodiscard]] static std::unique_ptr<FilterPort> open(Host& host, std::u16string name);

  // Of the calling process, as the driver knows it.
  [[nodiscard]] static uint32_t process_id();

  // Forgets the handles that finish() has not closed.
  ~FilterPort() override = default;

  [[nodiscard]] ConnectResult connect(std::span<const uint8_t> context) override;
  [[nodiscard]] PostResult post(Receive& receive) override;
  [[nodiscard]] Completion wait(Ticks deadline) override;
  void interrupt() override;
  [[nodiscard]] ReplyResult reply(ConnectionNumber connection, std::span<const uint8_t> reply) override;
  [[nodiscard]] SendResult send(std::span<const uint8_t> request, std::span<uint8_t> answer) override;
  void cancel_all() override;
  void close() override;

  // Closes the connection and the completion port. The last call; REQUIRES that no other thread is in any.
  void finish();

 private:
  // One connection's handle and how many calls are using it. The handle is closed by whoever leaves it last,
  // so that no call ever meets a handle that the system has given to somebody else. Guarded by mutex_.
  struct Connection {
    void* handle;
    ConnectionNumber number;
    size_t users = 0;
    bool closing = false;
  };
  using ConnectionPointer = std::shared_ptr<Connection>;

  FilterPort(Host& host, std::u16string name, void* completion_port)
      : host_(host), name_(std::move(name)), completion_port_(completion_port) {}

  // Null when there is no connection, or not the one named.
  [[nodiscard]] ConnectionPointer enter();
  [[nodiscard]] ConnectionPointer enter(ConnectionNumber number);
  void leave(const ConnectionPointer& connection);
  [[nodiscard]] uint32_t milliseconds_until(Ticks deadline);

  Host& host_;
  const std::u16string name_;
  void* const completion_port_;

  // A leaf: held for a few instructions, never across a call of the system.
  std::mutex mutex_;
  ConnectionPointer connection_;
  uint64_t connections_ = 0;
};

}  // namespace fltlink

// What the conformance suite of Port needs around an implementation: the driver at the far end, and the process
// in which the client's calls are made.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <vector>

#include <fltlink/port/port.hpp>

namespace fltlink::test {

using PortBytes = std::vector<uint8_t>;

// The far end follows the rules of the filter manager for a port that takes one connection at a time. Its verbs
// belong to the test's own thread, and return when everybody else has come to rest.
class PortEnvironment {
 public:
  // What a sender in the driver got by a reply.
  struct Replied {
    int32_t status;
    PortBytes payload;
    friend bool operator==(const Replied&, const Replied&) = default;
  };

  virtual ~PortEnvironment() = default;

  // --- the client's end ---
  virtual Port& port() = 0;
  virtual Host& host() = 0;
  // Runs `code` in a thread of the client until it is done.
  virtual void as_client(const std::function<void()>& code) = 0;
  // Starts `code` in a thread of the client of its own, which may wait.
  virtual void start_client_thread(std::function<void()> code) = 0;

  // --- the driver's end ---

  // A driver's thread sends `message` and waits; `reply_room` is the payload that it has room for, nullopt wants
  // no reply.
  virtual void send(PortBytes message, std::optional<size_t> reply_room) = 0;
  // Every sender that waits goes away without its reply.
  virtual void give_up_sending() = 0;
  // In the order of the messages.
  virtual std::vector<Replied> replied() = 0;
  // What the callbacks of the driver will do from now on.
  virtual void refuse_connects(bool refuse) = 0;
  // Another client takes the one connection there is, or gives it back.
  virtual void occupy(bool taken) = 0;
  // From now on the port's descriptor does not admit this client.
  virtual void deny_access() = 0;
  virtual void answer_requests(PortBytes answer) = 0;
  virtual void refuse_requests() = 0;
  // The requests that reached the message callback.
  virtual std::vector<PortBytes> requests() = 0;
  // The driver closes its end of the connection.
  virtual void hang_up() = 0;
  // The port goes; a connection lives on.
  virtual void close_server_port() = 0;
  // The driver goes, with all that it has.
  virtual void unload() = 0;
};

// One line of an instantiation.
struct PortImplementation {
  const char* name;
  std::unique_ptr<PortEnvironment> (*make)();

  friend void PrintTo(const PortImplementation& implementation, std::ostream* out) {
    *out << implementation.name;
  }
};

}  // namespace fltlink::test

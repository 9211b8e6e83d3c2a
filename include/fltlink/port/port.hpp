// Port: the client's end of a filter communication port, in our own terms. The service sees the driver
// through it and through nothing else. FilterPort (src/port) implements it over the Windows client API; tests
// implement it in memory.
//
// Statuses of the system stop here: each call returns a narrow outcome, and the 32-bit HRESULT that led to it
// rides along as a number for logs. port/classify.hpp is the one table from number to outcome.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include <fltlink/base/host.hpp>

namespace fltlink {

// Numbers the connections of one Port: 1, 2, 3, ... A message id means something only together with the
// connection it came over (WIRE-14), so a reply names both.
enum class ConnectionNumber : uint64_t {
  kNone = 0
};

enum class ConnectOutcome {
  kConnected,
  kNoPort,   // no such port: the driver is not loaded, or is going away
  kBusy,     // every connection of the port is taken
  kRefused,  // the port's descriptor, or the driver's connect callback, said no
  kFailed,   // anything else; the code tells
};

enum class PostOutcome {
  kPosted,        // the receive is outstanding; wait() will return it
  kDisconnected,  // the connection is gone; the receive is the caller's again
  kFailed,        // anything else; the receive is the caller's again
};

enum class ReceiveOutcome {
  kMessage,       // the buffer begins with `size` bytes: port header and message
  kTooSmall,      // the message at the head does not fit this buffer and stays with its sender (GET-7)
  kAborted,       // cancelled; no message was taken (GET-12)
  kDisconnected,  // the connection is gone
  kFailed,        // anything else; the code tells
};

enum class ReplyOutcome {
  kReplied,
  kNoWaiter,      // the sender gave up, or was answered before: harmless (REPLY-3)
  kTooLong,       // longer than the sender's buffer; the sender was woken with an error (WIRE-11)
  kDisconnected,  // the connection that the message came over is gone
  kFailed,        // anything else; the code tells
};

enum class SendOutcome {
  kAnswered,      // the driver took the request; `size` bytes of answer
  kRefused,       // the driver's message callback returned a failing status
  kDisconnected,  // the connection is gone, or there is none
  kFailed,        // the request never reached the driver's callback; the code tells
};

// One receive: a buffer and the room that the port needs while it is outstanding. Owned by the caller.
// Between post() == kPosted and the wait() that returns it, the caller neither reads, writes, moves nor
// destroys it (GET-16).
struct Receive {
  // Where the port header (16 bytes) and the message go; aligned to 8, at least 16 bytes.
  std::span<uint8_t> buffer;
  // Set by post: the connection that the bytes come over.
  ConnectionNumber connection = ConnectionNumber::kNone;
  // The port's own: an OVERLAPPED and a way back from it.
  alignas(16) uint8_t port_data[64];
};

struct ConnectResult {
  ConnectOutcome outcome;
  uint32_t code;
  ConnectionNumber connection;  // kNone unless connected
};

struct PostResult {
  PostOutcome outcome;
  uint32_t code;
};

struct ReplyResult {
  ReplyOutcome outcome;
  uint32_t code;
};

struct SendResult {
  SendOutcome outcome;
  uint32_t code;
  size_t size;  // bytes of the answer; 0 unless answered (MSG-8)
};

enum class WaitOutcome {
  kReceive,      // a receive came back: `receive`, `result`, `size`, `code`
  kInterrupted,  // an interrupt() was there; it is used up
  kTimedOut,     // the deadline passed first
};

struct Completion {
  WaitOutcome outcome;
  Receive* receive;       // null unless outcome is kReceive
  ReceiveOutcome result;  // how that receive ended; kAborted unless outcome is kReceive
  uint32_t code;
  size_t size;  // bytes of header and message; 0 unless result is kMessage
};

// Any thread may call anything, several at once, but for connect() and close(): these are called by one
// thread at a time. No call asserts on what the driver does, and none retries. An implementation holds no
// lock while it waits. Calls may leave by an exception that is not ours (the simulator unwinds the threads of
// a killed process); callers let it pass.
class Port {
 public:
  virtual ~Port() = default;

  // Connects with `context`, up to 65511 bytes, empty for none (CONN-2, CONN-3). REQUIRES: not connected.
  // Blocks while the driver's connect callback runs.
  [[nodiscard]] virtual ConnectResult connect(std::span<const uint8_t> context) = 0;

  // Makes `receive` outstanding on the current connection. Does not wait for a message. Receives are served
  // first in first out (GET-5), but wait() may return them in any order (GET-6).
  [[nodiscard]] virtual PostResult post(Receive& receive) = 0;

  // Blocks until a receive has ended, an interrupt is there, or `deadline` (a point of the Host's clock;
  // kForever for none) has passed. Receives of a closed connection come back too. Each receive and each
  // interrupt wakes one thread.
  [[nodiscard]] virtual Completion wait(Ticks deadline) = 0;

  // Lets one wait(), a present or the next one, return kInterrupted. Never blocks.
  virtual void interrupt() = 0;

  // Answers a message that came over `connection`: the 16 bytes of reply header, then the payload. Its size
  // counts, so it is 16 + payload, never sizeof a struct around both (WIRE-7). REQUIRES: aligned to 8, at
  // least 16 bytes. Does not block.
  [[nodiscard]] virtual ReplyResult reply(ConnectionNumber connection, std::span<const uint8_t> reply) = 0;

  // Sends `request`, of any size and alignment, to the driver over the current connection and blocks until its
  // message callback has returned. What it answered lies in `answer`, which may be empty (MSG-1, MSG-7). The driver
  // sees both addresses as they are, so what it reads as a structure should be aligned as one (MSG-4).
  [[nodiscard]] virtual SendResult send(std::span<const uint8_t> request, std::span<uint8_t> answer) = 0;

  // Asks for the end of every outstanding receive; each still comes back through wait(), as kMessage if its
  // message was faster (GET-12). Without a connection it does nothing.
  virtual void cancel_all() = 0;

  // Ends the connection; without one it does nothing. Receives that are still outstanding come back through
  // wait(). Replies on their way keep the system's handle until they are done.
  virtual void close() = 0;
};

}  // namespace fltlink

// Handlers: what a service does with what the driver sends it.
#pragma once

#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/service/driver_client.hpp>
#include <fltlink/service/reply_token.hpp>
#include <fltlink/service/verdict_token.hpp>

namespace fltlink {

// What a connection is worth after the service has talked to the driver over it.
enum class ConnectionUse {
  kKeep,
  kTryAgain,  // keep it; on_attention is called again after a pause, which grows while the answer stays the same
  kReconnect,  // drop it, and connect again after a pause
};

enum class Trouble {
  kConnectFailed,         // code: HRESULT
  kAuthenticationFailed,  // the driver took no proof of the key; code: that of the RequestResult
  kNegotiationFailed,     // code: that of the RequestResult
  kConnectionLost,        // code: HRESULT, or 0 when the service gave it up
  kMalformedMessage,      // code: DecodeError
  kUnknownType,           // code: the type
  kNoRoomForVerdict,      // a question whose sender cannot take a verdict; code: its room, in bytes

  // About one message that waits for an answer; code: milliseconds since it was received.
  kReplyDueSoon,   // it still waits, and most of its sender's wait is over
  kReplyTimedOut,  // the loop has answered by the fail policy
  kHandlerLate,    // its handler has returned behind that answer

  kSlowHandler,  // a handler that took long, though nobody waited in vain; code: milliseconds that it ran

  // Shortages, told when they begin and when they are over. Code at the beginning: how many there are of what
  // is short; at the end: milliseconds that it lasted.
  kReceivesExhausted,  // no receive is outstanding: senders wait in the driver
  kReceivesRecovered,
  kWorkersExhausted,  // messages wait for a worker
  kWorkersRecovered,
  kTurningAway,  // more questions wait than may, so that some are answered by the fail policy at once
  kTurningAwayEnded,
};

struct TroubleReport {
  Trouble trouble;
  uint32_t code = 0;
  MESSAGE_TYPE type = 0;  // of the message that it is about; 0: of none that is known
};

// The loop calls its handlers with nothing locked. on_file_event, on_block and on_authorize run on any
// worker, several at once; the other two that talk to the driver run on the connection's thread, one at a
// time; on_trouble runs on any of these, and on the thread that watches the deadlines. What a handler is
// given lives until it returns. A handler throws nothing of its own: the threads of an ordinary host have
// nobody to catch it, and the program ends. What a host throws to unwind the threads of a killed process
// passes through.
class Handlers {
 public:
  virtual ~Handlers() = default;

  // `owed` is null unless the sender waits for a reply; unused, it is answered by the fail policy of the
  // type.
  virtual void on_file_event(const DriverMessage& event, ReplyToken* owed) = 0;
  virtual void on_block(const DriverMessage& notice, ReplyToken* owed) = 0;

  // May this be done? Asked of a connection with the role of an authorizer only. Unused, `owed` is answered
  // by LoopOptions::fail.authorize, which is all that a service without this handler says.
  virtual void on_authorize(const DriverMessage& question, VerdictToken& owed) {
    static_cast<void>(question);
    static_cast<void>(owed);
  }

  // A connection is up: receives are outstanding, nothing has been sent but the negotiation. Send what the
  // driver must know; it may have been restarted since the last time.
  virtual ConnectionUse on_connected(DriverClient& driver, const ConnectionTerms& terms) = 0;

  // Somebody called ReceiveLoop::request_attention() while a connection was up.
  virtual ConnectionUse on_attention(DriverClient& driver) = 0;

  // Returns soon, and waits for nothing: answers in time depend on the thread that calls it.
  virtual void on_trouble(const TroubleReport& report) = 0;
};

}  // namespace fltlink

// Handlers: what a service does with what the driver sends it.
#pragma once

#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/service/driver_client.hpp>
#include <fltlink/service/reply_token.hpp>

namespace fltlink {

// What a connection is worth after the service has talked to the driver over it.
enum class ConnectionUse {
  kKeep,
  kTryAgain,  // keep it; on_attention is called again after a pause, which grows while the answer stays the same
  kReconnect,  // drop it, and connect again after a pause
};

enum class Trouble {
  kConnectFailed,      // code: HRESULT
  kNegotiationFailed,  // code: that of the RequestResult
  kConnectionLost,     // code: HRESULT, or 0 when the service gave it up
  kMalformedMessage,   // code: DecodeError
  kUnknownType,        // code: the type
  kSlowHandler,        // code: milliseconds
};

// The loop calls its handlers with nothing locked. on_file_event and on_block run on any worker, several at
// once; the other two that talk to the driver run on the connection's thread, one at a time; on_trouble runs
// on either. What a handler is given lives until it returns. A handler throws nothing of its own: the
// threads of an ordinary host have nobody to catch it, and the program ends. What a host throws to unwind the
// threads of a killed process passes through.
class Handlers {
 public:
  virtual ~Handlers() = default;

  // `owed` is null unless the sender waits for a reply; unused, it is answered with
  // LoopOptions::when_unanswered.
  virtual void on_file_event(const DriverMessage& event, ReplyToken* owed) = 0;
  virtual void on_block(const DriverMessage& notice, ReplyToken* owed) = 0;

  // A connection is up: receives are outstanding, nothing has been sent but the negotiation. Send what the
  // driver must know; it may have been restarted since the last time.
  virtual ConnectionUse on_connected(DriverClient& driver, const ConnectionTerms& terms) = 0;

  // Somebody called ReceiveLoop::request_attention() while a connection was up.
  virtual ConnectionUse on_attention(DriverClient& driver) = 0;

  virtual void on_trouble(Trouble trouble, uint32_t code) = 0;
};

}  // namespace fltlink

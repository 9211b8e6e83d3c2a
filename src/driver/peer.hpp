// Peer: who is at the other end of a connection, and whether it has shown the driver's key.
//
//   1. The process that connected is held by a reference as long as the connection lives: neither its object's
//      address nor its id is given to another process meanwhile. So a request in any other process, which has
//      the handle by inheritance or duplication, is known for what it is.
//   2. A nonce is used up by the first proof that comes for it, right or wrong, and by the next nonce.
//   3. What was derived from the key is wiped when the connection ends.
#pragma once

#include <fltKernel.h>

#include <fltlink/codec/sealed_message.hpp>

#include "state.hpp"

namespace drmfilter {

class Peer {
 public:
  constexpr Peer() = default;

  // Once, and once at the end.
  void start() { FltInitializePushLock(&lock_); }
  void stop() { FltDeletePushLock(&lock_); }

  // A new connection, made by the current process with this context. PASSIVE_LEVEL.
  void open(const fltlink::ConnectContext& context, uint32_t connection_id);
  // When nobody uses the connection any more. PASSIVE_LEVEL.
  void close();

  // Whether the current process is the one that connected, and still has a token that may connect.
  [[nodiscard]] bool is_sender() const;

  // Everything but GET_NONCE and AUTHENTICATE waits for this. Any IRQL.
  [[nodiscard]] bool is_authenticated() const { return authenticated_.load(MemoryOrder::kAcquire); }
  // Nothing that it still sends helps it: the connection is to be closed. Any IRQL.
  [[nodiscard]] bool is_given_up() const { return given_up_.load(MemoryOrder::kAcquire); }
  void give_up() { given_up_.store(true, MemoryOrder::kRelease); }

  // --- PASSIVE_LEVEL; several threads at once ---

  // A new nonce. STATUS_INVALID_DEVICE_REQUEST: it is authenticated already. The status of BCrypt.
  [[nodiscard]] NTSTATUS give_nonce(fltlink::NonceReply& reply);
  // STATUS_ACCESS_DENIED: no nonce is out, or the proof is none; too many of those give the connection up.
  // STATUS_INVALID_DEVICE_REQUEST: it is authenticated already. The status of BCrypt, which is no attempt.
  [[nodiscard]] NTSTATUS check_proof(const fltlink::Mac& proof);
  // Opens a sealed envelope. REQUIRES: is_authenticated(), in a driver that has a key.
  [[nodiscard]] fltlink::Result<fltlink::Bytes, fltlink::DecodeError> open_seal(fltlink::Bytes bytes);

 private:
  PEPROCESS process_ = nullptr;
  Atomic<bool> authenticated_{false};
  Atomic<bool> given_up_{false};

  EX_PUSH_LOCK lock_ = 0;
  // Under lock_.
  fltlink::Binding binding_;
  bool has_nonce_ = false;
  uint32_t failures_ = 0;
  fltlink::Mac sealing_key_{};
  fltlink::ReplayWindow window_;
};

}  // namespace drmfilter

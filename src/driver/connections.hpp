// Connections: the table of clients, who gets in, and who gets what.
#pragma once

#include <fltKernel.h>

#include <array>

#include <fltlink/codec/counters.hpp>

#include "connection.hpp"

namespace drmfilter {

// What a port callback is given back as its cookie: the number of the connection, which is never used twice,
// so that a callback that comes late never meets the slot's next client.
using Cookie = PVOID;

class Connections {
 public:
  constexpr Connections() = default;

  // Before the port is created (P-5). `allowed_image` is the whole NT device path of the service's image;
  // empty admits nobody. It is kept as it is and must live as long as the port. `authorize_timeout_ms` is how long
  // an authorizer has for a verdict. PASSIVE_LEVEL, all of them.
  void start(Text allowed_image, uint32_t authorize_timeout_ms);
  // Before the port is created, and when the authority has its key. STATUS_INSUFFICIENT_RESOURCES.
  [[nodiscard]] NTSTATUS open_gate();
  // After close_all(), when no callback can come any more.
  void stop();

  // ConnectNotify. STATUS_ACCESS_DENIED: not the allowed image, or neither SYSTEM nor an administrator.
  // STATUS_INVALID_PARAMETER: not a connect context. STATUS_REVISION_MISMATCH: version ranges that do not
  // meet, or without 1.1 for an authorizer, and for anybody where the driver has a key.
  // STATUS_INSUFFICIENT_RESOURCES. STATUS_CONNECTION_COUNT_LIMIT: the table is full.
  // STATUS_FLT_DELETING_OBJECT: the driver is being unloaded.
  [[nodiscard]] NTSTATUS connect(PFLT_PORT port, const VOID* context, ULONG context_size, Cookie& cookie);

  // A request that found no connection.
  void count_late_request();

  // DisconnectNotify. Does nothing for a connection that is gone already.
  void disconnect(Cookie cookie);

  // From here on nobody gets in, and all who are in are out when it returns. Any number of times.
  void close_all();

  // The connection of a cookie, under rundown protection; null when it is gone.
  [[nodiscard]] Connection* enter(Cookie cookie);
  void leave(Connection* connection) { connection->unprotect(); }
  // Lets the gatekeeper look at the table: a connection has been given up.
  void wake_gatekeeper();
  // To each subscriber. IRQL as for Connection::post().
  void broadcast(const fltlink::DriverMessage& message);

  // Asks the authorizer that has been connected longest whether the operation may happen, and nobody else. False
  // without one. Blocks as long as its terms say. PASSIVE_LEVEL, nothing locked.
  [[nodiscard]] bool ask(const fltlink::DriverMessage& question);
  // Nobody may be asked about an operation.
  void count_unasked() { DrmFilterBooks.rest.questions.refuse(NoVerdict::kNobody); }

  [[nodiscard]] bool is_client(uint32_t process_id) const;
  [[nodiscard]] bool is_authorizer(uint32_t process_id) const;

  // The books of one live connection, or with 0 of the driver. False when there is no such connection.
  [[nodiscard]] bool books(uint32_t connection_id, fltlink::CountersReply& reply);

 private:
  // Guarded by table_lock_ unless it says otherwise.
  enum class SlotState {
    kFree,
    kLive,
    kClosing
  };
  struct Slot {
    Connection connection;
    SlotState state = SlotState::kFree;
    fltlink::Ticks admitted_at = 0;
    Atomic<uint32_t> id{0};          // 0: no client. Any IRQL
    Atomic<uint32_t> process_id{0};  // 0: no client. Any IRQL
    Atomic<uint32_t> role{0};        // what process_id was released behind
    KEVENT closed{};                 // signalled while the slot is free
  };

  [[nodiscard]] Slot* free_slot();
  [[nodiscard]] Slot* slot_of(uint32_t id);
  [[nodiscard]] Connection* enter_authorizer();
  [[nodiscard]] NTSTATUS admit(const ConnectionRequest& request, Cookie& cookie);
  // gate.cpp
  static void keep_gate(void* table);
  void shut_gate();
  void make_place_at_gate();
  [[nodiscard]] Slot* take_late(fltlink::Ticks& next);
  [[nodiscard]] bool waits_at_gate(const Slot& slot) const;  // under table_lock_

  void close(Slot& slot, DropReason reason);
  void retire(Slot& slot);

  EX_PUSH_LOCK connect_lock_ = 0;  // held through a whole connect, so that close_all() meets none half done
  bool closing_ = false;           // under connect_lock_
  uint32_t last_id_ = 0;           // under connect_lock_
  Text allowed_image_;
  uint32_t authorize_timeout_ms_ = 0;

  KernelHost gate_host_;
  fltlink::ParkingSpot gate_spot_;
  Atomic<bool> gate_closing_{false};
  void* gatekeeper_ = nullptr;

  EX_PUSH_LOCK table_lock_ = 0;
  std::array<Slot, FLTLINK_CONNECTIONS_MAX> slots_;
  // Of connections that are gone, under table_lock_.
  uint32_t past_high_water_ = 0;
  uint32_t largest_queue_ = 0;
};

extern Connections connections;

}  // namespace drmfilter

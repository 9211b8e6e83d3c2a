// Server ports of filters, and the connections made through them.
#pragma once

#include <fltKernel.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "fltmgr/connection.hpp"
#include "fltmgr/objects.hpp"

namespace fltsim::fltmgr {

extern const nt::ObjectType kServerPortType;

// What PFLT_PORT means for FltCloseCommunicationPort. A live one holds a rundown reference on its filter
// (PORT-9).
class ServerPort {
 public:
  struct Callbacks {
    PFLT_CONNECT_NOTIFY connect;
    PFLT_DISCONNECT_NOTIFY disconnect;
    PFLT_MESSAGE_NOTIFY message;  // may be null (PORT-4)
  };

  ServerPort(Filter& owner, std::u16string its_name, bool any_case, const Callbacks& its_callbacks,
             void* its_cookie, std::int32_t connections_max);
  ServerPort(const ServerPort&) = delete;
  ServerPort& operator=(const ServerPort&) = delete;

  static ServerPort* from(PFLT_PORT port) { return nt::as<ServerPort>(port, kServerPortType); }
  PFLT_PORT handle() { return reinterpret_cast<PFLT_PORT>(this); }

  Filter& filter;
  const std::u16string name;    // \DrmFilterPort
  const std::string text;       // the same for findings
  const bool case_insensitive;  // OBJ_CASE_INSENSITIVE (CONN-19)
  const Callbacks callbacks;
  void* const cookie;

  // One of MaxConnections: STATUS_CONNECTION_COUNT_LIMIT (CONN-6), STATUS_OBJECT_NAME_NOT_FOUND once closed
  // (PORT-11).
  NTSTATUS take_slot();
  void give_slot();
  // False: closed already.
  bool close();
  bool open() const;

 private:
  const std::int32_t connections_max_;
  mutable std::mutex mutex_;
  std::int32_t connections_ = 0;
  bool open_ = true;
};

// The ports of one machine. Its lock is for creating, closing, connecting and unregistering; no message takes
// it.
class Ports {
 public:
  explicit Ports(System& system);
  Ports(const Ports&) = delete;
  Ports& operator=(const Ports&) = delete;
  // At the end of the machine, when no driver code can run any more: a driver that cannot be unloaded may send until
  // then.
  void take_down();

  struct Creation {
    std::u16string name;
    bool case_insensitive;
    std::vector<std::uint8_t> security;  // self-relative
    ServerPort::Callbacks callbacks;
    void* cookie;
    std::int32_t connections_max;
  };
  // STATUS_FLT_DELETING_OBJECT, and what Namespace::insert() says of the name.
  NTSTATUS create(Filter& filter, Creation creation, PFLT_PORT& port);
  // False: closed already.
  bool close(ServerPort& port);

  struct ConnectRequest {
    std::u16string_view name;
    std::vector<std::byte> context;  // captured
    bool synchronous;
  };
  // In the connecting client's thread. On success the caller makes a handle for the connection, or calls
  // client_closed().
  NTSTATUS connect(nt::Thread& thread, const ConnectRequest& request, nt::Ref<Connection>& connection);

  // Completes with STATUS_CANCELLED the receives of every connection for which `which` is true; how many.
  std::size_t cancel_receives(const std::function<bool(const Receive&)>& which);

  std::vector<nt::Ref<Connection>> connections_of(const Filter& filter) const;  // in order of connecting
  std::vector<std::string> open_ports_of(const Filter& filter) const;
  // The connection's kernel end is closed and its slot is free: it is forgotten, but stays in memory for a
  // while, so that a driver that goes on using it is told so (SEND-22).
  void retire(Connection& connection);

  // Of the connections that there are and the last ones that ended, in order of connecting.
  std::vector<ConnectionSends> sends_by_connection() const;
  // Of every connection there ever was.
  SendCounts sends() const;

 private:
  NTSTATUS open_port(nt::Thread& thread, const ConnectRequest& request, nt::Ref<ServerPort>& port);
  void cancel_receives_of(const nt::Thread& thread);
  std::vector<nt::Ref<Connection>> forget();  // mutex_ held

  System& system_;
  mutable std::mutex mutex_;
  std::uint64_t connection_count_ = 0;
  std::vector<nt::Ref<ServerPort>> open_;         // in order of creation
  std::vector<nt::Ref<Connection>> connections_;  // in order of connecting
  std::deque<nt::Ref<Connection>> retired_;       // bounded
  SendCounts forgotten_sends_;                    // of those that fell out of it
  std::deque<nt::Ref<ServerPort>> closed_;        // bounded
};

// For FltUnregisterFilter (PUNL-1..PUNL-4). The calling thread runs the DisconnectNotify callbacks, and waits
// until no port callback of the filter runs and every sender has left.
void disconnect_all(Filter& filter);
// The driver has done what it does: whatever it has not closed by now is a finding (DISC-2).
void report_open_connections(Filter& filter);
// Names of the server ports that are not closed.
std::vector<std::string> open_server_ports(const Filter& filter);

}  // namespace fltsim::fltmgr

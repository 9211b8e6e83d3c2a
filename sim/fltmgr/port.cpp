#include "fltmgr/port.hpp"

#include <algorithm>
#include <utility>

#include "fltmgr/filter_call.hpp"
#include "fltmgr/manager.hpp"
#include "fltmgr/port_status.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/text.hpp"

namespace fltsim::fltmgr {
namespace {

// How many ports that are gone stay in memory, so that a late use gets a finding.
constexpr std::size_t kRemembered = 64;

// The client's context as the driver sees it: exactly as long as the client said, and gone behind the
// callback (CONN-11).
class ContextLoan {
 public:
  ContextLoan(System& system, const std::vector<std::byte>& context, const Connection& connection)
      : memory_(system.nt().lent_memory()) {
    const bool null_if_empty =
        system.options().semantics.empty_connect_context == Semantics::EmptyContext::kNull;  // CONN-12, H-7
    if (context.empty() && null_if_empty) return;
    lent_ =
        memory_.lend(context.data(), context.size(), "the connection context of " + connection.describe());
  }
  ~ContextLoan() {
    if (lent_ != nullptr) memory_.take_back(lent_);
  }
  ContextLoan(const ContextLoan&) = delete;
  ContextLoan& operator=(const ContextLoan&) = delete;
  void* get() const { return lent_; }

 private:
  nt::LentMemory& memory_;
  void* lent_ = nullptr;
};

}  // namespace

const nt::ObjectType kServerPortType{.name = u"FilterConnectionPort",
                                     .mapping = {0x00020001, 0x00020001, 0x00020000, FLT_PORT_ALL_ACCESS},
                                     .close = nullptr,
                                     .remove = nullptr,
                                     .waitable = nullptr,
                                     .parses = false,
                                     .report_leaks = false};

ServerPort::ServerPort(Filter& owner, std::u16string its_name, bool any_case, const Callbacks& its_callbacks,
                       void* its_cookie, std::int32_t connections_max)
    : filter(owner),
      name(std::move(its_name)),
      text(nt::to_utf8(name)),
      case_insensitive(any_case),
      callbacks(its_callbacks),
      cookie(its_cookie),
      connections_max_(connections_max) {}

NTSTATUS ServerPort::take_slot() {
  const std::lock_guard lock(mutex_);
  if (!open_) return port_status::kNoSuchPort;
  if (connections_ >= connections_max_) return port_status::kTooManyConnections;
  ++connections_;
  return STATUS_SUCCESS;
}

void ServerPort::give_slot() {
  const std::lock_guard lock(mutex_);
  --connections_;
}

bool ServerPort::close() {
  const std::lock_guard lock(mutex_);
  return std::exchange(open_, false);
}

bool ServerPort::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

Ports::Ports(System& system) : system_(system) {
  system.nt().on_requests_end([this](nt::Thread& thread) { cancel_receives_of(thread); });
}

void Ports::take_down() {
  connections_.clear();
  open_.clear();
  retired_.clear();
  closed_.clear();
}

// --- server ports ---

NTSTATUS Ports::create(Filter& filter, Creation creation, PFLT_PORT& port) {
  if (!filter.rundown.acquire()) return port_status::kFilterGoing;
  auto made = nt::Ref<ServerPort>::adopt(nt::create_object<ServerPort>(
      system_, kServerPortType, filter, creation.name, creation.case_insensitive, creation.callbacks,
      creation.cookie, creation.connections_max));
  nt::ObjectHeader::of(made.get()).security = std::move(creation.security);
  port = made->handle();
  {
    const std::lock_guard lock(mutex_);
    open_.push_back(made);
  }
  // From here on clients can connect (PORT-8).
  const NTSTATUS status =
      system_.nt().names().insert(made.get(), creation.name, creation.case_insensitive, true);
  if (NT_SUCCESS(status)) return status;
  port = nullptr;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(open_, [&](const auto& one) { return one.get() == made.get(); });
  }
  static_cast<void>(filter.rundown.release());
  return status;
}

bool Ports::close(ServerPort& port) {
  nt::Ref<ServerPort> dropped;
  {
    const std::lock_guard lock(mutex_);
    if (!port.close()) return false;
    const auto found =
        std::find_if(open_.begin(), open_.end(), [&](const auto& one) { return one.get() == &port; });
    closed_.push_back(std::move(*found));
    open_.erase(found);
    if (closed_.size() > kRemembered) {
      dropped = std::move(closed_.front());
      closed_.pop_front();
    }
  }
  system_.nt().names().remove(&port);
  static_cast<void>(port.filter.rundown.release());
  return true;
}

std::vector<std::string> Ports::open_ports_of(const Filter& filter) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> names;
  for (const auto& port : open_) {
    if (&port->filter == &filter) names.push_back(port->text);
  }
  return names;
}

std::vector<std::string> open_server_ports(const Filter& filter) {
  return FilterManager::of(filter.system).ports().open_ports_of(filter);
}

// --- connecting ---

NTSTATUS Ports::open_port(nt::Thread& thread, const ConnectRequest& request, nt::Ref<ServerPort>& port) {
  const Semantics& semantics = system_.options().semantics;
  nt::Ref<void> object;
  const NTSTATUS found = system_.nt().names().lookup(request.name, semantics.port_names_case_insensitive,
                                                     kServerPortType, object);
  if (!NT_SUCCESS(found)) return found;
  const nt::AccessMask desired = semantics.connect_needs_all_access ? FLT_PORT_ALL_ACCESS : FLT_PORT_CONNECT;
  const std::vector<std::uint8_t>& security = nt::ObjectHeader::of(object.get()).security;
  nt::AccessMask granted = 0;
  const NTSTATUS allowed = nt::check_access(security.empty() ? nullptr : security.data(),
                                            *thread.process.token, desired, kServerPortType.mapping, granted);
  if (!NT_SUCCESS(allowed)) return allowed;
  port = nt::Ref<ServerPort>::adopt(static_cast<ServerPort*>(object.detach()));
  if (port->name != request.name) {
    if (!port->case_insensitive) return port_status::kNoSuchPort;  // CONN-19
    report(port->filter, "VER-46", Severity::kWarning,
           "a client connected to the port by a name in other case. Whether that works depends on the "
           "version of Windows; "
           "use the driver's spelling (CONN-19).",
           port->text);
  }
  return STATUS_SUCCESS;
}

NTSTATUS Ports::connect(nt::Thread& thread, const ConnectRequest& request, nt::Ref<Connection>& connection) {
  nt::Ref<ServerPort> port;
  if (const NTSTATUS status = open_port(thread, request, port); !NT_SUCCESS(status)) return status;
  {
    // Together, so that whoever closes the server port and then unregisters sees every connection that got a
    // slot.
    const std::lock_guard lock(mutex_);
    if (port->filter.state.load() >= Filter::State::kDeleting) return port_status::kFilterGoing;  // H-27
    if (const NTSTATUS status = port->take_slot(); !NT_SUCCESS(status)) return status;
    connection = nt::Ref<Connection>::adopt(nt::create_object<Connection>(
        system_, kClientPortType, port, ++connection_count_, thread.process, request.synchronous));
    connections_.push_back(connection);
  }
  const ContextLoan context(system_, request.context, *connection);
  Trace& trace = system_.trace();
  const Trace::Handle node =
      trace.enabled()
          ? trace.begin(nullptr, "connect " + thread.process.short_name + " to " + connection->describe())
          : nullptr;
  const NTSTATUS status =
      connection->ask_driver(thread, context.get(), static_cast<std::uint32_t>(request.context.size()));
  trace.end(node, "status", static_cast<std::uint32_t>(status));
  return status;
}

// --- the end ---

std::vector<nt::Ref<Connection>> Ports::connections_of(const Filter& filter) const {
  const std::lock_guard lock(mutex_);
  std::vector<nt::Ref<Connection>> found;
  for (const auto& connection : connections_) {
    if (&connection->server().filter == &filter) found.push_back(connection);
  }
  return found;
}

void Ports::retire(Connection& connection) {
  std::vector<nt::Ref<Connection>> dropped;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(connections_.begin(), connections_.end(),
                                    [&](const auto& one) { return one.get() == &connection; });
    if (found == connections_.end()) return;
    retired_.push_back(std::move(*found));
    connections_.erase(found);
    dropped = forget();
  }
  const SendCounts sends = connection.rendezvous().counts();
  if (sends.started == 0 || !system_.trace().enabled()) return;
  system_.trace().event(nullptr, connection.describe() + " ends: " + to_string(sends));
}

// The oldest connections that no driver's call uses, when there are more than enough to remember; the caller lets them go
// without the lock.
std::vector<nt::Ref<Connection>> Ports::forget() {
  std::vector<nt::Ref<Connection>> dropped;
  for (auto oldest = retired_.begin(); retired_.size() > kRemembered && oldest != retired_.end();) {
    if (system_.nt().in_use((*oldest)->handle())) {  // U1 in port_in_use.hpp
      ++oldest;
      continue;
    }
    add(forgotten_sends_, (*oldest)->rendezvous().counts());
    dropped.push_back(std::move(*oldest));
    oldest = retired_.erase(oldest);
  }
  return dropped;
}

std::vector<ConnectionSends> Ports::sends_by_connection() const {
  const std::lock_guard lock(mutex_);
  std::vector<ConnectionSends> all;
  const auto append = [&](const auto& connections) {
    for (const auto& one : connections)
      all.push_back({one->server().text, one->number(), one->rendezvous().counts()});
  };
  append(retired_);
  append(connections_);
  std::ranges::sort(all, {}, &ConnectionSends::connection);
  return all;
}

SendCounts Ports::sends() const {
  const std::lock_guard lock(mutex_);
  SendCounts sum = forgotten_sends_;
  for (const auto& one : retired_) add(sum, one->rendezvous().counts());
  for (const auto& one : connections_) add(sum, one->rendezvous().counts());
  return sum;
}

// Receives end with the thread that issued them, but for those bound to a completion port (GET-10), and with
// their process. This runs before the thread's client frames are unwound: nothing is delivered to memory of
// theirs afterwards.
void Ports::cancel_receives_of(const nt::Thread& thread) {
  const bool whole_process = thread.process.terminating.load(std::memory_order_acquire);
  cancel_receives([&](const Receive& receive) {
    if (whole_process && receive.process == thread.process.id) return true;
    return receive.issuer == thread.id && receive.ends_with_issuer;
  });
}

std::size_t Ports::cancel_receives(const std::function<bool(const Receive&)>& which) {
  std::vector<nt::Ref<Connection>> live;
  {
    const std::lock_guard lock(mutex_);
    live = connections_;
  }
  std::size_t count = 0;
  for (const auto& connection : live) count += connection->rendezvous().cancel(which);
  return count;
}

void disconnect_all(Filter& filter) {
  nt::Thread& thread = nt::current_thread("FltUnregisterFilter");
  const auto connections = FilterManager::of(filter.system).ports().connections_of(filter);
  // Step by step for all: a callback of one connection may be sending on another.
  for (const auto& connection : connections) connection->refuse_and_wake();
  for (const auto& connection : connections) connection->end(thread);
  for (const auto& connection : connections) connection->wait_until_left(thread);
}

void report_open_connections(Filter& filter) {
  for (const auto& connection : FilterManager::of(filter.system).ports().connections_of(filter)) {
    if (!connection->forget_kernel_end()) continue;
    report(filter, "VER-29", Severity::kError,
           "the driver never closed this connection: call FltCloseClientPort in DisconnectNotify. Its place "
           "among "
           "MaxConnections was lost until now, and Windows may hang in FltUnregisterFilter (DISC-2, DISC-8).",
           connection->describe());
  }
}

}  // namespace fltsim::fltmgr

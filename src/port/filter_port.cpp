#include <fltlink/port/filter_port.hpp>

#include <windows.h>

#include <fltUser.h>

#include <new>

#include <fltlink/wire/limits.h>
#include <fltlink/base/assert.hpp>
#include <fltlink/port/classify.hpp>

namespace fltlink {

namespace {

static_assert(sizeof(WCHAR) == sizeof(char16_t), "names are handed over as they are");

// Where a connect context ends (CONN-3).
constexpr size_t kContextSizeMax = 0xFFE7;
constexpr uint32_t kHresultUnspecified = 0x80004005;  // E_FAIL: the system failed and did not say why

// What lies in Receive::port_data while a receive is outstanding. The OVERLAPPED is first: its address is
// what comes back through the completion port. Its event stays null (BAD-11).
struct Outstanding {
  OVERLAPPED overlapped;
  Receive* receive;
};
static_assert(sizeof(Outstanding) <= sizeof(Receive::port_data));
static_assert(alignof(Outstanding) <= 16);
static_assert(offsetof(Outstanding, overlapped) == 0);

uint32_t code_of(HRESULT result) { return static_cast<uint32_t>(result); }

// GetLastError() as an HRESULT that is not a success.
uint32_t last_error() {
  const uint32_t code = hresult_from_win32(static_cast<uint32_t>(GetLastError()));
  return code == kHresultOk ? kHresultUnspecified : code;
}

}  // namespace

std::unique_ptr<FilterPort> FilterPort::open(Host& host, std::u16string name) {
  // Any number of threads may wait on it at once.
  void* completion_port = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
  if (completion_port == nullptr) return nullptr;
  return std::unique_ptr<FilterPort>(new FilterPort(host, std::move(name), completion_port));
}

uint32_t FilterPort::process_id() { return GetCurrentProcessId(); }

ConnectResult FilterPort::connect(std::span<const uint8_t> context) {
  FLTLINK_ASSERT(context.size() <= kContextSizeMax);
  HANDLE handle = INVALID_HANDLE_VALUE;
  const uint32_t code = code_of(FilterConnectCommunicationPort(
      reinterpret_cast<LPCWSTR>(name_.c_str()), 0, context.empty() ? nullptr : context.data(),
      static_cast<WORD>(context.size()), nullptr, &handle));
  if (classify_connect(code) != ConnectOutcome::kConnected) {
    return {classify_connect(code), code, ConnectionNumber::kNone};
  }
  if (CreateIoCompletionPort(handle, completion_port_, 0, 0) == nullptr) {
    const uint32_t error = last_error();
    CloseHandle(handle);
    return {ConnectOutcome::kFailed, error, ConnectionNumber::kNone};
  }
  const std::lock_guard lock(mutex_);
  FLTLINK_ASSERT(connection_ == nullptr);
  connection_ =
      std::make_shared<Connection>(Connection{.handle = handle, .number = ConnectionNumber{++connections_}});
  return {ConnectOutcome::kConnected, code, connection_->number};
}

PostResult FilterPort::post(Receive& receive) {
  const ConnectionPointer connection = enter();
  if (connection == nullptr) return {PostOutcome::kDisconnected, kHresultInvalidHandle};
  receive.connection = connection->number;
  auto* outstanding = new (receive.port_data) Outstanding{.overlapped = {}, .receive = &receive};
  // From here on the receive may already be back in another thread's hands.
  const uint32_t code = code_of(
      FilterGetMessage(connection->handle, reinterpret_cast<PFILTER_MESSAGE_HEADER>(receive.buffer.data()),
                       static_cast<DWORD>(receive.buffer.size()), &outstanding->overlapped));
  leave(connection);
  return {classify_post(code), code};
}

Completion FilterPort::wait(Ticks deadline) {
  for (;;) {
    DWORD size = 0;
    ULONG_PTR key = 0;
    OVERLAPPED* overlapped = nullptr;
    const bool succeeded = GetQueuedCompletionStatus(completion_port_, &size, &key, &overlapped,
                                                     milliseconds_until(deadline)) != 0;
    const uint32_t code = succeeded ? kHresultOk : last_error();
    if (overlapped != nullptr) {
      Receive* receive = reinterpret_cast<Outstanding*>(overlapped)->receive;
      const ReceiveOutcome result = classify_receive(code);
      const size_t received = result == ReceiveOutcome::kMessage ? size_t{size} : 0;
      FLTLINK_ASSERT(received <= receive->buffer.size());
      return {WaitOutcome::kReceive, receive, result, code, received};
    }
    if (succeeded) return {WaitOutcome::kInterrupted, nullptr, ReceiveOutcome::kAborted, 0, 0};
    // The completion port is ours for as long as we live: nothing but a time-out can end a wait on it.
    FLTLINK_ASSERT(code == hresult_from_win32(WAIT_TIMEOUT));
    if (host_.now() >= deadline) return {WaitOutcome::kTimedOut, nullptr, ReceiveOutcome::kAborted, 0, 0};
  }
}

// Rounded up, so that a wait does not end before its deadline.
uint32_t FilterPort::milliseconds_until(Ticks deadline) {
  if (deadline == kForever) return INFINITE;
  const Ticks now = host_.now();
  if (deadline <= now) return 0;
  const Ticks milliseconds = (deadline - now - 1) / kTicksPerMillisecond + 1;
  return milliseconds < INFINITE ? static_cast<uint32_t>(milliseconds) : INFINITE - 1;
}

void FilterPort::interrupt() {
  FLTLINK_ASSERT(PostQueuedCompletionStatus(completion_port_, 0, 0, nullptr) != 0);
}

ReplyResult FilterPort::reply(ConnectionNumber number, std::span<const uint8_t> reply) {
  FLTLINK_ASSERT(reply.size() >= FLTLINK_REPLY_HEADER_SIZE);
  const ConnectionPointer connection = enter(number);
  if (connection == nullptr) return {ReplyOutcome::kDisconnected, kHresultInvalidHandle};
  auto* header = reinterpret_cast<PFILTER_REPLY_HEADER>(const_cast<uint8_t*>(reply.data()));
  const uint32_t code =
      code_of(FilterReplyMessage(connection->handle, header, static_cast<DWORD>(reply.size())));
  leave(connection);
  return {classify_reply(code), code};
}

SendResult FilterPort::send(std::span<const uint8_t> request, std::span<uint8_t> answer) {
  const ConnectionPointer connection = enter();
  if (connection == nullptr) return {SendOutcome::kDisconnected, kHresultInvalidHandle, 0};
  DWORD returned = 0;
  const uint32_t code = code_of(FilterSendMessage(
      connection->handle, const_cast<uint8_t*>(request.data()), static_cast<DWORD>(request.size()),
      answer.empty() ? nullptr : answer.data(), static_cast<DWORD>(answer.size()), &returned));
  leave(connection);
  const SendOutcome outcome = classify_send(code);
  // The count says something only on success (MSG-8).
  return {outcome, code, outcome == SendOutcome::kAnswered ? size_t{returned} : 0};
}

void FilterPort::cancel_all() {
  const ConnectionPointer connection = enter();
  if (connection == nullptr) return;
  // It fails when nothing is outstanding, which is just as well.
  CancelIoEx(connection->handle, nullptr);
  leave(connection);
}

void FilterPort::close() {
  ConnectionPointer connection;
  {
    const std::lock_guard lock(mutex_);
    connection.swap(connection_);
    if (connection == nullptr) return;
    connection->closing = true;
    ++connection->users;
  }
  leave(connection);
}

void FilterPort::finish() {
  close();
  CloseHandle(completion_port_);
}

FilterPort::ConnectionPointer FilterPort::enter() {
  const std::lock_guard lock(mutex_);
  if (connection_ != nullptr) ++connection_->users;
  return connection_;
}

FilterPort::ConnectionPointer FilterPort::enter(ConnectionNumber number) {
  const std::lock_guard lock(mutex_);
  if (connection_ == nullptr || connection_->number != number) return nullptr;
  ++connection_->users;
  return connection_;
}

void FilterPort::leave(const ConnectionPointer& connection) {
  {
    const std::lock_guard lock(mutex_);
    if (--connection->users != 0 || !connection->closing) return;
  }
  CloseHandle(connection->handle);
}

}  // namespace fltlink

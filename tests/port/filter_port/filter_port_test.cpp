#include <fltlink/port/filter_port.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <windows.h>

#include <fltUser.h>

#include <fltlink/wire/limits.h>
#include <fltlink/port/classify.hpp>

#include "support/fake_host.hpp"

namespace fltlink {
namespace {

using testing::_;
using testing::DoAll;
using testing::InSequence;
using testing::IsNull;
using testing::NotNull;
using testing::Return;
using testing::SaveArg;
using testing::SetArgPointee;

class MockApi {
 public:
  MOCK_METHOD(HANDLE, create_port, (HANDLE file, HANDLE port));
  MOCK_METHOD(BOOL, get_completion, (DWORD * size, LPOVERLAPPED* overlapped, DWORD milliseconds));
  MOCK_METHOD(BOOL, post_completion, (LPOVERLAPPED overlapped));
  MOCK_METHOD(BOOL, cancel, (HANDLE file, LPOVERLAPPED overlapped));
  MOCK_METHOD(BOOL, close, (HANDLE handle));
  MOCK_METHOD(DWORD, last_error, ());
  MOCK_METHOD(HRESULT, connect,
              (std::u16string name, DWORD options, LPCVOID context, WORD size, HANDLE* port));
  MOCK_METHOD(HRESULT, get, (HANDLE port, void* message, DWORD size, LPOVERLAPPED overlapped));
  MOCK_METHOD(HRESULT, reply, (HANDLE port, void* reply, DWORD size));
  MOCK_METHOD(HRESULT, send,
              (HANDLE port, LPVOID request, DWORD request_size, LPVOID answer, DWORD answer_size,
               DWORD* returned));
};

// The API is C functions; this is the mock behind them.
MockApi* api = nullptr;

constexpr HRESULT hresult(uint32_t code) { return static_cast<HRESULT>(code); }
HANDLE handle(uintptr_t number) { return reinterpret_cast<HANDLE>(number); }

class FilterPortTest : public testing::Test {
 protected:
  FilterPortTest() {
    api = &api_;
    EXPECT_CALL(api_, create_port(INVALID_HANDLE_VALUE, IsNull())).WillOnce(Return(completion_port_));
    port_ = FilterPort::open(host_, u"\\TestPort");
    receive_.buffer = buffer_;
  }
  ~FilterPortTest() override { api = nullptr; }

  void connect(HANDLE connection) {
    EXPECT_CALL(api_, connect).WillOnce(DoAll(SetArgPointee<4>(connection), Return(0)));
    EXPECT_CALL(api_, create_port(connection, completion_port_)).WillOnce(Return(completion_port_));
    ASSERT_EQ(port_->connect({}).outcome, ConnectOutcome::kConnected);
  }

  // Posts receive_, and returns the OVERLAPPED that the system was given.
  LPOVERLAPPED post() {
    LPOVERLAPPED overlapped = nullptr;
    EXPECT_CALL(api_, get).WillOnce(DoAll(SaveArg<3>(&overlapped), Return(hresult(kHresultIoPending))));
    EXPECT_EQ(port_->post(receive_).outcome, PostOutcome::kPosted);
    return overlapped;
  }

  testing::StrictMock<MockApi> api_;
  FakeHost host_;
  const HANDLE completion_port_ = handle(0x10);
  const HANDLE connection_ = handle(0x20);
  std::unique_ptr<FilterPort> port_;
  alignas(8) uint8_t buffer_[64] = {};
  Receive receive_;
};

TEST_F(FilterPortTest, ProcessIdIsTheSystems) { EXPECT_EQ(FilterPort::process_id(), 4321u); }

TEST_F(FilterPortTest, WithoutACompletionPortThereIsNoPort) {
  EXPECT_CALL(api_, create_port).WillOnce(Return(nullptr));
  EXPECT_EQ(FilterPort::open(host_, u"\\TestPort"), nullptr);
}

// CONN-2: no context is a null pointer and zero bytes. CONN-15: a handle for overlapped use.
TEST_F(FilterPortTest, ConnectWithoutContextPassesNullAndZero) {
  EXPECT_CALL(api_, connect(std::u16string(u"\\TestPort"), 0, IsNull(), 0, NotNull()))
      .WillOnce(DoAll(SetArgPointee<4>(connection_), Return(0)));
  EXPECT_CALL(api_, create_port(connection_, completion_port_)).WillOnce(Return(completion_port_));
  const ConnectResult result = port_->connect({});
  EXPECT_EQ(result.outcome, ConnectOutcome::kConnected);
  EXPECT_EQ(result.connection, ConnectionNumber{1});
}

TEST_F(FilterPortTest, RefusedConnectKeepsItsCode) {
  EXPECT_CALL(api_, connect).WillOnce(Return(hresult(kHresultConnectionCount)));
  const ConnectResult result = port_->connect({});
  EXPECT_EQ(result.outcome, ConnectOutcome::kBusy);
  EXPECT_EQ(result.code, kHresultConnectionCount);
}

TEST_F(FilterPortTest, ConnectionThatCannotBeWaitedOnIsClosed) {
  EXPECT_CALL(api_, connect).WillOnce(DoAll(SetArgPointee<4>(connection_), Return(0)));
  EXPECT_CALL(api_, create_port(connection_, completion_port_)).WillOnce(Return(nullptr));
  EXPECT_CALL(api_, last_error).WillOnce(Return(1450));
  EXPECT_CALL(api_, close(connection_)).WillOnce(Return(1));
  EXPECT_EQ(port_->connect({}).code, kHresultNoResources);
}

// GET-2, BAD-11: the size is the buffer's, the event is null.
TEST_F(FilterPortTest, PostedReceiveHasItsOwnCleanOverlapped) {
  connect(connection_);
  LPOVERLAPPED overlapped = nullptr;
  EXPECT_CALL(api_, get(connection_, static_cast<void*>(buffer_), sizeof buffer_, NotNull()))
      .WillOnce(DoAll(SaveArg<3>(&overlapped), Return(hresult(kHresultIoPending))));
  EXPECT_EQ(port_->post(receive_).outcome, PostOutcome::kPosted);
  EXPECT_EQ(overlapped->hEvent, nullptr);
  EXPECT_EQ(receive_.connection, ConnectionNumber{1});
}

// GET-6, WIRE-9: the OVERLAPPED leads back to its receive, the count is that of the bytes.
TEST_F(FilterPortTest, CompletionLeadsBackToItsReceive) {
  connect(connection_);
  LPOVERLAPPED overlapped = post();
  EXPECT_CALL(api_, get_completion(_, _, INFINITE))
      .WillOnce(DoAll(SetArgPointee<0>(24), SetArgPointee<1>(overlapped), Return(1)));
  const Completion completion = port_->wait(kForever);
  EXPECT_EQ(completion.outcome, WaitOutcome::kReceive);
  EXPECT_EQ(completion.receive, &receive_);
  EXPECT_EQ(completion.result, ReceiveOutcome::kMessage);
  EXPECT_EQ(completion.size, 24u);
}

// BAD-7: the Win32 code of a completion becomes an HRESULT before it is looked at.
TEST_F(FilterPortTest, FailedCompletionIsClassifiedByItsWin32Code) {
  connect(connection_);
  LPOVERLAPPED overlapped = post();
  EXPECT_CALL(api_, get_completion)
      .WillOnce(DoAll(SetArgPointee<0>(24), SetArgPointee<1>(overlapped), Return(0)));
  EXPECT_CALL(api_, last_error).WillOnce(Return(995));
  const Completion completion = port_->wait(kForever);
  EXPECT_EQ(completion.result, ReceiveOutcome::kAborted);
  EXPECT_EQ(completion.code, kHresultAborted);
  EXPECT_EQ(completion.size, 0u);
}

// A failure without a code is never taken for a message.
TEST_F(FilterPortTest, FailedCompletionWithoutACodeIsAFailure) {
  connect(connection_);
  LPOVERLAPPED overlapped = post();
  EXPECT_CALL(api_, get_completion).WillOnce(DoAll(SetArgPointee<1>(overlapped), Return(0)));
  EXPECT_CALL(api_, last_error).WillOnce(Return(0));
  EXPECT_EQ(port_->wait(kForever).result, ReceiveOutcome::kFailed);
}

TEST_F(FilterPortTest, InterruptComesBackWithoutAReceive) {
  EXPECT_CALL(api_, post_completion(IsNull())).WillOnce(Return(1));
  port_->interrupt();
  EXPECT_CALL(api_, get_completion).WillOnce(DoAll(SetArgPointee<1>(nullptr), Return(1)));
  EXPECT_EQ(port_->wait(kForever).outcome, WaitOutcome::kInterrupted);
}

TEST_F(FilterPortTest, DeadlineIsRoundedUpAndWaitedForAgainWhenTheSystemIsEarly) {
  const Ticks deadline = host_.now() + 2 * kTicksPerMillisecond + 1;
  const InSequence order;
  EXPECT_CALL(api_, get_completion(_, _, 3)).WillOnce([this](DWORD*, LPOVERLAPPED*, DWORD) {
    host_.advance(2 * kTicksPerMillisecond);
    return 0;
  });
  EXPECT_CALL(api_, last_error).WillOnce(Return(WAIT_TIMEOUT));
  EXPECT_CALL(api_, get_completion(_, _, 1)).WillOnce([this](DWORD*, LPOVERLAPPED*, DWORD) {
    host_.advance(kTicksPerMillisecond);
    return 0;
  });
  EXPECT_CALL(api_, last_error).WillOnce(Return(WAIT_TIMEOUT));
  EXPECT_EQ(port_->wait(deadline).outcome, WaitOutcome::kTimedOut);
}

// WIRE-7, BAD-3: what is sent is as long as the caller says.
TEST_F(FilterPortTest, ReplyIsSentAsLongAsItIs) {
  connect(connection_);
  EXPECT_CALL(api_, reply(connection_, static_cast<void*>(buffer_), 17)).WillOnce(Return(0));
  EXPECT_EQ(port_->reply(ConnectionNumber{1}, std::span<const uint8_t>(buffer_).first(17)).outcome,
            ReplyOutcome::kReplied);
}

// WIRE-14: ids repeat from one connection to the next.
TEST_F(FilterPortTest, ReplyForAnEarlierConnectionIsNotSent) {
  connect(connection_);
  EXPECT_CALL(api_, close(connection_)).WillOnce(Return(1));
  port_->close();
  connect(handle(0x30));
  EXPECT_EQ(port_->reply(ConnectionNumber{1}, buffer_).outcome, ReplyOutcome::kDisconnected);
}

TEST_F(FilterPortTest, WithoutAConnectionCallsAreDisconnected) {
  EXPECT_EQ(port_->post(receive_).outcome, PostOutcome::kDisconnected);
  EXPECT_EQ(port_->send(buffer_, {}).outcome, SendOutcome::kDisconnected);
  EXPECT_EQ(port_->reply(ConnectionNumber{1}, buffer_).outcome, ReplyOutcome::kDisconnected);
  port_->cancel_all();
  port_->close();
}

// MSG-8: the count of a failed send says nothing.
TEST_F(FilterPortTest, CountOfAFailedSendIsNotRead) {
  connect(connection_);
  EXPECT_CALL(api_, send(connection_, static_cast<void*>(buffer_), sizeof buffer_, IsNull(), 0, NotNull()))
      .WillOnce(DoAll(SetArgPointee<5>(999), Return(hresult(0x80070057))));
  const SendResult result = port_->send(buffer_, {});
  EXPECT_EQ(result.outcome, SendOutcome::kRefused);
  EXPECT_EQ(result.size, 0u);
}

TEST_F(FilterPortTest, AnswerOfASendIsCounted) {
  connect(connection_);
  alignas(8) uint8_t answer[40];
  EXPECT_CALL(api_, send(_, _, _, static_cast<void*>(answer), sizeof answer, _))
      .WillOnce(DoAll(SetArgPointee<5>(40), Return(0)));
  EXPECT_EQ(port_->send(buffer_, answer).size, 40u);
}

TEST_F(FilterPortTest, CancelAsksForTheEndOfEveryReceive) {
  connect(connection_);
  EXPECT_CALL(api_, cancel(connection_, IsNull())).WillOnce(Return(0));
  port_->cancel_all();
}

// A call in progress keeps the handle; the system must not give its number to somebody else meanwhile.
TEST_F(FilterPortTest, HandleIsClosedByItsLastUser) {
  connect(connection_);
  const InSequence order;
  EXPECT_CALL(api_, send).WillOnce([this](HANDLE, LPVOID, DWORD, LPVOID, DWORD, DWORD*) {
    port_->close();
    EXPECT_EQ(port_->post(receive_).outcome, PostOutcome::kDisconnected);
    return 0;
  });
  EXPECT_CALL(api_, close(connection_)).WillOnce(Return(1));
  EXPECT_EQ(port_->send(buffer_, {}).outcome, SendOutcome::kAnswered);
}

TEST_F(FilterPortTest, FinishClosesEverything) {
  connect(connection_);
  const InSequence order;
  EXPECT_CALL(api_, close(connection_)).WillOnce(Return(1));
  EXPECT_CALL(api_, close(completion_port_)).WillOnce(Return(1));
  port_->finish();
}

}  // namespace
}  // namespace fltlink

using fltlink::api;

HANDLE CreateIoCompletionPort(HANDLE file, HANDLE port, ULONG_PTR, DWORD) {
  return api->create_port(file, port);
}
BOOL GetQueuedCompletionStatus(HANDLE, DWORD* size, ULONG_PTR*, LPOVERLAPPED* overlapped,
                               DWORD milliseconds) {
  return api->get_completion(size, overlapped, milliseconds);
}
BOOL PostQueuedCompletionStatus(HANDLE, DWORD, ULONG_PTR, LPOVERLAPPED overlapped) {
  return api->post_completion(overlapped);
}
BOOL CancelIoEx(HANDLE file, LPOVERLAPPED overlapped) { return api->cancel(file, overlapped); }
BOOL CloseHandle(HANDLE closed) { return api->close(closed); }
DWORD GetLastError() { return api->last_error(); }
DWORD GetCurrentProcessId() { return 4321; }

HRESULT FilterConnectCommunicationPort(LPCWSTR name, DWORD options, LPCVOID context, WORD size,
                                       SECURITY_ATTRIBUTES*, HANDLE* port) {
  return api->connect(name, options, context, size, port);
}
HRESULT FilterGetMessage(HANDLE port, PFILTER_MESSAGE_HEADER message, DWORD size, LPOVERLAPPED overlapped) {
  return api->get(port, message, size, overlapped);
}
HRESULT FilterReplyMessage(HANDLE port, PFILTER_REPLY_HEADER reply, DWORD size) {
  return api->reply(port, reply, size);
}
HRESULT FilterSendMessage(HANDLE port, LPVOID request, DWORD request_size, LPVOID answer, DWORD answer_size,
                          DWORD* returned) {
  return api->send(port, request, request_size, answer, answer_size, returned);
}

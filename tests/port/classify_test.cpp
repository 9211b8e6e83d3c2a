#include <fltlink/port/classify.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

#include "support/mock_port.hpp"

namespace fltlink {
namespace {

// BAD-8: the normal answer of an overlapped receive is not an error.
TEST(ClassifyTest, PendingReceiveIsPosted) { EXPECT_EQ(classify_post(0x800703E5), PostOutcome::kPosted); }

// P-6, BAD-6: the seed compares with 0x800704D3 (1235) where the abort is 0x800703E3 (995).
TEST(ClassifyTest, OnlyOperationAbortedIsAnAbort) {
  EXPECT_EQ(classify_receive(0x800703E3), ReceiveOutcome::kAborted);
  EXPECT_EQ(classify_receive(0x800704D3), ReceiveOutcome::kFailed);
  EXPECT_EQ(classify_receive(0x800704C7), ReceiveOutcome::kFailed);
}

// BAD-7: a bare Win32 code is never an HRESULT; it is converted first.
TEST(ClassifyTest, BareWin32CodeIsUnknownUntilConverted) {
  EXPECT_EQ(classify_receive(995), ReceiveOutcome::kFailed);
  EXPECT_EQ(classify_receive(hresult_from_win32(995)), ReceiveOutcome::kAborted);
}

// HR-7: ERROR_FLT_* are HRESULTs already.
TEST(ClassifyTest, ConvertingAnHresultLeavesItAsItIs) {
  EXPECT_EQ(hresult_from_win32(0x801F0020), 0x801F0020u);
  EXPECT_EQ(hresult_from_win32(0), 0u);
}

// BAD-9, GET-9, REPLY-7, MSG-11: 0x80070006 means that the connection is gone, whatever was called.
TEST(ClassifyTest, InvalidHandleIsDisconnectedOnALiveConnection) {
  EXPECT_EQ(classify_post(0x80070006), PostOutcome::kDisconnected);
  EXPECT_EQ(classify_receive(0x80070006), ReceiveOutcome::kDisconnected);
  EXPECT_EQ(classify_reply(0x80070006), ReplyOutcome::kDisconnected);
  EXPECT_EQ(classify_send(0x80070006), SendOutcome::kDisconnected);
}

// BAD-10, REPLY-3, WIRE-11.
TEST(ClassifyTest, LateAndOversizedRepliesAreToldApart) {
  EXPECT_EQ(classify_reply(0x801F0020), ReplyOutcome::kNoWaiter);
  EXPECT_EQ(classify_reply(0x800700EA), ReplyOutcome::kTooLong);
  EXPECT_EQ(classify_reply(0x80070057), ReplyOutcome::kFailed);
}

// GET-7, HR-3.
TEST(ClassifyTest, SmallBufferAsksForABiggerOne) {
  EXPECT_EQ(classify_receive(0x8007007A), ReceiveOutcome::kTooSmall);
}

// CONN-4 to CONN-8.
TEST(ClassifyTest, ConnectFailuresAreToldApart) {
  EXPECT_EQ(classify_connect(0), ConnectOutcome::kConnected);
  EXPECT_EQ(classify_connect(0x80070002), ConnectOutcome::kNoPort);
  EXPECT_EQ(classify_connect(0x801F000B), ConnectOutcome::kNoPort);
  EXPECT_EQ(classify_connect(0x800704D6), ConnectOutcome::kBusy);
  EXPECT_EQ(classify_connect(0x80070005), ConnectOutcome::kRefused);
  EXPECT_EQ(classify_connect(0x80070006), ConnectOutcome::kFailed);
}

// MSG-7: what the driver's callback returns is its refusal, also a number nobody has seen yet.
TEST(ClassifyTest, StatusOfTheDriversCallbackIsARefusal) {
  EXPECT_EQ(classify_send(0x80070103), SendOutcome::kRefused);
  EXPECT_EQ(classify_send(0x80070057), SendOutcome::kRefused);
  EXPECT_EQ(classify_send(0x800705AA), SendOutcome::kFailed);
}

TEST(ClassifyTest, UnknownCodeIsAFailure) {
  EXPECT_EQ(classify_connect(0x8007FFFF), ConnectOutcome::kFailed);
  EXPECT_EQ(classify_post(0x8007FFFF), PostOutcome::kFailed);
  EXPECT_EQ(classify_receive(0x8007FFFF), ReceiveOutcome::kFailed);
  EXPECT_EQ(classify_reply(0x8007FFFF), ReplyOutcome::kFailed);
}

template <typename Table>
void expect_each_code_once(const Table& table) {
  for (auto line = std::begin(table); line != std::end(table); ++line) {
    EXPECT_NE(line->rule[0], '\0') << std::hex << line->code;
    EXPECT_EQ(std::count_if(std::begin(table), std::end(table),
                            [line](const auto& other) { return other.code == line->code; }),
              1)
        << std::hex << line->code;
  }
}

TEST(ClassifyTest, EveryTableNamesACodeOnceAndItsRule) {
  expect_each_code_once(kConnectRules);
  expect_each_code_once(kPostRules);
  expect_each_code_once(kReceiveRules);
  expect_each_code_once(kReplyRules);
  expect_each_code_once(kSendRules);
}

TEST(MockPortTest, AnswersAsScripted) {
  testing::StrictMock<MockPort> port;
  EXPECT_CALL(port, connect).WillOnce(testing::Return(ConnectResult{ConnectOutcome::kBusy, 0x800704D6, {}}));
  EXPECT_EQ(port.connect({}).outcome, ConnectOutcome::kBusy);
}

}  // namespace
}  // namespace fltlink

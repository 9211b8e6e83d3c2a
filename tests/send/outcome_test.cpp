#include <fltlink/send/outcome.hpp>

#include <fltKernel.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>

namespace fltlink {
namespace {

TEST(FltSendOutcomeTest, ATimeoutIsNoDeliveryAlthoughItIsASuccessCode) {  // P-4, SEND-9, BAD-1
  ASSERT_TRUE(NT_SUCCESS(STATUS_TIMEOUT));
  EXPECT_EQ(classify_flt_send(STATUS_TIMEOUT), FltSendOutcome::kTimedOut);
  EXPECT_EQ(classify_flt_ask(STATUS_TIMEOUT), FltSendOutcome::kTimedOut);
}

TEST(FltSendOutcomeTest, AnOverflowedReplyIsNoReplyAlthoughItIsNoError) {  // WIRE-11, WIRE-13
  ASSERT_FALSE(NT_ERROR(STATUS_BUFFER_OVERFLOW));
  EXPECT_EQ(classify_flt_ask(STATUS_BUFFER_OVERFLOW), FltSendOutcome::kReplyTooLong);
}

TEST(FltSendOutcomeTest, SuccessIsADeliveryOrAReply) {  // SEND-7, REPLY-5
  EXPECT_EQ(classify_flt_send(STATUS_SUCCESS), FltSendOutcome::kDelivered);
  EXPECT_EQ(classify_flt_ask(STATUS_SUCCESS), FltSendOutcome::kReplied);
}

TEST(FltSendOutcomeTest, EveryOtherEndHasAnOutcomeOfItsOwn) {  // SEND-2, SEND-3, SEND-13, SEND-14, SEND-15
  for (const auto classify : {&classify_flt_send, &classify_flt_ask}) {
    EXPECT_EQ(classify(STATUS_PORT_DISCONNECTED), FltSendOutcome::kDisconnected);
    EXPECT_EQ(classify(STATUS_THREAD_IS_TERMINATING), FltSendOutcome::kThreadTerminating);
    EXPECT_EQ(classify(STATUS_INSUFFICIENT_RESOURCES), FltSendOutcome::kNoResources);
  }
  EXPECT_EQ(classify_flt_send(STATUS_INVALID_PARAMETER), FltSendOutcome::kFailed);
}

// A number that nobody knows is the reply's where there can be one; else it is no delivery.
TEST(FltSendOutcomeTest, AnUnknownStatusIsNeverASuccess) {  // REPLY-5, SEND-16, BAD-24
  for (const int32_t status : {1, 0x103, STATUS_ACCESS_DENIED, STATUS_REPARSE, int32_t(0x80070005)}) {
    EXPECT_EQ(classify_flt_send(status), FltSendOutcome::kFailed) << std::hex << status;
    EXPECT_EQ(classify_flt_ask(status), FltSendOutcome::kRefused) << std::hex << status;
  }
  EXPECT_EQ(classify_flt_ask(STATUS_INVALID_PARAMETER), FltSendOutcome::kRefused);
}

template <typename Table>
void expect_each_status_once(const Table& table) {
  for (auto line = std::begin(table); line != std::end(table); ++line) {
    EXPECT_NE(line->rule[0], '\0') << std::hex << line->status;
    EXPECT_EQ(std::count_if(std::begin(table), std::end(table),
                            [line](const auto& other) { return other.status == line->status; }),
              1)
        << std::hex << line->status;
  }
}

TEST(FltSendOutcomeTest, BothTablesNameAStatusOnceAndItsRule) {
  expect_each_status_once(kFltSendRules);
  expect_each_status_once(kFltAskRules);
}

}  // namespace
}  // namespace fltlink

// The books that DrmFilter keeps of requests: each is accepted, or refused for one reason of a closed list.
#include <fltlink/codec/signed_message.hpp>

#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"

namespace drmfilter::test {
namespace {

using fltlink::Refusal;
using fltlink::RequestCounters;
using fltlink::RequestKind;

class BooksTest : public DrmMachine {
 protected:
  void SetUp() override {
    start();
    ASSERT_EQ(client.connect(), S_OK);
    client_id = service->terms().connection_id + 1;
  }

  static Buffer message_of(MESSAGE_TYPE type) {
    Buffer bytes(FLTLINK_USER_MESSAGE_SIZE);
    std::memcpy(bytes.data(), &type, sizeof type);
    return bytes;
  }
  static Buffer sealed(uint32_t sequence) {
    const Buffer message = message_of(MSG_TYPE_CONFIG_CHANGE);
    Buffer bytes(FLTLINK_SIGNED_DATA_OFFSET + message.size());
    EXPECT_TRUE(fltlink::seal_signed_message(message, sequence, bytes).ok());
    return bytes;
  }
  static Buffer policy(fltlink::Text path) {
    Buffer bytes(FLTLINK_USER_MESSAGE_SIZE);
    EXPECT_TRUE(fltlink::encode_user_message({.type = MSG_TYPE_POLICY_UPDATE,
                                              .policy_update = {.version = 1, .flags = 1, .path = path},
                                              .config_change = {}},
                                             bytes)
                    .ok());
    return bytes;
  }

  // The books of the raw client.
  RequestCounters requests(RequestKind kind) {
    const auto answered = books_of(client_id);
    EXPECT_TRUE(answered.of(kind).balanced());
    return answered.of(kind);
  }
  uint64_t refused(RequestKind kind, Refusal reason) {
    return requests(kind).refused[static_cast<size_t>(reason)];
  }
  fltlink::CountersReply books_of(uint32_t id) {
    fltlink::CountersReply reply;
    service->in_process([&] { reply = service->driver().counters(id).value; });
    return reply;
  }

  RawClient client{service_process()};
  uint32_t client_id = 0;
};

TEST_F(BooksTest, AcceptedRequestsAreCountedByKind) {
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\*")).result, S_OK);
  EXPECT_EQ(client.send(message_of(MSG_TYPE_STATUS_REQUEST), 40).result, S_OK);
  EXPECT_EQ(client.send(message_of(MSG_TYPE_CONFIG_CHANGE)).result, S_OK);
  EXPECT_EQ(client.send(sealed(1)).result, S_OK);
  EXPECT_EQ(requests(RequestKind::kPolicyUpdate).accepted, 1u);
  EXPECT_EQ(requests(RequestKind::kStatus).accepted, 1u);
  EXPECT_EQ(requests(RequestKind::kConfigChange).accepted, 2u) << "one of them in an envelope";
  EXPECT_EQ(requests(RequestKind::kOther).received, 0u);
}

TEST_F(BooksTest, TheRequestThatAsksIsPendingInItsOwnAnswer) {
  const auto before = books_of(service->terms().connection_id).of(RequestKind::kCounters);
  const auto after = books_of(service->terms().connection_id).of(RequestKind::kCounters);
  EXPECT_EQ(before.pending, 1u);
  EXPECT_EQ(after.accepted, before.accepted + 1);
  EXPECT_TRUE(after.balanced());
}

TEST_F(BooksTest, EachReasonForARefusalHasACounterOfItsOwn) {
  struct Case {
    Buffer request;
    size_t room;
    size_t misalignment;
    RequestKind kind;
    Refusal reason;
  };
  Buffer unterminated = policy(u"C:\\x");
  std::fill(unterminated.begin() + 12, unterminated.end(), 0x41);
  Buffer damaged = sealed(7);
  damaged.back() ^= 1;
  Buffer of_2_0 = sealed(8);
  of_2_0[6] = 2;
  ASSERT_EQ(client.send(sealed(1)).result, S_OK);
  const Case cases[] = {
      {unterminated, 0, 0, RequestKind::kPolicyUpdate, Refusal::kMalformed},
      {Buffer(3), 0, 0, RequestKind::kOther, Refusal::kWrongSize},
      {Buffer(4000), 0, 0, RequestKind::kOther, Refusal::kWrongSize},
      {message_of(MSG_TYPE_FILE_EVENT), 0, 0, RequestKind::kOther, Refusal::kWrongDirection},
      {message_of(99), 0, 0, RequestKind::kOther, Refusal::kUnknownType},
      {message_of(FLTLINK_MSG_TYPE_NEGOTIATE), 0, 0, RequestKind::kOther, Refusal::kUnknownType},
      {of_2_0, 0, 0, RequestKind::kOther, Refusal::kWrongVersion},
      {damaged, 0, 0, RequestKind::kOther, Refusal::kChecksum},
      {sealed(1), 0, 0, RequestKind::kOther, Refusal::kReplayed},
      {message_of(MSG_TYPE_STATUS_REQUEST), 39, 0, RequestKind::kStatus, Refusal::kNoRoom},
      {policy(u"C:/no/name"), 0, 0, RequestKind::kPolicyUpdate, Refusal::kByPolicyTable},
      {message_of(MSG_TYPE_CONFIG_CHANGE), 0, 1, RequestKind::kOther, Refusal::kBadMemory},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(static_cast<int>(one.reason));
    const uint64_t before = refused(one.kind, one.reason);
    EXPECT_LT(client.send(one.request, one.room, one.misalignment).result, 0);
    EXPECT_EQ(refused(one.kind, one.reason), before + 1);
  }
}

TEST_F(BooksTest, AskingForAConnectionThatIsNotThereIsCountedAsThat) {
  service->in_process(
      [&] { EXPECT_NE(service->driver().counters(999).result.outcome, fltlink::RequestOutcome::kDone); });
  const auto own = books_of(service->terms().connection_id).of(RequestKind::kCounters);
  EXPECT_EQ(own.refused[static_cast<size_t>(Refusal::kNotFound)], 1u);
}

TEST_F(BooksTest, RequestsOfAClientThatLeftStayInTheBooksOfTheDriver) {
  ASSERT_EQ(client.send(message_of(MSG_TYPE_CONFIG_CHANGE)).result, S_OK);
  const auto before = books_of(0).of(RequestKind::kConfigChange);
  client.disconnect();
  const auto after = books_of(0).of(RequestKind::kConfigChange);
  EXPECT_EQ(after.accepted, before.accepted);
  EXPECT_TRUE(after.balanced());
}

// What was asked before requests were counted: an older client has room for the messages alone.
TEST_F(BooksTest, AClientOfAnOlderLibraryIsAnsweredWhatItKnows) {
  service->in_process([&] {
    Buffer request(FLTLINK_COUNTERS_REQUEST_SIZE);
    ASSERT_TRUE(fltlink::encode_counters_request({}, request).ok());
    Buffer answer(FLTLINK_COUNTERS_REPLY_SIZE_OLDEST);
    const auto sent = service->port().send(request, answer);
    EXPECT_EQ(sent.size, FLTLINK_COUNTERS_REPLY_SIZE_OLDEST);
    EXPECT_TRUE(fltlink::decode_counters_reply(answer).ok());
    EXPECT_NE(service->port().send(request, fltlink::MutableBytes(answer).first(223)).outcome,
              fltlink::SendOutcome::kAnswered);
  });
}

// A machine's trace has what its drivers print; so the books of a client that leaves are in it.
TEST_F(BooksTest, BooksOfAClientThatLeavesAreInTheTrace) {
  service->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  ASSERT_EQ(client.send(message_of(MSG_TYPE_CONFIG_CHANGE)).result, S_OK);
  service->configure(false, true);
  for (int round = 0; round < 2; ++round) word.write(kPlan, "x");
  client.disconnect();
  const std::string trace = machine.trace().to_text();
  EXPECT_THAT(trace,
              testing::HasSubstr(
                  "prints [DrmFilter] books of connection 2, block notices: 2 produced = 0 delivered + 0 "
                  "pending + dropped: 0 no subscriber, 0 queue full, 0 too large, 0 timed out, 2 "
                  "disconnected, 0 shutdown, 0 no resources, 0 send failed"));
  EXPECT_THAT(trace, testing::HasSubstr("prints [DrmFilter] books of connection 2, requests: 1 received = 1 "
                                        "accepted + 0 pending + 0 refused"));
  EXPECT_THAT(trace,
              testing::HasSubstr("connection 2 of \\DrmFilterPort ends: 1 send: 1 disconnected undelivered"));
}

TEST_F(BooksTest, BooksThatAreAskedForAreInTheTraceAtALogLevelThatTellsOfClients) {
  service->configure(false, true, 2);
  static_cast<void>(books_of(service->terms().connection_id));
  EXPECT_THAT(machine.trace().to_text(),
              testing::HasSubstr("prints [DrmFilter] books of connection 1, requests: "));
}

}  // namespace
}  // namespace drmfilter::test

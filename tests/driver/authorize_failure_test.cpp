// Questions without a verdict: by each cause, what becomes of the operation is what the authorizer asked for when
// it connected, and never hangs.
#include "driver/asking_machine.hpp"
#include "driver/raw_client.hpp"

namespace drmfilter::test {
namespace {

using namespace std::chrono_literals;
using fltlink::ConnectContext;

constexpr uint32_t kAllBits = FLTLINK_FAIL_OPEN_FLAGS_ALL;

int32_t expected(bool open) { return open ? STATUS_SUCCESS : STATUS_ACCESS_DENIED; }

// Runs `attempt` with this cause open and all others closed, and the other way round; it says how a write ended.
template <typename Attempt>
void with_each_policy(uint32_t bit, NoVerdict cause, Attempt&& attempt) {
  for (const bool open : {true, false}) {
    SCOPED_TRACE(open);
    AskingMachine m;
    m.start();
    const ConnectContext context{.fail_open = open ? bit : kAllBits & ~bit};
    EXPECT_EQ(attempt(m, context), expected(open));
    EXPECT_EQ(m.c.read_file(u"\\ProtectedDocs\\plan.docx"), open ? "evil" : "secret");
    EXPECT_EQ(m.unanswered(cause), 1u);
    EXPECT_TRUE(m.questions().balanced());
    EXPECT_TRUE(m.machine.verifier().clean());
  }
}

TEST(AuthorizeFailureTest, SilenceIsATimeout) {  // SEND-8, SEND-9
  with_each_policy(FLTLINK_FAIL_OPEN_TIMEOUT, NoVerdict::kTimedOut,
                   [](AskingMachine& m, const auto& context) {
                     m.authorizer.serve(ScriptedAuthorizer::always(std::nullopt), context);
                     const int64_t before = m.now();
                     const int32_t status = m.word.write(kPlan, "evil").status;
                     EXPECT_EQ(m.now() - before, 50'000'000) << "five seconds";
                     return status;
                   });
}

TEST(AuthorizeFailureTest, AnAuthorizerThatNeverReceivesTimesOutToo) {  // SEND-6
  with_each_policy(FLTLINK_FAIL_OPEN_TIMEOUT, NoVerdict::kTimedOut,
                   [](AskingMachine& m, const auto& context) {
                     EXPECT_EQ(m.authorizer.connect(context), S_OK);
                     return m.word.write(kPlan, "evil").status;
                   });
}

TEST(AuthorizeFailureTest, AnAuthorizerThatLeavesIsADisconnect) {  // SEND-14
  with_each_policy(FLTLINK_FAIL_OPEN_DISCONNECT, NoVerdict::kDisconnected,
                   [](AskingMachine& m, const auto& context) {
                     EXPECT_EQ(m.authorizer.connect(context), S_OK);
                     auto writer = m.start_writer();
                     EXPECT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
                     EXPECT_EQ(m.authorizer.process().kill(), Outcome::kDone);
                     return writer->join();
                   });
}

TEST(AuthorizeFailureTest, NoMemoryForTheQuestionIsOverload) {  // SEND-15
  with_each_policy(FLTLINK_FAIL_OPEN_OVERLOAD, NoVerdict::kOverloaded,
                   [](AskingMachine& m, const auto& context) {
                     m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::allow()), context);
                     m.machine.fail_next(fltsim::routine::kFltSendMessage);
                     return m.word.write(kPlan, "evil").status;
                   });
}

// The one that is too many is refused at once, while the others wait.
TEST(AuthorizeFailureTest, MoreQuestionsThanWereGrantedAreOverload) {
  with_each_policy(FLTLINK_FAIL_OPEN_OVERLOAD, NoVerdict::kOverloaded,
                   [](AskingMachine& m, ConnectContext context) {
                     context.queue_messages_max = 2;
                     EXPECT_EQ(m.authorizer.connect(context), S_OK);
                     const auto first = m.start_writer();
                     const auto second = m.start_writer();
                     EXPECT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
                     EXPECT_EQ(m.questions().pending, 2u);
                     const int64_t before = m.now();
                     const int32_t status = m.word.write(kPlan, "evil").status;
                     EXPECT_EQ(m.now(), before);
                     m.authorizer.process().start_thread(
                         "authorizer", [&] { m.authorizer.answer_all(ScriptedAuthorizer::deny()); });
                     EXPECT_EQ(first->join(), STATUS_ACCESS_DENIED);
                     EXPECT_EQ(second->join(), STATUS_ACCESS_DENIED);
                     return status;
                   });
}

// --- bytes that are no verdict ---

struct Hostile {
  const char* name;
  ScriptedAuthorizer::Reply reply;
};

Buffer changed(size_t offset, uint8_t value) {
  Buffer bytes = verdict_bytes(fltlink::Verdict::kAllow);
  bytes.at(offset) = value;
  return bytes;
}
Buffer sized(size_t size, uint8_t filler) {
  Buffer bytes = verdict_bytes(fltlink::Verdict::kAllow);
  bytes.resize(size, filler);
  bytes.at(4) = static_cast<uint8_t>(size);
  bytes.at(5) = static_cast<uint8_t>(size >> 8);
  return bytes;
}

std::vector<Hostile> hostile_replies() {
  const Buffer allow = verdict_bytes(fltlink::Verdict::kAllow);
  return {{"a failing status", {STATUS_UNSUCCESSFUL, allow}},
          {"S_FALSE for a status", {1, allow}},
          {"nothing", {0, {}}},
          {"too short", {0, Buffer(allow.begin(), allow.begin() + 15)}},
          {"half a type", {0, Buffer(2)}},
          {"another type", {0, changed(0, 4)}},
          {"another size", {0, changed(4, 17)}},
          {"verdict 0", {0, changed(8, 0)}},
          {"verdict 3", {0, changed(8, 3)}},
          {"a verdict of 257", {0, changed(9, 1)}},
          {"reserved bits", {0, changed(12, 1)}},
          {"a field that nobody knows", {0, sized(24, 1)}},
          {"more than there is room", {0, sized(FLTLINK_NEGOTIATION_SIZE_MAX + 1, 0)}}};
}

TEST(AuthorizeFailureTest, BytesThatAreNoVerdictAreAProtocolError) {  // REPLY-5, WIRE-10, WIRE-11, BAD-24
  for (const Hostile& hostile : hostile_replies()) {
    SCOPED_TRACE(hostile.name);
    with_each_policy(FLTLINK_FAIL_OPEN_PROTOCOL_ERROR, NoVerdict::kProtocolError,
                     [&](AskingMachine& m, const auto& context) {
                       m.authorizer.serve(ScriptedAuthorizer::always(hostile.reply), context);
                       return m.word.write(kPlan, "evil").status;
                     });
  }
}

// The growth rule of the protocol.
TEST(AuthorizeFailureTest, AVerdictThatHasGrownIsOne) {
  AskingMachine m;
  m.start();
  m.authorizer.serve(
      ScriptedAuthorizer::always(ScriptedAuthorizer::Reply{0, sized(FLTLINK_NEGOTIATION_SIZE_MAX, 0)}));
  EXPECT_EQ(m.word.write(kPlan, "new").status, STATUS_SUCCESS);
}

// REPLY-5: a status that feigns an end of the send can choose among the causes, and that is all.
TEST(AuthorizeFailureTest, AStatusThatFeignsATimeoutIsOneAndNoVerdict) {
  AskingMachine m;
  m.start();
  const Buffer allow = verdict_bytes(fltlink::Verdict::kAllow);
  m.authorizer.serve(ScriptedAuthorizer::always(ScriptedAuthorizer::Reply{STATUS_TIMEOUT, allow}));
  m.violate();
  EXPECT_EQ(m.unanswered(NoVerdict::kTimedOut), 1u);
}

TEST(AuthorizeFailureTest, ALateVerdictChangesNothing) {  // REPLY-3, REPLY-9
  AskingMachine m;
  m.start();
  HRESULT late = S_OK;
  m.authorizer.serve([&](uint64_t id) -> std::optional<ScriptedAuthorizer::Reply> {
    Sleep(5001);
    late = m.authorizer.reply(id, ScriptedAuthorizer::allow());
    return std::nullopt;
  });
  m.violate();
  EXPECT_EQ(m.machine.advance(10ms), Outcome::kDone);
  EXPECT_EQ(late, hr(0x801F0020));
  m.expect_plan_unharmed();
  EXPECT_EQ(m.questions().allowed, 0u);
}

TEST(AuthorizeFailureTest, TheFirstOfTwoVerdictsCounts) {  // REPLY-3
  AskingMachine m;
  m.start();
  HRESULT first = E_FAIL;
  HRESULT second = S_OK;
  m.authorizer.serve([&](uint64_t id) -> std::optional<ScriptedAuthorizer::Reply> {
    first = m.authorizer.reply(id, ScriptedAuthorizer::deny());
    second = m.authorizer.reply(id, ScriptedAuthorizer::allow());
    return std::nullopt;
  });
  m.violate();
  EXPECT_EQ(first, S_OK);
  EXPECT_EQ(second, hr(0x801F0020));
}

// P-3, REPLY-2: the place is the same, the connection is not.
TEST(AuthorizeFailureTest, AVerdictOfThePlacesNextClientIsNotOurs) {
  AskingMachine m;
  m.start();
  ScriptedAuthorizer next(m.service_process());
  ASSERT_EQ(m.authorizer.connect(), S_OK);
  const auto writer = m.start_writer();
  EXPECT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  m.authorizer.disconnect();
  ASSERT_EQ(next.connect({.fail_open = kAllBits}), S_OK);
  HRESULT replied = S_OK;
  EXPECT_EQ(next.process().run([&] { replied = next.reply(1, ScriptedAuthorizer::allow()); }),
            Outcome::kDone);
  EXPECT_EQ(replied, hr(0x801F0020));
  EXPECT_EQ(writer->join(), STATUS_ACCESS_DENIED);
  EXPECT_EQ(m.unanswered(NoVerdict::kDisconnected), 1u);
}

// SEND-13: whoever asks for somebody that is gone lets nothing through.
TEST(AuthorizeFailureTest, AThreadThatIsEndedWhileItAsksDoesNothing) {
  AskingMachine m;
  m.start();
  ASSERT_EQ(m.authorizer.connect({.fail_open = kAllBits}), S_OK);
  const auto writer = m.start_writer();
  EXPECT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  writer->thread().terminate();
  EXPECT_EQ(m.machine.run_to_quiescence(), Outcome::kDone);
  m.expect_plan_unharmed();
  EXPECT_EQ(m.unanswered(NoVerdict::kAbandoned), 1u);
  EXPECT_TRUE(m.questions().balanced());
}

}  // namespace
}  // namespace drmfilter::test

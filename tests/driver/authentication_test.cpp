// A driver that has a key: until a client has shown that it holds the same, nothing else is accepted from it, and
// it is told nothing. S-3: what changes something needs the key's MAC.
#include "driver/key_client.hpp"

#include "support/scale.hpp"

namespace drmfilter::test {
namespace {

using fltlink::DropReason;
using fltlink::MessageCounters;
using fltlink::Refusal;
using fltlink::RequestKind;
using fltlink::test::scaled;
using fltlink::test::test_key;
using namespace std::chrono_literals;

class AuthenticationTest : public KeyMachine {};

TEST_F(AuthenticationTest, WhoHoldsTheKeyIsLetIn) {
  KeyClient client = connected();
  EXPECT_EQ(client.authenticate(), S_OK);
  EXPECT_EQ(client.attempts_left, 3u);
  EXPECT_EQ(policies(client), 0u);
}

TEST_F(AuthenticationTest, NothingElseIsAcceptedBefore) {
  KeyClient client = connected();
  Buffer negotiate(FLTLINK_NEGOTIATE_REQUEST_SIZE);
  ASSERT_TRUE(fltlink::encode_negotiate_request(negotiate).ok());
  Buffer counters(FLTLINK_COUNTERS_REQUEST_SIZE);
  ASSERT_TRUE(fltlink::encode_counters_request({}, counters).ok());
  Buffer signed_policy(FLTLINK_SIGNED_USER_MESSAGE_SIZE);
  ASSERT_TRUE(fltlink::seal_signed_message(policy_for(u"C:\\x"), 1, signed_policy).ok());
  for (const Buffer& request : {policy_for(u"C:\\x"), status_request(), negotiate, counters, signed_policy,
                                client.sealed(policy_for(u"C:\\x"), 1), Buffer(600), Buffer(3)})
    EXPECT_LT(client.send(request, 1024).result, 0);
  EXPECT_EQ(client.send(policy_for(u"C:\\x")).result, kAccessDenied);
  EXPECT_EQ(client.send(status_request(), 40).result, kAccessDenied);
  EXPECT_EQ(client.send(negotiate, 40).result, kAccessDenied);
  ASSERT_EQ(client.authenticate(), S_OK);
  EXPECT_EQ(policies(client), 0u);
}

TEST_F(AuthenticationTest, WhatIsRefusedIsCounted) {
  KeyClient client = connected();
  EXPECT_EQ(client.send(policy_for(u"C:\\x")).result, kAccessDenied);
  EXPECT_EQ(client.send(client.proof()).result, kAccessDenied);
  ASSERT_EQ(client.authenticate(), S_OK);
  EXPECT_EQ(client.send(policy_for(u"C:\\x")).result, kAccessDenied);
  Buffer forged = client.sealed(policy_for(u"C:\\x"), 1);
  forged.back() ^= 1;
  EXPECT_EQ(client.send(forged).result, kAccessDenied);
  const auto seen = books(client);
  EXPECT_EQ(refused(seen, RequestKind::kPolicyUpdate, Refusal::kNotAuthenticated), 2u);
  EXPECT_EQ(refused(seen, RequestKind::kAuthenticate, Refusal::kWrongSender), 1u);
  EXPECT_EQ(refused(seen, RequestKind::kOther, Refusal::kWrongSender), 1u);
  for (const auto& kind : seen.requests) EXPECT_TRUE(kind.balanced());
}

// S-3.
TEST_F(AuthenticationTest, AnotherKeyProvesNothing) {
  Buffer key = test_key();
  key[31] ^= 1;
  KeyClient client(service_process(), {}, key);
  ASSERT_EQ(client.connect(), S_OK);
  EXPECT_EQ(client.authenticate(), kAccessDenied);
  EXPECT_EQ(client.send(status_request(), 40).result, kAccessDenied);
}

TEST_F(AuthenticationTest, AThirdWrongProofEndsTheConnection) {
  KeyClient client(service_process(), {}, Buffer(32, 7));
  ASSERT_EQ(client.connect(), S_OK);
  for (uint32_t left = 3; left != 0; --left) {
    EXPECT_EQ(client.authenticate(), kAccessDenied);
    EXPECT_EQ(client.attempts_left, left);
  }
  static_cast<void>(machine.run_to_quiescence());
  EXPECT_EQ(client.ask_nonce(), kDisconnected);
  EXPECT_EQ(connected().authenticate(), S_OK) << "somebody else's connection is not touched";
}

// A nonce is good for one proof, and a failed one takes it too.
TEST_F(AuthenticationTest, AProofIsLookedAtOnce) {
  KeyClient client = connected();
  ASSERT_EQ(client.ask_nonce(), S_OK);
  const Buffer right = client.proof();
  Buffer wrong = right;
  wrong.back() ^= 1;
  EXPECT_EQ(client.send(wrong).result, kAccessDenied);
  EXPECT_EQ(client.send(right).result, kAccessDenied);
  EXPECT_EQ(client.authenticate(), S_OK);
}

TEST_F(AuthenticationTest, AProofIsNothingWithoutANonce) {
  KeyClient client = connected();
  EXPECT_EQ(client.send(client.proof()).result, kAccessDenied);
  EXPECT_EQ(client.authenticate(), S_OK);
}

TEST_F(AuthenticationTest, ANonceEndsWithTheNextOne) {
  KeyClient client = connected();
  ASSERT_EQ(client.ask_nonce(), S_OK);
  const Buffer old_proof = client.proof();
  const auto old_nonce = client.binding().nonce;
  ASSERT_EQ(client.ask_nonce(), S_OK);
  EXPECT_NE(client.binding().nonce, old_nonce);
  EXPECT_EQ(client.send(old_proof).result, kAccessDenied);
}

TEST_F(AuthenticationTest, AProofIsForOneConnection) {
  KeyClient right = connected();
  KeyClient other = connected();
  ASSERT_EQ(right.ask_nonce(), S_OK);
  ASSERT_EQ(other.ask_nonce(), S_OK);
  EXPECT_EQ(other.send(right.proof()).result, kAccessDenied);
  EXPECT_EQ(right.send(right.proof()).result, S_OK);
  EXPECT_EQ(right.send(right.proof()).result, hr(0x80070001)) << "authenticated already";
}

// Somebody in between who has the right client sign his own nonce: the client signs its own process's id.
TEST_F(AuthenticationTest, AProofThatAnotherProcessMadeIsNone) {
  KeyClient between = connected();
  ASSERT_EQ(between.ask_nonce(), S_OK);
  between.binding().process_id = service_process().id();
  EXPECT_EQ(between.send(between.proof()).result, kAccessDenied);
}

TEST_F(AuthenticationTest, AProofIsForOneContext) {
  KeyClient client = connected({.role = FLTLINK_ROLE_CONTROL});
  ASSERT_EQ(client.ask_nonce(), S_OK);
  client.binding().context.role = FLTLINK_ROLE_SUBSCRIBER;
  EXPECT_EQ(client.send(client.proof()).result, kAccessDenied);
}

// Every bit, every shorter request, and some longer ones.
TEST_F(AuthenticationTest, ADamagedProofIsRefused) {
  const auto refused = [&](auto damage) {
    KeyClient client = connected();
    EXPECT_EQ(client.ask_nonce(), S_OK);
    Buffer proof = client.proof();
    damage(proof);
    EXPECT_LT(client.send(proof).result, 0);
    EXPECT_EQ(client.send(status_request(), 40).result, kAccessDenied);
    client.disconnect();
  };
  for (size_t bit = 0; bit < FLTLINK_AUTHENTICATE_SIZE * 8; bit += scaled(8) < 8 ? 7 : 1)
    refused([&](Buffer& proof) { proof[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8); });
  for (size_t size = 0; size < FLTLINK_AUTHENTICATE_SIZE; ++size)
    refused([&](Buffer& proof) { proof.resize(size); });
  refused([](Buffer& proof) { proof.push_back(0); });
}

// 1.0 has no way to prove anything.
TEST_F(AuthenticationTest, AClientOf10IsRefusedAtOnce) {
  EXPECT_EQ(RawClient(service_process()).connect(), hr(0x8007051A));
  KeyClient old(service_process(), {.version_max = FLTLINK_VERSION_1_0});
  EXPECT_EQ(old.connect(), hr(0x8007051A));
}

TEST_F(AuthenticationTest, VersionRangesThatDoNotMeetAreRefused) {
  KeyClient newer(service_process(), {.version_min = 0x00020000, .version_max = 0x00020005});
  EXPECT_EQ(newer.connect(), hr(0x8007051A));
}

TEST_F(AuthenticationTest, WhoHasNotProvedAnythingIsPutOutAfterFiveSeconds) {
  KeyClient idle = connected();
  KeyClient right = authenticated();
  static_cast<void>(machine.advance(4900ms));
  EXPECT_EQ(idle.ask_nonce(), S_OK);
  static_cast<void>(machine.advance(200ms));
  EXPECT_EQ(idle.ask_nonce(), kDisconnected);
  EXPECT_EQ(policies(right), 0u);
}

// A hostile client that passes the descriptor takes every place it can, and comes back for each that it loses.
TEST_F(AuthenticationTest, SlotsAreNotExhaustedByWhoCannotProveAnything) {
  std::vector<KeyClient> hostile;
  for (int index = 0; index < 30; ++index) hostile.push_back(connected());
  static_cast<void>(machine.run_to_quiescence());
  KeyClient right = authenticated();
  EXPECT_EQ(policies(right), 0u);
  for (int index = 0; index < 30; ++index) hostile.push_back(connected());
  EXPECT_EQ(policies(right), 0u) << "who is in stays in";
  int alive = 0;
  for (KeyClient& client : hostile) alive += client.ask_nonce() == S_OK;
  EXPECT_EQ(alive, 4);
}

TEST_F(AuthenticationTest, AnUnauthenticatedSubscriberIsToldNothing) {
  KeyClient right = authenticated({.role = FLTLINK_ROLE_CONTROL});
  EXPECT_EQ(right.send(right.sealed(policy_for(u"C:\\ProtectedDocs\\*"), 1)).result, S_OK);
  KeyClient waiting = connected();
  ASSERT_EQ(waiting.ask_nonce(), S_OK);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  const MessageCounters notices = books(right).block_notices;
  EXPECT_EQ(notices.produced, 1u);
  EXPECT_EQ(notices.dropped[static_cast<size_t>(DropReason::kNoSubscriber)], 1u);
  EXPECT_TRUE(notices.balanced());
}

// Asked without an answer, this authorizer would let everything happen.
TEST_F(AuthenticationTest, AnUnauthenticatedAuthorizerIsNotAsked) {
  KeyClient right = authenticated({.role = FLTLINK_ROLE_CONTROL});
  const uint32_t flags = FLTLINK_PROTECT_WRITE | FLTLINK_PROTECT_ASK;
  ASSERT_EQ(right.send(right.sealed(policy_for(u"C:\\ProtectedDocs\\*", flags), 1)).result, S_OK);
  KeyClient authorizer =
      connected({.role = FLTLINK_ROLE_AUTHORIZER, .fail_open = FLTLINK_FAIL_OPEN_FLAGS_ALL});
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  ASSERT_EQ(authorizer.authenticate(), S_OK);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_SUCCESS) << "it is asked, and does not answer";
}

// S-3.
TEST_F(AuthenticationTest, WhatChangesSomethingNeedsTheSeal) {
  KeyClient client = authenticated();
  const Buffer policy = policy_for(u"C:\\ProtectedDocs\\*");
  EXPECT_EQ(client.send(policy).result, kAccessDenied);
  Buffer checksum(FLTLINK_SIGNED_USER_MESSAGE_SIZE);
  ASSERT_TRUE(fltlink::seal_signed_message(policy, 1, checksum).ok());
  EXPECT_EQ(client.send(checksum).result, kAccessDenied);
  EXPECT_EQ(
      client.send(encoded({.type = MSG_TYPE_CONFIG_CHANGE, .policy_update = {}, .config_change = {}})).result,
      kAccessDenied);
  EXPECT_EQ(policies(client), 0u);
  EXPECT_EQ(client.send(client.sealed(policy, 1)).result, S_OK);
  EXPECT_EQ(policies(client), 1u);
}

// S-1, S-2, S-3.
TEST_F(AuthenticationTest, ASealIsForOneMessageOfOneConnection) {
  KeyClient client = authenticated();
  KeyClient other = authenticated();
  const Buffer sealed = client.sealed(policy_for(u"C:\\x"), 0x7FFFFFFF);
  EXPECT_EQ(other.send(sealed).result, kAccessDenied);
  Buffer forged = sealed;
  forged[30] ^= 1;
  EXPECT_EQ(client.send(forged).result, kAccessDenied);
  EXPECT_EQ(client.send(sealed).result, S_OK);
  EXPECT_EQ(client.send(sealed).result, kAccessDenied) << "used";
  EXPECT_EQ(client.send(client.sealed(policy_for(u"C:\\x"), 0xFFFFFFFE)).result, S_OK);
  EXPECT_EQ(client.send(client.sealed(policy_for(u"C:\\x"), 0)).result, S_OK) << "behind the wrap";
}

// S-3: each bit of the envelope counts.
TEST_F(AuthenticationTest, ADamagedSealChangesNothing) {
  KeyClient client = authenticated();
  const Buffer good = client.sealed(policy_for(u"C:\\x"), 1);
  for (size_t bit = 0; bit < good.size() * 8; bit += scaled(8) < 8 ? 13 : 1) {
    Buffer bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ASSERT_LT(client.send(bad).result, 0) << bit;
  }
  for (size_t size = 0; size < good.size(); size += 7)
    ASSERT_LT(client.send(Buffer(good.begin(), good.begin() + static_cast<ptrdiff_t>(size))).result, 0)
        << size;
  EXPECT_EQ(policies(client), 0u);
  EXPECT_EQ(client.send(good).result, S_OK) << "the window has not moved";
}

TEST_F(AuthenticationTest, AClientWithoutRoomForTheNonceGetsNone) {
  KeyClient client = connected();
  Buffer request(FLTLINK_NONCE_REQUEST_SIZE);
  ASSERT_TRUE(fltlink::encode_nonce_request(request).ok());
  const auto sent = client.send(request, FLTLINK_NONCE_REPLY_SIZE - 1);
  EXPECT_EQ(sent.result, hr(0x8007007A));
  EXPECT_EQ(sent.answer, Buffer(FLTLINK_NONCE_REPLY_SIZE - 1, 0xEE));
}

// Nobody gets in because the system could not say who he is.
TEST_F(AuthenticationTest, AFailureOfBCryptLetsNobodyIn) {
  for (const char* routine : {"BCryptCreateHash", "BCryptHashData", "BCryptFinishHash"}) {
    KeyClient client = connected();
    ASSERT_EQ(client.ask_nonce(), S_OK);
    machine.fail_next(routine);
    EXPECT_LT(client.send(client.proof()).result, 0) << routine;
    EXPECT_EQ(client.send(status_request(), 40).result, kAccessDenied) << routine;
    EXPECT_EQ(client.authenticate(), S_OK) << "it may try again";
    EXPECT_EQ(client.attempts_left, 3u) << "what was not looked at is no attempt";
    machine.fail_next(routine);
    EXPECT_LT(client.send(client.sealed(policy_for(u"C:\\x"), 1)).result, 0) << routine;
    EXPECT_EQ(policies(client), 0u) << routine;
    client.disconnect();
  }
  KeyClient client = connected();
  machine.fail_next("BCryptGenRandom");
  EXPECT_LT(client.ask_nonce(), 0);
  EXPECT_EQ(client.send(client.proof()).result, kAccessDenied);
}

TEST_F(AuthenticationTest, AConnectWithoutMemoryLeavesTheGateAsItWas) {
  machine.fail_next(fltsim::routine::kExAllocatePool2);
  EXPECT_LT(KeyClient(service_process()).connect(), 0);
  EXPECT_EQ(connected().authenticate(), S_OK);
}

// What does not ask for authentication does not know it.
class KeylessTest : public KeyMachine {
 protected:
  void SetUp() override {}
  void expect_not_loaded(fltsim::DriverParameter key, NTSTATUS status) {
    auto options = driver_options();
    options.parameters.push_back(std::move(key));
    driver.emplace(machine.load_driver(FLTLINK_DRIVER("drmfilter"), options));
    EXPECT_EQ(driver->status(), status);
    EXPECT_NE(machine.debug_output().find("AuthenticationKey"), std::string::npos);
  }
};

TEST_F(KeylessTest, WithoutAKeyNobodyIsAsked) {
  load();
  KeyClient client = connected();
  EXPECT_EQ(client.ask_nonce(), kNotSupported);
  EXPECT_EQ(client.send(client.proof()).result, kNotSupported);
  EXPECT_EQ(client.send(client.sealed(policy_for(u"C:\\x"), 1)).result, kNotSupported);
  EXPECT_EQ(client.send(policy_for(u"C:\\x")).result, S_OK);
}

TEST_F(KeylessTest, AKeyThatIsTooShortStopsTheLoad) {
  expect_not_loaded({u"AuthenticationKey", Buffer(15)}, STATUS_INVALID_PARAMETER);
}
TEST_F(KeylessTest, AKeyThatIsTooLongStopsTheLoad) {
  expect_not_loaded({u"AuthenticationKey", Buffer(65)}, STATUS_INVALID_PARAMETER);
}
TEST_F(KeylessTest, AKeyThatIsATextStopsTheLoad) {
  expect_not_loaded({u"AuthenticationKey", u"0123456789abcdef0123456789abcdef"}, STATUS_OBJECT_TYPE_MISMATCH);
}

TEST_F(KeylessTest, AKeyThatCannotBeUsedStopsTheLoad) {
  machine.fail_next("BCryptOpenAlgorithmProvider");
  expect_not_loaded({u"AuthenticationKey", test_key()}, STATUS_NO_MEMORY);
}

class KeySizeTest : public KeyMachine, public testing::WithParamInterface<size_t> {
 protected:
  void SetUp() override {}
};

TEST_P(KeySizeTest, TheWholeKeyCounts) {
  Buffer key(GetParam(), 0x55);
  load_with_key(key);
  KeyClient right(service_process(), {}, key);
  ASSERT_EQ(right.connect(), S_OK);
  EXPECT_EQ(right.authenticate(), S_OK);
  key.back() ^= 1;
  KeyClient wrong(service_process(), {}, key);
  ASSERT_EQ(wrong.connect(), S_OK);
  EXPECT_EQ(wrong.authenticate(), kAccessDenied);
}

INSTANTIATE_TEST_SUITE_P(Sizes, KeySizeTest, testing::Values(16, 63, 64));

// A client may be killed anywhere in the exchange: the next one gets in, and the driver goes clean.
TEST(AuthenticationSeedsTest, AKilledClientLeavesNothing) {
  for (int seed = 1; seed <= scaled(200); ++seed) {
    class Run : public KeyMachine {
     public:
      explicit Run(const fltsim::Options& options) : KeyMachine(options) {}
      void TestBody() override {
        load_with_key(test_key());
        KeyClient victim = connected();
        auto thread = victim.process().start_thread("victim", [&] {
          for (int round = 0; round < 3; ++round) exchange(victim);
        });
        auto killer = machine.system_process().start_thread(
            "killer", [&] { static_cast<void>(victim.process().kill()); });
        static_cast<void>(thread.join());
        static_cast<void>(killer.join());
        KeyClient next = authenticated();
        EXPECT_EQ(policies(next), 0u);
        EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
        EXPECT_TRUE(machine.verifier().clean());
      }

     private:
      static void exchange(KeyClient& client) {
        Buffer request(FLTLINK_NONCE_REQUEST_SIZE);
        EXPECT_TRUE(fltlink::encode_nonce_request(request).ok());
        uint8_t answer[FLTLINK_NONCE_REPLY_SIZE];
        DWORD returned = 0;
        const HRESULT asked =
            FilterSendMessage(client.port(), request.data(), 16, answer, sizeof answer, &returned);
        if (asked != S_OK) return;
        client.binding().nonce = fltlink::decode_nonce_reply(answer)->nonce;
        client.binding().connection_id = fltlink::decode_nonce_reply(answer)->connection_id;
        Buffer proof = client.proof();
        static_cast<void>(FilterSendMessage(client.port(), proof.data(), static_cast<DWORD>(proof.size()),
                                            nullptr, 0, &returned));
      }
    };
    SCOPED_TRACE(seed);
    fltsim::Options options;
    options.seed = static_cast<uint64_t>(seed);
    Run(options).TestBody();
  }
}

}  // namespace
}  // namespace drmfilter::test

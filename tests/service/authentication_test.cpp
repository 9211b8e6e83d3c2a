// The client's side of a proof: what a service with a key sends, and what it does when the driver does not take it.
#include <fltlink/service/driver_client.hpp>

#include "service/receive_loop_fixture.hpp"
#include "support/hmac.hpp"

namespace fltlink {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::SizeIs;

constexpr uint32_t kAccessDenied = 0x80070005;
constexpr uint32_t kNotSupported = 0x80070032;
constexpr uint32_t kProcess = 4321;

class TestAuthenticator final : public Authenticator {
 public:
  uint32_t process_id() const override { return kProcess; }
  bool mac(Bytes message, Mac& mac) const override { return works && test::hmac(key, message, mac); }
  bool mac_under(const Mac& under, Bytes message, Mac& mac) const override {
    return works && test::hmac(under, message, mac);
  }
  std::vector<uint8_t> key = test::test_key();
  bool works = true;
};

// A driver that has the key of the tests, behind a scripted port.
class KeyedDriver {
 public:
  explicit KeyedDriver(ScriptedPort& port) {
    port.on_request = [this](Bytes request, MutableBytes answer) { return take(request, answer); };
  }

  ConnectContext context;
  bool authenticated = false;
  bool asks = true;
  std::vector<uint32_t> sequences;

 private:
  static SendResult answered(size_t size) { return {SendOutcome::kAnswered, 0, size}; }
  static SendResult refused(uint32_t code) { return {SendOutcome::kRefused, code, 0}; }

  SendResult take(Bytes request, MutableBytes answer) {
    const MESSAGE_TYPE type = peek_message_type(request).value();
    if (!asks && type == FLTLINK_MSG_TYPE_GET_NONCE) return refused(kNotSupported);
    if (type == FLTLINK_MSG_TYPE_GET_NONCE) return give_nonce(answer);
    if (type == FLTLINK_MSG_TYPE_AUTHENTICATE) return check(request);
    if (!authenticated) return refused(kAccessDenied);
    if (type == FLTLINK_SEAL_SIGNATURE) return open(request);
    return type == FLTLINK_MSG_TYPE_NEGOTIATE ? negotiating_driver()(request, answer) : answered(0);
  }
  Binding binding() const {
    Binding bound{.connection_id = connection_, .process_id = kProcess, .context = context};
    bound.nonce[0] = static_cast<uint8_t>(connection_);
    return bound;
  }
  SendResult give_nonce(MutableBytes answer) {
    authenticated = false;
    window_ = {};
    ++connection_;
    const NonceReply reply{.connection_id = connection_, .attempts_left = 3, .nonce = binding().nonce};
    return answered(encode_nonce_reply(reply, answer).value());
  }
  SendResult check(Bytes request) {
    authenticated =
        decode_authenticate(request).value() == test::mac_of(test::test_key(), MacPurpose::kProof, binding());
    return authenticated ? answered(0) : refused(kAccessDenied);
  }
  SendResult open(Bytes request) {
    const Mac key = test::mac_of(test::test_key(), MacPurpose::kSeal, binding());
    if (!open_sealed_message(request, key, test::hmac, window_).ok()) return refused(kAccessDenied);
    sequences.push_back(window_.last());
    return answered(0);
  }

  uint32_t connection_ = 0;
  ReplayWindow window_;
};

class ClientAuthenticationTest : public testing::Test {
 protected:
  ClientAuthenticationTest() { EXPECT_EQ(port_.connect({}).outcome, ConnectOutcome::kConnected); }
  RequestOutcome set_policy() {
    return client_.set_policy({.version = 1, .flags = FLTLINK_PROTECT_WRITE, .path = u"C:\\D\\*"}).outcome;
  }
  FakeHost host_{0};
  ScriptedPort port_{host_};
  KeyedDriver driver_{port_};
  TestAuthenticator authenticator_;
  DriverClient client_{port_, &authenticator_};
};

TEST_F(ClientAuthenticationTest, TheProofIsTakenAndChangesAreSealedInOrder) {
  EXPECT_EQ(client_.authenticate({}).outcome, RequestOutcome::kDone);
  EXPECT_EQ(set_policy(), RequestOutcome::kDone);
  EXPECT_EQ(client_.remove_policy(u"C:\\D\\*", 2).outcome, RequestOutcome::kDone);
  EXPECT_EQ(client_.set_config({}).outcome, RequestOutcome::kDone);
  EXPECT_THAT(driver_.sequences, ElementsAre(1, 2, 3));
}

TEST_F(ClientAuthenticationTest, EachConnectionBeginsAnew) {
  EXPECT_EQ(client_.authenticate({}).outcome, RequestOutcome::kDone);
  EXPECT_EQ(set_policy(), RequestOutcome::kDone);
  EXPECT_EQ(client_.authenticate({}).outcome, RequestOutcome::kDone);
  EXPECT_EQ(set_policy(), RequestOutcome::kDone);
  EXPECT_THAT(driver_.sequences, ElementsAre(1, 1));
}

TEST_F(ClientAuthenticationTest, AProofIsOfTheContextThatWasConnectedWith) {
  EXPECT_EQ(client_.authenticate({.role = FLTLINK_ROLE_CONTROL}).code, kAccessDenied);
  driver_.context.role = FLTLINK_ROLE_CONTROL;
  EXPECT_EQ(client_.authenticate({.role = FLTLINK_ROLE_CONTROL}).outcome, RequestOutcome::kDone);
}

TEST_F(ClientAuthenticationTest, WithoutAMacNothingIsSent) {
  EXPECT_EQ(client_.authenticate({}).outcome, RequestOutcome::kDone);
  const size_t sent = port_.requests().size();
  authenticator_.works = false;
  EXPECT_EQ(set_policy(), RequestOutcome::kNotSendable);
  EXPECT_THAT(port_.requests(), SizeIs(sent));
  EXPECT_EQ(client_.authenticate({}).outcome, RequestOutcome::kNotSendable);
  EXPECT_THAT(port_.requests(), SizeIs(sent + 1)) << "the question for a nonce, and no proof";
}

class LoopAuthenticationTest : public ReceiveLoopTest {
 protected:
  LoopAuthenticationTest() { options_.authenticator = &authenticator_; }
  KeyedDriver driver_{port_};
  TestAuthenticator authenticator_;
};

TEST_F(LoopAuthenticationTest, AConnectionBeginsWithTheProof) {
  start();
  EXPECT_TRUE(loop_->connected());
  EXPECT_TRUE(decode_nonce_request(port_.requests().at(0)).ok());
  EXPECT_TRUE(decode_authenticate(port_.requests().at(1)).ok());
  EXPECT_TRUE(decode_negotiate_request(port_.requests().at(2)).ok());
}

TEST_F(LoopAuthenticationTest, AnotherKeyGivesUpAndTriesAgainLater) {
  authenticator_.key[0] ^= 1;
  start();
  EXPECT_FALSE(loop_->connected());
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kAuthenticationFailed, kAccessDenied)));
  EXPECT_EQ(count(LoopCounter::kAuthenticationsFailed), 1u);
  authenticator_.key[0] ^= 1;
  host_.advance(kTicksPerSecond);
  EXPECT_TRUE(loop_->connected());
}

// Going on would be going without.
TEST_F(LoopAuthenticationTest, ADriverThatAsksForNothingIsNotBelieved) {
  driver_.asks = false;
  start();
  EXPECT_FALSE(loop_->connected());
  EXPECT_THAT(handlers_.troubles(), ElementsAre(Pair(Trouble::kAuthenticationFailed, kNotSupported)));
}

}  // namespace
}  // namespace fltlink

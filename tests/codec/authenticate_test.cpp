#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include <set>

#include "support/bytes.hpp"
#include "support/hmac.hpp"

namespace fltlink {
namespace {

using test::ByteVector;
using test::golden;

Binding binding() {
  return {.nonce = {1, 2, 3}, .connection_id = 7, .process_id = 44, .context = {.queue_messages_max = 10}};
}

TEST(AuthenticateTest, ReservedBytesAreRefused) {
  for (const size_t offset : {size_t{8}, size_t{12}, size_t{15}}) {
    ByteVector request = golden("nonce_request");
    request[offset] = 1;
    EXPECT_EQ(decode_nonce_request(request).error(), DecodeError::kReservedNotZero);
    ByteVector authenticate = golden("authenticate");
    authenticate[offset] = 1;
    EXPECT_EQ(decode_authenticate(authenticate).error(), DecodeError::kReservedNotZero);
  }
}

TEST(AuthenticateTest, EverySizeBelowTheKnownOneIsRefused) {
  for (const char* name : {"nonce_request", "nonce_reply", "authenticate"}) {
    const ByteVector bytes = golden(name);
    for (size_t size = 0; size < bytes.size(); ++size) {
      const Bytes cut = Bytes(bytes).first(size);
      EXPECT_FALSE(decode_nonce_request(cut).ok());
      EXPECT_FALSE(decode_nonce_reply(cut).ok());
      EXPECT_FALSE(decode_authenticate(cut).ok());
    }
  }
}

TEST(AuthenticateTest, MessagesGrowByZerosAlone) {
  ByteVector bytes = golden("authenticate");
  bytes.resize(bytes.size() + 4, 0);
  EXPECT_EQ(decode_authenticate(bytes).error(), DecodeError::kWrongSize) << "more bytes than it says";
  bytes[4] = static_cast<uint8_t>(bytes.size());
  EXPECT_TRUE(decode_authenticate(bytes).ok());
  bytes.back() = 1;
  EXPECT_EQ(decode_authenticate(bytes).error(), DecodeError::kUnknownField);
}

TEST(AuthenticateTest, ANonceWithoutAConnectionIsRefused) {
  ByteVector bytes = golden("nonce_reply");
  bytes[8] = 0;
  EXPECT_EQ(decode_nonce_reply(bytes).error(), DecodeError::kTermMissing);
  EXPECT_EQ(encode_nonce_reply({}, bytes).error(), EncodeError::kTermMissing);
}

TEST(AuthenticateTest, BufferOneByteTooSmallIsLeftUntouched) {
  ByteVector out(FLTLINK_AUTHENTICATE_SIZE - 1, 0xEE);
  EXPECT_EQ(encode_authenticate({}, out).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(encode_nonce_reply({.connection_id = 1}, out).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(encode_nonce_request(MutableBytes(out).first(15)).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(out, ByteVector(out.size(), 0xEE));
}

// What a proof is tied to: change any part, and it is a proof of something else.
TEST(AuthenticateTest, EveryPartOfABindingChangesItsBytes) {
  std::vector<Binding> bindings(9, binding());
  bindings[1].nonce[31] = 1;
  bindings[2].connection_id = 8;
  bindings[3].process_id = 48;
  bindings[4].context.role = FLTLINK_ROLE_CONTROL;
  bindings[5].context.version_min = FLTLINK_VERSION_1_1;
  bindings[6].context.queue_size_max = 1;
  bindings[7].context.fail_open = 1;
  bindings[8].context.batch_size_max = 131'072;
  std::set<BindingBytes> seen;
  for (const Binding& one : bindings) {
    EXPECT_TRUE(seen.insert(encode_binding(MacPurpose::kProof, one)).second);
    EXPECT_TRUE(seen.insert(encode_binding(MacPurpose::kSeal, one)).second) << "the label";
  }
}

TEST(AuthenticateTest, MacsThatDifferInAnyBitAreNotEqual) {
  Mac mac{};
  EXPECT_TRUE(equal_in_constant_time(mac, Mac{}));
  for (size_t bit = 0; bit < mac.size() * 8; ++bit) {
    Mac other = mac;
    other[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(equal_in_constant_time(mac, other)) << bit;
  }
}

TEST(AuthenticateTest, WipedBytesAreZero) {
  Mac secret;
  secret.fill(0xAA);
  wipe(secret);
  EXPECT_EQ(secret, Mac{});
}

}  // namespace
}  // namespace fltlink

#include <fltlink/codec/signed_message.hpp>
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/bytes.hpp"

namespace fltlink {
namespace {

using test::ByteVector;

ByteVector sealed(uint32_t sequence, const ByteVector& message = {1, 2, 3}) {
  ByteVector out(FLTLINK_SIGNED_DATA_OFFSET + message.size());
  EXPECT_EQ(seal_signed_message(message, sequence, out).value(), out.size());
  return out;
}

TEST(XorChecksumTest, IsByteShiftedByItsPlace) {
  ByteVector bytes;
  uint32_t expected = 0;
  EXPECT_EQ(xor_checksum(bytes), 0u);
  for (uint32_t index = 0; index < 70; ++index) {
    bytes.push_back(static_cast<uint8_t>(index * 37 + 11));
    expected ^= uint32_t{bytes.back()} << (index % 4 * 8);
    EXPECT_EQ(xor_checksum(bytes), expected) << bytes.size();
  }
}

TEST(SignedMessageTest, OpensWhatWasSealedOnceOnly) {
  ReplayWindow window;
  const ByteVector envelope = sealed(1);
  EXPECT_EQ(test::vector_of(open_signed_message(envelope, window).value()), (ByteVector{1, 2, 3}));
  EXPECT_EQ(open_signed_message(envelope, window).error(), DecodeError::kReplayed);
}

TEST(SignedMessageTest, EmptyMessageIsAMessage) {
  ReplayWindow window;
  EXPECT_TRUE(open_signed_message(sealed(1, {}), window)->empty());
}

TEST(SignedMessageTest, EveryLengthBelowTheHeaderIsTruncated) {
  ReplayWindow window;
  const ByteVector envelope = sealed(1);
  for (size_t size = 0; size < FLTLINK_SIGNED_DATA_OFFSET; ++size) {
    ASSERT_EQ(open_signed_message(Bytes(envelope).first(size), window).error(), DecodeError::kTruncated);
  }
}

TEST(SignedMessageTest, SignatureAndVersionAreChecked) {
  ReplayWindow window;
  ByteVector envelope = sealed(1);
  envelope[0] ^= 1;
  EXPECT_EQ(open_signed_message(envelope, window).error(), DecodeError::kWrongSignature);
  envelope = sealed(1);
  envelope[4] ^= 1;
  EXPECT_EQ(open_signed_message(envelope, window).error(), DecodeError::kUnsupportedVersion);
}

// S-1: a forged envelope with a huge number must not lock out the real sender.
TEST(SignedMessageTest, DamagedEnvelopeDoesNotMoveTheWindow) {
  ReplayWindow window;
  ByteVector forged = sealed(0x7FFFFFFF);
  forged[16] ^= 1;
  EXPECT_EQ(open_signed_message(forged, window).error(), DecodeError::kChecksumMismatch);
  EXPECT_EQ(window.last(), 0u);
  EXPECT_TRUE(open_signed_message(sealed(1), window).ok());
}

// S-1: the number is looked at last.
TEST(SignedMessageTest, DamagedReplayIsReportedAsDamaged) {
  ReplayWindow window;
  window.advance(9);
  ByteVector envelope = sealed(9);
  envelope[18] ^= 0x80;
  EXPECT_EQ(open_signed_message(envelope, window).error(), DecodeError::kChecksumMismatch);
}

TEST(SignedMessageTest, SealsInPlace) {
  ByteVector out(FLTLINK_SIGNED_DATA_OFFSET + 3);
  out[16] = 1, out[17] = 2, out[18] = 3;
  EXPECT_TRUE(seal_signed_message(Bytes(out).subspan(16), 1, out).ok());
  EXPECT_EQ(out, sealed(1));
}

TEST(SignedMessageTest, BufferOneByteTooSmallIsLeftUntouched) {
  const ByteVector message{1, 2, 3};
  for (size_t room : {0u, 15u, 18u}) {
    ByteVector out(room, 0xEE);
    EXPECT_EQ(seal_signed_message(message, 1, out).error(), EncodeError::kBufferTooSmall);
    EXPECT_EQ(out, ByteVector(room, 0xEE));
  }
}

// S-2.
TEST(ReplayWindowTest, TakesTheHalfOfTheNumbersThatIsAhead) {
  ReplayWindow window;
  EXPECT_FALSE(window.is_ahead(0));
  EXPECT_TRUE(window.is_ahead(1));
  EXPECT_TRUE(window.is_ahead(0x7FFFFFFF));
  EXPECT_FALSE(window.is_ahead(0x80000000));
  EXPECT_FALSE(window.is_ahead(0xFFFFFFFF));
}

// S-2: where the signed comparison of the first clients broke.
TEST(ReplayWindowTest, GoesOnAcrossTheMiddleAndAcrossTheWrap) {
  ReplayWindow window;
  for (uint32_t sequence : {0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFEu, 0xFFFFFFFFu, 0u, 1u}) {
    ASSERT_TRUE(window.is_ahead(sequence)) << sequence;
    window.advance(sequence);
    ASSERT_FALSE(window.is_ahead(sequence)) << sequence;
    ASSERT_FALSE(window.is_ahead(sequence - 1)) << sequence;
  }
}

// S-2.
TEST(ReplayWindowTest, ConnectionsDoNotShareAWindow) {
  ReplayWindow first;
  ReplayWindow second;
  EXPECT_TRUE(open_signed_message(sealed(5), first).ok());
  EXPECT_TRUE(open_signed_message(sealed(5), second).ok());
}

TEST(ReplayWindowDeathTest, AdvancingBackwardsIsOurMistake) {
  ReplayWindow window;
  window.advance(5);
  EXPECT_DEATH(window.advance(5), "is_ahead");
}

}  // namespace
}  // namespace fltlink

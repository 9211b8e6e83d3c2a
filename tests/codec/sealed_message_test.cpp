#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/bytes.hpp"
#include "support/hmac.hpp"

namespace fltlink {
namespace {

using test::ByteVector;
using test::hmac;

const Mac kKey{1, 2, 3, 4};
const ByteVector kMessage{'m', 'e', 's', 's', 'a', 'g', 'e'};

ByteVector sealed(uint32_t sequence, const Mac& key = kKey) {
  ByteVector bytes(48 + kMessage.size());
  EXPECT_EQ(seal_message(kMessage, sequence, key, hmac, bytes).value(), bytes.size());
  return bytes;
}

Result<Bytes, DecodeError> open(const ByteVector& bytes, ReplayWindow& window) {
  return open_sealed_message(bytes, kKey, hmac, window);
}

TEST(SealedMessageTest, WhatWasSealedIsOpenedOnce) {
  ReplayWindow window;
  const ByteVector bytes = sealed(1);
  EXPECT_EQ(test::vector_of(open(bytes, window).value()), kMessage);
  EXPECT_EQ(open(bytes, window).error(), DecodeError::kReplayed);
}

// S-1, S-3: each bit counts, and none of the damaged envelopes moves the window.
TEST(SealedMessageTest, EveryFlippedBitIsRefusedAndLeavesTheWindow) {
  const ByteVector good = sealed(5);
  ReplayWindow window;
  for (size_t bit = 0; bit < good.size() * 8; ++bit) {
    ByteVector bad = good;
    bad[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    EXPECT_FALSE(open(bad, window).ok()) << bit;
    EXPECT_EQ(window.last(), 0u) << bit;
  }
  EXPECT_TRUE(open(good, window).ok());
}

TEST(SealedMessageTest, EveryShorterAndALongerEnvelopeIsRefused) {
  ByteVector bytes = sealed(1);
  ReplayWindow window;
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(open(ByteVector(bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(size)), window).ok());
  bytes.push_back(0);
  EXPECT_EQ(open(bytes, window).error(), DecodeError::kWrongSize);
}

// S-3: without the key nobody writes an envelope, however right the rest is.
TEST(SealedMessageTest, AnotherKeyOpensNothing) {
  ReplayWindow window;
  EXPECT_EQ(open(sealed(1, Mac{9}), window).error(), DecodeError::kWrongMac);
}

// S-2.
TEST(SealedMessageTest, TheWindowGoesOnAcrossTheWrap) {
  ReplayWindow window;
  for (const uint32_t sequence : {0x7FFFFFFFu, 0xFFFFFFFEu, 0xFFFFFFFFu, 0u, 1u})
    EXPECT_TRUE(open(sealed(sequence), window).ok()) << sequence;
  EXPECT_EQ(open(sealed(0xFFFFFFFF), window).error(), DecodeError::kReplayed);
}

// A hash that fails is no verdict: nothing is opened, and nothing sealed.
TEST(SealedMessageTest, AHashThatCannotBeComputedIsAnError) {
  const auto broken = [](Bytes, Bytes, Mac&) { return false; };
  ReplayWindow window;
  EXPECT_EQ(open_sealed_message(sealed(1), kKey, broken, window).error(), DecodeError::kHashFailed);
  EXPECT_EQ(window.last(), 0u);
  ByteVector out(100);
  EXPECT_EQ(seal_message(kMessage, 1, kKey, broken, out).error(), EncodeError::kHashFailed);
}

TEST(SealedMessageTest, BufferOneByteTooSmallIsLeftUntouched) {
  ByteVector out(48 + kMessage.size() - 1, 0xEE);
  EXPECT_EQ(seal_message(kMessage, 1, kKey, hmac, out).error(), EncodeError::kBufferTooSmall);
  EXPECT_EQ(out, ByteVector(out.size(), 0xEE));
}

}  // namespace
}  // namespace fltlink

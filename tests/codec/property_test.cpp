// Random messages come back as they were sent, and random bytes keep the promise of codec_round_trip.hpp. The
// seeds are fixed: a failure is the same in every run.
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include <random>

#include "support/codec_round_trip.hpp"
#include "support/scale.hpp"

namespace fltlink::test {
namespace {

using fltlink::test::scaled;

class CodecPropertyTest : public testing::Test {
 protected:
  uint32_t number() {
    // Small numbers and both ends are where the limits are.
    switch (random_() % 4) {
      case 0:
        return static_cast<uint32_t>(random_() % 8);
      case 1:
        return UINT32_MAX - static_cast<uint32_t>(random_() % 8);
      default:
        return static_cast<uint32_t>(random_());
    }
  }

  // 0 to `units_max` units, often at a limit, never a terminator.
  std::u16string random_text(size_t units_max) {
    const size_t sizes[] = {0, 1, 258, 259, 260, units_max, random_() % (units_max + 1)};
    std::u16string result(std::min(sizes[random_() % std::size(sizes)], units_max), u'x');
    for (char16_t& unit : result) unit = static_cast<char16_t>(1 + random_() % 0xFFFF);
    return result;
  }

  std::mt19937_64 random_{20240229};
};

TEST_F(CodecPropertyTest, DriverMessagesComeBackAsSent) {
  for (int round = 0; round < scaled(3'000); ++round) {
    const std::u16string path = random_text(round % 50 == 0 ? FLTLINK_PATH_UNITS_MAX : 600);
    const std::u16string reason = random_text(300);
    const bool is_block = random_() % 2 == 0;
    const DriverMessage sent{
        .type = MESSAGE_TYPE(is_block ? MSG_TYPE_BLOCK_NOTIFICATION : MSG_TYPE_FILE_EVENT),
        .process_id = number(),
        .thread_id = number(),
        .timestamp = static_cast<int64_t>(random_()),
        .path = text(path),
        .path_cut = random_() % 4 == 0,
        .operation = number(),
        .result_status = static_cast<int32_t>(number()),
        .reason = text(reason)};
    const DriverMessageTerms terms{
        .version = random_() % 2 == 0 ? FLTLINK_VERSION_1_0 : FLTLINK_VERSION_1_1,
        .message_size_max = FLTLINK_MESSAGE_SIZE_MAX_1_0 + static_cast<uint32_t>(random_() % 1'000)};
    const DriverMessagePlan plan = plan_driver_message(sent, terms);
    ASSERT_LE(plan.size, terms.message_size_max);
    ByteVector bytes(plan.size);
    ASSERT_TRUE(encode_driver_message(sent, plan, bytes).ok());
    const DriverMessage received = decode_driver_message(bytes, terms.version).value();
    const bool whole = (plan.flags & FLTLINK_MESSAGE_FULL_PATH) != 0;
    EXPECT_EQ(received.type, sent.type);
    EXPECT_EQ(received.process_id, sent.process_id);
    EXPECT_EQ(received.thread_id, sent.thread_id);
    EXPECT_EQ(received.timestamp, sent.timestamp);
    EXPECT_EQ(received.operation, sent.operation);
    EXPECT_EQ(received.result_status, sent.result_status);
    EXPECT_EQ(units(received.path), whole ? path : path.substr(0, 259));
    EXPECT_EQ(plan.path_lost, sent.path_cut || (path.size() > 259 && !whole));
    EXPECT_EQ(received.path_cut, plan.path_lost && terms.version == FLTLINK_VERSION_1_1);
    EXPECT_EQ(units(received.reason), is_block ? reason.substr(0, 255) : u"");
  }
}

TEST_F(CodecPropertyTest, UserMessagesComeBackAsSentInTheirEnvelope) {
  ReplayWindow window;
  uint32_t sequence = 0;
  for (int round = 0; round < scaled(5'000); ++round) {
    const std::u16string path = random_text(258) + u'x';
    UserMessage sent;
    sent.type = std::array<MESSAGE_TYPE, 3>{1, 3, 6}[random_() % 3];
    if (sent.type == MSG_TYPE_POLICY_UPDATE) {
      sent.policy_update = {number(), number() & (FLTLINK_PROTECT_ALL | FLTLINK_PROTECT_ASK), text(path)};
    }
    if (sent.type == MSG_TYPE_CONFIG_CHANGE)
      sent.config_change = {random_() % 2 == 0, random_() % 2 == 0, number()};
    ByteVector message(FLTLINK_USER_MESSAGE_SIZE);
    ASSERT_TRUE(encode_user_message(sent, message).ok());
    ByteVector envelope(FLTLINK_SIGNED_USER_MESSAGE_SIZE);
    sequence += 1 + static_cast<uint32_t>(random_() % INT32_MAX);
    ASSERT_EQ(seal_signed_message(message, sequence, envelope).value(), envelope.size());

    const auto received =
        decode_user_message(open_signed_message(envelope, window).value(), FLTLINK_VERSION_1_1);
    EXPECT_EQ(received->type, sent.type);
    EXPECT_EQ(received->policy_update.version, sent.policy_update.version);
    EXPECT_EQ(received->policy_update.flags, sent.policy_update.flags);
    EXPECT_EQ(units(received->policy_update.path), units(sent.policy_update.path));
    EXPECT_EQ(received->config_change.enable_monitoring, sent.config_change.enable_monitoring);
    EXPECT_EQ(received->config_change.enable_blocking, sent.config_change.enable_blocking);
    EXPECT_EQ(received->config_change.log_level, sent.config_change.log_level);
  }
}

TEST_F(CodecPropertyTest, EveryOneBitErrorInAnEnvelopeIsRefused) {
  const ByteVector envelope = golden("signed_policy_update");
  for (size_t bit = 0; bit < envelope.size() * 8; ++bit) {
    if (bit / 8 >= 8 && bit / 8 < 12) continue;  // the sequence number is not under the checksum
    ByteVector damaged = envelope;
    damaged[bit / 8] ^= static_cast<uint8_t>(1 << (bit % 8));
    ReplayWindow window;
    ASSERT_FALSE(open_signed_message(damaged, window).ok()) << bit;
    ASSERT_EQ(window.last(), 0u);
  }
}

TEST_F(CodecPropertyTest, RunsOfRecordsComeBackAsWritten) {
  for (int round = 0; round < scaled(500); ++round) {
    std::vector<ByteVector> messages(random_() % 10);
    ByteVector run;
    for (size_t index = 0; index < messages.size(); ++index) {
      messages[index].resize(random_() % 100);
      for (uint8_t& byte : messages[index]) byte = static_cast<uint8_t>(random_());
      ByteVector record(200);
      record.resize(encode_record({.sequence = index, .message = messages[index]}, record).value());
      run.insert(run.end(), record.begin(), record.end());
    }
    RecordReader reader(run);
    for (size_t index = 0; index < messages.size(); ++index) {
      const Record record = reader.next().value();
      EXPECT_EQ(record.sequence, index);
      EXPECT_EQ(vector_of(record.message), messages[index]);
    }
    EXPECT_TRUE(reader.at_end());
  }
}

TEST_F(CodecPropertyTest, RandomBytesOfAnyLengthKeepThePromise) {
  for (int round = 0; round < scaled(20'000); ++round) {
    ByteVector bytes(random_() % 700);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random_() % 3 == 0 ? random_() : 0);
    ASSERT_EQ(RoundTrip(bytes).failure(), nullptr) << "round " << round;
  }
}

// Random bytes hardly ever look like a message; messages with a few bytes changed do.
TEST_F(CodecPropertyTest, DamagedMessagesKeepThePromise) {
  for (const std::string& path : golden_files()) {
    const ByteVector original = read_file(path);
    for (int round = 0; round < scaled(2'000); ++round) {
      ByteVector bytes = original;
      for (size_t change = random_() % 4; change > 0; --change) {
        bytes[random_() % bytes.size()] = static_cast<uint8_t>(number());
      }
      if (random_() % 4 == 0) bytes.resize(random_() % (bytes.size() + 8));
      ASSERT_EQ(RoundTrip(bytes).failure(), nullptr) << path << " round " << round;
    }
  }
}

}  // namespace
}  // namespace fltlink::test

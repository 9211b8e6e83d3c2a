// Each golden file is what a message means in bytes. They are checked in both directions, so that neither a
// decoder nor an encoder can drift, not even together.
#include <fltlink/codec/authorize.hpp>
#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/counters.hpp>
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/codec/port_headers.hpp>
#include <fltlink/codec/record.hpp>
#include <fltlink/codec/signed_message.hpp>
#include <fltlink/codec/status_reply.hpp>
#include <fltlink/codec/user_message.hpp>
#include <fltlink/os/assert.hpp>
#include <fltlink/os/os_host.hpp>
#include <fltlink/queue/message_ring.hpp>

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <set>
#include <sstream>

#include "support/bytes.hpp"
#include "support/hmac.hpp"

namespace fltlink {
namespace {

using test::ByteVector;
using test::golden;
using test::text;
using test::units;

constexpr int32_t kAccessDenied = static_cast<int32_t>(0xC0000022);
constexpr int64_t kTimestamp = 0x01DC5A3B2C1D0E0F;
constexpr std::u16string_view kPlan = u"\\Device\\HarddiskVolume3\\ProtectedDocs\\plan.docx";
constexpr std::u16string_view kReason = u"Blocked by policy";

const DriverMessageTerms kTerms10{};
const DriverMessageTerms kTerms11{.version = FLTLINK_VERSION_1_1,
                                  .message_size_max = FLTLINK_MESSAGE_SIZE_MAX};

std::u16string long_path() {
  std::u16string path = u"\\Device\\HarddiskVolume3";
  for (int level = 0; level < 15; ++level) path += u"\\a-directory-name";
  return path + u"\\plan.docx";
}

DriverMessage message_about(std::u16string_view path, MESSAGE_TYPE type, uint32_t operation, int32_t status) {
  DriverMessage message;
  message.type = type;
  message.process_id = 4321;
  message.thread_id = 8765;
  message.timestamp = kTimestamp;
  message.path = text(path);
  message.operation = operation;
  message.result_status = status;
  return message;
}

void expect_same(const DriverMessage& a, const DriverMessage& b) {
  EXPECT_EQ(a.type, b.type);
  EXPECT_EQ(a.process_id, b.process_id);
  EXPECT_EQ(a.thread_id, b.thread_id);
  EXPECT_EQ(a.timestamp, b.timestamp);
  EXPECT_EQ(units(a.path), units(b.path));
  EXPECT_EQ(a.path_cut, b.path_cut);
  EXPECT_EQ(a.operation, b.operation);
  EXPECT_EQ(a.result_status, b.result_status);
  EXPECT_EQ(units(a.reason), units(b.reason));
}

ByteVector encoded(const DriverMessage& message, const DriverMessageTerms& terms) {
  ByteVector bytes(FLTLINK_MESSAGE_SIZE_MAX, 0xEE);
  bytes.resize(encode_driver_message(message, terms, bytes).value());
  return bytes;
}

void expect_golden(const char* name, const DriverMessage& sent, const DriverMessage& received,
                   const DriverMessageTerms& terms) {
  const ByteVector bytes = golden(name);
  EXPECT_EQ(encoded(sent, terms), bytes);
  expect_same(decode_driver_message(bytes, terms.version).value(), received);
}

void expect_golden(const char* name, const DriverMessage& message, const DriverMessageTerms& terms) {
  expect_golden(name, message, message, terms);
}

// Encodes with `encode(out)` and compares.
template <typename Encode>
void expect_encoded(const char* name, Encode&& encode) {
  ByteVector bytes(FLTLINK_MESSAGE_SIZE_MAX, 0xEE);
  bytes.resize(encode(MutableBytes(bytes)).value());
  EXPECT_EQ(bytes, golden(name));
}

TEST(GoldenTest, FileEvent) {
  expect_golden("file_event", message_about(kPlan, MSG_TYPE_FILE_EVENT, 3, 0), kTerms10);
  expect_golden("file_event", message_about(kPlan, MSG_TYPE_FILE_EVENT, 3, 0), kTerms11);
}

// W-3: the reason starts at byte 560.
TEST(GoldenTest, BlockNotification) {
  DriverMessage message = message_about(kPlan, MSG_TYPE_BLOCK_NOTIFICATION, 4, kAccessDenied);
  message.reason = text(kReason);
  expect_golden("block_notification", message, kTerms10);
  EXPECT_EQ(golden("block_notification")[560], 'B');
}

// W-6.
TEST(GoldenTest, FileEventWithALongPathIsCutFor10) {
  const std::u16string path = long_path();
  const DriverMessage sent = message_about(path, MSG_TYPE_FILE_EVENT, 0, 0);
  DriverMessage received = sent;
  received.path = text(path).first(259);
  expect_golden("file_event_cut_1_0", sent, received, kTerms10);
}

TEST(GoldenTest, FileEventWithALongPathIsFlaggedFor11WithoutRoom) {
  const std::u16string path = long_path();
  const DriverMessage sent = message_about(path, MSG_TYPE_FILE_EVENT, 0, 0);
  DriverMessage received = sent;
  received.path = text(path).first(259);
  received.path_cut = true;
  expect_golden("file_event_cut_1_1", sent, received, {.version = FLTLINK_VERSION_1_1});
}

TEST(GoldenTest, BlockNotificationWithALongPathCarriesItWholeFor11) {
  const std::u16string path = long_path();
  DriverMessage message = message_about(path, MSG_TYPE_BLOCK_NOTIFICATION, 6, kAccessDenied);
  message.reason = text(kReason);
  expect_golden("block_notification_full_path_1_1", message, kTerms11);
}

// Under 1.0 the type does not exist.
TEST(GoldenTest, Authorize) {
  DriverMessage message = message_about(kPlan, FLTLINK_MSG_TYPE_AUTHORIZE, 4, kAccessDenied);
  message.reason = text(kReason);
  expect_golden("authorize", message, kTerms11);
  EXPECT_EQ(decode_driver_message(golden("authorize"), FLTLINK_VERSION_1_0).error(),
            DecodeError::kUnknownType);
}

TEST(GoldenTest, Verdict) {
  expect_encoded("verdict", [](MutableBytes out) { return encode_verdict(Verdict::kAllow, out); });
  EXPECT_EQ(decode_verdict(golden("verdict")).value(), Verdict::kAllow);
}

TEST(GoldenTest, AuthorizerConnectsAndIsAnswered) {
  const ConnectContext asked{.version_min = FLTLINK_VERSION_1_1,
                             .version_max = FLTLINK_VERSION_1_1,
                             .role = FLTLINK_ROLE_AUTHORIZER,
                             .fail_open = FLTLINK_FAIL_OPEN_TIMEOUT | FLTLINK_FAIL_OPEN_OVERLOAD};
  expect_encoded("connect_context_authorizer",
                 [&](MutableBytes out) { return encode_connect_context(asked, out); });
  EXPECT_EQ(decode_connect_context(golden("connect_context_authorizer"))->fail_open, 5u);
  ConnectionTerms terms = agree_terms(asked, {}, 9).value();
  terms.reply_timeout_ms = 5'000;
  expect_encoded("negotiate_reply_authorizer",
                 [&](MutableBytes out) { return encode_negotiate_reply(terms, out); });
  const auto decoded = decode_negotiate_reply(golden("negotiate_reply_authorizer"));
  EXPECT_EQ(decoded->reply_timeout_ms, 5'000u);
  EXPECT_EQ(decoded->fail_open, 5u);
}

TEST(GoldenTest, PolicyUpdate) {
  UserMessage message;
  message.type = MSG_TYPE_POLICY_UPDATE;
  message.policy_update = {1, FLTLINK_PROTECT_STANDARD, text(u"C:\\ProtectedDocs\\*.docx")};
  expect_encoded("policy_update", [&](MutableBytes out) { return encode_user_message(message, out); });
  const ByteVector bytes = golden("policy_update");
  const PolicyUpdate update = decode_user_message(bytes, FLTLINK_VERSION_1_0)->policy_update;
  EXPECT_EQ(update.version, 1u);
  EXPECT_EQ(update.flags, static_cast<uint32_t>(FLTLINK_PROTECT_STANDARD));
  EXPECT_EQ(units(update.path), u"C:\\ProtectedDocs\\*.docx");
}

TEST(GoldenTest, ConfigChange) {
  UserMessage message;
  message.type = MSG_TYPE_CONFIG_CHANGE;
  message.config_change = {.enable_monitoring = true, .enable_blocking = false, .log_level = 3};
  expect_encoded("config_change", [&](MutableBytes out) { return encode_user_message(message, out); });
  const ByteVector bytes = golden("config_change");
  const auto decoded = decode_user_message(bytes, FLTLINK_VERSION_1_0);
  EXPECT_EQ(decoded->type, static_cast<MESSAGE_TYPE>(MSG_TYPE_CONFIG_CHANGE));
  EXPECT_TRUE(decoded->config_change.enable_monitoring);
  EXPECT_FALSE(decoded->config_change.enable_blocking);
  EXPECT_EQ(decoded->config_change.log_level, 3u);
}

TEST(GoldenTest, StatusRequest) {
  expect_encoded("status_request", [](MutableBytes out) { return encode_user_message(UserMessage{}, out); });
  EXPECT_EQ(decode_user_message(golden("status_request"), FLTLINK_VERSION_1_0)->type,
            static_cast<MESSAGE_TYPE>(MSG_TYPE_STATUS_REQUEST));
}

TEST(GoldenTest, StatusReply) {
  const StatusReply reply{
      .active_policies = 3, .files_scanned = 20'000, .blocked_operations = 42, .is_enabled = true};
  expect_encoded("status_reply", [&](MutableBytes out) { return encode_status_reply(reply, out); });
  const auto decoded = decode_status_reply(golden("status_reply"));
  EXPECT_EQ(decoded->status, 0);
  EXPECT_EQ(decoded->version, FLTLINK_VERSION_1_0);
  EXPECT_EQ(decoded->active_policies, 3u);
  EXPECT_EQ(decoded->files_scanned, 20'000);
  EXPECT_EQ(decoded->blocked_operations, 42);
  EXPECT_TRUE(decoded->is_enabled);
}

TEST(GoldenTest, SignedPolicyUpdate) {
  const ByteVector message = golden("policy_update");
  expect_encoded("signed_policy_update",
                 [&](MutableBytes out) { return seal_signed_message(message, 5, out); });
  const ByteVector envelope = golden("signed_policy_update");
  ReplayWindow window;
  EXPECT_EQ(test::vector_of(open_signed_message(envelope, window).value()), message);
  EXPECT_EQ(window.last(), 5u);
}

TEST(GoldenTest, PortHeaders) {
  expect_encoded("message_header", [](MutableBytes out) { return encode_message_header({56, 7}, out); });
  EXPECT_EQ(decode_message_header(golden("message_header"))->reply_length, 56u);
  EXPECT_EQ(decode_message_header(golden("message_header"))->message_id, 7u);
  expect_encoded("reply_header", [](MutableBytes out) {
    return encode_reply_header({kAccessDenied, 7}, out);
  });
  EXPECT_EQ(decode_reply_header(golden("reply_header"))->status, kAccessDenied);
  EXPECT_EQ(decode_reply_header(golden("reply_header"))->message_id, 7u);
}

TEST(GoldenTest, ConnectContext) {
  const ConnectContext context{
      .version_max = FLTLINK_VERSION_1_1, .message_size_max = 65'536, .queue_messages_max = 2'000};
  expect_encoded("connect_context", [&](MutableBytes out) { return encode_connect_context(context, out); });
  const auto decoded = decode_connect_context(golden("connect_context"));
  EXPECT_EQ(decoded->version_min, FLTLINK_VERSION_1_0);
  EXPECT_EQ(decoded->version_max, FLTLINK_VERSION_1_1);
  EXPECT_EQ(decoded->role, static_cast<uint32_t>(FLTLINK_ROLE_SUBSCRIBER));
  EXPECT_EQ(decoded->message_size_max, 65'536u);
  EXPECT_EQ(decoded->queue_messages_max, 2'000u);
  EXPECT_EQ(decoded->queue_size_max, 0u);
}

TEST(GoldenTest, Negotiate) {
  expect_encoded("negotiate_request", [](MutableBytes out) { return encode_negotiate_request(out); });
  EXPECT_TRUE(decode_negotiate_request(golden("negotiate_request")).ok());
  const ConnectContext asked{
      .version_max = FLTLINK_VERSION_1_1, .message_size_max = 65'536, .queue_messages_max = 2'000};
  const ConnectionTerms terms = agree_terms(asked, {}, 9).value();
  expect_encoded("negotiate_reply", [&](MutableBytes out) { return encode_negotiate_reply(terms, out); });
  const auto decoded = decode_negotiate_reply(golden("negotiate_reply"));
  EXPECT_EQ(decoded->version, FLTLINK_VERSION_1_1);
  EXPECT_EQ(decoded->message_size_max, 65'536u);
  EXPECT_EQ(decoded->queue_messages_max, 2'000u);
  EXPECT_EQ(decoded->queue_size_max, FLTLINK_QUEUE_SIZE_DEFAULT);
  EXPECT_EQ(decoded->connection_id, 9u);
}

TEST(GoldenTest, BatchTerms) {
  const ConnectContext asked{.message_size_max = 65'536,
                             .queue_messages_max = 2'000,
                             .batch_size_max = 131'072,
                             .batch_delay_us = 2'000};
  expect_encoded("connect_context_batch",
                 [&](MutableBytes out) { return encode_connect_context(asked, out); });
  const auto context = decode_connect_context(golden("connect_context_batch"));
  EXPECT_EQ(context->version_max, FLTLINK_VERSION_1_2);
  EXPECT_EQ(context->batch_size_max, 131'072u);
  EXPECT_EQ(context->batch_delay_us, 2'000u);
  const ConnectionTerms terms = agree_terms(asked, {}, 9).value();
  expect_encoded("negotiate_reply_batch",
                 [&](MutableBytes out) { return encode_negotiate_reply(terms, out); });
  const auto decoded = decode_negotiate_reply(golden("negotiate_reply_batch"));
  EXPECT_EQ(decoded->version, FLTLINK_VERSION_1_2);
  EXPECT_EQ(decoded->batch_size_max, 131'072u);
  EXPECT_EQ(decoded->batch_delay_us, 2'000u);
}

// What the examples are made from: the key 00..1f, the nonce a0..bf, connection 9 of process 4321.
Binding example_binding() {
  Binding binding{
      .connection_id = 9,
      .process_id = 4321,
      .context = {
          .version_max = FLTLINK_VERSION_1_1, .message_size_max = 65'536, .queue_messages_max = 2'000}};
  for (size_t index = 0; index < binding.nonce.size(); ++index)
    binding.nonce[index] = static_cast<uint8_t>(0xA0 + index);
  return binding;
}

TEST(GoldenTest, Nonce) {
  expect_encoded("nonce_request", [](MutableBytes out) { return encode_nonce_request(out); });
  EXPECT_TRUE(decode_nonce_request(golden("nonce_request")).ok());
  const NonceReply reply{.connection_id = 9, .attempts_left = 3, .nonce = example_binding().nonce};
  expect_encoded("nonce_reply", [&](MutableBytes out) { return encode_nonce_reply(reply, out); });
  const auto decoded = decode_nonce_reply(golden("nonce_reply"));
  EXPECT_EQ(decoded->connection_id, 9u);
  EXPECT_EQ(decoded->attempts_left, 3u);
  EXPECT_EQ(decoded->nonce, reply.nonce);
}

TEST(GoldenTest, Authenticate) {
  const Mac proof = test::mac_of(test::test_key(), MacPurpose::kProof, example_binding());
  expect_encoded("authenticate", [&](MutableBytes out) { return encode_authenticate(proof, out); });
  EXPECT_EQ(decode_authenticate(golden("authenticate")).value(), proof);
}

TEST(GoldenTest, SealedPolicyUpdate) {
  const ByteVector message = golden("policy_update");
  const Mac key = test::mac_of(test::test_key(), MacPurpose::kSeal, example_binding());
  expect_encoded("sealed_policy_update",
                 [&](MutableBytes out) { return seal_message(message, 1, key, test::hmac, out); });
  const ByteVector envelope = golden("sealed_policy_update");
  ReplayWindow window;
  EXPECT_EQ(test::vector_of(open_sealed_message(envelope, key, test::hmac, window).value()), message);
  EXPECT_EQ(window.last(), 1u);
}

TEST(GoldenTest, Counters) {
  expect_encoded("counters_request",
                 [](MutableBytes out) { return encode_counters_request({.connection_id = 9}, out); });
  EXPECT_EQ(decode_counters_request(golden("counters_request"))->connection_id, 9u);
  CountersReply reply{.connection_id = 9,
                      .connections = 2,
                      .queue_messages_max = 2000,
                      .queue_high_water = 731,
                      .file_events = {},
                      .block_notices = {},
                      .requests = {},
                      .questions = {}};
  reply.file_events = {.produced = 5000,
                       .delivered = 4900,
                       .pending = 12,
                       .paths_cut = 3,
                       .dropped = {0, 80, 0, 5, 3, 0, 0, 0}};
  reply.block_notices = {
      .produced = 42, .delivered = 40, .pending = 1, .paths_cut = 0, .dropped = {0, 0, 0, 0, 1, 0, 0, 0}};
  reply.requests = {{{7, 0, 0, {0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3}},
                     {6, 4, 0, {0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0}},
                     {2, 2, 0, {}},
                     {1, 1, 0, {}},
                     {1, 1, 0, {}},
                     {3, 1, 1, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0}}}};
  reply.questions = {.asked = 20, .allowed = 12, .denied = 3, .pending = 1, .unanswered = {2, 1, 0, 1, 0, 0}};
  expect_encoded("counters_reply", [&](MutableBytes out) { return encode_counters_reply(reply, out); });
  const auto decoded = decode_counters_reply(golden("counters_reply"));
  EXPECT_EQ(decoded->queue_high_water, 731u);
  EXPECT_TRUE(decoded->file_events.balanced());
  EXPECT_TRUE(decoded->block_notices.balanced());
  EXPECT_EQ(decoded->block_notices.dropped[static_cast<size_t>(DropReason::kDisconnected)], 1u);
  for (const RequestCounters& counters : decoded->requests) EXPECT_TRUE(counters.balanced());
  EXPECT_TRUE(decoded->questions.balanced());
  EXPECT_EQ(decoded->questions.unanswered[static_cast<size_t>(NoVerdict::kProtocolError)], 1u);
  EXPECT_EQ(decoded->of(RequestKind::kPolicyUpdate).refused[static_cast<size_t>(Refusal::kByPolicyTable)],
            1u);
}

TEST(GoldenTest, RecordRun) {
  const ByteVector run = golden("record_run");
  RecordReader reader(run);
  const Record first = reader.next().value();
  EXPECT_EQ(std::string(first.message.begin(), first.message.end()), "first");
  EXPECT_EQ(first.message_class, FLTLINK_CLASS_TELEMETRY);
  EXPECT_EQ(first.sequence, 1u);
  EXPECT_TRUE(reader.next()->skip);
  const Record last = reader.next().value();
  EXPECT_EQ(std::string(last.message.begin(), last.message.end()), "sequence");
  EXPECT_EQ(last.message_class, FLTLINK_CLASS_CRITICAL);
  EXPECT_EQ(last.sequence, 2u);
  EXPECT_TRUE(reader.at_end());

  ByteVector out(24);
  EXPECT_EQ(encode_record(first, out).value(), 24u);
  EXPECT_EQ(out, ByteVector(run.begin(), run.begin() + 24));
  EXPECT_EQ(encode_record(last, out).value(), 24u);
  EXPECT_EQ(out, ByteVector(run.begin() + 32, run.end()));
}

// As it lies in a ring, and goes from there.
TEST(GoldenTest, Batch) {
  const ByteVector notice = golden("block_notification");
  OsHost host;
  alignas(64) static std::array<uint8_t, 8192> memory;
  static MessageRing ring;
  ring.open(host, memory, {.critical_size = 4096});
  for (int message = 0; message < 2; ++message)
    ASSERT_EQ(push(ring, MessageClass::kCritical, notice), EnqueueOutcome::kAccepted);
  RunView run;
  ASSERT_EQ(ring.try_peek_run(run, {}), PeekOutcome::kMessage);
  EXPECT_EQ(test::vector_of(run.bytes), golden("batch"));

  const ByteVector batch = golden("batch");
  RecordReader reader(batch);
  for (const bool skip : {false, true, false}) {
    const Record record = reader.next().value();
    EXPECT_EQ(record.skip, skip);
    if (!skip) {
      EXPECT_EQ(test::vector_of(record.message), notice);
    }
  }
  EXPECT_TRUE(reader.at_end());
}

// The worked examples of docs/PROTOCOL.md are these files: a block "```hex NAME" of lines "offset  bytes",
// where a line "*" repeats the line above up to the next offset.
TEST(GoldenTest, ExamplesInTheProtocolPageAreTheGoldenFiles) {
  std::ifstream page(FLTLINK_SOURCE_DIR "/docs/PROTOCOL.md");
  std::set<std::string> shown;
  for (std::string line; std::getline(page, line);) {
    if (!line.starts_with("```hex ")) continue;
    const std::string name = line.substr(7);
    ByteVector bytes;
    for (bool repeat = false; std::getline(page, line) && line != "```"; repeat = line == "*") {
      if (line == "*") continue;
      std::istringstream words(line);
      size_t offset = 0;
      words >> std::hex >> offset;
      while (repeat && bytes.size() < offset) bytes.push_back(bytes[bytes.size() - 16]);
      ASSERT_EQ(bytes.size(), offset) << name;
      for (unsigned byte = 0; words >> byte;) bytes.push_back(static_cast<uint8_t>(byte));
    }
    EXPECT_EQ(bytes, golden(name)) << name;
    shown.insert(name);
  }
  std::set<std::string> files;
  for (const auto& file : std::filesystem::directory_iterator(FLTLINK_SOURCE_DIR "/tests/wire/golden")) {
    if (file.path().extension() == ".bin") files.insert(file.path().stem());
  }
  EXPECT_EQ(shown, files);
}

}  // namespace
}  // namespace fltlink

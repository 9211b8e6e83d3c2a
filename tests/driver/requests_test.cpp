// MessageNotify: what DrmFilter answers, and what it refuses. Every refusal leaves everything as it was.
#include <fltlink/codec/signed_message.hpp>

#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"

namespace drmfilter::test {
namespace {

using fltlink::DecodeError;
using fltlink::MutableBytes;
using fltlink::Text;

constexpr HRESULT kInvalidBufferSize = hr(0x800706F8);
constexpr HRESULT kInvalidParameter = hr(0x80070057);
constexpr HRESULT kMisaligned = hr(0x800703E6);
constexpr HRESULT kQuotaExceeded = hr(0x80070718);
constexpr HRESULT kBufferTooSmall = hr(0x8007007A);

class RequestsTest : public DrmMachine {
 protected:
  void SetUp() override {
    load();
    ASSERT_EQ(client.connect(), S_OK);
  }

  static Buffer encoded(const fltlink::UserMessage& message) {
    Buffer bytes(FLTLINK_USER_MESSAGE_SIZE);
    EXPECT_TRUE(fltlink::encode_user_message(message, bytes).ok());
    return bytes;
  }
  static Buffer policy(Text path, uint32_t flags, uint32_t version = 1) {
    return encoded({.type = MSG_TYPE_POLICY_UPDATE,
                    .policy_update = {.version = version, .flags = flags, .path = path},
                    .config_change = {}});
  }
  static Buffer status_request() {
    return encoded({.type = MSG_TYPE_STATUS_REQUEST, .policy_update = {}, .config_change = {}});
  }
  static Buffer sealed(const Buffer& message, uint32_t sequence) {
    Buffer bytes(FLTLINK_SIGNED_DATA_OFFSET + message.size());
    EXPECT_TRUE(fltlink::seal_signed_message(message, sequence, bytes).ok());
    return bytes;
  }
  fltlink::StatusReply status() {
    const auto sent = client.send(status_request(), FLTLINK_STATUS_REPLY_SIZE);
    EXPECT_EQ(sent.result, S_OK);
    return *fltlink::decode_status_reply(fltlink::Bytes(sent.answer).first(sent.returned));
  }
  uint32_t policies() { return status().active_policies; }

  RawClient client{service_process()};
};

TEST_F(RequestsTest, StatusIsAnsweredFromLiveCounters) {
  EXPECT_EQ(policies(), 0u);
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\*", FLTLINK_PROTECT_WRITE)).result, S_OK);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.read(kPlan).content, "secret");
  const auto reply = status();
  EXPECT_EQ(reply.active_policies, 1u);
  EXPECT_EQ(reply.blocked_operations, 1);
  EXPECT_GE(reply.files_scanned, 1);
  EXPECT_TRUE(reply.is_enabled);
  EXPECT_EQ(reply.version, FLTLINK_VERSION_1_0);
}

// W-5: 40 bytes or nothing.
TEST_F(RequestsTest, StatusInTooLittleRoomWritesNothing) {
  for (const size_t room : {size_t{1}, size_t{12}, size_t{39}}) {
    const auto sent = client.send(status_request(), room);
    EXPECT_EQ(sent.result, kBufferTooSmall);
    EXPECT_EQ(sent.answer, Buffer(room, 0xEE));
  }
  EXPECT_EQ(client.send(status_request()).result, kBufferTooSmall);
}

// W-1, W-2: the seed's C# client sent its settings as 16 bytes, and asked for the status with the same.
TEST_F(RequestsTest, MessagesOfAnotherSizeAreRefusedAndNotReinterpreted) {
  Buffer config = encoded({.type = MSG_TYPE_CONFIG_CHANGE, .policy_update = {}, .config_change = {}});
  for (const size_t size : {size_t{4}, size_t{12}, size_t{16}, size_t{531}}) {
    EXPECT_EQ(client.send(Buffer(config.begin(), config.begin() + static_cast<ptrdiff_t>(size))).result,
              kInvalidBufferSize);
  }
  config.push_back(0);
  EXPECT_EQ(client.send(config).result, kInvalidBufferSize);
  EXPECT_EQ(client.send(Buffer(3)).result, kInvalidBufferSize);
  EXPECT_EQ(client.send(Buffer(4000)).result, kInvalidBufferSize);
  EXPECT_TRUE(status().is_enabled) << "blocking is still on";
}

// P-10, MSG-4.
TEST_F(RequestsTest, AMisalignedMessageIsRefused) {
  for (const size_t misalignment : {size_t{1}, size_t{2}, size_t{3}})
    EXPECT_EQ(client.send(policy(u"C:\\x", FLTLINK_PROTECT_ALL), 0, misalignment).result, kMisaligned);
  EXPECT_EQ(client.send(policy(u"C:\\x", FLTLINK_PROTECT_ALL), 0, 4).result, S_OK);
  EXPECT_EQ(policies(), 1u);
}

// MSG-5.
TEST_F(RequestsTest, AMessageWithoutBytesIsRefused) {
  EXPECT_NE(client.send({}).result, S_OK);
  EXPECT_EQ(policies(), 0u);
}

TEST_F(RequestsTest, UnknownTypesAndTypesOfTheOtherDirectionAreRefused) {
  for (const uint32_t type : {0u, 2u, 4u, 5u, 7u, 0x100u, 0x102u, 0xFFFFFFFFu}) {
    Buffer bytes = status_request();
    std::memcpy(bytes.data(), &type, sizeof type);
    EXPECT_LT(client.send(bytes, 256).result, 0) << type;
  }
}

// A policy that protects nothing by its spelling is a mistake that somebody should hear of.
TEST_F(RequestsTest, APolicyForANameThatNoFileCanHaveIsRefused) {
  constexpr HRESULT kInvalidName = hr(0x8007007B);
  for (const std::u16string_view path : std::initializer_list<std::u16string_view>{
           u"C:/Docs/*", u"Docs\\*", u"C:", u"C:Docs", u"\\Docs\\*", u"C:\\Docs\\plan.docx:note",
           u"\\\\server\\share\\*", u"\\\\?\\Volume{00000000-0000-0000-0000-000000000001}\\*", u"C:\\a|b",
           u"CC:\\Docs\\*", u"1:\\*"})
    EXPECT_EQ(client.send(policy(Text(path.data(), path.size()), FLTLINK_PROTECT_WRITE)).result,
              kInvalidName);
  EXPECT_EQ(policies(), 0u);
  for (const std::u16string_view path :
       std::initializer_list<std::u16string_view>{u"*", u"?:\\*", u"C*", u"<", u"\\Device\\*", u"\\D*",
                                                  u"\\\\?\\C:\\Docs\\", u"\\dosdevices\\c:\\x"})
    EXPECT_EQ(client.send(policy(Text(path.data(), path.size()), FLTLINK_PROTECT_WRITE)).result, S_OK);
}

TEST_F(RequestsTest, APathWithABackslashAtItsEndIsTheSamePolicyAsWithAStar) {
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\", FLTLINK_PROTECT_WRITE)).result, S_OK);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(client.send(policy(u"\\??\\c:\\protecteddocs\\*", 0)).result, S_OK);
  EXPECT_EQ(policies(), 0u);
}

// P-11.
TEST_F(RequestsTest, APathWithoutATerminatorIsRefused) {
  Buffer bytes = policy(u"C:\\x", FLTLINK_PROTECT_ALL);
  std::fill(bytes.begin() + 12, bytes.end(), 0x41);
  EXPECT_EQ(client.send(bytes).result, kInvalidParameter);
  EXPECT_EQ(policies(), 0u);
}

TEST_F(RequestsTest, APolicyIsReplacedByAnEqualVersionAndNotByALowerOne) {
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\*", FLTLINK_PROTECT_WRITE, 5)).result, S_OK);
  EXPECT_EQ(client.send(policy(u"c:\\protecteddocs\\*", FLTLINK_PROTECT_READ, 5)).result, S_OK);
  EXPECT_EQ(policies(), 1u);
  EXPECT_EQ(word.read(kPlan).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(word.append(kPlan, "+").status, STATUS_SUCCESS);
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\*", FLTLINK_PROTECT_WRITE, 4)).result, hr(0x8007051A));
  EXPECT_EQ(word.read(kPlan).status, STATUS_ACCESS_DENIED);
}

TEST_F(RequestsTest, FlagsZeroRemoveAPolicy) {
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\*", FLTLINK_PROTECT_WRITE)).result, S_OK);
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\*", 0)).result, S_OK);
  EXPECT_EQ(policies(), 0u);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_SUCCESS);
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\*", 0)).result, S_OK) << "what was asked for is so";
}

TEST_F(RequestsTest, UnknownProtectionFlagsAreRefused) {
  Buffer bytes = policy(u"C:\\x", FLTLINK_PROTECT_ALL);
  bytes[8] = 0x40;
  EXPECT_EQ(client.send(bytes).result, kInvalidParameter);
}

// Not 0x800705AA: a client takes that for a request which never arrived, and would reconnect for ever.
TEST_F(RequestsTest, PoliciesFillTheirMemoryAndAreThenRefused) {
  HRESULT result = S_OK;
  for (int index = 0; result == S_OK && index < 10000; ++index) {
    std::u16string path = u"C:\\" + std::u16string(240, u'x');
    for (int digit = index; digit != 0; digit /= 10) path += static_cast<char16_t>(u'0' + digit % 10);
    result = client.send(policy(Text(path.data(), path.size()), FLTLINK_PROTECT_WRITE)).result;
  }
  EXPECT_EQ(result, hr(0x80070718));
}

TEST_F(RequestsTest, ASignedMessageIsOpenedAndAppliedOnce) {
  const Buffer message = sealed(policy(u"C:\\ProtectedDocs\\*", FLTLINK_PROTECT_WRITE), 1);
  EXPECT_EQ(client.send(message).result, S_OK);
  EXPECT_EQ(client.send(message).result, hr(0x80070005));
  EXPECT_EQ(policies(), 1u);
}

// S-1.
TEST_F(RequestsTest, ADamagedEnvelopeDoesNotLockTheRealSenderOut) {
  Buffer forged = sealed(policy(u"C:\\x", FLTLINK_PROTECT_WRITE), 0x7FFFFFFF);
  forged.back() ^= 1;
  EXPECT_EQ(client.send(forged).result, hr(0x80070017));
  EXPECT_EQ(client.send(sealed(policy(u"C:\\x", FLTLINK_PROTECT_WRITE), 1)).result, S_OK);
}

// S-2.
TEST_F(RequestsTest, EachConnectionHasAWindowOfItsOwn) {
  RawClient second{service_process()};
  ASSERT_EQ(second.connect(), S_OK);
  EXPECT_EQ(client.send(sealed(policy(u"C:\\x", FLTLINK_PROTECT_WRITE), 100)).result, S_OK);
  EXPECT_EQ(second.send(sealed(policy(u"C:\\x", FLTLINK_PROTECT_WRITE), 1)).result, S_OK);
  EXPECT_EQ(client.send(sealed(policy(u"C:\\x", FLTLINK_PROTECT_WRITE), 1)).result, hr(0x80070005));
}

TEST_F(RequestsTest, AReconnectedClientStartsANewWindow) {
  EXPECT_EQ(client.send(sealed(policy(u"C:\\x", FLTLINK_PROTECT_WRITE), 100)).result, S_OK);
  client.disconnect();
  ASSERT_EQ(client.connect(), S_OK);
  EXPECT_EQ(client.send(sealed(policy(u"C:\\x", FLTLINK_PROTECT_WRITE), 1)).result, S_OK);
}

// P-10, MSG-3: the memory may go at any moment, also after it was probed.
TEST_F(RequestsTest, MemoryThatVanishesDuringARequestIsARefusal) {
  c.write_file(u"\\page.bin", std::string(4096, ' '));
  fltsim::Process& process = client.process();
  const auto file =
      process.create({.path = u"C:\\page.bin", .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE});
  const Buffer request = policy(u"C:\\x", FLTLINK_PROTECT_WRITE);
  int applied = 0;
  for (int round = 0; round < 40; ++round) {
    const auto mapped = process.map(file.handle);
    ASSERT_EQ(mapped.status, STATUS_SUCCESS);
    std::memcpy(mapped.view.data(), request.data(), request.size());
    HRESULT result = E_FAIL;
    auto sender = process.start_thread("sender", [&] {
      DWORD returned = 0;
      result = FilterSendMessage(client.port(), mapped.view.data(), FLTLINK_USER_MESSAGE_SIZE, nullptr, 0,
                                 &returned);
    });
    auto unmapper = process.start_thread("unmapper", [&] { static_cast<void>(process.unmap(mapped.view)); });
    EXPECT_EQ(sender.join(), fltsim::Outcome::kDone);
    EXPECT_EQ(unmapper.join(), fltsim::Outcome::kDone);
    EXPECT_TRUE(result == S_OK || result == kMisaligned)
        << std::hex << result;  // one HRESULT for both statuses
    applied += result == S_OK;
  }
  EXPECT_GT(applied, 0);
  EXPECT_LT(applied, 40);
}

// Of every type, every size is answered with a status, writes nothing, and changes nothing.
TEST_F(RequestsTest, EverySizeOfEveryTypeIsAnswered) {
  for (const uint32_t type :
       {0u, 1u, 2u, 3u, 4u, 5u, 6u, 7u, 0x100u, 0x101u, 0x102u, 0x103u, MESSAGE_SIGNATURE}) {
    for (size_t size = 0; size <= FLTLINK_SIGNED_USER_MESSAGE_SIZE + 8; ++size) {
      const bool whole = size == FLTLINK_USER_MESSAGE_SIZE && (type == 3 || type == 6);
      if (whole) continue;  // a good message
      Buffer bytes(size);
      std::copy_n(reinterpret_cast<const uint8_t*>(&type), std::min(size, sizeof type), bytes.begin());
      const auto sent = client.send(bytes, 16);
      ASSERT_LT(sent.result, 0) << "type " << type << ", size " << size;
      ASSERT_EQ(sent.answer, Buffer(16, 0xEE)) << "type " << type << ", size " << size;
    }
  }
  EXPECT_EQ(policies(), 0u);
  EXPECT_TRUE(status().is_enabled);
}

// A client that never stops asking takes nothing from another one.
TEST_F(RequestsTest, AFloodDisturbsNobody) {
  RecordingService other(machine, service_process());
  other.protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  bool flooding = true;
  auto flood = client.process().start_thread("flood", [&] {
    const Buffer garbage(FLTLINK_USER_MESSAGE_SIZE, 0xAA);
    DWORD returned = 0;
    while (flooding)
      EXPECT_LT(FilterSendMessage(client.port(), const_cast<uint8_t*>(garbage.data()),
                                  static_cast<DWORD>(garbage.size()), nullptr, 0, &returned),
                0);
  });
  auto worker = word.start_thread("writer", [&] {
    for (int round = 0; round < 20; ++round) EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
    flooding = false;
  });
  EXPECT_EQ(worker.join(), fltsim::Outcome::kDone);
  EXPECT_EQ(flood.join(), fltsim::Outcome::kDone);
  client.disconnect();
  EXPECT_THAT(other.blocked(), SizeIs(20));
  EXPECT_TRUE(other.books().block_notices.balanced());
  EXPECT_EQ(other.status().active_policies, 1u);
}

// A request on a connection that is gone reaches nobody.
TEST_F(RequestsTest, AClosedConnectionTakesNoRequest) {
  client.disconnect();
  EXPECT_EQ(client.send(policy(u"C:\\x", FLTLINK_PROTECT_WRITE)).result, hr(0x80070006));
  ASSERT_EQ(client.connect(), S_OK);
  EXPECT_EQ(policies(), 0u);
}

TEST_F(RequestsTest, RandomBytesNeverGetThrough) {
  uint64_t state = machine.seed() | 1;
  const auto random = [&] {
    return state = state * 6364136223846793005u + 1442695040888963407u, state >> 33;
  };
  for (int round = 0; round < 300; ++round) {
    Buffer bytes(random() % 600);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    EXPECT_LT(client.send(bytes, random() % 64).result, 0);
  }
  EXPECT_EQ(policies(), 0u);
}

class PolicyMemoryTest : public RequestsTest {
 protected:
  void SetUp() override {
    auto options = driver_options();
    options.parameters.push_back({u"PolicyMemoryKiB", uint32_t{16}});
    DrmMachine::load(FLTLINK_DRIVER("drmfilter"), options);
    ASSERT_EQ(client.connect(), S_OK);
  }

  HRESULT add(uint32_t number) {
    std::u16string path = u"C:\\ProtectedDocs\\plan";
    for (const char digit : std::to_string(number)) path += static_cast<char16_t>(digit);
    return client.send(policy(Text(path.data(), path.size()), FLTLINK_PROTECT_WRITE)).result;
  }
};

// SEND-15: a status that the client's side does not take for a request which never arrived.
TEST_F(PolicyMemoryTest, PoliciesBeyondTheirMemoryAreRefusedAndThoseBeforeStand) {
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\*", FLTLINK_PROTECT_WRITE)).result, S_OK);
  uint32_t added = 0;
  HRESULT result = S_OK;
  while ((result = add(added)) == S_OK) ++added;
  EXPECT_EQ(result, kQuotaExceeded);
  EXPECT_GT(added, 100u);
  EXPECT_EQ(policies(), added + 1);
  EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(client.send(policy(u"C:\\ProtectedDocs\\plan7", 0)).result, S_OK);
  EXPECT_EQ(add(7), S_OK) << "what a removed one leaves can be used again";
}

}  // namespace
}  // namespace drmfilter::test

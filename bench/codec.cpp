// What it costs to encode and to decode a message, beside copying its bytes once: the least that anybody who passes a
// message on has to do. Sealing is beside its MAC too, which is OpenSSL's.
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/codec/record.hpp>
#include <fltlink/codec/sealed_message.hpp>
#include <fltlink/codec/status_reply.hpp>
#include <fltlink/codec/user_message.hpp>
#include <fltlink/os/assert.hpp>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>

#include "harness.hpp"

namespace fltlink::bench {
namespace {

constexpr std::uint64_t kMessages = 100'000;
constexpr std::size_t kRecords = 16;  // in a run

// The compiler has to think that somebody reads and writes what `data` points to.
void touch(const void* data) { asm volatile("" : : "g"(data) : "memory"); }

template <typename Operation>
Candidate repeated(const std::string& name, Operation operation) {
  return {.name = name, .run = [=](std::uint64_t operations) mutable {
            bool right = true;
            const double start = thread_ns();
            for (std::uint64_t number = 1; number <= operations; ++number)
              right &= operation(static_cast<std::uint32_t>(number));
            return Sample{(thread_ns() - start) / static_cast<double>(operations), right};
          }};
}

constexpr const char* kEncode = "encoded";
constexpr const char* kDecode = "decoded";
constexpr const char* kCopy = "limit: copied once";
constexpr const char* kMac = "limit: HMAC-SHA-256 of the same bytes";

using Buffer = std::vector<std::uint8_t>;

Candidate copy(const Buffer& bytes) {
  return repeated(kCopy, [bytes, out = Buffer(bytes.size())](std::uint32_t) mutable {
    touch(bytes.data());
    std::memcpy(out.data(), bytes.data(), bytes.size());
    touch(out.data());
    return true;
  });
}

// `encode(number, out)` and `decode(bytes, number)` are true when all is well; `decode` is given what `encode` has made of
// the number 1.
template <typename Encode, typename Decode>
Case make_case(const std::string& name, std::size_t size, Encode encode, Decode decode) {
  Buffer bytes(size);
  const bool made = encode(1u, MutableBytes(bytes));
  Case result{.name = name + ", " + std::to_string(size) + " bytes",
              .operations = kMessages,
              .candidates = {},
              .comparisons = {}};
  result.candidates = {
      repeated(kEncode,
               [encode, out = bytes](std::uint32_t number) mutable {
                 const bool right = encode(number, MutableBytes(out));
                 touch(out.data());
                 return right;
               }),
      repeated(kDecode,
               [decode, made, bytes](std::uint32_t) {
                 touch(bytes.data());
                 return made && decode(Bytes(bytes), 1u);
               }),
      copy(bytes),
  };
  result.comparisons = {{kEncode, kCopy, Relation::kTimesAsLong}, {kDecode, kCopy, Relation::kTimesAsLong}};
  return result;
}

// ---- the messages

Text text(const std::u16string& units) { return Text(units.data(), units.size()); }

Case driver_messages(const std::string& name, std::size_t units, const DriverMessageTerms& terms) {
  std::u16string path = u"\\Device\\HarddiskVolume3";
  while (path.size() < units) path += u"\\directory";
  path.resize(units);
  const auto message = [](const std::u16string& of) {
    return DriverMessage{.type = MSG_TYPE_FILE_EVENT,
                         .timestamp = 133'000'000'000'000'000,
                         .path = text(of),
                         .operation = 4,
                         .reason = {}};
  };
  return make_case(
      name, plan_driver_message(message(path), terms).size,
      [=](std::uint32_t number, MutableBytes out) {
        DriverMessage one = message(path);
        one.process_id = number;
        return encode_driver_message(one, terms, out).ok();
      },
      [=](Bytes bytes, std::uint32_t number) {
        const auto decoded = decode_driver_message(bytes, terms.version);
        return decoded.ok() && decoded->process_id == number && decoded->path.size() == units;
      });
}

UserMessage policy_update(std::uint32_t number) {
  static const std::u16string path = u"C:\\ProtectedDocs\\Project\\*.docx";
  return {.type = MSG_TYPE_POLICY_UPDATE,
          .policy_update = {.version = number, .flags = FLTLINK_PROTECT_STANDARD, .path = text(path)},
          .config_change = {}};
}

Case user_messages() {
  return make_case(
      "USER_MESSAGE, a policy update", FLTLINK_USER_MESSAGE_SIZE,
      [](std::uint32_t number, MutableBytes out) {
        return encode_user_message(policy_update(number), out).ok();
      },
      [](Bytes bytes, std::uint32_t number) {
        const auto decoded = decode_user_message(bytes, FLTLINK_VERSION_1_0);
        return decoded.ok() && decoded->policy_update.version == number;
      });
}

Case status_replies() {
  return make_case(
      "REPLY_MESSAGE, a status", FLTLINK_STATUS_REPLY_SIZE,
      [](std::uint32_t number, MutableBytes out) {
        return encode_status_reply({.active_policies = number}, out).ok();
      },
      [](Bytes bytes, std::uint32_t number) {
        const auto decoded = decode_status_reply(bytes);
        return decoded.ok() && decoded->active_policies == number;
      });
}

// One operation is a whole run.
Case record_runs() {
  const Buffer message(FLTLINK_DRIVER_MESSAGE_SIZE, 7);
  const std::size_t size = (FLTLINK_RECORD_HEADER_SIZE + message.size() + 7) / 8 * 8 * kRecords;
  return make_case(
      "a run of 16 records", size,
      [=](std::uint32_t number, MutableBytes out) {
        std::size_t at = 0;
        for (std::size_t index = 0; index < kRecords; ++index) {
          const auto record =
              encode_record({.sequence = number + index, .message = message}, out.subspan(at));
          if (!record.ok()) return false;
          at += *record;
        }
        return at == out.size();
      },
      [=](Bytes bytes, std::uint32_t number) {
        RecordReader reader(bytes);
        std::uint64_t expected = number;
        while (!reader.at_end()) {
          const auto record = reader.next();
          if (!record.ok() || record->sequence != expected++ || record->message.size() != message.size())
            return false;
        }
        return expected == number + kRecords;
      });
}

Buffer encoded_policy_update() {
  Buffer bytes(FLTLINK_USER_MESSAGE_SIZE);
  if (!encode_user_message(policy_update(1), bytes).ok()) bytes.clear();
  return bytes;
}

Case signed_messages() {
  const Buffer message = encoded_policy_update();
  return make_case(
      "the signed envelope of a policy update", FLTLINK_SIGNED_DATA_OFFSET + message.size(),
      [=](std::uint32_t number, MutableBytes out) { return seal_signed_message(message, number, out).ok(); },
      [=](Bytes bytes, std::uint32_t) {
        ReplayWindow window;
        const auto opened = open_signed_message(bytes, window);
        return opened.ok() && opened->size() == message.size();
      });
}

bool hmac(Bytes key, Bytes message, Mac& mac) {
  return HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
              mac.data(), nullptr) != nullptr;
}

Case sealed_messages() {
  const Buffer message = encoded_policy_update();
  const Mac key{1, 2, 3, 4};
  Case result = make_case(
      "the sealed envelope of a policy update", FLTLINK_SEAL_HEADER_SIZE + message.size() + FLTLINK_MAC_SIZE,
      [=](std::uint32_t number, MutableBytes out) {
        return seal_message(message, number, key, &hmac, out).ok();
      },
      [=](Bytes bytes, std::uint32_t) {
        ReplayWindow window;
        const auto opened = open_sealed_message(bytes, key, &hmac, window);
        return opened.ok() && opened->size() == message.size();
      });
  result.operations = kMessages / 10;
  result.candidates.push_back(
      repeated(kMac, [=, covered = Buffer(FLTLINK_SEAL_HEADER_SIZE + message.size())](std::uint32_t) {
        Mac mac;
        touch(covered.data());
        const bool right = hmac(Bytes(key), covered, mac);
        touch(mac.data());
        return right;
      }));
  result.comparisons.push_back({kEncode, kMac, Relation::kTimesAsLong});
  result.comparisons.push_back({kDecode, kMac, Relation::kTimesAsLong});
  return result;
}

std::vector<Case> cases(bool) {
  return {
      driver_messages("DRIVER_MESSAGE, a path of 60 units", 60, {}),
      driver_messages("DRIVER_MESSAGE of 1.1, the whole of a path of 600 units", 600,
                      {.version = FLTLINK_VERSION_1_1, .message_size_max = FLTLINK_MESSAGE_SIZE_MAX}),
      user_messages(),
      status_replies(),
      record_runs(),
      signed_messages(),
      sealed_messages(),
  };
}

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  return fltlink::bench::run_question(
      argc, argv,
      {.name = "codec",
       .text = "What does a message cost to encode and decode, beside a copy?",
       .cases = fltlink::bench::cases});
}

// The promise of the codec on arbitrary bytes: every decoder refuses them, or what it read encodes to the
// same bytes again, those aside that the protocol page calls meaningless. The fuzzer, the replay of its
// corpus and the property tests all ask this one question.
#pragma once

#include <fltlink/codec/authorize.hpp>
#include <fltlink/codec/connect.hpp>
#include <fltlink/codec/counters.hpp>
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/codec/port_headers.hpp>
#include <fltlink/codec/record.hpp>
#include <fltlink/codec/sealed_message.hpp>
#include <fltlink/codec/signed_message.hpp>
#include <fltlink/codec/status_reply.hpp>
#include <fltlink/codec/user_message.hpp>

#include <algorithm>

#include "support/bytes.hpp"

namespace fltlink::test {

// Asks every decoder about one input. `damage` is applied to each re-encoded message before it is compared: a
// test of the checker itself.
class RoundTrip {
 public:
  using Damage = void (*)(ByteVector& encoded);

  explicit RoundTrip(Bytes input, Damage damage = nullptr) : input_(input), damage_(damage) {}

  // The name of the first message that breaks the promise; nullptr when all keep it.
  const char* failure() {
    check_driver_message(FLTLINK_VERSION_1_0, "DRIVER_MESSAGE of 1.0");
    check_driver_message(FLTLINK_VERSION_1_1, "DRIVER_MESSAGE of 1.1");
    check_user_message();
    check_status_reply();
    check_signed_message();
    check_negotiation();
    check_authentication();
    check_sealed_message();
    check_port_headers();
    check_records();
    return failure_;
  }

  // How many of the decoders took the input.
  int decoded() const { return decoded_; }

 private:
  template <typename Encode>
  void expect(const char* name, const ByteVector& canonical, Encode&& encode) {
    ++decoded_;
    ByteVector out(canonical.size(), 0xEE);
    const Result<size_t, EncodeError> size = encode(MutableBytes(out));
    if (size.ok() && damage_ != nullptr) damage_(out);
    if (!size.ok() || *size != canonical.size() || out != canonical) note(name);
  }

  void note(const char* name) {
    if (failure_ == nullptr) failure_ = name;
  }

  ByteVector first(size_t size) const { return vector_of(input_.first(size)); }

  static void zero(ByteVector& bytes, size_t from, size_t to) {
    std::fill(bytes.begin() + static_cast<ptrdiff_t>(from), bytes.begin() + static_cast<ptrdiff_t>(to), 0);
  }

  // Zeros behind the terminator of the text field that lies at `from` and ends at `to`.
  static void zero_behind_terminator(ByteVector& bytes, size_t from, size_t to) {
    while ((bytes[from] | bytes[from + 1]) != 0) from += 2;
    zero(bytes, from, to);
  }

  static uint32_t u32_at(const ByteVector& bytes, size_t offset) {
    return bytes[offset] | bytes[offset + 1] << 8 | bytes[offset + 2] << 16 |
           uint32_t{bytes[offset + 3]} << 24;
  }

  static void put_u32(ByteVector& bytes, size_t offset, size_t value) {
    for (size_t byte = 0; byte < 4; ++byte) bytes[offset + byte] = static_cast<uint8_t>(value >> (8 * byte));
  }

  void check_driver_message(uint32_t version, const char* name) {
    const auto message = decode_driver_message(input_, version);
    if (!message.ok()) return;
    ByteVector canonical = first(560 + u32_at(first(560), 552));
    const bool whole_path = version == FLTLINK_VERSION_1_1 && canonical[12] == 3;
    if (version == FLTLINK_VERSION_1_0) zero(canonical, 12, 16);
    zero_behind_terminator(canonical, 24, 544);
    zero(canonical, 556, 560);
    if (!has_reason(message->type)) canonical.resize(whole_path ? 564 + u32_at(canonical, 560) : 560);
    put_u32(canonical, 552, canonical.size() - 560);
    const DriverMessageTerms terms{.version = version, .message_size_max = FLTLINK_MESSAGE_SIZE_MAX};
    expect(name, canonical, [&](MutableBytes out) { return encode_driver_message(*message, terms, out); });
  }

  void check_user_message() {
    const auto message = decode_user_message(input_, FLTLINK_VERSION_NEWEST);
    if (!message.ok()) return;
    ByteVector canonical = vector_of(input_);
    if (canonical[0] == MSG_TYPE_POLICY_UPDATE) zero_behind_terminator(canonical, 12, 532);
    if (canonical[0] == MSG_TYPE_CONFIG_CHANGE) zero(canonical, 6, 8);
    if (canonical[0] == MSG_TYPE_CONFIG_CHANGE) zero(canonical, 12, 532);
    if (canonical[0] == MSG_TYPE_STATUS_REQUEST) zero(canonical, 4, 532);
    expect("USER_MESSAGE", canonical, [&](MutableBytes out) { return encode_user_message(*message, out); });
  }

  void check_status_reply() {
    const auto reply = decode_status_reply(input_);
    if (!reply.ok()) return;
    ByteVector canonical = vector_of(input_);
    zero(canonical, 33, 40);
    expect("status reply", canonical, [&](MutableBytes out) { return encode_status_reply(*reply, out); });
  }

  void check_signed_message() {
    ReplayWindow window;
    const auto message = open_signed_message(input_, window);
    if (!message.ok()) return;
    expect("SIGNED_MESSAGE", vector_of(input_),
           [&](MutableBytes out) { return seal_signed_message(*message, window.last(), out); });
  }

  // The MAC is the input's own: whether it is right is not a question of the bytes alone.
  void check_sealed_message() {
    const auto parts = take_seal_apart(input_);
    if (!parts.ok()) return;
    const auto same = [&](Bytes, Bytes covered, Mac& mac) {
      mac = parts->mac;
      return equal_bytes(covered, parts->covered);
    };
    expect("sealed message", vector_of(input_),
           [&](MutableBytes out) { return seal_message(parts->message, parts->sequence, Mac{}, same, out); });
  }

  void check_authentication() {
    if (decode_nonce_request(input_).ok()) {
      expect("GET_NONCE", without_growth(FLTLINK_NONCE_REQUEST_SIZE),
             [&](MutableBytes out) { return encode_nonce_request(out); });
    }
    if (const auto reply = decode_nonce_reply(input_); reply.ok()) {
      expect("NONCE", without_growth(FLTLINK_NONCE_REPLY_SIZE),
             [&](MutableBytes out) { return encode_nonce_reply(*reply, out); });
    }
    if (const auto proof = decode_authenticate(input_); proof.ok()) {
      expect("AUTHENTICATE", without_growth(FLTLINK_AUTHENTICATE_SIZE),
             [&](MutableBytes out) { return encode_authenticate(*proof, out); });
    }
  }

  // What a newer sender appended is zero, and an older one would not have written it. What an older one left out
  // is zero too.
  ByteVector without_growth(size_t known_size) const {
    ByteVector canonical = first(std::min(known_size, input_.size()));
    canonical.resize(known_size);
    put_u32(canonical, 4, known_size);
    return canonical;
  }

  void check_negotiation() {
    if (const auto context = decode_connect_context(input_); context.ok()) {
      const bool oldest = context->batch_size_max == 0 && context->batch_delay_us == 0;
      expect("connect context",
             without_growth(oldest ? FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST : FLTLINK_CONNECT_CONTEXT_SIZE),
             [&](MutableBytes out) { return encode_connect_context(*context, out); });
    }
    if (decode_negotiate_request(input_).ok()) {
      expect("NEGOTIATE request", without_growth(FLTLINK_NEGOTIATE_REQUEST_SIZE),
             [&](MutableBytes out) { return encode_negotiate_request(out); });
    }
    if (const auto terms = decode_negotiate_reply(input_); terms.ok()) {
      const bool oldest = terms->version < FLTLINK_VERSION_1_2;
      expect("NEGOTIATE reply",
             without_growth(oldest ? FLTLINK_NEGOTIATE_REPLY_SIZE_OLDEST : FLTLINK_NEGOTIATE_REPLY_SIZE),
             [&](MutableBytes out) { return encode_negotiate_reply(*terms, out); });
    }
    if (const auto verdict = decode_verdict(input_); verdict.ok()) {
      expect("VERDICT", without_growth(FLTLINK_VERDICT_SIZE),
             [&](MutableBytes out) { return encode_verdict(*verdict, out); });
    }
    if (const auto request = decode_counters_request(input_); request.ok()) {
      expect("COUNTERS request", without_growth(FLTLINK_COUNTERS_REQUEST_SIZE),
             [&](MutableBytes out) { return encode_counters_request(*request, out); });
    }
    if (const auto counters = decode_counters_reply(input_); counters.ok()) {
      const bool oldest = input_.size() == FLTLINK_COUNTERS_REPLY_SIZE_OLDEST;
      expect("COUNTERS reply",
             without_growth(oldest ? FLTLINK_COUNTERS_REPLY_SIZE_OLDEST : FLTLINK_COUNTERS_REPLY_SIZE),
             [&](MutableBytes out) { return encode_counters_reply(*counters, out); });
    }
  }

  void check_port_headers() {
    if (input_.size() < FLTLINK_MESSAGE_HEADER_SIZE) return;
    ByteVector canonical = first(FLTLINK_MESSAGE_HEADER_SIZE);
    zero(canonical, 4, 8);
    const auto message = decode_message_header(input_);
    expect("message header", canonical,
           [&](MutableBytes out) { return encode_message_header(*message, out); });
    const auto reply = decode_reply_header(input_);
    expect("reply header", canonical, [&](MutableBytes out) { return encode_reply_header(*reply, out); });
  }

  void check_records() {
    RecordReader reader(input_);
    while (!reader.at_end()) {
      ByteVector canonical = vector_of(reader.rest());
      const auto record = reader.next();
      if (!record.ok()) return;
      canonical.resize(canonical.size() - reader.rest().size());
      // What a later version put into its header, and what lies in filler, is stepped over and not kept.
      if (record->skip || canonical[4] != FLTLINK_RECORD_HEADER_SIZE) continue;
      if (record->message.size() > FLTLINK_MESSAGE_SIZE_MAX) continue;
      zero(canonical, FLTLINK_RECORD_HEADER_SIZE + record->message.size(), canonical.size());
      expect("record", canonical, [&](MutableBytes out) { return encode_record(*record, out); });
    }
  }

  Bytes input_;
  Damage damage_;
  const char* failure_ = nullptr;
  int decoded_ = 0;
};

}  // namespace fltlink::test

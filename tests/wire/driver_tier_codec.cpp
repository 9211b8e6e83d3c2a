// Everything public of wire, codec and policy, used once in a translation unit that is compiled as for a
// driver. A test looks at what the object imports; nothing here is ever run.
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
#include <fltlink/policy/policy_table.hpp>

using namespace fltlink;

// Reports every outcome to the caller, so that nothing can be optimised away.
struct Sink {
  template <typename T, typename E>
  void take(const Result<T, E>& result) {
    sum += result.ok() ? sizeof(result.value()) : static_cast<size_t>(result.error());
  }
  size_t sum = 0;
};

static bool no_hash(Bytes key, Bytes message, Mac& mac) {
  mac = {};
  return key.size() < message.size();
}

extern "C" size_t fltlink_use_decoders(const uint8_t* data, size_t size, uint32_t version,
                                       ReplayWindow* window) {
  const Bytes bytes(data, size);
  Sink sink;
  sink.take(peek_message_type(bytes));
  sink.take(decode_driver_message(bytes, version));
  sink.take(decode_user_message(bytes, version));
  sink.take(decode_verdict(bytes));
  sink.take(decode_status_reply(bytes));
  sink.take(open_signed_message(bytes, *window));
  sink.take(decode_connect_context(bytes));
  sink.take(decode_negotiate_request(bytes));
  sink.take(decode_negotiate_reply(bytes));
  sink.take(decode_counters_request(bytes));
  sink.take(decode_counters_reply(bytes));
  sink.take(decode_nonce_request(bytes));
  sink.take(decode_nonce_reply(bytes));
  sink.take(decode_authenticate(bytes));
  sink.take(take_seal_apart(bytes));
  sink.take(open_sealed_message(bytes, Mac{}, no_hash, *window));
  sink.take(decode_message_header(bytes));
  sink.take(decode_reply_header(bytes));
  RecordReader reader(bytes);
  if (!reader.at_end()) sink.take(reader.next());
  return sink.sum + reader.rest().size() + window->last();
}

extern "C" size_t fltlink_use_encoders(uint8_t* data, size_t size, const DriverMessage* message,
                                       const UserMessage* user, const StatusReply* status,
                                       const ConnectContext* context, const Record* record) {
  const MutableBytes out(data, size);
  Sink sink;
  sink.take(encode_driver_message(*message, DriverMessageTerms{}, out));
  sink.take(encode_driver_message(*message, plan_driver_message(*message, {}), out));
  sink.take(encode_user_message(*user, out));
  sink.take(encode_status_reply(*status, out));
  sink.take(seal_signed_message(record->message, 1, out));
  sink.take(encode_connect_context(*context, out));
  sink.take(encode_negotiate_request(out));
  sink.take(encode_negotiate_reply(ConnectionTerms{}, out));
  sink.take(encode_counters_request(CountersRequest{}, out));
  sink.take(encode_counters_reply(CountersReply{}, out));
  sink.take(encode_verdict(Verdict::kDeny, out));
  sink.take(encode_nonce_request(out));
  sink.take(encode_nonce_reply(NonceReply{}, out));
  sink.take(encode_authenticate(Mac{}, out));
  sink.take(seal_message(record->message, 1, Mac{}, no_hash, out));
  BindingBytes binding = encode_binding(MacPurpose::kSeal, Binding{.context = *context});
  wipe(binding.room);
  sink.take(encode_message_header({}, out));
  sink.take(encode_reply_header({}, out));
  sink.take(encode_record(*record, out));
  sink.take(agree_terms(*context, VersionRange{}, 1));
  return sink.sum;
}

extern "C" size_t fltlink_use_cursors(uint8_t* data, size_t size) {
  ByteReader reader(Bytes(data, size));
  ByteWriter writer(MutableBytes(data, size));
  uint16_t value16 = 0;
  uint64_t value64 = 0;
  int64_t signed64 = 0;
  const bool read =
      reader.read_u16_le(value16) && reader.read_u64_le(value64) && reader.read_i64_le(signed64);
  const bool written = writer.write_u16_le(value16) && writer.write_u64_le(value64) &&
                       writer.write_i64_le(signed64) && writer.write_text_field(u"text", 5);
  return reader.remaining() + writer.written() + read + written;
}

extern "C" size_t fltlink_use_policies(uint8_t* memory, size_t size, const Text* text,
                                       UpcaseFunction upcase) {
  PolicyTable table(MutableBytes(memory, size), upcase);
  size_t sum = static_cast<size_t>(table.update(*text, 1, ProtectionFlags::kStandard));
  sum += table.decide(PathName(u"C:", *text), ProtectionFlags::kRead | ProtectionFlags::kMove).forbidden;
  sum += table.decide_below(*text, ProtectionFlags::kRename).forbidden;
  sum +=
      static_cast<size_t>(table.flags() | table.flags_on(*text)) + PolicyTable::memory_for(size, size, size);
  table.for_each([&](const Policy& policy) { sum += policy.pattern.find(u'\\'); });
  return sum + table.count() + pattern_matches(*text, *text, upcase) +
         pattern_matches_below(*text, *text, upcase);
}

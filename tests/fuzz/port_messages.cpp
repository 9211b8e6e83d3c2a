#include "fuzz/port_messages.hpp"

#include <algorithm>
#include <cstring>

#include <fltlink/codec/counters.hpp>
#include <fltlink/codec/signed_message.hpp>
#include <fltlink/codec/user_message.hpp>

namespace drmfilter::test {
namespace {

using fltlink::Bytes;
using fltlink::MutableBytes;
using fltlink::Text;

constexpr const char16_t* kPatterns[] = {
    u"C:\\P\\*.docx",  u"C:\\P\\", u"C:\\F\\b.txt", u"*.docx", u"\\Device\\HarddiskVolume1\\P\\*",
    u"\\??\\C:\\F\\*", u"*",       u"C:\\a|b"};

Text text_of(std::u16string_view units) { return Text(units.data(), units.size()); }

template <class Encode>
Buffer encoded(size_t size, Encode&& encode) {
  Buffer bytes(size);
  const auto written = encode(MutableBytes(bytes));
  FLTLINK_ASSERT(written.ok() && *written == size);
  return bytes;
}

Buffer user_message(const fltlink::UserMessage& message) {
  return encoded(FLTLINK_USER_MESSAGE_SIZE,
                 [&](MutableBytes out) { return fltlink::encode_user_message(message, out); });
}

Buffer policy_message(std::u16string_view path, uint32_t version, uint32_t flags) {
  fltlink::UserMessage message;
  message.type = MSG_TYPE_POLICY_UPDATE;
  message.policy_update = {version, flags, text_of(path)};
  return user_message(message);
}

Buffer config_message(bool monitoring, bool blocking, uint32_t log_level) {
  fltlink::UserMessage message;
  message.type = MSG_TYPE_CONFIG_CHANGE;
  message.config_change = {monitoring, blocking, log_level};
  return user_message(message);
}

Buffer counters_message(uint32_t connection_id) {
  return encoded(FLTLINK_COUNTERS_REQUEST_SIZE,
                 [&](MutableBytes out) { return fltlink::encode_counters_request({connection_id}, out); });
}

Buffer negotiate_message() {
  return encoded(FLTLINK_NEGOTIATE_REQUEST_SIZE,
                 [](MutableBytes out) { return fltlink::encode_negotiate_request(out); });
}

Buffer sealed(const Buffer& message, uint32_t sequence) {
  return encoded(message.size() + FLTLINK_SIGNED_DATA_OFFSET,
                 [&](MutableBytes out) { return fltlink::seal_signed_message(message, sequence, out); });
}

// The payload as patches: a place (two bytes) and what stands there now, or, at the place 0xFFFF, a change of the
// size.
void patch(Buffer& bytes, const std::vector<uint8_t>& patches) {
  for (size_t at = 0; at + 2 < patches.size(); at += 3) {
    const size_t place = patches[at] | patches[at + 1] << 8;
    if (place == 0xFFFF) {
      bytes.resize(std::max<size_t>(1, bytes.size() + patches[at + 2]) - std::min<size_t>(bytes.size(), 128));
    } else if (!bytes.empty()) {
      bytes[place % bytes.size()] = patches[at + 2];
    }
  }
}

uint32_t u32_at(const Buffer& bytes, size_t offset) {
  uint32_t value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

// Few enough that a program meets its own connections, and some that are not there.
uint32_t connection_number(uint32_t said, uint32_t last_connection) {
  return said == 0 ? 0 : last_connection + said % 8;
}

void make_connection_relative(Buffer& message, uint32_t last_connection) {
  constexpr size_t kNumberAt = offsetof(FltlinkCountersRequest, connection_id);
  if (message.size() < kNumberAt + 4 || u32_at(message, 0) != FLTLINK_MSG_TYPE_COUNTERS_REQUEST) return;
  const uint32_t number = connection_number(u32_at(message, kNumberAt), last_connection);
  std::memcpy(message.data() + kNumberAt, &number, sizeof number);
}

Buffer plain_message_of(const Step& step) {
  const uint8_t what = step.arguments[2];
  const uint8_t more = step.arguments[3];
  switch (step.arguments[1] & 7) {
    case 1:
      return policy_message(kPatterns[what % std::size(kPatterns)], what >> 4, more & FLTLINK_PROTECT_ALL);
    case 2:
      return config_message((what & 1) != 0, (what & 2) != 0, what >> 2 & 3);
    case 3:
      return status_request();
    case 4:
      return negotiate_message();
    case 5:
      return counters_message(what);
    default:
      return step.payload;
  }
}

fltlink::ConnectContext terms_of(const Step& step) {
  constexpr uint32_t kVersions[] = {FLTLINK_VERSION_1_1, FLTLINK_VERSION_1_0, FLTLINK_VERSION_NEWEST + 1, 0};
  constexpr uint32_t kMessageSizes[] = {4096, 0, FLTLINK_MESSAGE_SIZE_MAX_1_0, 600};
  const uint8_t says = step.arguments[1];
  const uint8_t sizes = step.arguments[2];
  fltlink::ConnectContext context;
  const uint32_t one = kVersions[says >> 2 & 3];
  const uint32_t other = kVersions[says >> 4 & 3];
  context.version_min = std::min(one, other);
  context.version_max = std::max(one, other);
  context.role = 1 + (says & 3) % 3;
  context.message_size_max = kMessageSizes[sizes & 3];
  context.queue_messages_max = (sizes >> 2 & 7) * 4;
  context.queue_size_max = (1 + (sizes >> 5)) * 4096u;
  context.fail_open = step.arguments[3] & FLTLINK_FAIL_OPEN_FLAGS_ALL;
  if (context.version_max < FLTLINK_VERSION_1_2) return context;
  constexpr uint32_t kBatchSizes[] = {0, 8192, 512, UINT32_MAX};
  context.batch_size_max = kBatchSizes[step.arguments[3] >> 4 & 3];
  context.batch_delay_us = (step.arguments[3] >> 6) * 700u;
  return context;
}

}  // namespace

Buffer context_of(const Step& step) {
  const unsigned kind = step.arguments[0] >> 2 & 3;
  if (kind == 0 && step.arguments[1] == kOldClient) return {};
  if (kind == 3) return step.payload;
  const fltlink::ConnectContext terms = terms_of(step);
  const bool says_more = terms.batch_size_max != 0 || terms.batch_delay_us != 0;
  Buffer context = encoded(says_more ? FLTLINK_CONNECT_CONTEXT_SIZE : FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST,
                           [&](MutableBytes out) { return fltlink::encode_connect_context(terms, out); });
  if (kind == 2) patch(context, step.payload);
  return context;
}

Buffer message_of(const Step& step, uint32_t last_connection) {
  Buffer message = plain_message_of(step);
  const bool in_envelope = (step.arguments[1] & 0x40) != 0;
  const bool patched = (step.arguments[1] & 0x80) != 0;
  if (in_envelope) message = sealed(message, step.arguments[3]);
  if (patched) patch(message, step.payload);
  make_connection_relative(message, last_connection);
  return message;
}

std::vector<std::u16string> policies_in(const Buffer& message) {
  std::vector<std::u16string> found;
  for (const size_t offset : {size_t{0}, size_t{FLTLINK_SIGNED_DATA_OFFSET}}) {
    if (message.size() < offset) continue;
    const auto inner = fltlink::decode_user_message(Bytes(message).subspan(offset), FLTLINK_VERSION_1_1);
    if (!inner.ok() || inner->type != MSG_TYPE_POLICY_UPDATE) continue;
    std::u16string& path = found.emplace_back();
    for (size_t unit = 0; unit < inner->policy_update.path.size(); ++unit)
      path.push_back(inner->policy_update.path[unit]);
  }
  return found;
}

Buffer removal_of(const std::u16string& policy) { return policy_message(policy, UINT32_MAX, 0); }
Buffer default_settings() { return config_message(true, true, 1); }
Buffer status_request() { return user_message({}); }
Buffer counters_request() { return counters_message(0); }

}  // namespace drmfilter::test

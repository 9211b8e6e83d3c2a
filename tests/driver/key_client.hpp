// A client that authenticates in its own bytes, and a driver that has a key.
#pragma once

#include <optional>

#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"
#include "support/hmac.hpp"

namespace drmfilter::test {

constexpr HRESULT kAccessDenied = hr(0x80070005);
constexpr HRESULT kNotSupported = hr(0x80070032);
constexpr HRESULT kDisconnected = hr(0x80070006);

inline Buffer encoded(const fltlink::ConnectContext& context) {
  Buffer bytes(FLTLINK_CONNECT_CONTEXT_SIZE);
  bytes.resize(fltlink::encode_connect_context(context, bytes).value());
  return bytes;
}

inline Buffer encoded(const fltlink::UserMessage& message) {
  Buffer bytes(FLTLINK_USER_MESSAGE_SIZE);
  EXPECT_TRUE(fltlink::encode_user_message(message, bytes).ok());
  return bytes;
}

inline Buffer policy_for(fltlink::Text path, uint32_t flags = FLTLINK_PROTECT_WRITE) {
  return encoded({.type = MSG_TYPE_POLICY_UPDATE,
                  .policy_update = {.version = 1, .flags = flags, .path = path},
                  .config_change = {}});
}

inline Buffer status_request() {
  return encoded({.type = MSG_TYPE_STATUS_REQUEST, .policy_update = {}, .config_change = {}});
}

class KeyClient : public RawClient {
 public:
  explicit KeyClient(fltsim::Process process, fltlink::ConnectContext context = {},
                     Buffer key = fltlink::test::test_key())
      : RawClient(std::move(process)), key_(std::move(key)) {
    binding_.context = context;
    binding_.process_id = this->process().id();
  }

  HRESULT connect() { return RawClient::connect(encoded(binding_.context)); }

  // GET_NONCE; what came is in binding().
  HRESULT ask_nonce() {
    Buffer request(FLTLINK_NONCE_REQUEST_SIZE);
    EXPECT_TRUE(fltlink::encode_nonce_request(request).ok());
    const Sent sent = send(request, FLTLINK_NONCE_REPLY_SIZE);
    if (sent.result != S_OK) return sent.result;
    const auto reply = fltlink::decode_nonce_reply(fltlink::Bytes(sent.answer).first(sent.returned));
    EXPECT_TRUE(reply.ok());
    binding_.connection_id = reply->connection_id;
    binding_.nonce = reply->nonce;
    attempts_left = reply->attempts_left;
    return S_OK;
  }
  Buffer proof() const {
    Buffer request(FLTLINK_AUTHENTICATE_SIZE);
    const auto mac = fltlink::test::mac_of(key_, fltlink::MacPurpose::kProof, binding_);
    EXPECT_TRUE(fltlink::encode_authenticate(mac, request).ok());
    return request;
  }
  HRESULT authenticate() {
    const HRESULT asked = ask_nonce();
    return asked == S_OK ? send(proof()).result : asked;
  }

  Buffer sealed(const Buffer& message, uint32_t sequence) const {
    Buffer bytes(48 + message.size());
    const auto key = fltlink::test::mac_of(key_, fltlink::MacPurpose::kSeal, binding_);
    EXPECT_TRUE(fltlink::seal_message(message, sequence, key, fltlink::test::hmac, bytes).ok());
    return bytes;
  }

  fltlink::Binding& binding() { return binding_; }
  uint32_t attempts_left = 0;

 private:
  fltlink::Binding binding_;
  Buffer key_;
};

class KeyMachine : public DrmMachine {
 protected:
  explicit KeyMachine(const fltsim::Options& options = {}) : DrmMachine(options) {}
  void SetUp() override { load_with_key(fltlink::test::test_key()); }

  void load_with_key(Buffer key) {
    auto options = driver_options();
    options.parameters.push_back({u"AuthenticationKey", std::move(key)});
    driver.emplace(machine.load_driver(FLTLINK_DRIVER("drmfilter"), options));
    ASSERT_EQ(driver->status(), STATUS_SUCCESS);
  }
  KeyClient connected(fltlink::ConnectContext context = {}) {
    KeyClient client(service_process(), context);
    EXPECT_EQ(client.connect(), S_OK);
    return client;
  }
  KeyClient authenticated(fltlink::ConnectContext context = {}) {
    KeyClient client = connected(context);
    EXPECT_EQ(client.authenticate(), S_OK);
    return client;
  }
  // The books of the whole driver.
  fltlink::CountersReply books(RawClient& client) {
    Buffer request(FLTLINK_COUNTERS_REQUEST_SIZE);
    EXPECT_TRUE(fltlink::encode_counters_request({}, request).ok());
    const auto sent = client.send(request, FLTLINK_COUNTERS_REPLY_SIZE);
    EXPECT_EQ(sent.result, S_OK);
    return fltlink::decode_counters_reply(fltlink::Bytes(sent.answer).first(sent.returned)).value();
  }
  static uint64_t refused(const fltlink::CountersReply& books, fltlink::RequestKind kind,
                          fltlink::Refusal why) {
    return books.requests[static_cast<size_t>(kind)].refused[static_cast<size_t>(why)];
  }
  uint32_t policies(KeyClient& client) {
    const auto sent = client.send(status_request(), FLTLINK_STATUS_REPLY_SIZE);
    EXPECT_EQ(sent.result, S_OK);
    return fltlink::decode_status_reply(fltlink::Bytes(sent.answer).first(sent.returned))->active_policies;
  }
};

}  // namespace drmfilter::test

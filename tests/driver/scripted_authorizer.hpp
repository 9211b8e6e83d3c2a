// An authorizer that does what a test says: it answers each question with the bytes of its script, whatever they
// are, or not at all.
#pragma once

#include <fltUser.h>

#include <fltlink/codec/authorize.hpp>
#include <fltlink/codec/driver_message.hpp>
#include <fltlink/codec/port_headers.hpp>

#include <functional>
#include <mutex>
#include <optional>

#include "driver/raw_client.hpp"
#include "support/recording_service.hpp"

namespace drmfilter::test {

inline Buffer verdict_bytes(fltlink::Verdict verdict) {
  Buffer bytes(FLTLINK_VERDICT_SIZE);
  EXPECT_TRUE(fltlink::encode_verdict(verdict, bytes).ok());
  return bytes;
}

class ScriptedAuthorizer {
 public:
  struct Reply {
    int32_t status = 0;
    Buffer payload;
  };
  // Runs in a thread of the client. Without a value there is no reply.
  using Script = std::function<std::optional<Reply>(uint64_t message_id)>;

  static Reply allow() { return {0, verdict_bytes(fltlink::Verdict::kAllow)}; }
  static Reply deny() { return {0, verdict_bytes(fltlink::Verdict::kDeny)}; }
  static Script always(std::optional<Reply> reply) {
    return [reply](uint64_t) { return reply; };
  }

  explicit ScriptedAuthorizer(fltsim::Process process) : client_(std::move(process)) {}

  HRESULT connect(fltlink::ConnectContext context = {}) {
    context.role = FLTLINK_ROLE_AUTHORIZER;
    Buffer bytes(FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST);
    EXPECT_TRUE(fltlink::encode_connect_context(context, bytes).ok());
    return client_.connect(bytes);
  }
  // Connects, and answers until the connection ends.
  void serve(Script script, const fltlink::ConnectContext& context = {}) {
    ASSERT_EQ(connect(context), S_OK);
    process().start_thread("authorizer", [this, script = std::move(script)] { receive_all(script); });
  }
  // These two from a thread of the client: answers what comes until the connection ends, or one question.
  void answer_all(const Reply& reply) { receive_all(always(reply)); }
  HRESULT reply(uint64_t message_id, const Reply& reply) const {
    alignas(8) Buffer bytes(FLTLINK_REPLY_HEADER_SIZE + reply.payload.size());
    const auto size = fltlink::encode_reply_header({.status = reply.status, .message_id = message_id}, bytes);
    std::copy(reply.payload.begin(), reply.payload.end(), bytes.begin() + static_cast<ptrdiff_t>(*size));
    return FilterReplyMessage(client_.port(), reinterpret_cast<PFILTER_REPLY_HEADER>(bytes.data()),
                              static_cast<DWORD>(bytes.size()));
  }
  // The terms of the connection, as the driver says.
  fltlink::ConnectionTerms terms() {
    Buffer request(FLTLINK_NEGOTIATE_REQUEST_SIZE);
    EXPECT_TRUE(fltlink::encode_negotiate_request(request).ok());
    const auto sent = client_.send(request, FLTLINK_NEGOTIATE_REPLY_SIZE);
    EXPECT_EQ(sent.result, S_OK);
    return fltlink::decode_negotiate_reply(sent.answer).value();
  }

  std::vector<fltlink::test::Notice> questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }
  fltsim::Process& process() { return client_.process(); }
  HANDLE port() const { return client_.port(); }
  void disconnect() { client_.disconnect(); }

 private:
  void receive_all(const Script& script) {
    alignas(8) std::array<unsigned char, FLTLINK_MESSAGE_HEADER_SIZE + FLTLINK_MESSAGE_SIZE_MAX_1_0> buffer{};
    auto* header = reinterpret_cast<PFILTER_MESSAGE_HEADER>(buffer.data());
    while (FilterGetMessage(port(), header, static_cast<DWORD>(buffer.size()), nullptr) == S_OK) {
      note(fltlink::Bytes(buffer).subspan(FLTLINK_MESSAGE_HEADER_SIZE));
      const uint64_t id = header->MessageId;
      if (const auto answer = script(id)) static_cast<void>(reply(id, *answer));
    }
  }
  void note(fltlink::Bytes bytes) {
    const auto question = fltlink::decode_driver_message(bytes, FLTLINK_VERSION_1_1);
    ASSERT_TRUE(question.ok());
    ASSERT_EQ(question->type, static_cast<MESSAGE_TYPE>(FLTLINK_MSG_TYPE_AUTHORIZE));
    const std::lock_guard lock(mutex_);
    questions_.push_back(fltlink::test::noted(*question));
  }

  RawClient client_;
  mutable std::mutex mutex_;
  std::vector<fltlink::test::Notice> questions_;
};

}  // namespace drmfilter::test

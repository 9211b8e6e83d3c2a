// A Port whose every answer a test scripts with gmock.
#pragma once

#include <gmock/gmock.h>

#include <fltlink/port/port.hpp>

namespace fltlink {

class MockPort : public Port {
 public:
  MOCK_METHOD(ConnectResult, connect, (std::span<const uint8_t> context), (override));
  MOCK_METHOD(PostResult, post, (Receive & receive), (override));
  MOCK_METHOD(Completion, wait, (Ticks deadline), (override));
  MOCK_METHOD(void, interrupt, (), (override));
  MOCK_METHOD(ReplyResult, reply, (ConnectionNumber connection, std::span<const uint8_t> reply), (override));
  MOCK_METHOD(SendResult, send, (std::span<const uint8_t> request, std::span<uint8_t> answer), (override));
  MOCK_METHOD(void, cancel_all, (), (override));
  MOCK_METHOD(void, close, (), (override));
};

}  // namespace fltlink

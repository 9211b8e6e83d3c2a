// A client that talks to the port in its own bytes: what the library would never send.
#pragma once

#include <fltUser.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "fltsim/process.hpp"

namespace drmfilter::test {

using Buffer = std::vector<uint8_t>;

constexpr HRESULT hr(uint32_t value) { return static_cast<HRESULT>(value); }

class RawClient {
 public:
  explicit RawClient(fltsim::Process process) : process_(std::move(process)) {}

  HRESULT connect(const Buffer& context = {}) {
    HRESULT result = E_FAIL;
    in_process([&] {
      result =
          FilterConnectCommunicationPort(u"\\DrmFilterPort", 0, context.empty() ? nullptr : context.data(),
                                         static_cast<WORD>(context.size()), nullptr, &port_);
    });
    return result;
  }
  void disconnect() {
    in_process([&] { CloseHandle(port_); });
  }

  // What a send came to: the result, and the room for the answer as it was left behind.
  struct Sent {
    HRESULT result = E_FAIL;
    DWORD returned = 0xEEEEEEEE;
    Buffer answer;
  };
  Sent send(const Buffer& request, size_t room = 0, size_t misalignment = 0) {
    alignas(16) static thread_local uint8_t shifted[4096];
    Sent sent;
    sent.answer.assign(room, 0xEE);
    in_process([&] {
      std::copy(request.begin(), request.end(), shifted + misalignment);
      sent.result = FilterSendMessage(port_, shifted + misalignment, static_cast<DWORD>(request.size()),
                                      room == 0 ? nullptr : sent.answer.data(), static_cast<DWORD>(room),
                                      &sent.returned);
    });
    return sent;
  }

  fltsim::Process& process() { return process_; }
  HANDLE port() const { return port_; }

 private:
  template <typename Code>
  void in_process(Code&& code) {
    EXPECT_EQ(process_.run(std::forward<Code>(code)), fltsim::Outcome::kDone);
  }

  fltsim::Process process_;
  HANDLE port_ = INVALID_HANDLE_VALUE;
};

}  // namespace drmfilter::test

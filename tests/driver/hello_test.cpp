// The sample of docs/TUTORIAL.md: a driver that greets, and its client.
#include <fltKernel.h>

#include <gtest/gtest.h>

#include <string>

#include "driver/hello/client.h"
#include "fltsim/driver.hpp"
#include "fltsim/machine.hpp"
#include "support/driver.hpp"

namespace {

struct Greeting {
  HRESULT result = E_FAIL;
  std::u16string answer;
};

class HelloTest : public testing::Test {
 protected:
  Greeting greet_from_client(std::u16string_view text, size_t room_units = 64) {
    Greeting greeting;
    EXPECT_EQ(client.run([&] {
      DWORD answered = 0;
      greeting.answer.resize(room_units);
      greeting.result = hello_greet(text.data(), static_cast<DWORD>(text.size()), greeting.answer.data(),
                                    static_cast<DWORD>(room_units), &answered);
      greeting.answer.resize(answered);
    }),
              fltsim::Outcome::kDone);
    return greeting;
  }

  fltsim::Machine machine;
  fltsim::Driver driver = machine.load_driver(FLTLINK_DRIVER("hello"));
  fltsim::Process client =
      machine.start_process({.image = u"C:\\hello.exe", .user = fltsim::User::kAdministrator});
};

TEST_F(HelloTest, TheGreetingIsAnswered) {
  ASSERT_EQ(driver.status(), STATUS_SUCCESS);
  EXPECT_EQ(greet_from_client(u"Hello, MiniFilter").answer, u"Hello, User");
  EXPECT_EQ(greet_from_client(u"Hello, MiniFilter").answer, u"Hello, User") << "the slot came back";
}

// W-7: a longer buffer is as good; the answer's length is exact, and there is no terminator in it.
TEST_F(HelloTest, BuffersNeedNotBeOfOneSize) {
  std::u16string padded = u"Hello, MiniFilter";
  padded.resize(100);
  EXPECT_EQ(greet_from_client(padded, 200).answer, u"Hello, User");
  EXPECT_EQ(greet_from_client(u"Hello, MiniFilter", 11).answer, u"Hello, User");
  EXPECT_EQ(greet_from_client(u"Hello, MiniFilter", 10).result, static_cast<HRESULT>(0x8007007A));
}

TEST_F(HelloTest, AnythingElseIsRefused) {
  EXPECT_LT(greet_from_client(u"Hello, World, and more").result, 0);
  EXPECT_LT(greet_from_client(u"Hi").result, 0);
  EXPECT_LT(greet_from_client(std::u16string(500, u'x')).result, 0);
}

// P-14: the descriptor is freed, the driver unloads by its FilterUnload callback.
TEST_F(HelloTest, ItUnloadsAndLeavesNothing) {
  EXPECT_EQ(greet_from_client(u"Hello, MiniFilter").answer, u"Hello, User");
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_TRUE(machine.verifier().clean());
}

}  // namespace

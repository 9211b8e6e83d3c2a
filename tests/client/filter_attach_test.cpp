// FilterAttach, FilterAttachAtAltitude and FilterDetach (ATT-6, ATT-7, ATT-10).
#include <gtest/gtest.h>

#include <array>

#include "client/port_machine.hpp"

namespace fltsim {
namespace {

class FilterAttachTest : public testing::Test {
 protected:
  FilterAttachTest() {
    machine.add_volume(u"C:");
    machine.load_driver(LambdaDriver{}, {.name = u"scan", .altitude = u"370000"});
  }
  HRESULT as(User user, std::function<HRESULT()> code) {
    HRESULT result = E_FAIL;
    EXPECT_EQ(machine.start_process({.image = u"C:\\fltmc.exe", .user = user}).run([&] { result = code(); }),
              Outcome::kDone);
    return result;
  }
  HRESULT attach_at(const char16_t* altitude, const char16_t* instance) {
    return as(User::kAdministrator,
              [&] { return FilterAttachAtAltitude(u"scan", u"C:", altitude, instance, 0, nullptr); });
  }
  HRESULT detach(const char16_t* instance) {
    return as(User::kAdministrator, [&] { return FilterDetach(u"scan", u"C:\\", instance); });
  }
  Machine machine;
};

TEST_F(FilterAttachTest, AdministratorAttachesAndDetachesByName) {  // ATT-10
  EXPECT_EQ(detach(nullptr), S_OK);
  EXPECT_EQ(detach(nullptr), hr(0x801F0015));
  std::array<char16_t, 64> created{};
  EXPECT_EQ(as(User::kAdministrator,
               [&] { return FilterAttach(u"scan", u"C:", nullptr, sizeof created, created.data()); }),
            S_OK);
  EXPECT_EQ(std::u16string(created.data()), u"scan Instance");
  EXPECT_EQ(detach(created.data()), S_OK);
}

TEST_F(FilterAttachTest, AltitudeThatIsTakenCollides) {  // ATT-7
  EXPECT_EQ(attach_at(u"12345", u"one"), S_OK);
  EXPECT_EQ(attach_at(u"12345.0", u"two"), hr(0x801F0011));
  EXPECT_EQ(attach_at(u"12346", u"one"), hr(0x801F0012));
  EXPECT_EQ(attach_at(u"1e5", u"three"), hr(0x80070057));
}

TEST_F(FilterAttachTest, UnknownNamesAndOrdinaryUsersAreRefused) {
  EXPECT_EQ(as(User::kAdministrator, [] { return FilterAttach(u"nobody", u"C:", nullptr, 0, nullptr); }),
            hr(0x801F0013));
  EXPECT_EQ(as(User::kAdministrator, [] { return FilterAttach(u"scan", u"Q:", nullptr, 0, nullptr); }),
            hr(0x801F0014));
  EXPECT_EQ(as(User::kOrdinary, [] { return FilterDetach(u"scan", u"C:", nullptr); }), hr(0x80070522));
}

}  // namespace
}  // namespace fltsim

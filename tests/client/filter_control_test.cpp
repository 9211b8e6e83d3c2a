// FilterLoad and FilterUnload (LIFE-13, LIFE-17, LIFE-19).
#include "client/port_machine.hpp"

namespace fltsim {
namespace {

class FilterControlTest : public testing::Test {
 protected:
  HRESULT unload(User user, const char16_t* name) {
    Process process = m_.machine.start_process({.image = u"C:\\App\\control.exe", .user = user});
    return m_.in(process, [&] { return FilterUnload(name); });
  }
  PortMachine m_;
};

TEST_F(FilterControlTest, OrdinaryUserLacksThePrivilege) {  // LIFE-13
  EXPECT_EQ(unload(User::kOrdinary, u"porter"), hr(0x80070522));
  EXPECT_TRUE(m_.loaded->loaded());
}

TEST_F(FilterControlTest, AdministratorUnloadsAndLoadsAgain) {
  EXPECT_EQ(unload(User::kAdministrator, u"porter"), S_OK);
  EXPECT_FALSE(m_.loaded->loaded());
  EXPECT_EQ(m_.in_client([] { return FilterLoad(u"porter"); }), S_OK);
  EXPECT_EQ(m_.in_client([] { return FilterLoad(u"porter"); }), hr(0x80070420));
  EXPECT_EQ(m_.try_connect(m_.client).result, S_OK);
}

TEST_F(FilterControlTest, UnknownFilterIsNotFound) {  // LIFE-19
  EXPECT_EQ(unload(User::kSystem, u"nobody"), hr(0x801F0013));
}

}  // namespace
}  // namespace fltsim

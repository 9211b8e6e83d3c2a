// Memory that a client takes away between the probe and the driver's touch (T-28).
#include <set>

#include "client/cautious.h"
#include "client/port_machine.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "support/driver.hpp"
#include "support/sanitizers.hpp"

namespace fltsim {
namespace {

enum class Gone {
  kInput,
  kOutput
};

// One FilterSendMessage to the cautious driver, beside which one of the two buffers is unmapped.
HRESULT send_while(Gone gone, const Options& options) {
  Machine machine(options);
  EXPECT_EQ(machine.load_driver(FLTLINK_DRIVER("cautious")).status(), STATUS_SUCCESS);
  Process client = machine.start_process({.image = u"C:\\App\\service.exe", .user = User::kSystem});
  nt::UserSpace& space = machine.system().nt().user_space();
  auto* in = static_cast<CAUTIOUS_MESSAGE*>(space.allocate(&client.process(), sizeof(CAUTIOUS_MESSAGE)));
  auto* out = static_cast<CAUTIOUS_MESSAGE*>(space.allocate(&client.process(), sizeof(CAUTIOUS_MESSAGE)));
  HRESULT result = E_FAIL;
  auto sender = client.start_thread("sender", [&] {
    HANDLE port = INVALID_HANDLE_VALUE;
    EXPECT_EQ(FilterConnectCommunicationPort(u"\\CautiousPort", 0, nullptr, 0, nullptr, &port), S_OK);
    DWORD returned = 0;
    auto unmapper = client.start_thread("unmapper", [&] {
      Sleep(0);
      space.unmap(gone == Gone::kInput ? in : out, sizeof(CAUTIOUS_MESSAGE));
    });
    result = FilterSendMessage(port, in, sizeof *in, out, sizeof *out, &returned);
    EXPECT_EQ(returned, result == S_OK ? sizeof *out : 0u);
    EXPECT_EQ(unmapper.join(), Outcome::kDone);
    CloseHandle(port);
  });
  EXPECT_EQ(sender.join(), Outcome::kDone);
  EXPECT_TRUE(machine.verifier().clean());
  return result;
}

TEST(VanishingTest, DriverWithATryAnswersOrSaysNoAccess) {  // T-28: MSG-3, VER-24
  for (const Gone gone : {Gone::kInput, Gone::kOutput}) {
    std::set<std::uint32_t> seen;
    const auto scenario = [&](const Options& options) {
      seen.insert(static_cast<std::uint32_t>(send_while(gone, options)));
    };
    // On real threads the client races with the driver, as clients do: the thread sanitizer would object.
    fltlink::test::kThreadSanitized ? under_seeds(scenario) : under_every_scheduler(scenario);
    EXPECT_EQ(seen, (std::set<std::uint32_t>{0, 0x800703E6})) << "over the seeds";
  }
}

}  // namespace
}  // namespace fltsim

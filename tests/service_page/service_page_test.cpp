// The service that docs/SERVICE.md shows does what the page says, and the page shows it as it is.
#include "service_page/drafts_service.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "support/fake_host.hpp"
#include "support/scripted_port.hpp"
#include "support/service_messages.hpp"
#include "support/source_text.hpp"

namespace {

using fltlink::Verdict;
using fltlink::test::source_text;

TEST(ServicePageTest, CodeOfThePageIsTheCodeThatIsTestedAndShort) {
  const std::string code = source_text("tests/service_page/drafts_service.hpp");
  const std::string shown = code.substr(code.find("#include"));
  EXPECT_NE(source_text("docs/SERVICE.md").find("```cpp\n" + shown + "```"), std::string::npos);
  EXPECT_LT(std::count(shown.begin(), shown.end(), '\n'), 40);
}

TEST(ServicePageTest, ServiceThatAuthorizesAllowsDraftsAndDeniesTheRest) {
  fltlink::FakeHost host;
  fltlink::ScriptedPort port(host);
  port.on_request = fltlink::negotiating_driver({.version = FLTLINK_VERSION_1_1, .reply_timeout_ms = 1000});
  DraftsService service(host, port);
  ASSERT_TRUE(service.start());
  host.settle();
  port.deliver(fltlink::question(u"C:\\Drafts\\plan.docx"), FLTLINK_VERDICT_SIZE);
  port.deliver(fltlink::question(u"C:\\Final\\plan.docx"), FLTLINK_VERDICT_SIZE);
  service.stop();
  ASSERT_EQ(port.replies().size(), 2u);
  EXPECT_EQ(*fltlink::decode_verdict(port.replies()[0].payload), Verdict::kAllow);
  EXPECT_EQ(*fltlink::decode_verdict(port.replies()[1].payload), Verdict::kDeny);
  const auto context = fltlink::decode_connect_context(port.contexts().at(0));
  EXPECT_EQ(context->fail_open, uint32_t{FLTLINK_FAIL_OPEN_DISCONNECT});
}

}  // namespace

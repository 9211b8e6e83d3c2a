// DrmFilter and a client that may connect and does everything wrong: nothing the client does stops the
// driver, harms a protected file or disturbs the books, and the service is served as before.
#include "fltsim/hostile_client.hpp"

#include "driver/drm_machine.hpp"

namespace drmfilter::test {
namespace {

using fltsim::HostileClient;
using fltsim::Hostility;
using fltsim::Outcome;

class Siege : public DrmMachine {
 public:
  explicit Siege(uint64_t seed) : DrmMachine(options_for(seed)), seed_(seed) { start(true); }
  void TestBody() override {}

  std::vector<uint8_t> message() const {
    std::vector<uint8_t> bytes(FLTLINK_USER_MESSAGE_SIZE);
    fltlink::UserMessage request{};
    request.type = MSG_TYPE_STATUS_REQUEST;
    if (seed_ % 2 == 0) {
      request.type = MSG_TYPE_POLICY_UPDATE;
      request.policy_update = {.version = 1, .flags = FLTLINK_PROTECT_WRITE, .path = u"C:\\Elsewhere\\*"};
    }
    EXPECT_TRUE(fltlink::encode_user_message(request, bytes).ok());
    return bytes;
  }

  void run() {
    protect_documents();
    HostileClient hostile(service_process(),
                          {.port = u"\\DrmFilterPort", .message = message(), .answer_room = 40}, seed_);
    for (int behaviour = 0; behaviour < fltsim::kHostilities; ++behaviour)
      suffer(hostile, static_cast<Hostility>(behaviour));
    for (int round = 0; round < 10; ++round) suffer(hostile, hostile.draw());
    expect_plan_unharmed();
    EXPECT_THAT(service->blocked(), testing::SizeIs(fltsim::kHostilities + 10));
    const auto books = service->books();
    EXPECT_TRUE(books.file_events.balanced());
    EXPECT_TRUE(books.block_notices.balanced());
    EXPECT_EQ(books.block_notices.pending, 0u);
    service.reset();
    EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
    EXPECT_TRUE(machine.verifier().clean());
    EXPECT_EQ(machine.verifier().count("VER-24") + machine.verifier().count("VER-25"), 0u);
  }

 private:
  static fltsim::Options options_for(uint64_t seed) {
    fltsim::Options options;
    options.seed = seed;
    return options;
  }
  void suffer(HostileClient& hostile, Hostility behaviour) {
    auto act = hostile.start(behaviour);
    EXPECT_EQ(word.write(kPlan, "evil").status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(word.write(kFree, "good").status, STATUS_SUCCESS);
    EXPECT_EQ(act.join(), Outcome::kDone) << static_cast<int>(behaviour) << ", seed " << seed_;
    if (behaviour == Hostility::kMisalignedInput) {
      EXPECT_EQ(static_cast<uint32_t>(hostile.last_result()), 0x800703E6);
    }
    if (behaviour == Hostility::kShortInput || behaviour == Hostility::kNullInput) {
      EXPECT_LT(hostile.last_result(), 0);
    }
  }

  const uint64_t seed_;
};

class HostileClientTest : public testing::TestWithParam<uint64_t> {};

TEST_P(HostileClientTest, NeitherStopsTheDriverNorGetsThrough) {  // MSG-3, MSG-4, MSG-5, CONN-11
  Siege(GetParam()).run();
}

INSTANTIATE_TEST_SUITE_P(Seeds, HostileClientTest, testing::Range<uint64_t>(1, 21));

}  // namespace
}  // namespace drmfilter::test

// DrmFilter and a client that may connect and does everything wrong: nothing the client does stops the
// driver, harms a protected file or disturbs the books, and the service is served as before.
#include "fltsim/hostile_client.hpp"

#include "client/port_machine.hpp"
#include "driver/drm_machine.hpp"

namespace drmfilter::test {
namespace {

using fltsim::HostileClient;
using fltsim::Hostility;
using fltsim::Outcome;

// What the hostile client is to the driver, and what the driver then asks.
struct Besieger {
  std::optional<uint32_t> role;  // none: a client that connects without a context
  ProtectionFlags flags = ProtectionFlags::kStandard;
};

// The driver is built WATCHED: what it reads of a client it reads once, and no reply that nobody wrote.
class Onslaught : public DrmMachine {
 public:
  Onslaught(uint64_t seed, const Besieger& by) : DrmMachine(options_for(seed)), seed_(seed), by_(by) {
    fltsim::DriverOptions settings = driver_options();
    settings.parameters.push_back({u"AuthorizeTimeoutMs", uint32_t{50}});
    load(FLTLINK_DRIVER("drmfilter_watched"), settings);
    service = std::make_unique<RecordingService>(machine, service_process());
    service->configure(true, true);
    service->protect(u"C:\\ProtectedDocs\\*.docx", by.flags);
  }
  void TestBody() override {}

  void run() {
    HostileClient hostile(
        service_process(),
        {.port = u"\\DrmFilterPort", .message = message(), .answer_room = 40, .context = context()}, seed_);
    for (int behaviour = 0; behaviour < fltsim::kHostilities; ++behaviour)
      suffer(hostile, static_cast<Hostility>(behaviour));
    for (int round = 0; round < 10; ++round) suffer(hostile, hostile.draw());
    expect_plan_unharmed();
    EXPECT_THAT(service->blocked(), testing::SizeIs(fltsim::kHostilities + 10));
    expect_good_books();
    service.reset();
    EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
    EXPECT_TRUE(machine.verifier().clean());
    for (const char* id : {"VER-24", "VER-25", "VER-48", "VER-49"})
      EXPECT_EQ(machine.verifier().count(id), 0u) << id;
  }

 private:
  static fltsim::Options options_for(uint64_t seed) {
    fltsim::Options options;
    options.seed = seed;
    options.trace = false;
    return options;
  }
  std::vector<uint8_t> context() const {
    if (!by_.role) return {};
    std::vector<uint8_t> bytes(FLTLINK_CONNECT_CONTEXT_SIZE_OLDEST);
    EXPECT_TRUE(fltlink::encode_connect_context({.role = *by_.role}, bytes).ok());
    return bytes;
  }
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
  void expect_good_books() {
    const auto books = service->books();
    EXPECT_TRUE(books.file_events.balanced());
    EXPECT_TRUE(books.block_notices.balanced());
    EXPECT_EQ(books.block_notices.pending, 0u);
    EXPECT_TRUE(books.questions.balanced());
    EXPECT_EQ(books.questions.allowed, 0u);
    if (by_.role == FLTLINK_ROLE_AUTHORIZER) {
      EXPECT_GT(books.questions.asked, 0u) << "it is a siege of the asking side too";
    }
  }

  const uint64_t seed_;
  const Besieger by_;
};

void besiege(const Besieger& by, uint64_t seeds) {
  for (uint64_t seed = 1; seed <= fltsim::scaled(seeds) && !testing::Test::HasFailure(); ++seed)
    Onslaught(seed, by).run();
}

TEST(HostileClientTest, NeitherStopsTheDriverNorGetsThrough) {  // MSG-3, MSG-4, MSG-5, CONN-11, VER-48
  besiege({}, 200);
}

TEST(HostileClientTest, SubscriberStopsNobodyElse) {  // MSG-3, GET-13, GET-14
  besiege({.role = FLTLINK_ROLE_SUBSCRIBER}, 50);
}

TEST(HostileClientTest,
     AuthorizerAllowsNothingThatItDoesNotSay) {  // REPLY-4, REPLY-8, WIRE-10, WIRE-11, VER-49
  besiege({.role = FLTLINK_ROLE_AUTHORIZER, .flags = ProtectionFlags::kStandard | ProtectionFlags::kAsk},
          200);
}

}  // namespace
}  // namespace drmfilter::test

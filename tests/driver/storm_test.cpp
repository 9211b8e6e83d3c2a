// Goal: whatever programs do, and in whatever order, the bytes of protected files never change and the books
// balance. Method: several programs do random things to a small set of names, some of them protected, while a
// second service comes and goes. Afterwards every protected file is compared, the books are added up, and the
// verifier is asked. Run for several seeds; a failure prints its own.
#include <random>

#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"

namespace drmfilter::test {
namespace {

constexpr int kPrograms = 3;
constexpr int kSteps = 60;

class Storm : public DrmMachine {
 public:
  Storm(uint64_t seed, fltsim::SchedulerKind scheduler)
      : DrmMachine(options_for(seed, scheduler)), seed_(seed), scheduler_(scheduler) {
    for (const char16_t* name : {u"a.docx", u"b.docx", u"c.docx"})
      c.write_file(std::u16string(u"\\ProtectedDocs\\") + name, "secret");
    c.make_directory(u"\\Out");
  }
  void TestBody() override {}

  void run() {
    start(true);
    service->protect(u"C:\\ProtectedDocs\\*.docx", ProtectionFlags::kStandard);
    std::vector<fltsim::ThreadHandle> threads;
    for (int index = 0; index < kPrograms; ++index) {
      auto process =
          machine.start_process({.image = u"C:\\App\\app" + std::u16string(1, u'0' + index) + u".exe"});
      threads.push_back(process.start_thread("storm", [this, process, index] { play(process, index); }));
    }
    fltsim::Process accountant = service->process();
    threads.push_back(accountant.start_thread("accountant", [this] { watch_the_books(); }));
    RawClient guest(service_process());
    for (int round = 0; round < 3; ++round) {
      EXPECT_EQ(guest.connect(), S_OK);
      guest.disconnect();
    }
    for (auto& thread : threads) EXPECT_EQ(thread.join(), fltsim::Outcome::kDone);
    expect_all_unharmed();
    const auto books = service->books();
    EXPECT_TRUE(books.file_events.balanced());
    EXPECT_TRUE(books.block_notices.balanced());
    EXPECT_EQ(books.block_notices.pending, 0u);
    service.reset();
    EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
    EXPECT_TRUE(machine.verifier().clean());
  }

 private:
  static fltsim::Options options_for(uint64_t seed, fltsim::SchedulerKind scheduler) {
    fltsim::Options options;
    options.seed = seed;
    options.scheduler = scheduler;
    return options;
  }

  std::u16string some_name(std::mt19937_64& random) const {
    static const std::vector<std::u16string> names = {u"C:\\ProtectedDocs\\a.docx",
                                                      u"C:\\ProtectedDocs\\b.docx",
                                                      u"C:\\protecteddocs\\C.DOCX",
                                                      u"C:\\ProtectedDocs\\a.docx:s",
                                                      u"C:\\ProtectedDocs\\free.tmp",
                                                      u"C:\\Out\\x.tmp",
                                                      u"C:\\Out\\y.docx",
                                                      u"C:\\ProtectedDocs",
                                                      u"C:\\Out"};
    return names[random() % names.size()];
  }

  void play(const fltsim::Process& process, int index) {
    std::mt19937_64 random(seed_ * 1000 + static_cast<uint64_t>(index));
    for (int step = 0; step < kSteps; ++step) {
      const std::u16string from = some_name(random);
      const std::u16string to = some_name(random);
      switch (random() % 8) {
        case 0:
          process.write(from, "evil");
          break;
        case 1:
          process.append(from, "evil");
          break;
        case 2:
          process.rename(from, to.substr(to.rfind(u'\\') + 1), random() % 2 != 0);
          break;
        case 3:
          process.move(from, to, random() % 2 != 0);
          break;
        case 4:
          process.remove(from);
          break;
        case 5:
          process.link(to, from);
          break;
        case 6:
          process.truncate(from, 1);
          break;
        default:
          process.read(from);
          break;
      }
    }
  }

  // Between two steps the identity holds at every moment, and not only at rest. On host threads there is no
  // "between".
  void watch_the_books() {
    for (int round = 0; round < 40; ++round) {
      const auto books = service->driver().counters(0);
      ASSERT_EQ(books.result.outcome, fltlink::RequestOutcome::kDone);
      if (scheduler_ != fltsim::SchedulerKind::kSeeded) continue;
      EXPECT_TRUE(books.value.file_events.balanced());
      EXPECT_TRUE(books.value.block_notices.balanced());
    }
  }

  void expect_all_unharmed() {
    for (const char16_t* name : {u"a.docx", u"b.docx", u"c.docx", u"plan.docx"})
      EXPECT_EQ(c.read_file(std::u16string(u"\\ProtectedDocs\\") + name), "secret") << "seed " << seed_;
  }

  const uint64_t seed_;
  const fltsim::SchedulerKind scheduler_;
};

class StormTest : public testing::TestWithParam<uint64_t> {};

TEST_P(StormTest, ProtectedBytesNeverChangeAndTheBooksBalance) {
  Storm(GetParam(), fltsim::SchedulerKind::kSeeded).run();
}

TEST(HostStormTest, ProtectedBytesNeverChangeAndTheBooksBalanceOnHostThreads) {
  Storm(1, fltsim::SchedulerKind::kHost).run();
}

INSTANTIATE_TEST_SUITE_P(Seeds, StormTest, testing::Range<uint64_t>(1, 9));

}  // namespace
}  // namespace drmfilter::test

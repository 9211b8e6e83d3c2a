// The short verbs of a process, their trace, and many threads at once under both schedulers.
#include "io/io_test_support.hpp"
#include "support/scale.hpp"

namespace fltsim::io {
namespace {

using fltlink::test::scaled;

using testing::ElementsAre;

class VerbsTest : public IoTest {};

TEST_F(VerbsTest, ShortVerbsDoWhatTheirNamesSay) {
  EXPECT_EQ(app.mkdir(u"C:\\dir").status, STATUS_SUCCESS);
  EXPECT_EQ(app.write(u"C:\\dir\\a.txt", "one").status, STATUS_SUCCESS);
  EXPECT_EQ(app.append(u"C:\\dir\\a.txt", " two").status, STATUS_SUCCESS);
  EXPECT_EQ(app.read(u"C:\\dir\\a.txt").content, "one two");
  EXPECT_EQ(app.truncate(u"C:\\dir\\a.txt", 3).status, STATUS_SUCCESS);
  EXPECT_EQ(app.rename(u"C:\\dir\\a.txt", u"b.txt").status, STATUS_SUCCESS);
  EXPECT_EQ(app.link(u"C:\\dir\\c.txt", u"C:\\dir\\b.txt").status, STATUS_SUCCESS);
  EXPECT_THAT(app.list(u"C:\\dir").names(), ElementsAre(u"b.txt", u"c.txt"));
  EXPECT_EQ(app.move(u"C:\\dir\\b.txt", u"C:\\b.txt").status, STATUS_SUCCESS);
  EXPECT_EQ(app.remove(u"C:\\dir").status, STATUS_DIRECTORY_NOT_EMPTY);
  EXPECT_EQ(app.remove(u"C:\\dir\\c.txt").status, STATUS_SUCCESS);
  EXPECT_EQ(app.remove(u"C:\\dir").status, STATUS_SUCCESS);
  EXPECT_TRUE(app.exists(u"C:\\b.txt"));
  EXPECT_FALSE(app.exists(u"C:\\dir"));
  EXPECT_EQ(app.read(u"C:\\dir\\a.txt").status, STATUS_OBJECT_PATH_NOT_FOUND);
}

TEST_F(VerbsTest, LargeFileIsReadInPieces) {
  const std::string large(300'000, 'x');
  EXPECT_EQ(app.write(u"C:\\large", large).information, large.size());
  EXPECT_EQ(app.read(u"C:\\large").content, large);
  EXPECT_EQ(stack.count(IRP_MJ_READ), 6u);
}

TEST_F(VerbsTest, VerbsInAThreadOfTheProcessRunInThatThread) {
  std::int32_t status = kVerbDidNotEnd;
  EXPECT_EQ(app.start_thread("writer", [&] { status = app.write(u"C:\\a.txt", "x").status; }).join(),
            Outcome::kDone);
  EXPECT_EQ(status, STATUS_SUCCESS);
  EXPECT_EQ(stack.first(IRP_MJ_CREATE).thread, "writer");
}

TEST_F(VerbsTest, TraceShowsEachRequestWithItsStatus) {
  app.write(u"C:\\a.txt", "x");
  app.read(u"C:\\missing");
  const std::string text = machine.trace().to_text();
  EXPECT_THAT(text, testing::HasSubstr("create \\a.txt"));
  EXPECT_THAT(text, testing::HasSubstr("write \\a.txt"));
  EXPECT_THAT(text, testing::HasSubstr("create \\missing"));
  EXPECT_THAT(text, testing::HasSubstr("status 0xC0000034"));
}

// A request made inside another one hangs below it.
TEST_F(VerbsTest, TraceNestsARequestInsideARequest) {
  c.write_file(u"\\inner.txt", "");
  stack.before = [&](Operation& operation) {
    if (FileObject::of(*operation.parameters.TargetFileObject).name() != u"\\outer.txt" ||
        operation.parameters.MajorFunction != IRP_MJ_CREATE)
      return false;
    OpenRequest request;
    request.name = u"\\??\\C:\\inner.txt";
    request.access = FILE_GENERIC_READ;
    manager().open({.thread = *operation.originator}, request);
    return false;
  };
  app.write(u"C:\\outer.txt", "x");
  const std::vector<Trace::Node> nodes = machine.trace().nodes();
  ASSERT_GE(nodes.size(), 2u);
  EXPECT_EQ(nodes[0].what, "create \\outer.txt");
  EXPECT_EQ(nodes[0].parent, Trace::kNone);
  EXPECT_EQ(nodes[1].what, "create \\inner.txt");
  EXPECT_EQ(nodes[1].parent, 0u);
}

// --- several threads ---

// Four threads, each with a file of its own and all with a shared one.
void work(const Process& app, int number, std::size_t rounds) {
  const std::u16string own = u"C:\\own" + std::u16string(1, static_cast<char16_t>(u'0' + number));
  for (std::size_t round = 0; round < rounds; ++round) {
    EXPECT_EQ(app.write(own, "text").status, STATUS_SUCCESS);
    EXPECT_EQ(app.append(u"C:\\shared", "x").status, STATUS_SUCCESS);
    EXPECT_EQ(app.read(own).content, "text");
    EXPECT_EQ(app.rename(own, own + u".new").status, STATUS_SUCCESS);
    EXPECT_EQ(app.remove(own + u".new").status, STATUS_SUCCESS);
  }
}

void run_four_threads(Machine& machine, std::size_t rounds) {
  const Process app = machine.start_process({.image = u"C:\\app.exe"});
  std::vector<ThreadHandle> threads;
  for (int number = 0; number < 4; ++number) {
    threads.push_back(
        Process(app).start_thread("worker " + std::to_string(number), [=] { work(app, number, rounds); }));
  }
  for (ThreadHandle& thread : threads) EXPECT_EQ(thread.join(), Outcome::kDone);
}

TEST(ThreadsTest, ThreadsOnTheSameAndOnOtherFilesLoseNothing) {
  for (const SchedulerKind kind : {SchedulerKind::kSeeded, SchedulerKind::kHost}) {
    Options options;
    options.scheduler = kind;
    options.trace = false;
    Machine machine(options);
    fltsim::Volume& c = machine.add_volume(u"C:");
    const std::size_t rounds = scaled<std::size_t>(100);
    run_four_threads(machine, rounds);
    EXPECT_EQ(c.read_file(u"\\shared"), std::string(4 * rounds, 'x'));
    EXPECT_FALSE(c.exists(u"\\own0"));
  }
}

TEST(ThreadsTest, SeededRunReplaysItsTrace) {
  const auto trace_of = [](std::uint64_t seed) {
    Options options;
    options.seed = seed;
    Machine machine(options);
    machine.add_volume(u"C:");
    run_four_threads(machine, 3);
    return machine.trace().to_text();
  };
  const std::string first = trace_of(7);
  EXPECT_EQ(first, trace_of(7));
  EXPECT_NE(first, trace_of(8));
}

}  // namespace
}  // namespace fltsim::io

#include "cli/applications.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/statuses.hpp"
#include "cli/workload.hpp"
#include "fltsim/machine.hpp"

namespace fltlink::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

class ApplicationsTest : public testing::Test {
 protected:
  Program program() { return {process_, tally_}; }
  template <typename Work>
  void run(Work&& work) {
    ASSERT_EQ(process_.run(std::forward<Work>(work)), fltsim::Outcome::kDone);
  }

  fltsim::Machine machine_;
  fltsim::Volume& volume_ = machine_.add_volume(u"C:");
  fltsim::Process process_ = machine_.start_process({.image = u"C:\\app.exe"});
  Tally tally_;
  const TargetFile plan_{.path = u"C:\\docs\\plan.txt", .size = 4, .copy = u"C:\\copy"};
};

TEST_F(ApplicationsTest, EditorSavesThroughATemporaryFileThatIsGoneAfterwards) {
  volume_.write_file(u"\\docs\\plan.txt", "text");
  run([&] {
    Program editor = program();
    edit_file(editor, plan_);
  });
  EXPECT_THAT(volume_.read_file(u"\\docs\\plan.txt"), Optional(std::string("text\r\nedited\r\n")));
  EXPECT_THAT(process_.list(u"C:\\docs").names(), ElementsAre(u"plan.txt"));
  EXPECT_THAT(tally_.results(Operation::kRename), ElementsAre(Pair(kStatusSuccess, 1u)));
}

// A rename over a file that is open is refused, as a policy refuses it.
TEST_F(ApplicationsTest, EditorWhoseRenameIsRefusedTriesInPlaceAndLeavesNoTemporaryFile) {
  volume_.write_file(u"\\docs\\plan.txt", "text");
  const fltsim::CreateResult held = process_.create({.path = plan_.path});
  run([&] {
    Program editor = program();
    edit_file(editor, plan_);
  });
  EXPECT_THAT(tally_.results(Operation::kRename), ElementsAre(Pair(kStatusAccessDenied, 1u)));
  EXPECT_THAT(process_.list(u"C:\\docs").names(), ElementsAre(u"plan.txt"));
  EXPECT_THAT(volume_.read_file(u"\\docs\\plan.txt"), Optional(std::string("text\r\nedited\r\n")));
  EXPECT_EQ(process_.close(held.handle).status, kStatusSuccess);
}

TEST_F(ApplicationsTest, CopierCopiesAndDeleterTakesFileAndCopyAway) {
  volume_.write_file(u"\\docs\\plan.txt", std::string(200'000, 'x'));
  run([&] {
    Program copier = program();
    copy_file(copier, plan_);
  });
  EXPECT_EQ(volume_.read_file(u"\\copy"), std::string(200'000, 'x'));
  run([&] {
    Program deleter = program();
    delete_file(deleter, plan_);
  });
  EXPECT_FALSE(volume_.exists(u"\\docs\\plan.txt"));
  EXPECT_FALSE(volume_.exists(u"\\copy"));
  EXPECT_THAT(tally_.results(Operation::kDelete), ElementsAre(Pair(kStatusSuccess, 2u)));
}

TEST_F(ApplicationsTest, ProgramsCloseWhatTheyOpen) {
  volume_.write_file(u"\\docs\\plan.txt", "");
  run([&] {
    Program all = program();
    read_file(all, plan_);
    copy_file(all, plan_);
    edit_file(all, plan_);
    delete_file(all, plan_);
    delete_file(all, plan_);
  });
  const auto opened =
      tally_.results(Operation::kOpen)[kStatusSuccess] + tally_.results(Operation::kCreate)[kStatusSuccess];
  EXPECT_EQ(tally_.results(Operation::kClose)[kStatusSuccess], opened);
  EXPECT_EQ(tally_.results(Operation::kOpen)[static_cast<std::int32_t>(0xC0000034)], 2u)
      << "the second deletion";
}

TEST_F(ApplicationsTest, WalkFindsEveryFileOnceAndEveryDirectory) {
  for (const char16_t* path : {u"\\b\\2", u"\\a\\deep\\1", u"\\0"}) volume_.write_file(path, "x");
  Survey survey;
  run([&] {
    Program walker = program();
    survey = walk(walker, u"C:\\");
  });
  EXPECT_THAT(survey.directories, ElementsAre(u"C:\\", u"C:\\a", u"C:\\b", u"C:\\a\\deep"));
  std::vector<std::u16string> paths;
  for (const TargetFile& file : survey.files) paths.push_back(file.path);
  EXPECT_THAT(paths, ElementsAre(u"C:\\0", u"C:\\b\\2", u"C:\\a\\deep\\1"));
}

TEST(BatchesTest, BatchesHoldAllFilesInOrderWithinTheirBounds) {
  std::vector<TargetFile> files(kBatchFilesMax + 1);
  std::vector<Batch> batches = cut_into_batches(files);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].end, kBatchFilesMax);
  EXPECT_EQ(batches[1].begin, kBatchFilesMax);
  EXPECT_EQ(batches[1].end, kBatchFilesMax + 1);

  files.assign(40, {.path = {}, .size = std::uint64_t{1} << 40, .copy = {}});
  batches = cut_into_batches(files);
  EXPECT_EQ(batches.front().end, kBatchBytesMax / kBytesOfAFileMax)
      << "a file counts with the part that is looked at";
  EXPECT_EQ(batches.back().end, 40u);
  EXPECT_TRUE(cut_into_batches({}).empty());
}

class WorkloadTest : public testing::TestWithParam<fltsim::SchedulerKind> {};

TEST_P(WorkloadTest, EveryFileIsReadCopiedEditedAndDeleted) {
  fltsim::Options options;
  options.scheduler = GetParam();
  fltsim::Machine machine(options);
  fltsim::Volume& volume = machine.add_volume(u"C:");
  Survey survey{.files = {}, .directories = {u"C:\\", u"C:\\docs"}};
  constexpr std::uint64_t kFiles = 3;
  for (std::uint64_t index = 0; index < kFiles; ++index) {
    const std::u16string name = u"\\docs\\" + std::u16string(1, static_cast<char16_t>(u'a' + index));
    volume.write_file(name, "text");
    survey.files.push_back({.path = u"C:" + name, .size = 4, .copy = u"C:\\copy" + name.substr(6)});
  }
  Tally tally;
  Workload workload(machine, survey, tally);
  std::size_t done = 0;
  EXPECT_EQ(workload.run([&](std::size_t files) { done = files; }), WorkloadOutcome::kDone);
  EXPECT_EQ(done, kFiles);
  EXPECT_THAT(tally.results(Operation::kRead), ElementsAre(Pair(kStatusSuccess, 3 * kFiles)));
  EXPECT_THAT(tally.results(Operation::kRename), ElementsAre(Pair(kStatusSuccess, kFiles)));
  EXPECT_THAT(tally.results(Operation::kDelete), ElementsAre(Pair(kStatusSuccess, 2 * kFiles)));
  EXPECT_THAT(tally.results(Operation::kList), ElementsAre(Pair(kStatusSuccess, 2u)));
}

INSTANTIATE_TEST_SUITE_P(Schedulers, WorkloadTest,
                         testing::Values(fltsim::SchedulerKind::kSeeded, fltsim::SchedulerKind::kHost),
                         [](const auto& which) {
                           return which.param == fltsim::SchedulerKind::kSeeded ? "Seeded" : "Host";
                         });

}  // namespace
}  // namespace fltlink::cli

// The port fuzzer's corpus, played in the ordinary run.
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "fuzz/port_player.hpp"
#include "fuzz/port_seeds.hpp"
#include "support/bytes.hpp"
#include "support/driver.hpp"

namespace drmfilter::test {
namespace {

const std::string kCorpus = FLTLINK_SOURCE_DIR "/tests/fuzz/corpus/port/";

// Sorted, so that the order does not depend on the directory.
std::vector<std::string> corpus_files() {
  std::vector<std::string> paths;
  for (const auto& file : std::filesystem::directory_iterator(kCorpus)) paths.push_back(file.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

TEST(PortCorpusTest, AfterEachProgramTheDriverIsAsItWas) {
  PortPlayer player(FLTLINK_DRIVER("drmfilter"));
  int programs = 0;
  for (const std::string& path : corpus_files()) {
    ASSERT_EQ(player.play(fltlink::test::read_file(path)), "") << path;
    ++programs;
  }
  EXPECT_GE(programs, 30) << "the corpus is missing";
}

TEST(PortCorpusTest, AProgramIsPlayedTheSameWhateverWasPlayedBefore) {
  PortPlayer forwards(FLTLINK_DRIVER("drmfilter"));
  PortPlayer backwards(FLTLINK_DRIVER("drmfilter"));
  std::vector<std::string> paths = corpus_files();
  std::map<std::string, std::pair<std::vector<Done>, uint64_t>> traces;
  for (const std::string& path : paths) {
    ASSERT_EQ(forwards.play(fltlink::test::read_file(path)), "") << path;
    traces[path] = {forwards.done(), forwards.schedule_hash()};
  }
  std::reverse(paths.begin(), paths.end());
  for (const std::string& path : paths) {
    ASSERT_EQ(backwards.play(fltlink::test::read_file(path)), "") << path;
    EXPECT_EQ(backwards.done(), traces[path].first) << path;
    EXPECT_EQ(backwards.schedule_hash(), traces[path].second) << path;
  }
}

TEST(PortCorpusTest, ProgramIsReadAsItWasWritten) {
  for (const PortSeed& seed : port_seeds()) {
    const std::vector<uint8_t> bytes = write_program(seed.program);
    EXPECT_EQ(read_program(bytes), seed.program) << seed.name;
  }
}

// FLTLINK_WRITE_SEEDS=1 writes them.
TEST(PortCorpusTest, EverySeedIsInTheCorpus) {
  for (const PortSeed& seed : port_seeds()) {
    const std::string path = kCorpus + "seed-" + seed.name;
    const std::vector<uint8_t> bytes = write_program(seed.program);
    if (std::getenv("FLTLINK_WRITE_SEEDS") != nullptr)
      std::ofstream(path, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(std::filesystem::exists(path)) << path;
    EXPECT_EQ(fltlink::test::read_file(path), bytes) << seed.name;
  }
}

}  // namespace
}  // namespace drmfilter::test

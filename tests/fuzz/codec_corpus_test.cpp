// The fuzzer's corpus and the golden files, replayed in the ordinary run, and a canary for the checker.
#include <fltlink/os/assert.hpp>

#include <gtest/gtest.h>

#include "support/codec_round_trip.hpp"

namespace fltlink::test {
namespace {

TEST(CodecCorpusTest, EveryInputKeepsThePromise) {
  int inputs = 0;
  for (const auto& file :
       std::filesystem::directory_iterator(FLTLINK_SOURCE_DIR "/tests/fuzz/corpus/codec")) {
    const ByteVector bytes = read_file(file.path());
    EXPECT_EQ(RoundTrip(bytes).failure(), nullptr) << file.path();
    ++inputs;
  }
  EXPECT_GE(inputs, 30) << "the corpus is missing";
}

TEST(CodecCorpusTest, EveryGoldenFileIsDecodedAndKeepsThePromise) {
  for (const std::string& path : golden_files()) {
    const ByteVector bytes = read_file(path);
    RoundTrip round_trip(bytes);
    EXPECT_EQ(round_trip.failure(), nullptr) << path;
    EXPECT_GT(round_trip.decoded(), 0) << path;
  }
}

// A checker that finds nothing proves nothing: with one byte changed on the way back, every golden file
// fails.
TEST(CodecCorpusTest, CanaryADamagedEncodingIsFound) {
  for (const std::string& path : golden_files()) {
    const ByteVector bytes = read_file(path);
    EXPECT_NE(RoundTrip(bytes, [](ByteVector& encoded) { encoded.back() ^= 1; }).failure(), nullptr) << path;
  }
}

}  // namespace
}  // namespace fltlink::test

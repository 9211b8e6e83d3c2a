// libFuzzer's target over all decoders: decode, encode, compare. Inputs worth keeping go to corpus/codec.
#include <fltlink/os/assert.hpp>

#include <cstdio>
#include <cstdlib>

#include "support/codec_round_trip.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (const char* name = fltlink::test::RoundTrip(fltlink::Bytes(data, size)).failure()) {
    std::fprintf(stderr, "%s does not encode to the bytes it was read from\n", name);
    std::abort();
  }
  return 0;
}

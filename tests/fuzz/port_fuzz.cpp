// libFuzzer's target for the port: clients and programs from bytes against DrmFilter. docs/TESTING.md says how it is run.
// The environment's PORT_FUZZ_DRIVER names another module than the one that was built, PORT_FUZZ_TRACE=1 keeps the
// machine's trace for what it prints.
#include <fltlink/os/assert.hpp>

#include <cstdio>
#include <cstdlib>

#include "fuzz/port_player.hpp"
#include "support/driver.hpp"

// The machine says by name what is leaked. A short quarantine keeps the processor's caches warm, and to know where
// memory was allocated costs a tenth of the speed: ASAN_OPTIONS=malloc_context_size=30 tells it of one input.
extern "C" const char* __asan_default_options() {
  return "detect_leaks=0:quarantine_size_mb=8:malloc_context_size=1";
}

namespace {

// Never destroyed: what ends with the machine says nothing about the input.
drmfilter::test::PortPlayer* player = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* driver = std::getenv("PORT_FUZZ_DRIVER");
  player = new drmfilter::test::PortPlayer(driver != nullptr ? driver : FLTLINK_DRIVER("drmfilter"),
                                           std::getenv("PORT_FUZZ_TRACE") != nullptr);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string failure = player->play(fltlink::Bytes(data, size));
  if (failure.empty()) return 0;
  std::fprintf(stderr, "%s\n", failure.c_str());
  std::abort();
}

#include "regime.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <ctime>
#include <fstream>
#include <thread>

#include "harness.hpp"

namespace fltlink::bench {
namespace {

constexpr int kBatches = 10;
constexpr int kTripsPerBatch = 100;

struct alignas(64) Word {
  std::atomic<int> value{0};
};

void wait_for(const std::atomic<int>& word, int value) {
  // Where both threads share a processor, or another program has taken one, nobody answers before this thread yields.
  for (int looks = 0; word.load(std::memory_order_acquire) != value; ++looks) {
    if (looks > 100'000) std::this_thread::yield();
  }
}

// In ticks of the kernel, of all processors together.
struct Use {
  double busy = 0;
  double idle = 0;
  double stolen = 0;
  double ours = 0;
};

Use use_so_far() {
  std::ifstream file("/proc/stat");
  std::string cpu;
  double user = 0, nice = 0, system = 0, idle = 0, io = 0, irq = 0, soft_irq = 0, stolen = 0;
  file >> cpu >> user >> nice >> system >> idle >> io >> irq >> soft_irq >> stolen;
  timespec ours{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ours);
  const double seconds = static_cast<double>(ours.tv_sec) + static_cast<double>(ours.tv_nsec) / 1e9;
  return {user + nice + system + irq + soft_irq, idle + io, stolen,
          seconds * static_cast<double>(sysconf(_SC_CLK_TCK))};
}

const Use kAtStart = use_so_far();

std::string processor_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

}  // namespace

double ping_pong_ns() {
  if (std::thread::hardware_concurrency() < 2) return 0;
  Word there;
  Word back;
  std::thread partner([&] {
    pin_to(1);
    for (int trip = 1; trip <= kBatches * kTripsPerBatch; ++trip) {
      wait_for(there.value, trip);
      back.value.store(trip, std::memory_order_release);
    }
  });
  double best = 1e18;
  std::thread player([&] {
    pin_to(0);
    for (int batch = 0, trip = 0; batch < kBatches; ++batch) {
      const double start = now_ns();
      for (int i = 0; i < kTripsPerBatch; ++i) {
        there.value.store(++trip, std::memory_order_release);
        wait_for(back.value, trip);
      }
      best = std::min(best, (now_ns() - start) / kTripsPerBatch);
    }
  });
  player.join();
  partner.join();
  return best;
}

Machine describe_machine() {
  const Use now = use_so_far();
  const double busy = now.busy - kAtStart.busy;
  const double stolen = now.stolen - kAtStart.stolen;
  const double all = std::max(1.0, busy + stolen + now.idle - kAtStart.idle);
  return {.processor = processor_name(),
          .processors = std::thread::hardware_concurrency(),
#ifdef __clang__
          .compiler = __VERSION__,
#else
          .compiler = "gcc " __VERSION__,
#endif
          .stolen = stolen / all,
          .foreign = std::max(0.0, busy - (now.ours - kAtStart.ours)) / all};
}

}  // namespace fltlink::bench

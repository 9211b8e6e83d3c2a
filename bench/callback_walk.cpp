// What does it cost to take an operation through filters? The walk of the simulated filter manager, with and without
// somebody who watches its callbacks, beside what any walk has to do (the floor) and one that is written without care.
#include <fltKernel.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "fltmgr/manager.hpp"
#include "fltsim/lambda_driver.hpp"
#include "fltsim/machine.hpp"
#include "harness.hpp"
#include "machine/system.hpp"

namespace fltlink::bench {
namespace {

using fltsim::Machine;

constexpr int kFiltersMax = 16;

// --- the filters' work, the same for all: each pair looks at the block and counts, and is a function of its own ---

struct Context {
  std::uint64_t pre = 1;
  std::uint64_t post = 1;
};
std::array<Context, kFiltersMax> g_contexts;
thread_local std::uint64_t t_calls = 0;

void count_in(PVOID& place, std::uint64_t value) {
  place = reinterpret_cast<PVOID>(reinterpret_cast<std::uintptr_t>(place) + value);
  ++t_calls;
}

template <int kNumber>
FLT_PREOP_CALLBACK_STATUS pre(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS, PVOID* completion) {
  count_in(data->FilterContext[0], data->Iopb->MajorFunction + kNumber + g_contexts[kNumber].pre);
  *completion = &g_contexts[kNumber];
  return FLT_PREOP_SUCCESS_WITH_CALLBACK;
}

template <int kNumber>
FLT_POSTOP_CALLBACK_STATUS post(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS, PVOID completion,
                                FLT_POST_OPERATION_FLAGS) {
  count_in(data->FilterContext[1], data->IoStatus.Information + static_cast<Context*>(completion)->post);
  return FLT_POSTOP_FINISHED_PROCESSING;
}

struct Callbacks {
  PFLT_PRE_OPERATION_CALLBACK pre;
  PFLT_POST_OPERATION_CALLBACK post;
};
template <int... kNumbers>
constexpr std::array<Callbacks, sizeof...(kNumbers)> callbacks(std::integer_sequence<int, kNumbers...>) {
  return {{{pre<kNumbers>, post<kNumbers>}...}};
}
constexpr auto kCallbacks = callbacks(std::make_integer_sequence<int, kFiltersMax>{});

// --- threads ---

// The processor time of an operation where `threads` do `operations` each, by the thread that needed most.
template <class Start>
Sample time_threads(int threads, std::uint64_t operations, int filters, Start&& start,
                    const std::function<void(std::uint64_t)>& work) {
  std::atomic<int> ready{0};
  std::atomic<bool> right{true};
  std::array<double, 2> ns{};
  start(threads, [&](int number) {
    if (threads > 1) pin_to(number);
    work(operations / 20 + 1);  // warm
    t_calls = 0;
    ++ready;
    while (ready < threads) std::this_thread::yield();
    const double begin = thread_ns();
    work(operations);
    ns[static_cast<std::size_t>(number)] = (thread_ns() - begin) / static_cast<double>(operations);
    if (t_calls != 2 * operations * static_cast<std::uint64_t>(filters)) right = false;
  });
  return {.ns = std::max(ns[0], ns[1]), .right = right};
}

void start_threads(int threads, const std::function<void(int)>& body) {
  std::vector<std::jthread> started;
  for (int number = 0; number < threads; ++number) started.emplace_back(body, number);
}

// --- the floor: a block of 184 bytes is filled, and a dense array of functions is called down and up ---

struct Block {
  FLT_CALLBACK_DATA data;
  FLT_IO_PARAMETER_BLOCK parameters;
  std::uint64_t rest[3];
};
static_assert(sizeof(Block) == 184);

void fill(FLT_IO_PARAMETER_BLOCK& parameters, std::uint64_t number) {
  parameters.MajorFunction = IRP_MJ_READ;
  parameters.Parameters.Read.Length = static_cast<ULONG>(number);
}

[[gnu::noinline]] void fill(Block& block, std::uint64_t number) {
  std::memset(static_cast<void*>(&block), 0, sizeof block);
  const_cast<PFLT_IO_PARAMETER_BLOCK&>(block.data.Iopb) = &block.parameters;
  fill(block.parameters, number);
}

[[gnu::noinline]] void bottom(const FLT_IO_PARAMETER_BLOCK&, IO_STATUS_BLOCK& status) {
  status.Status = STATUS_SUCCESS;
  status.Information = 4096;
}

class Floor {
 public:
  explicit Floor(int filters) {
    for (int number = 0; number < filters; ++number) {
      instances_.push_back(std::make_unique<FLT_RELATED_OBJECTS>(FLT_RELATED_OBJECTS{}));
      slots_.push_back({kCallbacks[static_cast<std::size_t>(number)], instances_.back().get()});
    }
  }

  void operator()(std::uint64_t operations) const {
    Block block{};
    for (std::uint64_t number = 0; number < operations; ++number) {
      fill(block, number);
      walk(block);
    }
  }

 private:
  struct Slot {
    Callbacks callbacks;
    PCFLT_RELATED_OBJECTS instance;
  };

  [[gnu::noinline]] void walk(Block& block) const {
    struct {
      const Slot* slot;
      PVOID completion;
    } owed[kFiltersMax];
    std::size_t count = 0;
    for (const Slot& slot : slots_) {
      PVOID completion = nullptr;
      if (slot.callbacks.pre(&block.data, slot.instance, &completion) == FLT_PREOP_SUCCESS_WITH_CALLBACK)
        owed[count++] = {&slot, completion};
    }
    bottom(block.parameters, block.data.IoStatus);
    while (count != 0) {
      const auto& [slot, completion] = owed[--count];
      slot->callbacks.post(&block.data, slot->instance, completion, 0);
    }
  }

  std::vector<Slot> slots_;
  std::vector<std::unique_ptr<FLT_RELATED_OBJECTS>> instances_;
};

// --- without care: shared pointers, maps and reader locks, each where one comes to mind ---

class Naive {
 public:
  explicit Naive(int filters) {
    for (int number = 0; number < filters; ++number) {
      auto filter = std::make_shared<Filter>();
      const Callbacks& calls = kCallbacks[static_cast<std::size_t>(number)];
      for (UCHAR major = 0; major < 32; ++major) {
        filter->pre[major] = calls.pre;
        filter->post[major] = calls.post;
      }
      filters_.push_back(std::move(filter));
    }
  }

  void operator()(std::uint64_t operations) {
    Block block{};
    for (std::uint64_t number = 0; number < operations; ++number) {
      fill(block, number);
      walk(block);
    }
  }

 private:
  struct Filter {
    std::shared_mutex mutex;
    std::unordered_map<UCHAR, std::function<std::remove_pointer_t<PFLT_PRE_OPERATION_CALLBACK>>> pre;
    std::unordered_map<UCHAR, std::function<std::remove_pointer_t<PFLT_POST_OPERATION_CALLBACK>>> post;
    FLT_RELATED_OBJECTS objects{};
  };

  [[gnu::noinline]] void walk(Block& block) {
    std::vector<std::shared_ptr<Filter>> filters;
    {
      const std::shared_lock lock(mutex_);
      filters = filters_;
    }
    const UCHAR major = block.parameters.MajorFunction;
    std::vector<std::pair<std::shared_ptr<Filter>, PVOID>> owed;
    for (const auto& filter : filters) {
      const std::shared_lock lock(filter->mutex);
      const auto found = filter->pre.find(major);
      if (found == filter->pre.end()) continue;
      PVOID completion = nullptr;
      if (found->second(&block.data, &filter->objects, &completion) == FLT_PREOP_SUCCESS_WITH_CALLBACK)
        owed.emplace_back(filter, completion);
    }
    bottom(block.parameters, block.data.IoStatus);
    for (; !owed.empty(); owed.pop_back()) {
      const auto& [filter, completion] = owed.back();
      const std::shared_lock lock(filter->mutex);
      const auto found = filter->post.find(major);
      if (found != filter->post.end()) found->second(&block.data, &filter->objects, completion, 0);
    }
  }

  std::shared_mutex mutex_;
  std::vector<std::shared_ptr<Filter>> filters_;
};

// --- ours ---

enum class Watch {
  kNobody,
  kVerifier,
  kTrace
};

class Ours {
 public:
  Ours(int filters, Watch watch) : filters_(filters), machine_(options(watch)) {
    machine_.add_volume(u"C:").write_file(u"\\read.txt", std::string(512, 'x'));
    for (int number = 0; number < filters; ++number) load(number);
    app_.emplace(machine_.start_process({.image = u"C:\\app.exe"}));
    app_->exists(u"C:\\read.txt");  // the filters attach at the first create
    stack_ = machine_.system().fltmgr().volumes().front();
  }

  Sample walk(int threads, std::uint64_t operations) {
    return time(threads, operations, [this](std::uint64_t count) { walk(count); });
  }
  Sample read(std::uint64_t operations) {
    const fltsim::FileHandle handle = app_->create({.path = u"C:\\read.txt"}).handle;
    const Sample sample = time(1, operations, [&](std::uint64_t count) {
      for (; count != 0; --count) {
        if (app_->read(handle, 512, 0).information != 512) std::abort();
      }
    });
    app_->close(handle);
    return sample;
  }
  // In the calling thread's process: for an instruction counter.
  void count(std::uint64_t operations) {
    if (app_->run([&] { walk(operations); }) != fltsim::Outcome::kDone) std::abort();
  }

 private:
  static fltsim::Options options(Watch watch) {
    fltsim::Options options;
    options.scheduler = fltsim::SchedulerKind::kHost;
    options.verifier = watch == Watch::kVerifier;
    options.trace = watch == Watch::kTrace;
    options.count_callbacks = false;
    return options;
  }

  // A driver of lambdas finds them by a search; a real one registers functions, and so does this.
  void load(int number) {
    fltsim::LambdaDriver driver;
    driver.operations = {{.major = IRP_MJ_READ, .pre = {}, .post = {}}};
    driver.registered = [number](PFLT_FILTER filter) {
      const Callbacks& calls = kCallbacks[static_cast<std::size_t>(number)];
      FLT_OPERATION_REGISTRATION& reads =
          fltsim::fltmgr::Filter::from(filter)->registration.operations.front();
      reads.PreOperation = calls.pre;
      reads.PostOperation = calls.post;
      return STATUS_SUCCESS;
    };
    const std::string digits = std::to_string(360'000 + number);
    const std::u16string altitude(digits.begin(), digits.end());
    if (machine_.load_driver(std::move(driver), {.name = u"f" + altitude, .altitude = altitude}).status() !=
        STATUS_SUCCESS) {
      std::abort();
    }
  }

  void walk(std::uint64_t operations) {
    fltsim::io::Operation operation;
    operation.originator = &fltsim::nt::current_thread();
    const fltsim::io::FileSystemCall file_system = bottom;
    for (std::uint64_t number = 0; number < operations; ++number) {
      operation.parameters = {};
      fill(operation.parameters, number);
      stack_->run(operation, file_system);
    }
  }

  Sample time(int threads, std::uint64_t operations, const std::function<void(std::uint64_t)>& work) {
    const auto start = [this](int wanted, const std::function<void(int)>& body) {
      std::vector<fltsim::ThreadHandle> started;
      for (int number = 0; number < wanted; ++number)
        started.push_back(app_->start_thread("walker", [&body, number] { body(number); }));
      for (fltsim::ThreadHandle& thread : started) {
        if (thread.join() != fltsim::Outcome::kDone) std::abort();
      }
    };
    const Sample sample = time_threads(threads, operations, filters_, start, work);
    machine_.trace().clear();
    return sample;
  }

  const int filters_;
  Machine machine_;
  std::optional<fltsim::Process> app_;
  fltsim::fltmgr::VolumeStack* stack_ = nullptr;
};

// --- the question ---

constexpr const char* kNobody = "ours";
constexpr const char* kVerifier = "ours, verifier on";
constexpr const char* kTrace = "ours, trace on";
constexpr const char* kFloor = "floor: function pointers";
constexpr const char* kNaive = "maps, shared_ptr, shared_mutex";

Case walk_case(int filters, int threads) {
  const auto ours = [=](const char* name, Watch watch) {
    auto walk = std::make_shared<Ours>(filters, watch);
    return Candidate{.name = name, .run = [=](std::uint64_t count) { return walk->walk(threads, count); }};
  };
  const auto other = [=](const char* name, auto walk) {
    return Candidate{.name = name, .run = [=](std::uint64_t count) {
                       return time_threads(threads, count, filters, start_threads, std::ref(*walk));
                     }};
  };
  Case result{.name = std::to_string(filters) + (filters == 1 ? " filter, " : " filters, ") +
                      std::to_string(threads) + (threads == 1 ? " thread" : " threads"),
              .operations = 50'000,
              .candidates = {},
              .comparisons = {}};
  result.candidates = {ours(kNobody, Watch::kNobody), ours(kVerifier, Watch::kVerifier),
                       ours(kTrace, Watch::kTrace), other(kFloor, std::make_shared<Floor>(filters)),
                       other(kNaive, std::make_shared<Naive>(filters))};
  result.comparisons = {{kNobody, kFloor, Relation::kTimesAsLong, 1.25},
                        {kNobody, kNaive, Relation::kTimesAsFast, filters >= 4 ? 5.0 : 0.0},
                        {kVerifier, kNobody, Relation::kTimesAsLong, 2},
                        {kTrace, kNobody, Relation::kTimesAsLong, 2}};
  return result;
}

Case read_case(int filters) {
  const auto ours = [=](const char* name, Watch watch) {
    auto machine = std::make_shared<Ours>(filters, watch);
    return Candidate{.name = name, .run = [=](std::uint64_t count) { return machine->read(count); }};
  };
  Case result{.name = "a program reads 512 bytes, " + std::to_string(filters) + " filters",
              .operations = 10'000,
              .candidates = {},
              .comparisons = {}};
  result.candidates = {ours(kNobody, Watch::kNobody), ours(kVerifier, Watch::kVerifier),
                       ours(kTrace, Watch::kTrace)};
  result.comparisons = {{kVerifier, kNobody, Relation::kTimesAsLong, 2},
                        {kTrace, kNobody, Relation::kTimesAsLong, 2}};
  return result;
}

std::vector<Case> cases(bool) {
  std::vector<Case> all;
  for (const int filters : {1, 4, kFiltersMax}) {
    for (const int threads : {1, 2}) all.push_back(walk_case(filters, threads));
  }
  all.push_back(read_case(4));
  return all;
}

template <Watch kWatch>
void count(std::uint64_t operations) {
  Ours(4, kWatch).count(operations);
}

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  using fltlink::bench::count;
  using fltlink::bench::Watch;
  return fltlink::bench::run_question(
      argc, argv,
      {.name = "callback_walk",
       .text = "What does it cost to take an operation through filters?",
       .cases = fltlink::bench::cases,
       .counted = {{"4_filters", count<Watch::kNobody>}, {"4_filters_traced", count<Watch::kTrace>}}});
}

// Whether what a minifilter does for each file costs the same with a thousand and with a million files open. Each
// candidate is one machine in which so many files of one directory are open, each with its names in the cache, three
// contexts, an event handle and a pool allocation; a case does one thing to files of it and takes the processor time of
// the thread that does it.
//
// To the same thousand files, spread over all: that is what must be flat, whatever else is open. The bar is three times
// as long, because a directory is a tree, which is twice as deep for a million names, and because the thousand files
// then lie on a thousand pages more; what walked over all files would take hundreds of times as long.
//
// To all files, one after another: each comes from memory once, so the bar is six times. What walked over the others for
// each would take a thousand times as long.
//
// To any file: published without a bar. A thousand files lie in the processor's caches and a million in none of them.
// Who gets a context then waits for memory five times, 100 ns each, and for nothing of it when the files are few, whatever
// the data structure is: that measures the memory.
#include <fltKernel.h>
#include <fltUser.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fltsim/lambda_driver.hpp"
#include "fltsim/machine.hpp"
#include "harness.hpp"

namespace fltlink::bench {
namespace {

constexpr ULONG kTag = 0x74616C46;  // 'Flat'
constexpr SIZE_T kContextSize = 64;
constexpr std::uint64_t kOperations = 20'000;
constexpr double kFlat = 3;
constexpr double kLinear = 6;
constexpr FLT_FILE_NAME_OPTIONS kFromCache = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_DEFAULT;
constexpr FLT_FILE_NAME_OPTIONS kFromFileSystem =
    FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_FILESYSTEM_ONLY;

void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "%s failed\n", what);
  std::abort();
}

// A machine with so many files open.
class Crowd {
 public:
  explicit Crowd(std::size_t files) : files_(files) {
    machine_.add_volume(u"C:").make_directory(u"\\crowd");
    driver_ = std::make_unique<fltsim::Driver>(machine_.load_driver(driver()));
    app_ = std::make_unique<fltsim::Process>(machine_.start_process({.image = u"C:\\app.exe"}));
  }

  // Runs `code` in a thread of the program or of the system process; the processor time that it took.
  template <class Code>
  double in_program(Code code) {
    return timed(*app_, std::move(code));
  }
  template <class Code>
  double in_kernel(Code code) {
    return timed(machine_.system_process(), std::move(code));
  }

  // Which files are done something to from now on: so many, spread evenly.
  void set_reach(std::size_t files) { reach_ = std::min(files, files_); }

  // --- in the program ---

  void open_all() {
    notes_files_ = true;
    for (std::size_t i = 0; i < files_; ++i) handles_.push_back(open(path(i), CREATE_NEW));
    notes_files_ = false;
  }
  void close_all() {
    for (HANDLE handle : handles_) require(CloseHandle(handle), "CloseHandle");
    handles_.clear();
  }
  void ask_for_all_names() {
    asks_ = kFromCache;
    for (HANDLE handle : handles_) read(handle);
    asks_ = 0;
  }
  void make_all_events() {
    for (std::size_t i = 0; i < files_; ++i) events_.push_back(CreateEventW(nullptr, FALSE, FALSE, nullptr));
  }

  void create_and_close() { CloseHandle(open(path(files_), CREATE_NEW, FILE_FLAG_DELETE_ON_CLOSE)); }
  void open_and_close() { CloseHandle(open(path(any()), OPEN_EXISTING)); }
  // During which the filter asks for the name as `options` say; 0: it does not.
  void read_any(FLT_FILE_NAME_OPTIONS options) {
    asks_ = options;
    read(handles_[any()]);
    asks_ = 0;
  }
  void replace_event() {
    HANDLE& handle = events_[any()];
    CloseHandle(handle);
    handle = CreateEventW(nullptr, FALSE, FALSE, nullptr);
  }
  std::size_t list_directory() {
    WIN32_FIND_DATAW found{};
    const HANDLE search = FindFirstFileW(wide(u"C:\\crowd\\*"), &found);
    std::size_t count = 0;
    do {
      ++count;
    } while (FindNextFileW(search, &found));
    FindClose(search);
    return count;
  }
  // All other names stay in the cache.
  void rename_and_back() {
    const std::u16string name = path(any());
    const std::u16string other = name + u"_";
    require(MoveFileW(wide(name), wide(other)) && MoveFileW(wide(other), wide(name)), "MoveFileW");
  }

  // --- in the system process ---

  void set_all_contexts() {
    for (PFILE_OBJECT file : objects_) set_contexts(file);
  }
  void allocate_all() {
    for (std::size_t i = 0; i < files_; ++i) blocks_.push_back(allocate());
  }

  void get_contexts() {
    const PFILE_OBJECT file = objects_[any()];
    for (const auto get : {&FltGetStreamContext, &FltGetStreamHandleContext, &FltGetFileContext}) {
      PFLT_CONTEXT context = nullptr;
      require(NT_SUCCESS(get(instance_, file, &context)), "FltGet...Context");
      FltReleaseContext(context);
    }
  }
  void replace_contexts() {
    const PFILE_OBJECT file = objects_[any()];
    for (const auto remove :
         {&FltDeleteStreamContext, &FltDeleteStreamHandleContext, &FltDeleteFileContext}) {
      require(NT_SUCCESS(remove(instance_, file, nullptr)), "FltDelete...Context");
    }
    set_contexts(file);
  }
  void replace_block() {
    PVOID& block = blocks_[any()];
    ExFreePoolWithTag(block, kTag);
    block = allocate();
  }
  void free_all() {
    for (PVOID block : blocks_) ExFreePoolWithTag(block, kTag);
    blocks_.clear();
  }

  // --- from outside ---

  void fill() {
    in_program([&] {
      open_all();
      ask_for_all_names();
      make_all_events();
    });
    in_kernel([&] {
      set_all_contexts();
      allocate_all();
    });
  }
  // The filter goes, with the contexts of all files.
  void unload() { require(NT_SUCCESS(driver_->unload()), "unloading"); }
  bool clean() { return machine_.verifier().clean(); }

 private:
  static LPCWSTR wide(const std::u16string& text) { return reinterpret_cast<LPCWSTR>(text.c_str()); }

  static std::u16string path(std::size_t number) {
    char text[40];
    const int length = std::snprintf(text, sizeof text, "C:\\crowd\\Report %07zu.txt", number);
    return {text, text + length};
  }

  static HANDLE open(const std::u16string& path, DWORD disposition, DWORD flags = 0) {
    constexpr DWORD kShared = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
    const HANDLE handle =
        CreateFileW(wide(path), GENERIC_READ | DELETE, kShared, nullptr, disposition, flags, nullptr);
    require(handle != INVALID_HANDLE_VALUE, "CreateFileW");
    return handle;
  }
  static void read(HANDLE handle) {
    char buffer[8];
    DWORD length = 0;
    static_cast<void>(ReadFile(handle, buffer, sizeof buffer, &length, nullptr));  // there is nothing to read
  }
  static PVOID allocate() { return ExAllocatePool2(POOL_FLAG_NON_PAGED, kContextSize, kTag); }

  template <class Code>
  double timed(fltsim::Process process, Code code) {
    double ns = 0;
    const fltsim::Outcome outcome = process.run([&] {
      const double start = thread_ns();
      code();
      ns = thread_ns() - start;
    });
    require(outcome == fltsim::Outcome::kDone, "running in the machine");
    return ns;
  }

  std::size_t any() { return random_() % reach_ * (files_ / reach_); }

  void set_contexts(PFILE_OBJECT file) {
    const auto set = [&](FLT_CONTEXT_TYPE type, auto routine) {
      PFLT_CONTEXT context = nullptr;
      require(NT_SUCCESS(FltAllocateContext(filter_, type, kContextSize, NonPagedPool, &context)),
              "FltAllocateContext");
      require(NT_SUCCESS(routine(instance_, file, FLT_SET_CONTEXT_KEEP_IF_EXISTS, context, nullptr)),
              "FltSet...Context");
      FltReleaseContext(context);
    };
    set(FLT_STREAM_CONTEXT, FltSetStreamContext);
    set(FLT_STREAMHANDLE_CONTEXT, FltSetStreamHandleContext);
    set(FLT_FILE_CONTEXT, FltSetFileContext);
  }

  fltsim::LambdaDriver driver() {
    fltsim::LambdaDriver driver;
    for (const FLT_CONTEXT_TYPE type : {FLT_STREAM_CONTEXT, FLT_STREAMHANDLE_CONTEXT, FLT_FILE_CONTEXT}) {
      FLT_CONTEXT_REGISTRATION registration{};
      registration.ContextType = type;
      registration.Size = kContextSize;
      registration.PoolTag = kTag;
      driver.contexts.push_back(registration);
    }
    driver.registered = [this](PFLT_FILTER filter) {
      filter_ = filter;
      return STATUS_SUCCESS;
    };
    driver.instance_setup = [this](PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS) {
      instance_ = objects->Instance;
      return STATUS_SUCCESS;
    };
    driver.operations.push_back(
        {.major = IRP_MJ_CREATE,
         .pre = [](auto, auto, auto) { return FLT_PREOP_SUCCESS_WITH_CALLBACK; },
         .post =
             [this](PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, auto, auto) {
               if (notes_files_ && NT_SUCCESS(data->IoStatus.Status)) objects_.push_back(objects->FileObject);
               return FLT_POSTOP_FINISHED_PROCESSING;
             }});
    driver.operations.push_back({.major = IRP_MJ_READ, .pre = [this](PFLT_CALLBACK_DATA data, auto, auto) {
                                   ask_for_name(data);
                                   return FLT_PREOP_SUCCESS_NO_CALLBACK;
                                 }});
    return driver;
  }
  void ask_for_name(PFLT_CALLBACK_DATA data) const {
    if (asks_ == 0) return;
    PFLT_FILE_NAME_INFORMATION name = nullptr;
    require(NT_SUCCESS(FltGetFileNameInformation(data, asks_, &name)), "FltGetFileNameInformation");
    require(NT_SUCCESS(FltParseFileNameInformation(name)), "FltParseFileNameInformation");
    require(name->Extension.Length == 3 * sizeof(WCHAR), "parsing");
    FltReleaseFileNameInformation(name);
  }

  static fltsim::Options options() {
    fltsim::Options options;
    options.scheduler = fltsim::SchedulerKind::kHost;
    options.trace = false;            // it keeps a node for each callback
    options.watchdog_ms = 3'600'000;  // one thread does a million things
    return options;
  }

  const std::size_t files_;
  std::size_t reach_ = files_;
  std::vector<HANDLE> handles_;
  std::vector<HANDLE> events_;
  std::vector<PFILE_OBJECT> objects_;
  std::vector<PVOID> blocks_;
  std::minstd_rand random_;
  bool notes_files_ = false;
  FLT_FILE_NAME_OPTIONS asks_ = 0;
  PFLT_FILTER filter_ = nullptr;
  PFLT_INSTANCE instance_ = nullptr;
  fltsim::Machine machine_{options()};  // its end runs the driver above
  std::unique_ptr<fltsim::Driver> driver_;
  std::unique_ptr<fltsim::Process> app_;
};

// One for each size, made when it is first asked for. It stays, so that the rounds of all sizes lie side by side.
Crowd& crowd_of(std::size_t files) {
  static std::map<std::size_t, std::unique_ptr<Crowd>> crowds;
  std::unique_ptr<Crowd>& crowd = crowds[files];
  if (crowd == nullptr) {
    crowd = std::make_unique<Crowd>(files);
    crowd->fill();
  }
  return *crowd;
}

std::string size_name(std::size_t files) { return std::to_string(files) + " files open"; }

// One operation in every size.
Case make_case(const std::vector<std::size_t>& sizes, const std::string& name, std::uint64_t operations,
               double bar, std::function<Sample(std::size_t files, std::uint64_t operations)> run) {
  Case result{.name = name, .operations = operations, .candidates = {}, .comparisons = {}};
  for (const std::size_t files : sizes) {
    result.candidates.push_back(
        {.name = size_name(files), .run = [=](std::uint64_t count) { return run(files, count); }});
  }
  result.comparisons = {{size_name(sizes.back()), size_name(sizes.front()), Relation::kTimesAsLong, bar}};
  return result;
}

template <class Operation>
auto in_program(std::size_t reach, Operation operation) {
  return [=](std::size_t files, std::uint64_t count) -> Sample {
    Crowd& crowd = crowd_of(files);
    crowd.set_reach(reach);
    const double ns = crowd.in_program([&] {
      for (std::uint64_t i = 0; i < count; ++i) operation(crowd);
    });
    return {ns / static_cast<double>(count), crowd.clean()};
  };
}

template <class Operation>
auto in_kernel(std::size_t reach, Operation operation) {
  return [=](std::size_t files, std::uint64_t count) -> Sample {
    Crowd& crowd = crowd_of(files);
    crowd.set_reach(reach);
    const double ns = crowd.in_kernel([&] {
      for (std::uint64_t i = 0; i < count; ++i) operation(crowd);
    });
    return {ns / static_cast<double>(count), crowd.clean()};
  };
}

// Of all threads: the machine ends in threads of its own, and all other machines rest.
double process_ns() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

// Something that is done to all files of a machine made for it: an operation is one file, and `measured` tells of all.
template <class Measured>
auto to_all(Measured measured) {
  return [=](std::size_t files, std::uint64_t count) -> Sample {
    double ns = 0;
    bool right = true;
    std::uint64_t done = 0;
    for (; done < count || done == 0; done += files) {
      const Sample one = measured(std::make_unique<Crowd>(files));
      ns += one.ns;
      right = right && one.right;
    }
    return {ns / static_cast<double>(done), right};
  };
}

// What is done to one file at a time, of `reach` files.
void add_operations(std::vector<Case>& all, const std::vector<std::size_t>& sizes, std::size_t reach,
                    double bar, const char* which) {
  const auto add = [&](const char* name, auto run, std::uint64_t operations = kOperations) {
    all.push_back(make_case(sizes, std::string(which) + name, operations, bar, run));
    if (bar == 0) all.back().rounds = 5;
  };
  const auto program = [reach](auto operation) { return in_program(reach, operation); };
  const auto kernel = [reach](auto operation) { return in_kernel(reach, operation); };
  add("open once more and close that", program([](Crowd& crowd) { crowd.open_and_close(); }));
  add("read", program([](Crowd& crowd) { crowd.read_any(0); }));
  add("read, and the filter gets, parses and releases the name",
      program([](Crowd& crowd) { crowd.read_any(kFromCache); }));
  add("the same, by asking the file system", program([](Crowd& crowd) { crowd.read_any(kFromFileSystem); }));
  add("rename and back", program([](Crowd& crowd) { crowd.rename_and_back(); }), kOperations / 10);
  add("get and release three contexts", kernel([](Crowd& crowd) { crowd.get_contexts(); }));
  add("delete three contexts, allocate and set others",
      kernel([](Crowd& crowd) { crowd.replace_contexts(); }));
  add("free a block of pool and allocate one", kernel([](Crowd& crowd) { crowd.replace_block(); }));
  add("close a handle and make one", program([](Crowd& crowd) { crowd.replace_event(); }));
}

std::vector<Case> cases(bool quick) {
  const std::vector<std::size_t> sizes = quick ? std::vector<std::size_t>{100, 1'000}
                                               : std::vector<std::size_t>{1'000, 10'000, 100'000, 1'000'000};
  std::vector<Case> all;
  // One round: of a million files each is a sample, and of a thousand the machine is made twenty times.
  const auto add_to_all = [&](const char* name, auto measured) {
    all.push_back(make_case(sizes, name, kOperations, kLinear, to_all(measured)));
    all.back().rounds = 1;
  };
  add_to_all("open all files, and close them", [](const std::unique_ptr<Crowd>& crowd) -> Sample {
    const double ns = crowd->in_program([&] {
      crowd->open_all();
      crowd->close_all();
    });
    return {ns, crowd->clean()};
  });
  add_to_all("end of the filter, with three contexts on each file, and of the machine, with all files open",
             [](std::unique_ptr<Crowd> crowd) -> Sample {
               crowd->in_program([&] { crowd->open_all(); });
               crowd->in_kernel([&] { crowd->set_all_contexts(); });
               const double start = process_ns();
               crowd->unload();
               const bool right = crowd->clean();
               crowd.reset();
               return {process_ns() - start, right};
             });
  all.push_back(make_case(sizes, "create one more and delete it on close", kOperations, kFlat,
                          in_program(1, [](Crowd& crowd) { crowd.create_and_close(); })));
  add_operations(all, sizes, quick ? 100 : 1'000, kFlat, "a thousand of them: ");
  if (!quick) add_operations(all, sizes, SIZE_MAX, 0, "any of them: ");
  all.push_back(make_case(sizes, "list the directory, each entry", kOperations, kLinear,
                          [](std::size_t files, std::uint64_t count) -> Sample {
                            Crowd& crowd = crowd_of(files);
                            std::size_t listed = 0;
                            const double ns = crowd.in_program([&] {
                              while (listed < count) listed += crowd.list_directory();
                            });
                            return {ns / static_cast<double>(listed), listed % (files + 2) == 0};
                          }));
  all.back().rounds = 5;
  return all;
}

// Of each `operations`: a read with the filter's question for the name, contexts got, contexts replaced, pool
// replaced; with 10,000 files open.
void count(std::uint64_t operations) {
  Crowd crowd(10'000);
  crowd.fill();
  crowd.in_program([&] {
    for (std::uint64_t i = 0; i < operations; ++i) crowd.read_any(kFromCache);
  });
  crowd.in_kernel([&] {
    for (std::uint64_t i = 0; i < operations; ++i) {
      crowd.get_contexts();
      crowd.replace_contexts();
      crowd.replace_block();
    }
    crowd.free_all();
  });
}

}  // namespace
}  // namespace fltlink::bench

int main(int argc, char** argv) {
  return fltlink::bench::run_question(
      argc, argv,
      {.name = "flatness",
       .text = "Does what a filter does for a file cost the same with a million files open?",
       .cases = fltlink::bench::cases,
       .counted = {{"all", fltlink::bench::count}}});
}

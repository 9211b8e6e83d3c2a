// One simulated Windows machine, as a test sees it. Everything in it is its own; several may live side by
// side, each with its own control thread.
//
//   fltsim::Machine machine;                                    // seeded, virtual time
//   auto client = machine.start_process({.image = u"C:\\App\\app.exe"});
//   EXPECT_EQ(client.run([] { ... client code ... }), fltsim::Outcome::kDone);
//   EXPECT_TRUE(machine.verifier().clean());
//
// Threads: one control thread. A verb returns when its thread is done; nothing runs between two verbs
// (seeded).
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "fltsim/callback_count.hpp"
#include "fltsim/client_program.hpp"
#include "fltsim/driver.hpp"
#include "fltsim/options.hpp"
#include "fltsim/outcome.hpp"
#include "fltsim/process.hpp"
#include "fltsim/send_counts.hpp"
#include "fltsim/trace.hpp"
#include "fltsim/verifier.hpp"
#include "fltsim/volume.hpp"

namespace fltsim {

class System;

namespace fs {
class FileSystem;
}

// 100 ns, the unit of the machine's clock.
using Duration = std::chrono::duration<std::int64_t, std::ratio<1, 10'000'000>>;

// What mounting a directory of the host gave.
struct MountResult {
  Volume* volume = nullptr;  // null: it could not be opened
  std::string error;         // why, for people
};

struct LambdaDriver;

class Machine {
 public:
  explicit Machine(const Options& options = {});
  // Ends all processes, unloads what is loaded, reports leaks, then hands the machine to
  // fltsim_machine_ending() (a weak symbol that the tests' support library defines).
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  std::uint64_t seed() const;
  Verifier& verifier();
  Trace& trace();

  // Loads a module built by fltlink_add_driver, or a driver made of lambdas (lambda_driver.hpp), and runs its
  // DriverEntry: see Driver::status().
  Driver load_driver(const std::string& module_path, const DriverOptions& options = {});
  Driver load_driver(LambdaDriver driver, const DriverOptions& options = {});

  Process start_process(const ProcessOptions& options);
  // A program built for clients (client_program.hpp), whose main begins when the machine runs next. What is wrong with
  // the file is ClientProgram::error().
  ClientProgram start_client(const std::string& module_path, const ClientOptions& options = {});
  // Process 4: code that runs there is kernel code, in a system thread.
  Process system_process();

  // Mounts an empty file system in memory as `drive` ("C:"), which must be free. Volumes are
  // \Device\HarddiskVolume1, 2, ... in order of mount. The references stay valid until the machine goes.
  Volume& add_volume(std::u16string_view drive, VolumeOptions options = {});
  // Mounts a directory of the host, which stays as it is: what changes above it lives in memory.
  MountResult mount(std::u16string_view drive, const std::string& host_directory, VolumeOptions options = {});
  // Later requests on its files are STATUS_VOLUME_DISMOUNTED.
  Outcome dismount(Volume& volume);
  // What drivers have printed (DbgPrint), UTF-8, without line ends of our own.
  std::string debug_output() const;

  // Until nobody can run any more; time stands still (seeded).
  Outcome run_to_quiescence();
  // Seeded only: that many switch points, or until nobody can run any more; time passes where all wait. For what is to
  // happen in the middle: to kill a process at each of its steps, run 1 switch, 2, 3 ... and kill it then.
  Outcome run_switches(std::uint64_t count);
  // Lets time pass: every deadline in it comes due.
  Outcome advance(Duration duration);

  // The next `times` calls of a routine that can fail do so with its documented status:
  // fail_next("ExAllocatePool2"). The routines' names are constants of Routine. What was not used up at the
  // end is a warning, SIM-6.
  void fail_next(std::string_view routine, std::uint32_t times = 1);

  // What must be true of the machine all the time: `holds` is asked at every switch point, wait and end of a thread,
  // and when the machine is let run (seeded), or whenever the machine has come to rest (host). Where it is false,
  // that is VER-47 with the thread and the switch points between which it went wrong, and an entry in the trace, once
  // a check. It reads memory and does nothing else: a call of the WDK, of a client's function or of a verb from
  // it ends the program by name, and so does an exception. It changes no schedule, and costs nothing while there
  // is none. Another one of the same name takes its place. It is asked until the machine's end begins, so what it
  // reads must live until then, or until drop_check(). What lies in a driver's module: Driver::always().
  // The control thread, between two verbs.
  void always(std::string name, std::function<bool()> holds);
  void drop_check(std::string_view name);

  // What became of the sends through communication ports: of all together, and of each connection there is, with
  // the last 64 that ended. A check may ask for the first.
  SendCounts sends() const;
  std::vector<ConnectionSends> sends_by_connection() const;

  // How often each driver's callbacks were called and what they answered, since the machine began. A driver that was
  // loaded several times has several entries of a kind.
  std::vector<CallbackCount> callbacks() const;

  // A fatal finding has stopped the machine: every verb answers Outcome::kStopped.
  bool stopped() const;

  System& system() { return *system_; }

 private:
  Volume& mount_file_system(std::u16string_view drive, std::unique_ptr<fs::FileSystem> file_system);

  std::unique_ptr<System> system_;
  std::deque<Volume> volumes_;
};

// Names for fail_next(); any other routine that can fail is given by its name.
namespace routine {
inline constexpr std::string_view kExAllocatePool2 = "ExAllocatePool2";
inline constexpr std::string_view kExAllocatePoolWithTag = "ExAllocatePoolWithTag";
inline constexpr std::string_view kPsCreateSystemThread = "PsCreateSystemThread";
inline constexpr std::string_view kFltAllocateContext = "FltAllocateContext";
inline constexpr std::string_view kFltSendMessage = "FltSendMessage";
inline constexpr std::string_view kFltCreateCommunicationPort = "FltCreateCommunicationPort";
inline constexpr std::string_view kFltGetFileNameInformation = "FltGetFileNameInformation";
}  // namespace routine

}  // namespace fltsim

#include "fltsim/machine.hpp"

#include "fltmgr/manager.hpp"
#include "fltmgr/port.hpp"
#include "fs/host_volume.hpp"
#include "fs/memory_file_system.hpp"
#include "io/io_manager.hpp"
#include "machine/process_start.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

// Defined by the tests' support library, which turns unexpected findings into a failure of the running test.
extern "C" __attribute__((weak)) void fltsim_machine_ending(fltsim::Machine& machine);

namespace fltsim {

namespace {

fs::VolumeOptions below(System& system, VolumeOptions options) {
  fs::VolumeOptions result;
  result.clock = [&scheduler = system.scheduler()] { return scheduler.now(); };
  result.label = std::move(options.label);
  result.serial_number = options.serial_number;
  result.capacity = options.capacity;
  return result;
}

}  // namespace

Machine::Machine(const Options& options) : system_(std::make_unique<System>(options)) {}

Machine::~Machine() {
  system_->shut_down();
  if (fltsim_machine_ending != nullptr) fltsim_machine_ending(*this);
}

std::uint64_t Machine::seed() const { return system_->seed(); }
Verifier& Machine::verifier() { return system_->verifier(); }
std::string Machine::debug_output() const { return system_->nt().debug_log().text(); }
Trace& Machine::trace() { return system_->trace(); }

Process Machine::start_process(const ProcessOptions& options) {
  nt::Ref<nt::Process> process = system_->nt().create_process(options.image, options.user);
  if (!options.command_line.empty()) process->command_line = options.command_line;
  if (options.started_by != nullptr) process->parent_id = options.started_by->id();
  if (options.inherit_handles_of != nullptr)
    process->handles.inherit(options.inherit_handles_of->process().handles);
  announce_process(*system_, *process, options.started_by);
  return Process(system_->keep(std::move(process)));
}

Process Machine::system_process() { return Process(&system_->nt().system_process()); }

Volume& Machine::mount_file_system(std::u16string_view drive, std::unique_ptr<fs::FileSystem> file_system) {
  io::Volume* mounted = nullptr;
  const Outcome outcome = system_->run_in(system_->nt().system_process(), "mount", [&] {
    mounted = system_->io().mount(drive, std::move(file_system));
  });
  if (outcome == Outcome::kDone && mounted == nullptr) {
    nt::misuse("a volume was added under a drive that is taken");
  }
  if (mounted == nullptr) nt::misuse("a volume was added to a machine that does not run any more");
  return volumes_.emplace_back(mounted);
}

Volume& Machine::add_volume(std::u16string_view drive, VolumeOptions options) {
  return mount_file_system(drive, fs::make_memory_file_system(below(*system_, std::move(options))));
}

MountResult Machine::mount(std::u16string_view drive, const std::string& host_directory,
                           VolumeOptions options) {
  fs::HostVolume host = fs::open_host_volume(host_directory, below(*system_, std::move(options)));
  if (host.error != fs::HostVolumeError::kNone) return {nullptr, host_directory + ": " + host.message};
  return {&mount_file_system(drive, std::move(host.file_system)), {}};
}

Outcome Machine::dismount(Volume& volume) {
  return system_->run_in(system_->nt().system_process(), "dismount",
                         [&] { system_->io().dismount(volume.volume()); });
}

Outcome Machine::run_to_quiescence() { return system_->run_to_quiescence(); }

Outcome Machine::run_switches(std::uint64_t count) { return system_->run_switches(count); }
Outcome Machine::advance(Duration duration) {
  return system_->advance(static_cast<sched::Ticks>(duration.count()));
}

void Machine::fail_next(std::string_view routine, std::uint32_t times) {
  system_->nt().fail_next(routine, times);
}

void Machine::always(std::string name, std::function<bool()> holds) {
  system_->checks().always(std::move(name), [holds = std::move(holds)](const void*) { return holds(); });
}

void Machine::drop_check(std::string_view name) { system_->checks().drop(name); }

SendCounts Machine::sends() const { return system_->fltmgr().ports().sends(); }
std::vector<ConnectionSends> Machine::sends_by_connection() const {
  return system_->fltmgr().ports().sends_by_connection();
}

std::vector<CallbackCount> Machine::callbacks() const { return system_->fltmgr().callback_counts(); }

bool Machine::stopped() const { return system_->nt().stopped(); }

}  // namespace fltsim

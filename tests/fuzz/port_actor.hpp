// One program in a machine, which does its steps of a port program in one thread.
#pragma once

#include <fltUser.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "fltsim/hostile_client.hpp"
#include "fltsim/process.hpp"
#include "fuzz/port_messages.hpp"
#include "fuzz/port_stage.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace drmfilter::test {

class PortActor {
 public:
  PortActor(PortStage& stage, const fltsim::ProcessOptions& options)
      : stage_(stage),
        owned_(stage.machine.system().nt().create_process(options.image, options.user)),
        process_(owned_.get()) {}
  PortActor(const PortActor&) = delete;
  PortActor& operator=(const PortActor&) = delete;

  // `steps` outlive the machine's run. The thread does those of `actor`.
  void start(const std::vector<Step>& steps, uint8_t actor);

  fltsim::Process& process() { return process_; }
  // When nobody runs any more: adds up what was received.
  void count_received();

 private:
  // A receive; its memory lives as long as the actor, for whoever is killed leaves it behind.
  struct Receive {
    OVERLAPPED overlapped{};
    std::unique_ptr<uint8_t[]> memory;
    uint8_t* buffer = nullptr;
    uint32_t size = 0;
    bool issued = false;
    uint64_t message_id = 0;  // the last one that it was completed with
  };

  void play(const std::vector<Step>& steps, uint8_t actor);
  void wait_for_turn(size_t step) const;
  uint32_t carry_out(const Step& step);

  // Each gives the status or HRESULT of its call.
  uint32_t connect(const Step& step);
  uint32_t close(const Step& step);
  uint32_t duplicate(const Step& step);
  uint32_t receive(const Step& step);
  uint32_t cancel(const Step& step);
  uint32_t send(const Step& step);
  uint32_t reply(const Step& step);
  uint32_t sleep(const Step& step);
  uint32_t end(const Step& step);
  uint32_t file(const Step& step);
  uint32_t open(const Step& step);
  uint32_t on_file(const Step& step);
  uint32_t fail(const Step& step);
  uint32_t be_hostile(const Step& step);
  uint32_t complete(const Step& step);

  uint32_t read_some(const std::u16string& path) const;
  HANDLE& port(uint8_t number) { return ports_[number % kPorts]; }
  bool settle(Receive& receive);
  uint64_t message_id(const Step& step);

  PortStage& stage_;
  const fltsim::nt::Ref<fltsim::nt::Process> owned_;  // and not kept until the machine ends
  fltsim::Process process_;
  std::array<HANDLE, kPorts> ports_{};
  std::array<Receive, kReceives> receives_;
  std::array<fltsim::FileHandle, kFiles> files_{};
  HANDLE completion_port_ = nullptr;
  std::unique_ptr<fltsim::HostileClient> hostile_;
};

}  // namespace drmfilter::test

// A program that treats a filter's port as no program should: each behaviour on demand, or drawn from a seed.
//
//   fltsim::HostileClient hostile(machine.start_process({.image = kServiceImage, .user = User::kSystem}),
//                                 {.port = u"\\DrmFilterPort", .message = what_a_good_client_sends}, seed);
//   EXPECT_EQ(hostile.act(Hostility::kVanishingInput), Outcome::kDone);
//
// Threads: the control thread, or a simulated thread of the same machine; one thread per client. On host
// threads kChangingInput and kChangingReply are data races with who reads, which is what they are for.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fltsim/outcome.hpp"
#include "fltsim/process.hpp"

namespace fltsim {

enum class Hostility {
  // What MessageNotify is given (MSG-3 to MSG-5). A buffer that is too short ends where the page ends, and
  // the next page is not there; one that vanishes is unmapped by another thread during the call.
  kNullInput,  // with a length
  kShortInput,
  kMisalignedInput,
  kVanishingInput,
  kChangingInput,  // written to by another thread during the call
  kNullOutput,     // with a length
  kShortOutput,
  kMisalignedOutput,
  kVanishingOutput,
  // What ConnectNotify is given: 0 to 65511 bytes of anything (CONN-11).
  kRandomContext,
  // A client that connects and then receives badly, for 100 ms.
  kNoReceive,
  kNullReceive,
  kTinyReceive,        // less than the header
  kShortReceive,       // the header, and nearly nothing of the message
  kMisalignedReceive,  // takes the message, and never answers
  kVanishingReceive,
  // A client that receives one message, if one comes within 100 ms, and answers it badly.
  kNoReply,
  kNullReply,
  kTinyReply,   // less than the header
  kEmptyReply,  // the header alone
  kMisalignedReply,
  kLongReply,
  kFailingReply,  // with any status
  kUnknownReply,  // to a message that never was
  kDoubleReply,
  kChangingReply,  // written to by another thread during the call
  kVanishingReply,
};
inline constexpr int kHostilities = static_cast<int>(Hostility::kVanishingReply) + 1;

class HostileClient {
 public:
  struct Target {
    std::u16string port;
    std::vector<std::uint8_t> message;       // what a good client sends; at least 8 bytes
    std::uint32_t answer_room = 64;          // and how much room it gives for the answer; at least 8
    std::vector<std::uint8_t> context = {};  // with which it connects
  };
  HostileClient(Process process, Target target, std::uint64_t seed);

  // One act, on a connection of its own that is closed behind it, in a thread of the process.
  ThreadHandle start(Hostility behaviour);
  Outcome act(Hostility behaviour) { return start(behaviour).join(); }
  Hostility draw();

  // What the act's last call of the port returned; of the connect, if that failed.
  std::int32_t last_result() const { return result_->load(); }

 private:
  Process process_;
  const Target target_;
  std::mt19937_64 random_;
  std::shared_ptr<std::atomic<std::int32_t>> result_;
};

}  // namespace fltsim

// What clients and programs of a machine with DrmFilter do, as bytes: the language of the port's fuzzer. Any
// bytes are a program; what is missing at their end is zero.
//
//   two bytes     the seed of the schedule
//   one byte      who plays: bits of Cast
//   each step     one byte: verb (bits 0-3), actor (4-5), whether it waits for the steps before it (6);
//                 four bytes of arguments; for verbs with a payload one byte with its size, and the payload
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <fltlink/base/bytes.hpp>

namespace drmfilter::test {

inline constexpr size_t kActors = 3;
inline constexpr size_t kStepsMax = 40;
inline constexpr size_t kPorts = 4;     // handles of one actor to the port
inline constexpr size_t kReceives = 8;  // receives that one actor can have outstanding
inline constexpr size_t kFiles = 2;     // handles of one actor to files

// What the numbers in `arguments` mean is told at the function of PortActor that carries the verb out.
enum class Verb : uint8_t {
  kConnect,  // payload: the context's bytes, or patches to it
  kClose,
  kDuplicate,
  kReceive,
  kCancel,
  kSend,   // payload: the message's bytes, or patches to it
  kReply,  // payload: what is behind the header
  kSleep,
  kEnd,
  kFile,
  kOpen,
  kOnFile,
  kFail,
  kBeHostile,
  kCompletion,
};
inline constexpr size_t kVerbs = static_cast<size_t>(Verb::kCompletion) + 1;

[[nodiscard]] constexpr bool has_payload(Verb verb) {
  return verb == Verb::kConnect || verb == Verb::kSend || verb == Verb::kReply;
}

// Actor 0 is the service. Actor 1 is a second service unless a bit says otherwise; actor 2 is a program.
enum Cast : uint8_t {
  kSecondIsAdministrator = 0x1,
  kSecondIsOrdinary = 0x2,      // the right image, but no right
  kSecondIsAnotherImage = 0x4,  // SYSTEM, but not the service
  kProgramIsTheService = 0x8,
};

struct Step {
  Verb verb = Verb::kSleep;
  uint8_t actor = 0;
  bool in_turn = false;  // not before all steps that stand above it have been done, or so it tries
  std::array<uint8_t, 4> arguments{};
  std::vector<uint8_t> payload = {};

  bool operator==(const Step&) const = default;
};

struct PortProgram {
  uint16_t seed = 1;
  uint8_t cast = 0;
  std::vector<Step> steps = {};

  bool operator==(const PortProgram&) const = default;
};

[[nodiscard]] PortProgram read_program(fltlink::Bytes bytes);
[[nodiscard]] std::vector<uint8_t> write_program(const PortProgram& program);
[[nodiscard]] const char* name_of(Verb verb);

}  // namespace drmfilter::test

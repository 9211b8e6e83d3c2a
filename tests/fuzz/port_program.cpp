#include "fuzz/port_program.hpp"

#include <algorithm>

#include <fltlink/codec/cursor.hpp>

namespace drmfilter::test {
namespace {

constexpr unsigned kActorShift = 4;
constexpr uint8_t kVerbMask = 0xF;
constexpr uint8_t kInTurn = 0x40;

uint8_t next_byte(fltlink::ByteReader& reader) {
  uint8_t byte = 0;
  static_cast<void>(reader.read_u8(byte));
  return byte;
}

std::vector<uint8_t> next_payload(fltlink::ByteReader& reader) {
  const size_t size = std::min<size_t>(next_byte(reader), reader.remaining());
  fltlink::Bytes bytes;
  static_cast<void>(reader.read_bytes(size, bytes));
  return {bytes.begin(), bytes.end()};
}

Step next_step(fltlink::ByteReader& reader) {
  const uint8_t head = next_byte(reader);
  Step step;
  step.verb = static_cast<Verb>((head & kVerbMask) % kVerbs);
  step.actor = (head >> kActorShift & 3) % kActors;
  step.in_turn = (head & kInTurn) != 0;
  for (uint8_t& argument : step.arguments) argument = next_byte(reader);
  if (has_payload(step.verb)) step.payload = next_payload(reader);
  return step;
}

}  // namespace

PortProgram read_program(fltlink::Bytes bytes) {
  fltlink::ByteReader reader(bytes);
  PortProgram program;
  program.seed = next_byte(reader);
  program.seed = static_cast<uint16_t>(program.seed | next_byte(reader) << 8);
  program.cast = next_byte(reader);
  while (reader.remaining() != 0 && program.steps.size() < kStepsMax)
    program.steps.push_back(next_step(reader));
  return program;
}

std::vector<uint8_t> write_program(const PortProgram& program) {
  std::vector<uint8_t> bytes{static_cast<uint8_t>(program.seed), static_cast<uint8_t>(program.seed >> 8),
                             program.cast};
  for (const Step& step : program.steps) {
    const auto verb = static_cast<uint8_t>(step.verb);
    bytes.push_back(static_cast<uint8_t>(verb | step.actor << kActorShift | (step.in_turn ? kInTurn : 0)));
    bytes.insert(bytes.end(), step.arguments.begin(), step.arguments.end());
    if (!has_payload(step.verb)) continue;
    const size_t size = std::min<size_t>(step.payload.size(), UINT8_MAX);
    bytes.push_back(static_cast<uint8_t>(size));
    bytes.insert(bytes.end(), step.payload.begin(), step.payload.begin() + static_cast<ptrdiff_t>(size));
  }
  return bytes;
}

const char* name_of(Verb verb) {
  constexpr const char* kNames[] = {"connect", "close",   "duplicate", "receive",    "cancel",
                                    "send",    "reply",   "sleep",     "end",        "file",
                                    "open",    "on file", "fail",      "be hostile", "completion"};
  static_assert(std::size(kNames) == kVerbs);
  return kNames[static_cast<size_t>(verb)];
}

}  // namespace drmfilter::test

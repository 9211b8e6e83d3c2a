#include "fuzz/port_seeds.hpp"

#include <fltlink/wire/connect.h>
#include <fltlink/wire/messages.h>

#include "fuzz/port_messages.hpp"

namespace drmfilter::test {
namespace {

constexpr uint8_t kService = 0;
constexpr uint8_t kSecond = 1;
constexpr uint8_t kProgram = 2;

// Steps are in turn unless they are meant to race.
Step in_turn(uint8_t actor, Verb verb, std::array<uint8_t, 4> arguments, std::vector<uint8_t> payload = {}) {
  return {verb, actor, true, arguments, std::move(payload)};
}
Step racing(uint8_t actor, Verb verb, std::array<uint8_t, 4> arguments, std::vector<uint8_t> payload = {}) {
  return {verb, actor, false, arguments, std::move(payload)};
}

// With version 1.1, a small queue and messages of up to 4096 bytes.
Step connect_as(uint8_t actor, uint32_t role, uint8_t fail_open = 0, uint8_t port = 0) {
  return in_turn(actor, Verb::kConnect,
                 {static_cast<uint8_t>(port | 4), static_cast<uint8_t>(role - 1), 0x48, fail_open});
}
// With version 1.2 and batches of up to 8192 bytes; `delay` in 700 us.
Step connect_for_batches(uint8_t actor, uint8_t delay = 0) {
  return in_turn(actor, Verb::kConnect,
                 {4, FLTLINK_ROLE_SUBSCRIBER - 1 + 0x20, 0x48, static_cast<uint8_t>(0x10 + delay * 0x40)});
}
Step receive(uint8_t actor, uint8_t which, uint8_t port = 0) {
  return in_turn(actor, Verb::kReceive, {port, which, 0, 0});
}
Step policy(uint8_t actor, uint8_t pattern, uint8_t flags, uint8_t port = 0) {
  return in_turn(actor, Verb::kSend, {port, 1, pattern, flags});
}
Step request(uint8_t actor, uint8_t kind, uint8_t room = 0) {
  return in_turn(actor, Verb::kSend, {static_cast<uint8_t>(room << 2), kind, 0, 0});
}
Step read(uint8_t file) { return in_turn(kProgram, Verb::kFile, {0, file, 0, 0}); }
Step write(uint8_t file) { return in_turn(kProgram, Verb::kFile, {1, file, 8, 0}); }

constexpr uint8_t kAll = FLTLINK_PROTECT_ALL;
constexpr uint8_t kAsk = FLTLINK_PROTECT_ASK;

}  // namespace

std::vector<PortSeed> port_seeds() {
  return {
      {"events",
       {.steps = {connect_as(kService, FLTLINK_ROLE_SUBSCRIBER), receive(kService, 0), receive(kService, 1),
                  receive(kService, 2), write(1), read(0)}}},
      {"batches",
       {.steps = {connect_for_batches(kService), connect_for_batches(kSecond, 1), receive(kSecond, 0),
                  read(1), write(1), receive(kService, 0), receive(kSecond, 1), read(0),
                  receive(kService, 1)}}},
      {"batch-in-short-room",
       {.steps = {connect_for_batches(kService), write(1), read(1), receive(kService, 0),
                  in_turn(kService, Verb::kReceive, {0, 1, 6, 0}), write(1), receive(kService, 2),
                  in_turn(kService, Verb::kEnd, {0, 0, 0, 0})}}},
      {"block-notice",
       {.steps = {connect_as(kService, FLTLINK_ROLE_SUBSCRIBER), receive(kService, 0),
                  policy(kService, 0, kAll), write(0), receive(kService, 1), read(0)}}},
      {"old-client",
       {.steps = {in_turn(kService, Verb::kConnect, {0, kOldClient, 0, 0}), receive(kService, 0), read(1),
                  request(kService, 3), request(kService, 4)}}},
      {"requests",
       {.steps = {connect_as(kService, FLTLINK_ROLE_CONTROL), request(kService, 2), request(kService, 3),
                  request(kService, 4), request(kService, 5), request(kService, 0x43, 2),
                  in_turn(kService, Verb::kSend, {0, 0x43, 0, 1}),
                  in_turn(kService, Verb::kSend, {0, 0xC3, 0, 2}, {20, 0, 7})}}},
      {"short-room",
       {.steps = {connect_as(kService, FLTLINK_ROLE_CONTROL), request(kService, 3, 3),
                  request(kService, 5, 5), request(kService, 4, 1), request(kService, 3, 6),
                  request(kService, 3, 7), in_turn(kService, Verb::kSend, {0x20, 3, 0, 0}),
                  in_turn(kService, Verb::kSend, {0x40, 3, 0, 0})}}},
      {"raw-requests",
       {.steps = {connect_as(kService, FLTLINK_ROLE_CONTROL),
                  in_turn(kService, Verb::kSend, {0, 0, 0, 0}, {3, 0, 0, 0, 1, 2, 3, 4}),
                  in_turn(kService, Verb::kSend, {0, 0x83, 0, 0}, {255, 255, 132}),
                  in_turn(kService, Verb::kSend, {0, 0x81, 0, 1}, {8, 0, 0x40, 255, 255, 120})}}},
      {"authorizer-allows",
       {.steps = {connect_as(kService, FLTLINK_ROLE_AUTHORIZER), receive(kService, 0),
                  policy(kService, 0, kAll | kAsk), racing(kProgram, Verb::kFile, {1, 0, 8, 0}),
                  racing(kService, Verb::kSleep, {2, 0, 0, 0}),
                  racing(kService, Verb::kReply, {0, 0, 0, 1})}}},
      {"authorizer-answers-late",
       {.steps = {connect_as(kService, FLTLINK_ROLE_AUTHORIZER, 1), receive(kService, 0),
                  policy(kService, 0, kAll | kAsk), racing(kProgram, Verb::kFile, {1, 0, 8, 0}),
                  racing(kService, Verb::kSleep, {6, 0, 0, 0}), racing(kService, Verb::kReply, {0, 0, 0, 1}),
                  racing(kService, Verb::kReply, {0, 0, 0, 0})}}},
      {"disconnect-in-flow",
       {.steps = {connect_as(kService, FLTLINK_ROLE_SUBSCRIBER), receive(kService, 0), write(1),
                  racing(kProgram, Verb::kFile, {2, 1, 9, 0}), racing(kService, Verb::kClose, {0, 0, 0, 0}),
                  racing(kProgram, Verb::kFile, {0, 1, 0, 0})}}},
      {"nobody-receives",
       {.steps = {connect_as(kService, FLTLINK_ROLE_SUBSCRIBER), read(1), write(1),
                  in_turn(kService, Verb::kSleep, {6, 0, 0, 0}), receive(kService, 0)}}},
      {"killed",
       {.steps = {connect_as(kService, FLTLINK_ROLE_SUBSCRIBER), receive(kService, 0),
                  racing(kProgram, Verb::kFile, {1, 1, 9, 0}), racing(kProgram, Verb::kEnd, {1, 0, 0, 0}),
                  racing(kService, Verb::kSend, {0, 3, 0, 0}), racing(kProgram, Verb::kFile, {0, 1, 0, 0})}}},
      {"two-clients",
       {.cast = kSecondIsAdministrator,
        .steps = {connect_as(kService, FLTLINK_ROLE_SUBSCRIBER), connect_as(kSecond, FLTLINK_ROLE_SUBSCRIBER),
                  receive(kService, 0), receive(kSecond, 0), read(1),
                  racing(kService, Verb::kClose, {0, 0, 0, 0}), racing(kSecond, Verb::kReceive, {0, 1, 0, 0}),
                  request(kSecond, 5)}}},
      {"strangers",
       {.cast = kSecondIsOrdinary,
        .steps = {connect_as(kSecond, FLTLINK_ROLE_SUBSCRIBER), connect_as(kProgram, FLTLINK_ROLE_CONTROL),
                  in_turn(kService, Verb::kConnect, {12, 0, 0, 0}, {1, 2, 3, 4, 5})}}},
      {"out-of-memory",
       {.steps = {connect_as(kService, FLTLINK_ROLE_CONTROL), in_turn(kService, Verb::kFail, {0, 1, 0, 0}),
                  connect_as(kService, FLTLINK_ROLE_SUBSCRIBER, 0, 1),
                  in_turn(kService, Verb::kFail, {1, 0, 0, 0}),
                  connect_as(kService, FLTLINK_ROLE_SUBSCRIBER, 0, 2), policy(kService, 0, kAll),
                  in_turn(kService, Verb::kFail, {4, 1, 0, 0}), write(0),
                  in_turn(kService, Verb::kFail, {2, 1, 0, 0}), read(0)}}},
      {"sends-fail",
       {.steps = {connect_as(kService, FLTLINK_ROLE_SUBSCRIBER), receive(kService, 0),
                  in_turn(kService, Verb::kFail, {3, 3, 0, 0}), read(1)}}},
      {"hostile",
       {.steps = {in_turn(kService, Verb::kBeHostile, {3, 1, 0, 0}), read(1),
                  in_turn(kService, Verb::kBeHostile, {4, 2, 0, 0}),
                  racing(kService, Verb::kBeHostile, {16, 3, 0, 0}),
                  racing(kProgram, Verb::kFile, {1, 1, 4, 0})}}},
      {"handles",
       {.steps = {connect_as(kService, FLTLINK_ROLE_SUBSCRIBER),
                  in_turn(kService, Verb::kDuplicate, {4, 0, 0, 0}), receive(kService, 0, 1),
                  in_turn(kService, Verb::kClose, {4, 0, 0, 0}),
                  in_turn(kService, Verb::kCompletion, {0, 1, 0, 0}), receive(kService, 1, 1), read(1),
                  in_turn(kService, Verb::kCompletion, {1, 0, 0, 0}),
                  in_turn(kService, Verb::kCancel, {5, 0, 0, 0})}}},
      {"synchronous",
       {.steps = {in_turn(kService, Verb::kConnect, {0x14, 1, 0x48, 0}),
                  racing(kService, Verb::kReceive, {0, 0, 0, 0}), read(1),
                  racing(kService, Verb::kReceive, {12, 1, 0, 0})}}},
      {"files",
       {.steps = {connect_as(kService, FLTLINK_ROLE_CONTROL), policy(kService, 3, FLTLINK_PROTECT_STANDARD),
                  in_turn(kProgram, Verb::kOpen, {0, 0x13, 0x39, 0}),
                  in_turn(kProgram, Verb::kOnFile, {2, 9, 0, 0}),
                  in_turn(kProgram, Verb::kOnFile, {10, 1, 2, 0}),
                  in_turn(kProgram, Verb::kOnFile, {6, 1, 0, 0}),
                  in_turn(kProgram, Verb::kOpen, {3, 0x20, 0x79, 0}),
                  in_turn(kProgram, Verb::kOnFile, {1, 8, 0, 0}),
                  in_turn(kProgram, Verb::kFile, {3, 0, 2, 0}),
                  in_turn(kProgram, Verb::kFile, {4, 2, 0, 0})}}},
  };
}

}  // namespace drmfilter::test

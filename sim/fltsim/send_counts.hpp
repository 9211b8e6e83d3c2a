// What became of a driver's sends (FltSendMessage) on one connection, or on several together: the arithmetic of the
// port itself, which a driver's own books can be compared with.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace fltsim {

// How a send ends. A closed list. "Undelivered": no receive of the client took the message; "unanswered": one did,
// and the reply did not come.
enum class SendEnd : std::uint8_t {
  kDelivered,     // no reply was wanted
  kReplied,       // with whatever status the client chose
  kReplyTooLong,  // for the driver's buffer
  kRefused,       // the connection was closed already
  kTimedOutUndelivered,
  kTimedOutUnanswered,
  kDisconnectedUndelivered,
  kDisconnectedUnanswered,
  kTerminatedUndelivered,  // the sending thread was
  kTerminatedUnanswered,
};
inline constexpr std::size_t kSendEndCount = 10;

// started = the sum of ended + queued + awaiting, whenever no thread is inside the port.
struct SendCounts {
  std::uint64_t started = 0;
  std::array<std::uint64_t, kSendEndCount> ended{};  // by SendEnd
  std::uint64_t queued = 0;                          // now: wait for a receive
  std::uint64_t awaiting = 0;                        // now: wait for the reply

  std::uint64_t of(SendEnd end) const { return ended[static_cast<std::size_t>(end)]; }
  bool balanced() const;
};

void add(SendCounts& sum, const SendCounts& more);
// "5 sends: 3 delivered, 2 timed out undelivered"; what is zero is left out.
std::string to_string(const SendCounts& counts);

// The sends on one connection.
struct ConnectionSends {
  std::string port;              // \DrmFilterPort
  std::uint64_t connection = 0;  // its number, as findings and the trace have it
  SendCounts counts;
};

}  // namespace fltsim

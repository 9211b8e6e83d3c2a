#include "books.hpp"

#include "state.hpp"

constinit drmfilter::DriverBooks DrmFilterBooks;

namespace drmfilter {
namespace {

// One line of the log, and so of a trace.
void print(uint32_t connection_id, const char* what, const MessageCounters& counters, uint32_t level) {
  if (counters.produced == 0) return;
  const auto dropped = [&](DropReason reason) { return counters.dropped[static_cast<size_t>(reason)]; };
  DRMFILTER_LOG(
      level,
      "books of connection %u, %s: %I64u produced = %I64u delivered + %I64u pending + dropped: %I64u no "
      "subscriber, %I64u queue full, %I64u too large, %I64u timed out, %I64u disconnected, %I64u "
      "shutdown, %I64u no resources, %I64u send failed\n",
      connection_id, what, counters.produced, counters.delivered, counters.pending,
      dropped(DropReason::kNoSubscriber), dropped(DropReason::kQueueFull), dropped(DropReason::kTooLarge),
      dropped(DropReason::kTimedOut), dropped(DropReason::kDisconnected), dropped(DropReason::kShutdown),
      dropped(DropReason::kNoResources), dropped(DropReason::kSendFailed));
}

void print(uint32_t connection_id, const QuestionCounters& counters, uint32_t level) {
  if (counters.asked == 0) return;
  DRMFILTER_LOG(
      level,
      "books of connection %u, questions: %I64u asked = %I64u allowed + %I64u denied + %I64u pending + "
      "%I64u unanswered\n",
      connection_id, counters.asked, counters.allowed, counters.denied, counters.pending,
      counters.unanswered_total());
}

}  // namespace

void print_books(const ConnectionBooks& books, uint32_t level) {
  const uint32_t id = books.connection_id.load(MemoryOrder::kRelaxed);
  print(id, "file events", books.messages[static_cast<size_t>(MessageClass::kTelemetry)].read(), level);
  print(id, "block notices", books.messages[static_cast<size_t>(MessageClass::kCritical)].read(), level);
  print(id, books.questions.read(), level);
  RequestCounters requests;
  for (const LiveRequests& live : books.requests) add(requests, live.read());
  if (requests.received == 0) return;
  DRMFILTER_LOG(
      level,
      "books of connection %u, requests: %I64u received = %I64u accepted + %I64u pending + %I64u refused\n",
      id, requests.received, requests.accepted, requests.pending, requests.refused_total());
}

}  // namespace drmfilter

#include "fltsim/send_counts.hpp"

#include <numeric>
#include <string_view>

namespace fltsim {
namespace {

constexpr std::array<std::string_view, kSendEndCount> kWords = {
    "delivered",
    "replied",
    "answered at too great a length",
    "refused",
    "timed out undelivered",
    "timed out unanswered",
    "disconnected undelivered",
    "disconnected unanswered",
    "terminated undelivered",
    "terminated unanswered",
};

}  // namespace

bool SendCounts::balanced() const {
  return started == std::accumulate(ended.begin(), ended.end(), queued + awaiting);
}

void add(SendCounts& sum, const SendCounts& more) {
  sum.started += more.started;
  for (std::size_t end = 0; end < kSendEndCount; ++end) sum.ended[end] += more.ended[end];
  sum.queued += more.queued;
  sum.awaiting += more.awaiting;
}

std::string to_string(const SendCounts& counts) {
  std::string text = std::to_string(counts.started) + (counts.started == 1 ? " send" : " sends");
  const char* separator = ": ";
  const auto append = [&](std::uint64_t count, std::string_view word) {
    if (count == 0) return;
    text += separator + std::to_string(count) + ' ';
    text += word;
    separator = ", ";
  };
  for (std::size_t end = 0; end < kSendEndCount; ++end) append(counts.ended[end], kWords[end]);
  append(counts.queued, "queued");
  append(counts.awaiting, "awaiting a reply");
  return text;
}

}  // namespace fltsim

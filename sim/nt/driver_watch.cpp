#include "nt/driver_watch.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "loader/watch/watch.h"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"
#include "nt/guarded_copy.hpp"

namespace fltsim::nt {
namespace {

// So far behind its end a buffer is still what an access was meant for.
constexpr std::size_t kBehind = 64;
// No reply buffer is larger than what a driver would send for; a length that is a lie must not be followed.
constexpr std::size_t kWatchedMax = 4096;
constexpr std::size_t kRemembered = 64;

const std::byte* bytes_at(const void* address) { return static_cast<const std::byte*>(address); }

bool holds(const MessageBuffers::Buffer& buffer, const std::byte* at, std::size_t size) {
  return buffer.at != nullptr && at >= buffer.at && at + size <= buffer.at + buffer.size;
}

bool is_behind(const MessageBuffers::Buffer& buffer, const std::byte* at, std::size_t size) {
  if (buffer.at == nullptr || at < buffer.at) return false;
  const std::byte* end = buffer.at + buffer.size;
  return at + size > end && at < end + kBehind;
}

// The driver's own access is the next instruction, and may race with its other threads as that does.
std::uint8_t value_at(const std::byte* at) {
  return __atomic_load_n(reinterpret_cast<const std::uint8_t*>(at), __ATOMIC_RELAXED);
}

}  // namespace

// --- the buffers of MessageNotify ---

MessageBuffers::MessageBuffers(Thread& thread, const void* input, std::size_t input_size, const void* output,
                               std::size_t output_size, std::function<std::string()> connection)
    : thread_(thread),
      outer_(std::exchange(thread.message_buffers, this)),
      connection_(std::move(connection)),
      buffers_{Buffer{"InputBuffer", bytes_at(input), input_size},
               Buffer{"OutputBuffer", bytes_at(output), output_size}} {}

void MessageBuffers::touched(const std::byte* at, std::size_t size, bool is_write) {
  if (holds(buffers_[0], at, size)) {
    if (!is_write) read_input(at, size);
    return;
  }
  if (holds(buffers_[1], at, size)) return;
  for (Buffer& buffer : buffers_) {
    if (!is_behind(buffer, at, size) || std::exchange(buffer.told, true)) continue;
    report(thread_, "VER-48", Severity::kError,
           "MessageNotify touched byte " + std::to_string(at + size - 1 - buffer.at) + " of " + buffer.name +
               ", which has " + std::to_string(buffer.size) +
               " bytes: look at the length that the client gave before the buffer is used as a structure "
               "(MSG-3).",
           connection_());
  }
}

void MessageBuffers::read_input(const std::byte* at, std::size_t size) {
  const auto first = static_cast<std::size_t>(at - buffers_[0].at);
  if (read_.size() == 0) read_ = ByteRecord(std::min(buffers_[0].size, kWatchedMax));
  if (first + size > read_.size()) return;
  bool again = false;
  bool changed = false;
  // The client may write to it, or take it away, meanwhile.
  std::array<std::uint8_t, kWatchedMax> values;
  if (!guarded_read(values.data(), at, size)) return;
  for (std::size_t i = 0; i < size; ++i) {
    again = again || read_.knows(first + i);
    changed = changed || (read_.knows(first + i) && !read_.is(first + i, values[i]));
    read_.set(first + i, values[i]);
  }
  const std::string what = "MessageNotify read byte " + std::to_string(first) + " of InputBuffer twice";
  if (changed && !std::exchange(told_changed_, true)) {
    report(thread_, "VER-48", Severity::kError,
           what +
               ", and the client had changed it meanwhile: what was checked is not what is used. Copy the "
               "message "
               "once, inside __try, and look at the copy alone (MSG-3).",
           connection_());
  } else if (again && !std::exchange(told_again_, true)) {
    report(thread_, "VER-48", Severity::kWarning,
           what +
               ": the client can change it in between. Copy the message once, inside __try, and look at the "
               "copy "
               "alone (MSG-3).",
           connection_());
  }
}

std::string MessageBuffers::missing_buffer(std::uintptr_t address) const {
  for (const Buffer& buffer : buffers_) {
    if (buffer.at == nullptr && address < buffer.size) return buffer.name;
  }
  return {};
}

// --- the reply buffers of sends ---

void DriverWatch::leave_reply(const Reply& reply) {
  if (reply.buffer == nullptr || !is_told()) return;
  const std::byte* const at = bytes_at(reply.buffer);
  const std::size_t size = std::min(reply.size, kWatchedMax);
  const std::size_t written = std::min(reply.written, size);
  const std::size_t usable = std::min(reply.usable, written);
  forget(at, size);
  leave(at + usable, written - usable, Severity::kWarning,
        "bytes of a reply were used after FltSendMessage " + reply.after +
            ": what the buffer then holds depends on the version of Windows (WIRE-12, REPLY-6). Use a reply "
            "after "
            "STATUS_SUCCESS alone.",
        reply.object);
  leave(at + written, size - written, Severity::kError,
        "bytes of a reply buffer were used that no client has written: FltSendMessage " + reply.after +
            ". Use a reply after STATUS_SUCCESS alone, and no more of it than *ReplyLength says (WIRE-10, "
            "SEND-8, "
            "SEND-9).",
        reply.object);
}

void DriverWatch::leave(const std::byte* at, std::size_t size, Severity severity, std::string text,
                        std::string object) {
  if (size == 0) return;
  ByteRecord left(size);
  for (std::size_t i = 0; i < size; ++i) left.set(i, value_at(at + i));
  const std::lock_guard lock(mutex_);
  if (unanswered_.size() >= kRemembered) unanswered_.pop_front();
  unanswered_.push_back({at, std::move(left), severity, std::move(text), std::move(object)});
  count_.store(unanswered_.size(), std::memory_order_relaxed);
}

void DriverWatch::forget(const void* at, std::size_t size) {
  if (count_.load(std::memory_order_relaxed) == 0) return;
  const std::byte* const begin = bytes_at(at);
  const std::lock_guard lock(mutex_);
  std::erase_if(unanswered_, [&](const Unanswered& one) {
    return one.at < begin + size && begin < one.at + one.left.size();
  });
  count_.store(unanswered_.size(), std::memory_order_relaxed);
}

// Whether one of the bytes is read that no client has written. Written to, it is the driver's own from now on.
bool DriverWatch::is_used(Unanswered& one, const std::byte* at, std::size_t size, bool is_write) {
  bool used = false;
  for (const std::byte* byte = std::max(at, one.at); byte < std::min(at + size, one.at + one.left.size());
       ++byte) {
    const auto index = static_cast<std::size_t>(byte - one.at);
    if (!is_write && one.left.knows(index) && one.left.is(index, value_at(byte))) used = true;
    if (is_write) one.left.forget(index);
  }
  return used;
}

void DriverWatch::touched(Thread& thread, const std::byte* at, std::size_t size, bool is_write) {
  if (!is_told_.load(std::memory_order_relaxed)) is_told_.store(true, std::memory_order_relaxed);
  if (thread.message_buffers != nullptr) thread.message_buffers->touched(at, size, is_write);
  if (count_.load(std::memory_order_relaxed) == 0) return;
  std::deque<Unanswered> used;
  {
    const std::lock_guard lock(mutex_);
    for (auto one = unanswered_.begin(); one != unanswered_.end();) {
      if (!is_used(*one, at, size, is_write)) {
        ++one;
        continue;
      }
      used.push_back(std::move(*one));
      one = unanswered_.erase(one);
    }
    count_.store(unanswered_.size(), std::memory_order_relaxed);
  }
  for (Unanswered& one : used)
    report(thread, "VER-49", one.severity, std::move(one.text), std::move(one.object));
}

}  // namespace fltsim::nt

using namespace fltsim;

// --- what watched drivers call ---

extern "C" {

void fltsim_driver_touches(const void* address, size_t size, int is_write) {
  nt::Thread* const thread = nt::current_thread_or_null();
  if (thread == nullptr || size == 0) return;
  thread->system.nt().driver_watch().touched(*thread, nt::bytes_at(address), size, is_write != 0);
}

// Locals of the function, and of those that it called, lie between this frame and the end of its own.
void fltsim_driver_leaves(const void* frame) {
  nt::Thread* const thread = nt::current_thread_or_null();
  if (thread == nullptr) return;
  const std::byte* const here = nt::bytes_at(__builtin_frame_address(0));
  const std::byte* const end = nt::bytes_at(frame);
  if (end > here) thread->system.nt().driver_watch().forget(here, static_cast<std::size_t>(end - here));
}

}  // extern "C"

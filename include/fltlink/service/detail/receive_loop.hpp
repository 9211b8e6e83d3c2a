// The bodies of ReceiveLoop.
#pragma once

#include <algorithm>

#include <fltlink/service/receive_loop.hpp>

namespace fltlink {

inline ReceiveLoop::ReceiveLoop(Host& host, Port& port, Handlers& handlers, const LoopOptions& options)
    : host_(host),
      port_(port),
      handlers_(handlers),
      options_(options),
      driver_(port, options.authenticator),
      desk_(options.workers, options.questions_waiting_max, options.receives, open_slots_),
      shortages_(options.shortage_quiet) {
  FLTLINK_ASSERT(options.workers > 0 && options.receives > 0);
  FLTLINK_ASSERT(options.buffer_size >= FLTLINK_MESSAGE_HEADER_SIZE);
  FLTLINK_ASSERT(options.buffer_size <= options.buffer_size_max);
  FLTLINK_ASSERT(options.warn_percent > 0 && options.warn_percent <= 100);
  FLTLINK_ASSERT(options.deny_status < 0);
  FLTLINK_ASSERT(!options.context || options.context->fail_open == 0);
  FLTLINK_ASSERT(options.context || options.authenticator == nullptr);
  FLTLINK_ASSERT(!options.context ||
                 options.context->batch_size_max <= options.buffer_size_max - FLTLINK_MESSAGE_HEADER_SIZE);
  // Whatever needs memory takes it here: threads of the loop have nobody to throw to.
  for (size_t i = 0; i < options.receives; ++i) {
    slots_.push_back(std::make_unique<Slot>());
    slots_.back()->storage.reserve(options.buffer_size_max);
  }
  worker_threads_.reserve(options.workers + 1);
}

inline StartOutcome ReceiveLoop::start() {
  FLTLINK_ASSERT(connection_thread_ == nullptr && worker_threads_.empty());
  const size_t workers = options_.workers + 1;
  watch_thread_ = host_.spawn("fltlink watch", &run_watch, this);
  while (watch_thread_ != nullptr && worker_threads_.size() < workers) {
    void* thread = host_.spawn("fltlink worker", &run_worker, this);
    if (thread == nullptr) break;
    worker_threads_.push_back(thread);
  }
  if (worker_threads_.size() == workers) {
    connection_thread_ = host_.spawn("fltlink connection", &run_connection, this);
  }
  if (connection_thread_ != nullptr) return StartOutcome::kStarted;
  end_workers();
  end_watch();
  return StartOutcome::kNoThreads;
}

inline void ReceiveLoop::request_stop() {
  stopping_.store(true, MemoryOrder::kRelease);
  host_.wake(spot_);
}

inline void ReceiveLoop::stop() {
  request_stop();
  if (connection_thread_ == nullptr) return;
  host_.join(connection_thread_);
  connection_thread_ = nullptr;
}

inline void ReceiveLoop::request_attention() {
  attention_.store(true, MemoryOrder::kRelease);
  host_.wake(spot_);
}

// --- the connection thread ---

inline void ReceiveLoop::run_connection(void* self) {
  auto* loop = static_cast<ReceiveLoop*>(self);
  loop->connect_and_serve();
  loop->end_workers();
  loop->end_watch();
}

inline void ReceiveLoop::connect_and_serve() {
  Backoff backoff(options_.backoff);
  while (!stopping_.load(MemoryOrder::kAcquire)) {
    if (open_connection()) {
      const Ticks start = host_.now();
      serve();
      // A connection that outlived the longest pause was a good one.
      if (host_.now() - start >= options_.backoff.limit) backoff.reset();
    }
    pause(backoff.next());
  }
}

inline bool ReceiveLoop::open_connection() {
  uint8_t context[FLTLINK_CONNECT_CONTEXT_SIZE];
  size_t size = 0;
  if (options_.context) {
    const auto encoded = encode_connect_context(asked_context(), context);
    FLTLINK_ASSERT(encoded.ok());
    size = *encoded;
  }
  const ConnectResult result = port_.connect(Bytes(context, size));
  if (action_for(result.outcome, false) != LoopAction::kDeliver) {
    counters_.add(LoopCounter::kConnectsFailed);
    report(Trouble::kConnectFailed, result.code);
    return false;
  }
  if (authenticate() && agree_terms_with_driver()) return true;
  port_.close();
  return false;
}

inline ConnectContext ReceiveLoop::asked_context() const {
  ConnectContext asked = *options_.context;
  if (asked.role == FLTLINK_ROLE_AUTHORIZER) asked.fail_open = fail_open_flags(options_.fail.authorize);
  return asked;
}

inline bool ReceiveLoop::authenticate() {
  if (options_.authenticator == nullptr) return true;
  const RequestResult result = driver_.authenticate(asked_context());
  if (result.outcome == RequestOutcome::kDone) return true;
  counters_.add(LoopCounter::kAuthenticationsFailed);
  report(Trouble::kAuthenticationFailed, result.code);
  return false;
}

inline bool ReceiveLoop::agree_terms_with_driver() {
  terms_ = ConnectionTerms{};
  sender_wait_ = options_.sender_wait;
  if (!options_.context) return true;
  const Answered<ConnectionTerms> answered = driver_.negotiate();
  if (answered.result.outcome == RequestOutcome::kDone) {
    terms_ = answered.value;
    if (terms_.reply_timeout_ms != 0) sender_wait_ = terms_.reply_timeout_ms * kTicksPerMillisecond;
    return true;
  }
  counters_.add(LoopCounter::kNegotiationsFailed);
  report(Trouble::kNegotiationFailed, answered.result.code);
  return false;
}

// Returns early when the loop is asked to stop.
inline void ReceiveLoop::pause(Ticks duration) {
  const Ticks deadline = host_.now() + duration;
  while (!stopping_.load(MemoryOrder::kAcquire)) {
    if (host_.park(spot_, deadline) == ParkOutcome::kTimedOut) return;
  }
}

inline void ReceiveLoop::serve() {
  counters_.add(LoopCounter::kConnected);
  lost_.store(false, MemoryOrder::kRelaxed);
  draining_.store(false, MemoryOrder::kSeqCst);
  aborts_in_a_row_.store(0, MemoryOrder::kRelaxed);
  post_all();
  ConnectionUse use = ConnectionUse::kReconnect;
  if (!lost_.load(MemoryOrder::kAcquire)) {
    use = handlers_.on_connected(driver_, terms_);
    if (use == ConnectionUse::kReconnect) lose_connection(0);
  }
  connected_.store(!lost_.load(MemoryOrder::kAcquire), MemoryOrder::kRelease);
  attend(use);
  connected_.store(false, MemoryOrder::kRelease);
  drain();
}

inline void ReceiveLoop::post_all() {
  // Counted beforehand, so that a worker that retires the first one does not find zero.
  open_slots_.store(slots_.size(), MemoryOrder::kRelaxed);
  const size_t largest = std::max(terms_.message_size_max, terms_.batch_size_max);
  const size_t wanted = FLTLINK_MESSAGE_HEADER_SIZE + largest;
  const size_t agreed = wanted < options_.buffer_size_max ? wanted : options_.buffer_size_max;
  const size_t size = agreed > options_.buffer_size ? agreed : options_.buffer_size;
  for (const auto& slot : slots_) {
    if (slot->storage.size() < size) slot->resize(size);
  }
  for (const auto& slot : slots_) {
    if (!post(*slot)) retire();
  }
}

// Returns when the connection is lost or the loop is to stop. `use` is what the handler has said last.
inline void ReceiveLoop::attend(ConnectionUse use) {
  Backoff backoff(options_.backoff);
  while (!stopping_.load(MemoryOrder::kAcquire) && !lost_.load(MemoryOrder::kAcquire)) {
    if (attention_.exchange(false, MemoryOrder::kAcquire)) {
      use = handlers_.on_attention(driver_);
      if (use == ConnectionUse::kReconnect) lose_connection(0);
      continue;
    }
    if (use != ConnectionUse::kTryAgain) backoff.reset();
    const Ticks again = use == ConnectionUse::kTryAgain ? host_.now() + backoff.next() : kForever;
    if (host_.park(spot_, again) == ParkOutcome::kTimedOut) attention_.store(true, MemoryOrder::kRelaxed);
  }
}

inline void ReceiveLoop::drain() {
  draining_.store(true, MemoryOrder::kSeqCst);  // SYNC POINT DRAIN
  port_.cancel_all();
  while (open_slots_.load(MemoryOrder::kAcquire) != 0) {  // SYNC POINT RETIRE
    static_cast<void>(host_.park(spot_, kForever));
  }
  port_.close();
}

inline void ReceiveLoop::end_workers() {
  for (size_t i = 0; i < worker_threads_.size(); ++i) port_.interrupt();
  for (void* thread : worker_threads_) host_.join(thread);
  worker_threads_.clear();
}

// Behind the workers: a handler that is still at it when the loop is stopped has its deadline all the same.
inline void ReceiveLoop::end_watch() {
  if (watch_thread_ == nullptr) return;
  watch_ending_.store(true, MemoryOrder::kRelease);
  host_.wake(watch_spot_);
  host_.join(watch_thread_);
  watch_thread_ = nullptr;
}

// --- workers: the receives ---

inline void ReceiveLoop::run_worker(void* self) {
  auto* loop = static_cast<ReceiveLoop*>(self);
  for (;;) {
    const Completion completion = loop->port_.wait(kForever);
    if (completion.outcome == WaitOutcome::kInterrupted) return;
    FLTLINK_ASSERT(completion.outcome == WaitOutcome::kReceive);
    loop->take(static_cast<Slot&>(*completion.receive), completion);
  }
}

inline void ReceiveLoop::take(Slot& slot, const Completion& completion) {
  const bool was_last = idle_receives_.fetch_sub(1, MemoryOrder::kRelaxed) == 1;
  if (completion.result == ReceiveOutcome::kFailed) counters_.add(LoopCounter::kReceivesFailed);
  switch (action_for(completion.result, draining_.load(MemoryOrder::kAcquire))) {
    case LoopAction::kDeliver:
      aborts_in_a_row_.store(0, MemoryOrder::kRelaxed);
      if (was_last) {
        counters_.add(LoopCounter::kReceivesExhausted);
        meet_shortage(detail::Shortage::kReceives);
      }
      return receive(slot, completion.size);
    case LoopAction::kRetry:
      return retry(slot, completion);
    case LoopAction::kReconnect:
      lose_connection(completion.code);
      return retire();
    case LoopAction::kStop:
    case LoopAction::kDrop:
      return retire();
  }
}

// A message that is too large stays with its sender and meets the larger buffer (GET-7). One that fits no
// buffer that we may have is a breach of the agreed terms; dropping the connection frees its sender, where
// posting again would spin.
inline void ReceiveLoop::retry(Slot& slot, const Completion& completion) {
  if (completion.result == ReceiveOutcome::kAborted) {
    counters_.add(LoopCounter::kReceivesAborted);
    const uint32_t aborts = aborts_in_a_row_.fetch_add(1, MemoryOrder::kRelaxed) + 1;
    if (aborts >= kAbortsInARow) lose_connection(completion.code);
    return post_again(slot);
  }
  counters_.add(LoopCounter::kReceivesTooSmall);
  if (slot.storage.size() < options_.buffer_size_max) {
    counters_.add(LoopCounter::kBuffersGrown);
    const size_t doubled = slot.storage.size() * 2;
    slot.resize(doubled < options_.buffer_size_max ? doubled : options_.buffer_size_max);
  } else {
    lose_connection(completion.code);
  }
  post_again(slot);
}

// Posts the slot, or retires it when the connection is on its way out.
inline void ReceiveLoop::post_again(Slot& slot) {
  if (draining_.load(MemoryOrder::kAcquire) || lost_.load(MemoryOrder::kAcquire)) return retire();
  if (!post(slot)) return retire();
  if (draining_.load(MemoryOrder::kSeqCst)) port_.cancel_all();  // SYNC POINT DRAIN
}

inline bool ReceiveLoop::post(Slot& slot) {
  idle_receives_.fetch_add(1, MemoryOrder::kRelaxed);
  const PostResult result = port_.post(slot);
  const LoopAction action = action_for(result.outcome, draining_.load(MemoryOrder::kAcquire));
  if (action == LoopAction::kDeliver) return true;
  idle_receives_.fetch_sub(1, MemoryOrder::kRelaxed);
  if (result.outcome == PostOutcome::kFailed) counters_.add(LoopCounter::kReceivesFailed);
  if (action == LoopAction::kReconnect) lose_connection(result.code);
  return false;
}

inline void ReceiveLoop::retire() {
  if (open_slots_.fetch_sub(1, MemoryOrder::kAcqRel) == 1) host_.wake(spot_);  // SYNC POINT RETIRE
}

// Always before the slot that told is retired: the connection thread clears lost_ only when all slots are.
inline void ReceiveLoop::lose_connection(uint32_t code) {
  if (draining_.load(MemoryOrder::kAcquire) || lost_.exchange(true, MemoryOrder::kAcqRel)) return;
  counters_.add(LoopCounter::kConnectionsLost);
  report(Trouble::kConnectionLost, code);
  host_.wake(spot_);
}

}  // namespace fltlink

#include <fltlink/service/detail/receive_loop_messages.hpp>

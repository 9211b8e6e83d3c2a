// How a machine is set up: scheduler, seed, and the choices that Windows' documentation leaves open.
#pragma once

#include <cstdint>
#include <optional>

namespace fltsim {

enum class SchedulerKind {
  kSeeded,  // one simulated thread at a time, virtual time, replayable from the seed
  kHost,    // operating-system threads in real time: for benchmarks and the thread sanitizer
};

// Points of the filter manager's behaviour that rest on weak sources (confidence C or D in
// docs/SEMANTICS.md). The defaults are our reading; a test of a driver should pass under every value.
struct Semantics {
  enum class ZeroTimeout {
    kPoll,
    kForever
  };
  ZeroTimeout send_zero_timeout = ZeroTimeout::kPoll;  // SEND-11, H-1
  enum class TimeoutScope {
    kTotal,
    kPerPhase
  };
  TimeoutScope send_timeout_scope = TimeoutScope::kTotal;  // SEND-10, H-2
  enum class MessageIds {
    kRepliesOnly,
    kEveryMessage
  };
  MessageIds message_ids = MessageIds::kRepliesOnly;    // WIRE-15, H-4
  std::uint32_t no_message_notify_status = 0xC00000BB;  // MSG-6, H-5: STATUS_NOT_SUPPORTED
  bool port_names_case_insensitive = true;              // CONN-19, H-6
  enum class EmptyContext {
    kNull,
    kNonNull
  };
  EmptyContext empty_connect_context = EmptyContext::kNull;  // CONN-12, H-7
  bool disconnect_notify_after_kernel_close = false;         // DISC-6, H-8
  std::uint32_t own_close_receive_status = 0xC0000120;       // GET-11, H-9: STATUS_CANCELLED
  enum class UnregisterOrder {
    kInstancesFirst,
    kPortsFirst
  };
  UnregisterOrder unregister_order = UnregisterOrder::kInstancesFirst;  // H-10
  bool altitude_clash_fails_registration = false;                       // ALT-9, H-12
  bool context_can_be_set_again = false;                                // CTX-13, H-15
  bool connect_needs_all_access = true;                                 // PORT-14
  enum class OverflowCopy {
    kPrefix,
    kNothing
  };
  OverflowCopy reply_overflow_copy = OverflowCopy::kPrefix;  // WIRE-12
  bool prefer_fitting_receive = true;                        // GET-8
  bool short_receive_fails_at_call = true;                   // GET-13
  bool receive_buffer_checked_at_call = true;                // GET-14
  bool reply_payload_on_error_status = true;                 // REPLY-6
  bool reply_alignment_checked = true;                       // REPLY-8
  bool slot_needs_client_port_close = true;                  // DISC-8; false: DisconnectNotify alone frees it
  enum class DisconnectOrder {
    kSendersFirst,
    kNotifyFirst
  };
  DisconnectOrder disconnect_order = DisconnectOrder::kSendersFirst;  // DISC-9
};

struct Options {
  SchedulerKind scheduler = SchedulerKind::kSeeded;
  // Without a value: the number in the environment variable FLTLINK_SEED, or 1.
  std::optional<std::uint64_t> seed;
  // How long a seeded run may go on inside one call of the control thread before it counts as never settling.
  std::uint64_t switches_max = 50'000'000;
  std::uint64_t watchdog_ms = 20'000;
  // On the operating system's threads: how often a thread that has to wait looks again, with a pause of the processor
  // between two looks, before it parks. A partner on another processor that answers soon then costs no system call. While
  // it looks it keeps its processor busy, so none is right where threads share one, and is the default.
  std::uint32_t host_looks = 0;
  // The trace costs memory for each operation; the demo at full speed runs without.
  bool trace = true;
  // Off, findings of callbacks and of sends that are not fatal are not looked for (most of VER-1 to VER-15, VER-26 to
  // VER-28, VER-33 to VER-35), none but fatal ones are kept, and drivers are trusted: not to write to what is the filter
  // manager's, and not to overstate a reply buffer. What operations and routines answer is the same, and where Windows
  // stops, the machine stops.
  bool verifier = true;
  // Off, Machine::callbacks() has nothing to say.
  bool count_callbacks = true;
  Semantics semantics;
};

}  // namespace fltsim

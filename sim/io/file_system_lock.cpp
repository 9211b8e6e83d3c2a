// Byte-range locks at the bottom of the stack.
#include <atomic>
#include <memory>

#include "io/file_system_call.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "nt/process.hpp"

namespace fltsim::io {

namespace {

// What a thread waits with until somebody completes its request.
struct LockWait {
  LockWait() { nt::Dispatcher::initialize(header, nt::DispatcherType::kNotificationEvent, 0); }
  nt::DispatcherHeader header{};
  std::atomic<NTSTATUS> status{STATUS_PENDING};
};

const void* process_of(const Operation& operation) {
  return operation.originator != nullptr ? &operation.originator->process : nullptr;
}

ByteRange range_of(FileObject& file, const FLT_PARAMETERS& parameters) {
  const auto& lock = parameters.LockControl;
  ByteRange range;
  range.offset = static_cast<std::uint64_t>(lock.ByteOffset.QuadPart);
  range.length = lock.Length != nullptr ? static_cast<std::uint64_t>(lock.Length->QuadPart) : 0;
  range.key = lock.Key;
  range.exclusive = lock.ExclusiveLock != FALSE;
  range.file = &file;
  range.process = lock.ProcessId;
  return range;
}

IO_STATUS_BLOCK lock_range(FileObject& file, const Operation& operation, const FLT_PARAMETERS& parameters) {
  nt::Thread& thread = nt::current_thread("a byte-range lock");
  nt::Dispatcher& dispatcher = thread.system.nt().dispatcher();
  ByteRangeLocks& locks = file.stream->locks;
  const ByteRange range = range_of(file, parameters);
  const bool fast = operation.kind == Operation::Kind::kFastIo;
  const bool fail_immediately = parameters.LockControl.FailImmediately != FALSE;
  const auto wait = std::make_shared<LockWait>();
  ByteRangeLocks::Ticket ticket = 0;
  const NTSTATUS status = locks.lock(
      range, fast || fail_immediately,
      [wait, &dispatcher](NTSTATUS told) {
        wait->status.store(told);
        dispatcher.set(wait->header);
      },
      ticket);
  // Fast I/O cannot wait: the same request comes back as an IRP.
  if (fast && !fail_immediately && status == STATUS_LOCK_NOT_GRANTED)
    return answer(STATUS_FLT_DISALLOW_FAST_IO);
  if (status != STATUS_PENDING) return answer(status);
  if (operation.about_to_wait) operation.about_to_wait();
  const nt::WaitOutcome outcome =
      dispatcher.wait(thread, wait->header,
                      {.ends_on_termination = true, .kind = "byte-range lock", .object = file.trace_name});
  if (outcome.result == nt::WaitResult::kTerminated && locks.withdraw(ticket))
    return answer(STATUS_CANCELLED);
  return answer(wait->status.load() == STATUS_PENDING ? STATUS_CANCELLED : wait->status.load());
}

}  // namespace

bool locks_allow(FileObject& file, const Operation& operation, ULONG key, LONGLONG offset, std::size_t length,
                 bool write) {
  const ByteRangeLocks& locks = file.stream->locks;
  if (locks.empty() || length == 0) return true;
  if (offset < 0) {  // an append
    fs::FileInformation now;
    if (!NT_SUCCESS(file.file_system().query_information(*file.open, now))) return true;
    offset = static_cast<LONGLONG>(now.end_of_file);
  }
  ByteRange range;
  range.offset = static_cast<std::uint64_t>(offset);
  range.length = length;
  range.key = key;
  range.file = &file;
  range.process = process_of(operation);
  return write ? locks.allows_write(range) : locks.allows_read(range);
}

IO_STATUS_BLOCK lock_below(FileObject& file, const Operation& operation,
                           const FLT_IO_PARAMETER_BLOCK& block) {
  if (file.open->kind() != fs::OpenKind::kData) return answer(STATUS_INVALID_PARAMETER);
  const auto& asked = block.Parameters.LockControl;
  ByteRangeLocks& locks = file.stream->locks;
  switch (block.MinorFunction) {
    case IRP_MN_LOCK:
      file.LockOperation = TRUE;
      return lock_range(file, operation, block.Parameters);
    case IRP_MN_UNLOCK_SINGLE:
      return answer(locks.unlock(range_of(file, block.Parameters)));
    case IRP_MN_UNLOCK_ALL:
      locks.unlock_all(&file, asked.ProcessId, std::nullopt);
      return answer(STATUS_SUCCESS);
    case IRP_MN_UNLOCK_ALL_BY_KEY:
      locks.unlock_all(&file, asked.ProcessId, asked.Key);
      return answer(STATUS_SUCCESS);
    default:
      return answer(STATUS_INVALID_DEVICE_REQUEST);
  }
}

}  // namespace fltsim::io

// Change notification at the bottom of the stack.
#include <atomic>
#include <cstring>
#include <memory>

#include "io/file_system_call.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim::io {

namespace {

struct NotifyWait {
  NotifyWait() { nt::Dispatcher::initialize(header, nt::DispatcherType::kNotificationEvent, 0); }
  nt::DispatcherHeader header{};
  std::atomic<bool> told{false};
  DirectoryWatches::Told answer;
};

IO_STATUS_BLOCK hand_over(const FileObject& file, const FLT_PARAMETERS& parameters,
                          DirectoryWatches::Told& told) {
  const auto& asked = parameters.DirectoryControl.NotifyDirectory;
  if (told.entries.empty()) return answer(told.status);
  void* const buffer = data_buffer(asked.MdlAddress, asked.DirectoryBuffer);
  if (!is_present(file, buffer, told.entries.size())) return answer(STATUS_INVALID_USER_BUFFER);
  std::memcpy(buffer, told.entries.data(), told.entries.size());
  return answer(told.status, told.entries.size());
}

}  // namespace

IO_STATUS_BLOCK notify_below(FileObject& file, const Operation& operation,
                             const FLT_IO_PARAMETER_BLOCK& block) {
  if (file.open->kind() != fs::OpenKind::kDirectory) return answer(STATUS_INVALID_PARAMETER);
  if (file.has_flag(FO_CLEANUP_COMPLETE)) return answer(STATUS_NOTIFY_CLEANUP);
  const auto& asked = block.Parameters.DirectoryControl.NotifyDirectory;
  DirectoryWatches::Request request;
  request.file = &file;
  request.filter = asked.CompletionFilter;
  request.tree = (block.OperationFlags & SL_WATCH_TREE) != 0;
  request.room = asked.Length;
  const NTSTATUS named = file.file_system().query_name(*file.open, request.path);
  if (!NT_SUCCESS(named)) return answer(named == STATUS_FILE_DELETED ? STATUS_DELETE_PENDING : named);

  nt::Thread& thread = nt::current_thread("a change notification");
  nt::Dispatcher& dispatcher = thread.system.nt().dispatcher();
  DirectoryWatches& watches = file.volume->watches();
  const auto wait = std::make_shared<NotifyWait>();
  DirectoryWatches::Ticket ticket = 0;
  const bool at_once = watches.wait(
      request, wait->answer,
      [wait, &dispatcher](DirectoryWatches::Told told) {
        wait->answer = std::move(told);
        wait->told = true;
        dispatcher.set(wait->header);
      },
      ticket);
  if (at_once) return hand_over(file, block.Parameters, wait->answer);
  if (operation.about_to_wait) operation.about_to_wait();
  const nt::WaitOutcome outcome = dispatcher.wait(
      thread, wait->header,
      {.ends_on_termination = true, .kind = "change notification", .object = file.trace_name});
  if (outcome.result == nt::WaitResult::kTerminated && watches.withdraw(&file, ticket))
    return answer(STATUS_CANCELLED);
  // Who has taken the request out of the list is about to tell.
  while (outcome.result == nt::WaitResult::kTerminated && !wait->told) {
    static_cast<void>(
        dispatcher.wait(thread, wait->header, {.kind = "change notification", .object = file.trace_name}));
  }
  return hand_over(file, block.Parameters, wait->answer);
}

}  // namespace fltsim::io

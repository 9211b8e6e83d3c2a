#include "nt/process_notifications.hpp"

#include <algorithm>

#include "nt/driver_call.hpp"
#include "nt/wdk.hpp"

namespace fltsim::nt {
namespace {

UNICODE_STRING counted(std::u16string& text) {
  const auto size = static_cast<USHORT>(text.size() * sizeof(WCHAR));
  return {size, static_cast<USHORT>(size + sizeof(WCHAR)), text.data()};
}

const char* text_of(ProcessNotifications::Kind kind) {
  switch (kind) {
    case ProcessNotifications::Kind::kThread:
    case ProcessNotifications::Kind::kThreadNonSystem:
      return "PsRemoveCreateThreadNotifyRoutine";
    case ProcessNotifications::Kind::kImage:
      return "PsRemoveLoadImageNotifyRoutine";
    default:
      return "the routine that registered it with Remove set to TRUE";
  }
}

}  // namespace

Status ProcessNotifications::add(Thread& thread, Kind kind, void* routine) {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Entry& entry : entries_) {
    if (entry.kind != kind || entry.removed) continue;
    if (entry.routine == routine) return STATUS_INVALID_PARAMETER;
    ++count;
  }
  if (count == kRoutinesMax) return STATUS_INVALID_PARAMETER;
  entries_.push_back({kind, routine, thread.driver, ++numbers_});
  return STATUS_SUCCESS;
}

Status ProcessNotifications::remove(Thread& thread, Kind kind, void* routine) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.kind == kind && entry.routine == routine && !entry.removed;
    });
    if (found == entries_.end()) return STATUS_PROCEDURE_NOT_FOUND;
    found->removed = true;
    number = found->number;
  }
  thread.system.nt().locks().acquire(
      this,
      [&] {
        const std::lock_guard lock(mutex_);
        return std::erase_if(entries_, [&](const Entry& entry) {
                 return entry.number == number && entry.running == 0;
               }) != 0;
      },
      [&] {
        return sched::WaitReason{"the end of a notify routine's calls", {}, nullptr};
      });
  return STATUS_SUCCESS;
}

bool ProcessNotifications::any(Kind kind) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.kind == kind && !entry.removed; });
}

template <class Call>
void ProcessNotifications::for_each(Thread& thread, Kind kind, Call call) {
  for (std::uint64_t after = 0;;) {
    void* routine = nullptr;
    const DriverIdentity* driver = nullptr;
    {
      const std::lock_guard lock(mutex_);
      const auto next = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
        return entry.kind == kind && entry.number > after && !entry.removed;
      });
      if (next == entries_.end()) return;
      after = next->number;
      routine = next->routine;
      driver = next->driver;
      ++next->running;
    }
    {
      // The system calls it, whoever's thread this is.
      const KernelCallScope kernel(thread);
      const DriverScope scope(thread, driver);
      ++thread.critical_regions;
      call_driver([&] {
        call(routine);
        return 0;
      });
      --thread.critical_regions;
    }
    thread.system.nt().locks().release(this, [&] {
      const std::lock_guard lock(mutex_);
      for (Entry& entry : entries_) {
        if (entry.number == after) --entry.running;
      }
    });
  }
}

Status ProcessNotifications::process_begins(Thread& creator, Process& process, FILE_OBJECT* file) {
  for_each(creator, Kind::kProcess, [&](void* routine) {
    reinterpret_cast<PCREATE_PROCESS_NOTIFY_ROUTINE>(routine)(UlongToHandle(process.parent_id),
                                                              UlongToHandle(process.id), TRUE);
  });
  std::u16string image = u"\\??\\" + process.dos_image;
  std::u16string command = process.command_line;
  UNICODE_STRING image_name = counted(image);
  UNICODE_STRING command_line = counted(command);
  PS_CREATE_NOTIFY_INFO info{};
  info.Size = sizeof info;
  info.FileOpenNameAvailable = 1;
  info.ParentProcessId = UlongToHandle(process.parent_id);
  info.CreatingThreadId = {UlongToHandle(creator.process.id), UlongToHandle(creator.id)};
  info.FileObject = file;
  info.ImageFileName = &image_name;
  info.CommandLine = &command_line;
  Status denied = STATUS_SUCCESS;
  for_each(creator, Kind::kProcessEx, [&](void* routine) {
    reinterpret_cast<PCREATE_PROCESS_NOTIFY_ROUTINE_EX>(routine)(to_wdk(&process), UlongToHandle(process.id),
                                                                 &info);
  });
  if (!NT_SUCCESS(info.CreationStatus)) denied = info.CreationStatus;
  return denied;
}

void ProcessNotifications::process_ends(Thread& thread, Process& process) {
  for_each(thread, Kind::kProcess, [&](void* routine) {
    reinterpret_cast<PCREATE_PROCESS_NOTIFY_ROUTINE>(routine)(UlongToHandle(process.parent_id),
                                                              UlongToHandle(process.id), FALSE);
  });
  for_each(thread, Kind::kProcessEx, [&](void* routine) {
    reinterpret_cast<PCREATE_PROCESS_NOTIFY_ROUTINE_EX>(routine)(to_wdk(&process), UlongToHandle(process.id),
                                                                 nullptr);
  });
}

void ProcessNotifications::thread_changes(Thread& caller, Thread& thread, bool begins) {
  const auto call = [&](void* routine) {
    reinterpret_cast<PCREATE_THREAD_NOTIFY_ROUTINE>(routine)(UlongToHandle(thread.process.id),
                                                             UlongToHandle(thread.id), begins);
  };
  for_each(caller, Kind::kThread, call);
  if (!thread.process.is_system) for_each(caller, Kind::kThreadNonSystem, call);
}

void ProcessNotifications::thread_begins(Thread& caller, Thread& thread) {
  thread_changes(caller, thread, true);
}
void ProcessNotifications::thread_ends(Thread& thread) { thread_changes(thread, thread, false); }

void ProcessNotifications::image_loaded(Thread& thread, std::u16string_view name, std::uint32_t process_id,
                                        void* base, std::size_t size) {
  std::u16string text(name);
  UNICODE_STRING full_name = counted(text);
  IMAGE_INFO info{};
  info.ImageAddressingMode = IMAGE_ADDRESSING_MODE_32BIT;
  info.SystemModeImage = process_id == 0;
  info.ImageBase = base;
  info.ImageSize = size;
  for_each(thread, Kind::kImage, [&](void* routine) {
    reinterpret_cast<PLOAD_IMAGE_NOTIFY_ROUTINE>(routine)(&full_name, UlongToHandle(process_id), &info);
  });
}

bool ProcessNotifications::end_driver(const DriverIdentity& driver) {
  std::vector<Entry> left;
  {
    const std::lock_guard lock(mutex_);
    for (const Entry& entry : entries_) {
      if (entry.driver == &driver && !entry.removed) left.push_back(entry);
    }
  }
  Thread& thread = current_thread("unloading a driver");
  for (const Entry& entry : left) {
    system_.verifier().report(
        {.id = "VER-20",
         .severity = Severity::kError,
         .text = std::string("a notify routine of the driver is still registered, and Windows "
                             "would call code that is gone. Remove it before the driver unloads, "
                             "with ") +
                 text_of(entry.kind) + '.',
         .driver = driver.name,
         .object = {},
         .allocated_at = {}});
    static_cast<void>(remove(thread, entry.kind, entry.routine));
  }
  return false;
}

}  // namespace fltsim::nt

#include "io/section.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>

#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim::io {

namespace {

constexpr std::size_t kPage = nt::kUserPage;
constexpr std::size_t kPagingUnit = 64 * 1024;  // the most that one paging request moves
constexpr ULONG kPagingFlags = IRP_PAGING_IO | IRP_NOCACHE | IRP_SYNCHRONOUS_PAGING_IO;

std::size_t round_to_pages(std::size_t size) { return (size + kPage - 1) / kPage * kPage; }

NTSTATUS submit_section_operation(IoManager& manager, const Issuer& issuer, FileObject& file, UCHAR major,
                                  ULONG protection) {
  Operation operation = IoManager::make_operation(issuer, file, major);
  operation.kind = Operation::Kind::kFsFilter;
  operation.requestor_mode = KernelMode;
  if (major == IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION) {
    auto& acquire = operation.parameters.Parameters.AcquireForSectionSynchronization;
    acquire.SyncType = SyncTypeCreateSection;
    acquire.PageProtection = protection;
  }
  manager.submit(operation);
  return operation.status.Status;
}

}  // namespace

const nt::ObjectType kSectionType = {
    .name = u"Section",
    .mapping = {SECTION_QUERY | SECTION_MAP_READ, SECTION_MAP_WRITE, SECTION_MAP_EXECUTE, SECTION_ALL_ACCESS},
    .close = nullptr,
    .remove = nullptr,
    .waitable = nullptr,
    .parses = false,
    .report_leaks = true,
};

Section::Section(nt::Ref<FileObject> of, ULONG page_protection, std::size_t bytes)
    : file(std::move(of)), protection(page_protection), size(bytes) {
  file->stream->sections.fetch_add(1, std::memory_order_acq_rel);
}

Section::~Section() { file->stream->sections.fetch_sub(1, std::memory_order_acq_rel); }

SectionManager::SectionManager(System& system) : system_(system) {
  system.nt().on_process_exit([this](nt::Process& process) { unmap_all(process); });
}

SectionManager::Created SectionManager::create(const Issuer& issuer, FileObject& file, ULONG protection) {
  if (!file.opened() || file.open->kind() != fs::OpenKind::kData)
    return {STATUS_INVALID_FILE_FOR_SECTION, {}};
  IoManager& manager = system_.io();
  const NTSTATUS acquired =
      submit_section_operation(manager, issuer, file, IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION, protection);
  if (!NT_SUCCESS(acquired)) return {acquired, {}};
  fs::FileInformation information;
  Created created;
  created.status = file.file_system().query_information(*file.open, information);
  if (NT_SUCCESS(created.status) && information.end_of_file == 0) {
    created.status = STATUS_MAPPED_FILE_SIZE_ZERO;
  }
  if (NT_SUCCESS(created.status)) {
    created.section = nt::Ref<Section>::adopt(
        nt::create_object<Section>(system_, kSectionType, nt::Ref<FileObject>::retain(&file), protection,
                                   static_cast<std::size_t>(information.end_of_file)));
  }
  submit_section_operation(manager, issuer, file, IRP_MJ_RELEASE_FOR_SECTION_SYNCHRONIZATION, protection);
  return created;
}

SectionManager::Mapped SectionManager::map(const Issuer& issuer, Section& section, nt::Process& process) {
  const std::size_t room = round_to_pages(section.size);
  auto* memory = static_cast<std::byte*>(system_.nt().user_space().allocate(&process, room));
  if (memory == nullptr) return {STATUS_NO_MEMORY, nullptr, 0};
  View view{nt::Ref<Section>::retain(&section), std::vector<std::byte>(room)};
  const Issuer pager{.thread = issuer.thread};
  for (std::size_t offset = 0; offset < room; offset += kPagingUnit) {
    Transfer transfer;
    transfer.buffer = view.clean.data() + offset;
    transfer.length = static_cast<ULONG>(std::min(kPagingUnit, room - offset));
    transfer.offset = static_cast<LONGLONG>(offset);
    transfer.irp_flags = kPagingFlags;
    const IO_STATUS_BLOCK status = system_.io().read(pager, *section.file, transfer);
    if (NT_SUCCESS(status.Status)) continue;
    system_.nt().user_space().free(memory);
    return {status.Status, nullptr, 0};
  }
  std::memcpy(memory, view.clean.data(), room);
  {
    const std::lock_guard lock(mutex_);
    views_.insert_or_assign(key(process, memory), std::move(view));
  }
  // A process that dies says so before unmap_all() looks: either it has seen the view, or this sees the end.
  if (!process.terminating) return {STATUS_SUCCESS, memory, section.size};
  static_cast<void>(unmap(process, memory));
  return {STATUS_PROCESS_IS_TERMINATING, nullptr, 0};
}

NTSTATUS SectionManager::flush(const Issuer& issuer, nt::Process& process, void* base) {
  std::vector<DirtyRun> runs;
  nt::Ref<Section> section;
  {
    const std::lock_guard lock(mutex_);
    const auto found = views_.find(key(process, base));
    if (found == views_.end()) return STATUS_NOT_MAPPED_VIEW;
    section = found->second.section;
    runs = dirty_runs(found->second, static_cast<const std::byte*>(base));
  }
  NTSTATUS first_failure = STATUS_SUCCESS;
  for (DirtyRun& run : runs) {
    const NTSTATUS status = write_run(issuer, *section->file, run);
    if (NT_SUCCESS(status)) {
      mark_clean(key(process, base), *section, run);
    } else if (NT_SUCCESS(first_failure)) {
      first_failure = status;
    }
  }
  return first_failure;
}

NTSTATUS SectionManager::unmap(nt::Process& process, void* base) {
  std::optional<View> view;
  {
    const std::lock_guard lock(mutex_);
    const auto found = views_.find(key(process, base));
    if (found == views_.end()) return STATUS_NOT_MAPPED_VIEW;
    view = std::move(found->second);
    views_.erase(found);
  }
  // Shared, because what the work queue holds must be copyable.
  auto runs = std::make_shared<std::vector<DirtyRun>>(dirty_runs(*view, static_cast<std::byte*>(base)));
  system_.nt().user_space().free(base);
  if (runs->empty()) return STATUS_SUCCESS;
  system_.nt().work().queue([this, section = std::move(view->section), runs](nt::Thread& writer) {
    // Nobody is left to hear of a failure: Windows logs a lost delayed write.
    for (DirtyRun& run : *runs) static_cast<void>(write_run({.thread = writer}, *section->file, run));
  });
  return STATUS_SUCCESS;
}

SectionManager::Key SectionManager::key(const nt::Process& process, const void* base) {
  return {process.id, reinterpret_cast<std::uintptr_t>(base)};
}

// Neighbouring changed pages in one run.
std::vector<SectionManager::DirtyRun> SectionManager::dirty_runs(const View& view, const std::byte* memory) {
  std::vector<DirtyRun> runs;
  if (!view.section->writable()) return runs;
  for (std::size_t offset = 0; offset < view.clean.size(); offset += kPage) {
    if (std::memcmp(memory + offset, view.clean.data() + offset, kPage) == 0) continue;
    const bool joins = !runs.empty() && runs.back().offset + runs.back().bytes.size() == offset &&
                       runs.back().bytes.size() < kPagingUnit;
    if (!joins) runs.push_back({offset, {}});
    runs.back().bytes.insert(runs.back().bytes.end(), memory + offset, memory + offset + kPage);
  }
  return runs;
}

NTSTATUS SectionManager::write_run(const Issuer& issuer, FileObject& file, DirtyRun& run) {
  Transfer transfer;
  transfer.buffer = run.bytes.data();
  transfer.length = static_cast<ULONG>(run.bytes.size());
  transfer.offset = static_cast<LONGLONG>(run.offset);
  transfer.irp_flags = kPagingFlags;
  return system_.io().write({.thread = issuer.thread}, file, transfer).Status;
}

// The view may have been unmapped, and its place taken, while the run was written.
void SectionManager::mark_clean(const Key& place, const Section& section, const DirtyRun& run) {
  const std::lock_guard lock(mutex_);
  const auto found = views_.find(place);
  if (found == views_.end() || found->second.section.get() != &section) return;
  std::ranges::copy(run.bytes, found->second.clean.begin() + static_cast<std::ptrdiff_t>(run.offset));
}

void SectionManager::unmap_all(nt::Process& process) {
  for (;;) {
    void* base = nullptr;
    {
      const std::lock_guard lock(mutex_);
      const auto found = views_.lower_bound(Key{process.id, 0});
      if (found == views_.end() || found->first.first != process.id) return;
      base = reinterpret_cast<void*>(found->first.second);
    }
    static_cast<void>(unmap(process, base));
  }
}

}  // namespace fltsim::io

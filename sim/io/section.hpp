// Sections and mapped views of files: the way to change a file without a write request of one's own.
//
// A view is private memory in the user range, filled by paging reads when it is mapped. What its owner
// changes there reaches the file as paging writes: in the owner's thread when it flushes, else in a system
// thread some time after the view is gone, which may be after the cleanup of the file object (CB-49). The
// section keeps the file object, so that IRP_MJ_CLOSE comes behind all of them. Two views, or a view and a
// read request, do not see each other's changes before they are written: there is no cache that they share.
#pragma once

#include <fltKernel.h>

#include <cstddef>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "io/file_object.hpp"
#include "io/io_manager.hpp"
#include "nt/object.hpp"

namespace fltsim::io {

// The body of kSectionType.
struct Section {
  Section(nt::Ref<FileObject> of, ULONG page_protection, std::size_t bytes);
  ~Section();
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

  const nt::Ref<FileObject> file;
  const ULONG protection;  // PAGE_READONLY, PAGE_READWRITE, ...
  const std::size_t size;  // of the file when the section was made

  bool writable() const { return protection == PAGE_READWRITE || protection == PAGE_EXECUTE_READWRITE; }
};

extern const nt::ObjectType kSectionType;

// Threads: simulated threads at PASSIVE_LEVEL.
class SectionManager {
 public:
  explicit SectionManager(System& system);
  SectionManager(const SectionManager&) = delete;
  SectionManager& operator=(const SectionManager&) = delete;

  struct Created {
    NTSTATUS status = STATUS_SUCCESS;
    nt::Ref<Section> section;  // set exactly on success
  };
  // IRP_MJ_ACQUIRE_FOR_SECTION_SYNCHRONIZATION goes through the stack; its failure is the answer. On success
  // the matching release follows. STATUS_INVALID_FILE_FOR_SECTION for a directory or volume,
  // STATUS_MAPPED_FILE_SIZE_ZERO for an empty file.
  Created create(const Issuer& issuer, FileObject& file, ULONG protection);

  struct Mapped {
    NTSTATUS status = STATUS_SUCCESS;
    void* base = nullptr;
    std::size_t size = 0;
  };
  // STATUS_NO_MEMORY, STATUS_PROCESS_IS_TERMINATING, and what the paging reads say.
  Mapped map(const Issuer& issuer, Section& section, nt::Process& process);
  // Writes the changed pages now. STATUS_NOT_MAPPED_VIEW; else the first failure of a write. Pages that could
  // not be written stay changed, for the next flush or the unmapping.
  NTSTATUS flush(const Issuer& issuer, nt::Process& process, void* base);
  // The changed pages are written later. STATUS_NOT_MAPPED_VIEW.
  NTSTATUS unmap(nt::Process& process, void* base);

 private:
  struct View {
    nt::Ref<Section> section;
    std::vector<std::byte> clean;  // what the file holds as far as this view knows
  };
  struct DirtyRun {
    std::size_t offset;
    std::vector<std::byte> bytes;
  };
  using Key = std::pair<std::uint32_t, std::uintptr_t>;  // process id, base

  static Key key(const nt::Process& process, const void* base);
  static std::vector<DirtyRun> dirty_runs(const View& view, const std::byte* memory);
  NTSTATUS write_run(const Issuer& issuer, FileObject& file, DirtyRun& run);
  void mark_clean(const Key& place, const Section& section, const DirtyRun& run);
  void unmap_all(nt::Process& process);

  System& system_;
  std::mutex mutex_;
  std::map<Key, View> views_;
};

}  // namespace fltsim::io

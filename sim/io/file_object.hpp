// File objects: one per successful or attempted open. Drivers see the FILE_OBJECT; what follows it is the I/O
// manager's.
#pragma once

#include <fltKernel.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "fs/file_system.hpp"
#include "io/device.hpp"
#include "io/volume.hpp"
#include "nt/object.hpp"

namespace fltsim::nt {
class Thread;
}

namespace fltsim::io {

// The body of kFileType: PFILE_OBJECT points here.
//
// Life (CB-49): made by a create; IRP_MJ_CLEANUP when its last handle closes, in that thread; IRP_MJ_CLOSE
// when its last reference goes, wherever that is; then FilterStack::file_object_deleted().
class FileObject final : public FILE_OBJECT {
 public:
  // `name` is what was asked for, from the volume's root or relative to `related`; it is copied to pool, so
  // that a driver may replace it.
  FileObject(nt::Thread& thread, Volume& volume, std::u16string_view name, const void* below);
  // Of a driver's device.
  FileObject(nt::Thread& thread, Device& device, std::u16string_view name);
  ~FileObject();
  FileObject(const FileObject&) = delete;
  FileObject& operator=(const FileObject&) = delete;

  static FileObject& of(FILE_OBJECT& file) { return static_cast<FileObject&>(file); }

  std::u16string_view name() const { return {FileName.Buffer, FileName.Length / sizeof(WCHAR)}; }
  fs::FileSystem& file_system() const { return volume->file_system(); }
  bool opened() const { return open != nullptr; }
  bool is_directory() const { return open != nullptr && open->kind() == fs::OpenKind::kDirectory; }
  bool is_synchronous() const { return has_flag(FO_SYNCHRONOUS_IO); }
  bool is_cached() const { return !has_flag(FO_NO_INTERMEDIATE_BUFFERING); }

  bool has_flag(ULONG flag) const;
  bool set_flag(ULONG flag);  // true: it was set already
  void clear_flag(ULONG flag);

  // FILE_MODE_INFORMATION: the create options that go on to matter.
  ULONG mode() const;

  // CurrentByteOffset; several threads may use one handle.
  LONGLONG position() const;
  void set_position(LONGLONG position);

  // What it is open on: the one or the other.
  const nt::Ref<Volume> volume;
  const nt::Ref<Device> device;
  // Of the volume, if there is one.
  FilterStack* filter_stack() const { return volume ? volume->filter_stack() : nullptr; }
  // Requests start below this instance; see Operation::below.
  const void* const below;
  // Reads, writes and some queries are tried as fast I/O first.
  bool fast_io = false;
  // Set by the file system's create, in the opening thread, before anybody else knows the object.
  std::unique_ptr<fs::Open> open;
  StreamState* stream = nullptr;
  ACCESS_MASK granted_access = 0;
  // The identity of the stream, once close has ended it; goes with the object.
  std::unique_ptr<fs::StreamIdentity> ended_stream;
  // A create has shown the object to the filters.
  bool seen_by_filters = false;
  // How far a scan of the extended attributes has come: the index of the next one, from 0.
  std::uint32_t next_extended_attribute = 0;
  // Opened by FltCreateFileEx and its like: FltClose closes its handle.
  bool opened_by_filter = false;
  // The create succeeded, whether the file system did it or a filter: cleanup and close are owed.
  bool created = false;
  // Names the object in the trace; empty when the trace is off.
  std::string trace_name;

 private:
  void initialize(nt::Thread& thread, std::u16string_view name);

  mutable std::mutex position_mutex_;
};

extern const nt::ObjectType kFileType;

}  // namespace fltsim::io

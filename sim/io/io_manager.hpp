// The I/O manager: volumes and their names, and the requests that run against file objects. Each request is
// made into an Operation, goes through the filter stack of the volume, and ends at its file system
// (file_system_call.hpp).
//
// Who calls what: services.hpp (handles, rights, buffer sizes) is what clients and Zw routines come through;
// the filter manager and the I/O manager itself use the functions here, which trust their caller.
//
// Threads: simulated threads at PASSIVE_LEVEL, unless said else. Every request is complete when its function
// returns, on asynchronous handles too (as NT is free to do); what a filter pends blocks the caller.
#pragma once

#include <fltKernel.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/device.hpp"
#include "io/file_object.hpp"
#include "io/filter_stack.hpp"
#include "io/irp.hpp"
#include "io/operation.hpp"
#include "io/volume.hpp"
#include "nt/handle_table.hpp"
#include "nt/object.hpp"
#include "nt/process.hpp"
#include "nt/thread.hpp"

namespace fltsim {
class System;
}

namespace fltsim::io {

class SectionManager;

// Hears of volumes, in a simulated thread of the system process. The filter manager is one.
class MountObserver {
 public:
  virtual ~MountObserver() = default;
  // Nobody has opened anything on it yet. This is where a filter stack is set.
  virtual void volume_mounted(Volume& volume) = 0;
  // Requests but cleanup and close fail already. File objects may live on: the stack must stay usable for
  // them.
  virtual void volume_dismounted(Volume& volume) = 0;
};

// In whose name a request is made.
struct Issuer {
  nt::Thread& thread;
  KPROCESSOR_MODE mode = KernelMode;
  // Null: below the instance that the file object was opened below, or at the top.
  const void* below = nullptr;
};

// What NtCreateFile asks for. Rights may be generic; names are copied where they must last.
struct OpenRequest {
  std::u16string_view name;    // a full NT name, or relative to `root`
  FileObject* root = nullptr;  // OBJECT_ATTRIBUTES.RootDirectory
  bool case_insensitive = true;
  ACCESS_MASK access = 0;
  LONGLONG allocation_size = 0;
  ULONG attributes = 0;
  ULONG share = 0;
  ULONG disposition = FILE_OPEN;
  ULONG options = 0;
  ULONG flags = 0;  // IO_OPEN_TARGET_DIRECTORY, IO_FORCE_ACCESS_CHECK, IO_NO_PARAMETER_CHECKING
  bool fast_io = false;
  void* ea_buffer = nullptr;  // a system buffer
  ULONG ea_length = 0;
  void* extra_create_parameters = nullptr;  // Operation::extra_create_parameters
  PSECURITY_DESCRIPTOR security = nullptr;  // what a file gets that is created
};

struct OpenResult {
  NTSTATUS status = STATUS_SUCCESS;
  ULONG_PTR information = 0;
  nt::Ref<FileObject> file;  // set exactly on success
};

// A read or a write. `irp_flags` are added to those that the kind and the file object bring.
struct Transfer {
  void* buffer = nullptr;
  ULONG length = 0;
  LONGLONG offset = 0;  // resolved: neither "current position" nor "end of file" for a read
  ULONG key = 0;
  ULONG irp_flags = 0;
};

// NtDeviceIoControlFile and NtFsControlFile.
struct DeviceControl {
  ULONG code = 0;
  void* input = nullptr;
  ULONG input_length = 0;
  void* output = nullptr;
  ULONG output_length = 0;
  bool file_system = false;  // IRP_MJ_FILE_SYSTEM_CONTROL
};

struct DirectoryQuery {
  void* buffer = nullptr;
  ULONG length = 0;
  FILE_INFORMATION_CLASS information_class = FileBothDirectoryInformation;
  UNICODE_STRING* pattern = nullptr;
  bool restart_scan = false;
  bool single_entry = false;
};

struct LockRequest {
  UCHAR minor = IRP_MN_LOCK;
  LONGLONG offset = 0;
  LONGLONG length = 0;
  ULONG key = 0;
  bool fail_immediately = false;
  bool exclusive = false;
};

// `list`, a system buffer, names those that are asked for (FILE_GET_EA_INFORMATION).
struct EaQuery {
  void* buffer = nullptr;
  ULONG length = 0;
  const void* list = nullptr;
  ULONG list_length = 0;
  const ULONG* index = nullptr;  // counted from 1
  bool single_entry = false;
  bool restart_scan = false;
};

struct NotifyRequest {
  void* buffer = nullptr;
  ULONG length = 0;
  ULONG filter = 0;
  bool tree = false;
};

// Where a name leads.
struct Resolved {
  NTSTATUS status = STATUS_SUCCESS;
  nt::Ref<Volume> volume;  // set exactly on success
  std::u16string rest;     // from the root of the volume; empty for the volume itself
  // The name leads to a driver's device: OBJECT_TYPE_MISMATCH for those who want a volume. `rest` is set too.
  nt::Ref<Device> device{};
};

class IoManager {
 public:
  explicit IoManager(System& system);
  ~IoManager();
  IoManager(const IoManager&) = delete;
  IoManager& operator=(const IoManager&) = delete;

  System& system() { return system_; }
  SectionManager& sections() { return *sections_; }
  Devices& devices() { return devices_; }
  Irps& irps() { return irps_; }

  // --- volumes ---

  // \Device\HarddiskVolumeN with N in order of mount, the links \??\<drive> and \??\Volume{...} to it. Null
  // when the drive is taken.
  Volume* mount(std::u16string_view drive, std::unique_ptr<fs::FileSystem> file_system);
  void dismount(Volume& volume);
  // The mounted ones, in order of mount. Any thread.
  std::vector<nt::Ref<Volume>> volumes() const;
  // A volume by a full NT name or link. The namespace's statuses; OBJECT_TYPE_MISMATCH for what is no volume.
  Resolved resolve(std::u16string_view name, bool case_insensitive) const;
  void set_mount_observer(MountObserver* observer) { observer_ = observer; }  // before the first mount

  // --- requests ---

  // All of NtCreateFile but the handle. STATUS_REPARSE is followed here (CB-44), up to 32 times.
  OpenResult open(const Issuer& issuer, const OpenRequest& request);
  // A handle to a file that open() gave: its first one makes cleanup due.
  HANDLE make_handle(FileObject& file, bool kernel);
  // What FltCancelFileOpen does (CB-42): cleanup and close below `issuer.below`; the create must then fail.
  void cancel_open(const Issuer& issuer, FileObject& file);

  IO_STATUS_BLOCK read(const Issuer& issuer, FileObject& file, const Transfer& transfer);
  IO_STATUS_BLOCK write(const Issuer& issuer, FileObject& file, const Transfer& transfer);
  // Information buffers are system buffers.
  IO_STATUS_BLOCK query_information(const Issuer& issuer, FileObject& file, FILE_INFORMATION_CLASS which,
                                    void* buffer, ULONG length);
  // Opens the target directory for a rename or link that leaves the directory, and closes it again.
  IO_STATUS_BLOCK set_information(const Issuer& issuer, FileObject& file, FILE_INFORMATION_CLASS which,
                                  void* buffer, ULONG length);
  IO_STATUS_BLOCK query_directory(const Issuer& issuer, FileObject& file, const DirectoryQuery& query);
  IO_STATUS_BLOCK query_volume(const Issuer& issuer, FileObject& file, FS_INFORMATION_CLASS which,
                               void* buffer, ULONG length);
  // The buffer is a system buffer.
  IO_STATUS_BLOCK set_volume(const Issuer& issuer, FileObject& file, FS_INFORMATION_CLASS which, void* buffer,
                             ULONG length);
  IO_STATUS_BLOCK flush(const Issuer& issuer, FileObject& file);
  // Buffers are addresses that drivers may see (services.hpp).
  IO_STATUS_BLOCK control(const Issuer& issuer, FileObject& file, const DeviceControl& asked);
  IO_STATUS_BLOCK lock(const Issuer& issuer, FileObject& file, const LockRequest& request);
  IO_STATUS_BLOCK query_ea(const Issuer& issuer, FileObject& file, const EaQuery& query);
  IO_STATUS_BLOCK set_ea(const Issuer& issuer, FileObject& file, void* buffer, ULONG length);
  // BUFFER_OVERFLOW with the size wanted in Information.
  IO_STATUS_BLOCK query_security(const Issuer& issuer, FileObject& file, SECURITY_INFORMATION which,
                                 void* buffer, ULONG length);
  IO_STATUS_BLOCK set_security(const Issuer& issuer, FileObject& file, SECURITY_INFORMATION which,
                               PSECURITY_DESCRIPTOR descriptor);
  IO_STATUS_BLOCK notify(const Issuer& issuer, FileObject& file, const NotifyRequest& request);

  // Sends any request through the stack of its target: what all of the above end in.
  void submit(Operation& operation);
  // An operation on `file` with the fields that every request has.
  static Operation make_operation(const Issuer& issuer, FileObject& file, UCHAR major);

 private:
  friend void close_file_handle(void* body, nt::Process& process, std::uint64_t handles_left);
  friend void remove_file_object(void* body);

  Resolved locate(const OpenRequest& request, std::u16string_view name) const;
  OpenResult open_device(const Issuer& issuer, const OpenRequest& request, Device& device,
                         std::u16string_view rest);
  // Where a rename or link of `file` leads to: NOT_SAME_DEVICE when that is another volume.
  OpenResult open_target_directory(const Issuer& issuer, FileObject& file, std::u16string_view name,
                                   HANDLE root);
  void cleanup(const Issuer& issuer, FileObject& file);
  void close(const Issuer& issuer, FileObject& file);
  void finish_close(FileObject& file);

  System& system_;
  MountObserver* observer_ = nullptr;
  std::unique_ptr<SectionManager> sections_;
  Devices devices_;
  Irps irps_;
  mutable std::mutex mutex_;
  std::vector<nt::Ref<Volume>> volumes_;
  std::uint32_t volumes_made_ = 0;
};

}  // namespace fltsim::io

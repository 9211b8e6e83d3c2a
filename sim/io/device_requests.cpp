#include "io/device_requests.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "io/device.hpp"
#include "io/irp.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::io {
namespace {

constexpr std::uint32_t kBufferTag = 0x20206F49;  // "Io  "
constexpr std::uint32_t kMdlTag = 0x206C644D;     // "Mdl "

IO_STATUS_BLOCK answered(NTSTATUS status, ULONG_PTR information = 0) {
  IO_STATUS_BLOCK block{};
  block.Status = status;
  block.Information = information;
  return block;
}

// One request on its way: shared by who sent it and by its completion, which may come when nobody waits any more.
struct Pending {
  nt::DispatcherHeader done{};
  IO_STATUS_BLOCK result{};
  RequestEnd end;
  // With a reference each, which a request that is never completed keeps: no Ref, for the machine may go before it.
  FileObject* file = nullptr;
  nt::Thread* requestor = nullptr;
  // The caller's memory, if the answer is copied there from the system buffer.
  void* output = nullptr;
  ULONG output_length = 0;
};

class Request {
 public:
  Request(const Issuer& issuer, PDEVICE_OBJECT device, FileObject* file, UCHAR major)
      : thread_(issuer.thread), device_(top_of(device)), pending_(std::make_shared<Pending>()) {
    nt::Dispatcher::initialize(pending_->done, nt::DispatcherType::kNotificationEvent, 0);
    irp_ = irps().allocate(nullptr, device_->StackSize,
                           [pending = pending_, this_system = &thread_.system](IRP& irp) {
                             finish(*this_system, *pending, irp);
                           });
    irp_->RequestorMode = issuer.mode;
    irp_->Tail.Overlay.Thread = reinterpret_cast<PETHREAD>(&thread_);
    irp_->Tail.Overlay.OriginalFileObject = file;
    irp_->Flags = IRP_SYNCHRONOUS_API;
    location().MajorFunction = major;
    location().FileObject = file;
    nt::reference(&thread_);
    pending_->requestor = &thread_;
    irps().set_requestor(*irp_, &thread_);
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  IRP& irp() { return *irp_; }
  IO_STACK_LOCATION& location() { return *IoGetNextIrpStackLocation(irp_); }

  // The system buffer, with the input in it. False: no memory, or the caller's has gone.
  bool buffer(const void* input, ULONG input_length, void* output, ULONG output_length) {
    const ULONG size = std::max(input_length, output_length);
    if (size == 0) return true;
    if (!readable(input, input_length) || !readable(output, output_length)) return false;
    void* system = thread_.system.nt().pool().allocate(nullptr, nt::Pool::Kind::kNonPaged,
                                                       nt::Pool::Fill::kPattern, size, kBufferTag);
    if (system == nullptr) return false;
    if (input_length != 0) std::memcpy(system, input, input_length);
    irp_->AssociatedIrp.SystemBuffer = system;
    irp_->Flags |= IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER;
    if (output_length == 0) return true;
    irp_->Flags |= IRP_INPUT_OPERATION;
    irp_->UserBuffer = output;
    pending_->output = output;
    pending_->output_length = output_length;
    return true;
  }

  // A descriptor list of the caller's memory, locked. False: it is not there.
  bool describe(void* address, ULONG length, LOCK_OPERATION operation) {
    if (length == 0) return true;
    const nt::UserSpace& user = thread_.system.nt().user_space();
    if (irp_->RequestorMode == UserMode &&
        (!user.contains(address, length) || !user.is_mapped(address, length)))
      return false;
    auto* mdl = static_cast<PMDL>(thread_.system.nt().pool().allocate(
        nullptr, nt::Pool::Kind::kNonPaged, nt::Pool::Fill::kZero, sizeof(MDL), kMdlTag));
    if (mdl == nullptr) return false;
    MmInitializeMdl(mdl, address, length);
    mdl->MdlFlags = MDL_PAGES_LOCKED;
    if (operation != IoReadAccess) mdl->MdlFlags |= MDL_WRITE_OPERATION;
    mdl->Process = reinterpret_cast<PEPROCESS>(&thread_.process);
    irp_->MdlAddress = mdl;
    return true;
  }

  // Sent and waited for, or, with `end`, not waited for.
  IO_STATUS_BLOCK send(RequestEnd end = {}) {
    pending_->end = std::move(end);
    // None for the requests that end a file object.
    if (FILE_OBJECT* file = location().FileObject; file != nullptr && nt::try_reference(file)) {
      pending_->file = static_cast<FileObject*>(file);
    }
    const bool waits = !pending_->end;
    const NTSTATUS status = irps().call(thread_, *device_, *irp_);
    if (!waits) return answered(status == STATUS_PENDING ? STATUS_PENDING : status, 0);
    if (status != STATUS_PENDING) {
      // A driver that has not completed it has been reported; its status is all there is.
      const bool done = thread_.system.nt().dispatcher().read(pending_->done) != 0;
      return done ? pending_->result : answered(status);
    }
    nt::Dispatcher& dispatcher = thread_.system.nt().dispatcher();
    const auto wait = dispatcher.wait(
        thread_, pending_->done, {.ends_on_termination = true, .kind = "a driver to complete its request"});
    if (wait.result == nt::WaitResult::kTerminated) {
      irps().cancel_all_of(thread_);
      dispatcher.wait(thread_, pending_->done, {.kind = "a driver to complete its cancelled request"});
    }
    return pending_->result;
  }

  // Not sent: the buffers could not be made.
  IO_STATUS_BLOCK give_up(NTSTATUS status) {
    release_buffers(thread_.system, thread_, *irp_);
    irps().free(thread_, "IoManager", *irp_);
    nt::release(pending_->requestor);
    return answered(status);
  }

 private:
  Irps& irps() { return thread_.system.io().irps(); }

  bool readable(const void* address, ULONG length) const {
    return length == 0 || irp_->RequestorMode == KernelMode ||
           (thread_.system.nt().user_space().contains(address, length) &&
            thread_.system.nt().user_space().is_mapped(address, length));
  }

  static void release_buffers(System& system, nt::Thread& thread, IRP& irp) {
    nt::Pool& pool = system.nt().pool();
    if ((irp.Flags & IRP_DEALLOCATE_BUFFER) != 0) {
      pool.free(thread, "IoCompleteRequest", irp.AssociatedIrp.SystemBuffer, kBufferTag);
    }
    for (PMDL mdl = std::exchange(irp.MdlAddress, nullptr); mdl != nullptr;) {
      PMDL next = mdl->Next;
      pool.free(thread, "IoCompleteRequest", mdl, kMdlTag);
      mdl = next;
    }
  }

  static void finish(System& system, Pending& pending, IRP& irp) {
    nt::Thread& thread = nt::current_thread("IoCompleteRequest");
    pending.result = hand_over(thread, irp, pending.output, pending.output_length);
    release_buffers(system, thread, irp);
    const auto file = nt::Ref<FileObject>::adopt(pending.file);
    const auto requestor = nt::Ref<nt::Thread>::adopt(pending.requestor);
    if (pending.end) pending.end(pending.result);
    system.nt().dispatcher().set(pending.done);
  }

  nt::Thread& thread_;
  const PDEVICE_OBJECT device_;
  const std::shared_ptr<Pending> pending_;
  IRP* irp_;
};

Request request_for(const Issuer& issuer, FileObject& file, UCHAR major) {
  return Request(issuer, file.device.get(), &file, major);
}

// Reads and writes: the device says how it wants its buffers.
bool give_buffers(Request& request, const FileObject& file, const Transfer& transfer, bool write) {
  const ULONG flags = top_of(file.device.get())->Flags;
  if ((flags & DO_BUFFERED_IO) != 0) {
    return write ? request.buffer(transfer.buffer, transfer.length, nullptr, 0)
                 : request.buffer(nullptr, 0, transfer.buffer, transfer.length);
  }
  if ((flags & DO_DIRECT_IO) != 0) {
    return request.describe(transfer.buffer, transfer.length, write ? IoReadAccess : IoWriteAccess);
  }
  request.irp().UserBuffer = transfer.buffer;
  return true;
}

}  // namespace

IO_STATUS_BLOCK hand_over(nt::Thread& thread, const IRP& irp, void* output, ULONG output_length) {
  IO_STATUS_BLOCK result = irp.IoStatus;
  if (output == nullptr || NT_ERROR(result.Status)) return result;
  if (result.Information > output_length) {
    nt::report(
        thread, "VER-50", Severity::kError,
        "a request was completed with " + std::to_string(result.Information) + " bytes for a buffer of " +
            std::to_string(output_length) +
            ": Windows would write beyond the caller's buffer. Set IoStatus.Information to what was written");
  }
  const std::size_t size = std::min<std::size_t>(result.Information, output_length);
  if (!thread.system.nt().user_space().is_present(output, size)) {
    result.Status = STATUS_ACCESS_VIOLATION;
    return result;
  }
  std::memcpy(output, irp.AssociatedIrp.SystemBuffer, size);
  return result;
}

IO_STATUS_BLOCK send_device_create(const Issuer& issuer, const OpenRequest& open, ACCESS_MASK access,
                                   FileObject& file) {
  ACCESS_STATE state{};
  state.OriginalDesiredAccess = access;
  state.RemainingDesiredAccess = access;
  IO_SECURITY_CONTEXT context{};
  context.AccessState = &state;
  context.DesiredAccess = access;
  context.FullCreateOptions = open.options;
  Request request = request_for(issuer, file, IRP_MJ_CREATE);
  request.irp().Flags = IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION;
  request.irp().Overlay.AllocationSize.QuadPart = open.allocation_size;
  auto& create = request.location().Parameters.Create;
  create.SecurityContext = &context;
  create.Options = open.disposition << 24 | open.options;
  create.FileAttributes = static_cast<USHORT>(open.attributes);
  create.ShareAccess = static_cast<USHORT>(open.share);
  return request.send();
}

void send_device_cleanup(const Issuer& issuer, FileObject& file) {
  Request request = request_for(issuer, file, IRP_MJ_CLEANUP);
  request.irp().Flags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
  static_cast<void>(request.send());  // nobody can do anything about a failure
}

void send_device_close(const Issuer& issuer, FileObject& file) {
  Request request = request_for(issuer, file, IRP_MJ_CLOSE);
  request.irp().Flags = IRP_CLOSE_OPERATION | IRP_SYNCHRONOUS_API;
  static_cast<void>(request.send());
}

void send_shutdown(nt::Thread& thread, Device& device) {
  Request request({.thread = thread}, &device, nullptr, IRP_MJ_SHUTDOWN);
  static_cast<void>(request.send());
}

IO_STATUS_BLOCK device_read(const Issuer& issuer, FileObject& file, const Transfer& transfer) {
  Request request = request_for(issuer, file, IRP_MJ_READ);
  request.irp().Flags = IRP_READ_OPERATION | IRP_DEFER_IO_COMPLETION;
  if (!give_buffers(request, file, transfer, false)) return request.give_up(STATUS_ACCESS_VIOLATION);
  auto& read = request.location().Parameters.Read;
  read.Length = transfer.length;
  read.Key = transfer.key;
  read.ByteOffset.QuadPart = transfer.offset;
  return request.send();
}

IO_STATUS_BLOCK device_write(const Issuer& issuer, FileObject& file, const Transfer& transfer) {
  Request request = request_for(issuer, file, IRP_MJ_WRITE);
  request.irp().Flags = IRP_WRITE_OPERATION | IRP_DEFER_IO_COMPLETION;
  if (!give_buffers(request, file, transfer, true)) return request.give_up(STATUS_ACCESS_VIOLATION);
  auto& write = request.location().Parameters.Write;
  write.Length = transfer.length;
  write.Key = transfer.key;
  write.ByteOffset.QuadPart = transfer.offset;
  return request.send();
}

IO_STATUS_BLOCK device_flush(const Issuer& issuer, FileObject& file) {
  return request_for(issuer, file, IRP_MJ_FLUSH_BUFFERS).send();
}

// The buffer is a system buffer already.
IO_STATUS_BLOCK device_information(const Issuer& issuer, FileObject& file, UCHAR major,
                                   FILE_INFORMATION_CLASS which, void* buffer, ULONG length) {
  Request request = request_for(issuer, file, major);
  request.irp().AssociatedIrp.SystemBuffer = buffer;
  request.irp().Flags |= IRP_BUFFERED_IO;
  request.location().Parameters.QueryFile.Length = length;
  if (major == IRP_MJ_SET_INFORMATION) {
    request.location().Parameters.SetFile.FileInformationClass = which;
  } else {
    request.location().Parameters.QueryFile.FileInformationClass = which;
  }
  return request.send();
}

IO_STATUS_BLOCK device_control(const Issuer& issuer, FileObject& file, const DeviceControl& control,
                               RequestEnd end) {
  Request request =
      request_for(issuer, file, control.file_system ? IRP_MJ_FILE_SYSTEM_CONTROL : IRP_MJ_DEVICE_CONTROL);
  request.irp().Flags = 0;
  auto& parameters = request.location().Parameters.DeviceIoControl;
  parameters.IoControlCode = control.code;
  parameters.InputBufferLength = control.input_length;
  parameters.OutputBufferLength = control.output_length;
  const ULONG method = METHOD_FROM_CTL_CODE(control.code);
  bool ready = true;
  switch (method) {
    case METHOD_BUFFERED:
      ready = request.buffer(control.input, control.input_length, control.output, control.output_length);
      break;
    case METHOD_IN_DIRECT:
    case METHOD_OUT_DIRECT:
      ready = request.buffer(control.input, control.input_length, nullptr, 0) &&
              request.describe(control.output, control.output_length,
                               method == METHOD_IN_DIRECT ? IoReadAccess : IoWriteAccess);
      break;
    default:
      parameters.Type3InputBuffer = control.input;
      request.irp().UserBuffer = control.output;
      break;
  }
  if (!ready) return request.give_up(STATUS_ACCESS_VIOLATION);
  return request.send(std::move(end));
}

}  // namespace fltsim::io

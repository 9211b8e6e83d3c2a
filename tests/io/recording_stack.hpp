// A filter stack for tests: writes down what passes, and lets a test step in before and after the file
// system.
#pragma once

#include <fltKernel.h>

#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "fltsim/machine.hpp"
#include "io/file_object.hpp"
#include "io/filter_stack.hpp"
#include "io/io_manager.hpp"
#include "io/operation_text.hpp"
#include "io/volume.hpp"
#include "machine/system.hpp"
#include "nt/process.hpp"
#include "nt/thread.hpp"

namespace fltsim::io {

struct Seen {
  std::string text;  // as in the trace
  UCHAR major;
  UCHAR minor;
  Operation::Kind kind;
  ULONG irp_flags;
  UCHAR operation_flags;
  KPROCESSOR_MODE mode;
  std::string process;
  std::string thread;
  const void* below;
  FLT_PARAMETERS parameters;
  FILE_OBJECT* file;
  std::u16string file_name;
  NTSTATUS status;
};

class RecordingStack final : public FilterStack {
 public:
  // True: the operation is complete with the status that the hook has set, and goes no further.
  using Before = std::function<bool(Operation&)>;
  using After = std::function<void(Operation&)>;

  // A volume with this stack, which must outlive the machine: its end closes files. The filter manager, which
  // expects a stack of its own on every volume it hears of, hears of none.
  fltsim::Volume& add_volume(Machine& machine, std::u16string_view drive) {
    machine.system().io().set_mount_observer(nullptr);
    fltsim::Volume& volume = machine.add_volume(drive);
    volume.volume().set_filter_stack(this);
    return volume;
  }

  void run(Operation& operation, const FileSystemCall& file_system) override {
    const std::size_t index = record(operation);
    if (!before || !before(operation)) file_system(operation.parameters, operation.status);
    if (after) after(operation);
    const std::lock_guard lock(mutex_);
    seen_[index].status = operation.status.Status;
  }
  void file_object_deleted(FILE_OBJECT& file) override { note("deleted " + name_of(file)); }
  void stream_torn_down(const void* fs_context) override {
    note("torn down");
    torn_down.push_back(fs_context);
  }

  std::vector<Seen> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }
  // One text per operation or notice, in order.
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const Seen& one : seen()) texts.push_back(one.text);
    return texts;
  }
  // The first operation of that major function.
  Seen first(UCHAR major) const {
    for (const Seen& one : seen()) {
      if (one.major == major && one.file != nullptr) return one;
    }
    return {};
  }
  std::size_t count(UCHAR major) const {
    std::size_t count = 0;
    for (const Seen& one : seen()) count += one.major == major && one.file != nullptr;
    return count;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    seen_.clear();
  }

  Before before;
  After after;
  std::vector<const void*> torn_down;

 private:
  static std::string name_of(FILE_OBJECT& file) { return FileObject::of(file).trace_name; }

  std::size_t record(const Operation& operation) {
    const FLT_IO_PARAMETER_BLOCK& block = operation.parameters;
    Seen one{};
    one.text = operation_text(operation);
    one.major = block.MajorFunction;
    one.minor = block.MinorFunction;
    one.kind = operation.kind;
    one.irp_flags = block.IrpFlags;
    one.operation_flags = block.OperationFlags;
    one.mode = operation.requestor_mode;
    one.process = operation.originator->process.short_name;
    one.thread = operation.originator->name;
    one.below = operation.below;
    one.parameters = block.Parameters;
    one.file = block.TargetFileObject;
    one.file_name = FileObject::of(*block.TargetFileObject).name();
    const std::lock_guard lock(mutex_);
    seen_.push_back(one);
    return seen_.size() - 1;
  }
  void note(std::string text) {
    Seen one{};
    one.text = std::move(text);
    const std::lock_guard lock(mutex_);
    seen_.push_back(one);
  }

  mutable std::mutex mutex_;
  std::vector<Seen> seen_;
};

}  // namespace fltsim::io

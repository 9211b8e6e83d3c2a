#include "events.hpp"

#include <array>

#include <fltlink/codec/driver_message.hpp>

#include "connections.hpp"

namespace drmfilter {
namespace {

constexpr size_t kShortPathUnits = 512;

// The path as the service reads it, in one piece: behind the first drive letter, or the device name without
// one.
class WholePath {
 public:
  explicit WholePath(const FilePath& file) {
    const Text volume =
        file.letters != 0 ? drive_text(static_cast<unsigned>(std::countr_zero(file.letters))) : file.device;
    units_ = volume.size() + file.path.size();
    char16_t* out = short_.data();
    if (units_ > short_.size()) {
      const size_t size = units_ * sizeof(char16_t);
      long_ = static_cast<char16_t*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, size, kPoolTag));
      if (long_ != nullptr) out = long_;
    }
    const size_t room = long_ != nullptr ? units_ : short_.size();
    if (units_ > FLTLINK_PATH_UNITS_MAX || units_ > room) cut_ = true;
    if (cut_) units_ = room < FLTLINK_PATH_UNITS_MAX ? room : FLTLINK_PATH_UNITS_MAX;
    const size_t rest = units_ - volume.size();
    fltlink::copy_bytes(out, volume.bytes().data(), volume.bytes().size());
    fltlink::copy_bytes(out + volume.size(), file.path.bytes().data(), rest * sizeof(char16_t));
    text_ = Text(out, units_);
  }
  ~WholePath() {
    if (long_ != nullptr) ExFreePoolWithTag(long_, kPoolTag);
  }
  WholePath(const WholePath&) = delete;
  WholePath& operator=(const WholePath&) = delete;

  [[nodiscard]] Text text() const { return text_; }
  // The path is longer and there was no memory for all of it.
  [[nodiscard]] bool cut() const { return cut_; }

 private:
  std::array<char16_t, kShortPathUnits> short_;
  char16_t* long_ = nullptr;
  size_t units_ = 0;
  bool cut_ = false;
  Text text_;
};

[[nodiscard]] uint32_t thread_id_of(PFLT_CALLBACK_DATA data) {
  return data->Thread != nullptr ? HandleToULong(PsGetThreadId(data->Thread)) : 0;
}

void send(MESSAGE_TYPE type, PFLT_CALLBACK_DATA data, const FilePath& file, NTSTATUS status, Text reason) {
  const WholePath path(file);
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  fltlink::DriverMessage message;
  message.type = type;
  message.process_id = FltGetRequestorProcessId(data);
  message.thread_id = thread_id_of(data);
  message.timestamp = now.QuadPart;
  message.path = path.text();
  message.path_cut = path.cut() || file.device.empty();
  message.operation = data->Iopb->MajorFunction;
  message.result_status = status;
  message.reason = reason;
  connections.broadcast(message);
}

}  // namespace

bool wants_file_event(PFLT_CALLBACK_DATA data) {
  return is_monitoring() && !connections.is_client(FltGetRequestorProcessId(data));
}

void send_file_event(PFLT_CALLBACK_DATA data, const FilePath& file) {
  send(MSG_TYPE_FILE_EVENT, data, file, data->IoStatus.Status, {});
}

void send_block_notice(PFLT_CALLBACK_DATA data, const FilePath& file, NTSTATUS status, Text reason) {
  send(MSG_TYPE_BLOCK_NOTIFICATION, data, file, status, reason);
}

}  // namespace drmfilter

#include "file_message.hpp"

namespace drmfilter {
namespace {

[[nodiscard]] uint32_t thread_id_of(PFLT_CALLBACK_DATA data) {
  return data->Thread != nullptr ? HandleToULong(PsGetThreadId(data->Thread)) : 0;
}

}  // namespace

WholePath::WholePath(const FilePath& file) {
  const Text volume =
      file.letters != 0 ? drive_text(static_cast<unsigned>(std::countr_zero(file.letters))) : file.device;
  size_t units = volume.size() + file.path.size();
  char16_t* out = short_.data();
  if (units > short_.size()) {
    const size_t size = units * sizeof(char16_t);
    long_ = static_cast<char16_t*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, size, kPoolTag));
    if (long_ != nullptr) out = long_;
  }
  const size_t room = long_ != nullptr ? units : short_.size();
  if (units > FLTLINK_PATH_UNITS_MAX || units > room) cut_ = true;
  if (cut_) units = room < FLTLINK_PATH_UNITS_MAX ? room : FLTLINK_PATH_UNITS_MAX;
  const size_t rest = units - volume.size();
  fltlink::copy_bytes(out, volume.bytes().data(), volume.bytes().size());
  fltlink::copy_bytes(out + volume.size(), file.path.bytes().data(), rest * sizeof(char16_t));
  text_ = Text(out, units);
}

FileMessage::FileMessage(MESSAGE_TYPE type, PFLT_CALLBACK_DATA data, const FilePath& file, NTSTATUS status,
                         Text reason)
    : path_(file) {
  LARGE_INTEGER now;
  KeQuerySystemTime(&now);
  message_.type = type;
  message_.process_id = FltGetRequestorProcessId(data);
  message_.thread_id = thread_id_of(data);
  message_.timestamp = now.QuadPart;
  message_.path = path_.text();
  message_.path_cut = path_.cut() || file.device.empty();
  message_.operation = data->Iopb->MajorFunction;
  message_.result_status = status;
  message_.reason = reason;
}

}  // namespace drmfilter

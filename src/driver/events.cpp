#include "events.hpp"

#include "connections.hpp"

namespace drmfilter {

bool wants_file_event(PFLT_CALLBACK_DATA data) {
  return is_monitoring() && !connections.is_client(FltGetRequestorProcessId(data));
}

void send_file_event(PFLT_CALLBACK_DATA data, const FilePath& file) {
  connections.broadcast(FileMessage(MSG_TYPE_FILE_EVENT, data, file, data->IoStatus.Status, {}).get());
}

void send_block_notice(PFLT_CALLBACK_DATA data, const FilePath& file, NTSTATUS status, Text reason) {
  connections.broadcast(FileMessage(MSG_TYPE_BLOCK_NOTIFICATION, data, file, status, reason).get());
}

}  // namespace drmfilter

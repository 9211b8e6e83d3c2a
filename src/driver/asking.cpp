#include "asking.hpp"

#include "connections.hpp"
#include "file_message.hpp"

namespace drmfilter {

bool authorizer_allows(PFLT_CALLBACK_DATA data, const FilePath& file, Text reason) {
  const uint32_t process = FltGetRequestorProcessId(data);
  // It would be asked about itself, and wait for itself (SEND-18). What it allows others it may do.
  if (connections.is_authorizer(process)) return true;
  // A client may be what the authorizer waits for.
  if (connections.is_client(process)) {
    connections.count_unasked();
    return false;
  }
  const FileMessage question(FLTLINK_MSG_TYPE_AUTHORIZE, data, file, STATUS_ACCESS_DENIED, reason);
  return connections.ask(question.get());
}

}  // namespace drmfilter

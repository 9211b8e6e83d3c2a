// Compiled by the Windows compiler only: our port headers against those of the platform (WIRE-1, WIRE-2).
#include <windows.h>

#include <fltuser.h>

#include <fltlink/wire/port_headers.h>

_Static_assert(sizeof(FILTER_MESSAGE_HEADER) == sizeof(FltlinkMessageHeader), "size");
_Static_assert(offsetof(FILTER_MESSAGE_HEADER, ReplyLength) == offsetof(FltlinkMessageHeader, reply_length),
               "offset");
_Static_assert(offsetof(FILTER_MESSAGE_HEADER, MessageId) == offsetof(FltlinkMessageHeader, message_id),
               "offset");
_Static_assert(sizeof(FILTER_REPLY_HEADER) == sizeof(FltlinkReplyHeader), "size");
_Static_assert(offsetof(FILTER_REPLY_HEADER, Status) == offsetof(FltlinkReplyHeader, status), "offset");
_Static_assert(offsetof(FILTER_REPLY_HEADER, MessageId) == offsetof(FltlinkReplyHeader, message_id),
               "offset");

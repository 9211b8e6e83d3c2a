// What the driver and its client agree on.
#pragma once

#define HELLO_PORT_NAME L"\\HelloPort"

// A greeting in either direction: UTF-16 text without a terminator, as many bytes as the call says. At most
// this many:
#define HELLO_SIZE_MAX 256u

#include <fltlink/wire/messages.h>

int driver_message_size(void) { return (int)sizeof(DRIVER_MESSAGE); }

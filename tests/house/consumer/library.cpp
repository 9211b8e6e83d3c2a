// What a service sees of the installed package: the C++ tier from C++20, and the wire headers from C11
// (library_wire.c).
#include <fltlink/base/host.hpp>
#include <fltlink/os/os_host.hpp>

extern "C" int driver_message_size();

int main() {
  fltlink::OsHost host;
  return host.now() > 0 && driver_message_size() == 560 ? 0 : 1;
}

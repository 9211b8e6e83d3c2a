// No port can be created yet, so a filter has none.
#include "fltmgr/port.hpp"

namespace fltsim::fltmgr {

std::vector<std::string> open_server_ports(const Filter&) { return {}; }
void disconnect_all(Filter&) {}

}  // namespace fltsim::fltmgr

// What the end of a filter needs of its communication ports (PUNL-1, PUNL-2).
#pragma once

#include <string>
#include <vector>

namespace fltsim::fltmgr {

struct Filter;

// The names of the server ports that are open, in order of creation.
std::vector<std::string> open_server_ports(const Filter& filter);

// Closes every client connection of the filter, DisconnectNotify included. Blocks until none is left.
void disconnect_all(Filter& filter);

}  // namespace fltsim::fltmgr

// Security descriptors as text (SDDL), as drivers give them to IoCreateDeviceSecure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace fltsim::nt {

// The DACL of "D:P(A;;GA;;;SY)(A;;GRGW;;;BA)" as a self-relative descriptor: entries that allow or deny, with rights
// by letters or as a number, for well-known SIDs by letters or "S-1-...". "D:" alone and "D:P" are a DACL that admits
// nobody. Empty: malformed, or with parts that devices do not have (owner, group, audit, objects).
std::vector<std::uint8_t> descriptor_from_sddl(std::u16string_view text);

}  // namespace fltsim::nt

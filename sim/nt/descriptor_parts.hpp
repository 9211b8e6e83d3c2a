// Security descriptors taken apart and put together: what a query of an object's security gives, and what a change of
// it leaves. Pure functions, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fltsim::nt {

using Descriptor = std::vector<std::uint8_t>;

// A self-relative copy of any well-formed descriptor, of `available` bytes if it is self-relative; with its SACL. Empty:
// it is malformed.
Descriptor copy_descriptor(const void* descriptor, std::size_t available = SIZE_MAX);

// The parts that `information` names (OWNER_SECURITY_INFORMATION ...), as a descriptor of its own.
Descriptor select_parts(const Descriptor& descriptor, std::uint32_t information);

// `descriptor` with the parts that `information` names taken from `changes`.
Descriptor replace_parts(const Descriptor& descriptor, const Descriptor& changes, std::uint32_t information);

// What a file shows that was never given a descriptor: owned by the Administrators, everything for these and SYSTEM,
// changing for authenticated users, reading for users; all of it inherited.
Descriptor default_file_descriptor();

}  // namespace fltsim::nt

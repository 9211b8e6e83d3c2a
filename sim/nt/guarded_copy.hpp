// Touching memory of a client, which may not be there, or not any more: as the kernel does, by touching it and taking the
// fault. No system call, no lock, and nobody has to be kept from unmapping it meanwhile.
//
// Threads: any. A part that was copied before a fault stays copied.
#pragma once

#include <cstddef>

namespace fltsim::nt {

// Installs the process-wide handler, which the others need.
void prepare_guarded_copies();

// False: some of the client's memory is not there, or cannot be written. A fault of the other side is nobody's here.
[[nodiscard]] bool guarded_write(void* client, const void* from, std::size_t size);
[[nodiscard]] bool guarded_read(void* to, const void* client, std::size_t size);
// As guarded_read(), and no sanitizer is shown that: for memory that may belong to somebody else by now, where what is read is
// not believed.
[[nodiscard]] bool guarded_peek(void* to, const void* from, std::size_t size);
// Whether each page can be read now.
[[nodiscard]] bool guarded_touch(const void* client, std::size_t size);

// For the handler: where the interrupted thread goes on when the instruction is one of the copies above and the address
// one of the client's; 0: it is not. `client` and `client_end` are its registers R8 and R9.
std::size_t guarded_way_out(std::size_t instruction, std::size_t address, std::size_t client,
                            std::size_t client_end);

}  // namespace fltsim::nt

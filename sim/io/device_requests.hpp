// Requests for the devices of drivers: what a system call on such a file object becomes.
//
// Each function makes an IRP, sends it to the uppermost device of the stack, and waits for its completion; a
// thread that is terminated meanwhile has the request cancelled and goes on waiting, as on Windows. Simulated threads,
// PASSIVE_LEVEL.
#pragma once

#include <ntifs.h>

#include <functional>
#include <string_view>

#include "io/io_manager.hpp"

namespace fltsim::io {

// Runs when an asynchronous request ends, after the bytes have been handed over: in the thread that completed it, up to
// DISPATCH_LEVEL.
using RequestEnd = std::function<void(const IO_STATUS_BLOCK& result)>;

// IRP_MJ_CREATE for a new file object. The access check is the caller's business.
IO_STATUS_BLOCK send_device_create(const Issuer& issuer, const OpenRequest& request, ACCESS_MASK access,
                                   FileObject& file);
void send_device_cleanup(const Issuer& issuer, FileObject& file);
void send_device_close(const Issuer& issuer, FileObject& file);
void send_shutdown(nt::Thread& thread, Device& device);

IO_STATUS_BLOCK device_read(const Issuer& issuer, FileObject& file, const Transfer& transfer);
IO_STATUS_BLOCK device_write(const Issuer& issuer, FileObject& file, const Transfer& transfer);
IO_STATUS_BLOCK device_flush(const Issuer& issuer, FileObject& file);
IO_STATUS_BLOCK device_information(const Issuer& issuer, FileObject& file, UCHAR major,
                                   FILE_INFORMATION_CLASS which, void* buffer, ULONG length);
// With `end` the call does not wait: STATUS_PENDING, and `end` runs later; or any other status, and `end` has run.
IO_STATUS_BLOCK device_control(const Issuer& issuer, FileObject& file, const DeviceControl& control,
                               RequestEnd end = {});

// Hands a buffered answer over, and reports one that claims more than there was room for. Returns what to tell.
IO_STATUS_BLOCK hand_over(nt::Thread& thread, const IRP& irp, void* output, ULONG output_length);

}  // namespace fltsim::io

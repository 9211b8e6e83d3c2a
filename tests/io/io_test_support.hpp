// A machine with a volume, a recording stack on it and one program.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <string>

#include "fltsim/machine.hpp"
#include "io/io_manager.hpp"
#include "io/recording_stack.hpp"
#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim::io {

template <class Structure>
std::string bytes_of(const Structure& structure) {
  return {reinterpret_cast<const char*>(&structure), sizeof structure};
}

template <class Structure>
Structure from_bytes(const std::string& bytes) {
  Structure structure{};
  std::memcpy(&structure, bytes.data(), std::min(sizeof structure, bytes.size()));
  return structure;
}

inline UNICODE_STRING string(PCWSTR text) {
  UNICODE_STRING result;
  RtlInitUnicodeString(&result, text);
  return result;
}

inline std::u16string text(const UNICODE_STRING& value) {
  return {value.Buffer, value.Length / sizeof(WCHAR)};
}

inline NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR information = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = information;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

class IoTest : public testing::Test {
 protected:
  // What the hooks refer to is gone when the machine closes what the test left open.
  void TearDown() override {
    stack.before = nullptr;
    stack.after = nullptr;
  }

  // Opens for reading, writing and deleting, sharing all.
  FileHandle open(std::u16string path, std::uint32_t options = FILE_SYNCHRONOUS_IO_NONALERT,
                  std::uint32_t disposition = FILE_OPEN) {
    const CreateResult opened = app.create({.path = std::move(path),
                                            .access = GENERIC_READ | GENERIC_WRITE | DELETE | SYNCHRONIZE,
                                            .disposition = disposition,
                                            .options = options});
    EXPECT_EQ(opened.status, STATUS_SUCCESS);
    return opened.handle;
  }
  IoManager& manager() { return machine.system().io(); }
  // As a filter asks, with the file object in its hand and no service in front.
  IO_STATUS_BLOCK ask(FileHandle file, std::function<IO_STATUS_BLOCK(const Issuer&, FileObject&)> question) {
    IO_STATUS_BLOCK answer{};
    const Outcome done = app.run([&] {
      nt::Ref<void> object;
      ASSERT_EQ(
          nt::reference_by_handle(reinterpret_cast<HANDLE>(file), 0, &kFileType, nt::Mode::kUser, object),
          STATUS_SUCCESS);
      answer = question({.thread = nt::current_thread()}, *static_cast<FileObject*>(object.get()));
    });
    EXPECT_EQ(done, Outcome::kDone);
    return answer;
  }
  // In a thread of the process: kills it, and goes on in the kernel when the process has been run down.
  static void kill_own_process() {
    const nt::Thread& self = nt::current_thread();
    const nt::Ref<nt::Thread> rundown =
        self.system.nt().terminate_process(self.process, STATUS_PROCESS_IS_TERMINATING);
    while (!rundown->ended) nt::enter("YieldProcessor", nt::kAnyIrql);
  }

  RecordingStack stack;
  Machine machine;
  fltsim::Volume& c = stack.add_volume(machine, u"C:");
  Process app = machine.start_process({.image = u"C:\\App\\app.exe"});
};

}  // namespace fltsim::io

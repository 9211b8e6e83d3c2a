// Control devices: what a driver makes, what a client reaches, and what goes wrong.
#include <ntifs.h>

#include "fltsim/lambda_driver.hpp"
#include "io/device.hpp"
#include "io/io_test_support.hpp"
#include "io/services.hpp"

namespace fltsim::io {
namespace {

constexpr ULONG kBuffered = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, METHOD_BUFFERED, FILE_ANY_ACCESS);
constexpr ULONG kOutDirect = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_OUT_DIRECT, FILE_ANY_ACCESS);
constexpr ULONG kNeither = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x802, METHOD_NEITHER, FILE_ANY_ACCESS);
constexpr ULONG kNeedsWrite = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x803, METHOD_BUFFERED, FILE_WRITE_ACCESS);

class DeviceTest : public testing::Test {
 protected:
  using Handler = std::function<NTSTATUS(PIRP, PIO_STACK_LOCATION)>;

  // A driver whose one device is \Device\Guard, with the link \??\Guard.
  Driver load(std::function<NTSTATUS(PDRIVER_OBJECT)> make = {}) {
    LambdaDriver lambdas;
    lambdas.entry = [this, make](PDRIVER_OBJECT driver) {
      for (PDRIVER_DISPATCH& routine : driver->MajorFunction) routine = dispatch;
      return make ? make(driver) : make_device(driver);
    };
    lambdas.unload = [this](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS) {
      if (cleans_up) remove_device();
      return STATUS_SUCCESS;
    };
    return machine.load_driver(lambdas, {.name = u"guard"});
  }
  NTSTATUS make_device(PDRIVER_OBJECT driver, ULONG flags = 0, BOOLEAN exclusive = FALSE) {
    UNICODE_STRING name = string(u"\\Device\\Guard");
    UNICODE_STRING link = string(u"\\DosDevices\\Guard");
    NTSTATUS status =
        IoCreateDevice(driver, sizeof(DeviceTest*), &name, FILE_DEVICE_UNKNOWN, 0, exclusive, &device);
    if (!NT_SUCCESS(status)) return status;
    *static_cast<DeviceTest**>(device->DeviceExtension) = this;
    device->Flags |= flags;
    return IoCreateSymbolicLink(&link, &name);
  }
  void remove_device() {
    UNICODE_STRING link = string(u"\\DosDevices\\Guard");
    EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
    IoDeleteDevice(device);
  }
  static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp) {
    DeviceTest& test = **static_cast<DeviceTest**>(device->DeviceExtension);
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    test.seen.push_back(location->MajorFunction);
    const auto handler = test.handlers.find(location->MajorFunction);
    return handler != test.handlers.end() ? handler->second(irp, location) : finish(irp, STATUS_SUCCESS);
  }
  CreateResult open(std::uint32_t access = GENERIC_READ | GENERIC_WRITE,
                    std::u16string path = u"\\??\\Guard") {
    return app.create({.path = std::move(path), .access = access | SYNCHRONIZE});
  }
  void kernel(std::function<void()> code) {
    EXPECT_EQ(machine.system_process().run(std::move(code)), Outcome::kDone);
  }
  void on_control(Handler handler) { handlers[IRP_MJ_DEVICE_CONTROL] = std::move(handler); }

  std::map<UCHAR, Handler> handlers;
  std::vector<UCHAR> seen;
  PDEVICE_OBJECT device = nullptr;
  bool cleans_up = true;
  Machine machine;
  Process app = machine.start_process({.image = u"C:\\App\\app.exe"});
};

TEST_F(DeviceTest, ClientOpensTheLinkAndTheDriverSeesTheLifeOfTheFileObject) {
  Driver driver = load();
  ASSERT_EQ(driver.status(), STATUS_SUCCESS);
  std::u16string name;
  handlers[IRP_MJ_CREATE] = [&](PIRP irp, PIO_STACK_LOCATION location) {
    name.assign(location->FileObject->FileName.Buffer, location->FileObject->FileName.Length / sizeof(WCHAR));
    EXPECT_EQ(irp->RequestorMode, UserMode);
    EXPECT_EQ(IoGetRequestorProcessId(irp), app.id());
    return finish(irp, STATUS_SUCCESS);
  };
  const CreateResult opened = open(GENERIC_READ, u"\\??\\Guard\\below");
  ASSERT_EQ(opened.status, STATUS_SUCCESS);
  EXPECT_EQ(name, u"\\below");
  EXPECT_EQ(app.close(opened.handle).status, STATUS_SUCCESS);
  EXPECT_THAT(seen, testing::ElementsAre(IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE));
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(open().status, STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(DeviceTest, FailedCreateIsTheAnswerAndNothingIsClosed) {
  load();
  handlers[IRP_MJ_CREATE] = [](PIRP irp, auto) { return finish(irp, STATUS_ACCESS_DENIED); };
  EXPECT_EQ(open().status, STATUS_ACCESS_DENIED);
  EXPECT_THAT(seen, testing::ElementsAre(IRP_MJ_CREATE));
}

TEST_F(DeviceTest, RoutineThatIsNotSetRefusesTheRequest) {
  load([this](PDRIVER_OBJECT driver) {
    driver->MajorFunction[IRP_MJ_DEVICE_CONTROL] = refuse_request;
    return make_device(driver);
  });
  const CreateResult opened = open();
  EXPECT_EQ(app.device_control(opened.handle, kBuffered, "x").status, STATUS_INVALID_DEVICE_REQUEST);
}

TEST_F(DeviceTest, BufferedControlSharesOneSystemBuffer) {
  load();
  on_control([](PIRP irp, PIO_STACK_LOCATION location) {
    const auto& control = location->Parameters.DeviceIoControl;
    EXPECT_EQ(control.IoControlCode, kBuffered);
    EXPECT_EQ(control.InputBufferLength, 4u);
    EXPECT_EQ(control.OutputBufferLength, 16u);
    auto* text = static_cast<char*>(irp->AssociatedIrp.SystemBuffer);
    EXPECT_EQ(std::string(text, 4), "ping");
    std::memcpy(text, "pong!", 5);
    return finish(irp, STATUS_SUCCESS, 5);
  });
  const CreateResult opened = open();
  const IoResult answer = app.device_control(opened.handle, kBuffered, "ping", 16);
  EXPECT_EQ(answer.status, STATUS_SUCCESS);
  EXPECT_EQ(answer.content, "pong!");
}

TEST_F(DeviceTest, FailedControlHandsNothingOverAndAWarningDoes) {
  load();
  NTSTATUS status = STATUS_UNSUCCESSFUL;
  on_control([&](PIRP irp, auto) {
    std::memcpy(irp->AssociatedIrp.SystemBuffer, "text", 4);
    return finish(irp, status, 4);
  });
  const CreateResult opened = open();
  const IoResult failed = app.device_control(opened.handle, kBuffered, {}, 4);
  EXPECT_EQ(failed.status, STATUS_UNSUCCESSFUL);
  EXPECT_NE(failed.content, "text");
  status = STATUS_BUFFER_OVERFLOW;
  EXPECT_EQ(app.device_control(opened.handle, kBuffered, {}, 4).content, "text");
}

TEST_F(DeviceTest, DirectControlDescribesTheOutputBuffer) {
  load();
  on_control([](PIRP irp, PIO_STACK_LOCATION) {
    EXPECT_EQ(std::string(static_cast<char*>(irp->AssociatedIrp.SystemBuffer), 2), "in");
    EXPECT_EQ(MmGetMdlByteCount(irp->MdlAddress), 8u);
    std::memcpy(MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority), "directly", 8);
    return finish(irp, STATUS_SUCCESS, 8);
  });
  const CreateResult opened = open();
  EXPECT_EQ(app.device_control(opened.handle, kOutDirect, "in", 8).content, "directly");
}

TEST_F(DeviceTest, NeitherControlBringsTheClientsAddresses) {
  load();
  on_control([](PIRP irp, PIO_STACK_LOCATION location) {
    ProbeForRead(location->Parameters.DeviceIoControl.Type3InputBuffer, 2, 1);
    ProbeForWrite(irp->UserBuffer, 4, 1);
    std::memcpy(irp->UserBuffer, "user", 4);
    return finish(irp, STATUS_SUCCESS, 4);
  });
  const CreateResult opened = open();
  EXPECT_EQ(app.device_control(opened.handle, kNeither, "in", 4).content, "user");
}

TEST_F(DeviceTest, ControlThatNeedsWriteAccessIsRefusedOnAReadHandle) {
  load();
  const CreateResult reader = open(GENERIC_READ);
  EXPECT_EQ(app.device_control(reader.handle, kNeedsWrite).status, STATUS_ACCESS_DENIED);
  const CreateResult writer = open(GENERIC_WRITE);
  EXPECT_EQ(app.device_control(writer.handle, kNeedsWrite).status, STATUS_SUCCESS);
}

TEST_F(DeviceTest, ReadsAndWritesComeInTheBuffersThatTheDeviceAsksFor) {
  for (const ULONG flag : {DO_BUFFERED_IO, DO_DIRECT_IO, 0u}) {
    Driver driver = load([&](PDRIVER_OBJECT object) { return make_device(object, flag); });
    const auto buffer_of = [flag](PIRP irp) -> void* {
      if (flag == DO_BUFFERED_IO) return irp->AssociatedIrp.SystemBuffer;
      if (flag == DO_DIRECT_IO) return MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority);
      return irp->UserBuffer;
    };
    std::string written;
    handlers[IRP_MJ_WRITE] = [&](PIRP irp, PIO_STACK_LOCATION location) {
      written.assign(static_cast<char*>(buffer_of(irp)), location->Parameters.Write.Length);
      return finish(irp, STATUS_SUCCESS, location->Parameters.Write.Length);
    };
    handlers[IRP_MJ_READ] = [&](PIRP irp, PIO_STACK_LOCATION) {
      std::memcpy(buffer_of(irp), "read", 4);
      return finish(irp, STATUS_SUCCESS, 4);
    };
    const CreateResult opened = open();
    EXPECT_EQ(app.write(opened.handle, "words").information, 5u);
    EXPECT_EQ(written, "words");
    EXPECT_EQ(app.read(opened.handle, 10).content, "read") << flag;
    app.close(opened.handle);
    EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  }
}

TEST_F(DeviceTest, ExclusiveDeviceIsOpenedOnce) {
  load([this](PDRIVER_OBJECT driver) { return make_device(driver, 0, TRUE); });
  const CreateResult first = open();
  EXPECT_EQ(open().status, STATUS_ACCESS_DENIED);
  app.close(first.handle);
  EXPECT_EQ(open().status, STATUS_SUCCESS);
}

TEST_F(DeviceTest, DeviceMadeLaterIsClosedUntilItsInitializingFlagIsCleared) {
  load();
  PDEVICE_OBJECT second = nullptr;
  kernel([&] {
    UNICODE_STRING name = string(u"\\Device\\Second");
    ASSERT_EQ(IoCreateDevice(device->DriverObject, sizeof(DeviceTest*), &name, FILE_DEVICE_UNKNOWN, 0, FALSE,
                             &second),
              STATUS_SUCCESS);
    *static_cast<DeviceTest**>(second->DeviceExtension) = this;
  });
  EXPECT_EQ(open(GENERIC_READ, u"\\Device\\Second").status, STATUS_NO_SUCH_DEVICE);
  second->Flags &= ~DO_DEVICE_INITIALIZING;
  const CreateResult opened = open(GENERIC_READ, u"\\Device\\Second");
  EXPECT_EQ(opened.status, STATUS_SUCCESS);
  app.close(opened.handle);
  kernel([&] { IoDeleteDevice(second); });
}

TEST_F(DeviceTest, SecureDeviceAdmitsWhomItsTextNames) {
  load([this](PDRIVER_OBJECT driver) {
    UNICODE_STRING name = string(u"\\Device\\Guard");
    UNICODE_STRING link = string(u"\\??\\Guard");
    UNICODE_STRING malformed = string(u"D:P(A;;GA;;;NOBODY)");
    EXPECT_EQ(
        IoCreateDeviceSecure(driver, 8, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &malformed, nullptr, &device),
        STATUS_INVALID_PARAMETER);
    UNICODE_STRING text = string(u"D:P(A;;GA;;;SY)(A;;GA;;;BA)(A;;GR;;;S-1-5-32-545)");
    const NTSTATUS status = IoCreateDeviceSecure(driver, sizeof(DeviceTest*), &name, FILE_DEVICE_UNKNOWN, 0,
                                                 FALSE, &text, nullptr, &device);
    if (!NT_SUCCESS(status)) return status;
    *static_cast<DeviceTest**>(device->DeviceExtension) = this;
    return IoCreateSymbolicLink(&link, &name);
  });
  EXPECT_EQ(open(GENERIC_WRITE).status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(open(GENERIC_READ).status, STATUS_SUCCESS);
  Process service = machine.start_process({.image = u"C:\\service.exe", .user = User::kSystem});
  EXPECT_EQ(service.create({.path = u"\\??\\Guard", .access = GENERIC_WRITE | SYNCHRONIZE}).status,
            STATUS_SUCCESS);
}

TEST_F(DeviceTest, PendedRequestIsWaitedForAndCompletedByAnotherThread) {
  load();
  PIRP held = nullptr;
  on_control([&](PIRP irp, auto) {
    IoMarkIrpPending(irp);
    held = irp;
    return STATUS_PENDING;
  });
  const CreateResult opened = open();
  IoResult answer;
  ThreadHandle caller =
      app.start_thread("caller", [&] { answer = app.device_control(opened.handle, kBuffered, {}, 4); });
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(caller.done());
  kernel([&] {
    std::memcpy(held->AssociatedIrp.SystemBuffer, "late", 4);
    finish(held, STATUS_SUCCESS, 4);
  });
  EXPECT_EQ(caller.join(), Outcome::kDone);
  EXPECT_EQ(answer.content, "late");
}

TEST_F(DeviceTest, TerminatedCallersRequestIsCancelled) {
  load();
  on_control([&](PIRP irp, auto) {
    IoSetCancelRoutine(irp, [](PDEVICE_OBJECT, PIRP cancelled) {
      IoReleaseCancelSpinLock(cancelled->CancelIrql);
      finish(cancelled, STATUS_CANCELLED);
    });
    IoMarkIrpPending(irp);
    return STATUS_PENDING;
  });
  const CreateResult opened = open();
  app.start_thread("caller", [&] { app.device_control(opened.handle, kBuffered); });
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(app.kill(), Outcome::kDone);
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_THAT(seen, testing::ElementsAre(IRP_MJ_CREATE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_CLEANUP, IRP_MJ_CLOSE));
}

TEST_F(DeviceTest, RequestOfAnAsynchronousHandleEndsLater) {
  load();
  PIRP held = nullptr;
  on_control([&](PIRP irp, auto) {
    IoMarkIrpPending(irp);
    held = irp;
    return STATUS_PENDING;
  });
  const CreateResult opened =
      app.create({.path = u"\\??\\Guard", .access = GENERIC_READ | SYNCHRONIZE, .options = 0});
  ASSERT_EQ(opened.status, STATUS_SUCCESS);
  NTSTATUS at_once = STATUS_SUCCESS;
  IO_STATUS_BLOCK ended{};
  const Outcome done = app.run([&] {
    IO_STATUS_BLOCK block{};
    at_once = device_control_file({nt::current_thread(), nt::Mode::kUser},
                                  reinterpret_cast<HANDLE>(opened.handle), block, {.code = kBuffered},
                                  [&](const IO_STATUS_BLOCK& result) { ended = result; });
    // The requests of a thread that ends are cancelled, and this one has no cancel routine.
    kernel([&] { finish(held, STATUS_SUCCESS, 0); });
  });
  EXPECT_EQ(done, Outcome::kDone);
  EXPECT_EQ(at_once, STATUS_PENDING);
  EXPECT_EQ(ended.Status, STATUS_SUCCESS);
}

TEST_F(DeviceTest, DriverReachesADeviceByNameAndByRequestsOfItsOwn) {
  load();
  on_control([](PIRP irp, PIO_STACK_LOCATION) {
    EXPECT_EQ(irp->RequestorMode, KernelMode);
    std::memcpy(irp->AssociatedIrp.SystemBuffer, "kernel", 6);
    return finish(irp, STATUS_SUCCESS, 6);
  });
  kernel([&] {
    UNICODE_STRING name = string(u"\\Device\\Guard");
    PFILE_OBJECT file = nullptr;
    PDEVICE_OBJECT found = nullptr;
    ASSERT_EQ(IoGetDeviceObjectPointer(&name, FILE_READ_DATA, &file, &found), STATUS_SUCCESS);
    EXPECT_EQ(found, device);
    EXPECT_EQ(IoGetRelatedDeviceObject(file), device);
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IO_STATUS_BLOCK block{};
    char output[8] = {};
    PIRP irp = IoBuildDeviceIoControlRequest(kBuffered, found, nullptr, 0, output, 8, FALSE, &event, &block);
    EXPECT_EQ(IoCallDriver(found, irp), STATUS_SUCCESS);
    EXPECT_NE(KeReadStateEvent(&event), 0);
    EXPECT_EQ(block.Information, 6u);
    EXPECT_STREQ(output, "kernel");
    ObDereferenceObject(file);
    UNICODE_STRING none = string(u"\\Device\\None");
    EXPECT_EQ(IoGetDeviceObjectPointer(&none, FILE_READ_DATA, &file, &found), STATUS_OBJECT_NAME_NOT_FOUND);
  });
  EXPECT_THAT(seen, testing::ElementsAre(IRP_MJ_CREATE, IRP_MJ_DEVICE_CONTROL, IRP_MJ_CLEANUP, IRP_MJ_CLOSE));
}

TEST_F(DeviceTest, DriverControlsADeviceByHandle) {
  load();
  handlers[IRP_MJ_FILE_SYSTEM_CONTROL] = [](PIRP irp, PIO_STACK_LOCATION location) {
    EXPECT_EQ(location->Parameters.FileSystemControl.FsControlCode, kBuffered);
    return finish(irp, STATUS_NOT_FOUND);
  };
  on_control([](PIRP irp, PIO_STACK_LOCATION) {
    std::memcpy(irp->AssociatedIrp.SystemBuffer, "handle", 6);
    return finish(irp, STATUS_SUCCESS, 6);
  });
  kernel([&] {
    UNICODE_STRING name = string(u"\\DosDevices\\Guard");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, nullptr,
                               nullptr);
    HANDLE handle = nullptr;
    IO_STATUS_BLOCK block{};
    ASSERT_EQ(
        ZwOpenFile(&handle, GENERIC_READ | SYNCHRONIZE, &attributes, &block, 0, FILE_SYNCHRONOUS_IO_NONALERT),
        STATUS_SUCCESS);
    char output[8] = {};
    EXPECT_EQ(
        ZwDeviceIoControlFile(handle, nullptr, nullptr, nullptr, &block, kBuffered, nullptr, 0, output, 8),
        STATUS_SUCCESS);
    EXPECT_STREQ(output, "handle");
    EXPECT_EQ(ZwFsControlFile(handle, nullptr, nullptr, nullptr, &block, kBuffered, nullptr, 0, output, 8),
              STATUS_NOT_FOUND);
    EXPECT_EQ(ZwClose(handle), STATUS_SUCCESS);
  });
}

TEST_F(DeviceTest, CompletionRoutineTakesTheRequestBack) {
  load();
  kernel([&] {
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IoSetCompletionRoutine(
        irp,
        [](PDEVICE_OBJECT upper, PIRP, PVOID context) -> NTSTATUS {
          EXPECT_EQ(upper, nullptr);
          KeSetEvent(static_cast<PKEVENT>(context), 0, FALSE);
          return STATUS_MORE_PROCESSING_REQUIRED;
        },
        &event, TRUE, TRUE, TRUE);
    EXPECT_EQ(IoCallDriver(device, irp), STATUS_SUCCESS);
    EXPECT_NE(KeReadStateEvent(&event), 0);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_SUCCESS);
    IoFreeIrp(irp);
  });
}

TEST_F(DeviceTest, AttachedDeviceGetsTheRequestsAndPassesThemOn) {
  static PDEVICE_OBJECT lower;
  load();
  on_control([](PIRP irp, auto) { return finish(irp, STATUS_SUCCESS, 0); });
  PDEVICE_OBJECT upper = nullptr;
  static int passed;
  passed = 0;
  LambdaDriver above;
  above.entry = [&](PDRIVER_OBJECT driver) {
    for (PDRIVER_DISPATCH& routine : driver->MajorFunction) {
      routine = [](PDEVICE_OBJECT, PIRP irp) {
        ++passed;
        IoSkipCurrentIrpStackLocation(irp);
        return IoCallDriver(lower, irp);
      };
    }
    EXPECT_EQ(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &upper), STATUS_SUCCESS);
    lower = IoAttachDeviceToDeviceStack(upper, device);
    EXPECT_EQ(lower, device);
    EXPECT_EQ(IoGetAttachedDevice(device), upper);
    return STATUS_SUCCESS;
  };
  above.unload = [&](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS) {
    IoDetachDevice(lower);
    IoDeleteDevice(upper);
    return STATUS_SUCCESS;
  };
  Driver driver = machine.load_driver(above, {.name = u"above"});
  const CreateResult opened = open();
  EXPECT_EQ(app.device_control(opened.handle, kBuffered).status, STATUS_SUCCESS);
  EXPECT_EQ(passed, 2);
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  app.close(opened.handle);
  EXPECT_EQ(passed, 2);
}

TEST_F(DeviceTest, ShutdownIsToldToDevicesThatAskedForIt) {
  std::vector<UCHAR> told;
  {
    PDEVICE_OBJECT made = nullptr;
    Machine other;
    LambdaDriver lambdas;
    static std::vector<UCHAR>* place;
    place = &told;
    lambdas.entry = [&](PDRIVER_OBJECT driver) {
      driver->MajorFunction[IRP_MJ_SHUTDOWN] = [](PDEVICE_OBJECT, PIRP irp) {
        place->push_back(IoGetCurrentIrpStackLocation(irp)->MajorFunction);
        return finish(irp, STATUS_SUCCESS);
      };
      EXPECT_EQ(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &made), STATUS_SUCCESS);
      return IoRegisterShutdownNotification(made);
    };
    lambdas.unload = [&](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS) {
      IoUnregisterShutdownNotification(made);
      IoDeleteDevice(made);
      return STATUS_SUCCESS;
    };
    other.load_driver(lambdas);
  }
  EXPECT_THAT(told, testing::ElementsAre(IRP_MJ_SHUTDOWN));
}

// --- findings ---

TEST_F(DeviceTest, DeviceAndLinkThatAreLeftAreReportedAtTheUnload) {  // VER-20
  cleans_up = false;
  Driver driver = load();
  machine.verifier().expect("VER-20");
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(machine.verifier().count("VER-20"), 2u);
  EXPECT_EQ(open().status, STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(DeviceTest, CompletingTwiceStopsTheMachine) {  // VER-50
  machine.verifier().expect("VER-50");
  load();
  on_control([](PIRP irp, auto) {
    finish(irp, STATUS_SUCCESS);
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
  });
  const CreateResult opened = open();
  app.device_control(opened.handle, kBuffered);
  EXPECT_TRUE(machine.stopped());
  EXPECT_EQ(machine.verifier().count("VER-50"), 1u);
}

TEST_F(DeviceTest, StatusThatContradictsWhatWasDoneIsReported) {  // VER-50
  machine.verifier().expect("VER-50");
  load();
  const CreateResult opened = open();
  const std::vector<std::pair<const char*, Handler>> cases{
      {"pending is not marked", [](PIRP irp, auto) { return finish(irp, STATUS_SUCCESS), STATUS_PENDING; }},
      {"marked, and another status is returned",
       [](PIRP irp, auto) {
         IoMarkIrpPending(irp);
         return finish(irp, STATUS_SUCCESS);
       }},
      {"completed as pending", [](PIRP irp, auto) { return finish(irp, STATUS_PENDING), STATUS_SUCCESS; }},
      {"neither completed nor pending", [](PIRP, auto) { return STATUS_SUCCESS; }},
      {"more bytes than there is room for", [](PIRP irp, auto) { return finish(irp, STATUS_SUCCESS, 100); }},
      {"the cancel routine is still set",
       [](PIRP irp, auto) {
         IoSetCancelRoutine(irp, [](PDEVICE_OBJECT, PIRP) {});
         return finish(irp, STATUS_SUCCESS);
       }},
  };
  std::size_t found = 0;
  for (const auto& [what, handler] : cases) {
    on_control(handler);
    app.device_control(opened.handle, kBuffered, {}, 4);
    EXPECT_EQ(machine.verifier().count("VER-50"), ++found) << what;
  }
}

// --- cancel-safe queues ---

// A queue as drivers write it: a list and a spin lock behind the IO_CSQ.
struct Queue {
  IO_CSQ csq;
  LIST_ENTRY list;
  KSPIN_LOCK lock;
  std::vector<PIRP> cancelled;

  static Queue& of(PIO_CSQ csq) { return *reinterpret_cast<Queue*>(csq); }
  Queue() {
    InitializeListHead(&list);
    KeInitializeSpinLock(&lock);
    IoCsqInitialize(
        &csq, [](PIO_CSQ q, PIRP irp) { InsertTailList(&of(q).list, &irp->Tail.Overlay.ListEntry); },
        [](PIO_CSQ, PIRP irp) { RemoveEntryList(&irp->Tail.Overlay.ListEntry); },
        [](PIO_CSQ q, PIRP irp, PVOID) -> PIRP {
          PLIST_ENTRY next = irp != nullptr ? irp->Tail.Overlay.ListEntry.Flink : of(q).list.Flink;
          return next == &of(q).list ? nullptr : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
        },
        [](PIO_CSQ q, PKIRQL irql) { KeAcquireSpinLock(&of(q).lock, irql); },
        [](PIO_CSQ q, KIRQL irql) { KeReleaseSpinLock(&of(q).lock, irql); },
        [](PIO_CSQ q, PIRP irp) {
          of(q).cancelled.push_back(irp);
          finish(irp, STATUS_CANCELLED);
        });
  }
};

TEST_F(DeviceTest, QueuedRequestIsRemovedOrCancelledButNotBoth) {
  load();
  std::unique_ptr<Queue> queue;
  kernel([&] { queue = std::make_unique<Queue>(); });
  on_control([&](PIRP irp, auto) {
    IoCsqInsertIrp(&queue->csq, irp, nullptr);
    return STATUS_PENDING;
  });
  const CreateResult opened = open();
  IoResult first;
  ThreadHandle one = app.start_thread("one", [&] { first = app.device_control(opened.handle, kBuffered); });
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  ThreadHandle two = app.start_thread("two", [&] { app.device_control(opened.handle, kBuffered); });
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  kernel([&] {
    PIRP irp = IoCsqRemoveNextIrp(&queue->csq, nullptr);
    ASSERT_NE(irp, nullptr);
    EXPECT_FALSE(IoCancelIrp(irp)) << "it has left the queue";
    finish(irp, STATUS_SUCCESS);
  });
  EXPECT_EQ(one.join(), Outcome::kDone);
  EXPECT_EQ(first.status, STATUS_SUCCESS);
  two.terminate();
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_EQ(queue->cancelled.size(), 1u);
  kernel([&] { EXPECT_EQ(IoCsqRemoveNextIrp(&queue->csq, nullptr), nullptr); });
}

TEST_F(DeviceTest, RequestIsRemovedFromAQueueByItsContext) {
  load();
  std::unique_ptr<Queue> queue;
  IO_CSQ_IRP_CONTEXT context{};
  kernel([&] { queue = std::make_unique<Queue>(); });
  on_control([&](PIRP irp, auto) {
    IoCsqInsertIrp(&queue->csq, irp, &context);
    return STATUS_PENDING;
  });
  const CreateResult opened = open();
  ThreadHandle caller = app.start_thread("caller", [&] { app.device_control(opened.handle, kBuffered); });
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  kernel([&] {
    PIRP irp = IoCsqRemoveIrp(&queue->csq, &context);
    ASSERT_NE(irp, nullptr);
    EXPECT_EQ(IoCsqRemoveIrp(&queue->csq, &context), nullptr);
    finish(irp, STATUS_SUCCESS);
  });
  EXPECT_EQ(caller.join(), Outcome::kDone);
}

}  // namespace
}  // namespace fltsim::io

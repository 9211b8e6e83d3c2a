// Requests that drivers make, ask about and queue, and devices on devices, as the WDK's pages describe them.
#include <ntifs.h>

#include <map>

#include "fltsim/lambda_driver.hpp"
#include "io/io_test_support.hpp"

namespace fltsim::io {
namespace {

class IrpTest : public testing::Test {
 protected:
  using Handler = std::function<NTSTATUS(PIRP, PIO_STACK_LOCATION)>;

  // A driver with one device, \Device\Proof, with buffers of the system.
  void load() {
    LambdaDriver lambdas;
    lambdas.entry = [this](PDRIVER_OBJECT object) {
      driver = object;
      for (PDRIVER_DISPATCH& routine : object->MajorFunction) routine = dispatch;
      UNICODE_STRING name;
      RtlInitUnicodeString(&name, u"\\Device\\Proof");
      const NTSTATUS status =
          IoCreateDevice(object, sizeof(IrpTest*), &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device);
      if (!NT_SUCCESS(status)) return status;
      *static_cast<IrpTest**>(device->DeviceExtension) = this;
      device->Flags |= DO_BUFFERED_IO;
      return STATUS_SUCCESS;
    };
    lambdas.unload = [this](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS) {
      IoDeleteDevice(device);
      return STATUS_SUCCESS;
    };
    ASSERT_EQ(machine.load_driver(lambdas, {.name = u"proof"}).status(), STATUS_SUCCESS);
  }
  static NTSTATUS dispatch(PDEVICE_OBJECT device, PIRP irp) {
    IrpTest& test = **static_cast<IrpTest**>(device->DeviceExtension);
    PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
    const auto handler = test.handlers.find(location->MajorFunction);
    return handler != test.handlers.end() ? handler->second(irp, location) : finish(irp, STATUS_SUCCESS);
  }
  void kernel(std::function<void()> code) {
    EXPECT_EQ(machine.system_process().run(std::move(code)), Outcome::kDone);
  }
  CreateResult open(std::uint32_t options = FILE_SYNCHRONOUS_IO_NONALERT) {
    return app.create({.path = u"\\Device\\Proof",
                       .access = GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
                       .options = options});
  }

  std::map<UCHAR, Handler> handlers;
  PDRIVER_OBJECT driver = nullptr;
  PDEVICE_OBJECT device = nullptr;
  Machine machine;
  Process app = machine.start_process({.image = u"C:\\App\\app.exe"});
};

TEST_F(IrpTest, CancelSpinLockRaisesToDispatchAndBack) {
  kernel([] {
    KIRQL before = HIGH_LEVEL;
    IoAcquireCancelSpinLock(&before);
    EXPECT_EQ(before, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    IoReleaseCancelSpinLock(before);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(IrpTest, ReusedRequestHasTheStatusThatIsGivenAndGoesAgain) {
  load();
  int flushed = 0;
  handlers[IRP_MJ_FLUSH_BUFFERS] = [&](PIRP irp, PIO_STACK_LOCATION) {
    ++flushed;
    return finish(irp, STATUS_SUCCESS, 0);
  };
  kernel([&] {
    PIRP irp = IoAllocateIrp(device->StackSize, FALSE);
    const auto send = [&] {
      IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_FLUSH_BUFFERS;
      IoSetCompletionRoutine(
          irp, [](PDEVICE_OBJECT, PIRP, PVOID) -> NTSTATUS { return STATUS_MORE_PROCESSING_REQUIRED; },
          nullptr, TRUE, TRUE, TRUE);
      EXPECT_EQ(IoCallDriver(device, irp), STATUS_SUCCESS);
    };
    send();
    IoReuseIrp(irp, STATUS_NOT_SUPPORTED);
    EXPECT_EQ(irp->IoStatus.Status, STATUS_NOT_SUPPORTED);
    EXPECT_EQ(irp->StackCount, device->StackSize);
    EXPECT_EQ(irp->CurrentLocation, irp->StackCount + 1);
    send();
    EXPECT_EQ(irp->IoStatus.Status, STATUS_SUCCESS);
    IoFreeIrp(irp);
  });
  EXPECT_EQ(flushed, 2);
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(IrpTest, SynchronousRequestMovesBytesAndSignalsItsEvent) {
  load();
  std::string written;
  LONGLONG offset = 0;
  handlers[IRP_MJ_WRITE] = [&](PIRP irp, PIO_STACK_LOCATION location) {
    written.assign(static_cast<char*>(irp->AssociatedIrp.SystemBuffer), location->Parameters.Write.Length);
    offset = location->Parameters.Write.ByteOffset.QuadPart;
    return finish(irp, STATUS_SUCCESS, location->Parameters.Write.Length);
  };
  handlers[IRP_MJ_READ] = [&](PIRP irp, PIO_STACK_LOCATION) {
    std::memcpy(irp->AssociatedIrp.SystemBuffer, "read", 4);
    return finish(irp, STATUS_SUCCESS, 4);
  };
  kernel([&] {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, FALSE);
    IO_STATUS_BLOCK block{};
    LARGE_INTEGER at{};
    at.QuadPart = 512;
    char text[] = "words";
    PIRP irp = IoBuildSynchronousFsdRequest(IRP_MJ_WRITE, device, text, 5, &at, &event, &block);
    ASSERT_NE(irp, nullptr);
    EXPECT_EQ(IoCallDriver(device, irp), STATUS_SUCCESS);
    EXPECT_EQ(KeWaitForSingleObject(&event, ::Executive, KernelMode, FALSE, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(block.Information, 5u);
    char answer[8] = {};
    KeClearEvent(&event);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_READ, device, answer, 8, &at, &event, &block);
    EXPECT_EQ(IoCallDriver(device, irp), STATUS_SUCCESS);
    EXPECT_NE(KeReadStateEvent(&event), 0);
    EXPECT_EQ(block.Information, 4u);
    EXPECT_STREQ(answer, "read");
    KeClearEvent(&event);
    irp = IoBuildSynchronousFsdRequest(IRP_MJ_FLUSH_BUFFERS, device, nullptr, 0, nullptr, &event, &block);
    EXPECT_EQ(IoCallDriver(device, irp), STATUS_SUCCESS);
    EXPECT_EQ(block.Status, STATUS_SUCCESS);
  });
  EXPECT_EQ(written, "words");
  EXPECT_EQ(offset, 512);
}

TEST_F(IrpTest, RequestTellsItsRequestorAndWhetherItIsWaitedFor) {
  load();
  HANDLE process = nullptr;
  ULONG session = 99;
  BOOLEAN narrow = TRUE;
  std::vector<BOOLEAN> synchronous;
  handlers[IRP_MJ_WRITE] = [&](PIRP irp, PIO_STACK_LOCATION) {
    process = PsGetProcessId(IoGetRequestorProcess(irp));
    EXPECT_EQ(IoGetRequestorSessionId(irp, &session), STATUS_SUCCESS);
    EXPECT_EQ(session, PsGetProcessSessionId(IoGetRequestorProcess(irp)));
    narrow = IoIs32bitProcess(irp);
    synchronous.push_back(IoIsOperationSynchronous(irp));
    return finish(irp, STATUS_SUCCESS, 1);
  };
  const CreateResult waiting = open();
  app.write(waiting.handle, "x");
  app.close(waiting.handle);
  const CreateResult overlapped = open(0);
  app.write(overlapped.handle, "x", 0);
  app.close(overlapped.handle);
  EXPECT_EQ(process, ULongToHandle(app.id()));
  EXPECT_EQ(narrow, FALSE);
  EXPECT_THAT(synchronous, testing::ElementsAre(TRUE, FALSE));
}

TEST_F(IrpTest, AttachedDeviceIsOnTopAndReferenced) {
  load();
  kernel([&] {
    PDEVICE_OBJECT upper = nullptr;
    ASSERT_EQ(IoCreateDevice(driver, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &upper), STATUS_SUCCESS);
    PDEVICE_OBJECT lower = nullptr;
    EXPECT_EQ(IoAttachDeviceToDeviceStackSafe(upper, device, &lower), STATUS_SUCCESS);
    EXPECT_EQ(lower, device);
    EXPECT_EQ(upper->StackSize, device->StackSize + 1);
    for (PDEVICE_OBJECT start : {device, upper}) {
      PDEVICE_OBJECT top = IoGetAttachedDeviceReference(start);
      EXPECT_EQ(top, upper);
      ObDereferenceObject(top);
    }
    IoDetachDevice(lower);
    PDEVICE_OBJECT top = IoGetAttachedDeviceReference(device);
    EXPECT_EQ(top, device);
    ObDereferenceObject(top);
    IoDeleteDevice(upper);
  });
  EXPECT_TRUE(machine.verifier().clean());
}

TEST_F(IrpTest, UnprotectedLinkLeadsToTheDevice) {
  load();
  kernel([] {
    UNICODE_STRING link;
    UNICODE_STRING name;
    RtlInitUnicodeString(&link, u"\\??\\ProofLink");
    RtlInitUnicodeString(&name, u"\\Device\\Proof");
    EXPECT_EQ(IoCreateUnprotectedSymbolicLink(&link, &name), STATUS_SUCCESS);
    EXPECT_EQ(IoCreateUnprotectedSymbolicLink(&link, &name), STATUS_OBJECT_NAME_COLLISION);
  });
  const CreateResult opened = app.create({.path = u"\\??\\ProofLink"});
  EXPECT_EQ(opened.status, STATUS_SUCCESS);
  app.close(opened.handle);
  kernel([] {
    UNICODE_STRING link;
    RtlInitUnicodeString(&link, u"\\??\\ProofLink");
    EXPECT_EQ(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
  });
}

TEST_F(IrpTest, LastChanceComesAfterTheOrdinaryShutdownNotification) {
  static std::vector<PDEVICE_OBJECT> told;
  told.clear();
  PDEVICE_OBJECT devices[2] = {};  // the one with the last chance was registered first
  {
    Machine other;
    LambdaDriver lambdas;
    lambdas.entry = [&](PDRIVER_OBJECT object) {
      object->MajorFunction[IRP_MJ_SHUTDOWN] = [](PDEVICE_OBJECT at, PIRP irp) {
        told.push_back(at);
        return finish(irp, STATUS_SUCCESS);
      };
      for (PDEVICE_OBJECT& made : devices) {
        EXPECT_EQ(IoCreateDevice(object, 0, nullptr, FILE_DEVICE_UNKNOWN, 0, FALSE, &made), STATUS_SUCCESS);
      }
      EXPECT_EQ(IoRegisterLastChanceShutdownNotification(devices[0]), STATUS_SUCCESS);
      return IoRegisterShutdownNotification(devices[1]);
    };
    lambdas.unload = [&](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS) {
      for (PDEVICE_OBJECT made : devices) {
        IoUnregisterShutdownNotification(made);
        IoDeleteDevice(made);
      }
      return STATUS_SUCCESS;
    };
    other.load_driver(lambdas);
  }
  EXPECT_THAT(told, testing::ElementsAre(devices[1], devices[0]));
}

// A queue whose insertion may refuse.
struct RefusingQueue {
  IO_CSQ csq;
  LIST_ENTRY list;
  KSPIN_LOCK lock;
  PVOID seen = nullptr;
  NTSTATUS answer = STATUS_SUCCESS;

  static RefusingQueue& of(PIO_CSQ csq) { return *reinterpret_cast<RefusingQueue*>(csq); }
  RefusingQueue() {
    InitializeListHead(&list);
    KeInitializeSpinLock(&lock);
    EXPECT_EQ(IoCsqInitializeEx(
                  &csq,
                  [](PIO_CSQ q, PIRP irp, PVOID context) -> NTSTATUS {
                    of(q).seen = context;
                    if (NT_SUCCESS(of(q).answer)) InsertTailList(&of(q).list, &irp->Tail.Overlay.ListEntry);
                    return of(q).answer;
                  },
                  [](PIO_CSQ, PIRP irp) { RemoveEntryList(&irp->Tail.Overlay.ListEntry); },
                  [](PIO_CSQ q, PIRP irp, PVOID) -> PIRP {
                    PLIST_ENTRY next = irp != nullptr ? irp->Tail.Overlay.ListEntry.Flink : of(q).list.Flink;
                    return next == &of(q).list ? nullptr
                                               : CONTAINING_RECORD(next, IRP, Tail.Overlay.ListEntry);
                  },
                  [](PIO_CSQ q, PKIRQL irql) { KeAcquireSpinLock(&of(q).lock, irql); },
                  [](PIO_CSQ q, KIRQL irql) { KeReleaseSpinLock(&of(q).lock, irql); },
                  [](PIO_CSQ, PIRP irp) { finish(irp, STATUS_CANCELLED); }),
              STATUS_SUCCESS);
  }
};

TEST_F(IrpTest, QueueThatRefusesARequestLeavesItToTheCaller) {
  load();
  std::unique_ptr<RefusingQueue> queue;
  kernel([&] { queue = std::make_unique<RefusingQueue>(); });
  int mark = 0;
  handlers[IRP_MJ_WRITE] = [&](PIRP irp, PIO_STACK_LOCATION) -> NTSTATUS {
    const NTSTATUS status = IoCsqInsertIrpEx(&queue->csq, irp, nullptr, &mark);
    if (!NT_SUCCESS(status)) return finish(irp, status);
    return STATUS_PENDING;
  };
  const CreateResult opened = open();
  queue->answer = STATUS_INSUFFICIENT_RESOURCES;
  EXPECT_EQ(app.write(opened.handle, "x").status, STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_EQ(queue->seen, &mark);
  queue->answer = STATUS_SUCCESS;
  IoResult written;
  ThreadHandle caller = app.start_thread("caller", [&] { written = app.write(opened.handle, "x"); });
  ASSERT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_FALSE(caller.done());
  kernel([&] {
    PIRP irp = IoCsqRemoveNextIrp(&queue->csq, nullptr);
    ASSERT_NE(irp, nullptr);
    finish(irp, STATUS_SUCCESS, 1);
  });
  EXPECT_EQ(caller.join(), Outcome::kDone);
  EXPECT_EQ(written.information, 1u);
  app.close(opened.handle);
}

}  // namespace
}  // namespace fltsim::io

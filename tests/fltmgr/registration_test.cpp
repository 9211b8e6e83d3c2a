// FltRegisterFilter: what it accepts, refuses and reports (LIFE-1 to LIFE-9, CTX-2, VER-37).
#include "fltmgr/registration_machine.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::HasSubstr;

TEST_F(RegistrationTest, RegisteringAnotherDriversFilterIsReported) {  // LIFE-1, VER-37
  LambdaDriver other;
  other.registered = [this](PFLT_FILTER) {
    PFLT_FILTER given = nullptr;
    EXPECT_EQ(FltRegisterFilter(&driver_, &registration, &given), STATUS_SUCCESS);
    FltUnregisterFilter(given);
    return STATUS_SUCCESS;
  };
  load(std::move(other));
  EXPECT_THAT(finding("VER-37"), HasSubstr("LIFE-1"));
}

TEST_F(RegistrationTest, RegisteringAboveApcLevelIsReported) {  // LIFE-1, IRQL-3, VER-23
  kernel([&] {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    PFLT_FILTER given = nullptr;
    const NTSTATUS status = FltRegisterFilter(&driver_, &registration, &given);
    KeLowerIrql(before);
    ASSERT_EQ(status, STATUS_SUCCESS);
    FltUnregisterFilter(given);
  });
  EXPECT_THAT(finding("VER-23"), HasSubstr("FltRegisterFilter"));
}

TEST_F(RegistrationTest, WithoutMemoryRegisteringFails) {  // LIFE-6
  machine.fail_next("FltRegisterFilter");
  EXPECT_EQ(registered(), STATUS_INSUFFICIENT_RESOURCES);
}

TEST_F(RegistrationTest, TransactionCallbackIsAWarning) {  // SIM-9
  registration.TransactionNotificationCallback = [](auto...) -> NTSTATUS { return STATUS_SUCCESS; };
  EXPECT_EQ(registered(), STATUS_SUCCESS);
  EXPECT_THAT(finding("SIM-9"), HasSubstr("TransactionNotificationCallback"));
}

TEST_F(RegistrationTest, SectionConflictCallbackIsAWarning) {  // SIM-9
  registration.SectionNotificationCallback = [](auto...) -> NTSTATUS { return STATUS_SUCCESS; };
  EXPECT_EQ(registered(), STATUS_SUCCESS);
  EXPECT_THAT(finding("SIM-9"), HasSubstr("SectionNotificationCallback"));
}

TEST_F(RegistrationTest, EveryPublishedVersionIsTaken) {  // LIFE-2
  for (USHORT version : {0x0200, 0x0201, 0x0202, 0x0203}) {
    registration.Version = version;
    EXPECT_EQ(registered(), STATUS_SUCCESS) << version;
  }
  registration.Version = 0x0300;
  EXPECT_EQ(registered(), STATUS_INVALID_PARAMETER);
}

TEST_F(RegistrationTest, WrongSizeIsInvalidAndReported) {  // LIFE-3
  registration.Size = sizeof registration - 8;
  EXPECT_EQ(registered(), STATUS_INVALID_PARAMETER);
  EXPECT_THAT(finding("VER-37"), HasSubstr("Size"));
}

TEST_F(RegistrationTest, NormalizingWithoutGeneratingNamesIsInvalid) {  // LIFE-4
  registration.NormalizeNameComponentCallback = [](auto...) -> NTSTATUS { return STATUS_SUCCESS; };
  EXPECT_EQ(registered(), STATUS_INVALID_PARAMETER);
  registration.NormalizeNameComponentCallback = nullptr;
  registration.NormalizeContextCleanupCallback = [](auto...) {};
  EXPECT_EQ(registered(), STATUS_INVALID_PARAMETER);
  registration.NormalizeContextCleanupCallback = nullptr;
  registration.NormalizeNameComponentExCallback = [](auto...) -> NTSTATUS { return STATUS_SUCCESS; };
  EXPECT_EQ(registered(), STATUS_INVALID_PARAMETER);
}

TEST_F(RegistrationTest, DriverWithoutAServiceKeyIsNotFound) {  // LIFE-5
  Counted unknown(u"unknown");
  driver_.DriverExtension->ServiceKeyName = unknown.string();
  EXPECT_EQ(registered(), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(RegistrationTest, DefaultInstanceThatIsNotListedIsNotFound) {  // LIFE-5
  machine.system().nt().registry().set_string(std::u16string(kService) + u"\\Instances", u"DefaultInstance",
                                              u"another");
  EXPECT_EQ(registered(), STATUS_OBJECT_NAME_NOT_FOUND);
}

TEST_F(RegistrationTest, OperationTwiceIsADuplicate) {  // LIFE-7, VER-37
  EXPECT_EQ(registered_with({{IRP_MJ_WRITE, 0, pass, nullptr, nullptr},
                             {IRP_MJ_READ, 0, pass, nullptr, nullptr},
                             {IRP_MJ_WRITE, 0, pass, nullptr, nullptr}}),
            STATUS_FLT_DUPLICATE_ENTRY);
  EXPECT_THAT(finding("VER-37"), HasSubstr("twice"));
}

TEST_F(RegistrationTest, PowerAndDeviceChangeCannotBeRegistered) {  // LIFE-8, VER-37
  for (UCHAR major : {IRP_MJ_POWER, IRP_MJ_DEVICE_CHANGE}) {
    EXPECT_EQ(registered_with({{major, 0, pass, nullptr, nullptr}}), STATUS_INVALID_PARAMETER);
  }
  EXPECT_THAT(finding("VER-37"), HasSubstr("cannot be registered"));
}

TEST_F(RegistrationTest, ShutdownPostIsDroppedAndReported) {  // LIFE-8, CB-33, VER-37
  EXPECT_EQ(registered_with({{IRP_MJ_SHUTDOWN, 0, pass, finish, nullptr}}), STATUS_SUCCESS);
  EXPECT_THAT(finding("VER-37"), HasSubstr("IRP_MJ_SHUTDOWN"));
}

TEST_F(RegistrationTest, ArraysMayBeAbsent) {  // LIFE-9
  EXPECT_EQ(registered(), STATUS_SUCCESS);
}

TEST_F(RegistrationTest, ReservedFieldThatIsNotZeroIsReported) {  // LIFE-9, VER-37
  EXPECT_EQ(registered_with({{IRP_MJ_WRITE, 0, pass, nullptr, &registration}}), STATUS_SUCCESS);
  EXPECT_EQ(machine.verifier().count("VER-37"), 1u);
  registration.OperationRegistration = nullptr;
  FLT_CONTEXT_REGISTRATION context = stream_context(8);
  context.Reserved1 = &registration;
  EXPECT_EQ(registered_with({context}), STATUS_SUCCESS);
  EXPECT_EQ(machine.verifier().count("VER-37"), 2u);
  EXPECT_THAT(finding("VER-37"), HasSubstr("Reserved1"));
}

TEST_F(RegistrationTest, ThreeFixedSizesAndOneVariableAreTheMost) {  // CTX-2
  const auto any = FLT_VARIABLE_SIZED_CONTEXTS;
  EXPECT_EQ(registered_with({stream_context(8), stream_context(16), stream_context(24), stream_context(any)}),
            STATUS_SUCCESS);
  EXPECT_EQ(registered_with({stream_context(8), stream_context(16), stream_context(24), stream_context(32)}),
            STATUS_FLT_INVALID_CONTEXT_REGISTRATION);
  EXPECT_EQ(registered_with({stream_context(8), stream_context(16), stream_context(8), stream_context(24)}),
            STATUS_SUCCESS);  // the repeated one does not count
}

TEST_F(RegistrationTest, EntryWithItsOwnAllocatorStandsAlone) {  // CTX-2
  FLT_CONTEXT_REGISTRATION own = stream_context(8, 0);
  own.ContextAllocateCallback = [](POOL_TYPE, SIZE_T, FLT_CONTEXT_TYPE) -> PVOID { return nullptr; };
  own.ContextFreeCallback = [](PVOID, FLT_CONTEXT_TYPE) {};
  EXPECT_EQ(registered_with({own}), STATUS_SUCCESS);
  EXPECT_EQ(registered_with({own, stream_context(16)}), STATUS_FLT_INVALID_CONTEXT_REGISTRATION);
  EXPECT_EQ(registered_with({stream_context(16), own}), STATUS_FLT_INVALID_CONTEXT_REGISTRATION);
}

TEST_F(RegistrationTest, ContextWithoutAPoolTagIsInvalidAndReported) {  // CTX-2, VER-37
  EXPECT_EQ(registered_with({stream_context(8, 0)}), STATUS_FLT_INVALID_CONTEXT_REGISTRATION);
  EXPECT_THAT(finding("VER-37"), HasSubstr("pool tag"));
}

TEST_F(RegistrationTest, UnknownContextTypeIsInvalid) {  // CTX-1, CTX-2
  FLT_CONTEXT_REGISTRATION unknown = stream_context(8);
  unknown.ContextType = FLT_STREAM_CONTEXT | FLT_FILE_CONTEXT;
  EXPECT_EQ(registered_with({unknown}), STATUS_FLT_INVALID_CONTEXT_REGISTRATION);
}

TEST_F(RegistrationTest, FilterWithoutAnUnloadCallbackCannotBeUnloaded) {  // LIFE-16, VER-37
  registration.FilterUnloadCallback = nullptr;
  kernel([&] {
    PFLT_FILTER given = nullptr;
    ASSERT_EQ(FltRegisterFilter(&driver_, &registration, &given), STATUS_SUCCESS);
    FilterManager& manager = machine.system().fltmgr();
    EXPECT_EQ(manager.unload(*Filter::from(given), false), STATUS_FLT_DO_NOT_DETACH);
    EXPECT_EQ(manager.unload(*Filter::from(given), true), STATUS_FLT_DO_NOT_DETACH);
    FltUnregisterFilter(given);
  });
  EXPECT_THAT(finding("VER-37"), HasSubstr("FilterUnloadCallback"));
}

TEST_F(RegistrationTest, ReferenceOnAnUnregisteredFilterIsReported) {  // LIFE-22, LIFE-23, VER-30
  kernel([&] {
    PFLT_FILTER given = nullptr;
    ASSERT_EQ(FltRegisterFilter(&driver_, &registration, &given), STATUS_SUCCESS);
    FltUnregisterFilter(given);
    EXPECT_EQ(FltObjectReference(given), STATUS_FLT_DELETING_OBJECT);
  });
  EXPECT_THAT(finding("VER-30"), HasSubstr("FltObjectReference"));
}

TEST_F(RegistrationTest, WorkItemForAnUnregisteredFilterIsReported) {  // LIFE-22, LIFE-23, VER-30
  kernel([&] {
    PFLT_FILTER given = nullptr;
    ASSERT_EQ(FltRegisterFilter(&driver_, &registration, &given), STATUS_SUCCESS);
    FltUnregisterFilter(given);
    const PFLT_GENERIC_WORKITEM item = FltAllocateGenericWorkItem();
    EXPECT_EQ(FltQueueGenericWorkItem(
                  item, given, [](auto...) {}, DelayedWorkQueue, nullptr),
              STATUS_FLT_DELETING_OBJECT);
    FltFreeGenericWorkItem(item);
  });
  EXPECT_THAT(finding("VER-30"), HasSubstr("FltQueueGenericWorkItem"));
}

TEST_F(RegistrationTest, UnregisteredFilterMustNotBeUsed) {  // LIFE-23, VER-30
  kernel([&] {
    PFLT_FILTER given = nullptr;
    ASSERT_EQ(FltRegisterFilter(&driver_, &registration, &given), STATUS_SUCCESS);
    FltUnregisterFilter(given);
    EXPECT_EQ(FltStartFiltering(given), STATUS_INVALID_PARAMETER);
  });
  EXPECT_THAT(finding("VER-30"), HasSubstr("FltStartFiltering"));
}

TEST_F(RegistrationTest, RoutinesForPassiveLevelAreReportedAtApcLevel) {  // IRQL-2, VER-23
  load(noting());
  kernel([&] {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(APC_LEVEL, &before);
    Counted altitude(u"1.2.3");
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, nullptr, nullptr),
              STATUS_INVALID_PARAMETER);
    KeLowerIrql(before);
  });
  EXPECT_THAT(finding("VER-23"), HasSubstr("FltAttachVolumeAtAltitude"));
}

TEST_F(RegistrationTest, ReferencesAreFineAtDispatchLevel) {  // IRQL-4
  load(noting());
  kernel([&] {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    EXPECT_EQ(FltObjectReference(instance), STATUS_SUCCESS);
    FltObjectDereference(instance);
    KeLowerIrql(before);
  });
}

TEST_F(RegistrationTest, DereferenceWithoutAReferenceIsReported) {  // VER-20
  load(noting());
  kernel([&] { FltObjectDereference(volume); });
  EXPECT_THAT(finding("VER-20"), HasSubstr("without a reference"));
}

// The port's own reference on the filter is not the driver's to give back.
TEST_F(RegistrationTest, DereferenceTooOftenWithAnOpenPortIsReported) {  // VER-20, PORT-9, PUNL-1
  load(noting());
  PFLT_PORT port = nullptr;
  kernel([&] {
    PSECURITY_DESCRIPTOR descriptor = nullptr;
    ASSERT_EQ(FltBuildDefaultSecurityDescriptor(&descriptor, FLT_PORT_ALL_ACCESS), STATUS_SUCCESS);
    Counted name(u"\\SamplePort");
    OBJECT_ATTRIBUTES attributes;
    InitializeObjectAttributes(&attributes, &name, OBJ_KERNEL_HANDLE, nullptr, descriptor);
    const auto connect = [](auto...) -> NTSTATUS { return STATUS_SUCCESS; };
    ASSERT_EQ(FltCreateCommunicationPort(
                  filter, &port, &attributes, nullptr, connect, [](auto) {}, nullptr, 1),
              STATUS_SUCCESS);
    FltFreeSecurityDescriptor(descriptor);
    FltObjectDereference(filter);
    FltCloseCommunicationPort(port);
  });
  EXPECT_EQ(machine.verifier().count("VER-20"), 1u);
  EXPECT_THAT(finding("VER-20"), HasSubstr("without a reference"));
}

// The references of a driver that goes without giving them back are nobody's at the end.
TEST_F(RegistrationTest, LeakedVolumeReferenceIsReportedAtTheEndOfTheMachine) {  // VER-20
  load(noting());
  kernel([&] {
    PFLT_VOLUME same = nullptr;
    EXPECT_EQ(FltGetVolumeFromInstance(instance, &same), STATUS_SUCCESS);
    EXPECT_EQ(FltObjectReference(same), STATUS_SUCCESS);
    FltObjectDereference(same);
  });
  EXPECT_EQ(machine.dismount(disk), Outcome::kDone);  // whose record outlives it
  machine.system().shut_down();
  EXPECT_EQ(machine.verifier().count("VER-20"), 1u);
  EXPECT_THAT(finding("VER-20"), HasSubstr("1 reference(s) on a volume"));
}

}  // namespace
}  // namespace fltsim::fltmgr

// IRQL limits of the routines, by group (IRQL-1 to IRQL-9, VER-23).
#define DBG 1  // PAGED_CODE checks in drivers built for debugging
#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::HasSubstr;

class IrqlTest : public FilterTest {
 protected:
  void at(KIRQL level, const std::function<void()>& code) {
    kernel([&] {
      KIRQL before = PASSIVE_LEVEL;
      KeRaiseIrql(level, &before);
      code();
      KeLowerIrql(before);
    });
  }
  std::size_t found() { return machine.verifier().count("VER-23"); }
};

TEST_F(IrqlTest, PageableCodeAtDispatchLevelStopsTheMachine) {  // IRQL-1
  at(APC_LEVEL, [] { PAGED_CODE(); });
  kernel_that_stops([] {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    PAGED_CODE();
  });
  EXPECT_THAT(finding("SIM-3"), HasSubstr("KeGetCurrentIrql() <= APC_LEVEL"));
}

TEST_F(IrqlTest, RoutinesForApcLevelAreReportedAtDispatchLevel) {  // IRQL-3, VER-23
  load(noting());
  PFLT_VOLUME found_volume = nullptr;
  PFLT_FILTER found_filter = nullptr;
  const auto look = [&] {
    EXPECT_EQ(FltGetVolumeFromInstance(instance, &found_volume), STATUS_SUCCESS);
    EXPECT_EQ(FltGetFilterFromInstance(instance, &found_filter), STATUS_SUCCESS);
    FltObjectDereference(found_volume);
    FltObjectDereference(found_filter);
  };
  at(APC_LEVEL, look);
  EXPECT_EQ(found(), 0u);
  at(DISPATCH_LEVEL, look);
  EXPECT_EQ(found(), 2u);
  EXPECT_THAT(finding("VER-23"), HasSubstr("FltGetVolumeFromInstance"));
}

TEST_F(IrqlTest, DirtyFlagMayBeSetAtAnyLevel) {  // IRQL-5
  load(on(IRP_MJ_WRITE, [](PFLT_CALLBACK_DATA data, auto, auto) {
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(HIGH_LEVEL, &before);
    FltSetCallbackDataDirty(data);
    EXPECT_TRUE(FltIsCallbackDataDirty(data));
    FltClearCallbackDataDirty(data);
    KeLowerIrql(before);
    return FLT_PREOP_SUCCESS_NO_CALLBACK;
  }));
  EXPECT_EQ(app.write(u"C:\\plan.txt", "new").status, STATUS_SUCCESS);
  EXPECT_EQ(found(), 0u);
}

TEST_F(IrqlTest, ResourceIsReleasedAtDispatchLevelAndNotTakenThere) {  // IRQL-9
  ERESOURCE resource;
  kernel([&] {
    ExInitializeResourceLite(&resource);
    FltAcquireResourceShared(&resource);
    KIRQL before = PASSIVE_LEVEL;
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    FltReleaseResource(&resource);
    KeLowerIrql(before);
  });
  EXPECT_EQ(found(), 0u);
  at(DISPATCH_LEVEL, [&] {
    FltAcquireResourceShared(&resource);
    FltReleaseResource(&resource);
  });
  EXPECT_EQ(found(), 2u);  // entering the region, and taking the resource
  EXPECT_FALSE(finding("VER-23").empty());
  kernel([&] { ExDeleteResourceLite(&resource); });
}

}  // namespace
}  // namespace fltsim::fltmgr

// Registration, start, attach, detach, teardown and unload (LIFE-*, ATT-*, TEAR-*).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fltmgr/recording_driver.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class LifecycleTest : public testing::Test {
 protected:
  // Runs in a system thread, as a driver's own code would.
  void kernel(std::function<void()> code) {
    EXPECT_EQ(machine.system_process().run(std::move(code)), Outcome::kDone);
  }
  // The first create after a mount is where filters attach.
  void touch_volume() { static_cast<void>(machine.start_process(kApp).exists(u"C:\\")); }

  LambdaDriver reporting() {
    LambdaDriver driver;
    driver.registered = [this](PFLT_FILTER given) {
      filter = given;
      return STATUS_SUCCESS;
    };
    driver.instance_setup = [this](PCFLT_RELATED_OBJECTS objects, FLT_INSTANCE_SETUP_FLAGS flags) {
      volume = objects->Volume;
      instance = objects->Instance;
      setup_flags = flags;
      log.push_back("setup");
      return setup_answer;
    };
    driver.query_teardown = [this](PCFLT_RELATED_OBJECTS) {
      log.push_back("query");
      return query_answer;
    };
    driver.teardown_start = [this](PCFLT_RELATED_OBJECTS, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
      log.push_back("start " + std::to_string(reason));
    };
    driver.teardown_complete = [this](PCFLT_RELATED_OBJECTS, FLT_INSTANCE_TEARDOWN_FLAGS reason) {
      log.push_back("complete " + std::to_string(reason));
    };
    return driver;
  }

  Log log;
  PFLT_FILTER filter = nullptr;
  PFLT_VOLUME volume = nullptr;
  PFLT_INSTANCE instance = nullptr;
  FLT_INSTANCE_SETUP_FLAGS setup_flags = 0;
  NTSTATUS setup_answer = STATUS_SUCCESS;
  NTSTATUS query_answer = STATUS_SUCCESS;
  Machine machine;
};

TEST_F(LifecycleTest, FilterAttachesAtTheFirstCreateAfterTheMount) {  // ATT-1, ATT-2
  machine.load_driver(reporting());
  machine.add_volume(u"C:");
  EXPECT_TRUE(log.empty());
  touch_volume();
  EXPECT_THAT(log, ElementsAre("setup"));
  EXPECT_EQ(setup_flags,
            FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT | FLTFL_INSTANCE_SETUP_NEWLY_MOUNTED_VOLUME);
}

TEST_F(LifecycleTest, FilterAttachesToAMountedVolumeWhenItStarts) {  // ATT-1
  machine.add_volume(u"C:");
  touch_volume();
  machine.load_driver(reporting());
  EXPECT_THAT(log, ElementsAre("setup"));
  EXPECT_EQ(setup_flags, FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT);
}

TEST_F(LifecycleTest, FilterAttachesToAVolumeThatNobodyHasOpenedWhenItStarts) {  // ATT-1, ATT-2
  machine.add_volume(u"C:");
  machine.load_driver(reporting());
  EXPECT_THAT(log, ElementsAre("setup"));
  EXPECT_EQ(setup_flags, FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT);
  touch_volume();
  EXPECT_THAT(log, ElementsAre("setup"));
}

TEST_F(LifecycleTest, FilterThatWasThereAtTheMountIsToldSoWhenAnotherOneStarts) {  // ATT-1, ATT-2
  machine.load_driver(reporting());
  machine.add_volume(u"C:");
  machine.load_driver(LambdaDriver{});
  EXPECT_THAT(log, ElementsAre("setup"));
  EXPECT_EQ(setup_flags,
            FLTFL_INSTANCE_SETUP_AUTOMATIC_ATTACHMENT | FLTFL_INSTANCE_SETUP_NEWLY_MOUNTED_VOLUME);
}

TEST_F(LifecycleTest, RefusedSetupMeansNoCallbacks) {  // ATT-3, ATT-4
  setup_answer = STATUS_FLT_DO_NOT_ATTACH;
  LambdaDriver driver = reporting();
  driver.operations = recording(log, "a", IRP_MJ_CREATE).operations;
  machine.add_volume(u"C:");
  machine.load_driver(std::move(driver));
  touch_volume();
  EXPECT_THAT(log, ElementsAre("setup"));
}

TEST_F(LifecycleTest, UnloadTearsDownInTheDocumentedOrder) {  // LIFE-20, LIFE-21, TEAR-1, TEAR-2
  machine.add_volume(u"C:");
  Driver driver = machine.load_driver(reporting());
  touch_volume();
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_FALSE(driver.loaded());
  EXPECT_THAT(log, ElementsAre("setup", "start 2", "complete 2"));
}

TEST_F(LifecycleTest, ServiceStopIsMandatory) {  // LIFE-17, TEAR-1, T-24
  LambdaDriver lambdas = reporting();
  FLT_FILTER_UNLOAD_FLAGS flags = 0;
  lambdas.unload = [&](PFLT_FILTER, FLT_FILTER_UNLOAD_FLAGS given) {
    flags = given;
    return STATUS_FLT_DO_NOT_DETACH;
  };
  machine.add_volume(u"C:");
  Driver driver = machine.load_driver(std::move(lambdas));
  touch_volume();
  EXPECT_EQ(driver.unload(), STATUS_FLT_DO_NOT_DETACH);
  EXPECT_TRUE(driver.loaded());
  EXPECT_EQ(driver.stop(), STATUS_SUCCESS);
  EXPECT_EQ(flags, FLTFL_FILTER_UNLOAD_MANDATORY);
  EXPECT_THAT(log, ElementsAre("setup", "start 4", "complete 4"));
}

TEST_F(LifecycleTest, FilterThatDoesNotSupportServiceStopStays) {  // LIFE-18
  LambdaDriver lambdas = reporting();
  lambdas.registration_flags = FLTFL_REGISTRATION_DO_NOT_SUPPORT_SERVICE_STOP;
  Driver driver = machine.load_driver(std::move(lambdas));
  EXPECT_FALSE(NT_SUCCESS(driver.stop()));
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
}

TEST_F(LifecycleTest, StartingTwiceIsAnInvalidParameter) {  // LIFE-10, T-40
  machine.load_driver(reporting());
  kernel([&] { EXPECT_EQ(FltStartFiltering(filter), STATUS_INVALID_PARAMETER); });
}

TEST_F(LifecycleTest, AttachingBeforeTheStartIsNotReady) {  // LIFE-14, T-40
  machine.add_volume(u"C:");
  LambdaDriver lambdas = reporting();
  NTSTATUS status = STATUS_SUCCESS;
  lambdas.registered = [&](PFLT_FILTER given) {
    Counted name(u"C:");
    PFLT_VOLUME found = nullptr;
    EXPECT_EQ(FltGetVolumeFromName(given, &name, &found), STATUS_SUCCESS);
    status = FltAttachVolume(given, found, nullptr, nullptr);
    FltObjectDereference(found);
    return STATUS_SUCCESS;
  };
  machine.load_driver(std::move(lambdas));
  EXPECT_EQ(status, STATUS_FLT_FILTER_NOT_READY);
}

TEST_F(LifecycleTest, EqualAltitudesCollideEvenIfSpeltDifferently) {  // ATT-7, ALT-1, T-38
  machine.add_volume(u"C:");
  machine.load_driver(reporting(), {.altitude = u"100.5"});
  touch_volume();
  Counted same(u"0100.50");
  kernel([&] {
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &same, nullptr, nullptr),
              STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
  });
}

TEST_F(LifecycleTest, MalformedAltitudesAreInvalid) {  // ATT-7, ALT-3, T-39
  machine.add_volume(u"C:");
  machine.load_driver(reporting());
  touch_volume();
  kernel([&] {
    for (std::u16string text : {u"", u"1.2.3", u"-1", u"1e5"}) {
      Counted altitude(text);
      EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, nullptr, nullptr),
                STATUS_INVALID_PARAMETER);
    }
  });
}

TEST_F(LifecycleTest, OneFilterMaySitTwiceOnAVolume) {  // ALT-4, ATT-8
  machine.add_volume(u"C:");
  LambdaDriver lambdas = reporting();
  lambdas.operations = recording(log, "a", IRP_MJ_FLUSH_BUFFERS).operations;
  machine.load_driver(std::move(lambdas), {.altitude = u"360000"});
  touch_volume();
  const PFLT_INSTANCE first = instance;
  Counted other(u"360001");
  kernel([&] {
    PFLT_INSTANCE second = nullptr;
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &other, nullptr, &second), STATUS_SUCCESS);
    EXPECT_EQ(FltCompareInstanceAltitudes(first, second), -1);
    FltObjectDereference(second);
  });
  EXPECT_THAT(log, ElementsAre("setup", "setup"));
  EXPECT_EQ(setup_flags, FLTFL_INSTANCE_SETUP_MANUAL_ATTACHMENT);
}

TEST_F(LifecycleTest, ManualDetachAsksFirst) {  // ATT-10, ATT-11, TEAR-2
  machine.add_volume(u"C:");
  machine.load_driver(reporting());
  touch_volume();
  query_answer = STATUS_FLT_DO_NOT_DETACH;
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_FLT_DO_NOT_DETACH); });
  query_answer = STATUS_SUCCESS;
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS); });
  kernel([&] { EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_FLT_INSTANCE_NOT_FOUND); });
  EXPECT_THAT(log, ElementsAre("setup", "query", "query", "start 1", "complete 1"));
}

TEST_F(LifecycleTest, OwedPostIsDrainedWhenTheInstanceGoes) {  // TEAR-5, T-33
  machine.add_volume(u"C:").write_file(u"\\plan.txt", "old");
  LambdaDriver upper = reporting();
  upper.operations = recording(log, "upper", IRP_MJ_WRITE).operations;
  machine.load_driver(std::move(upper), {.altitude = u"360200"});
  KEVENT go_on;
  KEVENT below;
  kernel([&] {
    KeInitializeEvent(&go_on, NotificationEvent, FALSE);
    KeInitializeEvent(&below, NotificationEvent, FALSE);
  });
  machine.load_driver(on(IRP_MJ_WRITE,
                         [&](auto, auto, auto) {
                           KeSetEvent(&below, 0, FALSE);
                           KeWaitForSingleObject(&go_on, Executive, KernelMode, FALSE, nullptr);
                           return FLT_PREOP_SUCCESS_NO_CALLBACK;
                         }),
                      {.altitude = u"360100"});
  auto app = machine.start_process(kApp);
  ThreadHandle writer = app.start_thread("writer", [&] { app.write(u"C:\\plan.txt", "new"); });
  kernel([&] {
    KeWaitForSingleObject(&below, Executive, KernelMode, FALSE, nullptr);
    EXPECT_EQ(FltDetachVolume(filter, volume, nullptr), STATUS_SUCCESS);
    KeSetEvent(&go_on, 0, FALSE);
  });
  EXPECT_EQ(writer.join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("setup", "upper.pre", "query", "start 1", "upper.drain", "complete 1"));
}

TEST_F(LifecycleTest, DriverEntryThatFailsIsUnloaded) {  // LIFE-12
  LambdaDriver lambdas = reporting();
  lambdas.registered = [](PFLT_FILTER) { return STATUS_INSUFFICIENT_RESOURCES; };
  Driver driver = machine.load_driver(std::move(lambdas));
  EXPECT_EQ(driver.status(), STATUS_INSUFFICIENT_RESOURCES);
  EXPECT_FALSE(driver.loaded());
}

TEST_F(LifecycleTest, LeakedFilterReferenceMakesTheUnloadHang) {  // LIFE-21
  Driver driver = machine.load_driver(reporting());
  kernel([&] { EXPECT_EQ(FltObjectReference(filter), STATUS_SUCCESS); });
  static_cast<void>(driver.unload());
  machine.verifier().expect("SIM-2");
  ASSERT_EQ(machine.verifier().count("SIM-2"), 1u);
  machine.verifier().expect("VER-20");  // the thread that unloads stays in FltUnregisterFilter
  EXPECT_THAT(machine.verifier().findings().back().text, HasSubstr("references on filter"));
}

TEST_F(LifecycleTest, RefusedInstanceGoesWhenItsReferencesHave) {  // ATT-4, LIFE-22, TEAR-7
  machine.add_volume(u"C:");
  LambdaDriver lambdas = reporting();
  lambdas.instance_setup = [this, setup = lambdas.instance_setup](PCFLT_RELATED_OBJECTS objects,
                                                                  FLT_INSTANCE_SETUP_FLAGS flags) {
    if (flags == FLTFL_INSTANCE_SETUP_MANUAL_ATTACHMENT) {
      setup_answer = STATUS_FLT_DO_NOT_ATTACH;
      EXPECT_EQ(FltObjectReference(objects->Instance), STATUS_SUCCESS);
    }
    return setup(objects, flags);
  };
  machine.load_driver(std::move(lambdas), {.altitude = u"360000"});
  ThreadHandle attacher = machine.system_process().start_thread("attacher", [&] {
    Counted altitude(u"360001");
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, nullptr, nullptr),
              STATUS_FLT_DO_NOT_ATTACH);
    log.push_back("refused");
  });
  EXPECT_EQ(machine.run_to_quiescence(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("setup", "setup"));
  kernel([&] {
    EXPECT_EQ(FltObjectReference(instance), STATUS_FLT_DELETING_OBJECT);
    FltObjectDereference(instance);
  });
  EXPECT_EQ(attacher.join(), Outcome::kDone);
  EXPECT_THAT(log, ElementsAre("setup", "setup", "refused"));
}

TEST_F(LifecycleTest, ReloadedDriverWorksAgain) {
  machine.add_volume(u"C:");
  Driver driver = machine.load_driver(reporting());
  touch_volume();
  EXPECT_EQ(driver.unload(), STATUS_SUCCESS);
  EXPECT_EQ(driver.reload(), STATUS_SUCCESS);
  EXPECT_THAT(log, ElementsAre("setup", "start 2", "complete 2", "setup"));
}

}  // namespace
}  // namespace fltsim::fltmgr

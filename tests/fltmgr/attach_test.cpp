// Attaching: names, altitudes and flags of instances, and what a setup may do (ATT-*, ALT-5).
#include "fltmgr/filter_test.hpp"
#include "fltmgr/objects.hpp"

namespace fltsim::fltmgr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using AttachTest = FilterTest;

TEST_F(AttachTest, InstanceFlagsKeepAttachesAway) {  // ATT-12
  LambdaDriver driver = noting();
  load(std::move(driver), {.instance_flags = 3});
  EXPECT_EQ(instance, nullptr);
  kernel([&] {
    Counted name(u"C:");
    ASSERT_EQ(FltGetVolumeFromName(filter, &name, &volume), STATUS_SUCCESS);
    EXPECT_EQ(FltAttachVolume(filter, volume, nullptr, nullptr), STATUS_FLT_DO_NOT_ATTACH);
    FltObjectDereference(volume);
  });
}

TEST_F(AttachTest, SuppressedAutomaticAttachLeavesTheManualOne) {  // ATT-2, ATT-8, ATT-12
  load(noting(), {.instance_flags = 1});
  EXPECT_EQ(instance, nullptr);
  kernel([&] {
    Counted name(u"\\Device\\HarddiskVolume1");
    PFLT_VOLUME found = nullptr;
    PFLT_INSTANCE attached = nullptr;
    ASSERT_EQ(FltGetVolumeFromName(filter, &name, &found), STATUS_SUCCESS);
    EXPECT_EQ(FltAttachVolume(filter, found, nullptr, &attached), STATUS_SUCCESS);
    EXPECT_EQ(attached, instance);
    FltObjectDereference(attached);
    FltObjectDereference(found);
  });
}

TEST_F(AttachTest, TakenNameAndTakenAltitudeHaveStatusesOfTheirOwn) {  // ATT-6, ATT-7
  load(noting(), {.altitude = u"360000", .instance = u"Main"});
  kernel([&] {
    Counted same_name(u"MAIN");
    Counted other_name(u"Other");
    Counted altitude(u"360000");
    EXPECT_EQ(FltAttachVolume(filter, volume, &same_name, nullptr), STATUS_FLT_INSTANCE_NAME_COLLISION);
    EXPECT_EQ(FltAttachVolume(filter, volume, &other_name, nullptr), STATUS_OBJECT_NAME_COLLISION);
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, &other_name, nullptr),
              STATUS_FLT_INSTANCE_ALTITUDE_COLLISION);
  });
}

TEST_F(AttachTest, AltitudesOnDifferentVolumesCompareEqual) {  // ALT-5
  machine.add_volume(u"D:");
  std::vector<PFLT_INSTANCE> instances;
  LambdaDriver driver = noting();
  driver.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    instances.push_back(objects->Instance);
    return STATUS_SUCCESS;
  };
  load(std::move(driver), {.altitude = u"360000"});
  app.exists(u"D:\\");
  ASSERT_EQ(instances.size(), 2u);
  kernel([&] { EXPECT_EQ(FltCompareInstanceAltitudes(instances[0], instances[1]), 0); });
}

TEST_F(AttachTest, WaitingInASetupIsAWarning) {  // ATT-5, VER-28, BAD-15
  LambdaDriver driver = noting();
  driver.instance_setup = [this](auto, auto) {
    KEVENT inside;
    KeInitializeEvent(&inside, NotificationEvent, FALSE);
    LARGE_INTEGER poll{};
    KeWaitForSingleObject(&inside, Executive, KernelMode, FALSE, &poll);  // does not wait
    EXPECT_EQ(machine.verifier().count("VER-28"), 0u);
    poll.QuadPart = -10'000;
    KeWaitForSingleObject(&inside, Executive, KernelMode, FALSE, &poll);
    return STATUS_SUCCESS;
  };
  load(std::move(driver));
  EXPECT_THAT(finding("VER-28"), HasSubstr("InstanceSetup"));
}

TEST_F(AttachTest, AttachWithoutANameMakesOne) {  // ATT-7
  load(noting(), {.name = u"sample", .altitude = u"360000"});
  kernel([&] {
    Counted altitude(u"360001.5");
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &altitude, nullptr, nullptr), STATUS_SUCCESS);
    const std::u16string name = Instance::from(instance)->name;
    EXPECT_NE(name.find(u"sample"), std::u16string::npos);
    EXPECT_NE(name.find(u"360001.5"), std::u16string::npos);
    std::u16string longest(u"360002.");
    longest.append(300, u'1');
    Counted long_altitude(longest);
    EXPECT_EQ(FltAttachVolumeAtAltitude(filter, volume, &long_altitude, nullptr, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(Instance::from(instance)->name.size(), 255u);
  });
}

TEST_F(AttachTest, OneNameMayBeUsedOnTwoVolumes) {  // ATT-9, H-11
  machine.add_volume(u"D:");
  std::vector<std::u16string> names;
  LambdaDriver driver = noting();
  driver.instance_setup = [&](PCFLT_RELATED_OBJECTS objects, auto) {
    names.push_back(Instance::from(objects->Instance)->name);
    return STATUS_SUCCESS;
  };
  load(std::move(driver), {.instance = u"Main"});
  app.exists(u"D:\\");
  EXPECT_THAT(names, ElementsAre(u"Main", u"Main"));
}

}  // namespace
}  // namespace fltsim::fltmgr

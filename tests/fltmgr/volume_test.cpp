// What a filter asks of a volume before it knows a file on it (IRQL-3).
#include <array>
#include <string>

#include "fltmgr/filter_test.hpp"

namespace fltsim::fltmgr {
namespace {

std::u16string text(const UNICODE_STRING& string) {
  return {reinterpret_cast<const char16_t*>(string.Buffer), string.Length / sizeof(WCHAR)};
}

class VolumePropertiesTest : public FilterTest {};

TEST_F(VolumePropertiesTest, FixedPartAndNamesAsRoomAllows) {  // IRQL-3
  load(noting());
  kernel([&] {
    alignas(8) std::array<UCHAR, 512> buffer{};
    auto* properties = reinterpret_cast<FLT_VOLUME_PROPERTIES*>(buffer.data());
    ULONG needed = 0;
    EXPECT_EQ(FltGetVolumeProperties(volume, nullptr, 0, &needed), STATUS_BUFFER_TOO_SMALL);
    ULONG length = 0;
    EXPECT_EQ(FltGetVolumeProperties(volume, properties, needed - 1, &length), STATUS_BUFFER_OVERFLOW);
    EXPECT_EQ(length, sizeof(FLT_VOLUME_PROPERTIES));
    EXPECT_EQ(properties->SectorSize, 512);
    EXPECT_EQ(properties->RealDeviceName.Length, 0);
    EXPECT_EQ(FltGetVolumeProperties(volume, properties, needed, &length), STATUS_SUCCESS);
    EXPECT_EQ(length, needed);
    EXPECT_EQ(text(properties->RealDeviceName), disk.device_name());
    EXPECT_EQ(text(properties->FileSystemDriverName), u"\\FileSystem\\Ntfs");
  });
}

TEST_F(VolumePropertiesTest, ReferencedVolumeMayBeAskedAfterItsDismount) {
  load(noting());
  kernel([&] { EXPECT_EQ(FltObjectReference(volume), STATUS_SUCCESS); });
  EXPECT_EQ(machine.dismount(disk), Outcome::kDone);
  kernel([&] {
    std::array<WCHAR, 64> buffer{};
    UNICODE_STRING name{0, sizeof buffer, buffer.data()};
    EXPECT_EQ(FltGetVolumeName(volume, &name, nullptr), STATUS_SUCCESS);
    EXPECT_EQ(text(name), u"\\Device\\HarddiskVolume1");
    FltObjectDereference(volume);
  });
}

TEST_F(VolumePropertiesTest, VolumeAndInstanceSayTheSame) {
  load(noting());
  kernel([&] {
    for (PVOID object : {static_cast<PVOID>(volume), static_cast<PVOID>(instance)}) {
      BOOLEAN writable = FALSE;
      FLT_FILESYSTEM_TYPE type = FLT_FSTYPE_UNKNOWN;
      EXPECT_EQ(FltIsVolumeWritable(object, &writable), STATUS_SUCCESS);
      EXPECT_EQ(FltGetFileSystemType(object, &type), STATUS_SUCCESS);
      EXPECT_EQ(writable, TRUE);
      EXPECT_EQ(type, FLT_FSTYPE_NTFS);
    }
  });
}

}  // namespace
}  // namespace fltsim::fltmgr

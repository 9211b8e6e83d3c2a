// .inf files: what is read from them, and what is wrong with those that cannot be used (INF-1 to INF-8).
#include "fltsim/inf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "fltmgr/manager.hpp"
#include "fltsim/machine.hpp"
#include "loader/inf_file.hpp"
#include "machine/system.hpp"
#include "nt/executive.hpp"
#include "support/driver.hpp"

namespace fltsim {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kOrdinary[] = R"(; an ordinary minifilter
[Version]
Signature = "$Windows NT$"

[DefaultInstall.NTamd64]
OptionDesc = %Description%

[defaultinstall.ntAMD64.services]
AddService = %ServiceName%,,Sample.Service

[Sample.Service]
DisplayName    = %ServiceName%
Description    = %Description%
ServiceBinary  = %12%\sample.sys      ; behind a comment: "quoted; still a comment"
Dependencies   = "FltMgr"
ServiceType    = 2
StartType      = 3
ErrorControl   = 1
LoadOrderGroup = "FSFilter Activity Monitor"
AddReg         = Sample.AddRegistry, \
                 Sample.More

[Sample.AddRegistry]
HKR,"Instances","DefaultInstance",0x00000000,%DefaultInstance%
HKR,"Instances\"%Instance1.Name%,"Altitude",0x00000000,%Instance1.Altitude%
HKR,"Instances\"%Instance1.Name%,"Flags",0x00010001,%Instance1.Flags%

[Sample.More]
HKR,Parameters,Depth,0x10001,12
HKR,,Owner,,"say ""yes"", and 100%%"
HKLM,System\CurrentControlSet\Services\Sample\Parameters,Paths,0x10000,"C:\a","C:\b"
HKR,Parameters,Key,1,0A,ff, 3

[sample.addregistry]
HKR,"Instances\Lower","Altitude",,"40000.5"
HKR,"Instances\Lower","Flags",0x00010001,1

[Strings]
ServiceName = "Sample"
Description = "base"
DefaultInstance = "Sample Instance"
Instance1.Name = "Sample Instance"
Instance1.Altitude = "370030"
Instance1.Flags = 0x0
[Strings.0409]
Description = "English"
[Strings.0407]
Description = "Deutsch"
)";

class InfTest : public testing::Test {
 protected:
  InfTest() {
    std::string name = (std::filesystem::temp_directory_path() / "fltsim-inf-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    directory = name;
  }
  ~InfTest() override { std::filesystem::remove_all(directory); }

  std::string file(std::string_view bytes) {
    std::string path = directory + "/x.inf";
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
  }
  DriverOptions options_of(std::string_view bytes, const std::u16string& service = {}) {
    auto read = driver_options_from_inf(file(bytes), service);
    if (const auto* error = std::get_if<InfError>(&read)) ADD_FAILURE() << error->text;
    return std::holds_alternative<DriverOptions>(read) ? std::get<DriverOptions>(read) : DriverOptions();
  }
  // Without the directory, from "x.inf" on.
  std::string error_of(std::string_view bytes, const std::u16string& service = {}) {
    const auto read = driver_options_from_inf(file(bytes), service);
    if (!std::holds_alternative<InfError>(read)) return "no error";
    return std::get<InfError>(read).text.substr(directory.size() + 1);
  }
  // kOrdinary with the first `from` replaced.
  static std::string with(std::string_view from, std::string_view to) {
    std::string text = kOrdinary;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, text.npos) << from;
    return text.replace(at, from.size(), to);
  }

  std::string directory;
};

std::string units(std::string_view ascii, bool big_endian) {
  std::string bytes = big_endian ? "\xFE\xFF" : "\xFF\xFE";
  for (const char c : ascii) (bytes += big_endian ? '\0' : c) += big_endian ? c : '\0';
  return bytes;
}

TEST_F(InfTest, ServiceNameInstanceAndAltitudeAreRead) {  // INF-1
  const DriverOptions options = options_of(kOrdinary);
  EXPECT_EQ(options.name, u"Sample");
  EXPECT_EQ(options.instance, u"Sample Instance");
  EXPECT_EQ(options.altitude, u"370030");
  EXPECT_EQ(options.instance_flags, 0u);
}

TEST_F(InfTest, EncodingsOfTheSameFileReadTheSame) {  // INF-2
  std::string with_returns;
  for (const char c : std::string_view(kOrdinary)) (c == '\n' ? with_returns += '\r' : with_returns) += c;
  const std::string unmarked = units(kOrdinary, false).substr(2);
  for (const std::string& bytes : {units(kOrdinary, false), units(kOrdinary, true), unmarked,
                                   std::string("\xEF\xBB\xBF") + kOrdinary, with_returns}) {
    EXPECT_EQ(options_of(bytes).altitude, u"370030");
    EXPECT_EQ(options_of(bytes).values.size(), options_of(kOrdinary).values.size());
  }
  EXPECT_EQ(loader::decode_inf_text("caf\xC3\xA9"), u"caf\u00E9");
  EXPECT_EQ(loader::decode_inf_text("caf\xE9 \x80"), u"caf\u00E9 \u20AC");
}

TEST_F(InfTest, ValuesOfTheServiceKeyReachTheRegistry) {  // INF-3
  Machine machine;
  Driver driver = machine.load_driver(FLTLINK_DRIVER("small_filter"), options_of(kOrdinary));
  ASSERT_EQ(driver.status(), 0);
  EXPECT_EQ(driver.name(), u"Sample");
  const nt::Registry& registry = machine.system().nt().registry();
  const std::u16string key = u"\\Registry\\Machine\\System\\CurrentControlSet\\Services\\Sample";
  EXPECT_EQ(registry.get_string(key, u"Group"), u"FSFilter Activity Monitor");
  EXPECT_EQ(registry.get_string(key, u"Description"), u"English");
  EXPECT_EQ(registry.get_string(key, u"ImagePath"), u"\\SystemRoot\\System32\\drivers\\sample.sys");
  EXPECT_EQ(registry.get_string(key, u"Owner"), u"say \"yes\", and 100%");
  EXPECT_THAT(registry.get(key, u"Start")->data, ElementsAre(3, 0, 0, 0));
  EXPECT_THAT(registry.get(key + u"\\Parameters", u"Depth")->data, ElementsAre(12, 0, 0, 0));
  EXPECT_THAT(registry.get(key + u"\\Parameters", u"Key")->data, ElementsAre(0x0A, 0xFF, 3));
  EXPECT_EQ(registry.get(key + u"\\Parameters", u"Paths")->type, nt::ValueType::kMultiString);
  EXPECT_EQ(registry.get(key + u"\\Parameters", u"Paths")->data.size(), 2 * (5 + 5 + 1));
  EXPECT_THAT(registry.subkeys(key + u"\\Instances"), ElementsAre(u"Lower", u"Sample Instance"));
}

// The one with bit 1 in its Flags waits for fltmc.
TEST_F(InfTest, EveryInstanceWithoutTheFlagAttachesAtItsAltitude) {  // INF-4, ATT-12
  const auto attached = [&](const std::string& text) {
    Machine machine;
    machine.add_volume(u"C:");
    EXPECT_EQ(machine.load_driver(FLTLINK_DRIVER("small_filter"), options_of(text)).status(), 0);
    std::vector<std::u16string> altitudes;
    for (const auto* instance : machine.system().fltmgr().volumes().front()->instances())
      altitudes.push_back(instance->altitude.text());
    return altitudes;
  };
  EXPECT_THAT(attached(kOrdinary), ElementsAre(u"370030"));
  EXPECT_THAT(attached(with("\"Flags\",0x00010001,1", "\"Flags\",0x00010001,0")),
              testing::UnorderedElementsAre(u"370030", u"40000.5"));
}

constexpr char kIsolated[] = R"([DefaultInstall.NT$ARCH$.10.0...25952.Services]
AddService = New,,New.Service
[DefaultInstall.NT$ARCH$.Services]
AddService = Old,,Old.Service
[DefaultInstall.NTarm64.Services]
AddService = Arm,,Old.Service
[New.Service]
AddReg = New.Registry
[New.Registry]
HKR,"Parameters\Instances","DefaultInstance",0x00000000,"I"
HKR,"Parameters\Instances\I","Altitude",0x00000000,"370099"
HKR,"Parameters\Instances\I","Flags",0x00010001,0
[Old.Service]
AddReg = Old.Registry
[Old.Registry]
HKR,"Instances","DefaultInstance",0x00000000,"I"
HKR,"Instances\I","Altitude",0x00000000,"370011"
)";

TEST_F(InfTest, SectionForThisMachineAndWindowsIsTaken) {  // INF-5
  EXPECT_EQ(options_of(kIsolated).name, u"Old");
  std::string exact = kIsolated;
  exact.replace(exact.find("25952"), 5, "22000");
  EXPECT_EQ(options_of(exact).name, u"New");
  std::string newer_alone = kIsolated;
  newer_alone.replace(newer_alone.find("[DefaultInstall.NT$ARCH$.Services]"), 34, "[Else]");
  EXPECT_EQ(options_of(newer_alone).name, u"New");
}

TEST_F(InfTest, InstancesBelowParametersAreTheFilters) {  // INF-5, LIFE-5
  std::string text = kIsolated;
  text.replace(text.find("25952"), 5, "22000");
  Machine machine;
  machine.add_volume(u"C:");
  EXPECT_EQ(machine.load_driver(FLTLINK_DRIVER("small_filter"), options_of(text)).status(), 0);
  const auto instances = machine.system().fltmgr().volumes().front()->instances();
  ASSERT_EQ(instances.size(), 1u);
  EXPECT_EQ(instances.front()->altitude.text(), u"370099");
}

TEST_F(InfTest, FileWithoutAltitudeSaysWhereItIsMissing) {  // INF-6
  EXPECT_EQ(
      error_of(with("HKR,\"Instances\\\"%Instance1.Name%,\"Altitude\",0x00000000,%Instance1.Altitude%", "")),
      "x.inf:26: no Altitude for the instance \"Sample Instance\" in [Sample.AddRegistry]");
  EXPECT_THAT(
      error_of(with("Sample.AddRegistry, \\", "\\")),
      EndsWith("x.inf:11: no altitude: [Sample.Service] installs a minifilter, and no AddReg of it sets "
               "Instances\\DefaultInstance and Instances\\<name>\\Altitude"));
  EXPECT_THAT(error_of(with("\"40000.5\"", "%Lower.Altitude%")),
              HasSubstr("the Altitude of the instance \"Lower\" is no number: %Lower.Altitude%"));
  EXPECT_THAT(error_of(with("\"DefaultInstance\"", "\"Default\"")),
              HasSubstr("x.inf:24: no DefaultInstance below Instances in [Sample.AddRegistry]"));
}

TEST_F(InfTest, ServiceThatCannotBeChosenIsNamed) {  // INF-7
  EXPECT_THAT(error_of(with("AddService = %ServiceName%,,Sample.Service", "")),
              HasSubstr("no AddService line"));
  EXPECT_THAT(error_of(with(",,Sample.Service", ",,Elsewhere")),
              HasSubstr("x.inf:9: AddService of Sample names the section [Elsewhere], which is not there"));
  EXPECT_THAT(error_of(with("AddReg         = Sample.AddRegistry", "AddReg = Nowhere")),
              HasSubstr("AddReg names the section [Nowhere]"));
  const std::string two =
      with("AddService = %ServiceName%,,Sample.Service",
           "AddService = %ServiceName%,,Sample.Service\nAddService = Other,,Sample.Service\n"
           "AddService = App,,App.Service") +
      "[App.Service]\nServiceType = 0x10\n";
  EXPECT_EQ(error_of(two),
            "x.inf:10: there are several services: Sample, Other; choose one with --service NAME");
  EXPECT_EQ(options_of(two, u"other").name, u"Other");
  EXPECT_EQ(error_of(two, u"Third"), "x.inf: there is no service Third, but Sample, Other");
}

TEST_F(InfTest, FileThatIsNoInfSaysSo) {  // INF-8
  EXPECT_EQ(error_of("just a text\n"), "x.inf: is no .inf file: it has no [section]");
  EXPECT_EQ(error_of(""), "x.inf: is no .inf file: it has no [section]");
  EXPECT_THAT(std::get<InfError>(driver_options_from_inf(directory + "/none.inf")).text,
              EndsWith("none.inf: cannot be read: No such file or directory"));
  EXPECT_THAT(std::get<InfError>(driver_options_from_inf(directory)).text, HasSubstr("cannot be read"));
  EXPECT_THAT(error_of(with("0x10001,12", "0x10001,many")),
              HasSubstr("the value of Depth is no number of 32 bits: many"));
}

}  // namespace
}  // namespace fltsim

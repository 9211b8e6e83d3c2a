// A machine with DrmFilter on it: a volume C:, the driver, its service, and two programs. The books are checked at
// every switch point of every test.
#pragma once

#include <fltKernel.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "driver/books.hpp"
#include "fltsim/driver.hpp"
#include "fltsim/machine.hpp"
#include "support/driver.hpp"
#include "support/recording_service.hpp"

namespace drmfilter::test {

using fltlink::ProtectionFlags;
using fltlink::test::BlockedPath;
using fltlink::test::Notice;
using fltlink::test::RecordingService;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

inline constexpr const char16_t* kServiceImage = u"C:\\Program Files\\Drm\\drmservice.exe";
inline constexpr const char16_t* kServiceDevicePath =
    u"\\Device\\HarddiskVolume1\\Program Files\\Drm\\drmservice.exe";
inline constexpr const char16_t* kPlan = u"C:\\ProtectedDocs\\plan.docx";
inline constexpr const char16_t* kFree = u"C:\\Free\\notes.docx";

inline uint64_t dropped(const fltlink::MessageCounters& counters, fltlink::DropReason reason) {
  return counters.dropped[static_cast<size_t>(reason)];
}

class DrmMachine : public testing::Test {
 protected:
  explicit DrmMachine(const fltsim::Options& options = {}) : machine(options) {
    c.write_file(u"\\ProtectedDocs\\plan.docx", "secret");
    c.write_file(u"\\Free\\notes.docx", "free");
    c.make_directory(u"\\Elsewhere");
  }

  // Loads the driver and starts its service, with its monitoring off unless a test wants events.
  void start(bool monitoring = false) {
    load();
    service = std::make_unique<RecordingService>(machine, service_process());
    ASSERT_TRUE(service->connected());
    service->configure(monitoring, true);
  }
  void load() { load(FLTLINK_DRIVER("drmfilter"), driver_options()); }
  void load(const char* module, const fltsim::DriverOptions& options) {
    driver.emplace(machine.load_driver(module, options));
    ASSERT_EQ(driver->status(), STATUS_SUCCESS);
    driver->always<DriverBooks>("the driver's books balance", "DrmFilterBooks",
                                [](const DriverBooks& books) { return books.balanced(); });
    machine.always("every send is accounted for", [this] { return machine.sends().balanced(); });
  }
  fltsim::DriverOptions driver_options() const {
    fltsim::DriverOptions options;
    options.name = u"drmfilter";
    options.parameters = {{u"AllowedImage", std::u16string(kServiceDevicePath)}};
    return options;
  }
  fltsim::Process service_process() {
    return machine.start_process({.image = kServiceImage, .user = fltsim::User::kSystem});
  }
  // The default of most tests: documents in C:\ProtectedDocs may be read and nothing else.
  void protect_documents() { service->protect(u"C:\\ProtectedDocs\\*.docx", ProtectionFlags::kStandard); }

  // Nothing below the protected directory has changed.
  void expect_plan_unharmed() { EXPECT_EQ(c.read_file(u"\\ProtectedDocs\\plan.docx"), "secret"); }

  fltsim::CreateResult open(std::u16string path, uint32_t access, uint32_t disposition = FILE_OPEN,
                            uint32_t options = 0) {
    return word.create({.path = std::move(path),
                        .access = access | SYNCHRONIZE,
                        .disposition = disposition,
                        .options = options | FILE_SYNCHRONOUS_IO_NONALERT});
  }
  // A denied open must leave no handle.
  static void expect_denied(const fltsim::CreateResult& opened) {
    EXPECT_EQ(opened.status, STATUS_ACCESS_DENIED);
    EXPECT_EQ(opened.handle, fltsim::FileHandle::kNone);
  }

  fltsim::Machine machine;
  fltsim::Volume& c = machine.add_volume(u"C:");
  std::optional<fltsim::Driver> driver;
  fltsim::Process word = machine.start_process({.image = u"C:\\Office\\winword.exe"});
  std::unique_ptr<RecordingService> service;  // before the machine goes
};

}  // namespace drmfilter::test

// The suite on every Host that there is: the operating system's, that of a simulated process under both schedulers,
// that of the driver's kernel threads, and the one of the service's tests.
#include "conformance/host_conformance.hpp"

#include <fltlink/os/os_host.hpp>

#include "driver/kernel_host.hpp"
#include "fltsim/machine.hpp"
#include "fltsim/process_host.hpp"
#include "support/fake_host.hpp"

namespace fltlink::test {
namespace {

// The test's own thread may use it.
template <typename SomeHost>
class PlainEnvironment final : public HostEnvironment {
 public:
  static std::unique_ptr<HostEnvironment> make() { return std::make_unique<PlainEnvironment>(); }
  Host& host() override { return host_; }
  void run(const std::function<void()>& code) override { code(); }

 private:
  SomeHost host_;
};

class ProcessEnvironment final : public HostEnvironment {
 public:
  static std::unique_ptr<HostEnvironment> make_seeded() {
    return std::make_unique<ProcessEnvironment>(fltsim::SchedulerKind::kSeeded);
  }
  static std::unique_ptr<HostEnvironment> make_host() {
    return std::make_unique<ProcessEnvironment>(fltsim::SchedulerKind::kHost);
  }
  explicit ProcessEnvironment(fltsim::SchedulerKind scheduler) : machine_(options(scheduler)) {}

  Host& host() override { return *host_; }
  void run(const std::function<void()>& code) override {
    EXPECT_EQ(process_.run(code), fltsim::Outcome::kDone);
  }

 private:
  static fltsim::Options options(fltsim::SchedulerKind scheduler) {
    fltsim::Options chosen;
    chosen.scheduler = scheduler;
    return chosen;
  }

  fltsim::Machine machine_;
  fltsim::Process process_ = machine_.start_process({.image = u"C:\\service.exe"});
  std::shared_ptr<Host> host_ = fltsim::make_process_host(process_);
};

class KernelEnvironment final : public HostEnvironment {
 public:
  static std::unique_ptr<HostEnvironment> make() { return std::make_unique<KernelEnvironment>(); }
  Host& host() override { return host_; }
  void run(const std::function<void()>& code) override {
    EXPECT_EQ(machine_.system_process().run([&] {
      host_.start();
      code();
    }),
              fltsim::Outcome::kDone);
  }

 private:
  fltsim::Machine machine_;
  drmfilter::KernelHost host_;
};

constexpr HostImplementation kMany[] = {{"OperatingSystem", &PlainEnvironment<OsHost>::make},
                                        {"Fake", &PlainEnvironment<FakeHost>::make},
                                        {"ProcessSeeded", &ProcessEnvironment::make_seeded},
                                        {"ProcessHost", &ProcessEnvironment::make_host}};

INSTANTIATE_TEST_SUITE_P(Hosts, HostConformance, testing::ValuesIn(kMany), &host_name);
INSTANTIATE_TEST_SUITE_P(Hosts, HostOfManyConformance, testing::ValuesIn(kMany), &host_name);
INSTANTIATE_TEST_SUITE_P(DriverHosts, HostConformance,
                         testing::Values(HostImplementation{"Kernel", &KernelEnvironment::make}), &host_name);

}  // namespace
}  // namespace fltlink::test

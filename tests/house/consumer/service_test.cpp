// A service of one's own, against the DrmFilter that comes with the package, in a simulated machine.
#include <fltlink/port/filter_port.hpp>
#include <fltlink/service/receive_loop.hpp>
#include <fltsim/machine.hpp>
#include <fltsim/process_host.hpp>

#include <atomic>
#include <cstdio>
#include <memory>

namespace {

// Protects C:\Vault, and counts what is denied there.
class VaultService final : fltlink::Handlers {
 public:
  VaultService(fltlink::Host& host, fltlink::Port& port) : loop_(host, port, *this, {}) {}
  bool start() { return loop_.start() == fltlink::StartOutcome::kStarted; }
  void stop() { loop_.stop(); }
  int denied() const { return denied_; }

 private:
  void on_block(const fltlink::DriverMessage&, fltlink::ReplyToken*) override { ++denied_; }
  void on_file_event(const fltlink::DriverMessage&, fltlink::ReplyToken*) override {}

  // The driver may have been loaded anew: it is told everything each time.
  fltlink::ConnectionUse on_connected(fltlink::DriverClient& driver,
                                      const fltlink::ConnectionTerms&) override {
    const fltlink::PolicyUpdate vault{
        .version = 1, .flags = FLTLINK_PROTECT_STANDARD, .path = fltlink::Text(u"C:\\Vault\\*")};
    const bool told = driver.set_policy(vault).outcome == fltlink::RequestOutcome::kDone;
    return told ? fltlink::ConnectionUse::kKeep : fltlink::ConnectionUse::kReconnect;
  }
  fltlink::ConnectionUse on_attention(fltlink::DriverClient&) override {
    return fltlink::ConnectionUse::kKeep;
  }
  void on_trouble(const fltlink::TroubleReport&) override {}

  std::atomic<int> denied_{0};
  fltlink::ReceiveLoop loop_;
};

}  // namespace

int main() {
  fltsim::Machine machine;
  fltsim::Volume& c = machine.add_volume(u"C:");
  c.write_file(u"\\Vault\\plan.txt", "secret");

  // DrmFilter admits one image, by its device path, run by SYSTEM or an administrator.
  fltsim::DriverOptions options;
  options.name = u"drmfilter";
  options.parameters = {{u"AllowedImage", c.device_name() + u"\\Svc\\service.exe"}};
  fltsim::Driver driver = machine.load_driver(DRMFILTER, options);

  auto process = machine.start_process({.image = u"C:\\Svc\\service.exe", .user = fltsim::User::kSystem});
  const auto host = fltsim::make_process_host(process);
  std::unique_ptr<fltlink::FilterPort> port;
  std::unique_ptr<VaultService> service;
  bool started = false;
  // Started in one thread of the process and stopped in another: in between, the test has the machine.
  const auto start = process.run([&] {
    port = fltlink::FilterPort::open(*host, u"\\DrmFilterPort");
    service = std::make_unique<VaultService>(*host, *port);
    started = service->start();
  });
  const auto connected = machine.run_to_quiescence();

  auto word = machine.start_process({.image = u"C:\\Office\\word.exe"});
  const bool denied = word.write(u"C:\\Vault\\plan.txt", "x").status == static_cast<std::int32_t>(0xC0000022);
  const auto reported = machine.run_to_quiescence();
  const auto stop = process.run([&] {
    service->stop();
    port->finish();  // the last call: closes what the port still holds
  });
  const bool unloaded = driver.unload() == 0;

  std::printf("started %d, denied %d, reported %d, unloaded %d\n", started, denied, service->denied(),
              unloaded);
  for (const fltsim::Finding& finding : machine.verifier().findings())
    std::printf("%s\n", to_string(finding).c_str());
  const bool ran = start == fltsim::Outcome::kDone && connected == fltsim::Outcome::kDone &&
                   reported == fltsim::Outcome::kDone && stop == fltsim::Outcome::kDone;
  return ran && started && denied && service->denied() == 1 && unloaded && machine.verifier().clean() ? 0 : 1;
}

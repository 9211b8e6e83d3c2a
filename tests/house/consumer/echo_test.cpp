// Loads the driver into a simulated machine, and talks to it as a program there does.
#include <fltUser.h>
#include <fltsim/machine.hpp>

#include <cstdio>
#include <string>

namespace {

std::string echo(std::string text) {
  HANDLE port = INVALID_HANDLE_VALUE;
  if (FAILED(FilterConnectCommunicationPort(u"\\EchoPort", 0, nullptr, 0, nullptr, &port)))
    return "not connected";
  std::string answer(text.size(), '?');
  DWORD returned = 0;
  const auto size = static_cast<DWORD>(text.size());
  const HRESULT sent = FilterSendMessage(port, text.data(), size, answer.data(), size, &returned);
  CloseHandle(port);
  return FAILED(sent) ? "not sent" : answer.substr(0, returned);
}

}  // namespace

int main() {
  fltsim::Machine machine;
  fltsim::Driver driver = machine.load_driver(ECHO_DRIVER);
  auto client = machine.start_process({.image = u"C:\\echo.exe", .user = fltsim::User::kAdministrator});
  std::string answer;
  const fltsim::Outcome outcome = client.run([&] { answer = echo("hello"); });
  const bool unloaded = driver.unload() == 0;

  std::printf("%s%s\n", driver.error().c_str(), answer.c_str());
  for (const fltsim::Finding& finding : machine.verifier().findings()) {
    std::printf("%s\n", to_string(finding).c_str());
  }
  const bool answered = outcome == fltsim::Outcome::kDone && answer == "hello";
  return answered && unloaded && machine.verifier().clean() ? 0 : 1;
}

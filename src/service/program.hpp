// Program: the service as its settings describe it. It opens what they name and runs DrmService over a Port
// and a Host, which are all that an executable adds (docs/SERVICE.md, "The program").
//
//   auto opened = Program::open(settings);         // the policy store and the event log
//   program.start(host, port);                     // returns; the threads are the host's
//   ...                                            // until somebody asks for the end
//   if (auto error = program.stop()) complain(error->text);
//
// One thread at a time, but for what DrmService allows to any.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "service/authorizer.hpp"
#include "service/drm_service.hpp"
#include "service/service_key.hpp"

namespace drmservice {

// One sentence for the operator.
struct ProgramError {
  std::string text;
};

class Program final {
 public:
  // Fails with a sentence about the file that cannot be opened.
  [[nodiscard]] static std::variant<std::unique_ptr<Program>, ProgramError> open(const Settings& settings);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Once. `host`, the ports and `observer`, which may be null, outlive the program. `questions` is a second
  // port, for the questions that the driver asks. REQUIRES: `questions` if the settings say what is allowed
  // on request. `process_id` is this process's, as the driver's system knows it. REQUIRES: one, if the
  // settings name a key file.
  [[nodiscard]] fltlink::StartOutcome start(fltlink::Host& host, fltlink::Port& port,
                                            Observer* observer = nullptr, fltlink::Port* questions = nullptr,
                                            uint32_t process_id = 0);

  // Every message that was received has been handled and logged. An error when the log is not complete. Any
  // number of times, also without a start.
  [[nodiscard]] std::optional<ProgramError> stop();

  [[nodiscard]] PolicyStore& policies() { return *policies_; }
  // REQUIRES: start() was called.
  [[nodiscard]] DrmService& service();
  // REQUIRES: the same, with a port for questions.
  [[nodiscard]] const Authorizer& authorizer() const;

 private:
  Program(const Settings& settings, std::unique_ptr<PolicyStore> policies, EventLog log,
          std::unique_ptr<ServiceKey> key);

  const Settings settings_;
  const std::unique_ptr<PolicyStore> policies_;
  EventLog log_;
  const std::unique_ptr<ServiceKey> key_;  // null: the driver has none
  // Last: these use everything above.
  std::optional<DrmService> service_;
  std::optional<Authorizer> authorizer_;
};

}  // namespace drmservice

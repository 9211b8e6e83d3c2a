// ServiceKey: the key that the service shares with the driver, and the MACs that it makes with it, by OpenSSL.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <fltlink/service/authenticator.hpp>

namespace drmservice {

// One sentence for the operator.
struct KeyError {
  std::string text;
};

class ServiceKey final : public fltlink::Authenticator {
 public:
  // The bytes of the file at `path`, 16 to 64 of them. Refuses a file that is not a plain one of the caller's, or
  // that anybody else may read or write: a key that others have proves nothing.
  [[nodiscard]] static std::variant<std::unique_ptr<ServiceKey>, KeyError> load(const std::string& path);
  ~ServiceKey() override;
  ServiceKey(const ServiceKey&) = delete;
  ServiceKey& operator=(const ServiceKey&) = delete;

  // Before anything is proved.
  void set_process_id(uint32_t process_id) { process_id_ = process_id; }

  [[nodiscard]] uint32_t process_id() const override { return process_id_; }
  [[nodiscard]] bool mac(fltlink::Bytes message, fltlink::Mac& mac) const override;
  [[nodiscard]] bool mac_under(const fltlink::Mac& key, fltlink::Bytes message,
                               fltlink::Mac& mac) const override;

 private:
  explicit ServiceKey(std::vector<uint8_t> key) : key_(std::move(key)) {}

  std::vector<uint8_t> key_;
  uint32_t process_id_ = 0;
};

}  // namespace drmservice

#include "service/service_key.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/stat.h>
#include <unistd.h>

namespace drmservice {

namespace {

using fltlink::Bytes;
using fltlink::Mac;

class OpenFile {
 public:
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  [[nodiscard]] int descriptor() const { return descriptor_; }

 private:
  const int descriptor_;
};

// Asked of the open file, so that no other one can take its place in between.
bool is_ours_alone(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return false;
  return S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
         (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
}

bool hmac(Bytes key, Bytes message, Mac& mac) {
  return HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), message.data(), message.size(),
              mac.data(), nullptr) != nullptr;
}

}  // namespace

std::variant<std::unique_ptr<ServiceKey>, KeyError> ServiceKey::load(const std::string& path) {
  const OpenFile file(path);
  if (file.descriptor() < 0) return KeyError{"The key file " + path + " cannot be opened."};
  if (!is_ours_alone(file.descriptor()))
    return KeyError{"The key file " + path +
                    " must be a file of the service's user that nobody else may use."};
  std::vector<uint8_t> key(FLTLINK_KEY_SIZE_MAX + 1);
  const ssize_t size = ::read(file.descriptor(), key.data(), key.size());
  if (size < 0) return KeyError{"The key file " + path + " cannot be read."};
  key.resize(static_cast<size_t>(size));
  if (key.size() < FLTLINK_KEY_SIZE_MIN || key.size() > FLTLINK_KEY_SIZE_MAX)
    return KeyError{"The key file " + path + " must hold 16 to 64 bytes."};
  return std::unique_ptr<ServiceKey>(new ServiceKey(std::move(key)));
}

ServiceKey::~ServiceKey() { fltlink::wipe(key_); }

bool ServiceKey::mac(Bytes message, Mac& mac) const { return hmac(key_, message, mac); }

bool ServiceKey::mac_under(const Mac& key, Bytes message, Mac& mac) const { return hmac(key, message, mac); }

}  // namespace drmservice

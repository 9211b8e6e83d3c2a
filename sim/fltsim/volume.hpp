// A volume of a machine, as a test sees it: what lies on it, without any filter noticing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fltsim {

namespace io {
class Volume;
}

struct VolumeOptions {
  std::u16string label;
  std::uint32_t serial_number = 0x5EED'F117;
  std::uint64_t capacity = std::uint64_t{64} << 30;  // bytes
};

// A small value that refers to the machine's own object; valid as long as the machine.
//
// Paths are from the volume's root: \docs\plan.txt. The verbs work on the file system below the filters, from
// the control thread or a simulated one. What they need and cannot do is a mistake of the test and ends the
// program with a text.
class Volume {
 public:
  explicit Volume(io::Volume* volume) : volume_(volume) {}

  std::u16string drive() const;        // C:
  std::u16string device_name() const;  // \Device\HarddiskVolume1
  std::u16string guid_name() const;    // \??\Volume{...}
  std::uint32_t serial_number() const;

  // Missing directories on the way are made; a file is replaced.
  void write_file(std::u16string_view path, std::string_view text);
  void make_directory(std::u16string_view path);
  // A file or an empty directory; nothing happens when there is none.
  void remove(std::u16string_view path);
  // Nothing when there is no such file.
  std::optional<std::string> read_file(std::u16string_view path) const;
  bool exists(std::u16string_view path) const;

  io::Volume& volume() const { return *volume_; }

 private:
  io::Volume* volume_;
};

}  // namespace fltsim

// File names for filters: FltGetFileNameInformation and its relatives (NAME-1..NAME-11).
//
// Names are kept per file object, so that a look-up in a place where the file system must not be asked can be
// answered, and so that who asks again gets the same structure (name_information.hpp). A name is kept with the volume's
// stamp of the moment before it was asked for; io::Volume says whether it still holds. The rename of a file makes the
// names of that file stale, that of a directory all of the volume.
//
// Threads: any; a sharded lock per file object, and under it one of NameInformations.
#pragma once

#include <fltKernel.h>

#include <array>
#include <mutex>
#include <string>
#include <unordered_map>

#include "fltmgr/name_information.hpp"

namespace fltsim::fltmgr {

struct ActiveOperation;

class Names {
 public:
  Names() = default;
  Names(const Names&) = delete;
  Names& operator=(const Names&) = delete;

  // FltGetFileNameInformation; `filter` is who asks.
  NTSTATUS get(Filter& filter, ActiveOperation& operation, FLT_FILE_NAME_OPTIONS options,
               NameInformation*& result);
  // FltGetFileNameInformationUnsafe: an open file object.
  NTSTATUS get_unsafe(Filter& filter, FILE_OBJECT& file, FLT_FILE_NAME_OPTIONS options,
                      NameInformation*& result);
  // FltGetDestinationFileNameInformation: where a rename or link leads.
  NTSTATUS get_destination(Filter& filter, VolumeStack& volume, FILE_OBJECT& file, FILE_OBJECT* root,
                           std::u16string_view target, FLT_FILE_NAME_OPTIONS options,
                           NameInformation*& result);

  NameInformations& informations() { return informations_; }

  void forget(const FILE_OBJECT& file);
  void forget_all(const VolumeStack& volume);
  // A rename with these parameters has succeeded.
  void renamed(const VolumeStack& volume, const FLT_IO_PARAMETER_BLOCK& parameters);

 private:
  struct Cached {
    NameInformation* information = nullptr;
    std::uint64_t stamp = 0;
  };
  struct CachedNames {
    Cached opened;
    Cached normalized;
  };
  struct Shard {
    std::mutex mutex;
    std::unordered_map<const FILE_OBJECT*, CachedNames> cache;
  };
  Shard& shard(const FILE_OBJECT& file) {
    return shards_[(reinterpret_cast<std::uintptr_t>(&file) >> 6) % shards_.size()];
  }

  enum class When {
    kBeforeCreate,
    kBeforeCreateById,
    kOpen
  };
  NTSTATUS lookup(VolumeStack& volume, FILE_OBJECT& file, When when, bool normalized, std::u16string& path);
  // Null when there is none that holds.
  NameInformation* from_cache(Filter& filter, const VolumeStack& volume, FILE_OBJECT& file, bool normalized);
  // The name that the file object had when `stamp` was taken: from now on the cached one.
  NameInformation& share(Filter& filter, const VolumeStack& volume, FILE_OBJECT& file, bool normalized,
                         const std::u16string& path, std::uint64_t stamp);
  NameInformation& make(Filter& filter, const VolumeStack& volume, bool normalized,
                        const std::u16string& path);

  NameInformations informations_;
  std::array<Shard, 16> shards_;
};

}  // namespace fltsim::fltmgr

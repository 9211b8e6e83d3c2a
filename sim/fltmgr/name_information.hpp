// What drivers hold as PFLT_FILE_NAME_INFORMATION. The name cache and all drivers that ask share one structure, which
// counts who holds it (NAME-7).
//
//   1. It stays while the cache keeps it or a driver holds it.
//   2. While no driver holds it, its parts are empty (NAME-9), and the address sanitizer lets nobody touch it: who
//      forgets to parse, or uses a name that he has released, is found although the cache still has it.
//   3. Whose reference a release gives back matters for the leak report alone. A driver that has none gives back
//      another's, for a name may be handed on; when no driver has one, the release is one too many (VER-18).
//
// Threads: any; sharded leaf locks.
#pragma once

#include <fltKernel.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fltmgr/objects.hpp"

namespace fltsim::fltmgr {

struct NameInformation : FLT_FILE_NAME_INFORMATION {
  NameInformation(std::u16string_view device, std::u16string_view path, bool normalized, std::uint64_t order);

  std::u16string text;              // what Name points into; the device name first
  const std::size_t volume_length;  // units of `text` that name the device
  const std::uint64_t number;       // in order of creation

  // Guarded by the lock of its shard; the structure's parts are, too.
  struct Owner {
    Filter* filter;
    std::size_t references;  // never 0
  };
  std::vector<Owner> owners;
  bool kept = false;  // by the cache
};

class NameInformations {
 public:
  // A new one with one reference, which is `filter`'s.
  NameInformation& make(Filter& filter, std::u16string_view device, std::u16string_view path,
                        bool normalized);
  // One more reference of `filter`. REQUIRES: the caller sees to it that it stays meanwhile.
  void hand_out(NameInformation& information, Filter& filter);
  // The same if it names this path; else false, and nothing is done.
  [[nodiscard]] bool hand_out_if(NameInformation& information, std::u16string_view path, Filter& filter);

  // The cache begins to refer to it, and ends.
  void keep(NameInformation& information);
  void let_go(NameInformation& information);

  // What a driver passes to `routine`: a bug check when no driver holds it any more, or it is none (NAME-7).
  void check(FLT_FILE_NAME_INFORMATION* information, const char* routine);
  void reference(FLT_FILE_NAME_INFORMATION* information, const char* routine);
  void release(FLT_FILE_NAME_INFORMATION* information, const char* routine);
  // FltParseFileNameInformation (NAME-8): points the parts into Name.
  void parse(FLT_FILE_NAME_INFORMATION* information, const char* routine);

  // VER-18: what `filter` has not released, in order of creation, once for each reference.
  void report_leaks(Filter& filter);

 private:
  struct Shard {
    std::mutex mutex;
    std::unordered_map<const void*, std::unique_ptr<NameInformation>> live;
  };
  Shard& shard(const void* information) {
    return shards_[(reinterpret_cast<std::uintptr_t>(information) >> 6) % shards_.size()];
  }
  // Runs `use(shard, information)` under the lock, or stops the machine.
  template <class Use>
  void with_held(FLT_FILE_NAME_INFORMATION* information, const char* routine, Use use);

  std::atomic<std::uint64_t> numbers_{0};
  std::array<Shard, 16> shards_;
};

inline std::u16string_view text_of(const UNICODE_STRING& string) {
  return {reinterpret_cast<const char16_t*>(string.Buffer), string.Length / sizeof(WCHAR)};
}

// Where the parts of a name begin, in units; the extension reaches to the stream, the others to
// the end of the name. What is not there is empty.
struct NameParts {
  std::size_t final_component;
  std::size_t extension;
  std::size_t stream;
};
// `path`: where the path begins, behind the volume's name.
NameParts split_name(std::u16string_view text, std::size_t path);

}  // namespace fltsim::fltmgr

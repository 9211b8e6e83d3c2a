// File names for filters: FltGetFileNameInformation and its relatives (NAME-1..NAME-11).
//
// What drivers hold as PFLT_FILE_NAME_INFORMATION is a NameInformation: counted, read-only for them. Names
// are kept per file object, so that a look-up in a place where the file system must not be asked can be
// answered; a rename anywhere on a volume makes that volume's names stale.
#pragma once

#include <fltKernel.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "fltmgr/objects.hpp"

namespace fltsim::fltmgr {

struct ActiveOperation;

struct NameInformation : FLT_FILE_NAME_INFORMATION {
  std::atomic<std::int64_t> references{1};
  Filter* filter = nullptr;
  std::uint64_t number = 0;       // in order of creation
  std::u16string text;            // what Name points into; the device name first
  std::size_t volume_length = 0;  // units of `text` that name the device
};

class Names {
 public:
  Names() = default;
  ~Names();
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

  // What a driver passes to `routine`; a bug check when it was released already, or is none (NAME-7).
  NameInformation& check(FLT_FILE_NAME_INFORMATION* information, const char* routine);
  void reference(NameInformation& information);
  void release(NameInformation& information);

  void forget(const FILE_OBJECT& file);
  void volume_renamed(const VolumeStack& volume);

  // VER-18: what `filter` has not released, with the names.
  void report_leaks(Filter& filter);

 private:
  struct Cached {
    std::u16string opened;
    std::u16string normalized;
    std::uint64_t generation;
  };

  enum class When {
    kBeforeCreate,
    kBeforeCreateById,
    kOpen
  };
  NTSTATUS lookup(VolumeStack& volume, FILE_OBJECT& file, When when, bool normalized, std::u16string& path);
  bool from_cache(const VolumeStack& volume, const FILE_OBJECT& file, bool normalized,
                  std::u16string& path) const;
  // How many renames the volume has seen. A name belongs to the generation in which it was asked for.
  std::uint64_t generation(const VolumeStack& volume) const;
  void remember(const VolumeStack& volume, const FILE_OBJECT& file, bool normalized,
                const std::u16string& path, std::uint64_t asked_in);
  NameInformation* make(Filter& filter, VolumeStack& volume, bool normalized, const std::u16string& path);

  mutable std::mutex mutex_;
  std::uint64_t next_number_ = 1;
  std::map<std::uint64_t, NameInformation*> live_;
  std::unordered_set<const void*> known_;                              // the same, by address; looked up only
  std::unordered_map<const FILE_OBJECT*, Cached> cache_;               // looked up only
  std::unordered_map<const VolumeStack*, std::uint64_t> generations_;  // looked up only
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

// FltParseFileNameInformation (NAME-8): points the parts into Name.
NTSTATUS parse_name(NameInformation& information);

}  // namespace fltsim::fltmgr

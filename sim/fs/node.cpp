#include "fs/node.hpp"

#include <ntifs.h>

#include <algorithm>

namespace fltsim::fs {
namespace {

struct Wanted {
  bool read;
  bool write;
  bool remove;
  explicit Wanted(std::uint32_t access)
      : read((access & (FILE_READ_DATA | FILE_EXECUTE)) != 0),
        write((access & (FILE_WRITE_DATA | FILE_APPEND_DATA)) != 0),
        remove((access & DELETE) != 0) {}
  bool any() const { return read || write || remove; }
};

// Adds (step 1) or takes away (step -1) an open. Opens that only touch attributes take no part in sharing.
void change_share(ShareCounts& counts, std::uint32_t access, std::uint32_t share, std::uint32_t step) {
  Wanted wanted(access);
  if (!wanted.any()) return;
  counts.opens += step;
  if (wanted.read) counts.readers += step;
  if (wanted.write) counts.writers += step;
  if (wanted.remove) counts.deleters += step;
  if (share & FILE_SHARE_READ) counts.shared_read += step;
  if (share & FILE_SHARE_WRITE) counts.shared_write += step;
  if (share & FILE_SHARE_DELETE) counts.shared_delete += step;
}

}  // namespace

bool NameLess::less(std::u16string_view left, std::u16string_view right) {
  return std::lexicographical_compare(left.begin(), left.end(), right.begin(), right.end(),
                                      [](char16_t a, char16_t b) { return upcase(a) < upcase(b); });
}

bool share_allows(const ShareCounts& counts, std::uint32_t access, std::uint32_t share) {
  Wanted wanted(access);
  if (!wanted.any()) return true;
  if (wanted.read && counts.shared_read < counts.opens) return false;
  if (wanted.write && counts.shared_write < counts.opens) return false;
  if (wanted.remove && counts.shared_delete < counts.opens) return false;
  if (counts.readers > 0 && !(share & FILE_SHARE_READ)) return false;
  if (counts.writers > 0 && !(share & FILE_SHARE_WRITE)) return false;
  return counts.deleters == 0 || (share & FILE_SHARE_DELETE) != 0;
}

void add_share(ShareCounts& counts, std::uint32_t access, std::uint32_t share) {
  change_share(counts, access, share, 1);
}

void remove_share(ShareCounts& counts, std::uint32_t access, std::uint32_t share) {
  change_share(counts, access, share, static_cast<std::uint32_t>(-1));
}

}  // namespace fltsim::fs

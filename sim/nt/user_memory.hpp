// User memory: each machine reserves one address range; what lies in it is "user space", everything else
// (pool, stacks, globals) is kernel to ProbeForRead and ProbeForWrite. Processes share the range without
// seeing each other's part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace fltsim::nt {

class Process;
class Thread;

inline constexpr std::size_t kUserPage = 4096;

class UserSpace {
 public:
  static constexpr std::size_t kSize = std::size_t{1} << 30;

  UserSpace();  // reserves the range; nothing is mapped
  ~UserSpace();
  UserSpace(const UserSpace&) = delete;
  UserSpace& operator=(const UserSpace&) = delete;

  // True when all of [address, address + length) lies in the range, mapped or not.
  bool contains(const void* address, std::size_t length) const;
  // True when every page of it is mapped (readable and writable) at the moment. Takes no lock.
  bool is_mapped(const void* address, std::size_t length) const;
  // False: a touch would fault, for a part of it lost its pages since the caller probed it. Memory outside the
  // range is not judged.
  bool is_present(const void* address, std::size_t length) const {
    return length == 0 || !contains(address, length) || is_mapped(address, length);
  }

  // Zeroed pages, rounded up; null when the range is full. `owner` null: the machine's own.
  void* allocate(const Process* owner, std::size_t length);
  void free(void* address);  // what allocate() gave
  // The same for a block of `owner`; false: there is none at that address.
  [[nodiscard]] bool free_of(const Process& owner, void* address);
  void free_all(const Process& owner);  // its last thread has ended
  // Takes the pages away: a touch faults from now on. The addresses stay reserved until free().
  void unmap(void* address, std::size_t length);

  const std::byte* begin() const { return base_; }
  const std::byte* end() const { return base_ + kSize; }

 private:
  struct Block {
    std::size_t pages;
    const Process* owner;
  };
  void take_away(std::size_t first, std::size_t pages);
  // The first page of that much room at or behind `from`, where no block may lie across; 0: none.
  std::size_t find_room(std::size_t from, std::size_t pages) const;

  // The first page stays empty, so that no block begins at the range's start.
  static constexpr std::size_t kFirstPage = 1;

  std::byte* base_;
  std::mutex mutex_;
  std::map<std::size_t, Block> blocks_;  // by first page
  // Behind the block that was made last: what was freed is used again as late as possible, so that a stale
  // address faults.
  std::size_t next_ = kFirstPage;
};

// Per-thread room in user space for what is presented for one call; grows by need, used like a stack.
class UserScratch {
 public:
  explicit UserScratch(UserSpace& space) : space_(space) {}
  ~UserScratch();
  UserScratch(const UserScratch&) = delete;
  UserScratch& operator=(const UserScratch&) = delete;

 private:
  friend class UserBuffer;
  static constexpr std::size_t kSize = 64 * 1024;
  UserSpace& space_;
  std::byte* base_ = nullptr;
  std::size_t used_ = 0;
};

// Whether the kernel may copy from or to [address, address + length) for a client of the calling thread's
// machine: mapped memory of the user range, or ordinary memory of the program, which is what clients mostly
// pass. The lowest 64 KB are nobody's, and what lies beyond programs is the kernel's.
bool client_memory(const void* address, std::size_t length);
bool beyond_programs(const void* address, std::size_t length);

// Copies to or from such memory. False: it is not client memory, or some of it is not there, at that moment (GET-14,
// REPLY-8); what lies before it may have been copied. Any thread; takes no lock.
[[nodiscard]] bool copy_to_client(void* client, const void* from, std::size_t length);
[[nodiscard]] bool copy_from_client(void* to, const void* client, std::size_t length);
// As copy_from_client(), of memory that may belong to somebody else by now, and what is read is not believed: no sanitizer
// is shown it.
[[nodiscard]] bool peek(void* to, const void* from, std::size_t length);

// What the kernel side sees of a client's buffer during one call. A pointer that lies in the user range is
// passed through; any other is presented as a copy in the range, at the same offset within 16 bytes, so that
// alignment shows. Null stays null.
class UserBuffer {
 public:
  enum class Use {
    kInput,   // copied in
    kOutput,  // copied in, and back by the destructor
  };

  UserBuffer(Thread& thread, const void* client, std::size_t length, Use use);
  ~UserBuffer();
  UserBuffer(const UserBuffer&) = delete;
  UserBuffer& operator=(const UserBuffer&) = delete;

  void* address() const { return presented_; }
  std::size_t length() const { return length_; }

 private:
  std::byte* take_scratch(UserSpace& space, std::size_t length);

  Thread& thread_;
  void* const client_;
  const std::size_t length_;
  const Use use_;
  void* presented_ = nullptr;
  std::size_t scratch_before_ = 0;
  enum class Place {
    kSame,
    kScratch,
    kPages
  } place_ = Place::kSame;
};

}  // namespace fltsim::nt

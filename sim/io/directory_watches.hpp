// Who wants to be told of changes in the directories of one volume (IRP_MN_NOTIFY_CHANGE_DIRECTORY). A watch begins
// with the first request on a directory's file object, and goes on between requests until that is cleaned up: what
// happens meanwhile is kept for the next request, as much of it as the first one had room for.
//
// Threads: any; one leaf lock. add() runs under the file system's lock, so it only notes; deliver() wakes those who wait,
// and is called when the file system has been left.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fs/file_system.hpp"

namespace fltsim::io {

class DirectoryWatches {
 public:
  // Told once: SUCCESS with the entries, NOTIFY_ENUM_DIR when there were too many, NOTIFY_CLEANUP.
  struct Told {
    std::int32_t status = 0;
    std::vector<std::byte> entries;  // FILE_NOTIFY_INFORMATION
  };
  using Completion = std::function<void(Told)>;
  using Ticket = std::uint64_t;

  struct Request {
    const void* file = nullptr;  // the file object
    std::u16string path;         // of the directory, from the root
    std::uint32_t filter = 0;
    bool tree = false;
    std::size_t room = 0;  // 0: the caller only wants to know that something changed
  };

  // True: `told` is the answer. False: `completion` will be called once, unless withdraw() takes it back.
  // Filter, tree and room count in the first request of a file object; the path in each, for a directory may move.
  [[nodiscard]] bool wait(const Request& request, Told& told, Completion completion, Ticket& ticket);
  // Of that file object. False: it waits no longer, and its completion runs or has run.
  [[nodiscard]] bool withdraw(const void* file, Ticket ticket);
  void add(const fs::Change& change);
  void deliver();
  void end(const void* file);

 private:
  struct Waiter {
    Ticket ticket;
    std::size_t room;
    Completion completion;
  };
  struct Watch {
    Request request;
    std::uint64_t number = 0;  // in order of the first requests
    std::u16string directory;  // the path in upper case
    std::vector<std::byte> pending;
    std::size_t last_entry = 0;
    bool changed = false;
    bool too_many = false;
    std::list<Waiter> waiters;
  };

  // All with the lock held.
  void move(Watch& watch, std::u16string_view path);
  void forget_path(Watch& watch);
  void note(Watch& watch, std::uint32_t action, std::u16string_view name);
  static Told take(Watch& watch, std::size_t room);

  std::mutex mutex_;
  std::unordered_map<const void*, Watch> watches_;  // by file object; looked up only
  std::unordered_map<std::u16string, std::vector<Watch*>>
      by_directory_;                       // by path in upper case; looked up only
  std::vector<Watch*> due_;                // that have changed, and whose file object waits
  std::atomic<bool> anything_due_{false};  // written under the lock, read by who has nothing to deliver
  std::uint64_t watches_made_ = 0;
  Ticket next_ticket_ = 1;
};

}  // namespace fltsim::io

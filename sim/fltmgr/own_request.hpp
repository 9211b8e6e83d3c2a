// What a filter asks for itself, as long as it runs.
#pragma once

#include "fltmgr/objects.hpp"

namespace fltsim::fltmgr {

// A request of a filter's own, while it runs: the teardown of the instance waits for it (CB-55).
class OwnRequest {
 public:
  explicit OwnRequest(Instance& instance) : requests_(instance.own_requests), begun_(requests_.acquire()) {}
  ~OwnRequest() {
    if (begun_) requests_.release();
  }
  OwnRequest(const OwnRequest&) = delete;
  OwnRequest& operator=(const OwnRequest&) = delete;

  // False: the instance is gone but for its last callback.
  bool begun() const { return begun_; }

 private:
  Rundown& requests_;
  const bool begun_;
};

}  // namespace fltsim::fltmgr

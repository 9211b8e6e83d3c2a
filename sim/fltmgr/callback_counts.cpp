#include "fltmgr/callback_counts.hpp"

#include <cstdio>

namespace fltsim::fltmgr {
namespace {

constexpr const char* kResults[] = {"FLT_PREOP_SUCCESS_WITH_CALLBACK",
                                    "FLT_PREOP_SUCCESS_NO_CALLBACK",
                                    "FLT_PREOP_PENDING",
                                    "FLT_PREOP_DISALLOW_FASTIO",
                                    "FLT_PREOP_COMPLETE",
                                    "FLT_PREOP_SYNCHRONIZE",
                                    "FLT_PREOP_DISALLOW_FSFILTER_IO",
                                    "invalid FLT_PREOP",
                                    "FLT_POSTOP_FINISHED_PROCESSING",
                                    "FLT_POSTOP_MORE_PROCESSING_REQUIRED",
                                    "FLT_POSTOP_DISALLOW_FSFILTER_IO",
                                    "invalid FLT_POSTOP"};

struct Major {
  UCHAR number;
  const char* name;
};
#define FLTSIM_MAJOR(name) \
  { IRP_MJ_##name, "IRP_MJ_" #name }
constexpr Major kMajors[] = {FLTSIM_MAJOR(CREATE),
                             FLTSIM_MAJOR(CREATE_NAMED_PIPE),
                             FLTSIM_MAJOR(CLOSE),
                             FLTSIM_MAJOR(READ),
                             FLTSIM_MAJOR(WRITE),
                             FLTSIM_MAJOR(QUERY_INFORMATION),
                             FLTSIM_MAJOR(SET_INFORMATION),
                             FLTSIM_MAJOR(QUERY_EA),
                             FLTSIM_MAJOR(SET_EA),
                             FLTSIM_MAJOR(FLUSH_BUFFERS),
                             FLTSIM_MAJOR(QUERY_VOLUME_INFORMATION),
                             FLTSIM_MAJOR(SET_VOLUME_INFORMATION),
                             FLTSIM_MAJOR(DIRECTORY_CONTROL),
                             FLTSIM_MAJOR(FILE_SYSTEM_CONTROL),
                             FLTSIM_MAJOR(DEVICE_CONTROL),
                             FLTSIM_MAJOR(INTERNAL_DEVICE_CONTROL),
                             FLTSIM_MAJOR(SHUTDOWN),
                             FLTSIM_MAJOR(LOCK_CONTROL),
                             FLTSIM_MAJOR(CLEANUP),
                             FLTSIM_MAJOR(CREATE_MAILSLOT),
                             FLTSIM_MAJOR(QUERY_SECURITY),
                             FLTSIM_MAJOR(SET_SECURITY),
                             FLTSIM_MAJOR(POWER),
                             FLTSIM_MAJOR(SYSTEM_CONTROL),
                             FLTSIM_MAJOR(DEVICE_CHANGE),
                             FLTSIM_MAJOR(QUERY_QUOTA),
                             FLTSIM_MAJOR(SET_QUOTA),
                             FLTSIM_MAJOR(PNP),
                             FLTSIM_MAJOR(ACQUIRE_FOR_SECTION_SYNCHRONIZATION),
                             FLTSIM_MAJOR(RELEASE_FOR_SECTION_SYNCHRONIZATION),
                             FLTSIM_MAJOR(ACQUIRE_FOR_MOD_WRITE),
                             FLTSIM_MAJOR(RELEASE_FOR_MOD_WRITE),
                             FLTSIM_MAJOR(ACQUIRE_FOR_CC_FLUSH),
                             FLTSIM_MAJOR(RELEASE_FOR_CC_FLUSH),
                             FLTSIM_MAJOR(QUERY_OPEN),
                             FLTSIM_MAJOR(NOTIFY_STREAM_FO_CREATION),
                             FLTSIM_MAJOR(FAST_IO_CHECK_IF_POSSIBLE),
                             FLTSIM_MAJOR(NETWORK_QUERY_OPEN),
                             FLTSIM_MAJOR(MDL_READ),
                             FLTSIM_MAJOR(MDL_READ_COMPLETE),
                             FLTSIM_MAJOR(PREPARE_MDL_WRITE),
                             FLTSIM_MAJOR(MDL_WRITE_COMPLETE),
                             FLTSIM_MAJOR(VOLUME_MOUNT),
                             FLTSIM_MAJOR(VOLUME_DISMOUNT)};
#undef FLTSIM_MAJOR

}  // namespace

std::string major_name(UCHAR major) {
  for (const Major& known : kMajors) {
    if (known.number == major) return known.name;
  }
  char text[16];
  std::snprintf(text, sizeof text, "IRP_MJ 0x%02X", major);
  return text;
}

void CallbackCounts::make_room(const std::vector<FLT_OPERATION_REGISTRATION>& operations) {
  for (const FLT_OPERATION_REGISTRATION& operation : operations) {
    row_of_[operation.MajorFunction] = static_cast<std::uint8_t>(rows_.size());
    rows_.emplace_back().major = operation.MajorFunction;
  }
}

void CallbackCounts::append_to(std::vector<CallbackCount>& counts, const std::string& driver) const {
  for (const Row& row : rows_) {
    for (std::size_t result = 0; result < row.counts.size(); ++result) {
      const std::uint64_t count = row.counts[result].load(std::memory_order_relaxed);
      if (count != 0) counts.push_back({driver, major_name(row.major), kResults[result], count});
    }
  }
}

}  // namespace fltsim::fltmgr

// Filter functions of the client that are declared and not simulated.
#include "nt/unsupported.hpp"

// clang-format off
#define FLTSIM_UNSUPPORTED_ROUTINES(X) \
  X(FilterCreate) X(FilterClose) X(FilterInstanceCreate) X(FilterInstanceClose) X(FilterFindFirst) \
  X(FilterFindNext) X(FilterFindClose) X(FilterVolumeFindFirst) X(FilterVolumeFindNext) \
  X(FilterVolumeFindClose) X(FilterInstanceFindFirst) X(FilterInstanceFindNext) \
  X(FilterInstanceFindClose) X(FilterVolumeInstanceFindFirst) X(FilterVolumeInstanceFindNext) \
  X(FilterVolumeInstanceFindClose) X(FilterGetDosName) X(FilterGetInformation) \
  X(FilterInstanceGetInformation)
// clang-format on

FLTSIM_UNSUPPORTED_ROUTINES(FLTSIM_DEFINE_UNSUPPORTED)

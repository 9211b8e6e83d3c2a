// Laid over every number of the table, so that no compiler folds a run of zeros when it writes the table as
// text.
#pragma once

#define FLTLINK_NUMBER_MASK 0x5eed0001u

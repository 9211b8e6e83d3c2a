// The operation callbacks that are not mere reports (reporting.hpp). docs/DRMFILTER.md has the table of what
// is enforced where.
#pragma once

#include <fltKernel.h>

namespace drmfilter {

// create.cpp
FLT_PREOP_CALLBACK_STATUS pre_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                     PVOID* completion);
FLT_POSTOP_CALLBACK_STATUS post_create(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                       PVOID completion, FLT_POST_OPERATION_FLAGS flags);

// open_file.cpp
FLT_PREOP_CALLBACK_STATUS pre_read(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID* completion);
FLT_PREOP_CALLBACK_STATUS pre_write(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                    PVOID* completion);
FLT_PREOP_CALLBACK_STATUS pre_control(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                      PVOID* completion);
FLT_PREOP_CALLBACK_STATUS pre_cleanup(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                      PVOID* completion);
FLT_PREOP_CALLBACK_STATUS pre_acquire_for_section(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                                  PVOID* completion);

// set_information.cpp
FLT_PREOP_CALLBACK_STATUS pre_set_information(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                              PVOID* completion);
FLT_POSTOP_CALLBACK_STATUS post_set_information(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                                PVOID completion, FLT_POST_OPERATION_FLAGS flags);

}  // namespace drmfilter

#include "reporting.hpp"

#include "events.hpp"
#include "names.hpp"

namespace drmfilter {
namespace {

// Its address stands for the name that could not be had, as a completion context.
FLT_FILE_NAME_INFORMATION no_name;

FLT_POSTOP_CALLBACK_STATUS report_when_safe(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, PVOID,
                                            FLT_POST_OPERATION_FLAGS) {
  FileName name;
  send_file_event(data, NT_SUCCESS(name.query(data, objects)) ? name.file() : kUnnamed);
  return FLT_POSTOP_FINISHED_PROCESSING;
}

}  // namespace

FLT_PREOP_CALLBACK_STATUS allow_and_report(PFLT_CALLBACK_DATA data) {
  return wants_file_event(data) ? FLT_PREOP_SUCCESS_WITH_CALLBACK : FLT_PREOP_SUCCESS_NO_CALLBACK;
}

FLT_POSTOP_CALLBACK_STATUS post_report(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                       PVOID completion, FLT_POST_OPERATION_FLAGS flags) {
  if ((flags & FLTFL_POST_OPERATION_DRAINING) != 0) return FLT_POSTOP_FINISHED_PROCESSING;
  if (KeGetCurrentIrql() <= APC_LEVEL) return report_when_safe(data, objects, completion, flags);
  FLT_POSTOP_CALLBACK_STATUS status = FLT_POSTOP_FINISHED_PROCESSING;
  // Where this cannot be put off, the event is not produced.
  static_cast<void>(
      FltDoCompletionProcessingWhenSafe(data, objects, completion, flags, &report_when_safe, &status));
  return status;
}

FLT_PREOP_CALLBACK_STATUS allow_and_report_named(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                                 PVOID* completion) {
  if (!wants_file_event(data)) return FLT_PREOP_SUCCESS_NO_CALLBACK;
  FileName name;
  *completion = NT_SUCCESS(name.query(data, objects)) ? name.detach() : &no_name;
  return FLT_PREOP_SYNCHRONIZE;
}

FLT_POSTOP_CALLBACK_STATUS post_report_named(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects,
                                             PVOID completion, FLT_POST_OPERATION_FLAGS flags) {
  const bool had_name = completion != &no_name;
  auto* information = had_name ? static_cast<PFLT_FILE_NAME_INFORMATION>(completion) : nullptr;
  if ((flags & FLTFL_POST_OPERATION_DRAINING) != 0) {
    if (had_name) FltReleaseFileNameInformation(information);
    return FLT_POSTOP_FINISHED_PROCESSING;
  }
  FileName name;
  const bool named = had_name && NT_SUCCESS(name.adopt(information, objects));
  send_file_event(data, named ? name.file() : kUnnamed);
  return FLT_POSTOP_FINISHED_PROCESSING;
}

}  // namespace drmfilter

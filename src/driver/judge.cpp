#include "judge.hpp"

#include "asking.hpp"
#include "events.hpp"

namespace drmfilter {
namespace {

// HandleContext::known: the generation above the 8 bits of the flags. 0 is never a generation.
constexpr unsigned kFlagBits = 8;
static_assert(static_cast<uint32_t>(ProtectionFlags::kAll | ProtectionFlags::kAsk) < 1u << kFlagBits);

[[nodiscard]] uint64_t pack(Generation generation, ProtectionFlags forbidden) {
  return generation << kFlagBits | static_cast<uint32_t>(forbidden);
}

[[nodiscard]] ProtectionFlags without(ProtectionFlags flags, ProtectionFlags taken) {
  return static_cast<ProtectionFlags>(static_cast<uint32_t>(flags) & ~static_cast<uint32_t>(taken));
}

[[nodiscard]] ProtectionFlags flags_of(uint64_t known) {
  return static_cast<ProtectionFlags>(known & ((1u << kFlagBits) - 1));
}

// The handle's context; made if it has none; null where there can be none. Released with this object.
class Context {
 public:
  explicit Context(PCFLT_RELATED_OBJECTS objects) {
    PFLT_CONTEXT found = nullptr;
    const NTSTATUS status = FltGetStreamHandleContext(objects->Instance, objects->FileObject, &found);
    context_ = static_cast<HandleContext*>(status == STATUS_NOT_FOUND ? make(objects) : found);
  }
  ~Context() {
    if (context_ != nullptr) FltReleaseContext(context_);
  }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  // Whether the context knows, in this generation, that `operation` is allowed.
  [[nodiscard]] bool allows(Generation generation, ProtectionFlags operation) const {
    if (context_ == nullptr) return false;
    const uint64_t known = context_->known.load(MemoryOrder::kRelaxed);
    return known >> kFlagBits == generation && !fltlink::overlap(flags_of(known), operation);
  }

  void remember(Generation generation, ProtectionFlags forbidden) {
    if (context_ != nullptr) context_->known.store(pack(generation, forbidden), MemoryOrder::kRelaxed);
  }

  // Whether an authorizer has allowed the open for all of `operation`.
  [[nodiscard]] bool was_allowed(ProtectionFlags operation) const {
    if (context_ == nullptr) return false;
    const auto allowed = static_cast<ProtectionFlags>(context_->allowed.load(MemoryOrder::kRelaxed));
    return (allowed & operation) == operation;
  }

  // Called in the open alone, so there is one thread that writes.
  void allow(ProtectionFlags operation) {
    if (context_ == nullptr) return;
    const auto before = static_cast<ProtectionFlags>(context_->allowed.load(MemoryOrder::kRelaxed));
    context_->allowed.store(static_cast<uint32_t>(before | operation), MemoryOrder::kRelaxed);
  }

 private:
  static PFLT_CONTEXT make(PCFLT_RELATED_OBJECTS objects) {
    PFLT_CONTEXT made = nullptr;
    const NTSTATUS allocated = FltAllocateContext(objects->Filter, FLT_STREAMHANDLE_CONTEXT,
                                                  sizeof(HandleContext), NonPagedPoolNx, &made);
    if (!NT_SUCCESS(allocated)) return nullptr;
    RtlZeroMemory(made, sizeof(HandleContext));
    PFLT_CONTEXT present = nullptr;
    const NTSTATUS set = FltSetStreamHandleContext(objects->Instance, objects->FileObject,
                                                   FLT_SET_CONTEXT_KEEP_IF_EXISTS, made, &present);
    if (NT_SUCCESS(set)) return made;
    FltReleaseContext(made);
    return set == STATUS_FLT_CONTEXT_ALREADY_DEFINED ? present : nullptr;
  }

  HandleContext* context_ = nullptr;
};

// The name leads to no file, or nobody gets at it now: so the file system says itself.
[[nodiscard]] bool ends_without_us(NTSTATUS status) {
  return means_no_file(status) || status == STATUS_OBJECT_NAME_INVALID ||
         status == STATUS_SHARING_VIOLATION || status == STATUS_DELETE_PENDING ||
         status == STATUS_INVALID_PARAMETER;
}

// What becomes of an operation that `verdict` forbids: a block notice, and a denial unless blocking is
// switched off.
[[nodiscard]] Judgement report_violation(PFLT_CALLBACK_DATA data, const FilePath& name,
                                         const Verdict& verdict) {
  const bool blocking = is_blocking();
  const NTSTATUS status = blocking ? STATUS_ACCESS_DENIED : STATUS_SUCCESS;
  if (blocking) count(state.blocked_operations);
  send_block_notice(data, name, status, verdict.reason_text());
  DRMFILTER_LOG(kLogDecisions, "%s: operation 0x%02X\n", blocking ? "denied" : "reported",
                data->Iopb->MajorFunction);
  if (!blocking) return {};
  return {Decision::kDeny, status};
}

// The decision about an operation, where NTSTATUS find(Verdict&) says what the policies do. `opened_for_it`:
// an authorizer has allowed that already.
template <typename Find>
[[nodiscard]] Judgement judge_by(PFLT_CALLBACK_DATA data, const FilePath& name, ProtectionFlags operation,
                                 bool opened_for_it, Find&& find) {
  const Generation generation = policies.generation();
  Verdict verdict;
  NTSTATUS status = find(verdict);
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  if (!verdict.forbidden) return {};
  const Judgement allowed{Decision::kAllow, STATUS_SUCCESS, operation};
  const bool asks = verdict.asks && is_blocking();
  if (asks && opened_for_it) return allowed;
  if (!asks || !authorizer_allows(data, name, verdict.reason_text()))
    return report_violation(data, name, verdict);
  if (policies.generation() != generation) {
    // A policy that came while the authorizer thought counts as if it had been there.
    verdict = {};
    status = find(verdict);
    if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
    if (verdict.final()) return report_violation(data, name, verdict);
  }
  return allowed;
}

}  // namespace

Judgement judge_open_file(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, ProtectionFlags operation) {
  if (!policies.concern(operation)) return {};
  // Before the name is asked for: a change that comes later makes what is remembered here worthless.
  const Generation generation = policies.generation();
  Context context(objects);
  if (context.allows(generation, operation)) return {};

  FileName name;
  NTSTATUS status = name.query(data, objects);
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  ProtectionFlags forbidden = ProtectionFlags::kNone;
  status = forbidden_on(objects, objects->FileObject, name.file(), forbidden);
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  context.remember(generation, forbidden);
  const ProtectionFlags breached = forbidden & operation;
  if (breached == ProtectionFlags::kNone) return {};

  const bool opened_for_it = context.was_allowed(breached);
  const Judgement judgement = judge_by(data, name.file(), operation, opened_for_it, [&](Verdict& verdict) {
    return find_policy(objects, objects->FileObject, name.file(), operation, verdict);
  });
  if (judgement.denied()) return judgement;
  const bool by_consent = judgement.allowed != ProtectionFlags::kNone;
  if (by_consent && opened_for_it) context.remember(generation, without(forbidden, breached));
  if (by_consent && data->Iopb->MajorFunction == IRP_MJ_CREATE) context.allow(operation);
  return judgement;
}

Judgement judge_other_file(PFLT_CALLBACK_DATA data, PCFLT_RELATED_OBJECTS objects, const OpenFile& file,
                           ProtectionFlags operation) {
  FileName name;
  const NTSTATUS status = name.query_open(file.object(), objects);
  if (!NT_SUCCESS(status)) return deny_unnamed(data, status);
  return judge_by(data, name.file(), operation, false, [&](Verdict& verdict) {
    return find_policy(objects, file.object(), name.file(), operation, verdict);
  });
}

Judgement judge_name(PFLT_CALLBACK_DATA data, const FilePath& name, ProtectionFlags operation,
                     Policies::Where where) {
  return judge_by(data, name, operation, false, [&](Verdict& verdict) {
    static_cast<void>(policies.forbids(name, operation, where, verdict));
    return STATUS_SUCCESS;
  });
}

void allow_handle(PCFLT_RELATED_OBJECTS objects, ProtectionFlags allowed) { Context(objects).allow(allowed); }

Judgement deny_unnamed(PFLT_CALLBACK_DATA data, NTSTATUS status) {
  const bool blocking = is_blocking();
  if (!ends_without_us(status)) {
    DRMFILTER_LOG(kLogErrors, "a file's name cannot be had: 0x%08X\n", status);
    if (blocking) count(state.blocked_operations);
    send_block_notice(data, kUnnamed, blocking ? status : STATUS_SUCCESS,
                      u"The name of the file cannot be had");
  }
  if (!blocking) return {};
  return {Decision::kDeny, status};
}

FLT_PREOP_CALLBACK_STATUS complete_denied(PFLT_CALLBACK_DATA data, NTSTATUS status) {
  data->IoStatus.Status = status;
  data->IoStatus.Information = 0;
  return FLT_PREOP_COMPLETE;
}

}  // namespace drmfilter

#include "nt/object_attributes.hpp"

#include "nt/handle_callbacks.hpp"

namespace fltsim::nt {
namespace {

// The directory that a relative name starts from; null for an absolute name.
Status root_of(const OBJECT_ATTRIBUTES& attributes, Ref<void>& root) {
  if (attributes.RootDirectory == nullptr) return STATUS_SUCCESS;
  return reference_by_handle(attributes.RootDirectory, 0, &kDirectoryType, Mode::kKernel, root);
}

bool is_insensitive(const OBJECT_ATTRIBUTES& attributes) {
  return (attributes.Attributes & OBJ_CASE_INSENSITIVE) != 0;
}

Status lookup(Thread& thread, const OBJECT_ATTRIBUTES& attributes, const ObjectType& type,
              Ref<void>& object) {
  Ref<void> root;
  if (const Status status = root_of(attributes, root); status != STATUS_SUCCESS) return status;
  if (attributes.ObjectName == nullptr) return STATUS_OBJECT_PATH_SYNTAX_BAD;
  Found found;
  const bool open_link = &type == &kSymbolicLinkType;
  const Status status =
      thread.system.nt().names().lookup(view(attributes.ObjectName), is_insensitive(attributes), found,
                                        static_cast<Directory*>(root.get()), open_link);
  if (status != STATUS_SUCCESS) return status;
  if (&type_of(found.object.get()) != &type || !found.rest.empty()) return STATUS_OBJECT_TYPE_MISMATCH;
  object = std::move(found.object);
  return STATUS_SUCCESS;
}

}  // namespace

Status open_by_pointer(Thread& thread, void* body, ULONG flags, AccessMask desired, PHANDLE handle) {
  const ObjectHeader& header = ObjectHeader::of(body);
  const bool checked = (flags & OBJ_FORCE_ACCESS_CHECK) != 0 && !header.security.empty();
  AccessMask granted = 0;
  const Status status = check_access(checked ? header.security.data() : nullptr,
                                     *current_process(thread).token, desired, header.type->mapping, granted);
  if (status != STATUS_SUCCESS) return status;
  *handle = make_handle_with_callbacks(thread, body, granted, (flags & OBJ_KERNEL_HANDLE) != 0,
                                       (flags & OBJ_INHERIT) != 0);
  return *handle != nullptr ? STATUS_SUCCESS : STATUS_PROCESS_IS_TERMINATING;
}

Status insert_object(Thread& thread, void* body, const OBJECT_ATTRIBUTES* attributes, AccessMask desired,
                     PHANDLE handle) {
  if (attributes == nullptr) return open_by_pointer(thread, body, 0, desired, handle);
  ObjectHeader::of(body).security = attributes->SecurityDescriptor != nullptr
                                        ? capture_descriptor(attributes->SecurityDescriptor)
                                        : default_descriptor(*current_process(thread).token);
  if (attributes->ObjectName == nullptr) {
    return open_by_pointer(thread, body, attributes->Attributes & ~OBJ_FORCE_ACCESS_CHECK, desired, handle);
  }
  Ref<void> root;
  if (const Status status = root_of(*attributes, root); status != STATUS_SUCCESS) return status;
  const Status status = thread.system.nt().names().insert(
      body, view(attributes->ObjectName), is_insensitive(*attributes),
      (attributes->Attributes & OBJ_PERMANENT) != 0, static_cast<Directory*>(root.get()));
  if (status == STATUS_OBJECT_NAME_COLLISION && (attributes->Attributes & OBJ_OPENIF) != 0) {
    const Status opened = open_object(thread, attributes, type_of(body), desired, handle);
    return opened == STATUS_SUCCESS ? STATUS_OBJECT_NAME_EXISTS : opened;
  }
  if (status != STATUS_SUCCESS) return status;
  return open_by_pointer(thread, body, attributes->Attributes & ~OBJ_FORCE_ACCESS_CHECK, desired, handle);
}

Status open_object(Thread& thread, const OBJECT_ATTRIBUTES* attributes, const ObjectType& type,
                   AccessMask desired, PHANDLE handle) {
  Ref<void> object;
  if (const Status status = lookup(thread, *attributes, type, object); status != STATUS_SUCCESS)
    return status;
  return open_by_pointer(thread, object.get(), attributes->Attributes, desired, handle);
}

}  // namespace fltsim::nt

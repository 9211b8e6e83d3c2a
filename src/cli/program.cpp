#include "cli/program.hpp"

#include <algorithm>

#include "cli/statuses.hpp"

namespace fltlink::cli {

namespace {

// Values of the WDK (wdm.h, ntifs.h).
constexpr std::uint32_t kGenericRead = 0x8000'0000;
constexpr std::uint32_t kGenericWrite = 0x4000'0000;
constexpr std::uint32_t kDelete = 0x0001'0000;
constexpr std::uint32_t kSynchronize = 0x0010'0000;
constexpr std::uint32_t kShareRead = 1;
constexpr std::uint32_t kShareAll = 7;
constexpr std::uint32_t kFileOpen = 1;
constexpr std::uint32_t kFileCreate = 2;
constexpr std::uint32_t kSynchronousFile =
    0x20 | 0x40;  // FILE_SYNCHRONOUS_IO_NONALERT, FILE_NON_DIRECTORY_FILE
constexpr std::uint32_t kRenameInformation = 10;
constexpr std::uint32_t kDispositionInformation = 13;

constexpr std::uint32_t kReadStep = 64 * 1024;

}  // namespace

std::int32_t Program::counted(Operation operation, std::int32_t status) {
  tally_.add(operation, status);
  return status;
}

Program::Opened Program::open(std::u16string_view path, std::uint32_t access, std::uint32_t share) {
  const fltsim::CreateResult result = process_.create({.path = std::u16string(path),
                                                       .access = access | kSynchronize,
                                                       .disposition = kFileOpen,
                                                       .options = kSynchronousFile,
                                                       .share = share});
  return {counted(Operation::kOpen, result.status), result.handle};
}

Program::Opened Program::open_to_read(std::u16string_view path) {
  return open(path, kGenericRead, kShareAll);
}

Program::Opened Program::open_to_change(std::u16string_view path) {
  return open(path, kGenericRead | kGenericWrite, kShareRead);
}

Program::Opened Program::open_to_remove(std::u16string_view path) { return open(path, kDelete, kShareAll); }

Program::Opened Program::create(std::u16string_view path) {
  const fltsim::CreateResult result = process_.create({.path = std::u16string(path),
                                                       .access = kGenericWrite | kDelete | kSynchronize,
                                                       .disposition = kFileCreate,
                                                       .options = kSynchronousFile,
                                                       .share = kShareRead});
  return {counted(Operation::kCreate, result.status), result.handle};
}

std::int32_t Program::read(fltsim::FileHandle file, std::uint64_t size_max, std::string& content) {
  content.clear();
  while (content.size() < size_max) {
    const auto step =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(kReadStep, size_max - content.size()));
    const fltsim::IoResult result = process_.read(file, step, static_cast<std::int64_t>(content.size()));
    if (counted(Operation::kRead, result.status) == kStatusEndOfFile) break;
    if (result.status != kStatusSuccess) return result.status;
    content += result.content;
    if (result.content.size() < step) break;
  }
  return kStatusSuccess;
}

std::int32_t Program::write(fltsim::FileHandle file, std::string_view bytes, std::int64_t offset) {
  return counted(Operation::kWrite, process_.write(file, bytes, offset).status);
}

std::int32_t Program::rename_over(fltsim::FileHandle file, std::u16string_view target) {
  return counted(Operation::kRename, process_.set_name(file, kRenameInformation, target, 1).status);
}

std::int32_t Program::mark_deleted(fltsim::FileHandle file) {
  return counted(Operation::kDelete,
                 process_.set(file, kDispositionInformation, std::string_view("\1", 1)).status);
}

std::int32_t Program::list(std::u16string_view directory, fltsim::ListResult& result) {
  result = process_.list(directory);
  return counted(Operation::kList, result.status);
}

void Program::close(fltsim::FileHandle file) {
  if (file != fltsim::FileHandle::kNone) counted(Operation::kClose, process_.close(file).status);
}

}  // namespace fltlink::cli

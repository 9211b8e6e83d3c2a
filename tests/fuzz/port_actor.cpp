#include <fltKernel.h>

#include "fuzz/port_actor.hpp"

#include <algorithm>
#include <cstring>

#include <fltlink/codec/authorize.hpp>
#include <fltlink/codec/port_headers.hpp>
#include <fltlink/codec/record.hpp>

namespace drmfilter::test {
namespace {

constexpr const char16_t* kPortName = u"\\DrmFilterPort";
constexpr DWORD kRounds = 20;  // of a millisecond, for whoever waits for its turn

// Exactly `bytes`, so that the sanitizer sees what is beyond; odd: one byte behind an aligned address.
class Lent {
 public:
  Lent(size_t size, bool odd)
      : memory_(new uint8_t[size + (odd ? 1 : 0)]()), bytes_(memory_.get() + (odd ? 1 : 0)) {}
  Lent(const Buffer& bytes, bool odd) : Lent(bytes.size(), odd) {
    std::copy(bytes.begin(), bytes.end(), bytes_);
  }
  uint8_t* bytes() const { return bytes_; }
  std::unique_ptr<uint8_t[]> take() { return std::move(memory_); }

 private:
  std::unique_ptr<uint8_t[]> memory_;
  uint8_t* bytes_;
};

uint32_t result_of(bool worked) { return worked ? 0 : GetLastError(); }

// How many messages a receive was completed with. The terms of the connection are not known here; but a batch begins with
// the size of its first record, and no message type is as high.
uint64_t messages_in(fltlink::Bytes bytes) {
  uint32_t first_word = 0;
  if (bytes.size() >= sizeof first_word) std::memcpy(&first_word, bytes.data(), sizeof first_word);
  if (first_word < FLTLINK_RECORD_HEADER_SIZE + FLTLINK_DRIVER_MESSAGE_SIZE) return 1;
  uint64_t messages = 0;
  for (fltlink::RecordReader reader(bytes); !reader.at_end();) {
    const auto record = reader.next();
    if (!record.ok()) return UINT64_MAX;  // more than any driver has sent: a finding
    if (!record->skip) ++messages;
  }
  return messages;
}

}  // namespace

void PortActor::start(const std::vector<Step>& steps, uint8_t actor) {
  static_cast<void>(process_.start_thread("player", [this, &steps, actor] { play(steps, actor); }));
}

void PortActor::play(const std::vector<Step>& steps, uint8_t actor) {
  for (size_t index = 0; index < steps.size(); ++index) {
    const Step& step = steps[index];
    if (step.actor != actor) continue;
    if (step.in_turn) wait_for_turn(index);
    const uint32_t status = carry_out(step);
    stage_.done.push_back({static_cast<uint8_t>(index), actor, status});
  }
}

// Time passes when everybody waits; who is blocked for longer is not waited for.
void PortActor::wait_for_turn(size_t step) const {
  const auto is_before = [step](const Done& done) { return done.step < step; };
  for (DWORD round = 0; round < kRounds; ++round) {
    if (static_cast<size_t>(std::count_if(stage_.done.begin(), stage_.done.end(), is_before)) == step) return;
    Sleep(1);
  }
}

uint32_t PortActor::carry_out(const Step& step) {
  switch (step.verb) {
    case Verb::kConnect:
      return connect(step);
    case Verb::kClose:
      return close(step);
    case Verb::kDuplicate:
      return duplicate(step);
    case Verb::kReceive:
      return receive(step);
    case Verb::kCancel:
      return cancel(step);
    case Verb::kSend:
      return send(step);
    case Verb::kReply:
      return reply(step);
    case Verb::kSleep:
      return sleep(step);
    case Verb::kEnd:
      return end(step);
    case Verb::kFile:
      return file(step);
    case Verb::kOpen:
      return open(step);
    case Verb::kOnFile:
      return on_file(step);
    case Verb::kFail:
      return fail(step);
    case Verb::kBeHostile:
      return be_hostile(step);
    case Verb::kCompletion:
      return complete(step);
  }
  return 0;
}

// --- the port ---

// arguments[0]: handle; bit 4: synchronous; bits 2-3 and the rest: context_of(). A handle that is in use is closed first.
uint32_t PortActor::connect(const Step& step) {
  HANDLE& handle = port(step.arguments[0]);
  if (handle != nullptr) CloseHandle(handle);
  handle = nullptr;
  const Buffer context = context_of(step);
  const DWORD options = (step.arguments[0] & 0x10) != 0 ? FLT_PORT_FLAG_SYNC_HANDLE : 0;
  HANDLE connected = nullptr;
  const HRESULT result = FilterConnectCommunicationPort(
      reinterpret_cast<LPCWSTR>(kPortName), options, context.empty() ? nullptr : context.data(),
      static_cast<WORD>(context.size()), nullptr, &connected);
  if (result == S_OK) handle = connected;
  return static_cast<uint32_t>(result);
}

// arguments[0]: handle; bit 2: its number is kept and used on.
uint32_t PortActor::close(const Step& step) {
  HANDLE& handle = port(step.arguments[0]);
  const uint32_t result = result_of(CloseHandle(handle));
  if ((step.arguments[0] & 4) == 0) handle = nullptr;
  return result;
}

// arguments[0]: from which handle, to which.
uint32_t PortActor::duplicate(const Step& step) {
  HANDLE made = nullptr;
  if (!DuplicateHandle(GetCurrentProcess(), port(step.arguments[0]), GetCurrentProcess(), &made, 0, FALSE,
                       DUPLICATE_SAME_ACCESS)) {
    return GetLastError();
  }
  HANDLE& target = port(step.arguments[0] >> 2);
  if (target != nullptr) CloseHandle(target);
  target = made;
  return 0;
}

// False while it is pending. What it was completed with is counted once.
bool PortActor::settle(Receive& receive) {
  if (!receive.issued) return true;
  if (receive.overlapped.Internal == static_cast<ULONG_PTR>(STATUS_PENDING)) return false;
  receive.issued = false;
  if (receive.overlapped.Internal != 0) return true;
  stage_.received += messages_in(
      fltlink::Bytes(receive.buffer, receive.overlapped.InternalHigh).subspan(FLTLINK_MESSAGE_HEADER_SIZE));
  std::memcpy(&receive.message_id, receive.buffer + offsetof(FltlinkMessageHeader, message_id),
              sizeof receive.message_id);
  return true;
}

void PortActor::count_received() {
  for (Receive& receive : receives_) {
    if (!settle(receive)) stage_.counts_receives = false;
  }
}

// arguments[0]: handle; bits 2-3: as it should be, NULL, at an odd address, without an OVERLAPPED. arguments[1]:
// which receive. arguments[2]: size.
uint32_t PortActor::receive(const Step& step) {
  constexpr uint32_t kSizes[] = {2048, 16 + 560, 16 + 1070, 16, 15, 0, 600, 8192};
  Receive& receive = receives_[step.arguments[1] % kReceives];
  if (!settle(receive)) return static_cast<uint32_t>(STATUS_PENDING);
  const unsigned style = step.arguments[0] >> 2 & 3;
  receive.size = kSizes[step.arguments[2] % std::size(kSizes)];
  Lent lent(receive.size, style == 2);
  receive.buffer = lent.bytes();
  receive.memory = lent.take();
  receive.overlapped = {};
  auto* header = reinterpret_cast<PFILTER_MESSAGE_HEADER>(style == 1 ? nullptr : receive.buffer);
  if (style == 3) {
    stage_.counts_receives = false;
    return static_cast<uint32_t>(FilterGetMessage(port(step.arguments[0]), header, receive.size, nullptr));
  }
  receive.overlapped.Internal = ~ULONG_PTR{0};  // no message unless the call takes it up
  receive.issued = true;
  return static_cast<uint32_t>(
      FilterGetMessage(port(step.arguments[0]), header, receive.size, &receive.overlapped));
}

// arguments[0]: handle; bits 2-3: one receive, all of the handle, all of this thread. arguments[1]: which.
uint32_t PortActor::cancel(const Step& step) {
  const HANDLE handle = port(step.arguments[0]);
  switch (step.arguments[0] >> 2 & 3) {
    case 0:
      return result_of(CancelIoEx(handle, &receives_[step.arguments[1] % kReceives].overlapped));
    case 1:
      return result_of(CancelIoEx(handle, nullptr));
    default:
      return result_of(CancelIo(handle));
  }
}

// arguments[0]: handle; bits 2-4: room for the answer; bit 5: the message at an odd address; bit 6: at NULL. The
// rest: message_of().
uint32_t PortActor::send(const Step& step) {
  constexpr uint32_t kRooms[] = {FLTLINK_COUNTERS_REPLY_SIZE + 32, 0,
                                 FLTLINK_STATUS_REPLY_SIZE,        FLTLINK_STATUS_REPLY_SIZE - 1,
                                 FLTLINK_COUNTERS_REPLY_SIZE,      FLTLINK_COUNTERS_REPLY_SIZE - 1,
                                 FLTLINK_STATUS_REPLY_SIZE,        FLTLINK_STATUS_REPLY_SIZE};
  constexpr unsigned kOddRoom = 6;
  constexpr unsigned kNullRoom = 7;
  const Buffer message = message_of(step, stage_.last_connection);
  for (auto& policy : policies_in(message)) stage_.policies.push_back(std::move(policy));
  stage_.settings_touched = true;
  const unsigned room = step.arguments[0] >> 2 & 7;
  const Lent in(message, (step.arguments[0] & 0x20) != 0);
  const Lent out(kRooms[room], room == kOddRoom);
  const bool no_message = message.empty() || (step.arguments[0] & 0x40) != 0;
  const bool no_room = kRooms[room] == 0 || room == kNullRoom;
  DWORD returned = 0;
  return static_cast<uint32_t>(FilterSendMessage(port(step.arguments[0]), no_message ? nullptr : in.bytes(),
                                                 static_cast<DWORD>(message.size()),
                                                 no_room ? nullptr : out.bytes(), kRooms[room], &returned));
}

// The message that is replied to: the last one of a receive, the one after it, or one by its number.
uint64_t PortActor::message_id(const Step& step) {
  Receive& receive = receives_[step.arguments[1] % kReceives];
  static_cast<void>(settle(receive));
  switch (step.arguments[0] >> 2 & 3) {
    case 0:
      return receive.message_id;
    case 1:
      return receive.message_id + 1;
    default:
      return step.arguments[1];
  }
}

// arguments[0]: handle; bits 2-3: message_id(); bits 4-5: a verdict, the payload, nothing, half a header; bit 6: at an
// odd address. arguments[1]: which receive. arguments[2]: the status. arguments[3]: the verdict, or bytes more than
// there are.
uint32_t PortActor::reply(const Step& step) {
  constexpr uint32_t kStatuses[] = {0, 0xC0000022, 0x103, 0xFFFFFFFF};
  Buffer bytes(sizeof(FILTER_REPLY_HEADER));
  const FILTER_REPLY_HEADER header{static_cast<NTSTATUS>(kStatuses[step.arguments[2] % std::size(kStatuses)]),
                                   message_id(step)};
  std::memcpy(bytes.data(), &header, sizeof header);
  const unsigned content = step.arguments[0] >> 4 & 3;
  if (content == 0) {
    Buffer verdict(FLTLINK_VERDICT_SIZE);
    const auto encoded = fltlink::encode_verdict(
        (step.arguments[3] & 1) != 0 ? fltlink::Verdict::kAllow : fltlink::Verdict::kDeny, verdict);
    FLTLINK_ASSERT(encoded.ok());
    bytes.insert(bytes.end(), verdict.begin(), verdict.end());
  }
  if (content == 1) bytes.insert(bytes.end(), step.payload.begin(), step.payload.end());
  if (content == 1) bytes.resize(bytes.size() + step.arguments[3]);
  if (content == 3) bytes.resize(sizeof(FILTER_REPLY_HEADER) / 2);
  const Lent lent(bytes, (step.arguments[0] & 0x40) != 0);
  return static_cast<uint32_t>(FilterReplyMessage(port(step.arguments[0]),
                                                  reinterpret_cast<PFILTER_REPLY_HEADER>(lent.bytes()),
                                                  static_cast<DWORD>(bytes.size())));
}

// arguments[0]: bind a handle to the completion port, take a packet from it. arguments[1]: handle.
uint32_t PortActor::complete(const Step& step) {
  if (completion_port_ == nullptr)
    completion_port_ = CreateIoCompletionPort(INVALID_HANDLE_VALUE, nullptr, 0, 0);
  if ((step.arguments[0] & 1) == 0)
    return result_of(CreateIoCompletionPort(port(step.arguments[1]), completion_port_, 1, 0) != nullptr);
  DWORD size = 0;
  ULONG_PTR key = 0;
  LPOVERLAPPED overlapped = nullptr;
  return result_of(GetQueuedCompletionStatus(completion_port_, &size, &key, &overlapped, 1));
}

// --- the machine ---

// arguments[0]: for how long.
uint32_t PortActor::sleep(const Step& step) {
  constexpr DWORD kTimes[] = {0, 1, 10, 100, 1000, 3100, 5000, 0};
  Sleep(kTimes[step.arguments[0] % std::size(kTimes)]);
  return 0;
}

// arguments[0]: this program's end, or that of another. arguments[1]: whose.
uint32_t PortActor::end(const Step& step) {
  PortActor* target = stage_.actors[step.arguments[1] % kActors];
  if ((step.arguments[0] & 1) == 0 || target == nullptr) target = this;
  return static_cast<uint32_t>(target->process_.kill());
}

// arguments[0]: which routine. arguments[1]: how often.
uint32_t PortActor::fail(const Step& step) {
  constexpr std::string_view kRoutines[] = {fltsim::routine::kExAllocatePool2,
                                            fltsim::routine::kPsCreateSystemThread,
                                            fltsim::routine::kFltAllocateContext,
                                            fltsim::routine::kFltSendMessage,
                                            fltsim::routine::kFltGetFileNameInformation,
                                            "FltCreateFileEx2",
                                            "FltParseFileNameInformation",
                                            "FltSetStreamHandleContext"};
  stage_.machine.fail_next(kRoutines[step.arguments[0] % std::size(kRoutines)], 1 + step.arguments[1] % 4);
  return 0;
}

// arguments[0]: how. arguments[1]: the seed. The act has threads of its own and goes on by itself.
uint32_t PortActor::be_hostile(const Step& step) {
  Step terms;
  terms.arguments = {4, 1, 0x24, 0};
  stage_.counts_receives = false;
  stage_.settings_touched = true;
  hostile_ = std::make_unique<fltsim::HostileClient>(
      process_,
      fltsim::HostileClient::Target{
          .port = kPortName, .message = status_request(), .context = context_of(terms)},
      step.arguments[1]);
  static_cast<void>(
      hostile_->start(static_cast<fltsim::Hostility>(step.arguments[0] % fltsim::kHostilities)).join());
  return static_cast<uint32_t>(hostile_->last_result());
}

// --- files ---

// arguments[0]: what. arguments[1]: the file. arguments[2]: the other file, or how many bytes.
uint32_t PortActor::file(const Step& step) {
  const std::u16string path = kPaths[step.arguments[1] % kFilePaths];
  const std::u16string other = kPaths[step.arguments[2] % kFilePaths];
  const std::string text(step.arguments[2], 'x');
  stage_.files_touched |= (step.arguments[0] & 7) != 0;
  switch (step.arguments[0] & 7) {
    case 0:
      return read_some(path);
    case 1:
      return static_cast<uint32_t>(process_.write(path, text).status);
    case 2:
      return static_cast<uint32_t>(process_.append(path, text).status);
    case 3:
      return static_cast<uint32_t>(process_.move(path, other, (step.arguments[0] & 8) != 0).status);
    case 4:
      return static_cast<uint32_t>(process_.link(path, other).status);
    case 5:
      return static_cast<uint32_t>(process_.remove(path).status);
    case 6:
      return static_cast<uint32_t>(process_.truncate(path, step.arguments[2]).status);
    default:
      return static_cast<uint32_t>(process_.list(u"C:\\P").status);
  }
}

// Little of it: a program that reads a whole file moves 64 KB each time.
uint32_t PortActor::read_some(const std::u16string& path) const {
  constexpr uint32_t kEnough = 16;
  const fltsim::CreateResult opened = process_.create({.path = path});
  if (opened.status != 0) return static_cast<uint32_t>(opened.status);
  const fltsim::IoResult read = process_.read(opened.handle, kEnough);
  static_cast<void>(process_.close(opened.handle));
  return static_cast<uint32_t>(read.status);
}

// arguments[0]: handle, then the file. arguments[1]: access. arguments[2]: disposition and sharing. arguments[3]:
// options.
uint32_t PortActor::open(const Step& step) {
  constexpr uint32_t kAccess[] = {FILE_READ_DATA, FILE_WRITE_DATA, FILE_APPEND_DATA, FILE_EXECUTE,
                                  DELETE,         MAXIMUM_ALLOWED, GENERIC_READ,     GENERIC_WRITE};
  constexpr uint32_t kOptions[] = {FILE_DELETE_ON_CLOSE,        FILE_DIRECTORY_FILE,
                                   FILE_NON_DIRECTORY_FILE,     FILE_NO_INTERMEDIATE_BUFFERING,
                                   FILE_WRITE_THROUGH,          FILE_OPEN_REPARSE_POINT,
                                   FILE_OPEN_FOR_BACKUP_INTENT, FILE_RANDOM_ACCESS};
  fltsim::FileHandle& handle = files_[step.arguments[0] % kFiles];
  if (handle != fltsim::FileHandle::kNone) static_cast<void>(process_.close(handle));
  handle = fltsim::FileHandle::kNone;
  fltsim::CreateArguments arguments;
  arguments.path = kPaths[step.arguments[0] / kFiles % std::size(kPaths)];
  const bool is_directory = step.arguments[0] / kFiles % std::size(kPaths) == kDirectory;
  arguments.access = SYNCHRONIZE;
  arguments.options = FILE_SYNCHRONOUS_IO_NONALERT;
  for (unsigned bit = 0; bit < 8; ++bit) {
    // A directory stays where it is, or the files could not be found at the end.
    const bool moves = kAccess[bit] == DELETE || kAccess[bit] == MAXIMUM_ALLOWED;
    if ((step.arguments[1] >> bit & 1) != 0 && !(is_directory && moves)) arguments.access |= kAccess[bit];
    if ((step.arguments[3] >> bit & 1) != 0) arguments.options |= kOptions[bit];
  }
  arguments.disposition = step.arguments[2] % 6;
  arguments.share = step.arguments[2] >> 3 & 7;
  arguments.fast_io = (step.arguments[2] & 0x40) != 0;
  stage_.files_touched = true;
  const fltsim::CreateResult opened = process_.create(arguments);
  if (opened.status == 0) handle = opened.handle;
  return static_cast<uint32_t>(opened.status);
}

// arguments[0]: handle, then what. arguments[1], arguments[2]: numbers.
uint32_t PortActor::on_file(const Step& step) {
  constexpr uint32_t kClasses[] = {4, 5, 6, 7, 9, 14, 18, 22, 34, 48};
  const fltsim::FileHandle handle = files_[step.arguments[0] % kFiles];
  const uint8_t number = step.arguments[1];
  switch (step.arguments[0] / kFiles % 8) {
    case 0:
      return static_cast<uint32_t>(process_.read(handle, number, step.arguments[2]).status);
    case 1:
      return static_cast<uint32_t>(
          process_.write(handle, std::string(number, 'y'), step.arguments[2]).status);
    case 2:
      files_[step.arguments[0] % kFiles] = fltsim::FileHandle::kNone;
      return static_cast<uint32_t>(process_.close(handle).status);
    case 3:
      return static_cast<uint32_t>(
          process_.set(handle, 13, std::string(1, static_cast<char>(number & 1))).status);
    case 4:
      return static_cast<uint32_t>(process_.set(handle, 20, std::string(8, '\0')).status);
    case 5:
      return static_cast<uint32_t>(process_
                                       .set_name(handle, (number & 1) != 0 ? 10 : 11,
                                                 kPaths[step.arguments[2] % kFilePaths], number >> 1 & 1)
                                       .status);
    case 6:
      return static_cast<uint32_t>(
          process_.query(handle, kClasses[number % std::size(kClasses)], step.arguments[2]).status);
    default:
      return static_cast<uint32_t>(process_.query_directory(handle).status);
  }
}

}  // namespace drmfilter::test

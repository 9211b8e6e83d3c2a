#include "fltsim/hostile_client.hpp"

#include <fltUser.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "machine/system.hpp"
#include "nt/enter.hpp"
#include "nt/executive.hpp"

namespace fltsim {
namespace {

constexpr DWORD kPatience = 100;  // milliseconds
constexpr DWORD kReceiveSize = 4096;
constexpr std::uint64_t kContextMax = 65511;

// One act. Its memory is the process's, and goes with the process: no buffer dies before the call that has
// it.
class Act {
 public:
  Act(Process process, const HostileClient::Target& target, std::uint64_t seed,
      std::atomic<std::int32_t>& result)
      : process_(std::move(process)),
        space_(process_.process().system.nt().user_space()),
        target_(target),
        random_(seed),
        result_(result) {}

  void run(Hostility behaviour) {
    if (!connect(behaviour == Hostility::kRandomContext ? random_context() : target_.context)) return;
    if (behaviour < Hostility::kRandomContext) send(behaviour);
    if (behaviour >= Hostility::kNoReceive && behaviour < Hostility::kNoReply) receive(behaviour);
    if (behaviour >= Hostility::kNoReply) receive_and_reply(behaviour);
    CloseHandle(port_);
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return random_() % limit; }
  void note(HRESULT result) { result_.store(result); }

  // `size` bytes of user memory that end where their page ends; behind it there is none.
  std::byte* room(std::size_t size) {
    const std::size_t pages = (size + nt::kUserPage - 1) / nt::kUserPage;
    auto* memory =
        static_cast<std::byte*>(space_.allocate(&process_.process(), std::max<std::size_t>(size, 1)));
    if (memory == nullptr) nt::misuse("a hostile client has used up its machine's user memory");
    return memory + std::max<std::size_t>(pages, 1) * nt::kUserPage - size;
  }
  // The same with `bytes` in it; at a multiple of 4 unless it is to be misaligned.
  std::byte* copy_of(const std::vector<std::uint8_t>& bytes, std::size_t size, bool misaligned) {
    const std::size_t aligned = (size + 3) / 4 * 4;
    std::byte* at = misaligned ? room(aligned + 4) + 1 + below(3) : room(aligned);
    std::copy_n(bytes.begin(), std::min(size, bytes.size()), reinterpret_cast<std::uint8_t*>(at));
    return at;
  }
  // A multiple of 4, from `least` to below `size`.
  std::size_t too_short(std::size_t least, std::size_t size) {
    return least + 4 * below(std::max<std::size_t>(1, (size - least) / 4));
  }

  // Starts another thread of the process that takes `memory` away in a while.
  ThreadHandle vanish(std::byte* memory, std::size_t size) {
    return process_.start_thread("unmapper", [&space = space_, memory, size, pause = below(4)] {
      for (std::uint64_t i = 0; i < pause; ++i) Sleep(0);
      space.unmap(memory, std::max<std::size_t>(size, 1));
    });
  }
  // Starts one that writes other numbers over one, and puts it back, again and again.
  ThreadHandle change(std::byte* memory, std::size_t size) {
    auto* word = reinterpret_cast<std::uint32_t*>(memory) + below(size / 4);
    return process_.start_thread("writer",
                                 [word, value = static_cast<std::uint32_t>(random_() >> below(64))] {
                                   const std::uint32_t before = __atomic_load_n(word, __ATOMIC_RELAXED);
                                   for (int i = 0; i < 8; ++i) {
                                     __atomic_store_n(word, value, __ATOMIC_RELAXED);
                                     Sleep(0);
                                     __atomic_store_n(word, before, __ATOMIC_RELAXED);
                                     Sleep(0);
                                   }
                                 });
  }

  std::vector<std::uint8_t> random_context() {
    // Half of them about as long as a structure would be.
    std::vector<std::uint8_t> context(below(2) == 0 ? below(64) : below(kContextMax + 1));
    for (std::uint8_t& byte : context) byte = static_cast<std::uint8_t>(random_());
    return context;
  }

  bool connect(const std::vector<std::uint8_t>& context) {
    const HRESULT result = FilterConnectCommunicationPort(reinterpret_cast<LPCWSTR>(target_.port.c_str()), 0,
                                                          context.empty() ? nullptr : context.data(),
                                                          static_cast<WORD>(context.size()), nullptr, &port_);
    note(result);
    return result == S_OK;
  }

  void send(Hostility behaviour) {
    std::size_t in_size = target_.message.size();
    std::size_t out_size = target_.answer_room;
    if (behaviour == Hostility::kShortInput) in_size = too_short(0, in_size);
    if (behaviour == Hostility::kShortOutput) out_size = too_short(4, out_size);
    std::byte* in = copy_of(target_.message, in_size, behaviour == Hostility::kMisalignedInput);
    std::byte* out = copy_of({}, out_size, behaviour == Hostility::kMisalignedOutput);
    ThreadHandle other(nullptr);
    if (behaviour == Hostility::kVanishingInput) other = vanish(in, in_size);
    if (behaviour == Hostility::kVanishingOutput) other = vanish(out, out_size);
    if (behaviour == Hostility::kChangingInput) other = change(in, in_size);
    if (behaviour == Hostility::kNullInput) in = nullptr;
    if (behaviour == Hostility::kNullOutput) out = nullptr;
    DWORD returned = 0;
    note(FilterSendMessage(port_, in, static_cast<DWORD>(in_size), out, static_cast<DWORD>(out_size),
                           &returned));
    static_cast<void>(other.join());
  }

  // Posts one receive; its OVERLAPPED lies in the process's memory too.
  HRESULT post(void* buffer, DWORD size) {
    overlapped_ = new (room(sizeof(OVERLAPPED))) OVERLAPPED{};
    overlapped_->hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
    return FilterGetMessage(port_, static_cast<PFILTER_MESSAGE_HEADER>(buffer), size, overlapped_);
  }

  void receive(Hostility behaviour) {
    DWORD size = kReceiveSize;
    if (behaviour == Hostility::kTinyReceive) size = static_cast<DWORD>(below(sizeof(FILTER_MESSAGE_HEADER)));
    if (behaviour == Hostility::kShortReceive)
      size = static_cast<DWORD>(sizeof(FILTER_MESSAGE_HEADER) + below(4));
    std::byte* buffer = behaviour == Hostility::kMisalignedReceive ? copy_of({}, size, true) : room(size);
    if (behaviour == Hostility::kNullReceive) buffer = nullptr;
    if (behaviour != Hostility::kNoReceive) note(post(buffer, size));
    if (behaviour == Hostility::kVanishingReceive) static_cast<void>(vanish(buffer, size).join());
    Sleep(kPatience);
    CancelIoEx(port_, nullptr);
  }

  void receive_and_reply(Hostility behaviour) {
    std::byte* buffer = room(kReceiveSize);
    note(post(buffer, kReceiveSize));
    if (WaitForSingleObject(overlapped_->hEvent, kPatience) == WAIT_OBJECT_0 && overlapped_->Internal == 0) {
      FILTER_MESSAGE_HEADER header;
      std::memcpy(&header, buffer, sizeof header);
      reply(behaviour, header);
    }
    CancelIoEx(port_, nullptr);
    if (behaviour == Hostility::kNoReply) Sleep(kPatience);
  }

  void reply(Hostility behaviour, const FILTER_MESSAGE_HEADER& message) {
    if (behaviour == Hostility::kNoReply) return;
    std::size_t size = std::max<std::size_t>(message.ReplyLength, sizeof(FILTER_REPLY_HEADER));
    if (behaviour == Hostility::kEmptyReply) size = sizeof(FILTER_REPLY_HEADER);
    if (behaviour == Hostility::kTinyReply) size = below(sizeof(FILTER_REPLY_HEADER));
    if (behaviour == Hostility::kLongReply) size += 1 + below(64);
    FILTER_REPLY_HEADER header{STATUS_SUCCESS, message.MessageId};
    if (behaviour == Hostility::kFailingReply) header.Status = static_cast<NTSTATUS>(random_());
    if (behaviour == Hostility::kUnknownReply) header.MessageId = random_();
    std::vector<std::uint8_t> bytes(size, 0xFF);
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&header), std::min(size, sizeof header), bytes.begin());
    std::byte* buffer = copy_of(bytes, size, behaviour == Hostility::kMisalignedReply);
    ThreadHandle other(nullptr);
    if (behaviour == Hostility::kVanishingReply) other = vanish(buffer, size);
    if (behaviour == Hostility::kChangingReply) other = change(buffer, size);
    if (behaviour == Hostility::kNullReply) buffer = nullptr;
    const int times = behaviour == Hostility::kDoubleReply ? 2 : 1;
    for (int i = 0; i < times; ++i)
      note(FilterReplyMessage(port_, reinterpret_cast<PFILTER_REPLY_HEADER>(buffer),
                              static_cast<DWORD>(size)));
    static_cast<void>(other.join());
  }

  Process process_;
  nt::UserSpace& space_;
  const HostileClient::Target& target_;
  std::mt19937_64 random_;
  std::atomic<std::int32_t>& result_;
  HANDLE port_ = INVALID_HANDLE_VALUE;
  OVERLAPPED* overlapped_ = nullptr;
};

}  // namespace

HostileClient::HostileClient(Process process, Target target, std::uint64_t seed)
    : process_(std::move(process)),
      target_(std::move(target)),
      random_(seed),
      result_(std::make_shared<std::atomic<std::int32_t>>(S_OK)) {}

ThreadHandle HostileClient::start(Hostility behaviour) {
  return process_.start_thread("hostile client",
                               [process = process_, target = target_, seed = random_(), result = result_,
                                behaviour] { Act(process, target, seed, *result).run(behaviour); });
}

Hostility HostileClient::draw() {
  return static_cast<Hostility>(random_() % static_cast<std::uint64_t>(kHostilities));
}

}  // namespace fltsim

// The older pool routines, paged lookaside lists, interlocked lists, local time and raised statuses.
#include <gtest/gtest.h>

#include <cstddef>
#include <utility>
#include <vector>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using ExPoolTest = KernelTest;

TEST_F(ExPoolTest, OlderRoutinesGiveUsableMemoryThatAnyFreeRoutineTakes) {
  kernel([] {
    ExInitializeDriverRuntime(DrvRtPoolNxOptIn);
    PVOID plain = ExAllocatePool(NonPagedPool, 24);
    PVOID priority = ExAllocatePoolWithTagPriority(PagedPool, 24, kTag, LowPoolPriority);
    PVOID quota = ExAllocatePoolWithQuotaTag(PagedPool, 24, kTag);
    for (PVOID memory : {plain, priority, quota}) {
      ASSERT_NE(memory, nullptr);
      EXPECT_EQ(reinterpret_cast<ULONG_PTR>(memory) % 16, 0u);
      RtlFillMemory(memory, 24, 7);
    }
    ExFreePool(plain);
    ExFreePoolWithTag(priority, kTag);
    ExFreePoolWithTag(quota, kTag);
  });
  EXPECT_TRUE(machine_.system().nt().pool().leaks(nullptr).empty());
}

TEST_F(ExPoolTest, ZeroedAndUninitializedSayWhatTheyAre) {
  kernel([] {
    auto* zeroed = static_cast<UCHAR*>(ExAllocatePoolZero(NonPagedPoolNx, 64, kTag));
    auto* filled = static_cast<UCHAR*>(ExAllocatePoolUninitialized(NonPagedPoolNx, 64, kTag));
    EXPECT_EQ(std::string(reinterpret_cast<char*>(zeroed), 64), std::string(64, '\0'));
    EXPECT_NE(std::string(reinterpret_cast<char*>(filled), 64), std::string(64, '\0'));
    ExFreePoolWithTag(zeroed, kTag);
    ExFreePoolWithTag(filled, kTag);
  });
}

TEST_F(ExPoolTest, QuotaRaisesUnlessAskedToFail) {
  kernel([&] {
    const SIZE_T too_much = SIZE_T{1} << 62;
    EXPECT_EQ(status_raised_by([&] { ExAllocatePoolWithQuotaTag(PagedPool, too_much, kTag); }),
              STATUS_INSUFFICIENT_RESOURCES);
    PVOID memory = &memory;
    const auto kind = static_cast<POOL_TYPE>(PagedPool | POOL_QUOTA_FAIL_INSTEAD_OF_RAISE);
    EXPECT_EQ(status_raised_by([&] { memory = ExAllocatePoolWithQuotaTag(kind, too_much, kTag); }),
              STATUS_SUCCESS);
    EXPECT_EQ(memory, nullptr);
  });
}

TEST_F(ExPoolTest, OlderRoutinesReturnNullUnlessAskedToRaise) {
  kernel([&] {
    const SIZE_T too_much = SIZE_T{1} << 62;
    EXPECT_EQ(ExAllocatePool(PagedPool, too_much), nullptr);
    EXPECT_EQ(ExAllocatePoolZero(PagedPool, too_much, kTag), nullptr);
    EXPECT_EQ(ExAllocatePoolUninitialized(PagedPool, too_much, kTag), nullptr);
    EXPECT_EQ(ExAllocatePoolWithTagPriority(PagedPool, too_much, kTag, HighPoolPriority), nullptr);
    const auto kind = static_cast<POOL_TYPE>(PagedPool | POOL_RAISE_IF_ALLOCATION_FAILURE);
    EXPECT_EQ(status_raised_by([&] { ExAllocatePoolWithTag(kind, too_much, kTag); }),
              STATUS_INSUFFICIENT_RESOURCES);
  });
}

// Against a walk over all of them.
TEST_F(ExPoolTest, AllocationIsFoundByEveryAddressInIt) {
  kernel([&] {
    struct Block {
      std::byte* start;
      std::size_t size;
    };
    std::vector<Block> blocks;
    const Pool& pool = machine_.system().nt().pool();
    for (const std::size_t size : {8u, 24u, 40u, 200u, 1000u, 4080u, 4095u, 4096u, 4097u, 20'000u}) {
      for (int i = 0; i < 40; ++i) {
        blocks.push_back({static_cast<std::byte*>(ExAllocatePoolWithTag(NonPagedPool, size, kTag)), size});
      }
    }
    // Every third one goes.
    for (std::size_t i = 0; i < blocks.size(); i += 3) {
      ExFreePoolWithTag(std::exchange(blocks[i].start, nullptr), kTag);
    }
    const auto holder = [&](const std::byte* address) -> const void* {
      for (const Block& block : blocks) {
        if (block.start != nullptr && address >= block.start && address < block.start + block.size)
          return block.start;
      }
      return nullptr;
    };
    Pool::Allocation found{};
    for (const Block& block : blocks) {
      if (block.start == nullptr) continue;
      for (const std::size_t at : {std::size_t{0}, std::size_t{1}, block.size / 2, block.size - 1}) {
        ASSERT_TRUE(pool.find_holding(block.start + at, found)) << block.size << ' ' << at;
        EXPECT_EQ(found.address, block.start);
      }
      const std::byte* behind = block.start + block.size;
      const bool in_another = pool.find_holding(behind, found) && found.tag == kTag;
      EXPECT_EQ(in_another ? found.address : nullptr, holder(behind));
    }
    for (const Block& block : blocks) {
      if (block.start != nullptr) ExFreePoolWithTag(block.start, kTag);
    }
    EXPECT_FALSE(pool.find_holding(nullptr, found));
  });
}

TEST_F(ExPoolTest, PagedLookasideListGivesBackWhatItWasGiven) {
  kernel([] {
    PAGED_LOOKASIDE_LIST list;
    ExInitializePagedLookasideList(&list, nullptr, nullptr, 0, 48, kTag, 0);
    PVOID one = ExAllocateFromPagedLookasideList(&list);
    PVOID two = ExAllocateFromPagedLookasideList(&list);
    ASSERT_NE(one, nullptr);
    ASSERT_NE(two, nullptr);
    EXPECT_NE(one, two);
    RtlFillMemory(one, 48, 1);
    ExFreeToPagedLookasideList(&list, one);
    ExFreeToPagedLookasideList(&list, two);
    ExDeletePagedLookasideList(&list);
  });
  EXPECT_TRUE(machine_.system().nt().pool().leaks(nullptr).empty());
}

TEST_F(ExPoolTest, LookasideListUsesTheRoutinesOfItsDriver) {
  static int allocated;
  static int freed;
  allocated = freed = 0;
  kernel([] {
    PAGED_LOOKASIDE_LIST list;
    ExInitializePagedLookasideList(
        &list,
        [](POOL_TYPE kind, SIZE_T size, ULONG tag) {
          ++allocated;
          EXPECT_EQ(kind & PagedPool, PagedPool);
          EXPECT_EQ(size, 48u);
          EXPECT_EQ(tag, kTag);
          return ExAllocatePoolWithTag(kind, size, tag);
        },
        [](PVOID buffer) {
          ++freed;
          ExFreePool(buffer);
        },
        0, 48, kTag, 0);
    PVOID one = ExAllocateFromPagedLookasideList(&list);
    ExFreeToPagedLookasideList(&list, one);
    ExDeletePagedLookasideList(&list);
  });
  EXPECT_EQ(allocated, 1);
  EXPECT_EQ(freed, 1);
}

TEST_F(ExPoolTest, PagedLookasideListAtDispatchIsAFinding) {  // VER-23
  machine_.verifier().expect("VER-23");
  kernel([] {
    PAGED_LOOKASIDE_LIST list;
    ExInitializePagedLookasideList(&list, nullptr, nullptr, 0, 48, kTag, 0);
    const KIRQL before = KeRaiseIrqlToDpcLevel();
    PVOID one = ExAllocateFromPagedLookasideList(&list);
    KeLowerIrql(before);
    ExFreeToPagedLookasideList(&list, one);
    ExDeletePagedLookasideList(&list);
  });
  EXPECT_GE(machine_.verifier().count("VER-23"), 1u);
}

TEST_F(ExPoolTest, EntryAtTheHeadOfAnInterlockedListComesBeforeTheFormerFirst) {
  kernel([] {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    LIST_ENTRY head;
    LIST_ENTRY a;
    LIST_ENTRY b;
    InitializeListHead(&head);
    EXPECT_EQ(ExInterlockedInsertHeadList(&head, &a, &lock), nullptr) << "the list was empty";
    EXPECT_EQ(ExInterlockedInsertHeadList(&head, &b, &lock), &a);
    EXPECT_EQ(head.Flink, &b);
    EXPECT_EQ(head.Blink, &a);
    EXPECT_EQ(KeGetCurrentIrql(), PASSIVE_LEVEL);
  });
}

TEST_F(ExPoolTest, LocalTimeGoesThereAndBack) {
  kernel([] {
    LARGE_INTEGER now;
    LARGE_INTEGER local;
    LARGE_INTEGER back;
    KeQuerySystemTime(&now);
    ExSystemTimeToLocalTime(&now, &local);
    ExLocalTimeToSystemTime(&local, &back);
    EXPECT_EQ(back.QuadPart, now.QuadPart);
    const LONGLONG quarters = (local.QuadPart - now.QuadPart) / (15ll * 60 * 10'000'000);
    EXPECT_EQ(quarters * 15 * 60 * 10'000'000, local.QuadPart - now.QuadPart)
        << "zones differ by quarters of an hour";
  });
}

TEST_F(ExPoolTest, RaiseRoutinesRaiseTheirStatus) {
  kernel([] {
    EXPECT_EQ(status_raised_by([] { ExRaiseAccessViolation(); }), STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(status_raised_by([] { ExRaiseDatatypeMisalignment(); }), STATUS_DATATYPE_MISALIGNMENT);
    EXPECT_EQ(status_raised_by([] { ExRaiseStatus(STATUS_DISK_FULL); }), STATUS_DISK_FULL);
  });
}

}  // namespace
}  // namespace fltsim::nt

// Memory descriptor lists, as the WDK's pages describe them.
#include <gtest/gtest.h>
#include <ntifs.h>

#include "nt/kernel_test.hpp"
#include "nt/user_memory.hpp"

namespace fltsim::nt {
namespace {

class MdlTest : public KernelTest {
 protected:
  UserSpace& space() { return machine_.system().nt().user_space(); }
};

TEST_F(MdlTest, ListDescribesItsBuffer) {
  kernel([] {
    auto* pool = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 2 * PAGE_SIZE, 'x'));
    PMDL mdl = IoAllocateMdl(pool + 100, PAGE_SIZE, FALSE, FALSE, nullptr);
    ASSERT_NE(mdl, nullptr);
    EXPECT_EQ(MmGetMdlVirtualAddress(mdl), pool + 100);
    EXPECT_EQ(MmGetMdlByteCount(mdl), static_cast<ULONG>(PAGE_SIZE));
    EXPECT_EQ(MmGetMdlByteOffset(mdl), BYTE_OFFSET(pool + 100));
    EXPECT_EQ(mdl->Next, nullptr);
    EXPECT_EQ(ADDRESS_AND_SIZE_TO_SPAN_PAGES(MmGetMdlVirtualAddress(mdl), MmGetMdlByteCount(mdl)), 2u);
    IoFreeMdl(mdl);
    ExFreePool(pool);
  });
  EXPECT_TRUE(machine_.system().nt().pool().leaks(nullptr).empty());
}

TEST_F(MdlTest, NonPagedPoolNeedsNeitherLockNorMapping) {
  kernel([] {
    auto* pool = static_cast<UCHAR*>(ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'x'));
    PMDL mdl = IoAllocateMdl(pool, 64, FALSE, FALSE, nullptr);
    MmBuildMdlForNonPagedPool(mdl);
    EXPECT_NE(mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL, 0);
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), pool);
    IoFreeMdl(mdl);
    ExFreePool(pool);
  });
}

TEST_F(MdlTest, LockedPagesOfAProgramAreMappedForTheKernel) {
  auto* user = static_cast<UCHAR*>(space().allocate(nullptr, 3 * kUserPage));
  kernel([&] {
    user[10] = 7;
    PMDL mdl = IoAllocateMdl(user + 10, 2 * kUserPage, FALSE, FALSE, nullptr);
    MmProbeAndLockPages(mdl, UserMode, IoWriteAccess);
    EXPECT_NE(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    auto* mapped = static_cast<UCHAR*>(MmMapLockedPagesSpecifyCache(
        mdl, KernelMode, MmCached, nullptr, FALSE, NormalPagePriority | MdlMappingNoExecute));
    ASSERT_NE(mapped, nullptr);
    EXPECT_NE(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    EXPECT_EQ(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), mapped) << "mapped once";
    EXPECT_EQ(BYTE_OFFSET(mapped), BYTE_OFFSET(user + 10));
    EXPECT_EQ(mapped[0], 7);
    mapped[1] = 8;
    EXPECT_EQ(user[11], 8) << "the same memory";
    MmUnmapLockedPages(mapped, mdl);
    EXPECT_EQ(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA, 0);
    MmUnlockPages(mdl);
    EXPECT_EQ(mdl->MdlFlags & MDL_PAGES_LOCKED, 0);
    IoFreeMdl(mdl);
  });
  space().free(user);
  EXPECT_TRUE(machine_.verifier().clean());
}

TEST_F(MdlTest, UnlockOfMappedPagesUnmapsThem) {
  auto* user = static_cast<UCHAR*>(space().allocate(nullptr, kUserPage));
  kernel([&] {
    PMDL mdl = IoAllocateMdl(user, 100, FALSE, FALSE, nullptr);
    MmProbeAndLockPages(mdl, UserMode, IoReadAccess);
    ASSERT_NE(MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority), nullptr);
    MmUnlockPages(mdl);
    EXPECT_EQ(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA), 0);
    IoFreeMdl(mdl);
  });
  space().free(user);
}

TEST_F(MdlTest, BufferThatIsNotThereRaisesAccessViolation) {
  auto* user = static_cast<UCHAR*>(space().allocate(nullptr, 2 * kUserPage));
  kernel([&] {
    space().unmap(user + kUserPage, 1);
    PMDL whole = IoAllocateMdl(user, 2 * kUserPage, FALSE, FALSE, nullptr);
    PMDL first = IoAllocateMdl(user, kUserPage, FALSE, FALSE, nullptr);
    EXPECT_EQ(status_raised_by([&] { MmProbeAndLockPages(whole, UserMode, IoReadAccess); }),
              STATUS_ACCESS_VIOLATION);
    EXPECT_EQ(whole->MdlFlags & MDL_PAGES_LOCKED, 0);
    EXPECT_EQ(status_raised_by([&] { MmProbeAndLockPages(first, UserMode, IoWriteAccess); }), STATUS_SUCCESS);
    MmUnlockPages(first);
    IoFreeMdl(first);
    IoFreeMdl(whole);
    static int global = 0;
    PMDL kernels = IoAllocateMdl(&global, sizeof global, FALSE, FALSE, nullptr);
    EXPECT_EQ(status_raised_by([&] { MmProbeAndLockPages(kernels, UserMode, IoReadAccess); }),
              STATUS_ACCESS_VIOLATION)
        << "no address of a program";
    EXPECT_EQ(status_raised_by([&] { MmProbeAndLockPages(kernels, KernelMode, IoReadAccess); }),
              STATUS_SUCCESS);
    MmUnlockPages(kernels);
    IoFreeMdl(kernels);
  });
  space().free(user);
}

}  // namespace
}  // namespace fltsim::nt

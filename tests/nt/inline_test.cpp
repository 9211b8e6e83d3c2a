// What the headers themselves define: macros and inline functions of the executive, the run-time library and lists.
#include <fltKernel.h>
#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

using InlineTest = KernelTest;

TEST_F(InlineTest, ListsKeepTheirOrder) {
  LIST_ENTRY head;
  LIST_ENTRY entries[3];
  InitializeListHead(&head);
  EXPECT_TRUE(IsListEmpty(&head));
  InsertHeadList(&head, &entries[1]);
  InsertHeadList(&head, &entries[0]);
  InsertTailList(&head, &entries[2]);
  EXPECT_EQ(RemoveHeadList(&head), &entries[0]);
  EXPECT_EQ(RemoveTailList(&head), &entries[2]);
  EXPECT_FALSE(IsListEmpty(&head));
  EXPECT_TRUE(RemoveEntryList(&entries[1])) << "the list is empty now";
  LIST_ENTRY other;
  InitializeListHead(&other);
  InsertTailList(&other, &entries[0]);
  AppendTailList(&head, &other);
  EXPECT_EQ(head.Flink, &other) << "the entry that is given begins what is appended";
  EXPECT_EQ(head.Blink, &entries[0]);
  EXPECT_EQ(entries[0].Flink, &head);
  SINGLE_LIST_ENTRY stack{};
  SINGLE_LIST_ENTRY one;
  PushEntryList(&stack, &one);
  EXPECT_EQ(PopEntryList(&stack), &one);
  EXPECT_EQ(PopEntryList(&stack), nullptr);
}

TEST_F(InlineTest, InterlockedOperationsReturnWhatWindowsDoes) {
  LONG value = 5;
  EXPECT_EQ(InterlockedIncrement(&value), 6) << "the new value";
  EXPECT_EQ(InterlockedDecrement(&value), 5);
  EXPECT_EQ(InterlockedExchange(&value, 9), 5) << "the old one";
  EXPECT_EQ(InterlockedExchangeAdd(&value, 2), 9);
  EXPECT_EQ(InterlockedCompareExchange(&value, 1, 11), 11);
  EXPECT_EQ(value, 1);
  EXPECT_EQ(InterlockedOr(&value, 6), 1);
  EXPECT_EQ(InterlockedAnd(&value, 3), 7);
  EXPECT_EQ(InterlockedBitTestAndSet(&value, 4), 0);
  EXPECT_EQ(InterlockedBitTestAndReset(&value, 4), 1);
  EXPECT_EQ(value, 3);
  LONG64 wide = 1ll << 40;
  EXPECT_EQ(InterlockedIncrement64(&wide), (1ll << 40) + 1);
  EXPECT_EQ(InterlockedDecrement64(&wide), 1ll << 40);
  EXPECT_EQ(InterlockedCompareExchange64(&wide, 3, 1ll << 40), 1ll << 40);
  SHORT narrow = MAXSHORT;
  EXPECT_EQ(InterlockedIncrement16(&narrow), -32768);
  EXPECT_EQ(InterlockedDecrement16(&narrow), MAXSHORT);
  int target = 0;
  PVOID pointer = nullptr;
  EXPECT_EQ(InterlockedExchangePointer(&pointer, &target), nullptr);
  EXPECT_EQ(InterlockedCompareExchangePointer(&pointer, nullptr, &target), &target);
  EXPECT_EQ(pointer, nullptr);
  WriteRelease(&value, 8);
  EXPECT_EQ(ReadAcquire(&value), 8);
  WriteNoFence(&value, 9);
  EXPECT_EQ(ReadNoFence(&value), 9);
  EXPECT_EQ(ReadAcquire64(&wide), 3);
  EXPECT_EQ(ReadNoFence64(&wide), 3);
}

TEST_F(InlineTest, LuidsAreBothHalves) {
  const LUID small = RtlConvertUlongToLuid(7);
  const LUID negative = RtlConvertLongToLuid(-1);
  EXPECT_EQ(small.LowPart, 7u);
  EXPECT_EQ(small.HighPart, 0);
  EXPECT_EQ(negative.LowPart, MAXULONG);
  EXPECT_EQ(negative.HighPart, -1);
  LUID a = small;
  LUID b = small;
  EXPECT_TRUE(RtlEqualLuid(&a, &b));
  b.HighPart = 1;
  EXPECT_FALSE(RtlEqualLuid(&a, &b));
  LUID zero{};
  EXPECT_TRUE(RtlIsZeroLuid(&zero));
  EXPECT_FALSE(RtlIsZeroLuid(&b));
}

TEST_F(InlineTest, MemoryAndBytesAreMovedZeroedAndSwapped) {
  char text[] = "abcdef";
  RtlMoveMemory(text + 1, text, 4);
  EXPECT_STREQ(text, "aabcdf");
  EXPECT_TRUE(RtlEqualMemory(text, "aab", 3));
  EXPECT_FALSE(RtlEqualMemory(text, "aac", 3));
  RtlZeroMemory(text, 2);
  EXPECT_EQ(text[0] | text[1], 0);
  RtlFillMemory(text, 2, 'x');
  EXPECT_EQ(text[1], 'x');
  RtlCopyMemory(text, "yz", 2);
  EXPECT_EQ(text[0], 'y');
  EXPECT_EQ(RtlUshortByteSwap(0x1234), 0x3412);
  EXPECT_EQ(RtlUlongByteSwap(0x12345678u), 0x78563412u);
  EXPECT_EQ(RtlUlonglongByteSwap(0x0102030405060708ull), 0x0807060504030201ull);
  CHAR room[4];
  ANSI_STRING empty;
  RtlInitEmptyAnsiString(&empty, room, sizeof room);
  EXPECT_EQ(empty.Length, 0);
  EXPECT_EQ(empty.MaximumLength, 4);
  EXPECT_EQ(empty.Buffer, room);
  WCHAR digits[20];
  UNICODE_STRING number;
  RtlInitEmptyUnicodeString(&number, digits, sizeof digits);
  EXPECT_EQ(RtlIntPtrToUnicodeString(255, 16, &number), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(number.Buffer, number.Length / 2), u"FF");
}

TEST_F(InlineTest, SplayLinksKnowTheirPlace) {
  RTL_SPLAY_LINKS root;
  RTL_SPLAY_LINKS left;
  RTL_SPLAY_LINKS right;
  for (PRTL_SPLAY_LINKS links : {&root, &left, &right}) RtlInitializeSplayLinks(links);
  EXPECT_TRUE(RtlIsRoot(&root));
  RtlInsertAsLeftChild(&root, &left);
  RtlInsertAsRightChild(&root, &right);
  EXPECT_EQ(RtlLeftChild(&root), &left);
  EXPECT_EQ(RtlRightChild(&root), &right);
  EXPECT_EQ(RtlParent(&left), &root);
  EXPECT_TRUE(RtlIsLeftChild(&left));
  EXPECT_FALSE(RtlIsRightChild(&left));
  EXPECT_TRUE(RtlIsRightChild(&right));
  EXPECT_FALSE(RtlIsRoot(&left));
}

TEST_F(InlineTest, OlderNamesOfLocksAndListsDoTheSame) {
  kernel([] {
    KSPIN_LOCK lock;
    KeInitializeSpinLock(&lock);
    KIRQL before = HIGH_LEVEL;
    ExAcquireSpinLock(&lock, &before);
    EXPECT_EQ(before, PASSIVE_LEVEL);
    EXPECT_EQ(KeGetCurrentIrql(), DISPATCH_LEVEL);
    ExReleaseSpinLock(&lock, before);
    KeRaiseIrql(DISPATCH_LEVEL, &before);
    ExAcquireSpinLockAtDpcLevel(&lock);
    ExReleaseSpinLockFromDpcLevel(&lock);
    KeLowerIrql(before);
    SLIST_HEADER list;
    SLIST_ENTRY entry;
    ExInitializeSListHead(&list);
    EXPECT_EQ(ExInterlockedPushEntrySList(&list, &entry, &lock), nullptr);
    EXPECT_EQ(ExInterlockedPopEntrySList(&list, &lock), &entry);
    EXPECT_EQ(ExQueryDepthSList(&list), 0);
    ULONG value = 1;
    EXPECT_EQ(ExInterlockedExchangeUlong(&value, 2, &lock), 1u);
    FsRtlEnterFileSystem();
    EXPECT_EQ(KeAreApcsDisabled(), TRUE);
    FsRtlExitFileSystem();
    EXPECT_EQ(KeAreApcsDisabled(), FALSE);
  });
}

TEST_F(InlineTest, RequestsHaveTheirSizesAndCodes) {
  EXPECT_EQ(IoSizeOfIrp(2), sizeof(IRP) + 2 * sizeof(IO_STACK_LOCATION));
  EXPECT_EQ(
      IoGetFunctionCodeFromCtlCode(CTL_CODE(FILE_DEVICE_UNKNOWN, 0x801, METHOD_NEITHER, FILE_ANY_ACCESS)),
      0x801u);
  EXPECT_TRUE(IoIsErrorUserInduced(STATUS_NO_MEDIA_IN_DEVICE));
  EXPECT_FALSE(IoIsErrorUserInduced(STATUS_DISK_FULL));
  IO_DRIVER_CREATE_CONTEXT context;
  IoInitializeDriverCreateContext(&context);
  EXPECT_EQ(context.Size, static_cast<CSHORT>(sizeof context));
  EXPECT_EQ(context.ExtraCreateParameter, nullptr);
  kernel([] {
    PIRP irp = IoAllocateIrp(2, FALSE);
    ASSERT_NE(irp, nullptr);
    IoSetNextIrpStackLocation(irp);
    IoGetCurrentIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    IoGetCurrentIrpStackLocation(irp)->Context = irp;
    IoCopyCurrentIrpStackLocationToNext(irp);
    EXPECT_EQ(IoGetNextIrpStackLocation(irp)->MajorFunction, IRP_MJ_READ);
    EXPECT_EQ(IoGetNextIrpStackLocation(irp)->Context, nullptr) << "the routine and its context stay behind";
    IoFreeIrp(irp);
  });
}

TEST_F(InlineTest, NameOptionsHaveTwoParts) {
  const FLT_FILE_NAME_OPTIONS options = FLT_FILE_NAME_NORMALIZED | FLT_FILE_NAME_QUERY_CACHE_ONLY;
  EXPECT_EQ(FltGetFileNameFormat(options), static_cast<ULONG>(FLT_FILE_NAME_NORMALIZED));
  EXPECT_EQ(FltGetFileNameQueryMethod(options), static_cast<ULONG>(FLT_FILE_NAME_QUERY_CACHE_ONLY));
  for (const char wild : {'*', '?', '<', '>', '"'}) EXPECT_TRUE(FsRtlIsUnicodeCharacterWild(wild));
  EXPECT_FALSE(FsRtlIsUnicodeCharacterWild('a'));
}

TEST_F(InlineTest, DescriptorOfABufferKnowsItsPages) {
  alignas(PAGE_SIZE) static UCHAR pages[2 * PAGE_SIZE];
  MDL mdl;
  MmInitializeMdl(&mdl, pages + 10, PAGE_SIZE);
  EXPECT_EQ(MmGetMdlBaseVa(&mdl), pages);
  EXPECT_EQ(MmGetMdlVirtualAddress(&mdl), pages + 10);
  EXPECT_EQ(MmGetMdlByteOffset(&mdl), 10u);
  EXPECT_EQ(MmGetMdlByteCount(&mdl), static_cast<ULONG>(PAGE_SIZE));
  EXPECT_EQ(ZwCurrentProcess(), reinterpret_cast<HANDLE>(LONG_PTR{-1}));
  EXPECT_EQ(ZwCurrentThread(), reinterpret_cast<HANDLE>(LONG_PTR{-2}));
}

}  // namespace
}  // namespace fltsim::nt

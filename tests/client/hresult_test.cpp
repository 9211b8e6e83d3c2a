// Every row of the translation from NTSTATUS (HR-1..HR-7).
#include "client/hresult.hpp"

#include <fltUser.h>
#include <gtest/gtest.h>

#include "nt/win32_error.hpp"

namespace fltsim::client {
namespace {

struct Row {
  std::uint32_t status;
  std::uint32_t hresult;
};

TEST(HresultTest, EveryDocumentedStatusHasItsHresult) {
  constexpr Row kRows[] = {
      {0x00000000, 0x00000000}, {0x00000103, 0x800703E5}, {0x80000005, 0x800700EA}, {0xC0000037, 0x80070006},
      {0xC0000120, 0x800703E3}, {0xC0000246, 0x800704D6}, {0xC0000023, 0x8007007A}, {0xC0000034, 0x80070002},
      {0xC000003A, 0x80070003}, {0xC0000033, 0x8007007B}, {0xC000003B, 0x800700A1}, {0xC0000022, 0x80070005},
      {0xC0000035, 0x800700B7}, {0xC0000024, 0x80070006}, {0xC0000008, 0x80070006}, {0xC000000D, 0x80070057},
      {0xC000009A, 0x800705AA}, {0x8000001A, 0x80070103}, {0xC0000005, 0x800703E6}, {0x80000002, 0x800703E6},
      {0xC00000BB, 0x80070032}, {0xC0000010, 0x80070001}, {0xC0000225, 0x80070490}, {0xC0000206, 0x800706F8},
      {0xC000004B, 0x80070005}, {0xC0000061, 0x80070522}, {0xC0000095, 0x80070216}, {0xC000010E, 0x80070420},
      {0xC01C0020, 0x801F0020}, {0xC01C000B, 0x801F000B}, {0xC01C000F, 0x801F000F}, {0xC01C0010, 0x801F0010},
      {0xC00000E8, 0x800706F8}, {0xC00000EF, 0x80070057}, {0xC00000F4, 0x80070057}, {0xC0000003, 0x80070057},
      {0xC0000184, 0x80070016}, {0xC0000128, 0x80070006}, {0xC0000106, 0x800700CE}, {0xC0000103, 0x8007010B},
      {0xC0000365, 0x80070287}, {0xC00000BA, 0x80070005}, {0xC0000101, 0x80070091}, {0xC0000121, 0x80070005},
      {0xC00000A2, 0x80070013}, {0xC0000054, 0x80070021}, {0xC00000D4, 0x80070011}, {0xC0000079, 0x8007053A},
      {0xC0000077, 0x80070538}, {0xC0000078, 0x80070539}, {0xC00000E5, 0x8007054F}, {0xC000000E, 0x80070002},
      {0xC0000006, 0x800703E7}, {0xC0000016, 0x800700EA}, {0xC0000019, 0x800701E7}, {0xC0000025, 0xC0000025},
      {0x80000003, 0x80000003}, {0xC000002A, 0x8007009E}, {0xC000003E, 0x80070017}, {0xC000004F, 0x8007011A},
      {0xC0000055, 0x80070021}, {0xC0000058, 0x80070519}, {0xC000005C, 0x8007051D}, {0xC000006D, 0x8007052E},
      {0xC000009D, 0x8007048F}, {0xC00000AC, 0x800700E7}, {0xC00000B0, 0x800700E9}, {0xC00000E2, 0x8007012C},
      {0xC0000102, 0x80070570}, {0xC000011F, 0x80070004}, {0xC0000185, 0x8007045D}, {0xC000022D, 0x800704D5},
      {0xC0000241, 0x800704D4}, {0xC0000243, 0x800704C8}, {0xC0000265, 0x80070476}, {0xC000026E, 0x80070015},
      {0xC0000275, 0x80071126}, {0xC0000279, 0x80070780}, {0xC0000293, 0x80071772}, {0x80000013, 0x800700FE},
      {0xC0000229, 0x80070057}, {0xC00000D8, 0x8007022A}, {0xC0000428, 0x80070241}, {0x00000104, 0x800702E5},
      {0x40000000, 0x800702BA}, {0xC0000718, 0x8007054F}, {0xC000A100, 0x80073BC4}, {0x80000017, 0x800702A5},
      {0xC01C0011, 0x801F0011}, {0xC01C0012, 0x801F0012}, {0xC01C0013, 0x801F0013}, {0xC01C0015, 0x801F0015},
  };
  for (const Row& row : kRows) {
    EXPECT_EQ(static_cast<std::uint32_t>(hresult_from_status(static_cast<NTSTATUS>(row.status))), row.hresult)
        << std::hex << row.status;
  }
}

TEST(HresultTest, FilterManagerStatusesAreHresultsOfTheirOwnFacility) {  // HR-2
  EXPECT_EQ(hresult_from_status(STATUS_FLT_NO_HANDLER_DEFINED), ERROR_FLT_NO_HANDLER_DEFINED);
  EXPECT_EQ(hresult_from_status(STATUS_FLT_IO_COMPLETE), ERROR_FLT_IO_COMPLETE);
}

TEST(HresultTest, TooSmallABufferIsTheWin32CodeFromEitherFacility) {  // HR-3
  EXPECT_EQ(static_cast<std::uint32_t>(hresult_from_status(STATUS_FLT_BUFFER_TOO_SMALL)), 0x8007007Au);
}

TEST(HresultTest, StatusOfAnotherFacilityIsAPlainFailure) {  // HR-4
  EXPECT_EQ(hresult_from_status(static_cast<NTSTATUS>(0xC0350001)), E_FAIL);
}

TEST(HresultTest, TimeoutIsWaitTimeoutAndNotTheWin32Mapping) {  // HR-5
  EXPECT_EQ(static_cast<std::uint32_t>(hresult_from_status(STATUS_TIMEOUT)), 0x80070102u);
  EXPECT_EQ(nt::win32_from_status(STATUS_TIMEOUT), 1460u);
}

TEST(HresultTest, StatusWithoutAWin32TwinIsMessageNotFound) {  // HR-6
  EXPECT_EQ(nt::win32_from_status(static_cast<NTSTATUS>(0xC0000FFF)), 317u);
  EXPECT_EQ(static_cast<std::uint32_t>(hresult_from_status(static_cast<NTSTATUS>(0xC0000FFF))), 0x8007013Du);
}

TEST(HresultTest, NumbersThatAreNoPlainStatusAreUnwrappedOrHandedThrough) {  // HR-6
  EXPECT_EQ(nt::win32_from_status(static_cast<NTSTATUS>(0xD0000022)), 5u) << "an NTSTATUS made an HRESULT";
  EXPECT_EQ(nt::win32_from_status(static_cast<NTSTATUS>(0xC0070005)), 5u) << "a Win32 code made an NTSTATUS";
  EXPECT_EQ(nt::win32_from_status(static_cast<NTSTATUS>(0xE0001234)), 0xE0001234u) << "a customer's";
}

TEST(HresultTest, SuccessStatusOtherThanZeroIsNoSuccess) {  // HR-1
  EXPECT_TRUE(FAILED(hresult_from_status(static_cast<NTSTATUS>(1))));
}

}  // namespace
}  // namespace fltsim::client

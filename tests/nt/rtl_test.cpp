// Counted strings, conversions, time, security descriptors.
#include <gtest/gtest.h>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

TEST(RtlStringTest, InitCountsBytesAndTheNull) {
  const UNICODE_STRING value = string(u"abc");
  EXPECT_EQ(value.Length, 6);
  EXPECT_EQ(value.MaximumLength, 8);
  EXPECT_EQ(string(nullptr).Length, 0);
}

TEST(RtlStringTest, CopyCutsAndAppendRefuses) {
  WCHAR buffer[4];
  UNICODE_STRING target{0, sizeof buffer, buffer};
  const UNICODE_STRING longer = string(u"abcdef");
  RtlCopyUnicodeString(&target, &longer);
  EXPECT_EQ(text(target), u"abcd");
  EXPECT_EQ(RtlAppendUnicodeToString(&target, u"e"), STATUS_BUFFER_TOO_SMALL);
  target.Length = 2;
  EXPECT_EQ(RtlAppendUnicodeToString(&target, u"xy"), STATUS_SUCCESS);
  EXPECT_EQ(text(target), u"axy");
  EXPECT_EQ(buffer[3], u'\0') << "terminated where there is room";
}

TEST(RtlStringTest, ComparisonFoldsCaseWhenAsked) {
  const UNICODE_STRING lower = string(u"\\docs\\\u00E4");
  const UNICODE_STRING upper = string(u"\\DOCS\\\u00C4");
  EXPECT_EQ(RtlEqualUnicodeString(&lower, &upper, TRUE), TRUE);
  EXPECT_EQ(RtlEqualUnicodeString(&lower, &upper, FALSE), FALSE);
  EXPECT_EQ(RtlCompareUnicodeString(&lower, &upper, TRUE), 0);
  EXPECT_GT(RtlCompareUnicodeString(&lower, &upper, FALSE), 0);
  const UNICODE_STRING prefix = string(u"\\Docs");
  EXPECT_EQ(RtlPrefixUnicodeString(&prefix, &lower, TRUE), TRUE);
  EXPECT_EQ(RtlPrefixUnicodeString(&lower, &prefix, TRUE), FALSE);
  const UNICODE_STRING suffix = string(u"\u00C4");
  EXPECT_EQ(RtlSuffixUnicodeString(&suffix, &lower, TRUE), TRUE);
}

TEST(RtlStringTest, UnicodeCharsFoldBothWays) {
  EXPECT_EQ(RtlUpcaseUnicodeChar(u'\u00E4'), u'\u00C4');
  EXPECT_EQ(RtlDowncaseUnicodeChar(u'\u00C4'), u'\u00E4');
  EXPECT_EQ(RtlDowncaseUnicodeChar(u'Z'), u'z');
}

TEST(RtlStringTest, NumbersHaveBases) {
  WCHAR buffer[11];
  UNICODE_STRING target{0, sizeof buffer, buffer};
  EXPECT_EQ(RtlIntegerToUnicodeString(4'000'000'000u, 10, &target), STATUS_SUCCESS);
  EXPECT_EQ(text(target), u"4000000000");
  EXPECT_EQ(RtlIntegerToUnicodeString(0xBEEF, 16, &target), STATUS_SUCCESS);
  EXPECT_EQ(text(target), u"BEEF");
  EXPECT_EQ(RtlIntegerToUnicodeString(1, 7, &target), STATUS_INVALID_PARAMETER);
  target.MaximumLength = 4;
  EXPECT_EQ(RtlIntegerToUnicodeString(123, 10, &target), STATUS_BUFFER_OVERFLOW);
  ULONG value = 0;
  const UNICODE_STRING hex = string(u" 0x1fz");
  EXPECT_EQ(RtlUnicodeStringToInteger(&hex, 0, &value), STATUS_SUCCESS);
  EXPECT_EQ(value, 0x1Fu);
}

TEST(RtlStringTest, Utf8GoesThereAndBack) {
  const std::u16string whole = u"a\u00E4\u20AC\U0001F600";
  CHAR bytes[16];
  ULONG size = 0;
  EXPECT_EQ(RtlUnicodeToUTF8N(bytes, sizeof bytes, &size, whole.data(), 10), STATUS_SUCCESS);
  EXPECT_EQ(std::string(bytes, size), "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
  WCHAR units[8];
  ULONG unit_bytes = 0;
  EXPECT_EQ(RtlUTF8ToUnicodeN(units, sizeof units, &unit_bytes, bytes, size), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(units, unit_bytes / 2), whole);
  EXPECT_EQ(RtlUTF8ToUnicodeN(units, sizeof units, &unit_bytes, "\xC0\x80", 2), STATUS_SOME_NOT_MAPPED);
  EXPECT_EQ(RtlUnicodeToUTF8N(bytes, 2, &size, whole.data(), 10), STATUS_BUFFER_TOO_SMALL);
}

TEST(RtlStatusTest, StatusHasAWin32CodeOrNone) {
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_SUCCESS), 0u);
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_OBJECT_NAME_NOT_FOUND), 2u);
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_INSUFFICIENT_RESOURCES), 1450u);
  EXPECT_EQ(RtlNtStatusToDosError(STATUS_BREAKPOINT), 0x80000003u);
  EXPECT_EQ(RtlNtStatusToDosError(static_cast<NTSTATUS>(0xC0000FFF)), 317u);
}

TEST(RtlTimeTest, TimeIsADateAndBack) {
  LARGE_INTEGER time;
  time.QuadPart = 133'800'000'000'000'000;
  TIME_FIELDS fields;
  RtlTimeToTimeFields(&time, &fields);
  EXPECT_EQ(fields.Year, 2024);
  EXPECT_EQ(fields.Month, 12);
  LARGE_INTEGER again;
  EXPECT_EQ(RtlTimeFieldsToTime(&fields, &again), TRUE);
  EXPECT_EQ(again.QuadPart, time.QuadPart);
  ULONG seconds = 0;
  EXPECT_EQ(RtlTimeToSecondsSince1970(&time, &seconds), TRUE);
  EXPECT_EQ(seconds, 1'735'526'400u);
  fields.Month = 2;
  fields.Day = 30;
  EXPECT_EQ(RtlTimeFieldsToTime(&fields, &again), FALSE);
  LARGE_INTEGER zero{};
  RtlTimeToTimeFields(&zero, &fields);
  EXPECT_EQ(fields.Year, 1601);
  EXPECT_EQ(fields.Month, 1);
  EXPECT_EQ(fields.Day, 1);
  EXPECT_EQ(fields.Weekday, 1) << "a Monday";
}

using RtlTest = KernelTest;

TEST_F(RtlTest, AllocatedStringsAreFreedByTheirRoutine) {
  kernel([] {
    const UNICODE_STRING source = string(u"Plan.docx");
    UNICODE_STRING upper;
    ASSERT_EQ(RtlUpcaseUnicodeString(&upper, &source, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(text(upper), u"PLAN.DOCX");
    RtlFreeUnicodeString(&upper);
    ANSI_STRING ansi;
    ASSERT_EQ(RtlUnicodeStringToAnsiString(&ansi, &source, TRUE), STATUS_SUCCESS);
    EXPECT_STREQ(ansi.Buffer, "Plan.docx");
    UNICODE_STRING back;
    ASSERT_EQ(RtlAnsiStringToUnicodeString(&back, &ansi, TRUE), STATUS_SUCCESS);
    EXPECT_EQ(text(back), u"Plan.docx");
    RtlFreeAnsiString(&ansi);
    RtlFreeUnicodeString(&back);
  });
  EXPECT_TRUE(machine_.system().nt().pool().leaks(nullptr).empty());
}

// The seed's CreateSecureCommunicationPort: a descriptor that admits SYSTEM and Administrators alone.
TEST(RtlTimeTest, TimeThatSecondsCannotHoldIsRefused) {
  ULONG seconds = 7;
  LARGE_INTEGER time{};
  EXPECT_EQ(RtlTimeToSecondsSince1970(&time, &seconds), FALSE) << "1601";
  RtlSecondsSince1970ToTime(MAXULONG, &time);
  time.QuadPart += 10'000'000;
  EXPECT_EQ(RtlTimeToSecondsSince1970(&time, &seconds), FALSE) << "2106";
  EXPECT_EQ(seconds, 7u);
}

class SecurityTest : public KernelTest {
 protected:
  Status check(fltsim::User user, AccessMask desired, const void* descriptor) {
    AccessMask granted = 0;
    const Ref<Token> token = make_token(machine_.system(), user);
    return check_access(descriptor, *token, desired, kMapping, granted);
  }
  static constexpr GenericMapping kMapping{0x20001, 0x20001, 0x20001, 0x1F0001};
};

TEST_F(SecurityTest, DescriptorAdmitsOnlyWhomItsListNames) {  // PORT-13, CONN-5
  kernel([&] {
    SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
    PSID system = nullptr;
    PSID administrators = nullptr;
    ASSERT_EQ(RtlAllocateAndInitializeSid(&nt, 1, 18, 0, 0, 0, 0, 0, 0, 0, &system), STATUS_SUCCESS);
    ASSERT_EQ(RtlAllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &administrators),
              STATUS_SUCCESS);
    alignas(8) UCHAR room[256];
    auto* acl = reinterpret_cast<PACL>(room);
    ASSERT_EQ(RtlCreateAcl(acl, sizeof room, ACL_REVISION), STATUS_SUCCESS);
    ASSERT_EQ(RtlAddAccessAllowedAce(acl, ACL_REVISION, 0x1F0001, system), STATUS_SUCCESS);
    ASSERT_EQ(RtlAddAccessAllowedAce(acl, ACL_REVISION, 0x1F0001, administrators), STATUS_SUCCESS);
    SECURITY_DESCRIPTOR descriptor;
    ASSERT_EQ(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
    ASSERT_EQ(RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE), STATUS_SUCCESS);
    EXPECT_FALSE(has_null_dacl(&descriptor));
    const auto relative = capture_descriptor(&descriptor);
    for (const void* form :
         {static_cast<const void*>(&descriptor), static_cast<const void*>(relative.data())}) {
      EXPECT_EQ(check(fltsim::User::kSystem, 0x1F0001, form), STATUS_SUCCESS);
      EXPECT_EQ(check(fltsim::User::kAdministrator, 0x1F0001, form), STATUS_SUCCESS);
      EXPECT_EQ(check(fltsim::User::kOrdinary, 1, form), STATUS_ACCESS_DENIED);
    }
    EXPECT_EQ(RtlFreeSid(system), nullptr);
    RtlFreeSid(administrators);
  });
}

TEST_F(SecurityTest, NullDaclAdmitsEverybodyAndAnEmptyOneNobody) {  // PORT-15
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, nullptr, FALSE);
  EXPECT_TRUE(has_null_dacl(&descriptor));
  EXPECT_EQ(check(fltsim::User::kOrdinary, 0x1F0001, &descriptor), STATUS_SUCCESS);
  ACL empty;
  RtlCreateAcl(&empty, sizeof empty, ACL_REVISION);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &empty, FALSE);
  EXPECT_FALSE(has_null_dacl(&descriptor));
  EXPECT_EQ(check(fltsim::User::kSystem, 1, &descriptor), STATUS_ACCESS_DENIED);
}

TEST_F(SecurityTest, TakeOwnershipPrivilegeGrantsWriteOwner) {
  SECURITY_DESCRIPTOR descriptor;
  ACL empty;
  RtlCreateAcl(&empty, sizeof empty, ACL_REVISION);
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &empty, FALSE);
  EXPECT_EQ(check(fltsim::User::kAdministrator, WRITE_OWNER, &descriptor), STATUS_SUCCESS);
  EXPECT_EQ(check(fltsim::User::kAdministrator, WRITE_OWNER | 1, &descriptor), STATUS_ACCESS_DENIED);
  EXPECT_EQ(check(fltsim::User::kOrdinary, WRITE_OWNER, &descriptor), STATUS_ACCESS_DENIED);
}

TEST_F(SecurityTest, RightThatWasGrantedBeforeIsNotAskedForAgain) {
  kernel([] {
    SECURITY_DESCRIPTOR descriptor;
    ACL empty;
    RtlCreateAcl(&empty, sizeof empty, ACL_REVISION);
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &empty, FALSE);
    SECURITY_SUBJECT_CONTEXT subject;
    SeCaptureSubjectContext(&subject);
    GENERIC_MAPPING mapping{};
    ACCESS_MASK granted = 0;
    NTSTATUS status = STATUS_SUCCESS;
    EXPECT_EQ(
        SeAccessCheck(&descriptor, &subject, FALSE, 1, 1, nullptr, &mapping, UserMode, &granted, &status),
        TRUE);
    EXPECT_EQ(granted, 1u);
    EXPECT_EQ(
        SeAccessCheck(&descriptor, &subject, FALSE, 3, 1, nullptr, &mapping, UserMode, &granted, &status),
        FALSE);
    EXPECT_EQ(status, STATUS_ACCESS_DENIED);
    SeReleaseSubjectContext(&subject);
  });
}

TEST_F(SecurityTest, DescriptorWithAMalformedPartIsInvalid) {
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  EXPECT_EQ(RtlValidSecurityDescriptor(&descriptor), TRUE);
  SID owner{};
  owner.SubAuthorityCount = 255;
  descriptor.Owner = &owner;
  EXPECT_EQ(RtlValidSecurityDescriptor(&descriptor), FALSE);
  descriptor.Owner = nullptr;
  ACL acl;
  RtlCreateAcl(&acl, sizeof acl, ACL_REVISION);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &acl, FALSE);
  EXPECT_EQ(RtlValidSecurityDescriptor(&descriptor), TRUE);
  acl.AceCount = 1;
  EXPECT_EQ(RtlValidSecurityDescriptor(&descriptor), FALSE);
}

TEST_F(SecurityTest, DenyEntryBeforeAnAllowEntryWins) {
  const Sid users = make_sid(5, {32, 545});
  const Sid world = make_sid(1, {0});
  alignas(8) UCHAR room[128];
  auto* acl = reinterpret_cast<PACL>(room);
  RtlCreateAcl(acl, sizeof room, ACL_REVISION);
  ASSERT_EQ(RtlAddAccessDeniedAce(acl, ACL_REVISION, 1, const_cast<std::uint8_t*>(users.data())),
            STATUS_SUCCESS);
  ASSERT_EQ(RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, const_cast<std::uint8_t*>(world.data())),
            STATUS_SUCCESS);
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
  EXPECT_EQ(check(fltsim::User::kOrdinary, 1, &descriptor), STATUS_ACCESS_DENIED);
  EXPECT_EQ(check(fltsim::User::kSystem, 1, &descriptor), STATUS_SUCCESS) << "not among Users";
}

TEST_F(SecurityTest, FullListRefusesAnotherEntry) {
  const Sid world = make_sid(1, {0});
  ACL acl;
  RtlCreateAcl(&acl, sizeof acl, ACL_REVISION);
  EXPECT_EQ(RtlAddAccessAllowedAce(&acl, ACL_REVISION, 1, const_cast<std::uint8_t*>(world.data())),
            STATUS_ALLOTTED_SPACE_EXCEEDED);
}

TEST_F(SecurityTest, TokenTellsItsUser) {
  auto app = machine_.start_process({.image = u"C:\\app.exe", .user = fltsim::User::kSystem});
  EXPECT_EQ(app.run([] {
    PACCESS_TOKEN token = PsReferencePrimaryToken(PsGetCurrentProcess());
    PVOID information = nullptr;
    ASSERT_EQ(SeQueryInformationToken(token, TokenUser, &information), STATUS_SUCCESS);
    UNICODE_STRING sid;
    ASSERT_EQ(RtlConvertSidToUnicodeString(&sid, static_cast<PTOKEN_USER>(information)->User.Sid, TRUE),
              STATUS_SUCCESS);
    EXPECT_EQ(text(sid), u"S-1-5-18");
    EXPECT_EQ(SeTokenIsAdmin(token), TRUE);
    RtlFreeUnicodeString(&sid);
    ExFreePool(information);
    PsDereferencePrimaryToken(token);
  }),
            Outcome::kDone);
}

}  // namespace
}  // namespace fltsim::nt

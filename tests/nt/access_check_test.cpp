// Who is granted what by a list of entries: groups that only deny, the order of entries, several accounts.
#include <fltKernel.h>

#include "nt/kernel_test.hpp"
#include "nt/security.hpp"

namespace fltsim::nt {
namespace {

const Sid kAdministrators = make_sid(5, {32, 544});
const Sid kUsers = make_sid(5, {32, 545});
const Sid kWorld = make_sid(1, {0});

struct Entry {
  UCHAR type;
  AccessMask mask;
  Sid sid;
};

class AccessCheckTest : public KernelTest {
 protected:
  Status check(User user, const std::vector<Entry>& entries, AccessMask desired,
               AccessMask* granted = nullptr) {
    alignas(8) UCHAR room[512];
    auto* acl = reinterpret_cast<PACL>(room);
    RtlCreateAcl(acl, sizeof room, ACL_REVISION);
    for (const Entry& entry : entries) {
      const auto sid = const_cast<std::uint8_t*>(entry.sid.data());
      EXPECT_EQ(entry.type == ACCESS_DENIED_ACE_TYPE
                    ? RtlAddAccessDeniedAce(acl, ACL_REVISION, entry.mask, sid)
                    : RtlAddAccessAllowedAce(acl, ACL_REVISION, entry.mask, sid),
                STATUS_SUCCESS);
    }
    SECURITY_DESCRIPTOR descriptor;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, acl, FALSE);
    AccessMask given = 0;
    const Ref<Token> token = make_token(machine_.system(), user);
    const Status status = check_access(&descriptor, *token, desired, kMapping, given);
    if (granted != nullptr) *granted = given;
    return status;
  }
  static constexpr GenericMapping kMapping{0x20001, 0x20001, 0x20001, 0x1F0001};
  static constexpr UCHAR kAllow = ACCESS_ALLOWED_ACE_TYPE;
  static constexpr UCHAR kDeny = ACCESS_DENIED_ACE_TYPE;
};

// CONN-5, PORT-13: an administrator who is not elevated.
TEST(SeExportsTest, MembersAreTheirPrivilegesAndSids) {
  const auto& exports = *static_cast<const SE_EXPORTS*>(nt::se_exports());
  EXPECT_EQ(exports.SeRemoteShutdownPrivilege.LowPart, 24u);
  EXPECT_EQ(exports.SeUndockPrivilege.LowPart, 25u);
  EXPECT_EQ(exports.SeCreateSymbolicLinkPrivilege.LowPart, 35u);
  EXPECT_EQ(*RtlSubAuthoritySid(exports.SeAliasGuestsSid, 1), 546u);
  EXPECT_EQ(*RtlSubAuthoritySid(exports.SeAuthenticatedUsersSid, 0), 11u);
  EXPECT_EQ(*RtlSubAuthoritySid(exports.SeHighMandatorySid, 0), 0x3000u);
  EXPECT_TRUE(RtlValidSid(exports.SeOwnerRightsSid));
}

TEST_F(AccessCheckTest, AGroupForDenyingOnlyAdmitsNobody) {
  const std::vector<Entry> list{{kAllow, 1, kAdministrators}};
  EXPECT_EQ(check(User::kAdministrator, list, 1), STATUS_SUCCESS);
  EXPECT_EQ(check(User::kSecondAdministrator, list, 1), STATUS_SUCCESS);
  EXPECT_EQ(check(User::kFilteredAdministrator, list, 1), STATUS_ACCESS_DENIED);
}

// CONN-5.
TEST_F(AccessCheckTest, AGroupForDenyingOnlyStillDenies) {
  const std::vector<Entry> list{{kDeny, 1, kAdministrators}, {kAllow, 1, kWorld}};
  EXPECT_EQ(check(User::kFilteredAdministrator, list, 1), STATUS_ACCESS_DENIED);
  EXPECT_EQ(check(User::kOrdinary, list, 1), STATUS_SUCCESS);
}

// CONN-5: the first entry that names a right decides it.
TEST_F(AccessCheckTest, EntriesCountInTheirOrder) {
  const Entry allow{kAllow, 3, kUsers};
  const Entry deny{kDeny, 1, kWorld};
  EXPECT_EQ(check(User::kOrdinary, {allow, deny}, 1), STATUS_SUCCESS);
  EXPECT_EQ(check(User::kOrdinary, {deny, allow}, 1), STATUS_ACCESS_DENIED);
  EXPECT_EQ(check(User::kOrdinary, {deny, allow}, 2), STATUS_SUCCESS) << "another right";
  EXPECT_EQ(check(User::kOrdinary, {deny, allow}, 3), STATUS_ACCESS_DENIED) << "one of two is not enough";
}

// CONN-5: rights add up over entries for several groups.
TEST_F(AccessCheckTest, RightsAddUpOverEntries) {
  AccessMask granted = 0;
  EXPECT_EQ(check(User::kOrdinary, {{kAllow, 1, kUsers}, {kAllow, 2, kWorld}}, 3, &granted), STATUS_SUCCESS);
  EXPECT_EQ(granted, 3u);
}

// CONN-5: an entry for one account is no entry for another of the same groups.
TEST_F(AccessCheckTest, AnEntryForOneAccountIsForNoOther) {
  const Ref<Token> second = make_token(machine_.system(), User::kSecondAdministrator);
  const std::vector<Entry> list{{kDeny, 1, second->user}, {kAllow, 1, kAdministrators}};
  EXPECT_EQ(check(User::kAdministrator, list, 1), STATUS_SUCCESS);
  EXPECT_EQ(check(User::kSecondAdministrator, list, 1), STATUS_ACCESS_DENIED);
}

TEST_F(AccessCheckTest, DriversSeeWhichGroupsAreForDenyingOnly) {
  const Ref<Token> token = make_token(machine_.system(), User::kFilteredAdministrator);
  kernel([&] {
    EXPECT_EQ(SeTokenIsAdmin(token.get()), FALSE);
    PVOID information = nullptr;
    ASSERT_EQ(SeQueryInformationToken(token.get(), TokenGroups, &information), STATUS_SUCCESS);
    const auto* groups = static_cast<PTOKEN_GROUPS>(information);
    const SID_AND_ATTRIBUTES& last = (&groups->Groups[0])[groups->GroupCount - 1];
    EXPECT_EQ(last.Attributes, 0x10u) << "SE_GROUP_USE_FOR_DENY_ONLY";
    EXPECT_EQ(RtlEqualSid(last.Sid, const_cast<std::uint8_t*>(kAdministrators.data())), TRUE);
    ExFreePool(information);
  });
}

}  // namespace
}  // namespace fltsim::nt

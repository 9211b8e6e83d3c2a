// Security identifiers, lists and descriptors, as the WDK's pages describe them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "nt/kernel_test.hpp"

namespace fltsim::nt {
namespace {

// S-1-5-32-544, made by the routines.
struct Administrators {
  alignas(4) UCHAR bytes[16] = {};
  Administrators() {
    SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
    RtlInitializeSid(sid(), &nt, 2);
    *RtlSubAuthoritySid(sid(), 0) = 32;
    *RtlSubAuthoritySid(sid(), 1) = 544;
  }
  PSID sid() { return bytes; }
};

struct List {
  alignas(8) UCHAR bytes[256] = {};
  List() { RtlCreateAcl(acl(), sizeof bytes, ACL_REVISION); }
  PACL acl() { return reinterpret_cast<PACL>(bytes); }
};

using RtlSecurityTest = KernelTest;

TEST_F(RtlSecurityTest, SidIsBuiltFromItsParts) {
  EXPECT_EQ(RtlLengthRequiredSid(0), 8u);
  EXPECT_EQ(RtlLengthRequiredSid(2), 16u);
  Administrators administrators;
  EXPECT_EQ(RtlValidSid(administrators.sid()), TRUE);
  EXPECT_EQ(RtlLengthSid(administrators.sid()), 16u);
  EXPECT_EQ(*RtlSubAuthorityCountSid(administrators.sid()), 2);
  EXPECT_THAT(administrators.bytes, testing::ElementsAre(1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0));
  UNICODE_STRING name{};
  WCHAR buffer[32];
  name.Buffer = buffer;
  name.MaximumLength = sizeof buffer;
  EXPECT_EQ(RtlConvertSidToUnicodeString(&name, administrators.sid(), FALSE), STATUS_SUCCESS);
  EXPECT_EQ(std::u16string(name.Buffer, name.Length / 2), u"S-1-5-32-544");
}

TEST_F(RtlSecurityTest, SidOfAnotherRevisionOrWithTooManyPartsIsInvalid) {
  Administrators administrators;
  administrators.bytes[0] = 2;
  EXPECT_EQ(RtlValidSid(administrators.sid()), FALSE);
  administrators.bytes[0] = SID_REVISION;
  administrators.bytes[1] = 15;
  EXPECT_EQ(RtlValidSid(administrators.sid()), TRUE) << "15 is the most there can be";
  administrators.bytes[1] = 16;
  EXPECT_EQ(RtlValidSid(administrators.sid()), FALSE);
  EXPECT_EQ(RtlValidSid(nullptr), FALSE);
}

TEST_F(RtlSecurityTest, SidWithTooManyPartsCannotBeInitialized) {
  SID_IDENTIFIER_AUTHORITY nt = SECURITY_NT_AUTHORITY;
  alignas(4) UCHAR room[128];
  EXPECT_EQ(RtlInitializeSid(room, &nt, 15), STATUS_SUCCESS);
  EXPECT_EQ(RtlInitializeSid(room, &nt, 16), STATUS_INVALID_PARAMETER);
}

TEST_F(RtlSecurityTest, SidIsCopiedWhereItFits) {
  Administrators administrators;
  alignas(4) UCHAR room[16] = {};
  EXPECT_EQ(RtlCopySid(15, room, administrators.sid()), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(room[0], 0);
  EXPECT_EQ(RtlCopySid(16, room, administrators.sid()), STATUS_SUCCESS);
  EXPECT_EQ(RtlEqualSid(room, administrators.sid()), TRUE);
  room[12] = 1;
  EXPECT_EQ(RtlEqualSid(room, administrators.sid()), FALSE);
}

TEST_F(RtlSecurityTest, EntryIsFoundByItsIndexWithItsFlags) {
  Administrators administrators;
  List list;
  ASSERT_EQ(RtlAddAccessAllowedAceEx(list.acl(), ACL_REVISION, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE,
                                     0x123, administrators.sid()),
            STATUS_SUCCESS);
  ASSERT_EQ(RtlAddAccessDeniedAce(list.acl(), ACL_REVISION, 0x456, administrators.sid()), STATUS_SUCCESS);
  PVOID found = nullptr;
  ASSERT_EQ(RtlGetAce(list.acl(), 0, &found), STATUS_SUCCESS);
  auto* allowed = static_cast<PACCESS_ALLOWED_ACE>(found);
  EXPECT_EQ(allowed->Header.AceType, ACCESS_ALLOWED_ACE_TYPE);
  EXPECT_EQ(allowed->Header.AceFlags, OBJECT_INHERIT_ACE | CONTAINER_INHERIT_ACE);
  EXPECT_EQ(allowed->Header.AceSize, 8 + 16);
  EXPECT_EQ(allowed->Mask, 0x123u);
  EXPECT_EQ(RtlEqualSid(&allowed->SidStart, administrators.sid()), TRUE);
  ASSERT_EQ(RtlGetAce(list.acl(), 1, &found), STATUS_SUCCESS);
  EXPECT_EQ(static_cast<PACE_HEADER>(found)->AceType, ACCESS_DENIED_ACE_TYPE);
  EXPECT_EQ(RtlGetAce(list.acl(), 2, &found), STATUS_INVALID_PARAMETER);
}

TEST_F(RtlSecurityTest, EntryNeedsAValidSidAndAKnownRevision) {
  Administrators administrators;
  List list;
  EXPECT_EQ(RtlAddAccessAllowedAceEx(list.acl(), 9, 0, 1, administrators.sid()), STATUS_REVISION_MISMATCH);
  administrators.bytes[0] = 9;
  EXPECT_EQ(RtlAddAccessAllowedAceEx(list.acl(), ACL_REVISION, 0, 1, administrators.sid()),
            STATUS_INVALID_SID);
  EXPECT_EQ(list.acl()->AceCount, 0);
}

TEST_F(RtlSecurityTest, ListNeedsRoomForItsHeaderAndAKnownRevision) {
  ACL acl;
  EXPECT_EQ(RtlCreateAcl(&acl, sizeof acl - 1, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(RtlCreateAcl(&acl, sizeof acl, 99), STATUS_INVALID_PARAMETER);
  EXPECT_EQ(RtlCreateAcl(&acl, sizeof acl, ACL_REVISION), STATUS_SUCCESS);
  EXPECT_EQ(acl.AclSize, sizeof acl);
  EXPECT_EQ(acl.AceCount, 0);
}

TEST_F(RtlSecurityTest, DescriptorTellsWhetherItHasAList) {
  SECURITY_DESCRIPTOR descriptor;
  EXPECT_EQ(RtlCreateSecurityDescriptor(&descriptor, 2), STATUS_UNKNOWN_REVISION);
  ASSERT_EQ(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION), STATUS_SUCCESS);
  BOOLEAN present = TRUE;
  BOOLEAN defaulted = TRUE;
  PACL dacl = nullptr;
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(&descriptor, &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT_EQ(present, FALSE);
  List list;
  ASSERT_EQ(RtlSetDaclSecurityDescriptor(&descriptor, TRUE, list.acl(), TRUE), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(&descriptor, &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT_EQ(present, TRUE);
  EXPECT_EQ(defaulted, TRUE);
  EXPECT_EQ(dacl, list.acl());
  ASSERT_EQ(RtlSetDaclSecurityDescriptor(&descriptor, FALSE, nullptr, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(&descriptor, &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT_EQ(present, FALSE);
  descriptor.Revision = 3;
  EXPECT_EQ(RtlGetDaclSecurityDescriptor(&descriptor, &present, &dacl, &defaulted), STATUS_UNKNOWN_REVISION);
}

TEST_F(RtlSecurityTest, OwnerIsSetAndClearedInAnAbsoluteDescriptorOnly) {
  Administrators administrators;
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  EXPECT_EQ(RtlSetOwnerSecurityDescriptor(&descriptor, administrators.sid(), TRUE), STATUS_SUCCESS);
  EXPECT_EQ(descriptor.Owner, administrators.sid());
  EXPECT_NE(descriptor.Control & SE_OWNER_DEFAULTED, 0);
  EXPECT_EQ(RtlSetOwnerSecurityDescriptor(&descriptor, nullptr, FALSE), STATUS_SUCCESS);
  EXPECT_EQ(descriptor.Owner, nullptr);
  EXPECT_EQ(descriptor.Control & SE_OWNER_DEFAULTED, 0);
  descriptor.Control |= SE_SELF_RELATIVE;
  EXPECT_EQ(RtlSetOwnerSecurityDescriptor(&descriptor, nullptr, FALSE), STATUS_INVALID_SECURITY_DESCR);
  descriptor.Control = 0;
  descriptor.Revision = 3;
  EXPECT_EQ(RtlSetOwnerSecurityDescriptor(&descriptor, nullptr, FALSE), STATUS_UNKNOWN_REVISION);
}

TEST_F(RtlSecurityTest, SelfRelativeFormSaysWhatRoomItNeeds) {
  Administrators administrators;
  List list;
  RtlAddAccessAllowedAce(list.acl(), ACL_REVISION, 0x1F0001, administrators.sid());
  SECURITY_DESCRIPTOR descriptor;
  RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
  RtlSetOwnerSecurityDescriptor(&descriptor, administrators.sid(), FALSE);
  RtlSetDaclSecurityDescriptor(&descriptor, TRUE, list.acl(), FALSE);
  alignas(8) UCHAR room[512] = {};
  ULONG length = 0;
  EXPECT_EQ(RtlAbsoluteToSelfRelativeSD(&descriptor, room, &length), STATUS_BUFFER_TOO_SMALL);
  const ULONG needed = length;
  EXPECT_EQ(needed, 20 + sizeof administrators.bytes + list.acl()->AclSize);
  --length;
  EXPECT_EQ(RtlAbsoluteToSelfRelativeSD(&descriptor, room, &length), STATUS_BUFFER_TOO_SMALL);
  EXPECT_EQ(length, needed);
  ASSERT_EQ(RtlAbsoluteToSelfRelativeSD(&descriptor, room, &length), STATUS_SUCCESS);
  EXPECT_EQ(RtlValidSecurityDescriptor(room), TRUE);
  EXPECT_EQ(RtlLengthSecurityDescriptor(room), needed);
  EXPECT_EQ(RtlLengthSecurityDescriptor(&descriptor), sizeof descriptor + 16 + list.acl()->AclSize)
      << "of an absolute one, its structure and its parts";
  BOOLEAN present = FALSE;
  BOOLEAN defaulted = TRUE;
  PACL dacl = nullptr;
  ASSERT_EQ(RtlGetDaclSecurityDescriptor(room, &present, &dacl, &defaulted), STATUS_SUCCESS);
  EXPECT_EQ(present, TRUE);
  EXPECT_EQ(defaulted, FALSE);
  EXPECT_GT(reinterpret_cast<UCHAR*>(dacl), room);
  EXPECT_EQ(dacl->AceCount, 1);
  length = sizeof room;
  alignas(8) UCHAR again[512];
  EXPECT_EQ(RtlAbsoluteToSelfRelativeSD(room, again, &length), STATUS_BAD_DESCRIPTOR_FORMAT);
  EXPECT_EQ(RtlSetDaclSecurityDescriptor(room, FALSE, nullptr, FALSE), STATUS_INVALID_SECURITY_DESCR);
}

}  // namespace
}  // namespace fltsim::nt

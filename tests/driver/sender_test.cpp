// Who may connect, and who may use a connection: the image, the token, and the very process that connected.
#include "driver/key_client.hpp"

namespace drmfilter::test {
namespace {

using fltsim::Process;
using fltsim::User;

class SenderTest : public DrmMachine {
 protected:
  void SetUp() override { load(); }

  HRESULT connect_as(std::u16string image, User user) {
    return RawClient(machine.start_process({.image = std::move(image), .user = user})).connect();
  }
  // What the owner of a handle to the port gets for a policy.
  static HRESULT send_policy(Process& process, HANDLE port) {
    HRESULT result = E_FAIL;
    EXPECT_EQ(process.run([&] {
      Buffer request = policy_for(u"C:\\ProtectedDocs\\*");
      DWORD returned = 0;
      result =
          FilterSendMessage(port, request.data(), static_cast<DWORD>(request.size()), nullptr, 0, &returned);
    }),
              fltsim::Outcome::kDone);
    return result;
  }
  // The handle as `target` has it after the client has duplicated it there.
  HANDLE duplicated_into(RawClient& client, Process& target) {
    HANDLE made = nullptr;
    EXPECT_EQ(client.process().run([&] {
      const HANDLE process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, target.id());
      EXPECT_NE(process, nullptr);
      EXPECT_TRUE(DuplicateHandle(GetCurrentProcess(), client.port(), process, &made, 0, FALSE,
                                  DUPLICATE_SAME_ACCESS));
      CloseHandle(process);
    }),
              fltsim::Outcome::kDone);
    return made;
  }
  void expect_no_policy(RawClient& client) {
    const auto sent = client.send(status_request(), FLTLINK_STATUS_REPLY_SIZE);
    ASSERT_EQ(sent.result, S_OK);
    EXPECT_EQ(fltlink::decode_status_reply(sent.answer)->active_policies, 0u);
    EXPECT_EQ(word.write(kPlan, "changed").status, STATUS_SUCCESS);
  }
};

// P-9.
TEST_F(SenderTest, ARenamedExecutableIsNotTheService) {
  EXPECT_EQ(connect_as(u"C:\\Program Files\\Drm\\drmservice2.exe", User::kSystem), kAccessDenied);
  EXPECT_EQ(connect_as(u"C:\\Users\\Public\\drmservice.exe", User::kAdministrator), kAccessDenied)
      << "the right name in another directory";
}

// P-9: the whole path of the service, inside another one.
TEST_F(SenderTest, APathWithTheRightNameInsideIsNotTheService) {
  for (const char16_t* image :
       {u"C:\\Evil\\Program Files\\Drm\\drmservice.exe", u"C:\\Program Files\\Drm\\drmservice.exe\\evil.exe",
        u"C:\\Program Files\\Drm\\drmservice.exe.evil.exe",
        u"C:\\x\\Device\\HarddiskVolume1\\Program Files\\Drm\\drmservice.exe"})
    EXPECT_EQ(connect_as(image, User::kSystem), kAccessDenied);
}

// P-8, CONN-5.
TEST_F(SenderTest, AnAdministratorWhoIsNotElevatedIsRefused) {
  EXPECT_EQ(connect_as(kServiceImage, User::kFilteredAdministrator), kAccessDenied);
}

// P-8: without a key, image and elevation are all that is asked.
TEST_F(SenderTest, ASecondAdministratorConnectsWhereThereIsNoKey) {
  EXPECT_EQ(connect_as(kServiceImage, User::kSecondAdministrator), S_OK);
}

// CONN-18.
TEST_F(SenderTest, AHandleDuplicatedIntoAnOrdinaryProcessSendsNothing) {
  RawClient client(service_process());
  ASSERT_EQ(client.connect(), S_OK);
  HANDLE port = duplicated_into(client, word);
  EXPECT_EQ(send_policy(word, port), kAccessDenied);
  expect_no_policy(client);
  EXPECT_NE(machine.debug_output().find("which did not connect"), std::string::npos);
}

// CONN-18: as good a process as the first one is still another one.
TEST_F(SenderTest, AHandleDuplicatedIntoAnotherServiceProcessSendsNothing) {
  RawClient client(service_process());
  ASSERT_EQ(client.connect(), S_OK);
  Process other = service_process();
  EXPECT_EQ(send_policy(other, duplicated_into(client, other)), kAccessDenied);
  expect_no_policy(client);
}

// CONN-18: the handle keeps the connection, but nobody is left who may use it.
TEST_F(SenderTest, AHandleThatOutlivesItsProcessSendsNothing) {
  RawClient client(service_process());
  ASSERT_EQ(client.connect(), S_OK);
  HANDLE port = duplicated_into(client, word);
  EXPECT_EQ(client.process().kill(), fltsim::Outcome::kDone);
  EXPECT_EQ(send_policy(word, port), kAccessDenied);
  RawClient next(service_process());
  ASSERT_EQ(next.connect(), S_OK);
  expect_no_policy(next);
}

// CONN-1, CONN-18.
TEST_F(SenderTest, AnInheritedHandleSendsNothing) {
  Process parent = service_process();
  HANDLE port = nullptr;
  ASSERT_EQ(parent.run([&] {
    SECURITY_ATTRIBUTES inheritable{sizeof(SECURITY_ATTRIBUTES), nullptr, TRUE};
    EXPECT_EQ(FilterConnectCommunicationPort(u"\\DrmFilterPort", 0, nullptr, 0, &inheritable, &port), S_OK);
  }),
            fltsim::Outcome::kDone);
  Process child =
      machine.start_process({.image = kServiceImage, .user = User::kSystem, .inherit_handles_of = &parent});
  EXPECT_EQ(send_policy(child, port), kAccessDenied);
  EXPECT_EQ(send_policy(parent, port), S_OK);
}

// CONN-1: a handle is inherited only if it was made so.
TEST_F(SenderTest, AHandleIsNotInheritedUnlessItWasAskedFor) {
  RawClient parent(service_process());
  ASSERT_EQ(parent.connect(), S_OK);
  Process child = machine.start_process({.image = kServiceImage, .inherit_handles_of = &parent.process()});
  EXPECT_EQ(send_policy(child, parent.port()), kDisconnected) << "no such handle";
}

class SenderWithKeyTest : public KeyMachine {};

TEST_F(SenderWithKeyTest, ASecondAdministratorWithoutTheKeyGetsNowhere) {
  KeyClient second(machine.start_process({.image = kServiceImage, .user = User::kSecondAdministrator}), {},
                   Buffer(32, 1));
  ASSERT_EQ(second.connect(), S_OK) << "he passes the descriptor, and has the image";
  EXPECT_EQ(second.authenticate(), kAccessDenied);
  EXPECT_EQ(second.send(policy_for(u"C:\\x")).result, kAccessDenied);
}

// Not even with the very bytes that its owner would send.
TEST_F(SenderWithKeyTest, ASealedPolicyThroughADuplicatedHandleChangesNothing) {
  KeyClient client = authenticated();
  const Buffer sealed = client.sealed(policy_for(u"C:\\ProtectedDocs\\*"), 1);
  HANDLE port = nullptr;
  ASSERT_EQ(client.process().run([&] {
    const HANDLE process = OpenProcess(PROCESS_DUP_HANDLE, FALSE, word.id());
    EXPECT_TRUE(
        DuplicateHandle(GetCurrentProcess(), client.port(), process, &port, 0, FALSE, DUPLICATE_SAME_ACCESS));
    CloseHandle(process);
  }),
            fltsim::Outcome::kDone);
  HRESULT result = S_OK;
  ASSERT_EQ(word.run([&] {
    Buffer request = sealed;
    DWORD returned = 0;
    result =
        FilterSendMessage(port, request.data(), static_cast<DWORD>(request.size()), nullptr, 0, &returned);
  }),
            fltsim::Outcome::kDone);
  EXPECT_EQ(result, kAccessDenied);
  EXPECT_EQ(policies(client), 0u);
  EXPECT_EQ(client.send(sealed).result, S_OK) << "the window has not moved either";
}

}  // namespace
}  // namespace drmfilter::test

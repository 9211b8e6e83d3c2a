// Who may connect, who is told what, and what becomes of every message.
#include "driver/drm_machine.hpp"
#include "driver/raw_client.hpp"

namespace drmfilter::test {
namespace {

using fltlink::CountersReply;
using fltlink::DropReason;
using fltlink::LoopOptions;
using fltlink::MessageCounters;
using fltsim::User;
using namespace std::chrono_literals;

constexpr HRESULT kAccessDenied = hr(0x80070005);

void expect_balanced(const CountersReply& books) {
  EXPECT_TRUE(books.file_events.balanced());
  EXPECT_TRUE(books.block_notices.balanced());
}

class ConnectionsTest : public DrmMachine {
 protected:
  void SetUp() override { load(); }

  HRESULT connect_as(std::u16string image, User user) {
    return RawClient(machine.start_process({.image = std::move(image), .user = user})).connect();
  }
  static Buffer context(fltlink::ConnectContext asked) {
    Buffer bytes(FLTLINK_CONNECT_CONTEXT_SIZE);
    bytes.resize(fltlink::encode_connect_context(asked, bytes).value());
    return bytes;
  }
  std::unique_ptr<RecordingService> subscriber(LoopOptions options = {}) {
    auto made = std::make_unique<RecordingService>(machine, service_process(), options);
    EXPECT_TRUE(made->connected());
    return made;
  }
  static LoopOptions with_role(uint32_t role) {
    LoopOptions options;
    options.context = fltlink::ConnectContext{.role = role};
    return options;
  }
  void violate() { EXPECT_EQ(word.write(kPlan, "x").status, STATUS_ACCESS_DENIED); }
};

// P-8.
TEST_F(ConnectionsTest, OnlySystemAndAdministratorsConnect) {
  EXPECT_EQ(connect_as(kServiceImage, User::kSystem), S_OK);
  EXPECT_EQ(connect_as(kServiceImage, User::kAdministrator), S_OK);
  EXPECT_EQ(connect_as(kServiceImage, User::kOrdinary), kAccessDenied);
}

// P-9.
TEST_F(ConnectionsTest, TheImageIsComparedWholeAndWithoutCase) {
  EXPECT_EQ(connect_as(u"c:\\PROGRAM files\\drm\\DRMSERVICE.EXE", User::kSystem), S_OK);
  for (const char16_t* image :
       {u"C:\\drmservice.exe", u"C:\\Program Files\\Drm\\drmservice.exe.exe",
        u"C:\\Program Files\\Drm\\drmservice.ex", u"C:\\Evil\\Program Files\\Drm\\drmservice.exe",
        u"C:\\Program Files\\Drm\\evil.exe"})
    EXPECT_EQ(connect_as(image, User::kSystem), kAccessDenied);
}

TEST_F(ConnectionsTest, WithoutAnAllowedImageNobodyConnects) {
  EXPECT_EQ(driver->unload(), STATUS_SUCCESS);
  driver.emplace(machine.load_driver(FLTLINK_DRIVER("drmfilter"), {.name = u"drmfilter2"}));
  ASSERT_EQ(driver->status(), STATUS_SUCCESS);
  EXPECT_EQ(connect_as(kServiceImage, User::kSystem), kAccessDenied);
}

// P-1: a slot comes back with its disconnect, however often.
TEST_F(ConnectionsTest, TenClientsConnectAndTheirSlotsAreUsedAgain) {
  for (int round = 0; round < 3; ++round) {
    std::vector<RawClient> clients;
    for (int index = 0; index < 10; ++index) {
      clients.emplace_back(service_process());
      EXPECT_EQ(clients.back().connect(), S_OK);
    }
    EXPECT_EQ(connect_as(kServiceImage, User::kSystem), hr(0x800704D6));
    for (RawClient& client : clients) client.disconnect();
  }
}

TEST_F(ConnectionsTest, AContextThatIsNoneIsRefused) {
  RawClient client(service_process());
  Buffer wrong = context({});
  wrong[0] ^= 1;
  EXPECT_EQ(client.connect(wrong), hr(0x80070057));
  EXPECT_EQ(client.connect(Buffer(3)), hr(0x80070057));
  EXPECT_EQ(client.connect(Buffer(60000)), hr(0x80070057));
  EXPECT_EQ(client.connect(context({.version_min = 0x00020000, .version_max = 0x00020000})), hr(0x8007051A));
  EXPECT_EQ(client.connect(context({.version_max = FLTLINK_VERSION_1_0, .role = FLTLINK_ROLE_AUTHORIZER})),
            hr(0x8007051A));
  EXPECT_EQ(client.connect(context({.message_size_max = 100})), hr(0x80070057));
  EXPECT_EQ(client.connect(context({})), S_OK);
}

TEST_F(ConnectionsTest, TermsAreNegotiatedWithinTheLimits) {
  LoopOptions options;
  options.context =
      fltlink::ConnectContext{.message_size_max = 65536, .queue_messages_max = 10, .queue_size_max = 0};
  const auto drm = subscriber(options);
  EXPECT_EQ(drm->terms().version, FLTLINK_VERSION_NEWEST);
  EXPECT_EQ(drm->terms().message_size_max, 65536u);
  EXPECT_EQ(drm->terms().queue_messages_max, 10u);
  EXPECT_NE(drm->terms().connection_id, 0u);
}

TEST_F(ConnectionsTest, AClientWithoutAContextIsASubscriberOf10) {
  LoopOptions options;
  options.context.reset();
  const auto drm = subscriber(options);
  drm->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  violate();
  EXPECT_THAT(drm->blocked(), Contains(BlockedPath(kPlan)));
}

// P-2.
TEST_F(ConnectionsTest, EachSubscriberIsToldAndOneMayLeave) {
  auto first = subscriber();
  auto second = subscriber();
  first->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  violate();
  EXPECT_THAT(first->blocked(), SizeIs(1));
  EXPECT_THAT(second->blocked(), SizeIs(1));
  first->stop();
  violate();
  EXPECT_THAT(second->blocked(), SizeIs(2));
  expect_balanced(second->books());
}

TEST_F(ConnectionsTest, AControllerIsToldNothing) {
  auto control = subscriber(with_role(FLTLINK_ROLE_CONTROL));
  control->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  violate();
  EXPECT_THAT(control->blocked(), IsEmpty());
  EXPECT_EQ(dropped(control->books().block_notices, DropReason::kNoSubscriber), 1u);
  expect_balanced(control->books());
}

// P-4: STATUS_TIMEOUT is no success. Q-5: the budget is three attempts of a second.
TEST_F(ConnectionsTest, AMessageThatNobodyReceivesIsCountedAsTimedOut) {
  RawClient silent(service_process());
  ASSERT_EQ(silent.connect(), S_OK);
  auto control = subscriber(with_role(FLTLINK_ROLE_CONTROL));
  control->configure(false, true);
  control->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  violate();
  EXPECT_EQ(control->books().block_notices.pending, 1u);
  static_cast<void>(machine.advance(2500ms));
  EXPECT_EQ(control->books().block_notices.pending, 1u);
  static_cast<void>(machine.advance(1s));
  const MessageCounters notices = control->books().block_notices;
  EXPECT_EQ(dropped(notices, DropReason::kTimedOut), 1u);
  EXPECT_EQ(notices.delivered, 0u);
  EXPECT_TRUE(notices.balanced());
}

TEST_F(ConnectionsTest, ASlowClientDelaysOnlyItself) {
  RawClient silent(service_process());
  ASSERT_EQ(silent.connect(), S_OK);
  auto drm = subscriber();
  drm->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  violate();
  EXPECT_THAT(drm->blocked(), SizeIs(1));
}

//
TEST_F(ConnectionsTest, ASendWithoutMemoryIsTriedAgainAndThenCounted) {
  auto drm = subscriber();
  drm->configure(false, true);
  drm->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  machine.fail_next(fltsim::routine::kFltSendMessage, 2);
  violate();
  static_cast<void>(machine.advance(1s));
  EXPECT_THAT(drm->blocked(), SizeIs(1));
  machine.fail_next(fltsim::routine::kFltSendMessage, 3);
  violate();
  static_cast<void>(machine.advance(1s));
  EXPECT_THAT(drm->blocked(), SizeIs(1));
  EXPECT_EQ(dropped(drm->books().block_notices, DropReason::kNoResources), 1u);
  expect_balanced(drm->books());
}

//
TEST_F(ConnectionsTest, AFloodOfEventsPushesNoBlockNoticeOut) {
  LoopOptions options = with_role(FLTLINK_ROLE_SUBSCRIBER);
  options.context->queue_messages_max = 20;
  RawClient silent(service_process());
  ASSERT_EQ(silent.connect(context(*options.context)), S_OK);
  auto control = subscriber(with_role(FLTLINK_ROLE_CONTROL));
  control->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  for (int round = 0; round < 20; ++round) static_cast<void>(word.read(kFree));
  violate();
  const CountersReply books = control->books();
  EXPECT_GT(dropped(books.file_events, DropReason::kQueueFull), 0u);
  EXPECT_EQ(books.file_events.pending, 15u);
  EXPECT_EQ(books.block_notices.pending, 1u);
  expect_balanced(books);
}

TEST_F(ConnectionsTest, WhatAClientLeavesBehindIsCountedAsDisconnected) {
  RawClient silent(service_process());
  ASSERT_EQ(silent.connect(), S_OK);
  auto control = subscriber(with_role(FLTLINK_ROLE_CONTROL));
  control->configure(false, true);
  control->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  violate();
  violate();
  silent.disconnect();
  const MessageCounters notices = control->books().block_notices;
  EXPECT_EQ(dropped(notices, DropReason::kDisconnected), 2u);
  EXPECT_TRUE(notices.balanced());
}

TEST_F(ConnectionsTest, AKilledServiceLeavesABalancedDriver) {
  auto victim = subscriber();
  victim->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  violate();
  auto process = victim->process();
  EXPECT_EQ(process.kill(), fltsim::Outcome::kDone);
  violate();
  auto next = subscriber();
  violate();
  EXPECT_THAT(next->blocked(), SizeIs(1));
  expect_balanced(next->books());
}

// W-6.
TEST_F(ConnectionsTest, ALongPathIsCutAndCountedOrSentWhole) {
  std::u16string directory;
  for (int level = 0; level < 20; ++level) directory += u"\\a-directory-name";
  c.write_file(directory + u"\\plan.docx", "secret");
  const std::u16string path = u"C:" + directory + u"\\plan.docx";
  LoopOptions large;
  large.context = fltlink::ConnectContext{.message_size_max = 8192};
  large.buffer_size = FLTLINK_MESSAGE_HEADER_SIZE + 8192;
  auto whole = subscriber(large);
  auto cut = subscriber();
  LoopOptions old;
  old.context.reset();
  auto v1 = subscriber(old);
  whole->configure(false, true);
  whole->protect(u"*\\plan.docx", ProtectionFlags::kWrite);
  EXPECT_EQ(word.write(path, "x").status, STATUS_ACCESS_DENIED);
  EXPECT_EQ(whole->blocked().at(0).path, path);
  EXPECT_TRUE(cut->blocked().at(0).path_cut);
  EXPECT_EQ(cut->blocked().at(0).path, path.substr(0, 259));
  EXPECT_EQ(v1->blocked().at(0).path, path.substr(0, 259));
  EXPECT_EQ(whole->own_books().block_notices.paths_cut, 0u);
  EXPECT_EQ(cut->own_books().block_notices.paths_cut, 1u);
  EXPECT_EQ(whole->books().block_notices.paths_cut, 2u);
}

TEST_F(ConnectionsTest, EventsFollowTheOperationsOfOthersWithTheirResults) {
  auto drm = subscriber();
  drm->forget();
  EXPECT_EQ(word.write(kFree, "new").status, STATUS_SUCCESS);
  EXPECT_EQ(word.read(u"C:\\Free\\missing.txt").status, STATUS_OBJECT_NAME_NOT_FOUND);
  const auto events = drm->events();
  const auto event = [&](uint32_t operation, std::u16string_view path, int32_t status) {
    return std::any_of(events.begin(), events.end(), [&](const Notice& seen) {
      return seen.operation == operation && seen.path == path && seen.status == status &&
             seen.process_id == word.id();
    });
  };
  EXPECT_TRUE(event(IRP_MJ_CREATE, kFree, STATUS_SUCCESS));
  EXPECT_TRUE(event(IRP_MJ_WRITE, kFree, STATUS_SUCCESS));
  EXPECT_TRUE(event(IRP_MJ_CLEANUP, kFree, STATUS_SUCCESS));
  EXPECT_TRUE(event(IRP_MJ_CREATE, u"C:\\Free\\missing.txt", STATUS_OBJECT_NAME_NOT_FOUND));
  expect_balanced(drm->books());
  drm->forget();
  drm->configure(false, true);
  EXPECT_EQ(word.write(kFree, "quiet").status, STATUS_SUCCESS);
  EXPECT_THAT(drm->events(), IsEmpty());
}

TEST_F(ConnectionsTest, WhatTheServiceItselfDoesIsNoEventAndNoExceptionEither) {
  auto drm = subscriber();
  drm->protect(u"C:\\ProtectedDocs\\*", ProtectionFlags::kWrite);
  drm->forget();
  EXPECT_EQ(drm->process().write(u"C:\\log.txt", "line").status, STATUS_SUCCESS);
  EXPECT_THAT(drm->events(), IsEmpty());
  EXPECT_EQ(drm->process().write(kPlan, "x").status, STATUS_ACCESS_DENIED);
}

// P-13: a connection whose worker cannot be started is refused and leaves nothing.
TEST_F(ConnectionsTest, NoThreadMeansNoConnection) {
  machine.fail_next(fltsim::routine::kPsCreateSystemThread);
  EXPECT_EQ(connect_as(kServiceImage, User::kSystem), hr(0x800705AA));
  machine.fail_next(fltsim::routine::kExAllocatePool2);
  EXPECT_EQ(connect_as(kServiceImage, User::kSystem), hr(0x800705AA));
  EXPECT_EQ(connect_as(kServiceImage, User::kSystem), S_OK);
}

}  // namespace
}  // namespace drmfilter::test

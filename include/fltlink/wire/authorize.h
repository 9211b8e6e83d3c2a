// The AUTHORIZE exchange of 1.1: the driver asks a client of role authorizer before it denies an operation that
// a policy with FLTLINK_PROTECT_ASK forbids. The question is a DRIVER_MESSAGE laid out like a block notice; its
// sender waits for the answer below. The growth rules are those of connect.h.
#pragma once

#include <fltlink/wire/connect.h>

enum {
  FLTLINK_MSG_TYPE_AUTHORIZE =
      0x104,  // driver to authorizer, DRIVER_MESSAGE; additional data is the reason text
  FLTLINK_MSG_TYPE_VERDICT = 0x105  // in the reply to it, FltlinkVerdict
};

enum {
  FLTLINK_VERDICT_ALLOW = 1,
  FLTLINK_VERDICT_DENY = 2
};

// 16 bytes, or more by the growth rule: the payload of the reply. The reply header's status is STATUS_SUCCESS; a
// failing one says that there is no verdict.
typedef struct FltlinkVerdict {
  uint32_t type;  // FLTLINK_MSG_TYPE_VERDICT
  uint32_t size;
  uint32_t verdict;  // FLTLINK_VERDICT_*
  uint32_t reserved0;
} FltlinkVerdict;

FLTLINK_ASSERT_SIZE(FltlinkVerdict, FLTLINK_VERDICT_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkVerdict, type, 0);
FLTLINK_ASSERT_OFFSET(FltlinkVerdict, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkVerdict, verdict, 8);
FLTLINK_ASSERT_OFFSET(FltlinkVerdict, reserved0, 12);

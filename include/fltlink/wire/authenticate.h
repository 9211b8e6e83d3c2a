// How a client of 1.1 shows that it holds the driver's key, and how its requests are sealed from then on. A driver
// that has a key accepts GET_NONCE and AUTHENTICATE and nothing else until it has seen a proof. The growth rules
// are those of connect.h.
//
// Every MAC is HMAC-SHA-256. A proof is made under the key over FltlinkBinding with the label "proof"; the
// connection's own sealing key is the MAC under the key over the same bytes with the label "seal". So neither
// means anything for another nonce, another connection, another process or another connect context.
#pragma once

#include <fltlink/wire/connect.h>

// Messages of the exchange.
enum {
  FLTLINK_MSG_TYPE_GET_NONCE = 0x106,  // service to driver, FltlinkNonceRequest
  FLTLINK_MSG_TYPE_NONCE = 0x107,      // in the reply to it, FltlinkNonceReply
  FLTLINK_MSG_TYPE_AUTHENTICATE =
      0x108  // service to driver, FltlinkAuthenticate; the reply is a status alone
};

// The labels, filled up with zeros.
#define FLTLINK_LABEL_PROOF "fltlink 1.1 connection proof"
#define FLTLINK_LABEL_SEAL "fltlink 1.1 sealing key"

// 16 bytes, or more by the growth rule. Asks for a new nonce; one that was not used is void from then on.
typedef struct FltlinkNonceRequest {
  uint32_t type;  // FLTLINK_MSG_TYPE_GET_NONCE
  uint32_t size;
  uint32_t reserved0;
  uint32_t reserved1;
} FltlinkNonceRequest;

FLTLINK_ASSERT_SIZE(FltlinkNonceRequest, FLTLINK_NONCE_REQUEST_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkNonceRequest, type, 0);
FLTLINK_ASSERT_OFFSET(FltlinkNonceRequest, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkNonceRequest, reserved0, 8);
FLTLINK_ASSERT_OFFSET(FltlinkNonceRequest, reserved1, 12);

// 48 bytes, or more by the growth rule.
typedef struct FltlinkNonceReply {
  uint32_t type;  // FLTLINK_MSG_TYPE_NONCE
  uint32_t size;
  uint32_t connection_id;  // never zero
  uint32_t attempts_left;  // how many proofs the driver will look at before it closes the connection
  uint8_t nonce[FLTLINK_NONCE_SIZE];
} FltlinkNonceReply;

FLTLINK_ASSERT_SIZE(FltlinkNonceReply, FLTLINK_NONCE_REPLY_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkNonceReply, type, 0);
FLTLINK_ASSERT_OFFSET(FltlinkNonceReply, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkNonceReply, connection_id, 8);
FLTLINK_ASSERT_OFFSET(FltlinkNonceReply, attempts_left, 12);
FLTLINK_ASSERT_OFFSET(FltlinkNonceReply, nonce, 16);

// 48 bytes, or more by the growth rule.
typedef struct FltlinkAuthenticate {
  uint32_t type;  // FLTLINK_MSG_TYPE_AUTHENTICATE
  uint32_t size;
  uint32_t reserved0;
  uint32_t reserved1;
  uint8_t proof[FLTLINK_MAC_SIZE];
} FltlinkAuthenticate;

FLTLINK_ASSERT_SIZE(FltlinkAuthenticate, FLTLINK_AUTHENTICATE_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkAuthenticate, type, 0);
FLTLINK_ASSERT_OFFSET(FltlinkAuthenticate, size, 4);
FLTLINK_ASSERT_OFFSET(FltlinkAuthenticate, reserved0, 8);
FLTLINK_ASSERT_OFFSET(FltlinkAuthenticate, reserved1, 12);
FLTLINK_ASSERT_OFFSET(FltlinkAuthenticate, proof, 16);

// 120 bytes, or 112 with a context of 40, never sent: what a proof and a sealing key are made from. Each side takes the process id from what
// it knows itself, the client its own and the driver that of the process which connected, so that a proof that
// was asked for by somebody in between fits nobody else's connection.
typedef struct FltlinkBinding {
  char label[32];  // FLTLINK_LABEL_*
  uint8_t nonce[FLTLINK_NONCE_SIZE];
  uint32_t connection_id;
  uint32_t process_id;
  FltlinkConnectContext context;  // as the client sent it, in as few bytes as say it
} FltlinkBinding;

FLTLINK_ASSERT_SIZE(FltlinkBinding, FLTLINK_BINDING_SIZE);
FLTLINK_ASSERT_OFFSET(FltlinkBinding, label, 0);
FLTLINK_ASSERT_OFFSET(FltlinkBinding, nonce, 32);
FLTLINK_ASSERT_OFFSET(FltlinkBinding, connection_id, 64);
FLTLINK_ASSERT_OFFSET(FltlinkBinding, process_id, 68);
FLTLINK_ASSERT_OFFSET(FltlinkBinding, context, 72);

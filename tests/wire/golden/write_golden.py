#!/usr/bin/env python3
"""Writes the golden bytes beside this file, from the tables of docs/PROTOCOL.md and from nothing of our code.

Run it by hand after the protocol has gained a message; a change to an existing file is a break of the protocol.
"""
import hashlib
import hmac
import pathlib
import struct

HERE = pathlib.Path(__file__).parent
PLAN = r"\Device\HarddiskVolume3\ProtectedDocs\plan.docx"
LONG = r"\Device\HarddiskVolume3" + r"\a-directory-name" * 15 + r"\plan.docx"
TIMESTAMP = 0x01DC5A3B2C1D0E0F
KEY = bytes(range(32))
NONCE = bytes(range(0xA0, 0xC0))


def text(units):
    return units.encode("utf-16-le")


def field(units):
    assert len(units) <= 259
    return text(units).ljust(520, b"\0")


def driver_message(kind, path, operation, result, additional=b"", flags=0):
    fixed = struct.pack("<IIIIq", kind, 4321, 8765, flags, TIMESTAMP) + field(path[:259])
    return fixed + struct.pack("<IiII", operation, result, len(additional), 0) + additional


def user_message(kind, body):
    return struct.pack("<I", kind) + body.ljust(528, b"\0")


def signed(message, sequence):
    checksum = 0
    for index, byte in enumerate(message):
        checksum ^= byte << (index % 4 * 8)
    return struct.pack("<IIII", 0x444D5246, 0x00010000, sequence, checksum) + message


def mac(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def binding(label, context):
    return label.ljust(32, b"\0") + NONCE + struct.pack("<II", 9, 4321) + context


def sealed(key, message, sequence):
    covered = struct.pack("<4I", 0x534C4E46, 0x00010001, sequence, 16 + len(message) + 32) + message
    return covered + mac(key, covered)


def record(message, message_class, sequence, flags=0):
    size = 16 + len(message)
    return struct.pack("<IBBHQ", size, 16, message_class, flags, sequence) + message + bytes(-size % 8)


def requests(received, accepted, pending, refused={}):
    return struct.pack("<17Q", received, accepted, pending, *(refused.get(reason, 0) for reason in range(14)))


ACCESS_DENIED = -0x3FFFFFDE
REASON = text("Blocked by policy")
full_path = struct.pack("<I", len(LONG) * 2) + text(LONG)
policy_update = user_message(1, struct.pack("<II", 1, 0x3A) + field(r"C:\ProtectedDocs\*.docx"))
file_event = driver_message(2, PLAN, 3, 0)

block_notification = driver_message(5, PLAN, 4, ACCESS_DENIED, REASON)

connect_context = struct.pack("<10I", 0x4B4C4E46, 40, 0x00010000, 0x00010001, 2, 65536, 2000, 0, 0, 0)

FILES = {
    "message_header": struct.pack("<IIQ", 16 + 40, 0, 7),
    "reply_header": struct.pack("<iIQ", ACCESS_DENIED, 0, 7),
    "file_event": file_event,
    "block_notification": block_notification,
    "file_event_cut_1_0": driver_message(2, LONG, 0, 0),
    "file_event_cut_1_1": driver_message(2, LONG, 0, 0, flags=1),
    "block_notification_full_path_1_1": driver_message(5, LONG, 6, ACCESS_DENIED, full_path + REASON, flags=3),
    "policy_update": policy_update,
    "config_change": user_message(6, struct.pack("<BBHI", 1, 0, 0, 3)),
    "status_request": user_message(3, b""),
    "status_reply": struct.pack("<iIIIqqB7x", 0, 32, 0x00010000, 3, 20000, 42, 1),
    "signed_policy_update": signed(policy_update, 5),
    "connect_context": connect_context,
    "nonce_request": struct.pack("<4I", 0x106, 16, 0, 0),
    "nonce_reply": struct.pack("<4I", 0x107, 48, 9, 3) + NONCE,
    "authenticate": struct.pack("<4I", 0x108, 48, 0, 0)
    + mac(KEY, binding(b"fltlink 1.1 connection proof", connect_context)),
    "sealed_policy_update": sealed(
        mac(KEY, binding(b"fltlink 1.1 sealing key", connect_context)), policy_update, 1
    ),
    "negotiate_request": struct.pack("<4I", 0x100, 16, 0, 0),
    "negotiate_reply": struct.pack("<10I", 0x101, 40, 0x00010001, 2, 65536, 2000, 0x100000, 9, 0, 0),
    "authorize": driver_message(0x104, PLAN, 4, ACCESS_DENIED, REASON),
    "verdict": struct.pack("<4I", 0x105, 16, 1, 0),
    "connect_context_authorizer": struct.pack("<10I", 0x4B4C4E46, 40, 0x00010001, 0x00010001, 3, 0, 0, 0, 5, 0),
    "negotiate_reply_authorizer": struct.pack(
        "<10I", 0x101, 40, 0x00010001, 3, 1070, 1000, 0x100000, 9, 5000, 5
    ),
    "counters_request": struct.pack("<4I", 0x102, 16, 9, 0),
    "counters_reply": struct.pack("<8I", 0x103, 1392, 9, 2, 2000, 731, 0, 0)
    + struct.pack("<12Q", 5000, 4900, 12, 3, 0, 80, 0, 5, 3, 0, 0, 0)
    + struct.pack("<12Q", 42, 40, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0)
    + requests(7, 0, 0, {1: 4, 13: 3})  # other: wrong size, disconnected
    + requests(6, 4, 0, {6: 1, 10: 1})  # POLICY_UPDATE: replayed, refused by the table
    + requests(2, 2, 0)
    + requests(1, 1, 0)
    + requests(1, 1, 0)
    + requests(3, 1, 1, {12: 1})  # COUNTERS: this one, and one for a connection that is not there
    + requests(0, 0, 0)
    + requests(0, 0, 0)
    + struct.pack("<10Q", 20, 12, 3, 1, 2, 1, 0, 1, 0, 0),
    "connect_context_batch": struct.pack(
        "<12I", 0x4B4C4E46, 48, 0x00010000, 0x00010002, 2, 65536, 2000, 0, 0, 0, 131072, 2000
    ),
    "negotiate_reply_batch": struct.pack(
        "<12I", 0x101, 48, 0x00010002, 2, 65536, 2000, 0x100000, 9, 0, 0, 131072, 2000
    ),
    "batch": record(block_notification, 1, 0)
    + struct.pack("<IBBH", 24, 8, 1, 1).ljust(24, b"\0")
    + record(block_notification, 1, 0),
    "record_run": record(b"first", 0, 1) + struct.pack("<IBBH", 8, 8, 0, 1) + record(b"sequence", 1, 2),
}

for name, content in FILES.items():
    (HERE / f"{name}.bin").write_bytes(content)

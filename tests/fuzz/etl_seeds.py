# SPDX-License-Identifier: Apache-2.0
"""Seeds of the fuzz target for event trace logs: every type of record, and one record or more of
every kind that a provider reads."""
import struct
import uuid

START, T0 = 0x01cd4e5ad733dd08, 1000


def pad(data):
    return data + bytes(-len(data) % 8)


def wide(text):
    return text.encode("utf-16-le") + b"\0\0"


def logfile(clock=1, pointer=8, major=6, build=19041, mode=0, lost=0, t0=T0):
    """The logfile header's record."""
    body = struct.pack("<IBBHII", 0x400, major, 1, 0x0501, build, 4) + bytes(16) + \
        struct.pack("<IIIIII", mode, 1, 1, pointer, lost, 3066) + bytes(2 * pointer + 176 + 8) + \
        struct.pack("<QQII", 10000000, START, clock, 0) + wide("a") + wide("b")
    kind = 2 if pointer == 8 else 1
    return pad(struct.pack("<HBBHHIIqQ", 2, kind, 0xc0, 32 + len(body), 0, 7, 8, t0, 0) + body)


def buffer(records, processor=0, flags=0x20, size=0, end=None):
    """One buffer; `size` fills it up."""
    body = b"".join(records)
    end = 0x48 + len(body) if end is None else end
    if flags & 0x40:
        body = literals(body)
    size = max(size, 0x48 + len(body))
    head = struct.pack("<I", size) + bytes(0x24) + struct.pack("<HHIIHH", processor, 1, 3, end, flags,
                                                               0) + bytes(16)
    return head + body + b"\xff" * (size - 0x48 - len(body))


def literals(data):
    """Plain LZ77 without a match."""
    out = b""
    for at in range(0, len(data), 32):
        out += struct.pack("<I", 0) + data[at:at + 32]
    return out


def perfinfo(hook, payload, raw, version=2, kind=0x11):
    return pad(struct.pack("<HBBHHq", version, kind, 0xc0, 16 + len(payload), hook, raw) + payload)


def system(hook, payload, raw, version=2, kind=2):
    head = struct.pack("<HBBHHIIq", version, kind, 0xc0, 0, hook, 77, 1234, raw)
    head += bytes(8 if kind < 3 else 0)
    head = head[:4] + struct.pack("<H", len(head) + len(payload)) + head[6:]
    return pad(head + payload)


def full(guid, opcode, payload, raw, version=2, kind=0x14):
    head = struct.pack("<HBBBBHIIq", 48 + len(payload), kind, 0xc0, opcode, 0, version, 77, 1234,
                       raw) + uuid.UUID(guid).bytes_le + bytes(8)
    return pad(head + payload)


def manifest(guid, number, payload, raw, version=0, keyword=0, items=b"", kind=0x13):
    size = 0x50 + len(items) + len(payload)
    head = struct.pack("<HBBHHIIq", size, kind, 0xc0, 1 if items else 0, 0, 77, 1234, raw)
    head += uuid.UUID(guid).bytes_le + struct.pack("<HBBBBHQ", number, version, 16, 4, 0, 10, keyword)
    return pad(head + bytes(24) + items + payload)


def item(kind, data, more):
    return struct.pack("<HHHH", 8 + len(pad(data)), kind, more, len(data)) + pad(data)


UDP4 = struct.pack("<II4s4s", 344, 388, bytes([10, 0, 0, 2]), bytes([10, 0, 0, 1])) + \
    bytes.fromhex("0035c350") + bytes(12)
UDP6 = struct.pack("<II", 344, 388) + bytes(32) + bytes.fromhex("0035c350") + bytes(12)
SID = bytes(16) + bytes([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0])
ADDRESS = struct.pack("<I", 16) + bytes.fromhex("02000035 0a000002") + bytes(8)
FRAME = bytes.fromhex("0015c5111111 00000c07ac15 0800 45000024 00070000 40110000 0a010101 ac176261"
                      "8ca30aca00100000 3132333435363738".replace(" ", ""))


def process(version):
    base = struct.pack("<QIIIi", 99, 1234, 4, 1, 0)
    base += struct.pack("<Q", 5) if version >= 3 else b""
    base += struct.pack("<I", 0) if version >= 4 else b""
    return base + SID + b"svchost.exe\0" + wide("svchost -k x") + wide("pkg") + wide("app")


def kernel_records():
    raw = T0
    for hook in (0x060a, 0x060b, 0x060c, 0x060d, 0x060f, 0x080a, 0x080b):
        raw += 10
        yield perfinfo(hook, UDP4, raw)
    for hook in (0x061a, 0x061b, 0x081a):
        raw += 10
        yield perfinfo(hook, UDP6, raw)
    yield perfinfo(0x080a, UDP4, raw, version=0x8302)
    yield perfinfo(0x080b, UDP4, raw, version=1, kind=0x10)
    yield system(0x060a, UDP4, raw, version=0, kind=1)
    yield system(0x080a, UDP4, raw, version=0, kind=3)
    for version in (1, 2, 3, 4, 5):
        yield system(0x0301, process(version), raw, version, kind=4)
    for hook in (0x0302, 0x0303, 0x0304, 0x0327):
        yield system(hook, process(4), raw, 4)
    for hook in (0x0501, 0x0503, 0x0502, 0x0504):
        yield perfinfo(hook, struct.pack("<II", 1234, 77) + bytes(72) + struct.pack("<I", 9), raw, 3)
    yield perfinfo(0x0b0f, struct.pack("<III", 1234, 4, 9) + wide("Dnscache") + wide("DNS"), raw, 3)
    yield perfinfo(0x0b0d, bytes(20) + wide("Card") + wide("fe80::1;10.1.1.1;") + wide(""), raw, 2)
    yield full("bf3a50c5-a9c9-4988-a005-2df0b7c80f80", 10, UDP4, raw)


NETWORK = "7dd42a49-5329-4832-8dfd-43d979153a88"
PROCESS = "22fb2cd6-0e7b-422b-a0c7-2fad1fd0e716"
TCPIP = "2f07e2ee-15db-40f1-90ef-9d7ba282188a"
AFD = "e53c6823-7bb8-44bb-90dc-3f86090d48a6"
NDIS = "2ed6006e-4729-4609-b423-3ee7bcd678ef"
PKTMON = "4d4f80d9-c8bd-4d73-bb5b-19c90402c5ac"


def manifest_records():
    raw = T0
    items = item(6, bytes(16), 1) + item(13, bytes(8), 1) + item(11, bytes(3), 0)
    for number in (10, 11, 12, 13, 15, 42, 43):
        yield manifest(NETWORK, number, UDP4, raw)
    yield manifest(NETWORK, 58, UDP6, raw, items=items)
    created = struct.pack("<IQIII", 1234, START, 4, 1, 0) + wide("\\Device\\a.exe")
    yield manifest(PROCESS, 1, created + bytes(16), raw)
    yield manifest(PROCESS, 2, struct.pack("<IQQIIIIQQQIIIIII", 1234, *[0] * 15) + b"a.exe\0", raw)
    yield manifest(PROCESS, 3, struct.pack("<II", 1234, 77) + bytes(64), raw, 1)
    for number in (1169, 1170):
        yield manifest(TCPIP, number, struct.pack("<QIII", 1, 1, 100, 16) + ADDRESS[4:] + ADDRESS +
                       struct.pack("<IQ", 1234, 5), raw)
    for number in (1002, 1017, 1033, 1038, 1531):
        yield manifest(TCPIP, number, bytes(8) + ADDRESS + ADDRESS + bytes(24), raw)
    for number in (1000, 1001, 1003, 1007):
        yield manifest(AFD, number, struct.pack("<IIQQI", 0, 2, 1, 2, 3) + bytes(16) + ADDRESS, raw)
    yield manifest(NDIS, 1001, struct.pack("<III", 1, 2, len(FRAME)) + FRAME, raw, 0,
                   0x80000601c0000001)
    yield manifest(NDIS, 1001, struct.pack("<III", 1, 2, 20) + FRAME[:20], raw, 0,
                   0x8000060140000001)
    yield manifest(NDIS, 1001, struct.pack("<III", 1, 2, len(FRAME) - 20) + FRAME[20:], raw, 0,
                   0x8000060180000001)
    yield manifest(PKTMON, 160, struct.pack("<QHHHHHHIIIII", 1, 1, 1, 1, 0, 1, 0, 3, 0, 0, len(FRAME),
                                            len(FRAME)) + FRAME, raw)


def others():
    yield struct.pack("<HBBHHI", 20, 0, 0x90, 1, 1, 5) + bytes(12)
    yield struct.pack("<HBBI", 8, 0x0d, 0xc0, 0)
    yield full("3d6fa8d0-fe05-11d0-9dda-00c04fd7ba7c", 3, process(1), T0, 1, 0x0a)
    yield pad(full("9e814aad-3204-11d2-9a82-006008a86939", 3, bytes(0x18), T0, 1, 0x15))


def seeds():
    kernel, manifests = list(kernel_records()), list(manifest_records())
    yield "etl", "kernel", buffer([logfile()], size=0x400) + buffer(kernel) + \
        buffer([perfinfo(0x080a, UDP4, T0 + 5)], 1)
    yield "etl", "manifests", buffer([logfile()], size=0x400) + buffer(manifests)
    yield "etl", "compressed", buffer([logfile()]) + buffer(kernel[:6], 0, 0x60) + \
        buffer(kernel[6:9], 1, 0x60)
    yield "etl", "lost", buffer([logfile(lost=3)]) + buffer(kernel[:2], 0) + \
        buffer(kernel[2:4], 0, 0x22) + buffer(kernel[4:5], 0, 0x24)
    yield "etl", "old", buffer([logfile(0, 4, 5, 2600, t0=START)], flags=0, size=0x400) + \
        b"\x05\0\0\0" + buffer([perfinfo(0x080a, UDP4, START, 1, 0x10)], flags=0, size=0x400)[4:]
    yield "etl", "circular", buffer(kernel[:8]) + buffer(kernel[8:12])
    yield "etl", "preallocated", buffer([logfile(mode=0x20)]) + buffer(kernel[:1]) + bytes(200)
    yield "etl", "others", buffer([logfile(3)]) + buffer(list(others()))
    yield "etl", "cycles", buffer([logfile(3)]) + buffer(kernel[:3], end=1 << 30)
    yield "etl", "cut", (buffer([logfile()]) + buffer(kernel))[:900]

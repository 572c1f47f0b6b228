"""The files inside winmail.dat."""

import base64
import struct

from tests.channels.email.letters import parts
from ticketdesk.channels.email import tnef
from ticketdesk.channels.email.parse import parse


def _attribute(level: int, number: int, value: bytes) -> bytes:
    return struct.pack("<BHHI", level, number, 6, len(value)) + value + b"\0\0"


def _property(number: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def _winmail() -> bytes:
    names = struct.pack("<I", 1) + _property(0x3707, 0x001F, "für dich.txt".encode("utf-16-le") + b"\0\0")
    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + _attribute(2, 0x9002, b"\0" * 14)
        + _attribute(2, 0x8010, b"F_RDIC~1.TXT\0")
        + _attribute(2, 0x800F, b"content")
        + _attribute(2, 0x9005, names)
    )


def test_members_with_their_long_names() -> None:
    found = tnef.read(_winmail())
    assert found is not None
    assert [(file.name, file.content) for file in found.files] == [("für dich.txt", b"content")]


def test_a_stream_cut_anywhere_does_no_harm() -> None:
    whole = _winmail()
    for cut in range(len(whole)):
        tnef.read(whole[:cut])
    assert tnef.read(b"something else") is None


def test_members_stand_in_for_the_container() -> None:
    packed = base64.b64encode(_winmail()).decode()
    raw = parts(
        "Content-Type: text/plain\r\n\r\nsee file",
        f"Content-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n{packed}",
    )
    assert [(file.filename, file.size) for file in parse(raw).attachments] == [("für dich.txt", 7)]

"""Files of old Macs: read whole or not at all, and never larger than they may be."""

import binascii

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.channels.email.letters import letter
from ticketdesk.channels.email import binhex
from ticketdesk.channels.email.parse import parse

ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"


def written(name: bytes, data: bytes, *, runs: bool = True) -> bytes:
    """A file as an old Mac writes it."""
    head = bytes([len(name)]) + name + b"\0TEXTttxt\0\0" + len(data).to_bytes(4) + bytes(4)
    plain = b"".join(part + binascii.crc_hqx(part, 0).to_bytes(2) for part in (head, data, b""))
    packed, at = bytearray(), 0
    while at < len(plain):
        byte, times = plain[at], 1
        while runs and at + times < len(plain) and plain[at + times] == byte and times < 255 and byte != 0x90:
            times += 1
        packed += bytes([byte]) + (b"\0" if byte == 0x90 else b"")
        if times > 3:
            packed += bytes([0x90, times])
        else:
            packed += bytes([byte]) * (times - 1)
        at += times
    bits = "".join(f"{byte:08b}" for byte in packed)
    bits += "0" * (-len(bits) % 6)
    letters = bytes(ALPHABET[int(bits[i : i + 6], 2)] for i in range(0, len(bits), 6))
    lines = b"\r\n".join(letters[i : i + 64] for i in range(0, len(letters), 64))
    return b"(This file must be converted with BinHex 4.0)\r\n:" + lines + b":\r\n"


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_what_was_written_is_read(data: bytes, runs: bool) -> None:
    assert binhex.read(written(b"chair.png", data, runs=runs)) == binhex.File("chair.png", data)


def test_a_mail_shows_the_file_inside() -> None:
    body = written(b"chair.txt", b"elm " * 50)
    parsed = parse(letter(body, kind="application/mac-binhex40"))
    assert [(file.filename, file.size) for file in parsed.attachments] == [("chair.txt", 200)]
    assert parsed.attachments[0].content == b"elm " * 50


@pytest.mark.parametrize(
    "spoilt",
    [b"", b":", b"::", b":!!!!:", b"words", written(b"x", b"abc")[:-12], written(b"x", b"abc").replace(b"!", b'"')],
)
def test_what_is_damaged_stays_as_it_came(spoilt: bytes) -> None:
    assert binhex.read(spoilt) is None


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_nothing_raises(noise: bytes) -> None:
    binhex.read(noise)
    binhex.read(b":" + bytes(ALPHABET[byte % 64] for byte in noise) + b":")


def test_runs_of_runs_end_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binhex, "LARGEST", 1000)
    assert binhex.read(written(b"x", b"a" * 5000)) is None

"""BinHex 4.0: what old Macs made of a file so that it survived mail (RFC 1741); only its data is kept."""

import binascii
from dataclasses import dataclass

LARGEST = 40_000_000
"""Bytes after its runs are written out: a run of 255 is three letters, so a mail could say far more than it weighs."""
_ALPHABET = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
_VALUES = {letter: value for value, letter in enumerate(_ALPHABET)}
_OPENING = b"(This file must be converted with BinHex"
_RUN = 0x90
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class File:
    """The data of a file, and what it was called."""

    name: str
    content: bytes


def read(body: bytes) -> File | None:
    """The file in a body, or None when there is none or it is damaged."""
    begin = body.find(_OPENING)
    begin = body.find(b"\n", begin) if begin >= 0 else 0
    colon = body.find(b":", max(begin, 0))
    end = body.find(b":", colon + 1)
    if colon < 0 or end < 0:
        return None
    packed = _six_bits(body[colon + 1 : end])
    plain = _written_out(packed) if packed is not None else None
    return _parts(plain) if plain is not None else None


def _six_bits(letters: bytes) -> bytes | None:
    """Four letters are three bytes."""
    out = bytearray()
    held = bits = 0
    for letter in letters.translate(None, b" \t\r\n"):
        value = _VALUES.get(letter)
        if value is None:
            return None
        held, bits = held << 6 | value, bits + 6
        if bits >= 8:
            bits -= 8
            out.append(held >> bits & 0xFF)
            held &= (1 << bits) - 1
    return bytes(out)


def _written_out(packed: bytes) -> bytes | None:
    """The bytes with their runs: 0x90 and a number repeat the byte before, 0x90 and zero are 0x90 itself."""
    out = bytearray()
    at = 0
    while at < len(packed):
        run = packed.find(_RUN, at)
        if run < 0 or run + 1 >= len(packed):
            out += packed[at:]
            break
        out += packed[at:run]
        times = packed[run + 1]
        if times == 0:
            out.append(_RUN)
        elif not out:
            return None
        else:
            out += bytes([out[-1]]) * (times - 1)
        if len(out) > LARGEST:
            return None
        at = run + 2
    return bytes(out)


def _parts(plain: bytes) -> File | None:
    """Name, two sums, and the data between them."""
    length = plain[0] if plain else 0
    head = 1 + length + 1 + 4 + 4 + 2 + 4 + 4
    if not 0 < length <= _LONGEST_NAME or len(plain) < head + 2:
        return None
    size = int.from_bytes(plain[head - 8 : head - 4])
    data = plain[head + 2 : head + 2 + size]
    if not _sums_up(plain[:head], plain[head : head + 2]) or len(data) != size:
        return None
    if not _sums_up(data, plain[head + 2 + size : head + 4 + size]):
        return None
    return File(plain[1 : 1 + length].decode("mac_roman", "replace"), data)


def _sums_up(content: bytes, expected: bytes) -> bool:
    return binascii.crc_hqx(content, 0) == int.from_bytes(expected) if len(expected) == 2 else False

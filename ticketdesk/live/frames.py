"""The frames of a socket as a server writes and reads them (RFC 6455, without extensions); pure."""

from typing import NamedTuple

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MOST_CONTROL = 125
"""Bytes in a control frame (5.5)."""

NORMAL = 1000
PROTOCOL_ERROR = 1002
NOT_TEXT = 1007
TOO_BIG = 1009
RESTARTS = 1012
LATER = 1013


class Broken(Exception):
    """What was read is no frame that we take; `code` says why when the socket is closed."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a frame was refused with {code}")
        self.code = code


class Frame(NamedTuple):
    """One frame of a browser, its mask taken off."""

    kind: int
    body: bytes
    is_last: bool


def written(kind: int, body: bytes) -> bytes:
    """One whole frame; a server never masks (5.1)."""
    if len(body) <= MOST_CONTROL:
        return bytes((0x80 | kind, len(body))) + body
    return bytes((0x80 | kind, 126)) + len(body).to_bytes(2, "big") + body


def text(words: str) -> bytes:
    """Some words, of less than 64 KiB."""
    return written(TEXT, words.encode())


def closing(code: int) -> bytes:
    """A goodbye that gives a code and no words."""
    return written(CLOSE, code.to_bytes(2, "big"))


def read(heard: bytes, longest: int) -> tuple[Frame | None, bytes]:
    """The first frame in what was heard, if it is whole, and the rest; raises Broken, for a body over `longest` too."""
    if len(heard) < 2:
        return None, heard
    kind, is_last, size, start = heard[0] & 15, bool(heard[0] & 0x80), heard[1] & 127, 2
    _check(heard, kind, is_last, size)
    if size == 127:
        raise Broken(TOO_BIG)
    if size == 126:
        if len(heard) < 4:
            return None, heard
        size, start = int.from_bytes(heard[2:4], "big"), 4
    if size > longest:
        raise Broken(TOO_BIG)
    end = start + 4 + size
    if len(heard) < end:
        return None, heard
    body = _unmasked(heard[start + 4 : end], heard[start : start + 4])
    return Frame(kind, body, is_last), heard[end:]


def _check(heard: bytes, kind: int, is_last: bool, size: int) -> None:
    """Raise Broken for reserved bits, unknown kinds, a body without a mask, and control frames that are long or cut."""
    is_control = kind in (CLOSE, PING, PONG)
    known = is_control or kind in (CONTINUED, TEXT, BINARY)
    if heard[0] & 0x70 or not heard[1] & 0x80 or not known:
        raise Broken(PROTOCOL_ERROR)
    if is_control and (size > MOST_CONTROL or not is_last):
        raise Broken(PROTOCOL_ERROR)


def _unmasked(body: bytes, mask: bytes) -> bytes:
    size = len(body)
    if not size:
        return b""
    long_mask = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(body, "big") ^ int.from_bytes(long_mask, "big")).to_bytes(size, "big")

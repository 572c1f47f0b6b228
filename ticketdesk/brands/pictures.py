"""What a picture is, by its bytes: kind and size, read from its head without unpacking it."""

from dataclasses import dataclass

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8\xff"
FRAMES = frozenset((*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0)))
"""Markers of JPEG that begin with the size (ITU T.81, B.1.1.3)."""
ALONE = frozenset((0x01, *range(0xD0, 0xD9)))
"""Markers of JPEG without a length."""
LONGEST_HEAD = 4096
"""Segments of a JPEG that are looked at before its size."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; width and height in pixels."""

    kind: str
    width: int
    height: int


def look(content: bytes) -> Picture | None:
    """The picture these bytes are, or None for anything but PNG, JPEG and WebP."""
    if content.startswith(PNG):
        return _sized("image/png", _png(content))
    if content.startswith(JPEG):
        return _sized("image/jpeg", _jpeg(content))
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return _sized("image/webp", _webp(content))
    return None


def _sized(kind: str, size: tuple[int, int] | None) -> Picture | None:
    if size is None or min(size) < 1:
        return None
    return Picture(kind, *size)


def _png(content: bytes) -> tuple[int, int] | None:
    if content[12:16] != b"IHDR" or len(content) < 24:
        return None
    return _big(content[16:20]), _big(content[20:24])


def _jpeg(content: bytes) -> tuple[int, int] | None:
    at = 2
    for _segment in range(LONGEST_HEAD):
        if at + 9 > len(content) or content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker in FRAMES:
            return _big(content[at + 7 : at + 9]), _big(content[at + 5 : at + 7])
        at += 1 if marker == 0xFF else 2 if marker in ALONE else 2 + _big(content[at + 2 : at + 4])
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    """The size in the first chunk (RFC 9649, 2.5 to 2.7)."""
    kind = content[12:16]
    if len(content) < 30:
        return None
    if kind == b"VP8X":
        return _little(content[24:27]) + 1, _little(content[27:30]) + 1
    if kind == b"VP8L" and content[20] == 0x2F:
        bits = _little(content[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        return _little(content[26:28]) & 0x3FFF, _little(content[28:30]) & 0x3FFF
    return None


def _big(octets: bytes) -> int:
    return int.from_bytes(octets, "big")


def _little(octets: bytes) -> int:
    return int.from_bytes(octets, "little")

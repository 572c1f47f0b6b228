"""Pictures known by their first bytes: what kind, and how large, without decoding them (SECURITY R07, R22)."""

from dataclasses import dataclass

MOST_PIXELS = 40_000_000
SMALLEST = 3
"""Pixels of a side below which a picture is there to be fetched, not to be seen."""
_SIGNATURES = ((b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"GIF87a", "gif"), (b"GIF89a", "gif"))
_NO_LENGTH = frozenset((0x01, *range(0xD0, 0xDA)))
_FRAMES = frozenset((*range(0xC0, 0xD0),)) - {0xC4, 0xC8, 0xCC}
MOST_SEGMENTS = 500


@dataclass(frozen=True, slots=True)
class Picture:
    """What the bytes say of themselves, in pixels."""

    kind: str  # a media type
    width: int
    height: int

    @property
    def is_too_large(self) -> bool:
        """Whether decoding it would take more memory than a picture is worth."""
        return self.width * self.height > MOST_PIXELS

    @property
    def is_trace(self) -> bool:
        """Whether it only tells its owner that somebody looked."""
        return self.width < SMALLEST or self.height < SMALLEST


def look(content: bytes) -> Picture | None:
    """The picture that these bytes begin, or None for anything but PNG, JPEG, GIF and WebP."""
    kind = next((kind for signature, kind in _SIGNATURES if content.startswith(signature)), None)
    if kind is None and content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        kind = "webp"
    read = {"png": _png, "gif": _gif, "jpeg": _jpeg, "webp": _webp}.get(kind or "")
    size = read(content) if read is not None else None
    return None if size is None else Picture(f"image/{kind}", *size)


def _png(content: bytes) -> tuple[int, int] | None:
    if content[12:16] != b"IHDR" or len(content) < 24:
        return None
    return int.from_bytes(content[16:20]), int.from_bytes(content[20:24])


def _gif(content: bytes) -> tuple[int, int] | None:
    if len(content) < 10:
        return None
    return int.from_bytes(content[6:8], "little"), int.from_bytes(content[8:10], "little")


def _jpeg(content: bytes) -> tuple[int, int] | None:
    """The size in the frame header, found by walking over the segments before it."""
    at = 2
    for _ in range(MOST_SEGMENTS):
        while content[at : at + 2] == b"\xff\xff":
            at += 1
        if at + 9 > len(content) or content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if marker in _FRAMES:
            return int.from_bytes(content[at + 7 : at + 9]), int.from_bytes(content[at + 5 : at + 7])
        at += 2 if marker in _NO_LENGTH else 2 + max(2, int.from_bytes(content[at + 2 : at + 4]))
    return None


def _webp(content: bytes) -> tuple[int, int] | None:
    if len(content) < 30:
        return None
    form = content[12:16]
    if form == b"VP8X":
        return 1 + int.from_bytes(content[24:27], "little"), 1 + int.from_bytes(content[27:30], "little")
    if form == b"VP8L" and content[20] == 0x2F:
        bits = int.from_bytes(content[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if form == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        return int.from_bytes(content[26:28], "little") & 0x3FFF, int.from_bytes(content[28:30], "little") & 0x3FFF
    return None

"""Pictures that customers attach: boards of teak, drawn here, so that none has to be shipped."""

import struct
import zlib
from collections.abc import Sequence
from itertools import chain
from random import Random

from ticketdesk.tickets.placing import NewFile

WIDTH, HEIGHT = 320, 216
_TEAK = (164, 112, 66)
_CARTON = (186, 150, 108)
_DARK, _PALE, _WHITE = (38, 24, 14), (216, 180, 140), (244, 243, 238)
Row = list[tuple[int, int, int]]


def attached(names: Sequence[str]) -> tuple[NewFile, ...]:
    """A picture for each name; what it is called says what is to be seen on it: a crack, a scratch or a label."""
    return tuple(NewFile(name, "image/png", _drawn(name)) for name in names)


def _drawn(name: str) -> bytes:
    chance = Random(name)  # noqa: S311  # the same picture for the same name
    rows = _board(chance, _CARTON if "label" in name else _TEAK)
    if "label" in name:
        _stick_label(rows, chance)
    elif "crack" in name or "split" in name:
        _draw_line(rows, chance, _DARK, slope=0.35, widest=7)
    elif "scratch" in name:
        _draw_line(rows, chance, _PALE, slope=1.1, widest=2)
    return _png(rows)


def _board(chance: Random, colour: tuple[int, int, int]) -> list[Row]:
    """Long grain with a seam between two boards."""
    grain = [chance.randrange(-9, 10) for _ in range(WIDTH)]
    rows: list[Row] = []
    tone = 0.0
    for y in range(HEIGHT):
        tone = 0.86 * tone + chance.uniform(-6, 6)
        seam = -60 if abs(y - HEIGHT // 2) < 2 else 0
        shift = chance.randrange(WIDTH)
        light = int(tone) + seam + 14 - 28 * y // HEIGHT
        shades = {step: _shade(colour, light + step) for step in set(grain)}
        rows.append([shades[grain[(x + shift) // 5 % WIDTH]] for x in range(WIDTH)])
    return rows


def _shade(colour: tuple[int, int, int], by: int) -> tuple[int, int, int]:
    red, green, blue = (min(255, max(0, part + by)) for part in colour)
    return red, green, blue


def _draw_line(rows: list[Row], chance: Random, colour: tuple[int, int, int], *, slope: float, widest: int) -> None:
    """A jagged line from the left, thinner towards its end."""
    y = HEIGHT * chance.uniform(0.25, 0.4)
    end = int(WIDTH * 0.8)
    for x in range(WIDTH // 10, end):
        y += chance.uniform(-1.2, 1.2) + slope * chance.random() * 0.5
        half = widest * (end - x) / end / 2
        for row in range(int(y - half), int(y + half) + 1):
            if 0 <= row < HEIGHT:
                rows[row][x] = _shade(colour, chance.randrange(-8, 9))


def _stick_label(rows: list[Row], chance: Random) -> None:
    """White paper with bars and lines of print."""
    top, left, bottom, right = HEIGHT // 5, WIDTH // 5, HEIGHT * 4 // 5, WIDTH * 4 // 5
    bars = [chance.random() < 0.5 for _ in range((right - left) // 3 + 1)]
    print_ = [[chance.random() < 0.75 for _ in range((right - left) // 8 + 1)] for _ in range(4)]
    for y in range(top, bottom):
        for x in range(left, right):
            inside = left + 12 < x < right - 12
            line = (y - top - 72) // 14
            is_bar = inside and top + 12 < y < top + 60 and bars[(x - left) // 3]
            is_print = inside and 0 <= line < 4 and (y - top - 72) % 14 < 7 and print_[line][(x - left) // 8]
            rows[y][x] = _DARK if is_bar or is_print else _shade(_WHITE, chance.randrange(-4, 5))


def _png(rows: list[Row]) -> bytes:
    """The picture as a file (PNG, 2nd edition: signature, header, data, end)."""
    plain = b"".join(b"\0" + bytes(chain.from_iterable(row)) for row in rows)
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(plain, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )

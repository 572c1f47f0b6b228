"""A file becomes a table: which letters it is written in, what stands between its cells, and its lines."""

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from ticketdesk.core import cells

LARGEST = 10 * 1024 * 1024
"""Bytes of a file."""
MOST_LINES = 50_000
MOST_COLUMNS = 100
LONGEST_HEADING = 120
BETWEEN = (",", ";", "\t", "|")
LOOKED_AT = 30
"""Lines that show what stands between cells."""
SAMPLE = 4_096


class Unreadable(ValueError):
    """The file is no table; says why, and where."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line with something in it."""

    number: int  # from 1, the headings not counted
    at: int  # the line of the file at which it begins, as an editor counts them
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A file as it was understood."""

    encoding: str
    between: str
    headings: list[str]
    lines: list[Line]
    many: int  # lines, also those that are not kept


def read(content: bytes, keep: int = MOST_LINES) -> Table:
    """Understand a file, and keep its first lines; raises Unreadable for what cannot be understood as a whole."""
    if len(content) > LARGEST:
        raise Unreadable(f"The file is larger than {LARGEST // 1024 // 1024} MB. Bring it in parts.")
    encoding, text = _decoded(content)
    if "\x00" in text:
        raise Unreadable(f"Line {text.count(chr(10), 0, text.index(chr(0))) + 1} has a character that cannot be kept.")
    text, between = _between(text)
    rows = _rows(text, between)
    headings = next(rows, None)
    if headings is None:
        raise Unreadable("There is nothing in this file.")
    if len(headings[1]) > MOST_COLUMNS:
        raise Unreadable(f"A file has at most {MOST_COLUMNS} columns; this one has {len(headings[1])}.")
    lines: list[Line] = []
    many = 0
    for at, row in rows:
        many += 1
        if many > MOST_LINES:
            raise Unreadable(f"A file has at most {MOST_LINES:,} lines. Bring it in parts.")
        if many <= keep:
            lines.append(Line(many, at, row))
    if not many:
        raise Unreadable("There are headings in this file, but no lines below them.")
    plain = [" ".join(one.split())[:LONGEST_HEADING] for one in headings[1]]
    return Table(encoding, between, plain, lines, many)


def _decoded(content: bytes) -> tuple[str, str]:
    """By the mark at the beginning, else by what the bytes can be: hardly anything else is UTF-8 by chance."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "UTF-16", _strictly(content, "utf-16")
    if content.startswith(codecs.BOM_UTF8):
        return "UTF-8", _strictly(content.removeprefix(codecs.BOM_UTF8), "utf-8")
    wide = _wide(content[:SAMPLE])
    if wide is not None:
        return "UTF-16", _strictly(content, wide)
    try:
        return "UTF-8", content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        return "Windows-1252", content.decode("cp1252")
    except UnicodeDecodeError:
        return "Latin-1", content.decode("latin-1")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        before = content[: error.start].decode(encoding, "ignore")
        raise Unreadable(f"Line {before.count(chr(10)) + 1} has bytes that are no letters.") from error


def _wide(sample: bytes) -> str | None:
    """UTF-16 without its mark: every second byte of most letters is zero."""
    half = max(1, len(sample) // 2)
    if sample[1::2].count(0) > 0.6 * half and sample[::2].count(0) < 0.2 * half:
        return "utf-16-le"
    if sample[::2].count(0) > 0.6 * half and sample[1::2].count(0) < 0.2 * half:
        return "utf-16-be"
    return None


def _between(text: str) -> tuple[str, str]:
    """What stands between cells: what cuts the first lines into the same number of cells, and into most."""
    first, _end, rest = text.partition("\n")
    if first.lower().startswith("sep=") and len(first.strip()) == 5:  # as spreadsheets say it themselves
        return rest, first[4]
    return text, max(BETWEEN, key=lambda one: (*_fit(text, one), -BETWEEN.index(one)))


def _fit(text: str, between: str) -> tuple[float, int]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between)
    widths: list[int] = []
    try:
        widths += [len(row) for row in islice(reader, LOOKED_AT) if any(row)]
    except csv.Error:
        return 0, 0
    if not widths:
        return 0, 0
    width, many = Counter(widths).most_common(1)[0]
    return (many / len(widths), width) if width > 1 else (0, 1)


def _rows(text: str, between: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Each line with something in it, and where it begins; raises Unreadable where quotation marks do not pair."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=between, strict=True)
    while True:
        at = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            if "limit" in str(error):
                raise Unreadable(f"The line that begins at {at} has a cell that is too long.") from error
            raise Unreadable(
                f"The line that begins at {at} has a quotation mark in the middle, or one without its pair."
            ) from error
        if row is None:
            return
        if any(cell.strip() for cell in row):
            yield at, tuple(cells.words_of(cell) for cell in row)

"""Tables for spreadsheets, in which nothing can come alive."""

import csv
import io
from collections.abc import Iterable, Sequence

LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet reckon a cell (OWASP, "CSV Injection"), the full-width forms included."""


def csv_of(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A comma-separated file as spreadsheets read it: UTF-8 with its mark, and words that could be formulas quoted."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_MINIMAL)
    for row in (head, *rows):
        writer.writerow([cell(value) for value in row])
    return b"\xef\xbb\xbf" + written.getvalue().encode("utf-8", "replace")


def cell(value: object) -> str:
    """One value as it may stand in a cell; numbers stay numbers, words that look like formulas get an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return str(value)
    words = str(value)
    start = words.lstrip(" \u00a0\ufeff\u200b")
    return f"'{words}" if start.startswith(LIVE) else words

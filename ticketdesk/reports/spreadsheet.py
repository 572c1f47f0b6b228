"""Tables for spreadsheets, in which nothing can come alive."""

import csv
import io
from collections.abc import Iterable, Sequence

from ticketdesk.core.cells import cell


def csv_of(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A comma-separated file as spreadsheets read it: UTF-8 with its mark, and words that could be formulas quoted."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_MINIMAL)
    for row in (head, *rows):
        writer.writerow([cell(value) for value in row])
    return b"\xef\xbb\xbf" + written.getvalue().encode("utf-8", "replace")

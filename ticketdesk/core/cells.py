"""Cells of spreadsheets: on the way out nothing in them can come alive, on the way in they are the same words again."""

from decimal import Decimal

LIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet reckon a cell (OWASP, "CSV Injection"), the full-width forms included."""
_BLANK = " \u00a0\ufeff\u200b"


def cell(value: object) -> str:
    """One value as it may stand in a cell; numbers stay numbers, words that look like formulas get an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | float):
        return str(value)
    words = str(value)
    return f"'{words}" if _is_live(words) else words


def words_of(cell: str) -> str:
    """What a cell says: the apostrophe that kept it from being reckoned is no part of that."""
    return cell[1:] if cell.startswith("'") and _is_live(cell[1:]) else cell


def _is_live(words: str) -> bool:
    return words.lstrip(_BLANK).startswith(LIVE)

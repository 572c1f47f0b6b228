"""What can be typed into an attribute of a contact, and the one form in which it is kept."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

LONGEST = 1_000
MOST_DIGITS = 30


class Unfit(ValueError):
    """What was typed does not fit; says why, for the person who typed it."""


def normal(kind: str, typed: str, choices: Sequence[str] = ()) -> str:
    """The form in which a value is kept, empty for none; raises Unfit."""
    words = " ".join(typed.split())
    if not words:
        return ""
    if len(words) > LONGEST:
        raise Unfit("This is too long.")
    if kind == "number":
        return _number(words)
    if kind == "date":
        return _date(words)
    if kind == "choice":
        return _choice(words, choices)
    if kind == "checkbox":
        return "yes" if words.casefold() in ("yes", "y", "true", "1", "on") else _no(words)
    return words


def _number(words: str) -> str:
    try:
        number = Decimal(words.replace(" ", "").replace(",", "."))
    except InvalidOperation as error:
        raise Unfit("This is no number.") from error
    if not number.is_finite() or len(words) > MOST_DIGITS or abs(number.adjusted()) > MOST_DIGITS:
        raise Unfit("This is no number that can be kept.")
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _date(words: str) -> str:
    try:
        return date.fromisoformat(words).isoformat()
    except ValueError as error:
        raise Unfit("This is no date such as 2026-03-04.") from error


def _choice(words: str, choices: Sequence[str]) -> str:
    for choice in choices:
        if choice.casefold() == words.casefold():
            return choice
    raise Unfit("This is none of the choices.")


def _no(words: str) -> str:
    if words.casefold() in ("no", "n", "false", "0", "off"):
        return ""
    raise Unfit("This is neither yes nor no.")


def day(value: str) -> date | None:
    """The day that a value of kind date means."""
    return date.fromisoformat(value) if value else None

"""What can be typed into a field of a ticket, and the one form in which each kind is kept."""

import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ticketdesk.contacts import attribute_values
from ticketdesk.contacts.attribute_values import Unfit

LONGEST = 500
"""Letters of a text: so much surely fits into an entry of its index."""
LARGEST_ID = 2**63 - 1

Values = tuple[str, ...]
"""Of one field on one ticket: keys of options, a plain number, 2026-03-04, words, "yes", or the number of a row."""

COLUMNS: Mapping[str, str] = {
    "text": "words",
    "number": "number",
    "choice": "code",
    "choices": "code",
    "date": "day",
    "checkbox": "code",
    "reference": "refers_id",
}
"""In which column the values of a kind are kept."""


def composed(words: str) -> str:
    """Letters in one way of writing them (Unicode NFC), so that they are found again."""
    return unicodedata.normalize("NFC", words)


def understood(kind: str, typed: Sequence[str], options: Mapping[str, str], present: Values = ()) -> Values:
    """The values as they are kept, none where nothing was said; raises Unfit. A reference is not for here.

    `options` are offered by their keys; what is chosen already may stay, though it is offered no more.
    """
    if kind in ("choice", "choices"):
        chosen = tuple(dict.fromkeys(one for one in typed if one))
        if any(one not in options and one not in present for one in chosen):
            raise Unfit("This is none of the choices.")
        if kind == "choice" and len(chosen) > 1:
            raise Unfit("Choose only one.")
        order = [*options, *(one for one in present if one not in options)]
        return tuple(sorted(chosen, key=order.index))
    words = composed(typed[-1]) if typed else ""
    if kind == "text" and len(" ".join(words.split())) > LONGEST:
        raise Unfit(f"At most {LONGEST} letters, please.")
    value = attribute_values.normal(kind, words)
    if value == "-0":  # a number without a sign of its own comes back without one
        value = "0"
    return (value,) if value else ()


def column(kind: str, value: str) -> Any:
    """A value as its column takes it."""
    if kind == "number":
        return Decimal(value)
    if kind == "date":
        return date.fromisoformat(value)
    return int(value) if kind == "reference" else value


def plain(kind: str, kept: Any) -> str:
    """The same the other way round."""
    if kind == "number":
        words = f"{kept:f}"
        return words.rstrip("0").rstrip(".") if "." in words else words
    return kept.isoformat() if kind == "date" else str(kept)

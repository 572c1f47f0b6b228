"""What comes in, as tests name it: the letter's own fields beside those of where it goes."""

from dataclasses import fields
from typing import Any

from ticketdesk.channels.inbound import Inbound
from ticketdesk.tickets.receiving import Letter

_OF_LETTER = {field.name for field in fields(Letter)}


def inbound(**given: Any) -> Inbound:
    """An Inbound with its Letter, from the fields of both."""
    letter = {name: given.pop(name) for name in _OF_LETTER & given.keys()}
    return Inbound(letter=Letter(**letter), **given)

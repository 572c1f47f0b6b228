"""Taking turns where there is no row to lock: by kind and number, until the transaction ends."""

from enum import IntEnum, unique

from sqlalchemy import text

from ticketdesk.core.db import db

_NUMBERS = 2**31


@unique
class Turn(IntEnum):
    """What is waited for; each kind has numbers of its own, so that no two wait for each other by accident."""

    AUTOMATIC_MAIL = 7  # of an identity
    FETCHING = 8  # from a mailbox
    FORM = 9  # sent as one filling
    SURVEY = 10  # of a contact
    DISPATCH = 11  # to the team of a queue


def key(turn: Turn, number: int) -> dict[str, int]:
    """A turn as PostgreSQL's advisory locks name it."""
    return {"kind": int(turn), "number": number % _NUMBERS}


def take(turn: Turn, number: int) -> None:
    """Wait until nobody else has this turn, and have it until the transaction ends."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:kind, :number)"), key(turn, number))

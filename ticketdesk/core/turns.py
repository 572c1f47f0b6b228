"""Taking turns where there is no row to lock: by kind and number, until the transaction ends."""

from collections.abc import Iterable
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
    AGENT_WORK = 11  # given to an agent
    QUARANTINE = 20  # told of, to administrators


def key(turn: Turn, number: int) -> dict[str, int]:
    """A turn as PostgreSQL's advisory locks name it."""
    return {"kind": int(turn), "number": number % _NUMBERS}


def take(turn: Turn, number: int) -> None:
    """Wait until nobody else has this turn, and have it until the transaction ends."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:kind, :number)"), key(turn, number))


def take_all(turn: Turn, numbers: Iterable[int]) -> None:
    """Take several turns of one kind, always in ascending order, so that two who want the same never block each other.

    Once in a transaction: a second call could want a lower number than one that is held.
    """
    db.session.execute(
        text(
            "SELECT pg_advisory_xact_lock(:kind, ordered.number)"
            " FROM (SELECT DISTINCT number FROM unnest(CAST(:numbers AS integer[])) AS number"
            " ORDER BY number) AS ordered"
        ),
        {"kind": int(turn), "numbers": [number % _NUMBERS for number in numbers]},
    ).all()

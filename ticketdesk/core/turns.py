"""Taking turns where there is no row to lock: by kind and number, until the transaction ends."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum, unique

import psycopg
from flask import current_app
from sqlalchemy import text

from ticketdesk.core.config import Config
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
    ACCESS = 12  # to a mailbox, asked of its provider
    SITTING = 13  # of an agent, measured
    QUARANTINE = 20  # told of, to administrators


def key(turn: Turn, number: int) -> dict[str, int]:
    """A turn as PostgreSQL's advisory locks name it."""
    return {"kind": int(turn), "number": number % _NUMBERS}


def take(turn: Turn, number: int) -> None:
    """Wait until nobody else has this turn, and have it until the transaction ends."""
    db.session.execute(text("SELECT pg_advisory_xact_lock(:kind, :number)"), key(turn, number))


@contextmanager
def held(turn: Turn, number: int, *, waiting: bool) -> Iterator[bool]:
    """Have a turn as long as it takes, without a transaction; yields whether we have it, which is sure when `waiting`.

    For talks with other people's servers. The connection is one of its own: many slow servers must not use up those
    that all others share.
    """
    config: Config = current_app.extensions["ticketdesk.config"]
    lock = "pg_advisory_lock(%(kind)s::int, %(number)s::int) IS NOT NULL"
    if not waiting:
        lock = "pg_try_advisory_lock(%(kind)s::int, %(number)s::int)"
    with psycopg.connect(config.libpq_url, autocommit=True, connect_timeout=5) as connection:
        row = connection.execute(f"SELECT {lock}", key(turn, number)).fetchone()
        yield row is not None and bool(row[0])


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

"""Turns: one at a time of each kind and number, and no kind waits for another."""

from sqlalchemy import text

from tests.people import World
from ticketdesk.core import turns
from ticketdesk.core.db import db
from ticketdesk.core.turns import Turn


def is_free(turn: Turn, number: int) -> bool:
    """Whether another connection could have a turn now."""
    with db.engine.connect() as connection:
        taken = text("SELECT pg_try_advisory_xact_lock(:kind, :number)")
        return bool(connection.execute(taken, turns.key(turn, number)).scalar_one())


def test_a_turn_is_had_by_one_until_the_transaction_ends(committed_world: World) -> None:
    turns.take(Turn.SURVEY, 3)
    assert not is_free(Turn.SURVEY, 3)
    assert is_free(Turn.SURVEY, 4)
    db.session.rollback()
    assert is_free(Turn.SURVEY, 3)


def test_no_kind_waits_for_another(committed_world: World) -> None:
    for turn in Turn:
        turns.take(turn, 3)
        assert all(is_free(other, 3) for other in Turn if other > turn)


def test_large_numbers_fit(committed_world: World) -> None:
    turns.take(Turn.FORM, 2**32 - 1)
    turns.take(Turn.SURVEY, 2**62)

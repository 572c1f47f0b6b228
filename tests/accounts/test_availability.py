"""Who is here: what agents state, and whether their browsers still say so."""

from datetime import datetime, timedelta

from tests.people import World
from ticketdesk.accounts import availability
from ticketdesk.core.db import db


def online(now: datetime) -> set[int]:
    return set(db.session.scalars(availability.online("email", now)))


def test_online_lasts_as_long_as_heartbeats(world: World, now: datetime) -> None:
    availability.state(world.alice, "email", "online", now)
    assert online(now + timedelta(seconds=89)) == {world.alice.id}
    assert online(now + timedelta(seconds=90)) == set()
    availability.heartbeats([world.alice.id], now + timedelta(seconds=60))
    assert online(now + timedelta(seconds=149)) == {world.alice.id}


def test_whoever_was_not_heard_of_is_gone_after_the_grace(world: World, now: datetime) -> None:
    availability.state(world.alice, "email", "online", now)
    gone = lambda at: set(db.session.scalars(availability.gone("email", at)))  # noqa: E731
    assert gone(now + timedelta(seconds=149)) == set()
    assert gone(now + timedelta(seconds=150)) == {world.alice.id}


def test_a_heartbeat_makes_nobody_online(world: World, now: datetime) -> None:
    availability.heartbeats([world.alice.id], now)
    availability.state(world.bob, "email", "offline", now)
    availability.heartbeats([world.bob.id], now)
    availability.state(world.sam, "email", "away", now)
    assert online(now) == set()


def test_the_last_word_counts_for_each_channel(world: World, now: datetime) -> None:
    availability.state(world.alice, "email", "online", now)
    availability.state(world.alice, "chat", "online", now)
    assert availability.state(world.alice, "email", "away", now).state == "away"
    assert online(now) == set()
    assert set(db.session.scalars(availability.online("chat", now))) == {world.alice.id}

"""Who types: for seconds, to the other side only, and words only where they are meant to be seen."""

from datetime import datetime, timedelta

from flask import Flask
from redis import Redis

from tests.live.conftest import Heard
from ticketdesk.live import typing
from ticketdesk.live.typing import LONGEST, SHELF_LIFE, WORDS_LIFE, Typed


def test_a_visitor_types_for_some_seconds(app: Flask, heard: Heard, now: datetime) -> None:
    typing.visitor_types(7, "seven", None, now)
    assert typing.visitor(7, now + timedelta(seconds=SHELF_LIFE - 1)) == Typed(None)
    assert typing.visitor(7, now + timedelta(seconds=SHELF_LIFE)) is None
    assert typing.visitor(8, now) is None
    typing.visitor_types(7, "seven", None, now + timedelta(seconds=3))
    assert heard() == [("ticket:seven", "typing")], "going on is no news"
    typing.visitor_types(7, "seven", None, now + timedelta(seconds=30))
    assert heard() == [("ticket:seven", "typing")]


def test_a_visitor_stops(app: Flask, heard: Heard, now: datetime) -> None:
    typing.visitor_types(7, "seven", "a canary", now)
    typing.visitor_stopped(7, "seven")
    assert typing.visitor(7, now) is None
    assert heard() == [("ticket:seven", "typing")] * 2
    typing.visitor_stopped(7, "seven")
    assert heard() == []


def test_words_are_kept_a_little_longer_and_their_end_is_shown(app: Flask, redis: Redis, now: datetime) -> None:
    typing.visitor_types(7, "seven", "x" * LONGEST + "canary", now)
    found = typing.visitor(7, now + timedelta(seconds=WORDS_LIFE - 1))
    assert found is not None
    assert found.words is not None
    assert len(found.words) == LONGEST
    assert found.words.endswith("canary")
    assert typing.visitor(7, now + timedelta(seconds=WORDS_LIFE)) is None
    for key in redis.keys("*typing*"):
        assert 0 < redis.ttl(key) <= WORDS_LIFE


def test_without_words_earlier_ones_go(app: Flask, redis: Redis, now: datetime) -> None:
    typing.visitor_types(7, "seven", "a canary", now)
    typing.visitor_types(7, "seven", None, now)
    assert typing.visitor(7, now) == Typed(None)


def test_the_visitor_hears_that_somebody_answers(app: Flask, heard: Heard, now: datetime) -> None:
    typing.agent_types(7, "seven", 1, now)
    typing.agent_types(7, "seven", 2, now)
    typing.agent_stopped(7, "seven", 1, now)
    assert heard() == [("talk:seven", "typing")] * 2, "another one still types"
    typing.agent_stopped(7, "seven", 2, now)
    assert heard() == [("talk:seven", "stopped")]
    typing.agent_stopped(7, "seven", 2, now)
    assert heard() == []


def test_whoever_fell_silent_does_not_hold_the_dots(app: Flask, heard: Heard, now: datetime) -> None:
    typing.agent_types(7, "seven", 1, now)
    typing.agent_types(7, "seven", 2, now + timedelta(seconds=5))
    heard()
    typing.agent_stopped(7, "seven", 2, now + timedelta(seconds=7))
    assert heard() == [("talk:seven", "stopped")]

"""Who is here: kept for seconds, two tabs of one person are one, and a shelf that is away breaks nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from redis.exceptions import ConnectionError as Away

from tests.live.conftest import Heard
from ticketdesk.live import presence, shelf
from ticketdesk.live.presence import SHELF_LIFE, Place

HERE = Place(7, "seven", 3)
ALICE, BOB = 1, 2


def test_what_a_page_says_holds_for_its_shelf_life(app: Flask, now: datetime) -> None:
    presence.be(HERE, ALICE, "a", "looking", now)
    assert presence.of([7, 8], now + timedelta(seconds=SHELF_LIFE - 1)) == {7: {ALICE: "looking"}}
    assert presence.of([7, 8], now + timedelta(seconds=SHELF_LIFE)) == {}


def test_redis_forgets_it_as_well(app: Flask, redis: Redis, now: datetime) -> None:
    presence.be(HERE, ALICE, "a", "looking", now)
    [key] = redis.keys("*here*")
    assert 0 < redis.ttl(key) <= SHELF_LIFE


def test_two_tabs_of_one_person_are_one_and_the_busier_counts(app: Flask, heard: Heard, now: datetime) -> None:
    assert presence.be(HERE, ALICE, "a", "looking", now)
    assert heard() == [("ticket:seven", "presence"), ("queue:3", "presence")]
    assert not presence.be(HERE, ALICE, "b", "looking", now)
    assert not presence.be(HERE, ALICE, "a", "looking", now + timedelta(seconds=15))
    assert heard() == [], "it rings only when the picture changes"
    assert presence.be(HERE, ALICE, "b", "reply", now)
    assert presence.of([7], now) == {7: {ALICE: "reply"}}
    assert not presence.leave(HERE, ALICE, "a", now)
    assert presence.leave(HERE, ALICE, "b", now)
    assert presence.of([7], now) == {}
    assert heard() == [("ticket:seven", "presence"), ("queue:3", "presence")] * 2


def test_people_do_not_overwrite_each_other(app: Flask, now: datetime) -> None:
    presence.be(HERE, ALICE, "same", "note", now)
    presence.be(HERE, BOB, "same", "reply", now)
    presence.be(Place(8, "eight", 3), BOB, "same", "looking", now)
    assert presence.of([7, 8], now) == {7: {ALICE: "note", BOB: "reply"}, 8: {BOB: "looking"}}


def test_coming_back_after_the_shelf_life_is_news(app: Flask, redis: Redis, heard: Heard, now: datetime) -> None:
    later = now + timedelta(seconds=SHELF_LIFE + 1)
    presence.be(HERE, ALICE, "old", "reply", now)
    heard()
    assert presence.be(HERE, ALICE, "new", "looking", later)
    assert presence.of([7], later) == {7: {ALICE: "looking"}}
    assert len(redis.hgetall(redis.keys("*here*")[0])) == 1, "what is over is swept"


def test_the_crowd_is_bounded(app: Flask, now: datetime) -> None:
    for number in range(presence.MOST_TABS + 5):
        presence.be(HERE, ALICE, f"tab{number}", "looking", now)
    assert not presence.be(HERE, BOB, "a", "looking", now)
    assert presence.of([7], now) == {7: {ALICE: "looking"}}


def test_many_tickets_are_one_question(app: Flask, monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    asked: list[object] = []
    whole = shelf.ask

    def counted(what: Callable[[Any], object]) -> list[Any] | None:
        asked.append(what)
        return whole(what)

    monkeypatch.setattr(shelf, "ask", counted)
    presence.of(list(range(50)), now)
    assert len(asked) == 1
    presence.of([], now)
    assert len(asked) == 1


def test_while_redis_is_away_nobody_is_here_and_nobody_waits_twice(
    app: Flask, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    tried: list[bool] = []

    class Gone:
        """A Redis that does not answer."""

        def pipeline(self, transaction: bool) -> "Gone":
            tried.append(transaction)
            raise Away

    monkeypatch.setitem(app.extensions, "ticketdesk.redis", Gone())
    monkeypatch.setitem(app.extensions, "ticketdesk.shelf_rests_until", 0.0)
    assert not presence.be(HERE, ALICE, "a", "looking", now)
    assert presence.of([7], now) == {}
    assert not presence.leave(HERE, ALICE, "a", now)
    assert len(tried) == 1, "it rests before it tries again"


def test_rubbish_on_the_shelf_is_nobody(app: Flask, redis: Redis, now: datetime) -> None:
    redis.hset("ticketdesk:here:7", mapping={"x:a": "looking 9999999999", "1:b": "dancing 1", "1:c": "reply soon"})
    assert presence.of([7], now) == {}

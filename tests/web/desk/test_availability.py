"""Whether one takes work, channel by channel, and what one appears to be."""

import json
from datetime import timedelta

from flask.testing import FlaskClient
from redis import Redis

from tests.people import World
from tests.web.desk.conftest import words
from ticketdesk.accounts import availability
from ticketdesk.accounts.availability import FRESH
from ticketdesk.core import bell, clock
from ticketdesk.core.db import db


def rail(client: FlaskClient) -> str:
    return words(client.get("/desk/rail").text)


def test_each_channel_has_a_state_of_its_own(alice: FlaskClient) -> None:
    assert "Mail and forms" in rail(alice)
    alice.post("/desk/availability", data={"channel": "chat", "state": "online"})
    page = alice.get("/desk/rail").text
    assert "Availability: Off by mail, Taking by chat" in page
    assert "appear away" not in page


def test_whoever_gives_no_sign_of_life_appears_away(alice: FlaskClient, world: World) -> None:
    long_ago = clock.now() - FRESH - timedelta(seconds=5)
    availability.state(world.alice, "email", "online", long_ago)
    db.session.commit()
    assert "You appear away: no sign of life of this desk since" in rail(alice)
    availability.heartbeats([world.alice.id], clock.now())
    db.session.commit()
    assert "appear away" not in rail(alice)


def test_whoever_said_that_they_are_away_is_not_reminded(alice: FlaskClient, world: World) -> None:
    availability.state(world.alice, "email", "away", clock.now() - FRESH * 2)
    db.session.commit()
    assert "appear away" not in rail(alice)


def test_every_tab_hears_of_it(alice: FlaskClient, world: World, redis: Redis) -> None:
    with redis.pubsub(ignore_subscribe_messages=True) as listening:
        listening.subscribe(bell.channel(redis))
        listening.get_message(timeout=1)

        def heard() -> list[tuple[str, str]]:
            found = []
            while (message := listening.get_message(timeout=0.1)) is not None:
                ring = json.loads(message["data"])
                found.append((ring["topic"], ring["kind"]))
            return found

        mine = (f"agent:{world.alice.id}", "availability")
        alice.post("/desk/availability", data={"state": "online"})
        assert heard().count(mine) == 1
        availability.heartbeats([world.alice.id], clock.now() + timedelta(seconds=30))
        db.session.commit()
        assert mine not in heard(), "nothing changed"
        availability.heartbeats([world.alice.id], clock.now() + timedelta(seconds=30) + FRESH)
        db.session.commit()
        assert mine in heard(), "they are there again"
        later = clock.now() + timedelta(seconds=30) + FRESH * 2
        availability.heartbeats([world.alice.id], later, timedelta(seconds=30))
        db.session.commit()
        assert mine in heard(), "and when it is noted for many at once"

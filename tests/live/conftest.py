"""What the bell rings, for tests of what is said by it."""

import json
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from redis import Redis

from ticketdesk.core import bell

Heard = Callable[[], list[tuple[str, str]]]


@pytest.fixture
def heard(app: Flask, redis: Redis) -> Iterator[Heard]:
    """What rang since it was asked last, by topic and kind."""
    with redis.pubsub(ignore_subscribe_messages=True) as listening:
        listening.subscribe(bell.channel(redis))
        listening.get_message(timeout=1)

        def rung() -> list[tuple[str, str]]:
            found = []
            while (message := listening.get_message(timeout=0.05)) is not None:
                assert b"canary" not in message["data"], "a ring carries no words"
                ring = json.loads(message["data"])
                if ring["kind"] != bell.NEWS:  # the bell is one for all; other tests ring for news
                    found.append((ring["topic"], ring["kind"]))
            return found

        yield rung

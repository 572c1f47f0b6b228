"""The bell: after a commit, browsers are told that something is new, never what."""

import json
from typing import Any, TypeAlias

import structlog
from flask import current_app
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session

from ticketdesk.core.db import db

NEWS = "news"
"""The kind of ring that says that something new is stored; other kinds say what is kept nowhere."""

Rings: TypeAlias = dict[tuple[str, str], int | None]

log = structlog.get_logger(__name__)


def channel(redis: Redis) -> str:
    """Where a Redis carries our rings: its databases are apart in all but this, so the number is part of the name."""
    return f"ticketdesk:bell:{redis.connection_pool.connection_kwargs.get('db') or 0}"


def ring(topic: str, seq: int | None = None, kind: str = NEWS) -> None:
    """After the commit, say that `topic` (e.g. "ticket:<reference>", "queue:3") changed, up to `seq` if it counts."""
    rings: Rings = db.session.info.setdefault("rings", {})
    rings[topic, kind] = seq


def say(topic: str, kind: str) -> None:
    """At once, whatever becomes of the transaction, say what is kept nowhere: that somebody looks, or writes."""
    _publish({(topic, kind): None})


@event.listens_for(Session, "after_commit")
def _ring_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    rings: Rings = session.info.pop("rings", {})
    if rings:
        _publish(rings)


def _publish(rings: Rings) -> None:
    redis: Any = current_app.extensions["ticketdesk.redis"]
    try:
        pipe, where = redis.pipeline(transaction=False), channel(redis)
        for (topic, kind), seq in rings.items():
            pipe.publish(where, json.dumps({"topic": topic, "seq": seq, "kind": kind}))
        pipe.execute()
    except (RedisError, OSError) as error:  # browsers that hear nothing ask again by themselves
        log.warning("bell not rung", error=str(error))


@event.listens_for(Session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("rings", None)

"""The bell: after a commit, browsers are told that something is new, never what."""

import json
from typing import Any

import structlog
from flask import current_app
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.orm import Session

from ticketdesk.core.db import db

CHANNEL = "ticketdesk:bell"

log = structlog.get_logger(__name__)


def ring(topic: str, seq: int | None = None) -> None:
    """After the commit, say that `topic` (e.g. "ticket:<reference>", "queue:3") changed, up to `seq` if it counts."""
    rings: dict[str, int | None] = db.session.info.setdefault("rings", {})
    rings[topic] = seq


@event.listens_for(Session, "after_commit")
def _ring_after_commit(session: Session) -> None:
    if session.in_nested_transaction():
        return
    rings: dict[str, int | None] = session.info.pop("rings", {})
    if not rings:
        return
    redis: Any = current_app.extensions["ticketdesk.redis"]
    try:
        pipe = redis.pipeline(transaction=False)
        for topic, seq in rings.items():
            pipe.publish(CHANNEL, json.dumps({"topic": topic, "seq": seq}))
        pipe.execute()
    except (RedisError, OSError) as error:  # browsers that hear nothing ask again by themselves
        log.warning("bell not rung", error=str(error))


@event.listens_for(Session, "after_rollback")
def _forget_after_rollback(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop("rings", None)

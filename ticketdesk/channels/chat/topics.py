"""What a chat can be about: asked beside the first message, and deciding the queue where an administrator says so."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from ticketdesk.channels.chat.widget import Widget
from ticketdesk.core.db import db
from ticketdesk.core.errors import Invalid
from ticketdesk.tickets.queue import Queue

MOST = 12
LONGEST = 60
ARROW = ">"


def understood(given: Iterable[str]) -> list[dict[str, Any]]:
    """Lines such as "Returns" or "Returns > Orders", each topic once; raises Invalid, naming the line."""
    written = [line for line in given if line.strip()]
    if len(written) > MOST:
        raise Invalid(f"At most {MOST} topics: more nobody reads.", "topics")
    queues = _queues() if any(ARROW in line for line in written) else {}
    found: dict[str, dict[str, Any]] = {}
    for line in written:
        name, arrow, queue = (" ".join(part.split()) for part in line.partition(ARROW))
        if not 0 < len(name) <= LONGEST:
            raise Invalid(f"Each topic needs a name of at most {LONGEST} letters.", "topics")
        if arrow and queue.casefold() not in queues:
            raise Invalid(f"{name}: there is no queue {queue}.", "topics")
        found.setdefault(name.casefold(), {"name": name, "queue_id": queues[queue.casefold()] if arrow else None})
    return list(found.values())


def lines(topics: Iterable[dict[str, Any]]) -> list[str]:
    """The same as an administrator writes it."""
    names = {queue_id: name for name, queue_id in _named_queues()}
    return [
        f"{topic['name']} {ARROW} {names[topic['queue_id']]}" if topic["queue_id"] in names else topic["name"]
        for topic in topics
    ]


def check(widget: Widget, topic: str) -> None:
    """Raises Invalid for a topic that the widget does not offer; none is asked of whoever cannot be asked."""
    if topic and topic not in {one["name"] for one in widget.topics}:
        raise Invalid("Choose one of those offered.", "topic")


def queue_of(widget: Widget, topic: str | None) -> int:
    """Where a talk begins: in the queue of its topic while that is in use, else in the widget's."""
    wanted = next((one["queue_id"] for one in widget.topics if one["name"] == topic), None)
    queue = db.session.get(Queue, wanted) if wanted is not None else None
    return queue.id if queue is not None and queue.archived_at is None else widget.queue_id


def _queues() -> dict[str, int]:
    return {name.casefold(): queue_id for name, queue_id in _named_queues()}


def _named_queues() -> list[tuple[str, int]]:
    rows = db.session.execute(select(Queue.name, Queue.id).where(Queue.archived_at.is_(None)).order_by(Queue.id))
    return [(row.name, row.id) for row in rows]

"""What a saved view names that is gone: tags that nobody uses any more, people who left, queues out of use."""

from collections.abc import Iterable, Sequence

from sqlalchemy import String, cast, literal, select, union_all

from ticketdesk.accounts.agent import Agent
from ticketdesk.core.db import db
from ticketdesk.tickets.queue import Queue
from ticketdesk.tickets.saved_view_fields import Condition
from ticketdesk.tickets.tag import Tag
from ticketdesk.web.texts import _


def remarks(conditions: Sequence[Condition]) -> list[str]:
    """A sentence for each thing that is gone; one question, and none where nothing is named."""
    tags = {value for one in conditions if one.field == "tag" for value in one.values}
    agents, queues = _ids(conditions, "assignee"), _ids(conditions, "queue")
    if not (tags or agents or queues):
        return []
    there = [
        select(literal("tag"), Tag.name).where(Tag.name.in_(tags)),
        select(literal("agent"), cast(Agent.id, String)).where(Agent.id.in_(agents), Agent.disabled_at.is_(None)),
        select(literal("left"), Agent.name).where(Agent.id.in_(agents), Agent.disabled_at.is_not(None)),
        select(literal("queue"), cast(Queue.id, String)).where(Queue.id.in_(queues), Queue.archived_at.is_(None)),
    ]
    found = {(row[0], row[1]) for row in db.session.execute(union_all(*there))}
    left = sorted(name for kind, name in found if kind == "left")
    gone = [
        *(_("There is no tag “%(tag)s” any more.", tag=tag) for tag in sorted(tags) if ("tag", tag) not in found),
        *(_("%(name)s, whom it names, does not work here any more.", name=name) for name in left),
    ]
    if len(left) < sum(("agent", str(one)) not in found for one in agents):
        gone.append(_("Somebody whom it names is not known here any more."))
    if any(("queue", str(one)) not in found for one in queues):
        gone.append(_("A queue that it names is out of use."))
    return gone


def _ids(conditions: Iterable[Condition], field: str) -> set[int]:
    return {number for one in conditions if one.field == field for number in one.ids}

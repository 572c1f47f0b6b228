"""Queues are set up, shared with other teams, put in order and archived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from ticketdesk.accounts.permissions import LEVELS
from ticketdesk.accounts.team import Team
from ticketdesk.brands.brand import default_brand
from ticketdesk.core import audit, rows
from ticketdesk.core.actor import Actor
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets.queue import Queue, QueueGrant, QueueTeam

LONGEST_NAME = 80
STRATEGIES = ("manual", "round_robin", "fewest_open", "most_spare")
LONGEST_CLOSING = 365
ICONS = ("queue", "inbox", "mail", "truck", "card", "chair", "org", "users", "flag", "star", "globe", "book", "bolt")
"""Names in the icon set that stand well in the rail."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How a queue works."""

    name: str
    team_id: int
    icon: str = "queue"
    strategy: str = "manual"
    closes_after_days: int = 14


def create(setup: Setup, by: Actor, at: datetime) -> Queue:
    """A new queue, the last in the order; raises Invalid, and Conflict while there is no brand it could belong to."""
    brand = default_brand()
    if brand is None:
        raise Conflict("Say first what your company is called.")
    _check(setup, None)
    last = db.session.scalar(select(func.max(Queue.position)))
    queue = Queue(
        brand_id=brand.id, position=0 if last is None else last + 1, created_at=at, archived_at=None, **_columns(setup)
    )
    db.session.add(queue)
    db.session.flush()
    audit.note("queue_created", "queue", queue.id, by, at, {"team_id": queue.team_id})
    return queue


def lock(queue_id: int) -> Queue:
    """The queue, held until the end of the transaction; raises NoResultFound."""
    return rows.held(Queue, queue_id)


def change(queue: Queue, setup: Setup, by: Actor, at: datetime) -> None:
    """Set a queue up in another way; another team sees its tickets from this moment on. Raises Invalid."""
    queue = lock(queue.id)
    _check(setup, queue.id)
    changed = {name: value for name, value in _columns(setup).items() if getattr(queue, name) != value}
    if "team_id" in changed:
        _check_serving(queue)
    for name, value in changed.items():
        setattr(queue, name, value)
    if changed:
        changed.pop("name", None)
        audit.note("queue_changed", "queue", queue.id, by, at, changed)


def share(queue: Queue, grants: Mapping[int, str], by: Actor, at: datetime) -> None:
    """Let exactly these other teams take part, each up to a level; raises Invalid."""
    queue = lock(queue.id)
    wanted = {team_id: level for team_id, level in grants.items() if team_id != queue.team_id}
    if not set(wanted.values()) <= set(LEVELS):
        raise Invalid("There is no such level.", "grants")
    known = set(db.session.scalars(select(Team.id).where(Team.id.in_(wanted))))
    if known != set(wanted):
        raise Invalid("There is no such team.", "grants")
    present = {grant.team_id: grant.level for grant in grants_of(queue.id)}
    if wanted == present:
        return
    serving = set(db.session.scalars(select(QueueTeam.team_id).where(QueueTeam.queue_id == queue.id)))
    if any(wanted.get(team, "read") == "read" for team in serving - {queue.team_id}):
        raise Invalid("A team that serves this queue must be able to reply in it.", "grants")
    db.session.execute(
        delete(QueueGrant).where(QueueGrant.queue_id == queue.id), execution_options={"synchronize_session": "fetch"}
    )
    db.session.add_all(QueueGrant(team_id=team, queue_id=queue.id, level=level) for team, level in wanted.items())
    db.session.flush()
    audit.note(
        "queue_shared", "queue", queue.id, by, at, {"levels": {str(team): level for team, level in wanted.items()}}
    )


def grants_of(queue_id: int) -> Sequence[QueueGrant]:
    """What other teams may do in a queue."""
    return db.session.scalars(select(QueueGrant).where(QueueGrant.queue_id == queue_id)).all()


def reorder(queue_ids: Sequence[int], by: Actor, at: datetime) -> None:
    """Show the queues in this order; raises Conflict unless it names each that is in use exactly once."""
    found = {
        queue.id: queue
        for queue in db.session.scalars(
            select(Queue).where(Queue.archived_at.is_(None)).order_by(Queue.id).with_for_update(key_share=True)
        )
    }
    if sorted(queue_ids) != sorted(found):
        raise Conflict("The list of queues has changed meanwhile. Look at it again.")
    for position, queue_id in enumerate(queue_ids):
        found[queue_id].position = position
    audit.note("queues_reordered", "queue", None, by, at, {"order": list(queue_ids)})


def archive(queue: Queue, by: Actor, at: datetime) -> None:
    """Put no new work into a queue; its tickets stay. Whether mail still comes is for the caller to ask."""
    queue = lock(queue.id)
    if queue.archived_at is None:
        queue.archived_at = at
        audit.note("queue_archived", "queue", queue.id, by, at)


def restore(queue: Queue, by: Actor, at: datetime) -> None:
    """Use an archived queue again."""
    queue = lock(queue.id)
    if queue.archived_at is not None:
        queue.archived_at = None
        audit.note("queue_restored", "queue", queue.id, by, at)


def _check_serving(queue: Queue) -> None:
    """Raises Invalid while the queue's team is one of those that serve it in an order: it would answer no more."""
    if db.session.get(QueueTeam, (queue.id, queue.team_id)) is not None:
        raise Invalid("This team stands in the order in which teams serve the queue. Take it out there first.", "team")


def _columns(setup: Setup) -> dict[str, str | int]:
    return {
        "name": " ".join(setup.name.split()),
        "team_id": setup.team_id,
        "icon": setup.icon,
        "strategy": setup.strategy,
        "closes_after_days": setup.closes_after_days,
    }


def _check(setup: Setup, own_id: int | None) -> None:
    name = " ".join(setup.name.split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise Invalid(f"Give the queue a name of at most {LONGEST_NAME} letters.", "name")
    if db.session.scalar(select(Queue.id).where(Queue.name == name, Queue.id.is_distinct_from(own_id))) is not None:
        raise Invalid("Another queue has this name.", "name")
    if db.session.get(Team, setup.team_id) is None:
        raise Invalid("There is no such team.", "team")
    if setup.icon not in ICONS:
        raise Invalid("There is no such picture.", "icon")
    if setup.strategy not in STRATEGIES:
        raise Invalid("There is no such way of handing out work.", "strategy")
    if not 1 <= setup.closes_after_days <= LONGEST_CLOSING:
        raise Invalid(f"Between 1 and {LONGEST_CLOSING} days.", "closes_after_days")

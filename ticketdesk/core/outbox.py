"""The memory of work: whatever must still happen is a row here, written with the change that caused it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Row,
    Table,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.sql.dml import ReturningUpdate

from ticketdesk.core import workplace
from ticketdesk.core.db import Id, Json, Model, db

LEASE = timedelta(seconds=60)
"""How long a worker may take before its row is given to another."""
RENUDGE = timedelta(seconds=15)
"""How long a nudge may stay unanswered before the relay nudges again."""
MAX_DEATHS = 3
"""A row that took its worker down this often is set aside (SECURITY P13)."""

DOUBT = timedelta(minutes=10)
"""How long an attempt that may have succeeded rests before its one repetition (SEMANTICS 7)."""
HELD = datetime(9999, 12, 31, tzinfo=UTC)
"""The due time of a row that waits for a person's word."""

PARKED = "its worker stopped every time"
"""Why a row was set aside."""

WAITING = ("queued", "ambiguous")
STAGE_TALK = "talk"
"""The stage from which an attempt takes up one of its server's places."""
STAGE_CUT = "data"
"""The stage from which a cut attempt may have succeeded."""
PLACES = 2
"""So many talks with one outside server go on at once (SECURITY P06)."""


class OutboxRow(Model):
    """One piece of work for the background; states: queued, claimed, done, sent, delivered, bounced, failed,
    ambiguous (it may or may not have left), parked (it kills its worker) and cancelled.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_due",
            "due_at",
            "id",
            postgresql_where=text("state IN ('queued', 'claimed', 'ambiguous')"),
        ),
        # The next of a lane, for whoever takes one after the other.
        Index("ix_outbox_lane", "lane", "due_at", "id", postgresql_where=text("state IN ('queued', 'ambiguous')")),
        Index("ix_outbox_server", "server", postgresql_where=text("state = 'claimed'")),
        Index("ix_outbox_message", "message_id"),
        Index(
            "uq_outbox_message_recipient_channel_purpose",
            "message_id",
            "recipient",
            "channel",
            "purpose",
            unique=True,
            postgresql_where=text("message_id IS NOT NULL"),
        ),
        Index("uq_outbox_once", "once", unique=True, postgresql_where=text("once IS NOT NULL")),
    )

    id: Mapped[Id]
    task: Mapped[str]  # the name in wiring's table of tasks
    lane: Mapped[str]  # which worker does it: "soon" for our own short work, "mail" for what waits for others
    payload: Mapped[Json]
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    recipient: Mapped[str | None]
    server: Mapped[str | None]  # the outside server it needs, once that is known: who is full keeps nobody else waiting
    channel: Mapped[str | None]
    purpose: Mapped[str | None]
    once: Mapped[str | None]  # a name under which this may exist only once, ever
    state: Mapped[str] = mapped_column(default="queued")
    due_at: Mapped[datetime]
    nudged_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    deaths: Mapped[int] = mapped_column(default=0)  # leases that ran out: the worker died or hung
    lease_token: Mapped[str | None]
    leased_until: Mapped[datetime | None]
    claimed_by: Mapped[str | None]  # the process at work: when it is dead, nobody waits for the lease to end
    doubts: Mapped[int] = mapped_column(default=0)  # attempts that may have succeeded all the same
    stage: Mapped[str | None]  # how far the attempt got, e.g. "data": from there a cut is ambiguous
    progress: Mapped[Json] = mapped_column(default=dict)  # what need not be done again
    response: Mapped[str | None]  # the other side's last word
    error: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    finished_at: Mapped[datetime | None]


TABLE = cast(Table, OutboxRow.__table__)


class NotYet(Exception):
    """A task looked and found that its time has not come: the row rests until `due_at`, and that was no attempt.

    `server` is the outside server that it waits for, if that is why.
    """

    def __init__(self, due_at: datetime, server: str | None = None) -> None:
        super().__init__(f"not before {due_at.isoformat()}")
        self.due_at = due_at
        self.server = server


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to do one row's work until the lease ends; plain values, so that no transaction need stay open."""

    id: int
    token: str
    task: str
    payload: dict[str, Any]
    attempts: int
    message_id: int | None = None
    recipient: str | None = None
    channel: str | None = None
    purpose: str | None = None
    progress: dict[str, Any] = field(default_factory=dict)
    deaths: int = 0


def add(
    task: str,
    payload: Json,
    *,
    due_at: datetime,
    lane: str = "soon",
    message_id: int | None = None,
    recipient: str | None = None,
    channel: str | None = None,
    purpose: str | None = None,
    once: str | None = None,
) -> OutboxRow:
    """Leave work for the background in the caller's transaction; a worker is nudged after the commit."""
    row = OutboxRow(
        task=task,
        lane=lane,
        payload=payload,
        due_at=due_at,
        message_id=message_id,
        recipient=recipient,
        channel=channel,
        purpose=purpose,
        once=once,
    )
    db.session.add(row)
    db.session.info.setdefault("outbox", []).append(row)
    return row


def talks(server: str) -> int:
    """How many rows talk with an outside server just now."""
    going_on = select(func.count()).where(
        OutboxRow.state == "claimed", OutboxRow.server == server, OutboxRow.stage.is_not(None)
    )
    return db.session.execute(going_on).scalar_one()


def claim_of(row: OutboxRow | Row[Any], token: str) -> Claim:
    """The claim on a row, from the row itself or from its columns."""
    return Claim(
        id=row.id,
        token=token,
        task=row.task,
        payload=dict(row.payload),
        attempts=row.attempts,
        message_id=row.message_id,
        recipient=row.recipient,
        channel=row.channel,
        purpose=row.purpose,
        progress=dict(row.progress),
        deaths=row.deaths,
    )


def mark(claim: Claim, **values: Any) -> bool:
    """Write to the row while the lease is still ours; False when another has it by now."""
    expressions = {name: value for name, value in values.items() if isinstance(value, ColumnElement)}
    plain = {f"new_{name}": value for name, value in values.items() if name not in expressions}
    statement = _marking(tuple(name for name in values if name not in expressions))
    if expressions:
        statement = statement.values(**expressions)
    result = db.session.execute(statement, {"of": claim.id, "ours": claim.token, **plain})
    return result.scalar_one_or_none() is not None


@lru_cache
def _marking(names: tuple[str, ...]) -> ReturningUpdate[int]:
    """Built once for each set of columns: building costs more than writing."""
    return (
        update(TABLE)
        .where(TABLE.c.id == bindparam("of"), TABLE.c.lease_token == bindparam("ours"))
        .values({name: bindparam(f"new_{name}") for name in names})
        .returning(TABLE.c.id)
    )


def finish(claim: Claim, state: str, now: datetime, *, response: str | None = None, error: str | None = None) -> bool:
    """End the row in a final state; False when the lease was lost."""
    return mark(
        claim,
        state=state,
        response=response,
        error=error,
        finished_at=now,
        lease_token=None,
        leased_until=None,
    )


def postpone(claim: Claim, due_at: datetime, error: str) -> bool:
    """Put the row back for another attempt at `due_at`."""
    return mark(claim, state="queued", due_at=due_at, error=error, lease_token=None, leased_until=None, nudged_at=None)


def rest(claim: Claim, due_at: datetime, server: str | None = None) -> bool:
    """Put the row back until `due_at`, when it was taken too early; the attempt is not counted."""
    return mark(
        claim,
        state="queued",
        server=server,
        due_at=due_at,
        attempts=OutboxRow.attempts - 1,
        error=None,
        lease_token=None,
        leased_until=None,
        nudged_at=None,
    )


def cancel(row: OutboxRow, now: datetime) -> bool:
    """Take back a row that nobody has begun; False when it is too late."""
    done = db.session.execute(
        update(OutboxRow)
        .where(OutboxRow.id == row.id, OutboxRow.state == "queued")
        .values(state="cancelled", finished_at=now)
        .returning(OutboxRow.id)
    )
    return done.scalar_one_or_none() is not None


def again(row: OutboxRow, now: datetime) -> None:
    """Give a row that failed, is ambiguous or parked another life, because a person asked for it."""
    row.state, row.due_at, row.attempts, row.deaths, row.error, row.finished_at = (
        "queued",
        now,
        0,
        0,
        None,
        None,
    )
    row.nudged_at = None
    db.session.info.setdefault("outbox", []).append(row)


def doubt(claim: Claim, now: datetime, error: str) -> bool:
    """The attempt may have succeeded: let it rest, repeat it once, then hold it for a person."""
    return mark(claim, error=error, lease_token=None, leased_until=None, nudged_at=None, **_doubted(now))


def _doubted(now: datetime) -> dict[str, Any]:
    return {
        "state": "ambiguous",
        "doubts": OutboxRow.doubts + 1,
        "due_at": case((OutboxRow.doubts == 0, now + DOUBT), else_=HELD),
    }


def recover(now: datetime) -> list[Claim]:
    """Take back the rows whose worker died or hung: cut ones rest in doubt, deadly ones are parked, the rest wait.

    Returns those that were parked, without a lease, so that whoever waits for them can be told.
    """
    places = db.session.scalars(select(OutboxRow.claimed_by).where(OutboxRow.state == "claimed").distinct())
    dead = [place for place in places if place is not None and workplace.is_dead(place)]
    overdue = OutboxRow.id.in_(
        select(OutboxRow.id)
        .where(OutboxRow.state == "claimed", or_(OutboxRow.leased_until < now, OutboxRow.claimed_by.in_(dead)))
        .with_for_update(skip_locked=True)
    )
    released: dict[str, Any] = {
        "deaths": OutboxRow.deaths + 1,
        "lease_token": None,
        "leased_until": None,
        "nudged_at": None,
    }
    _set(
        overdue,
        OutboxRow.stage == STAGE_CUT,
        **released,
        **_doubted(now),
        error="cut after the message was handed over",
    )
    parked = _set(
        overdue,
        OutboxRow.deaths + 1 >= MAX_DEATHS,
        **released,
        state="parked",
        error=PARKED,
    )
    _set(overdue, **released, state="queued", error="the worker stopped in the middle")
    return [claim_of(row, "") for row in parked]


def let_go(now: datetime) -> int:
    """Give back what this thread took and no longer works on, since it fell; returns how many rows.

    Cut ones rest in doubt. The others wait for nobody the first time, and a lease longer after each further attempt:
    a row that takes the database with it does not do so all the time.
    """
    ours = (
        OutboxRow.state == "claimed",
        OutboxRow.claimed_by == workplace.here(),
        OutboxRow.lease_token.startswith(f"{workplace.hand()}."),
    )
    free: dict[str, Any] = {"lease_token": None, "leased_until": None, "nudged_at": None}
    doubted = _set(
        *ours, OutboxRow.stage == STAGE_CUT, **free, **_doubted(now), error="cut after the message was handed over"
    )
    later = now + (OutboxRow.attempts - 1) * literal(LEASE)
    queued = _set(*ours, **free, state="queued", due_at=later, error="the database went away in the middle")
    return len(doubted) + len(queued)


def _set(*where: Any, **values: Any) -> Sequence[OutboxRow]:
    return db.session.scalars(
        update(OutboxRow).where(*where).values(**values).returning(OutboxRow),
        execution_options={"synchronize_session": False, "populate_existing": True},
    ).all()


def waiting(now: datetime, limit: int = 200) -> list[tuple[int, str]]:
    """Rows that should be running and were not nudged lately, oldest first, as (id, lane); marks them nudged.

    The caller commits, then nudges.
    """
    due = (
        select(OutboxRow.id)
        .where(OutboxRow.state.in_(WAITING), OutboxRow.due_at <= now)
        .where(or_(OutboxRow.nudged_at.is_(None), OutboxRow.nudged_at < now - RENUDGE))
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = db.session.execute(
        update(OutboxRow)
        .where(OutboxRow.id.in_(due))
        .values(nudged_at=now)
        .returning(OutboxRow.id, OutboxRow.lane, OutboxRow.due_at),
        execution_options={"synchronize_session": False},
    ).all()
    return [(row.id, row.lane) for row in sorted(rows, key=lambda row: (row.due_at, row.id))]

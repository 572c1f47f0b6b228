"""Many tickets at once: one change carried out on each that takes it, and remembered so that it can be undone."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select, tuple_

from ticketdesk.accounts.agent import Agent
from ticketdesk.accounts.permissions import Level, allowed
from ticketdesk.core.db import db
from ticketdesk.core.errors import Conflict, Invalid
from ticketdesk.tickets import filling, following, locking, visibility
from ticketdesk.tickets.batch import Batch, BatchTicket, BatchValue
from ticketdesk.tickets.batch_changes import PERMISSIONS, Change, Elsewhere, NotAsked, SetField
from ticketdesk.tickets.field_values import Values
from ticketdesk.tickets.filling import Hidden, Unfilled
from ticketdesk.tickets.ticket import Ticket
from ticketdesk.tickets.timeline import Event

MOST = 100
"""Tickets of one batch: each is locked until all are done."""
KEPT = timedelta(days=1)

Why = Literal[
    "unseen",
    "not_allowed",
    "merged",
    "closed",
    "elsewhere",
    "changed",
    "gone",
    "unfilled",
    "left",
    "not_asked",
    "hidden",
]


@dataclass(frozen=True, slots=True)
class Skipped:
    """A ticket that stayed as it was."""

    number: int
    why: Why


@dataclass(frozen=True, slots=True)
class Done:
    """What became of each ticket, by number; `batch_id` is None where nothing was changed."""

    batch_id: int | None
    changed: list[int]
    same: list[int]  # they were like that before
    skipped: list[Skipped]


def carry_out(agent: Agent, numbers: Iterable[int], change: Change, at: datetime) -> Done:
    """Change each of these tickets in the agent's name; one that refuses is skipped, the others go on.

    Raises Invalid for no ticket or more than MOST of them, and for a change that would fit none, as its verb says.
    """
    wanted = set(numbers)
    if not wanted:
        raise Invalid("Choose some tickets first.")
    if len(wanted) > MOST:
        raise Invalid(f"At most {MOST} tickets can be changed at once.")
    found = locked(agent, wanted)
    skipped = [Skipped(number, "unseen") for number in sorted(wanted - {ticket.number for ticket, _level in found})]
    had = _said(change, [ticket for ticket, _level in found])
    changed, same = [], []
    for ticket, level in found:
        if not allowed(agent, PERMISSIONS[change.kind], level):
            skipped.append(Skipped(ticket.number, "not_allowed"))
            continue
        before = ticket.last_seq
        try:
            change.carry_out(ticket, agent.actor, at)
        except Hidden:
            skipped.append(Skipped(ticket.number, "hidden"))
            continue
        except Conflict as refusal:
            skipped.append(Skipped(ticket.number, why(ticket, refusal)))
            continue
        if ticket.last_seq > before:
            changed.append((ticket, before + 1))
        else:
            same.append(ticket.number)
    batch_id = _remember(agent, change, changed, had, at)
    following.stay_read(agent, {ticket.id: seq - 1 for ticket, seq in changed})
    return Done(batch_id, [ticket.number for ticket, _seq in changed], same, skipped)


def carry_out_on(ticket: Ticket, agent: Agent, change: Change, at: datetime) -> int | None:
    """The same with one ticket that its door found and that the agent may change so; refusals are raised.

    Returns by what it can be undone, None where it was like that before.
    """
    ticket = locking.lock_one(ticket.id)
    before, had = ticket.last_seq, _said(change, [ticket])
    change.carry_out(ticket, agent.actor, at)
    return _remember(agent, change, [(ticket, before + 1)] if ticket.last_seq > before else [], had, at)


def why(ticket: Ticket, refusal: Conflict) -> Why:
    """Why a verb left the ticket as it was."""
    if isinstance(refusal, Elsewhere):
        return "elsewhere"
    if isinstance(refusal, NotAsked):
        return "not_asked"
    if isinstance(refusal, Unfilled):
        return "unfilled"
    return "merged" if ticket.merged_into_id is not None else "closed"


def forget_old(now: datetime) -> int:
    """Forget what can be undone no longer; returns how many batches."""
    gone = db.session.execute(delete(Batch).where(Batch.at < now - KEPT).returning(Batch.id))
    return len(gone.all())


def locked(agent: Agent, numbers: Collection[int]) -> list[tuple[Ticket, Level | None]]:
    """Those that the agent sees, locked in ascending order, each with how far the agent may go with it by now."""
    held = {ticket.id for ticket, _level in seen(agent, numbers)}
    locking.lock(held)
    # What was true before they were locked may be true no longer; what came in sight meanwhile is held by nobody here.
    return [(ticket, level) for ticket, level in seen(agent, numbers) if ticket.id in held]


def seen(agent: Agent, numbers: Collection[int]) -> list[tuple[Ticket, Level | None]]:
    """Those that the agent sees, the oldest first, each with how far the agent may go with it; not locked."""
    wanted = visibility.visible_tickets(agent).add_columns(visibility.rank(agent)).where(Ticket.number.in_(numbers))
    rows = db.session.execute(wanted.order_by(Ticket.id).execution_options(populate_existing=True)).all()
    return [(row[0], visibility.level_at(agent, row[0], row[1])) for row in rows]


def _said(change: Change, tickets: Sequence[Ticket]) -> Mapping[tuple[int, int], Values]:
    """What the field that is to be changed says of them now, by ticket and field; nothing for other changes."""
    return filling.values_of([ticket.id for ticket in tickets], [change.field]) if isinstance(change, SetField) else {}


def _remember(
    agent: Agent,
    change: Change,
    changed: list[tuple[Ticket, int]],
    had: Mapping[tuple[int, int], Values],
    at: datetime,
) -> int | None:
    """One row for all, and one for each with what its event says; what fields said before stands beside it."""
    if not changed:
        return None
    places = [(ticket.id, seq) for ticket, seq in changed]
    told = db.session.scalars(select(Event).where(tuple_(Event.ticket_id, Event.seq).in_(places))).all()
    batch = Batch(agent_id=agent.id, at=at, kind=change.kind)
    db.session.add(batch)
    db.session.flush()
    db.session.add_all(
        BatchTicket(batch_id=batch.id, ticket_id=event.ticket_id, seq=event.seq, data=event.data) for event in told
    )
    if isinstance(change, SetField):
        db.session.flush()
        field_id = change.field.id
        db.session.add_all(
            BatchValue(
                batch_id=batch.id, ticket_id=row_id, field_id=field_id, was=list(had.get((row_id, field_id), ()))
            )
            for row_id, _seq in places
        )
    return batch.id

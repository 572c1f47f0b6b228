"""Comparing stored timers with the events they repeat, and writing them anew where somebody asks for it.

The comparison of each night changes no clock: a difference is a fault that somebody should look at, and a fault in the
reckoning itself must not rewrite all tickets by night. It says so in the log and on the first page of the settings.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ticketdesk.core.db import db
from ticketdesk.sla import loading, projection, timers
from ticketdesk.sla.difference import SlaDifference
from ticketdesk.sla.explain import Timer
from ticketdesk.sla.timer import SlaTimer
from ticketdesk.tickets.locking import lock
from ticketdesk.tickets.ticket import Ticket

MINUTES_A_DAY = 1440
BATCH = 100

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Look:
    """A locked ticket, what its events tell, what is stored, and in which way that differs."""

    ticket: Ticket
    timers: Sequence[Timer] | None  # None: the events cannot be reckoned with
    rows: Sequence[SlaTimer]
    differences: list[str]

    @property
    def waits_for_the_sweep(self) -> bool:
        """Whether a deadline has passed on which no verdict was given yet: that is no fault."""
        return self.timers is not None and any(
            row.state == "running" and timer.breached_at is not None and row.due_at == timer.breached_at
            for row in self.rows
            for timer in self.timers
            if (timer.metric, timer.cycle) == (row.metric, row.cycle)
        )


def compare(ticket_ids: Sequence[int], now: datetime) -> dict[int, list[str]]:
    """What differs from the replay, by ticket number; locks the tickets, so that nothing moves meanwhile.

    A ticket with a deadline that has passed and waits for the sweep is left out.
    """
    return _differing(_look_at(ticket_ids, now))


def rebuild(ticket_ids: Sequence[int], now: datetime) -> dict[int, list[str]]:
    """Write the timers of these tickets anew from their events; returns what differed, by ticket number.

    A verdict that is missing is given and told as the sweep would have. What cannot be reckoned stays as it is.
    """
    looks = _look_at(ticket_ids, now)
    timers.keep_all([(look.ticket, look.timers, look.rows) for look in looks if look.timers is not None], now)
    _forget(look.ticket.id for look in looks if look.timers is not None)
    return _differing(looks)


def compare_some(now: datetime) -> int:
    """Compare each ticket with an undecided timer once a day, some every minute; logs and keeps those that differ."""
    minute = now.hour * 60 + now.minute
    ids = db.session.scalars(
        select(SlaTimer.ticket_id)
        .where(SlaTimer.state.in_(("running", "paused")), SlaTimer.ticket_id % MINUTES_A_DAY == minute)
        .distinct()
    ).all()
    differing = 0
    for start in range(0, len(ids), BATCH):
        looks = _look_at(ids[start : start + BATCH], now)
        found = [look for look in looks if look.differences and not look.waits_for_the_sweep]
        for look in found:
            log.error("stored timers differ from their events", ticket=look.ticket.number, differences=look.differences)
        _note(found, now)
        _forget(look.ticket.id for look in looks if not look.differences)
        differing += len(found)
        db.session.commit()
    return differing


def standing(most: int) -> list[int]:
    """The numbers of tickets that were found to differ and are not right again yet, those found last first."""
    newest = select(Ticket.number).join(SlaDifference, SlaDifference.ticket_id == Ticket.id)
    return list(db.session.scalars(newest.order_by(SlaDifference.found_at.desc(), Ticket.number).limit(most)))


def batch(after: int, size: int) -> Mapping[int, int]:
    """The next tickets in the order of their numbers: ids by number."""
    rows = select(Ticket.number, Ticket.id).where(Ticket.number > after).order_by(Ticket.number).limit(size)
    return {row.number: row.id for row in db.session.execute(rows)}


def _look_at(ticket_ids: Sequence[int], now: datetime) -> list[Look]:
    tickets = lock(ticket_ids)
    told = loading.happenings(ticket_ids)
    terms = timers.terms(told.values())
    rows = timers.rows_of(ticket_ids)
    looks = []
    for ticket in tickets:
        stored = rows[ticket.id]
        try:
            reckoned = timers.reckon(told[ticket.id], terms, now)
        except (LookupError, TypeError, ValueError) as error:  # events as none of ours are: the others are looked at
            looks.append(Look(ticket, None, stored, [f"cannot be reckoned: {type(error).__name__}: {error}"]))
        else:
            looks.append(Look(ticket, reckoned, stored, projection.differences(ticket, reckoned, stored)))
    return looks


def _differing(looks: Iterable[Look]) -> dict[int, list[str]]:
    return {look.ticket.number: look.differences for look in looks if look.differences and not look.waits_for_the_sweep}


def _note(found: Sequence[Look], now: datetime) -> None:
    if not found:
        return
    rows = [
        {"ticket_id": look.ticket.id, "first_found_at": now, "found_at": now, "said": look.differences}
        for look in found
    ]
    statement = insert(SlaDifference)
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=[SlaDifference.ticket_id],
            set_={"found_at": statement.excluded.found_at, "said": statement.excluded.said},
        ),
        rows,
    )


def _forget(ticket_ids: Iterable[int]) -> None:
    db.session.execute(
        delete(SlaDifference).where(SlaDifference.ticket_id.in_(list(ticket_ids))),
        execution_options={"synchronize_session": False},
    )

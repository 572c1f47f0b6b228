"""How the product itself is, in numbers for machines that watch it; each is found by way of an index."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, literal_column, select

from ticketdesk.channels import sending_server
from ticketdesk.channels.email.raw_mail import RawMail
from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.core.db import db
from ticketdesk.core.outbox import HELD, OutboxRow
from ticketdesk.sla.timer import SlaTimer

LANES = ("soon", "mail")
PATIENCE_MS = 2000
"""A number that takes longer to find is not worth the wait."""


@dataclass(frozen=True, slots=True)
class Vital:
    """One number under one name: labels and values, counted as of now."""

    name: str
    about: str
    samples: tuple[tuple[Mapping[str, str], float], ...]


def of(now: datetime, notes: Path) -> Iterator[Vital]:
    """All of them; `notes` is the folder where the supervisor keeps a number for each of its processes."""
    db.session.execute(select(func.set_config("statement_timeout", str(PATIENCE_MS), True)))
    yield from _mail()
    yield from _outbox(now)
    yield from _mailboxes(now)
    yield _one("sla_timers_overdue", "Clocks past their time on which no verdict was given yet.", _overdue(now))
    up = tuple(({"process": name}, float(alive)) for name, alive in processes(notes).items())
    yield Vital("process_up", "Whether a process that the supervisor started is alive.", up)


def processes(notes: Path) -> dict[str, bool]:
    """Which of the supervisor's processes live, by name; empty where something else starts them."""
    found = {}
    for note in sorted(notes.glob("*.pid")):
        try:
            number = int(note.read_text())
            os.kill(number, 0)
        except PermissionError:
            alive = True
        except (OSError, ValueError, OverflowError):
            alive = False
        else:
            alive = True
        found[note.stem] = alive
    return found


def _mail() -> Iterator[Vital]:
    waiting = select(func.count(), func.extract("epoch", func.min(RawMail.received_at))).where(
        RawMail.state == literal_column("'stored'")
    )
    aside = select(func.count()).where(RawMail.state == "quarantined", _IS_ASIDE)
    yield _one("mail_waiting", "Mails taken in that nobody has read yet.", db.session.execute(waiting).one()[0])
    yield _one(
        "mail_quarantined", "Mails that could not be understood and wait for a person.", db.session.scalar(aside)
    )


# Written out as in the index, so that only what was set aside is looked at.
_IS_ASIDE = RawMail.state.in_((literal_column("'quarantined'"), literal_column("'inert'")))
_WAITS = OutboxRow.state.in_((literal_column("'queued'"), literal_column("'ambiguous'")))


def _outbox(now: datetime) -> Iterator[Vital]:
    rows = db.session.execute(
        select(OutboxRow.lane, func.count(), func.min(OutboxRow.due_at))
        .where(_WAITS, OutboxRow.due_at <= now)
        .group_by(OutboxRow.lane)
    ).all()
    held = db.session.scalar(select(func.count()).where(_WAITS, OutboxRow.due_at >= HELD))
    due = {lane: many for lane, many, _first in rows}
    oldest = {lane: (now - first).total_seconds() for lane, _many, first in rows}
    yield Vital("outbox_due", "Work whose time has come.", _by_lane(due))
    yield Vital("outbox_oldest_due_seconds", "For how long the oldest of it is due.", _by_lane(oldest))
    yield _one("outbox_held", "Mails that may have left and wait for a person's word.", held)


def _by_lane(values: Mapping[str, float]) -> tuple[tuple[Mapping[str, str], float], ...]:
    return tuple(({"lane": lane}, float(values.get(lane, 0))) for lane in sorted({*LANES, *values}))


def _mailboxes(now: datetime) -> Iterator[Vital]:
    fetched = db.session.execute(
        select(Mailbox.address, Mailbox.fetch_misses, Mailbox.fetched_at)
        .where(Mailbox.imap_host.is_not(None), Mailbox.disabled_at.is_(None))
        .order_by(Mailbox.id)
    ).all()
    misses = tuple(({"mailbox": row.address}, float(row.fetch_misses)) for row in fetched)
    ages = tuple(
        ({"mailbox": row.address}, (now - row.fetched_at).total_seconds())
        for row in fetched
        if row.fetched_at is not None
    )
    yield Vital("mailbox_fetch_misses", "Failures in a row to fetch a mailbox.", misses)
    yield Vital("mailbox_fetched_seconds", "How long ago a mailbox was last fetched.", ages)
    addresses: dict[int | None, str] = {None: "shared"}
    addresses |= {row.id: row.address for row in db.session.execute(select(Mailbox.id, Mailbox.address))}
    servers = tuple(
        ({"server": addresses.get(server, "")}, float(row.misses)) for server, row in sending_server.of_all().items()
    )
    yield Vital("sending_server_misses", "Failures in a row of a server that our mail leaves by.", servers)


def _overdue(now: datetime) -> int | None:
    wanted = select(func.count()).where(SlaTimer.state == literal_column("'running'"), SlaTimer.due_at <= now)
    return db.session.scalar(wanted)


def _one(name: str, about: str, value: float | None) -> Vital:
    return Vital(name, about, (({}, float(value or 0)),))

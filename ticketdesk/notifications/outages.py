"""Administrators hear of a mailbox or a mail server that fails three times in a row, once, and when it works again."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from ticketdesk.channels.mailbox import Mailbox
from ticketdesk.channels.sending_server import SendingServer
from ticketdesk.core.db import db
from ticketdesk.notifications import operating

MISSES = 3
MOST = 100


def tell(now: datetime) -> int:
    """The periodic job: tell of what began and of what ended; returns how many outages. Whatever it says is kept."""
    _forget_unused()
    return _fetching(now) + _sending(now)


def _fetching(now: datetime) -> int:
    began = Mailbox.fetch_told_at.is_(None) & (Mailbox.fetch_misses >= MISSES)
    # Settings that were changed begin to count anew; only mail that was fetched says that it works.
    ended = (Mailbox.fetch_misses == 0) & (Mailbox.fetched_at > Mailbox.fetch_told_at)
    rows = db.session.scalars(
        select(Mailbox)
        .where(Mailbox.imap_host.is_not(None), Mailbox.disabled_at.is_(None), or_(began, ended))
        .order_by(Mailbox.id)
        .limit(MOST)
        .with_for_update(skip_locked=True, key_share=True),
        execution_options={"populate_existing": True},
    ).all()
    for mailbox in rows:
        about = {"mailbox_id": mailbox.id, "address": mailbox.address}
        mailbox.fetch_told_at = _say(
            "fetching", about, mailbox.fetch_told_at, mailbox.fetched_at, mailbox.fetch_error, now
        )
    return len(rows)


def _sending(now: datetime) -> int:
    began = SendingServer.told_at.is_(None) & (SendingServer.misses >= MISSES)
    ended = (SendingServer.misses == 0) & (SendingServer.worked_at > SendingServer.told_at)
    rows = db.session.execute(
        select(SendingServer, Mailbox.address)
        .outerjoin(Mailbox, Mailbox.id == SendingServer.mailbox_id)
        .where(or_(began, ended))
        .order_by(SendingServer.id)
        .limit(MOST)
        .with_for_update(skip_locked=True, of=SendingServer),
        execution_options={"populate_existing": True},
    ).all()
    for server, address in rows:
        about = {"mailbox_id": server.mailbox_id, "address": address}
        server.told_at = _say("sending", about, server.told_at, server.worked_at, server.error, now)
    return len(rows)


def _say(
    about: str,
    facts: Mapping[str, object],
    told_at: datetime | None,
    worked_at: datetime | None,
    error: str | None,
    now: datetime,
) -> datetime | None:
    """Leave the mails; returns what `told_at` is from now on."""
    if told_at is not None:
        operating.ask(about, {**facts, "state": "up", "since": told_at.isoformat()}, now)
        return None
    since = worked_at.isoformat() if worked_at is not None else None
    operating.ask(about, {**facts, "state": "down", "since": since, "error": error, "told_at": now.isoformat()}, now)
    return now


def _forget_unused() -> None:
    """What is not used any more is no outage."""
    db.session.execute(
        update(Mailbox)
        .where(Mailbox.fetch_told_at.is_not(None), or_(Mailbox.imap_host.is_(None), Mailbox.disabled_at.is_not(None)))
        .values(fetch_told_at=None),
        execution_options={"synchronize_session": False},
    )
    unused = select(Mailbox.id).where(or_(~Mailbox.has_own_server, Mailbox.disabled_at.is_not(None)))
    db.session.execute(
        delete(SendingServer).where(SendingServer.mailbox_id.in_(unused)),
        execution_options={"synchronize_session": False},
    )

"""Customers who are signed in: a cookie holds the secret, a row its digest, so that it can be listed and ended."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select, update

from ticketdesk.contacts.contact import Identity
from ticketdesk.contacts.session import CustomerSession
from ticketdesk.core import tokens
from ticketdesk.core.db import db

LONGEST = timedelta(days=30)
"""From the code to having to ask for another."""
IDLE = timedelta(days=14)
"""Without a single word in between."""
ROUGHLY = timedelta(minutes=1)
LONGEST_BROWSER = 300


def begin(identity: Identity, address: str, browser: str, now: datetime) -> tuple[CustomerSession, str]:
    """Start a session under a secret that was never used before; returns the row and the secret."""
    secret = tokens.fresh()
    session = CustomerSession(
        identity_id=identity.id,
        digest=tokens.digest(secret),
        created_at=now,
        seen_at=now,
        expires_at=now + LONGEST,
        ended_at=None,
        address=address,
        browser=browser[:LONGEST_BROWSER],
    )
    db.session.add(session)
    db.session.flush()
    return session, secret


def find(secret: str, now: datetime) -> tuple[CustomerSession, Identity] | None:
    """The live session of a secret with the address it proved, or None."""
    if not secret:
        return None
    found = db.session.execute(
        select(CustomerSession, Identity)
        .join(Identity, Identity.id == CustomerSession.identity_id)
        .where(CustomerSession.digest == tokens.digest(secret), *_live(now))
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def seen(session: CustomerSession, now: datetime) -> None:
    """Note that the session is in use, at most once a minute."""
    db.session.execute(
        update(CustomerSession)
        .where(CustomerSession.id == session.id, CustomerSession.seen_at < now - ROUGHLY)
        .values(seen_at=now),
        execution_options={"synchronize_session": False},
    )


def of(identity_id: int, now: datetime) -> list[CustomerSession]:
    """Where an address is signed in, the latest used first."""
    return list(
        db.session.scalars(
            select(CustomerSession)
            .where(CustomerSession.identity_id == identity_id, *_live(now))
            .order_by(CustomerSession.seen_at.desc(), CustomerSession.id.desc())
        )
    )


def end(session: CustomerSession, at: datetime) -> None:
    """Sign one browser out."""
    session.ended_at = session.ended_at or at


def sweep(before: datetime) -> None:
    """Remove sessions that were over before a moment."""
    db.session.execute(
        delete(CustomerSession).where((CustomerSession.ended_at < before) | (CustomerSession.expires_at < before)),
        execution_options={"synchronize_session": False},
    )


def _live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        CustomerSession.ended_at.is_(None),
        CustomerSession.expires_at > now,
        CustomerSession.seen_at > now - IDLE,
    )
